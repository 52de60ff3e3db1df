//! The session files of a workbench: read, written, left for another.

use super::now;
use crate::{
    app::{recorded, scholar::Scholar},
    session::Entry,
    store::{
        disk::Disk,
        places::{Places, expand},
        sessions::{self, Claim, OpenSession, Saving, SessionWriter, Title},
    },
    workbench::{Effect, Message, SessionFile, Stored, Summary, Weight, case::CASE, state::Opened},
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::mpsc::UnboundedSender;

/// How long the last entries may take to reach the disk at the end.
const FAREWELL: Duration = Duration::from_secs(5);

/// The session files of a workbench: one that is written, others that are read.
pub(crate) struct Files {
    places: Places,
    disk: Arc<dyn Disk>,
    writer: Option<SessionWriter>,
    /// The right to write the session that was read last; [`Effect::TakeUp`] makes a writer of it.
    read: Option<Claim>,
    /// What the writer's session is to the desk.
    standing: Arc<Mutex<Standing>>,
    outbox: UnboundedSender<Stored>,
    scholar: Scholar,
}

/// What a session that is written is to the desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Standing {
    #[default]
    AtHand,
    /// Another one was taken up.
    Left,
    /// All of it is in another file by now.
    Moved,
}

impl Files {
    /// What the writer says later comes through the outbox.
    pub(crate) fn new(places: Places, disk: Arc<dyn Disk>, outbox: UnboundedSender<Stored>) -> Files {
        let (routing, sessions) = (places.routing(), places.sessions.clone());
        let scholar = Scholar::new(Arc::clone(&disk), routing, sessions, outbox.clone());
        Files { places, disk, writer: None, read: None, standing: Arc::default(), outbox, scholar }
    }

