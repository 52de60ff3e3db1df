//! Reads the parts that questions share, and writes lists: here what a question is about, in `scan` where its quoted texts
//! and lists are, in `words` how its other words are cut.
//!
//! Every function of `symbolic` calls this, and routers do to see the shape of a task. It takes time linear in the question, whatever stands there.

mod scan;
mod words;

pub(crate) use scan::{bracket, closing, literals};
pub(crate) use words::{items, letters, separator, tokens, words};

/// What a question is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Text(String),
    /// `["a", "b"]` or `[a, b]`.
    List(Vec<Item>),
    /// `[(A, 1), (u, 2)]`: each item with its label.
    Pairs(Vec<(Item, String)>),
}

/// One element of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) text: String,
    /// Stood without quotes and is a JSON value, so that it is written without quotes again.
    pub(crate) raw: bool,
}

impl Item {
    pub(super) fn new(text: impl Into<String>) -> Item {
        Item { text: text.into(), raw: false }
    }

    fn bare(text: &str) -> Item {
        Item { text: text.to_owned(), raw: serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() }
    }
}

/// An operand and where it stands in the question, its quotes included.
#[derive(Clone, Debug)]
pub(crate) struct Literal {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) operand: Operand,
}

/// A question cut around the one thing it is about.
pub(super) struct Asked {
    /// The words around the operand, in lower case.
    pub(super) words: String,
    pub(super) operand: Operand,
}

impl Asked {
    pub(super) fn has_any(&self, words: &[&str]) -> bool {
        tokens(&self.words).any(|token| words.contains(&token))
    }
}

/// Cuts the question around its operand: the first list or quoted text, or, without those, the words behind the
/// first of `leads` that occurs and before the first of `tails`.
pub(crate) fn asked(question: &str, leads: &[&str], tails: &[&str]) -> Option<Asked> {
    if let Some(Literal { start, end, operand }) = literals(question).into_iter().next() {
        return Some(around(&question[..start], operand, &question[end..]));
    }
    let lower = question.to_ascii_lowercase();
    let (lead, length) = leads.iter().find_map(|lead| lower.find(lead).map(|at| (at, lead.len())))?;
    let start = lead + length;
    let tail = tails.iter().filter_map(|tail| lower[start..].rfind(tail)).min();
    let end = tail.map_or(question.len(), |at| start + at);
    let text = question[start..end].trim();
    let text = text.strip_suffix(['.', '?', '!']).unwrap_or(text).trim();
    (!text.is_empty()).then(|| around(&question[..start], Operand::Text(text.to_owned()), &question[end..]))
}

fn around(before: &str, operand: Operand, after: &str) -> Asked {
    Asked { words: format!("{before} {after}").to_lowercase(), operand }
}

/// `["a", "b"]`.
pub(crate) fn write_list<'a>(items: impl IntoIterator<Item = &'a Item>) -> String {
    let quoted = |item: &Item| match item.raw {
        true => item.text.clone(),
        false => serde_json::Value::from(item.text.as_str()).to_string(),
    };
    format!("[{}]", items.into_iter().map(quoted).collect::<Vec<_>>().join(", "))
}

/// `["a", "b"]` from plain texts.
pub(crate) fn write_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    write_list(&texts.into_iter().map(Item::new).collect::<Vec<_>>())
}

/// `[(A, 1), (u, 2)]`.
pub(crate) fn write_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let pairs = pairs.into_iter().map(|(item, label)| format!("({item}, {label})"));
    format!("[{}]", pairs.collect::<Vec<_>>().join(", "))
}

/// The start of a text, for an error.
pub(crate) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
