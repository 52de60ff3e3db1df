//! The words of a task with its references: `Concatenate #2 using a space.`
//!
//! A reference is kept by id, not by number, so it follows its task through every insert, move and delete. Numbers
//! (`#2` among siblings, `#1.3` from the goal, `#0.2` a part of the goal itself) are made when the phrase is shown.

use crate::ids::TaskId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Text and references in order. Two texts never stand side by side, and no text is empty. A copy shares the pieces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Piece>", into = "Vec<Piece>")]
pub struct Phrase(Arc<[Piece]>);

impl Default for Phrase {
    fn default() -> Phrase {
        Phrase(Arc::from([]))
    }
}

impl From<Vec<Piece>> for Phrase {
    fn from(pieces: Vec<Piece>) -> Phrase {
        Phrase(pieces.into())
    }
}

impl From<Phrase> for Vec<Piece> {
    fn from(phrase: Phrase) -> Vec<Piece> {
        phrase.0.to_vec()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Piece {
    Text(String),
    /// The answer of that task goes here.
    Answer {
        task: TaskId,
    },
    /// The answer of a task that was removed went here, shown as `#?`; or that of a number that named nobody when it was
    /// written, shown as it was written.
    Lost {
        lost: String,
    },
}

/// A lost reference as it is shown: the number it was written with, or `#?` for a task that was removed.
fn lost_reference(lost: &str) -> String {
    let is_number = lost.starts_with(|c: char| c.is_ascii_digit());
    format!("#{}", if is_number { lost } else { "?" })
}

impl Phrase {
    pub fn text(text: impl Into<String>) -> Phrase {
        Phrase::of([Piece::Text(text.into())])
    }

    /// Joins neighbouring texts and drops empty ones.
    pub fn of(pieces: impl IntoIterator<Item = Piece>) -> Phrase {
        let mut joined: Vec<Piece> = vec![];
        for piece in pieces {
            match (joined.last_mut(), piece) {
                (_, Piece::Text(text)) if text.is_empty() => {}
                (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
                (_, piece) => joined.push(piece),
            }
        }
        Phrase(joined.into())
    }

    /// Reads `#n`, `#n.m` and so on ([`Plan::reference`](super::Plan::reference) has the meaning); `find` says which task a path of numbers means.
    ///
    /// A number that names nobody becomes a lost reference, never an error: the task is blocked and says why.
    pub fn read(text: &str, find: impl Fn(&[usize]) -> Option<TaskId>) -> Phrase {
        let mut pieces = vec![];
        let mut rest = text;
        while let Some(hash) = rest.find('#') {
            let mark: &str = &rest[hash + 1..];
            let length = mark.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(mark.len());
            let digits = mark[..length].trim_end_matches('.');
            let path: Option<Vec<usize>> = digits.split('.').map(|n| n.parse().ok()).collect();
            pieces.push(Piece::Text(rest[..hash].to_owned()));
            match path {
                Some(path) => {
                    pieces.push(match find(&path) {
                        Some(task) => Piece::Answer { task },
                        None => Piece::Lost { lost: digits.to_owned() },
                    });
                    rest = &mark[digits.len()..];
                }
                None => {
                    pieces.push(Piece::Text("#".to_owned()));
                    rest = mark;
                }
            }
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Phrase::of(pieces)
    }

    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The tasks whose answers this phrase needs, in reading order, each once.
    pub fn needs(&self) -> Vec<TaskId> {
        let mut needs = vec![];
        for piece in self.0.iter() {
            if let Piece::Answer { task } = piece
                && !needs.contains(task)
            {
                needs.push(*task);
            }
        }
        needs
    }

    /// The first reference that leads nowhere.
    pub fn lost(&self) -> Option<&str> {
        self.0.iter().find_map(|piece| match piece {
            Piece::Lost { lost } => Some(lost.as_str()),
            _ => None,
        })
    }

    /// What is wrong with the first reference that leads nowhere, in words.
    pub fn missing(&self) -> Option<String> {
        let shown = lost_reference(self.lost()?);
        let which = match shown.as_str() {
            "#?" => "a task that is gone (#?)".to_owned(),
            number => format!("{number}, and no task had that number when this was written"),
        };
        Some(format!("it uses the answer of {which}"))
    }

    /// The words with `name` standing for each reference.
    pub fn show(&self, name: impl Fn(TaskId) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Answer { task } => name(*task),
            Piece::Lost { lost } => lost_reference(lost),
        };
        self.0.iter().map(piece).collect()
    }

    /// The phrase with references changed by `change`; used when a task goes away or ids are given anew.
    pub fn map(&self, change: impl Fn(TaskId) -> Piece) -> Phrase {
        Phrase::of(self.0.iter().map(|piece| match piece {
            Piece::Answer { task } => change(*task),
            other => other.clone(),
        }))
    }

    pub fn is_blank(&self) -> bool {
        self.0.iter().all(|piece| matches!(piece, Piece::Text(text) if text.trim().is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str) {
        let find = |path: &[usize]| match path {
            [n @ 1..=3] => Some(TaskId(*n as u32)),
            [1, 2] => Some(TaskId(12)),
            _ => None,
        };
        assert_eq!(Phrase::read(text, find).show(|task| format!("<{task}>")), shown);
    }

    #[test]
    fn references_are_read_by_number_and_by_path() {
        check("Concatenate #2 using a space.", "Concatenate <t2> using a space.");
        check("\"#1\" and #3.", "\"<t1>\" and <t3>.");
        check("#1.2 then #1.", "<t12> then <t1>.");
        check("#9 is nobody, # is a hash, #a is text", "#9 is nobody, # is a hash, #a is text");
        check("#99999999999999999999999", "#99999999999999999999999");
        check("##1", "#<t1>");
    }

    #[test]
    fn a_lost_reference_shows_the_number_it_was_written_with() {
        let phrase = Phrase::read("#9 and #1.7.", |_| None);
        assert_eq!((phrase.lost(), phrase.needs().len()), (Some("9"), 0));
        assert_eq!(phrase.show(|_| String::new()), "#9 and #1.7.");
        assert_eq!(Phrase::read(&phrase.show(|_| String::new()), |_| None), phrase, "reading it again");
        let removed = Phrase::of([Piece::Lost { lost: TaskId(4).to_string() }]);
        assert_eq!(removed.show(|_| String::new()), "#?");
    }
}