    /// Does the effects that are about files, and none other.
    pub(crate) fn perform(&mut self, effect: Effect) -> Vec<Message> {
        let told = match effect {
            Effect::Create { title, entries } => {
                let (disk, folder) = (Arc::clone(&self.disk), self.places.sessions.clone());
                let teller = self.leave_file(Standing::Left);
                self.writer = Some(SessionWriter::create(disk, folder, title, entries, now(), teller));
                None
            }
            Effect::TakeUp => {
                let teller = self.leave_file(Standing::Left);
                self.writer = self.read.take().map(|claim| SessionWriter::start(claim, teller));
                None
            }
            Effect::Append { entries } => self.append(entries),
            Effect::SaveAs { path, title, entries } => Some(self.save_as(&expand(&path), &title, &entries)),
            Effect::WriteCase { path, text } => Some(write_case(&expand(&path), &text)),
            Effect::FreeCase(path) => free_case(path),
            Effect::Open(path) => Some(self.open(&expand(&path))),
            Effect::Look(path) => {
                self.read = None;
                Some(self.look_into(&expand(&path)))
            }
            Effect::OpenListed(path) => Some(match recorded::named(&path) {
                Some(example) => {
                    self.read = None;
                    example
                }
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
            None => {
                let why = "no file is open for this session: W saves it to one".to_owned();
                Some(Stored::Trouble { why, again: false })
            }
        }
    }

    /// The writer of the session that is left finishes by itself, and is heard only if it can not. Gives the voice of the
    /// next one, which tells the workbench what becomes of the file.
    fn leave_file(&mut self, how: Standing) -> impl Fn(Saving) + Send + Sync + 'static {
        let standing = Arc::<Mutex<Standing>>::default();
        let left = std::mem::replace(&mut self.standing, Arc::clone(&standing));
        *left.lock().unwrap_or_else(PoisonError::into_inner) = how;
        self.writer = None;
        let outbox = self.outbox.clone();
        move |saving| {
            let standing = standing.lock().unwrap_or_else(PoisonError::into_inner);
            let told = match (*standing, saving) {
                (Standing::AtHand, Saving::Made(path)) => Stored::Created(path),
                (Standing::AtHand, Saving::Saved { .. }) => Stored::Saved,
                (Standing::AtHand, Saving::Trouble { why, again }) => Stored::Trouble { why, again },
                (Standing::Left, Saving::Trouble { why, .. }) => {
                    let words = format!("the session that you left is not saved whole: {why}");
                    Stored::Said(Weight::Error, words)
                }
                _ => return,
            };
            // Nobody listens any more when the program ends.
            let _ = outbox.send(told);
        }
    }

    fn save_as(&mut self, path: &Path, title: &str, entries: &[Entry]) -> Stored {
        match sessions::save_as(&self.disk, path, title, entries, now()) {
            Ok(claim) => {
                let path = claim.path().to_owned();
                let said = match claim.replaced() {
                    None => Stored::Said(Weight::Info, format!("saved as {}", path.display())),
                    Some(kept) => {
                        // Short enough for a line of 80 columns: both are in one folder.
                        let kept = kept.file_name().unwrap_or_default().display();
                        let words = format!("saved; the old one stays as {kept} beside it");
                        Stored::Said(Weight::Warning, words)
                    }
                };
                let teller = self.leave_file(Standing::Moved);
                self.writer = Some(SessionWriter::start(claim, teller));
                let _ = self.outbox.send(said);
                Stored::Created(path)
            }
            Err(error) => Stored::NotOpened(error.to_string()),
        }
    }

    /// Reads a session without a claim on it.
    fn look_into(&self, path: &Path) -> Stored {
        match sessions::read(&self.disk, path) {
            Ok(OpenSession { journal, warning, .. }) => {
                let file = SessionFile::ReadOnly { file: path.display().to_string(), why: String::new() };
                Stored::Opened(Box::new(Opened { journal, file, warning }))
            }
            Err(error) => Stored::NotOpened(error.to_string()),
        }
    }

    /// Reads a session, to go on writing it if nobody else does. The one at hand stays until that is taken up.
    fn open(&mut self, path: &Path) -> Stored {
        match sessions::open(&self.disk, path, now()) {
            Ok(OpenSession { path, ours: true, .. }) => {
                let words = format!("nothing was read anew: open here already is {}", path.display());
                Stored::Said(Weight::Info, words)
            }
            Ok(OpenSession { journal, path, warning, read_only, claim, .. }) => {
                let file = match (read_only, claim) {
                    (None, Some(claim)) => {
                        self.read = Some(claim);
                        SessionFile::At(path)
                    }
                    (why, _) => {
                        self.read = None;
                        let why = why.unwrap_or_default();
                        SessionFile::ReadOnly { file: path.display().to_string(), why }
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
                Title::Of(title) => {
                    let events = match listed.entries {
                        None => String::new(),
                        Some(1) => "1 event, ".to_owned(),
                        Some(n) => format!("{n} events, "),
                    };
                    (title, events + &ago(listed.modified))
                }
                Title::Bad(why) => (listed.path.display().to_string(), why),
            };
            Summary { path: listed.path, title, about, recorded: false }
        };
        listed.into_iter().map(summary).chain(recorded::list()).collect()
    }
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

/// A name beside a proposed one that a file has already: `a-2.case.toml` for `a.case.toml`.
fn free_case(proposed: String) -> Option<Stored> {
    let taken = |path: &str| expand(path).symlink_metadata().is_ok();
    let stem = proposed.strip_suffix(CASE).filter(|_| taken(&proposed))?;
    let free = (2..1000).map(|number| format!("{stem}-{number}{CASE}")).find(|path| !taken(path))?;
    Some(Stored::CaseTaken { proposed, free })
}

/// A new file with a regression case; one that is there already stays.
fn write_case(path: &Path, text: &str) -> Stored {
    let shown = path.display();
    let mut file = match std::fs::File::create_new(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Stored::NotOpened(format!(
                "there is a file of that name already: type another one than {shown}"
            ));
        }
        Err(error) => return Stored::NotOpened(format!("{error}: {shown}")),
    };
    match std::io::Write::write_all(&mut file, text.as_bytes()) {
        Ok(()) => Stored::Said(Weight::Info, format!("written: plantern test {shown}")),
        Err(error) => Stored::Said(Weight::Error, format!("{shown}: {error}")),
    }
}

#[cfg(test)]
mod tests;
