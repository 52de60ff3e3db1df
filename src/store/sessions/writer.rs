//! The thread that owns a session file: takes entries, writes them, syncs, says so.
//!
//! Nothing is lost while the disk fails: the lines wait in memory and are tried again with the next entries, on request,
//! and every few seconds.

use super::{
    claim::Claim,
    create::{Blank, push_line},
};
use crate::{
    session::Entry,
    store::{StoreError, disk::Disk},
};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::JoinHandle,
    time::Duration,
};

/// How long a failing disk is left alone.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the writer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saving {
    /// The session has a file now: this one.
    Made(PathBuf),
    /// Everything taken so far is on disk: so many entries since the writer began.
    Saved { entries: u64 },
    /// It is not; why, what to do, where. The entries are kept; `again` says that they are tried again by themselves.
    Trouble { why: String, again: bool },
}

/// A writer at work. Dropped, it writes what it has and ends by itself.
pub struct SessionWriter {
    orders: Sender<Order>,
    ended: Receiver<Result<(), StoreError>>,
    thread: Option<JoinHandle<()>>,
    say: Say,
}

type Say = Arc<dyn Fn(Saving) + Send + Sync>;

enum Order {
    Append(Vec<Entry>),
    Retry,
    Close,
}

impl SessionWriter {
    /// Goes on with a file that was opened or made.
    pub fn start(claim: Claim, say: impl Fn(Saving) + Send + Sync + 'static) -> SessionWriter {
        SessionWriter::run(Place::At(claim), vec![], Arc::new(say), PATIENCE)
    }

    /// Makes a new file in the folder; as long as that fails the entries wait like any others.
    pub fn create(
        disk: Arc<dyn Disk>,
        folder: PathBuf,
        title: String,
        entries: Vec<Entry>,
        now: u64,
        say: impl Fn(Saving) + Send + Sync + 'static,
    ) -> SessionWriter {
        SessionWriter::run(Place::Planned { disk, folder, title, now }, entries, Arc::new(say), PATIENCE)
    }

    /// Hands entries over; [`Saving::Saved`] follows when they are safe.
    pub fn append(&self, entries: Vec<Entry>) {
        self.order(Order::Append(entries));
    }

    /// Tries again at once to write what could not be written.
    pub fn retry(&self) {
        self.order(Order::Retry);
    }

    /// Writes what is left and ends, or gives up after `wait` and says what is not on disk.
    pub fn close(mut self, wait: Duration) -> Result<(), StoreError> {
        if self.orders.send(Order::Close).is_err() {
            return Err(StoreError::Unanswered("the thread that writes the session has stopped"));
        }
        match self.ended.recv_timeout(wait) {
            Ok(ended) => {
                drop(self.thread.take().map(JoinHandle::join));
                ended
            }
            Err(_) => Err(StoreError::Unanswered("the disk did not answer in time")),
        }
    }

    fn order(&self, order: Order) {
        if self.orders.send(order).is_err() {
            let words = "the thread that writes the session has stopped; save it under another name";
            (self.say)(Saving::Trouble { why: words.to_owned(), again: false });
        }
    }

    fn run(place: Place, entries: Vec<Entry>, say: Say, patience: Duration) -> SessionWriter {
        let (orders, taken) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let mut desk = Desk { place, pending: vec![], waiting: 0, saved: 0, broken: None, said: None };
        let tell = Arc::clone(&say);
        let work = move || {
            let first = !entries.is_empty();
            desk.take(entries);
            if first {
                desk.work(&*tell, true);
            }
            desk.serve(&taken, &*tell, patience);
            drop(end.send(desk.left()));
        };
        let thread = std::thread::Builder::new().name("session writer".to_owned()).spawn(work);
        if let Err(error) = &thread {
            let why = format!("no thread could be started to write the session: {error}");
            say(Saving::Trouble { why, again: false });
        }
        SessionWriter { orders, ended, thread: thread.ok(), say }
    }
}

/// What the thread has before it.
struct Desk {
    place: Place,
    /// Lines that are not on disk.
    pending: Vec<u8>,
    /// How many.
    waiting: u64,
    saved: u64,
    /// An entry that can not be written; nothing behind it can be either.
    broken: Option<StoreError>,
    /// The trouble that was said last; `None` while all is well.
    said: Option<String>,
}

enum Place {
    /// No name yet.
    Planned {
        disk: Arc<dyn Disk>,
        folder: PathBuf,
        title: String,
        now: u64,
    },
    /// A name and nothing on disk.
    Blank(Blank),
    At(Claim),
    /// Between two places; never seen outside `Desk::make`.
    Moving,
}

