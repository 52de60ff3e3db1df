//! Learning beside the screen: a version is made on a thread of its own, and so are the decisions of all sessions gathered;
//! versions are written and switched by another, in the order in which that was asked for.

use super::ledger;
use crate::{
    store::{disk::Disk, routing::RoutingFolder},
    workbench::{
        Effect, Stored, Weight,
        learning::{Job, propose},
        update::review::Gathered,
    },
};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Sender, channel},
    },
    thread::{self, JoinHandle},
};
use tokio::sync::mpsc::UnboundedSender;

/// Makes versions and puts them away.
pub(super) struct Scholar {
    disk: Arc<dyn Disk>,
    folder: RoutingFolder,
    sessions: PathBuf,
    outbox: UnboundedSender<Stored>,
    writer: Option<(Sender<Effect>, JoinHandle<()>)>,
}

impl Scholar {
    /// What comes of it is said through the outbox.
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        folder: RoutingFolder,
        sessions: PathBuf,
        outbox: UnboundedSender<Stored>,
    ) -> Scholar {
        Scholar { disk, folder, sessions, outbox, writer: None }
    }

    /// Does the effects that are about routing, and none other; what is known at once comes back.
    pub(super) fn perform(&mut self, effect: Effect) -> Option<Stored> {
        match effect {
            Effect::Learn(job) => self.learn(job),
            Effect::GatherReviews => self.gather(),
            Effect::StoreKnowledge(_) | Effect::UseKnowledge(_) => self.hand_over(effect),
            quick => ledger::perform(quick, &*self.disk, &self.folder),
        }
    }

    /// A fit that nobody waits for any more ends with the program.
    fn learn(&self, job: Box<Job>) -> Option<Stored> {
        let outbox = self.outbox.clone();
        let work = move || drop(outbox.send(Stored::Learned(Box::new(propose(&job)))));
        let started = thread::Builder::new().name("learning".to_owned()).spawn(work);
        started.err().map(|error| Stored::Said(Weight::Error, format!("no thread to learn on: {error}")))
    }

    /// The ledger is read at once, since what is said next is appended to it; the sessions take their time.
    fn gather(&self) -> Option<Stored> {
        let found = match ledger::said(&*self.disk, &self.folder) {
            Ok(found) => found,
            Err(why) => return Some(Stored::Gathered(Box::new(Gathered::failed(why)))),
        };
        let (disk, sessions, outbox) = (Arc::clone(&self.disk), self.sessions.clone(), self.outbox.clone());
        let work = move || {
            let found = Gathered { decided: ledger::of_sessions(&disk, &sessions), ..found };
            // Nobody listens any more when the program ends.
            let _ = outbox.send(Stored::Gathered(Box::new(found)));
        };
        let started = thread::Builder::new().name("gathering".to_owned()).spawn(work);
        let why = started.err().map(|error| format!("no thread to read the sessions on: {error}"));
        why.map(|why| Stored::Gathered(Box::new(Gathered::failed(why))))
    }

    fn hand_over(&mut self, effect: Effect) -> Option<Stored> {
        if self.writer.is_none() {
            let (sender, inbox) = channel::<Effect>();
            let (disk, folder) = (Arc::clone(&self.disk), self.folder.clone());
            let outbox = self.outbox.clone();
            let work = move || {
                for effect in inbox {
                    if let Some(told) = ledger::perform(effect, &*disk, &folder) {
                        let _ = outbox.send(told);
                    }
                }
            };
            match thread::Builder::new().name("versions".to_owned()).spawn(work) {
                Ok(thread) => self.writer = Some((sender, thread)),
                Err(error) => {
                    let words = format!("no thread to write versions on: {error}");
                    return Some(Stored::Said(Weight::Error, words));
                }
            }
        }
        if let Some((sender, _)) = &self.writer {
            let _ = sender.send(effect);
        }
        None
    }

    /// Waits until every version is on the disk.
    pub(super) fn close(&mut self) {
        if let Some((sender, thread)) = self.writer.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}
