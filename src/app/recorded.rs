//! The recorded sessions that come with the program: opened by the tour, and each one is a test.

use crate::{
    session::line::read_session,
    workbench::{SessionFile, Stored, Summary, state::Opened},
};
use std::path::Path;

/// A session of `sessions/`: its file name, what it shows, and the file.
pub(crate) struct Example {
    pub(crate) file: &'static str,
    pub(crate) about: &'static str,
    pub(crate) text: &'static str,
}

/// In the order of the tour.
pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        file: "letters.jsonl",
        about: "three steps, one of them asked of every word",
        text: include_str!("../../sessions/letters.jsonl"),
    },
    Example {
        file: "capital.jsonl",
        about: "the model knows, a function counts",
        text: include_str!("../../sessions/capital.jsonl"),
    },
    Example {
        file: "corrected.jsonl",
        about: "a wrong plan mended by hand, a task re-routed and back: walk it with [ and ]",
        text: include_str!("../../sessions/corrected.jsonl"),
    },
    Example {
        file: "hamlet.jsonl",
        about: "a plan that went wrong by itself, twice: & finds the task at fault",
        text: include_str!("../../sessions/hamlet.jsonl"),
    },
    Example {
        file: "split.jsonl",
        about: "a step that no expert understands, split by hand with a reason",
        text: include_str!("../../sessions/split.jsonl"),
    },
    Example {
        file: "merged.jsonl",
        about: "two branches of one plan, compared and merged: C-b lists them, @ walks the events",
        text: include_str!("../../sessions/merged.jsonl"),
    },
    Example {
        file: "overrides.jsonl",
        about: "twenty requests that a router got wrong, given to the right expert by hand: R learns from them",
        text: include_str!("../../sessions/overrides.jsonl"),
    },
];

/// Where the list says that an example lies; no folder of the disk is called so.
const FOLDER: &str = "recorded:";

pub(crate) fn list() -> impl Iterator<Item = Summary> {
    EXAMPLES.iter().map(|example| {
        let title =
            read_session(example.text.as_bytes()).map(|reading| reading.header.title).unwrap_or_default();
        let path = Path::new(FOLDER).join(example.file);
        Summary { path, title, about: example.about.to_owned(), recorded: true }
    })
}

/// The example behind a path of the list.
pub(crate) fn named(path: &Path) -> Option<Stored> {
    let file = path.strip_prefix(FOLDER).ok()?;
    let example = EXAMPLES.iter().find(|example| Path::new(example.file) == file)?;
    Some(match read_session(example.text.as_bytes()) {
        Ok(reading) => {
            let file = SessionFile::ReadOnly {
                file: format!("recorded example: {}", example.about),
                why: String::new(),
            };
            let warning = reading.stopped.map(|(line, error)| format!("line {line}: {error}"));
            Stored::Opened(Box::new(Opened { journal: reading.journal, file, warning }))
        }
        Err(error) => Stored::NotOpened(error.to_string()),
    })
}
