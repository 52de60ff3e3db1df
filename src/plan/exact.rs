//! Questions for functions. A function finds what it is about by quotes and brackets, so an answer that has some of its own
//! could be read otherwise than it stands: such a one is set in as JSON writes a text, and read back as it was.

use super::{Draft, Operator, Phrase, Piece, fill_pieces, items, value::text_of};
use crate::{
    ids::TaskId,
    literal::{self, Literal, Operand},
};
use std::ops::Range;

/// The question with every reference replaced, piece by piece as in [`fill_pieces`], so that a function reads each answer as
/// the one text or list that it is. Differs from what others are asked only where that could be read in another way.
pub fn function_pieces(
    phrase: &Phrase,
    answer: impl Fn(TaskId) -> Option<String>,
    item: Option<&str>,
) -> Option<Vec<(Option<usize>, String)>> {
    let pieces = fill_pieces(phrase, &answer, item)?;
    let first = phrase.needs().first().copied();
    let text = |piece: &Piece| match (piece, item) {
        (Piece::Answer { task }, Some(item)) if Some(*task) == first => text_of(item),
        (Piece::Answer { task }, _) => text_of(&answer(*task)?),
        _ => None,
    };
    let texts: Vec<Option<String>> = phrase.pieces().iter().map(text).collect();
    Some(set_in(pieces, &texts))
}

/// The questions of a task, one for each item of a projection, or none while an input is missing; for a function so that it
/// reads each answer as it is.
pub fn questions(draft: &Draft, answer: impl Fn(TaskId) -> Option<String>, function: bool) -> Vec<String> {
    let fill = |item: Option<&str>| -> Option<String> {
        let pieces = match function {
            true => function_pieces(&draft.phrase, &answer, item),
            false => fill_pieces(&draft.phrase, &answer, item),
        };
        Some(pieces?.into_iter().map(|(_, text)| text).collect())
    };
    match (draft.operator, draft.phrase.needs().first()) {
        (Some(Operator::Project { over, .. }), Some(first)) => {
            let items = answer(*first).map(|answer| items(over, &answer)).unwrap_or_default();
            items.iter().filter_map(|item| fill(Some(item))).collect()
        }
        _ => fill(None).into_iter().collect(),
    }
}

/// The template of a check's question, `{question}` and `{answer}` replaced: the answer is read as the text that it is.
pub fn check_question(template: &str, question: &str, answer: &str) -> String {
    let template = template.replace("{question}", question);
    let (mut pieces, mut texts) = (vec![], vec![]);
    for (at, own) in template.split("{answer}").enumerate() {
        if 0 < at {
            pieces.push((Some(0), answer.to_owned()));
            texts.push(text_of(answer));
        }
        pieces.push((None, own.to_owned()));
        texts.push(None);
    }
    set_in(pieces, &texts).into_iter().map(|(_, text)| text).collect()
}

/// Writes those of the texts as JSON that would not be read as they are.
fn set_in(
    mut pieces: Vec<(Option<usize>, String)>,
    texts: &[Option<String>],
) -> Vec<(Option<usize>, String)> {
    let plain: String = pieces.iter().map(|(_, text)| text.as_str()).collect();
    let literals = literal::literals(&plain);
    let mut end = 0;
    let mut wrong = vec![];
    for (at, (piece, text)) in pieces.iter().zip(texts).enumerate() {
        let start = end;
        end += piece.1.len();
        if let Some(text) = text
            && !reads_as(&literals, &plain, start..end, text)
        {
            wrong.push((at, text));
        }
    }
    for (at, text) in wrong {
        let before: String = pieces[..at].iter().map(|(_, text)| text.as_str()).collect();
        let after = pieces.get(at + 1).and_then(|(_, text)| text.chars().next());
        let around = before.chars().next_back().and_then(literal::closing);
        let written = as_json(text);
        let inside = leaves_open(&before);
        if around.is_some() && around == after && !inside {
            // Other quotes than those of JSON: they are changed for them.
            pieces[at - 1].1.pop();
            pieces[at + 1].1.remove(0);
        }
        pieces[at].1 = if inside { written[1..written.len() - 1].to_owned() } else { written };
    }
    pieces
}

/// Does a quote stand open at the end?
fn leaves_open(text: &str) -> bool {
    let (mut open, mut escaped) = (false, false);
    for letter in text.chars() {
        open ^= letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
    }
    open
}

/// Is the text read as it is, where it stands in the question?
fn reads_as(literals: &[Literal], question: &str, place: Range<usize>, text: &str) -> bool {
    if is_list(text) {
        return true;
    }
    let quote = |letter: char| literal::closing(letter).is_some();
    let mut over = literals.iter().filter(|found| found.start < place.end && place.start < found.end);
    let (Some(found), None) = (over.next(), over.next()) else {
        // Without any quote or bracket its words are found by the words around them.
        let quoted = question[..place.start].ends_with(quote) || question[place.clone()].starts_with(quote);
        return !quoted && !literals.iter().any(|found| found.start < place.end && place.start < found.end);
    };
    let Operand::Text(read) = &found.operand else { return false };
    let mut inside = question[found.start..found.end].chars();
    inside.next();
    inside.next_back();
    match found.start < place.start && place.end < found.end {
        true => read == text || read == inside.as_str() && read.contains(text),
        false => (found.start, found.end) == (place.start, place.end) && read == text,
    }
}

