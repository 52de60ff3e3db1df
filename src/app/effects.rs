//! Does the effects: through store and engine, with the only clock of the program.

mod files;

pub(crate) use files::Files;

use super::models::Models;
use crate::{
    engine::{Report, runner::Engine},
    workbench::{Effect, Message, Stored, Weight},
};
use std::{
    sync::atomic::Ordering,
    time::{SystemTime, UNIX_EPOCH},
};

/// The longest text that terminals take into the clipboard.
const CLIPBOARD_BYTES: usize = 74_000;

/// What stands between the workbench on a terminal and the world.
pub(crate) struct Shell {
    pub(crate) engine: Engine,
    pub(crate) models: Models,
    pub(crate) files: Files,
    quit: bool,
    for_editor: Option<String>,
}

impl Shell {
    pub(crate) fn new(engine: Engine, models: Models, files: Files) -> Shell {
        Shell { engine, models, files, quit: false, for_editor: None }
    }

    /// Milliseconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        now()
    }

    pub(crate) fn has_quit(&self) -> bool {
        self.quit
    }

    /// A text that waits for the person's editor; the loop gives it the terminal.
    pub(crate) fn text_for_editor(&mut self) -> Option<String> {
        self.for_editor.take()
    }

    /// A report has come: the reins of a call that ended can be let go.
    pub(crate) fn heard(&mut self, report: &Report) {
        if let Report::Done { call, .. } | Report::Failed { call, .. } = report {
            self.engine.ended(*call);
        }
    }

    /// Does one effect. What is known at once comes back; the rest comes through the outbox.
    pub(crate) fn perform(&mut self, effect: Effect) -> Vec<Message> {
        match effect {
            Effect::Engine(command) => {
                return self.engine.command(command).map(Message::Report).into_iter().collect();
            }
            Effect::Copy(text) => return copy(&text).map(Message::Stored).into_iter().collect(),
            Effect::EditOutside(text) => self.for_editor = Some(text),
            Effect::StopFetching => self.models.stop.store(true, Ordering::Relaxed),
            Effect::Quit => self.quit = true,
            file => return self.files.perform(file),
        }
        vec![]
    }
}

/// Milliseconds since 1970, by the machine's clock.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// Into the clipboard by the terminal itself (OSC 52), which works over SSH.
fn copy(text: &str) -> Option<Stored> {
    use crossterm::{clipboard::CopyToClipboard, execute};
    if CLIPBOARD_BYTES < text.len() {
        let words = format!(
            "{} bytes are more than terminals copy: save the session and take it from there",
            text.len()
        );
        return Some(Stored::Said(Weight::Warning, words));
    }
    match execute!(std::io::stdout(), CopyToClipboard::to_clipboard_from(text)) {
        Ok(()) => None,
        Err(error) => Some(Stored::Said(Weight::Error, format!("not copied: {error}"))),
    }
}
