//! The ledger of a person's sayings about routing: one line for each look at a decision, and for each preference.
//!
//! It is a file of its own beside the sessions (`Effect::AppendReview` writes a line, `Effect::GatherReviews` reads all), so
//! that what was said in one session teaches routers in every other.

use crate::ids::Seq;
use serde::{Deserialize, Serialize};

/// What a person said of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Saying {
    Accept,
    Override,
    /// Another one would have done as well.
    BothFine,
    Skip,
    /// Two experts answered the same task and one answer was kept.
    Preferred,
}

impl Saying {
    pub fn word(self) -> &'static str {
        match self {
            Saying::Accept => "accept",
            Saying::Override => "override",
            Saying::BothFine => "both_fine",
            Saying::Skip => "skip",
            Saying::Preferred => "preferred",
        }
    }
}

/// One look of a person at a decision, or one preference; a line of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Review {
    pub session: String,
    pub seq: u32,
    pub task: String,
    /// The router that decided; `what-if` for a preference.
    pub router: String,
    /// Whom the router chose; for a preference the one whose answer was not kept.
    pub chosen: String,
    pub confidence: f32,
    pub saying: Saying,
    /// Whom the person chose.
    pub expert: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The router's choice was hidden.
    pub blind: bool,
    /// It had been reviewed before and was mixed in.
    pub repeat: bool,
    /// Milliseconds from seeing it to the key.
    pub took: u64,
    /// Milliseconds since 1970.
    pub at: u64,
}

impl Review {
    /// For this task `kept`'s answer was kept over `other`'s. `session` is the name as the review screen shows it, `seq`
    /// the record after which the two were tried, `task` the words of the task, `at` milliseconds since 1970.
    ///
    /// In the workbench `update::review::prefer` makes the line for a task at hand, shows it in an open review and
    /// returns the effect that writes it; use this directly only where there is no `State`. Once learned it is an example
    /// of `kept`, and an outcome for both: one solved the task, the other did not.
    pub fn preferred(session: &str, seq: Seq, task: &str, kept: &str, other: &str, at: u64) -> Review {
        Review {
            session: session.to_owned(),
            seq: seq.0,
            task: task.to_owned(),
            router: "what-if".to_owned(),
            chosen: other.to_owned(),
            confidence: 0.0,
            saying: Saying::Preferred,
            expert: kept.to_owned(),
            reason: String::new(),
            blind: false,
            repeat: false,
            took: 0,
            at,
        }
    }

    /// Was it said of this decision?
    pub fn is_of(&self, session: &str, seq: Seq) -> bool {
        self.saying != Saying::Preferred && self.session == session && self.seq == seq.0
    }

    /// Is it about a router's decision? A preference and a skip are not.
    pub fn judges(&self) -> bool {
        !matches!(self.saying, Saying::Skip | Saying::Preferred)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let line = Review::preferred("s.jsonl", Seq(7), "Join \"a\"", "join", "merge", 5);
        let text = serde_json::to_string(&line).unwrap();
        assert!(text.contains("\"saying\":\"preferred\""), "{text}");
        assert_eq!(serde_json::from_str::<Review>(&text).unwrap(), line);
        assert!(!line.judges());
    }
}
