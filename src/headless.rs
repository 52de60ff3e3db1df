//! The face without a screen: the same workbench, driven by a loop instead of keys, told in lines.
//!
//! `app` builds the parts and calls in here; nothing here opens a file, reads a clock or prints but to the writers
//! handed in: data to `out` (stdout), narration to `narration` (stderr). It never knows the other face.

pub mod again;
pub mod cases;
pub mod compare;
pub mod eval;
pub mod export;
pub mod gold;
pub mod hands;
pub mod import;
pub mod lines;
pub mod lint;
pub mod list;
pub mod names;
pub mod plain;
pub mod progress;
pub mod replay;
pub mod route;
pub mod run;
mod switch;
pub mod table;
pub mod test;

pub use hands::{Hands, Interrupt, Workers};
pub use names::Overrides;
pub use run::{Options, Outcome, Outside, Start, run};

/// How a command ended. The code is the exit status of the process, the word stands in the result line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The goal has its answer.
    Done,
    /// What it would take was told, as asked; nobody was asked and nothing was written.
    DryRun,
    /// A task failed or is stuck, a check failed, a file is damaged.
    NotMet,
    /// What was asked for makes no sense: unknown names, unreadable input, bad configuration.
    Usage,
    /// A model that is needed is not there.
    NoModel,
    /// A limit on calls or tokens is reached.
    Budget,
    /// A task waits for a person's answer.
    NeedsPerson,
    Interrupted,
}

impl Ending {
    pub const ALL: [Ending; 8] = [
        Ending::Done,
        Ending::DryRun,
        Ending::NotMet,
        Ending::Usage,
        Ending::NoModel,
        Ending::Budget,
        Ending::NeedsPerson,
        Ending::Interrupted,
    ];

    /// The exit status.
    pub fn code(self) -> u8 {
        match self {
            Ending::Done | Ending::DryRun => 0,
            Ending::NotMet => 1,
            Ending::Usage => 2,
            Ending::NoModel => 3,
            Ending::Budget => 4,
            Ending::NeedsPerson => 5,
            Ending::Interrupted => 130,
        }
    }

    /// The `state` of a result line.
    pub fn word(self) -> &'static str {
        match self {
            Ending::Done => "done",
            Ending::DryRun => "dry-run",
            Ending::NotMet => "failed",
            Ending::Usage => "usage",
            Ending::NoModel => "no-model",
            Ending::Budget => "budget",
            Ending::NeedsPerson => "needs-person",
            Ending::Interrupted => "interrupted",
        }
    }
}

/// JSON text with hidden characters (C1, bidi, zero-width, tags) written as `\uXXXX`, so that a terminal that shows the
/// line is safe; serde escapes the rest. In JSON such characters stand only inside strings.
pub(crate) fn json_line(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    if !json.chars().any(crate::visible::is_hidden) {
        return json;
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if crate::visible::is_hidden(c) {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| safe.push_str(&format!("\\u{unit:04x}")));
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod script;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_hides_nothing_and_means_the_same() {
        let hostile = "a\u{202E}b\u{9b}c\u{E0041}\u{7f}\x1b[2J\"é日👩\u{200D}🔬\n";
        let line = json_line(&hostile);
        assert!(line.chars().all(|c| !c.is_control() && !crate::visible::is_hidden(c)), "{line}");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), hostile);
    }
}