/// A list or pairs as functions write them, which stand as lists in quotes or without.
fn is_list(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('[') && literal::bracket(text).is_some_and(|(_, length)| length == text.len())
}

/// The text in quotes; escaped as JSON does it where it has what ends a text or begins a list.
fn as_json(text: &str) -> String {
    if !text.contains(['"', '\\']) && !text.trim_start().starts_with('[') {
        return format!("\"{text}\"");
    }
    let written = serde_json::Value::from(text).to_string();
    // Behind a quote a bracket opens a list.
    match text.trim_start().starts_with('[') {
        true => written.replacen('[', "\\u005b", 1),
        false => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expert::symbolic::compute;
    use proptest::prelude::*;

    fn question(template: &str, answer: &str, item: Option<&str>) -> String {
        let phrase = Phrase::read(template, |_| Some(TaskId(1)));
        let pieces = function_pieces(&phrase, |_| Some(answer.to_owned()), item).unwrap();
        pieces.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn a_function_reads_an_answer_as_it_is_whatever_quotes_it_has() {
        let check = |function: &str, template: &str, answer: &str, expected: &str| {
            let question = question(template, answer, None);
            assert_eq!(compute(function, &question).as_deref(), Ok(expected), "{question}");
        };
        let said = r#""I am", she said, "here""#;
        check("count", r##"How many words are in "#1"?"##, said, "5");
        check("count", "How many words are in #1?", said, "5");
        check("count", "How many letters are in '#1'?", said, "14");
        check("count", "How many letters are in “#1”?", said, "14");
        check("split", r##"What are the words in "#1"?"##, said, r#"["I", "am", "she", "said", "here"]"#);
        check("reverse", r##"Reverse the words of "#1"."##, said, "here said she am I");
        let open = r#"he said, "yes", and said, "no I do"#;
        check("count", r##"How many words are in "#1"?"##, open, "8");
        check("reverse", r##"Reverse the words of "#1"."##, open, "do I no said and yes said he");
        check("count", r##"How many words are in "#1"?"##, "[sic] he said\nso", "4");
        check("count", r##"How many characters are in "#1"?"##, r"C:\a\", "5");
        check("count", r##"How many words are in "#1"?"##, "one\n\ntwo \"three\n\nfour", "4");
        check("count", r##"How often does "e" occur in "#1"?"##, said, "3");
        check("join", r##"Join "a" and "#1" using " + "."##, r#"b", "c"#, r#"a + b", "c"#);
    }

    #[test]
    fn what_is_read_as_it_is_stands_as_it_stood() {
        let check = |template: &str, answer: &str, item: Option<&str>, expected: &str| {
            assert_eq!(question(template, answer, item), expected);
        };
        check(r##"Words in "#1"?"##, "it's plain", None, r#"Words in "it's plain"?"#);
        check("Words in #1?", "plain", None, r#"Words in "plain"?"#);
        check("Words in #1?", "[]", Some("two words"), "Words in two words?");
        check("Words in #1?", "[]", Some("\"two\" words"), r#"Words in "\"two\" words"?"#);
        check(
            r##"At position 2 in "#1"?"##,
            "[(a, 1), (b, 2)]",
            None,
            r#"At position 2 in "[(a, 1), (b, 2)]"?"#,
        );
        check("Concatenate #1.", r#"["a\"", "b"]"#, None, r#"Concatenate ["a\"", "b"]."#);
        check("What is #1 times 3?", "14", None, "What is 14 times 3?");
        check(r##"Words in "a #1 b"?"##, "x", None, r#"Words in "a "x" b"?"#);
        check(r##"Words in "a #1 b"?"##, r#"x" y"#, None, r#"Words in "a x\" y b"?"#);
    }

    #[test]
    fn a_check_of_ones_own_reads_the_answer_as_it_is() {
        let check = |template: &str, answer: &str, expected: &str| {
            assert_eq!(check_question(template, "What is 1?", answer), expected);
        };
        check("How many words are in \"{answer}\"?", r#"a" or "b"#, r#"How many words are in "a\" or \"b"?"#);
        check("How many words are in {answer}?", "a b", "How many words are in a b?");
        check("{question}", "x", "What is 1?");
    }

    proptest! {
        #[test]
        fn any_answer_is_read_whole(answer in "[a \"'\\[\\]\\\\,“”{}\n]{1,24}", template in 0..3_usize) {
            let template = [r##"How many characters are in "#1"?"##, "How many characters are in #1?",
                r##"How many characters are in '#1'?"##][template];
            let Some(text) = text_of(&answer).filter(|text| !is_list(text) && !text.trim().is_empty()) else {
                return Ok(());
            };
            let question = question(template, &answer, None);
            let found = literal::literals(&question);
            let read: Vec<_> = found.iter().map(|found| &found.operand).collect();
            let bare = Operand::Text(format!("\"{text}\""));
            let whole = Operand::Text(text);
            prop_assert!(read == [&whole] || template.contains('\'') && read == [&bare], "{question}: {found:?}");
        }
    }
}
