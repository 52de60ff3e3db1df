//! Cuts plain text into words, items and letters, and reads which separator its words name.

use super::{Literal, Operand, literals, shortened};
use unicode_segmentation::UnicodeSegmentation;

/// The words of a text without the punctuation around them.
pub(crate) fn tokens(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '\'').filter(|token| !token.is_empty())
}

/// The items of a text, and what stood between them: lines, else parts between semicolons, else between commas.
pub(crate) fn items(text: &str) -> (Vec<&str>, &'static str) {
    let (mark, joint) = match text {
        _ if text.contains('\n') => ('\n', "\n"),
        _ if text.contains(',') => (',', ", "),
        _ if text.contains(';') => (';', "; "),
        _ => (',', ", "),
    };
    let parts = text.split(mark).map(|part| {
        let part = part.trim();
        part.strip_prefix("and ").unwrap_or(part)
    });
    (parts.filter(|part| !part.is_empty()).collect(), joint)
}

/// The words of a text, without commas and the like around them; full stops stay (`J. Bell`).
pub(crate) fn words(text: &str) -> Vec<&str> {
    let marks = |c: char| ",;:!?\"“”()[]".contains(c);
    text.split_whitespace().map(|word| word.trim_matches(marks)).filter(|word| !word.is_empty()).collect()
}

/// What a reader calls letters: grapheme clusters, without blanks.
pub(crate) fn letters(text: &str) -> Vec<&str> {
    text.graphemes(true).filter(|letter| !letter.trim().is_empty()).collect()
}

/// The separator that `using ...` names; `None` when the words name none.
pub(crate) fn separator(after: &str) -> Result<Option<String>, String> {
    let lower = after.to_ascii_lowercase();
    let named = ["using ", "separated by ", "with ", "by ", "between them", "without "];
    let Some(at) = named.iter().filter_map(|word| lower.find(word)).min() else {
        return Ok(None);
    };
    if let Some(Literal { operand: Operand::Text(text), .. }) = literals(after).into_iter().next() {
        return Ok(Some(text));
    }
    let said = &lower[at..];
    let signs = [
        ("nothing", ""),
        ("no s", ""),
        ("without", ""),
        ("empty string", ""),
        ("comma and a space", ", "),
        ("comma and space", ", "),
        ("semi-colon", ";"),
        ("semicolon", ";"),
        ("semi colon", ";"),
        ("colon", ":"),
        ("comma", ","),
        ("hyphen", "-"),
        ("dash", "-"),
        ("underscore", "_"),
        ("backslash", "\\"),
        ("slash", "/"),
        ("new line", "\n"),
        ("newline", "\n"),
        ("line break", "\n"),
        ("full stop", "."),
        ("period", "."),
        ("dot", "."),
        ("pipe", "|"),
        ("vertical bar", "|"),
        ("tab", "\t"),
        ("plus", "+"),
        ("space", " "),
        ("blank", " "),
        ("and", " and "),
    ];
    match signs.iter().find(|(word, _)| said.contains(word)) {
        Some((_, sign)) => Ok(Some((*sign).to_owned())),
        None => {
            let said = shortened(said.trim());
            Err(format!(
                "which separator is `{said}`? Say a space, a comma, a hyphen, nothing, or put it in quotes"
            ))
        }
    }
}
