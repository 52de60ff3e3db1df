//! Functions that answer a question exactly, at once and without a model: the symbolic experts.
//!
//! Called by the engine (as an [`Expert`]) and by tests. A function is one file in `symbolic/` and one line in
//! `FUNCTIONS`. Questions are lines of natural language, in the phrasings of "Decomposed Prompting: A Modular
//! Approach for Solving Complex Tasks"; no function ever guesses at a phrasing it does not know.

mod calculate;
mod count;
mod date;
mod join;
mod lookup;
mod merge;
mod numeral;
mod position;

mod remove_numbers;
mod reverse;
mod sort;
mod split;

use crate::ask::{Answer, Ask, Request};
use crate::expert::{Control, Expert, ExpertError, Sink};

/// Longer questions are refused unread.
const MAX_QUESTION_BYTES: usize = 1024 * 1024;

/// One function under its name.
struct Function {
    name: &'static str,
    run: fn(&str) -> Result<String, Trouble>,
    /// What it understands, for the error on anything else.
    phrasings: &'static str,
}

const FUNCTIONS: &[Function] = &[
    Function { name: "split", run: split::split, phrasings: split::PHRASINGS },
    Function { name: "str_position", run: position::in_text, phrasings: position::TEXT_PHRASINGS },
    Function { name: "arr_position", run: position::in_list, phrasings: position::LIST_PHRASINGS },
    Function { name: "merge", run: merge::merge, phrasings: merge::PHRASINGS },
    Function { name: "reverse", run: reverse::reverse, phrasings: reverse::PHRASINGS },
    Function {
        name: "remove_numbers",
        run: remove_numbers::remove_numbers,
        phrasings: remove_numbers::PHRASINGS,
    },
    Function { name: "join", run: join::join, phrasings: join::PHRASINGS },
    Function { name: "count", run: count::count, phrasings: count::PHRASINGS },
    Function { name: "sort", run: sort::sort, phrasings: sort::PHRASINGS },
    Function { name: "lookup", run: lookup::lookup, phrasings: lookup::PHRASINGS },
    Function { name: "calculate", run: calculate::calculate, phrasings: calculate::PHRASINGS },
    Function { name: "date", run: date::date, phrasings: date::PHRASINGS },
];

/// Why a function gave no answer.
enum Trouble {
    /// The question has none of its phrasings.
    Unknown,
    /// It understood, but there is no answer.
    Because(String),
}

impl From<String> for Trouble {
    fn from(why: String) -> Trouble {
        Trouble::Because(why)
    }
}

impl From<&str> for Trouble {
    fn from(why: &str) -> Trouble {
        Trouble::Because(why.to_owned())
    }
}

/// The names of all functions, in the order of the roster.
pub fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

/// Answers the question with the function of that name.
///
/// Texts come back without quotes, lists as JSON arrays (`["a", "b"]`), pairs as `[(A, 1), (u, 2)]`.
///
/// # Errors
/// `Missing` when there is no such function; `Question` when it does not understand or there is no answer.
pub fn compute(name: &str, question: &str) -> Result<String, ExpertError> {
    let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
        let known = names().collect::<Vec<_>>().join(", ");
        return Err(ExpertError::Missing(format!(
            "there is no function `{}`; there are {known}",
            crate::literal::shortened(name)
        )));
    };
    let question = question.trim();
    if question.len() > MAX_QUESTION_BYTES {
        let bytes = question.len();
        let what = format!(
            "the question has {bytes} bytes, `{name}` reads {MAX_QUESTION_BYTES}: shorten its inputs"
        );
        return Err(ExpertError::Question(what));
    }
    (function.run)(question).map_err(|trouble| {
        ExpertError::Question(match trouble {
            Trouble::Because(why) => format!("`{name}`: {why}"),
            Trouble::Unknown => {
                let asked = crate::literal::shortened(question);
                format!("`{name}` does not understand \"{asked}\"; it knows {}", function.phrasings)
            }
        })
    })
}

/// The expert behind all symbolic cards: the name of the ask picks the function.
#[derive(Clone, Copy, Debug, Default)]
pub struct Symbolic;

impl Expert for Symbolic {
    fn answer(&mut self, ask: &Ask, _: &mut dyn Sink, _: &Control) -> Result<Answer, ExpertError> {
        match &ask.request {
            Request::Compute { question } => compute(&ask.expert, question).map(Answer::plain),
            _ => Err(ExpertError::Missing(format!(
                "`{}` is a function: it computes, it can not write or score",
                ask.expert
            ))),
        }
    }
}

#[cfg(test)]
mod tests;
