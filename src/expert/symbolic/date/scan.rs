//! Finds dates in a lower-case text: `2024-03-12`, `03/12/2024` (month first), `12 march 2024`, `march 12, 2024`.

use jiff::civil::Date;

/// The dates of a text, the months without a day, and the text without its dates.
pub(super) struct Found {
    pub(super) dates: Vec<Date>,
    pub(super) months: Vec<(i16, i8)>,
    pub(super) rest: String,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// # Errors
/// Something that has the shape of a date and is none (`2024-02-30`, `13/40/2024`).
pub(super) fn scan(text: &str) -> Result<Found, String> {
    let mut found = Found { dates: Vec::new(), months: Vec::new(), rest: String::with_capacity(text.len()) };
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        let starts_word = letter.is_alphanumeric() && !text[..at].ends_with(|c: char| c.is_alphanumeric());
        let shape = if starts_word { signs(rest).or_else(|| words(rest)) } else { None };
        match shape {
            Some(Shape { year, month, day: Some(day), length }) => {
                let date = Date::new(year, month, day).map_err(|_| {
                    let hint = if rest[..length].contains('/') {
                        "; with slashes the month comes first"
                    } else {
                        ""
                    };
                    format!("there is no date {}{hint}", &rest[..length])
                })?;
                found.dates.push(date);
                found.rest.push_str(" date ");
                at += length;
            }
            Some(Shape { year, month, day: None, length }) => {
                found.months.push((year, month));
                at += length;
            }
            None => {
                found.rest.push(letter);
                at += letter.len_utf8();
            }
        }
    }
    Ok(found)
}

struct Shape {
    year: i16,
    month: i8,
    day: Option<i8>,
    length: usize,
}

/// A reader that walks over the start of a text.
struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Walk<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// A number of as many digits, and no digit behind it.
    fn number<T: std::str::FromStr>(&mut self, digits: std::ops::RangeInclusive<usize>) -> Option<T> {
        let count = self.rest().bytes().take(digits.end() + 1).take_while(u8::is_ascii_digit).count();
        let number = digits.contains(&count).then(|| self.rest()[..count].parse().ok()).flatten()?;
        self.at += count;
        Some(number)
    }

    fn sign(&mut self, sign: char) -> Option<()> {
        self.rest().starts_with(sign).then(|| self.at += sign.len_utf8())
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.char_indices().take(12).find(|(_, c)| !c.is_alphabetic()).map_or(0, |(at, _)| at);
        let length = if length == 0 && rest.len() <= 12 && rest.chars().all(char::is_alphabetic) {
            rest.len()
        } else {
            length
        };
        self.at += length;
        &rest[..length]
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', ',', '.']).len();
    }

    fn month(&mut self) -> Option<i8> {
        let word = self.word();
        let at = MONTHS.iter().position(|month| {
            *month == word || (word.len() >= 3 && word.len() <= 4 && month.starts_with(word))
        })?;
        i8::try_from(at + 1).ok()
    }

    fn ordinal_end(&mut self) {
        if ["st", "nd", "rd", "th"].iter().any(|end| self.rest().starts_with(end)) {
            self.at += 2;
        }
    }
}

fn signs(text: &str) -> Option<Shape> {
    let mut walk = Walk { text, at: 0 };
    if let Some(year) = walk.number(4..=4) {
        let mark = walk.rest().chars().next().filter(|c| matches!(c, '-' | '/'))?;
        walk.sign(mark)?;
        let month = walk.number(1..=2)?;
        walk.sign(mark)?;
        let day = walk.number(1..=2)?;
        return Some(Shape { year, month, day: Some(day), length: walk.at });
    }
    let month = walk.number(1..=2)?;
    walk.sign('/')?;
    let day = walk.number(1..=2)?;
    walk.sign('/')?;
    let year = walk.number(4..=4)?;
    Some(Shape { year, month, day: Some(day), length: walk.at })
}

fn words(text: &str) -> Option<Shape> {
    let mut walk = Walk { text, at: 0 };
    if let Some(day) = walk.number(1..=2) {
        walk.ordinal_end();
        walk.blanks();
        if walk.rest().starts_with("of ") {
            walk.at += 3;
        }
        let month = walk.month()?;
        walk.blanks();
        let year = walk.number(4..=4)?;
        return Some(Shape { year, month, day: Some(day), length: walk.at });
    }
    let month = walk.month()?;
    walk.blanks();
    let before_day = walk.at;
    if let Some(day) = walk.number(1..=2) {
        walk.ordinal_end();
        walk.blanks();
        if let Some(year) = walk.number(4..=4) {
            return Some(Shape { year, month, day: Some(day), length: walk.at });
        }
    }
    walk.at = before_day;
    let year = walk.number(4..=4)?;
    Some(Shape { year, month, day: None, length: walk.at })
}
