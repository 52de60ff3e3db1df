//! Text of models and files on its way to a terminal: what could drive it or hide in it becomes a visible mark.
//!
//! Every face calls it, at its border and nowhere deeper: plans, sessions and JSON keep the text as it came.

use std::{borrow::Cow, fmt::Write};
use unicode_width::UnicodeWidthChar;

/// Marks without a width of their own that may stand on one character; what is beyond is counted.
const MARKS: usize = 8;

/// The text with visible marks for control characters, escapes, bidi and zero-width characters. Line feeds stay.
///
/// C0 characters become their control pictures (`␛`), others their code point (`⟨202E⟩`), a tab four spaces.
/// Joiners between letters or emoji stay: scripts need them.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    let (mut before, mut marks) = (' ', 0);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let joins =
            matches!(c, '\u{200C}' | '\u{200D}') && stands(before) && rest.peek().is_some_and(|c| stands(*c));
        match c {
            '\n' => clean.push(c),
            '\t' => clean.push_str("    "),
            '\0'..='\u{1F}' => clean.push(char::from_u32(0x2400 + c as u32).unwrap_or('␀')),
            '\u{7F}' => clean.push('␡'),
            c if is_hidden(c) && !joins => {
                let _ = write!(clean, "⟨{:04X}⟩", c as u32);
            }
            c if c.width() == Some(0) => {
                marks += 1;
                if marks <= MARKS {
                    clean.push(c);
                } else if !rest.peek().is_some_and(|next| next.width() == Some(0) && !is_hidden(*next)) {
                    let _ = write!(clean, "⟨{} marks⟩", marks - MARKS);
                }
                continue;
            }
            c => clean.push(c),
        }
        (before, marks) = (c, 0);
    }
    Cow::Owned(clean)
}

/// [`visible`], all in one line: line feeds become `⏎`.
pub fn visible_line(text: &str) -> Cow<'_, str> {
    let clean = visible(text);
    if clean.contains('\n') { Cow::Owned(clean.replace('\n', "⏎")) } else { clean }
}

/// Characters that show nothing and change how others are shown: C1, bidi, zero-width, tags, fillers, separators.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{7F}'..='\u{9F}' | '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// A character that a joiner can join.
fn stands(c: char) -> bool {
    !c.is_ascii() && !is_hidden(c) && !c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_drives_a_terminal_is_shown_instead() {
        let check = |text: &str, expected: &str| assert_eq!(visible(text), expected);
        check("plain\ntext ~", "plain\ntext ~");
        check("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇");
        check("\u{9b}2J", "⟨009B⟩2J");
        check("a\tb\rc\u{7f}", "a    b␍c␡");
        check("abc\u{202E}def", "abc⟨202E⟩def");
        check("a\u{200B}b\u{E0041}", "a⟨200B⟩b⟨E0041⟩");
        check("👩\u{200D}🔬 می\u{200C}خواهم", "👩\u{200D}🔬 می\u{200C}خواهم");
        check("a\u{200D}b", "a⟨200D⟩b");
        check("naïve 日本", "naïve 日本");
        check(&format!("e{}x", "\u{301}".repeat(11)), &format!("e{}⟨3 marks⟩x", "\u{301}".repeat(8)));
        assert_eq!(visible_line("a\nb"), "a⏎b");
    }

    proptest! {
        #[test]
        fn no_text_keeps_a_control(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let clean = visible(&text).into_owned();
            prop_assert!(clean.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", clean);
            prop_assert_eq!(visible(&clean), clean.as_str(), "cleaning twice changes nothing");
        }
    }
}
