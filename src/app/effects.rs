//! Does the effects: through store and engine, with the only clock of the program.

use super::{models::Models, recorded, scholar::Scholar};
use crate::{
    engine::{Report, runner::Engine},
    session::Entry,
    store::{
        disk::Disk,
        places::{Places, expand},
        sessions::{self, Claim, OpenSession, Saving, SessionWriter, Title},
    },
    workbench::{Effect, Message, SessionFile, Stored, Summary, Weight, state::Opened},
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::mpsc::UnboundedSender;

/// How long the last entries may take to reach the disk at the end.
const FAREWELL: Duration = Duration::from_secs(5);
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

/// The session files of a workbench: one that is written, others that are read.
pub(crate) struct Files {
    places: Places,
    disk: Arc<dyn Disk>,
    writer: Option<SessionWriter>,
    outbox: UnboundedSender<Stored>,
    scholar: Scholar,
}

impl Files {
    /// What the writer says later comes through the outbox.
    pub(crate) fn new(places: Places, disk: Arc<dyn Disk>, outbox: UnboundedSender<Stored>) -> Files {
        let (routing, sessions) = (places.routing(), places.sessions.clone());
        let scholar = Scholar::new(Arc::clone(&disk), routing, sessions, outbox.clone());
        Files { places, disk, writer: None, outbox, scholar }
    }

    /// Does the effects that are about files, and none other.
    pub(crate) fn perform(&mut self, effect: Effect) -> Vec<Message> {
        let told = match effect {
            Effect::Create { title, entries } => {
                self.leave_file();
                let (disk, folder) = (Arc::clone(&self.disk), self.places.sessions.clone());
                self.writer = Some(SessionWriter::create(disk, folder, title, entries, now(), self.teller()));
                None
            }
            Effect::Append { entries } => self.append(entries),
            Effect::SaveAs { path, title, entries } => Some(self.save_as(&expand(&path), &title, &entries)),
            Effect::WriteCase { path, text } => Some(write_case(&expand(&path), &text)),
            Effect::Open(path) => Some(self.open(&expand(&path))),
            Effect::Look(path) => Some(self.look_into(&expand(&path))),
            Effect::OpenListed(path) => Some(match recorded::named(&path) {
                Some(example) => example,
                None => self.open(&path),
            }),
            Effect::ReadOther(path) => {
                let read = match recorded::named(&path) {
                    Some(example) => example,
                    None => self.look_into(&path),
                };
                Some(match read {
                    Stored::Opened(opened) => Stored::Other(opened),
                    other => other,
                })
            }
            Effect::ListSessions => Some(Stored::Sessions(self.list())),
            routing => self.scholar.perform(routing),
        };
        told.map(Message::Stored).into_iter().collect()
    }

    /// Waits until the last entries are on the disk. What is not is said by name.
    pub(crate) fn close(&mut self) -> Result<(), String> {
        self.scholar.close();
        match self.writer.take() {
            Some(writer) => writer.close(FAREWELL).map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }

    /// The session that was written last, if there is one.
    pub(crate) fn latest(&self) -> Option<PathBuf> {
        sessions::latest(&*self.disk, &self.places.sessions).ok().flatten()
    }

    fn append(&mut self, entries: Vec<Entry>) -> Option<Stored> {
        match &self.writer {
            Some(writer) => {
                writer.append(entries);
                None
            }
            None => Some(Stored::Trouble("no file is open for this session: W saves it to one".to_owned())),
        }
    }

    /// The writer of the session that is left finishes by itself.
    fn leave_file(&mut self) {
        self.writer = None;
    }

    /// Tells the workbench what becomes of the file.
    fn teller(&self) -> impl Fn(Saving) + Send + Sync + 'static {
        let outbox = self.outbox.clone();
        move |saving| {
            let told = match saving {
                Saving::Made(path) => Stored::Created(path),
                Saving::Saved { .. } => Stored::Saved,
                Saving::Trouble(why) => Stored::Trouble(why),
            };
            // Nobody listens any more when the program ends.
            let _ = outbox.send(told);
        }
    }

    fn write_on(&mut self, claim: Claim) {
        self.leave_file();
        self.writer = Some(SessionWriter::start(claim, self.teller()));
    }

    fn save_as(&mut self, path: &Path, title: &str, entries: &[Entry]) -> Stored {
        match sessions::save_as(&self.disk, path, title, entries, now()) {
            Ok(claim) => {
                let path = claim.path().to_owned();
                self.write_on(claim);
                let _ = self.outbox.send(Stored::Said(Weight::Info, format!("saved as {}", path.display())));
                Stored::Created(path)
            }
            Err(error) => Stored::NotOpened(error.to_string()),
        }
    }

    /// Reads a session without a claim on it.
    fn look_into(&self, path: &Path) -> Stored {
        match sessions::read(&self.disk, path) {
            Ok(OpenSession { journal, warning, .. }) => {
                let file = SessionFile::ReadOnly(path.display().to_string());
                Stored::Opened(Box::new(Opened { journal, file, warning }))
            }
            Err(error) => Stored::NotOpened(error.to_string()),
        }
    }

    /// Reads a session and goes on writing it, if nobody else does.
    fn open(&mut self, path: &Path) -> Stored {
        // Our own claim on the very same file must not stand in the way.
        self.leave_file();
        match sessions::open(&self.disk, path, now()) {
            Ok(OpenSession { journal, path, warning, read_only, claim, .. }) => {
                let file = match (&read_only, claim) {
                    (None, Some(claim)) => {
                        self.write_on(claim);
                        SessionFile::At(path)
                    }
                    (why, _) => {
                        let why = why.as_deref().unwrap_or("it can not be written");
                        SessionFile::ReadOnly(format!("{} (read-only: {why})", path.display()))
                    }
                };
                Stored::Opened(Box::new(Opened { journal, file, warning }))
            }
            Err(error) => Stored::NotOpened(error.to_string()),
        }
    }

    /// The person's sessions, newest first, then the recorded ones.
    fn list(&self) -> Vec<Summary> {
        let listed = sessions::list(&*self.disk, &self.places.sessions).unwrap_or_default();
        let summary = |listed: sessions::Listed| {
            let (title, about) = match listed.title {
                Title::Of(title) => (title, ago(listed.modified)),
                Title::Bad(why) => (listed.path.display().to_string(), why),
            };
            Summary { path: listed.path, title, about, recorded: false }
        };
        listed.into_iter().map(summary).chain(recorded::list()).collect()
    }
}

/// Milliseconds since 1970, by the machine's clock.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// How long ago that was, in words.
fn ago(then: u64) -> String {
    let minutes = now().saturating_sub(then) / 60_000;
    match minutes {
        0 => "just now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        60..1440 => format!("{} h ago", minutes / 60),
        _ => format!("{} days ago", minutes / 1440),
    }
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

/// A new file with a regression case; one that is there already stays.
fn write_case(path: &Path, text: &str) -> Stored {
    let shown = path.display();
    let mut file = match std::fs::File::create_new(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Stored::Said(
                Weight::Warning,
                format!("{shown} is there already: + again and another name"),
            );
        }
        Err(error) => return Stored::Said(Weight::Error, format!("{shown}: {error}")),
    };
    match std::io::Write::write_all(&mut file, text.as_bytes()) {
        Ok(()) => Stored::Said(Weight::Info, format!("written: plantern test {shown}")),
        Err(error) => Stored::Said(Weight::Error, format!("{shown}: {error}")),
    }
}