impl Desk {
    fn serve(&mut self, orders: &Receiver<Order>, say: &dyn Fn(Saving), patience: Duration) {
        let mut open = true;
        while open {
            let first = match &self.said {
                None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(_) => orders.recv_timeout(patience),
            };
            let asked = !matches!(first, Err(RecvTimeoutError::Timeout));
            open = !matches!(first, Err(RecvTimeoutError::Disconnected));
            // One sync serves all that waits.
            for order in first.into_iter().chain(orders.try_iter()) {
                match order {
                    Order::Append(entries) => self.take(entries),
                    Order::Retry => {}
                    Order::Close => open = false,
                }
            }
            self.work(say, asked);
        }
    }

    fn take(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            if self.broken.is_none() {
                self.broken = push_line(&mut self.pending, &entry, self.saved + self.waiting).err();
            }
            self.waiting += 1;
        }
    }

    /// Writes what waits, and says what came of it; the same trouble twice only when `asked`.
    fn work(&mut self, say: &dyn Fn(Saving), asked: bool) {
        match self.write(say) {
            Ok(()) => {
                self.said = None;
                say(Saving::Saved { entries: self.saved });
            }
            Err(error) => {
                let why = error.to_string();
                if asked || self.said.as_ref() != Some(&why) {
                    say(Saving::Trouble { why: why.clone(), again: error.may_pass() });
                }
                self.said = Some(why);
            }
        }
    }

    fn write(&mut self, say: &dyn Fn(Saving)) -> Result<(), StoreError> {
        let lines = self.pending.iter().filter(|byte| **byte == b'\n').count() as u64;
        match &mut self.place {
            Place::At(_) if lines == 0 => {}
            Place::At(claim) => claim.append(&self.pending)?,
            _ => self.make(say)?,
        }
        self.pending.clear();
        self.saved += lines;
        self.waiting -= lines;
        self.broken.clone().map_or(Ok(()), Err)
    }

    fn make(&mut self, say: &dyn Fn(Saving)) -> Result<(), StoreError> {
        if let Place::Planned { disk, folder, title, now } = &self.place {
            self.place = Place::Blank(Blank::new(disk, folder, title, *now)?);
        }
        if let Place::Blank(blank) = &self.place {
            blank.write(&self.pending)?;
        }
        if let Place::Blank(blank) = std::mem::replace(&mut self.place, Place::Moving) {
            let claim = blank.written(&self.pending);
            say(Saving::Made(claim.path().to_owned()));
            self.place = Place::At(claim);
        }
        Ok(())
    }

    fn left(&self) -> Result<(), StoreError> {
        match (self.waiting, &self.said) {
            (0, _) => Ok(()),
            (entries, why) => Err(StoreError::Unsaved { entries, why: why.clone().unwrap_or_default() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        disk::simulated::{Fault, SimulatedDisk},
        sessions::{create, read},
    };
    use std::{io::ErrorKind, path::Path};

    const LONG: Duration = Duration::from_secs(10);

    #[test]
    fn a_disk_that_recovers_is_found_without_being_asked() {
        let disk = SimulatedDisk::default();
        disk.fail(0, 40, Fault::Error(ErrorKind::StorageFull));
        let shared: Arc<dyn Disk> = Arc::new(disk);
        let place = Place::Planned { disk: shared.clone(), folder: "/s".into(), title: "x".into(), now: 0 };
        let (say, said) = mpsc::channel();
        let say = Arc::new(move |saving| drop(say.send(saving)));
        let writer =
            SessionWriter::run(place, vec![Entry::Move { to: None, at: 0 }], say, Duration::from_millis(1));
        let said: Vec<Saving> = std::iter::from_fn(|| said.recv_timeout(LONG).ok()).take(3).collect();
        let trouble = |told: &Saving| matches!(told, Saving::Trouble { why, again: true } if why.contains("free some space"));
        assert!(trouble(&said[0]), "{said:?}");
        let path = Path::new("/s/1970-01-01-x.jsonl");
        let expected = [Saving::Made(path.to_owned()), Saving::Saved { entries: 1 }];
        assert_eq!(said[1..], expected, "one trouble is said once, however often it is met");
        writer.close(LONG).unwrap();
        assert_eq!(read(&shared, path).unwrap().journal.len(), 1);
    }

    #[test]
    fn a_disk_that_hangs_holds_nobody_up() {
        let disk = SimulatedDisk::default();
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let writer = SessionWriter::start(create(&shared, Path::new("/s"), "x", &[], 0).unwrap(), |_| {});
        let frozen = disk.freeze();
        writer.append(vec![Entry::Move { to: None, at: 0 }]);
        let said = writer.close(Duration::from_millis(5));
        assert_eq!(said, Err(StoreError::Unanswered("the disk did not answer in time")));
        drop(frozen);
    }
}
