//! Makes any text safe to show: what could drive the terminal or hide itself becomes a visible mark.
//!
//! Every text that reaches the screen goes through here, whoever wrote it. The kept text is not changed, only the shown
//! one. Nothing is left that is wider or narrower on one terminal than on another: joiners between emoji, their skin
//! tones and variation selectors are left out, so each emoji stands alone and has two cells everywhere.

use std::borrow::Cow;
use unicode_width::UnicodeWidthChar;

/// Marks (accents and the like) that one character may carry.
const MARKS: usize = 8;
/// Columns between tab stops.
const TAB: usize = 4;

/// One line for the screen. Line breaks are shown as `↵`, tabs as spaces up to the next stop.
pub fn line(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 8);
    // Columns so far, for tabs; marks on the character at hand; marks that were too many.
    let (mut column, mut marks, mut left_out) = (0, 0, 0);
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let width = c.width().unwrap_or(0);
        let mark = is_mark(c, width);
        if !mark && 0 < left_out {
            column += push(&mut clean, &format!("⟨+{left_out} marks⟩"));
            left_out = 0;
        }
        let shown = clean.chars().next_back();
        match c {
            '\r' if chars.peek() == Some(&'\n') => continue,
            '\n' => column += push(&mut clean, "↵"),
            '\t' => column += push(&mut clean, &" ".repeat(TAB - column % TAB)),
            '\0'..='\x1f' => column += push_char(&mut clean, char::from_u32(0x2400 + c as u32)),
            '\x7f' => column += push_char(&mut clean, Some('␡')),
            // Between and after emoji these only change how the emoji look, and how wide.
            '\u{200d}' if shown.is_some_and(is_emoji) && chars.peek().copied().is_some_and(is_emoji) => {
                continue;
            }
            '\u{fe0e}' | '\u{fe0f}' if before.is_some_and(takes_selector) => {
                before = Some(c);
                continue;
            }
            '\u{1f3fb}'..='\u{1f3ff}' if shown.is_some_and(is_emoji) => continue,
            _ if is_hidden(c) => column += push(&mut clean, &format!("⟨U+{:04X}⟩", c as u32)),
            _ if mark => {
                // A mark with nothing to stand on would stand on the neighbour's text.
                if clean.is_empty() {
                    column += push(&mut clean, "◌");
                }
                marks += 1;
                if marks <= MARKS {
                    clean.push(c);
                } else {
                    left_out += 1;
                }
                before = Some(c);
                continue;
            }
            _ => {
                clean.push(c);
                column += width;
            }
        }
        marks = 0;
        before = Some(c);
    }
    if 0 < left_out {
        push(&mut clean, &format!("⟨+{left_out} marks⟩"));
    }
    Cow::Owned(clean)
}

/// The lines of a text, each clean.
pub fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split('\n').map(|part| line(part.strip_suffix('\r').unwrap_or(part)))
}

fn push(clean: &mut String, text: &str) -> usize {
    clean.push_str(text);
    text.chars().count()
}

fn push_char(clean: &mut String, c: Option<char>) -> usize {
    clean.push(c.unwrap_or('\u{fffd}'));
    1
}

/// Stands on the character before it and has no width of its own.
fn is_mark(c: char, width: usize) -> bool {
    width == 0 && !c.is_control() && !is_hidden(c) || matches!(c, '\u{ff9e}' | '\u{ff9f}')
}

/// What hides anywhere, and the selectors that make a picture wider on one terminal than on another.
pub fn is_hidden(c: char) -> bool {
    crate::visible::is_hidden(c) || matches!(c, '\u{fe00}'..='\u{fe0f}')
}

/// Roughly the pictures; only used to leave out what joins them.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}'
        | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{fe0f}')
}

/// May be followed by a selector that makes it a picture or a text.
fn takes_selector(c: char) -> bool {
    c != '\u{fe0f}' && is_emoji(c)
        || c.is_ascii_digit()
        || matches!(
            c,
            '#' | '*'
                | '©'
                | '®'
                | '‼'
                | '⁉'
                | '™'
                | 'ℹ'
                | '〰'
                | '〽'
                | '㊗'
                | '㊙'
                | 'Ⓜ'
                | '▪'
                | '▫'
                | '▶'
                | '◀'
        )
        || matches!(c, '◻'..='◾')
}

#[cfg(test)]
pub(crate) use tests::hostile;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, shown: &str) {
        assert_eq!(line(text), shown);
    }

    #[test]
    fn what_could_drive_the_terminal_is_shown() {
        check("plain text", "plain text");
        check("\x1b[31mred\x1b]52;c;aGk=\x07", "␛[31mred␛]52;c;aGk=␇");
        check("a\u{9b}31m", "a⟨U+009B⟩31m");
        check("abc\u{202e}fed\u{2066}x", "abc⟨U+202E⟩fed⟨U+2066⟩x");
        check("ad\u{200b}min\u{feff}", "ad⟨U+200B⟩min⟨U+FEFF⟩");
        check("hi\u{e0068}\u{e0069}", "hi⟨U+E0068⟩⟨U+E0069⟩");
        check("a\r\nb\rc\n", "a↵b␍c↵");
        check("a\tb\tlonger\tx", "a   b   longer  x");
        check("\x7f\0", "␡␀");
    }

    #[test]
    fn accents_are_kept_and_piles_of_them_are_not() {
        check("é e\u{301} ñ", "é e\u{301} ñ");
        check("\u{301}a", "◌\u{301}a");
        let pile = format!("Z{}x", "\u{35c}".repeat(40));
        check(&pile, &format!("Z{}⟨+32 marks⟩x", "\u{35c}".repeat(8)));
    }

    #[test]
    fn every_emoji_stands_alone() {
        check("👩\u{200d}👩\u{200d}👧 ❤\u{fe0f} 👍🏽", "👩👩👧 ❤ 👍");
        check("日本語 हिन्दी العربية", "日本語 हिन्दी العربية");
        check("a\u{200d}b", "a⟨U+200D⟩b");
        check("a\u{fe0f}", "a⟨U+FE0F⟩");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
        #[test]
        fn nothing_hidden_is_left_and_cleaning_twice_changes_nothing(text in hostile()) {
            let clean = line(&text).into_owned();
            prop_assert!(!clean.chars().any(|c| c.is_control() || is_hidden(c)), "{clean:?}");
            let longest = clean.split(|c: char| c.width() != Some(0)).map(|marks| marks.chars().count()).max();
            prop_assert!(longest.unwrap_or(0) <= MARKS);
            prop_assert_eq!(line(&clean).into_owned(), clean.clone());
        }
    }

    /// Any characters, with those that do harm far more often than chance has them.
    pub(crate) fn hostile() -> impl Strategy<Value = String> {
        let bad = prop_oneof![
            any::<char>(),
            (0u32..0x3000).prop_map(|n| char::from_u32(n).unwrap_or('x')),
            proptest::sample::select(vec![
                '\x1b',
                '\u{9b}',
                '\u{202e}',
                '\u{200d}',
                '\u{fe0f}',
                '\u{e0041}',
                '\u{301}',
                '👩',
                '\t',
                '\n',
                '字',
                'a',
                ' ',
                '\u{1f3fd}',
                '\u{ff9e}',
                '\u{1100}',
                '\u{1161}'
            ]),
        ];
        proptest::collection::vec(bad, 0..60).prop_map(|chars| chars.into_iter().collect())
    }
}
