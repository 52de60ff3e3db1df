//! Reads numbers and places said in words: `three`, `twenty-first`, `3rd`, `last`, `the first two`.
//!
//! Called by the functions of `symbolic`; knows no function.

use crate::literal::tokens;

/// Where something stands, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    At(usize),
    FromEnd(usize),
    First(usize),
    Last(usize),
}

const SMALL: [(&str, &str); 20] = [
    ("zero", "zeroth"),
    ("one", "first"),
    ("two", "second"),
    ("three", "third"),
    ("four", "fourth"),
    ("five", "fifth"),
    ("six", "sixth"),
    ("seven", "seventh"),
    ("eight", "eighth"),
    ("nine", "ninth"),
    ("ten", "tenth"),
    ("eleven", "eleventh"),
    ("twelve", "twelfth"),
    ("thirteen", "thirteenth"),
    ("fourteen", "fourteenth"),
    ("fifteen", "fifteenth"),
    ("sixteen", "sixteenth"),
    ("seventeen", "seventeenth"),
    ("eighteen", "eighteenth"),
    ("nineteen", "nineteenth"),
];
const TENS: [(&str, &str); 8] = [
    ("twenty", "twentieth"),
    ("thirty", "thirtieth"),
    ("forty", "fortieth"),
    ("fifty", "fiftieth"),
    ("sixty", "sixtieth"),
    ("seventy", "seventieth"),
    ("eighty", "eightieth"),
    ("ninety", "ninetieth"),
];

/// `three`, `forty-two` or `42`.
pub(super) fn cardinal(token: &str) -> Option<usize> {
    if token.bytes().all(|b| b.is_ascii_digit()) {
        return token.parse().ok();
    }
    worded(token, |(cardinal, _)| cardinal)
}

/// `third`, `forty-second`, `3rd`.
pub(super) fn ordinal(token: &str) -> Option<usize> {
    let digits = token.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    if !digits.is_empty() && ["st", "nd", "rd", "th"].contains(&&token[digits.len()..]) {
        return digits.parse().ok();
    }
    worded(token, |(_, ordinal)| ordinal)
}

fn worded(token: &str, form: fn((&'static str, &'static str)) -> &'static str) -> Option<usize> {
    if let Some(at) = SMALL.iter().position(|pair| form(*pair) == token) {
        return Some(at);
    }
    if let Some(at) = TENS.iter().position(|pair| form(*pair) == token) {
        return Some((at + 2) * 10);
    }
    let (tens, ones) = token.split_once('-')?;
    let tens = TENS.iter().position(|pair| pair.0 == tens)?;
    let ones = SMALL[..10].iter().position(|pair| form(*pair) == ones).filter(|ones| *ones > 0)?;
    Some((tens + 2) * 10 + ones)
}

/// The place that lower-case words name.
///
/// # Errors
/// No place, two places, or position 0.
pub(super) fn place(words: &str) -> Result<Option<Place>, String> {
    let tokens: Vec<&str> = tokens(words).collect();
    let mut found: Vec<Place> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).copied().unwrap_or("");
        let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at)).copied().unwrap_or("");
        let counted =
            ["position", "index", "place", "number", "letter", "word", "element", "item", "character"];
        match *token {
            "last" if cardinal(next).is_some() => found.extend(cardinal(next).map(Place::Last)),
            "first" if cardinal(next).is_some() => found.extend(cardinal(next).map(Place::First)),
            "penultimate" => found.push(Place::FromEnd(2)),
            "last" | "end" | "final" => {
                // `second last`, `second to last`, `third from the end`, but also `the last`, `last position`.
                let nearer = (1..=3).take_while(|back| {
                    *back == 1 || ["to", "from", "the", "to-last"].contains(&before(back - 1))
                });
                match nearer.filter_map(|back| ordinal(before(back))).next() {
                    Some(nth) => {
                        found.pop();
                        found.push(Place::FromEnd(nth));
                    }
                    None if *token == "end" => {}
                    None => found.push(Place::FromEnd(1)),
                }
            }
            "second-to-last" | "second-last" => found.push(Place::FromEnd(2)),
            _ if ordinal(token).is_some() => found.extend(ordinal(token).map(Place::At)),
            _ if counted.contains(&before(1)) => match token.strip_prefix('-').and_then(cardinal) {
                Some(back) => found.push(Place::FromEnd(back)),
                None => found.extend(cardinal(token).map(Place::At)),
            },
            _ => {}
        }
    }
    match found.as_slice() {
        [] => Ok(None),
        [Place::At(0) | Place::FromEnd(0) | Place::First(0) | Place::Last(0)] => {
            Err("positions are counted from 1, there is no position 0".into())
        }
        [one] => Ok(Some(*one)),
        _ => Err("the question names more than one place; ask for one at a time".into()),
    }
}

/// The elements at that place: one, or several for the first or last few.
///
/// # Errors
/// There are not so many; `what` names them (`letters`).
pub(super) fn at_place<'a, T>(list: &'a [T], place: Place, what: &str) -> Result<&'a [T], String> {
    let length = list.len();
    let range = match place {
        Place::At(nth) => nth.checked_sub(1).map(|at| at..nth),
        Place::FromEnd(nth) => length.checked_sub(nth).map(|at| at..at + 1),
        Place::First(count) => Some(0..count),
        Place::Last(count) => length.checked_sub(count).map(|at| at..length),
    };
    range.and_then(|range| list.get(range)).ok_or_else(|| {
        let (Place::At(nth) | Place::FromEnd(nth) | Place::First(nth) | Place::Last(nth)) = place;
        format!("there are {length} {what}, so there is nothing for {nth}")
    })
}
