//! The journal: a tree of records that only grows, and a pointer into it.
//!
//! Undo and redo move the pointer and are written down too, so a replay repeats the afternoon with its detours. A record
//! after an undo grows a branch; the old one stays. Live work and files come in by the same door, [`Journal::load`].

mod calls;
mod walk;

pub use calls::{Call, Outcome};

use super::{Aside, Debugging, Event, Session};
use crate::{
    ids::{CallId, Seq, TaskId},
    plan::PlanError,
};
use calls::Calls;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line of a session file after the header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Entry {
    /// Grows the tree below the record `after`.
    Record(Box<Record>),
    /// Something beside the history: breakpoints and what they met.
    Aside { aside: Aside, at: u64 },
    /// Walks the pointer: undo, redo, time travel. It comes last here, because it wants so little that it would take any.
    Move { to: Option<Seq>, at: u64 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub seq: Seq,
    pub after: Option<Seq>,
    /// Records of one turn are undone together: one press of a key, one step of a run.
    pub turn: u32,
    /// Milliseconds since 1970, from the shell's clock.
    pub at: u64,
    pub event: Event,
}

/// Why an entry does not fit into the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    #[error("entry {found} where {expected} was expected: lines are missing or stand twice")]
    OutOfOrder { expected: Seq, found: Seq },
    #[error("entry points at {0}, which does not exist")]
    Nowhere(Seq),
    #[error("the event does not fit the plan: {0}")]
    Plan(#[from] PlanError),
    #[error("an answer to call {0}, which was never asked or has been answered")]
    Stray(CallId),
}

#[derive(Clone, Debug, Default)]
pub struct Journal {
    records: Vec<Record>,
    /// Moves and asides, each with the number of records there were before it.
    others: Vec<(usize, Entry)>,
    debugging: Debugging,
    head: Option<Seq>,
    /// The newest record below the beginning and below each record: where redo goes.
    newest: Vec<Option<Seq>>,
    calls: Calls,
    session: Session,
    /// The state every so many edits, so that a move folds a few events and not the whole afternoon. They share what they
    /// have in common.
    states: BTreeMap<Seq, Session>,
    /// Edits and events since the last kept state.
    since_kept: usize,
    turn: u32,
    next_task: u32,
}

/// Edits and events between two kept states.
const KEPT: usize = 256;

impl Journal {
    /// The state at the pointer.
    pub fn session(&self) -> &Session {
        &self.session
    }

    pub fn head(&self) -> Option<Seq> {
        self.head
    }

    /// All records of all branches, oldest first.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Breakpoints, watches and hits.
    pub fn debugging(&self) -> &Debugging {
        &self.debugging
    }

    /// Number of entries: records, moves and asides.
    pub fn len(&self) -> usize {
        self.records.len() + self.others.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything that was ever written, in order: what a file of this session holds.
    pub fn entries(&self) -> Vec<Entry> {
        let mut others = self.others.iter().peekable();
        let mut entries = Vec::with_capacity(self.len());
        for at in 0..=self.records.len() {
            while let Some((_, entry)) = others.next_if(|(before, _)| *before == at) {
                entries.push(entry.clone());
            }
            entries.extend(self.records.get(at).cloned().map(|record| Entry::Record(Box::new(record))));
        }
        entries
    }

    /// The record below the pointer that was visited last: one step forward in time.
    pub fn next(&self) -> Option<Seq> {
        self.newest(self.head)
    }

    /// The record below that one, or the first, that was visited last.
    pub fn newest(&self, at: Option<Seq>) -> Option<Seq> {
        *self.newest.get(at.map_or(0, |seq| seq.0 as usize + 1))?
    }

    fn set_newest(&mut self, at: Option<Seq>, below: Seq) {
        let at = at.map_or(0, |seq| seq.0 as usize + 1);
        if self.newest.len() <= at {
            self.newest.resize(at + 1, None);
        }
        self.newest[at] = Some(below);
    }

    /// An id that no task of any branch has.
    pub fn fresh_task(&self) -> TaskId {
        TaskId(self.next_task)
    }

    /// Is the event about the task? An explanation is about what the change was that it explains.
    pub fn concerns(&self, event: &Event, task: TaskId) -> bool {
        match event {
            Event::Started { .. }
            | Event::Configured { .. }
            | Event::Estimated { .. }
            | Event::Labelled { .. } => false,
            Event::Explained { change, .. } => {
                let record = self.records.get(change.0 as usize);
                record.is_some_and(|record| self.concerns(&record.event, task))
            }
            Event::Edited { edits, .. } => edits.iter().any(|edit| edit.task() == task),
            Event::Proposed { task: about, edits, .. } => {
                *about == task || edits.iter().any(|edit| edit.task() == task)
            }
            Event::Routed { task: about, .. }
            | Event::Asked { task: about, .. }
            | Event::Solved { task: about, .. }
            | Event::Judged { task: about, .. }
            | Event::Amended { task: about, .. }
            | Event::Cancelled { task: about, .. }
            | Event::Pinned { task: about, .. } => *about == task,
            Event::Answered { call, .. } | Event::Failed { call, .. } | Event::Stopped { call, .. } => {
                self.call(*call).is_some_and(|call| call.task == task)
            }
        }
    }

    /// Opens a new turn: what is recorded from here on is undone by itself.
    pub fn open_turn(&mut self) {
        self.turn += 1;
    }

    /// Writes down what happened. Refused when it does not fit; then nothing has changed.
    pub fn record(&mut self, event: Event, at: u64) -> Result<Entry, JournalError> {
        let seq = Seq(self.records.len() as u32);
        let record = Record { seq, after: self.head, turn: self.turn, at, event };
        let entry = Entry::Record(Box::new(record));
        self.load(&entry)?;
        Ok(entry)
    }

    /// Writes down what stands beside the history.
    pub fn note(&mut self, aside: Aside, at: u64) -> Entry {
        self.debugging.apply(&aside);
        let entry = Entry::Aside { aside, at };
        self.others.push((self.records.len(), entry.clone()));
        entry
    }

    /// Walks the pointer.
    pub fn go(&mut self, to: Option<Seq>, at: u64) -> Result<Entry, JournalError> {
        let entry = Entry::Move { to, at };
        self.load(&entry)?;
        Ok(entry)
    }

    /// The only way in: live work and replay from disk share it.
    pub fn load(&mut self, entry: &Entry) -> Result<(), JournalError> {
        match entry {
            Entry::Record(record) => self.grow(record),
            Entry::Aside { aside, at } => {
                self.note(aside.clone(), *at);
                Ok(())
            }
            Entry::Move { to, .. } => {
                self.session = self.session_at(*to)?;
                self.head = *to;
                // Redo follows the branch that was last visited.
                let mut walk = *to;
                while let Some((after, seq)) = walk
                    .and_then(|seq| self.records.get(seq.0 as usize))
                    .map(|record| (record.after, record.seq))
                {
                    self.set_newest(after, seq);
                    walk = after;
                }
                self.others.push((self.records.len(), entry.clone()));
                Ok(())
            }
        }
    }

    fn grow(&mut self, record: &Record) -> Result<(), JournalError> {
        let expected = Seq(self.records.len() as u32);
        if record.seq != expected {
            return Err(JournalError::OutOfOrder { expected, found: record.seq });
        }
        if let Some(after) = record.after
            && after >= expected
        {
            return Err(JournalError::Nowhere(after));
        }
        let mut base = if record.after == self.head { None } else { Some(self.session_at(record.after)?) };
        let session = base.as_mut().unwrap_or(&mut self.session);
        session.apply(&record.event)?;
        self.calls.note(&record.event, record.at)?;
        self.session = base.unwrap_or_else(|| std::mem::take(&mut self.session));
        if let Event::Edited { edits, .. } | Event::Proposed { edits, .. } = &record.event {
            let last = edits.iter().map(|edit| edit.task().0).max().unwrap_or(0);
            self.next_task = self.next_task.max(last.saturating_add(1));
        }
        self.turn = self.turn.max(record.turn);
        self.set_newest(record.after, record.seq);
        self.head = Some(record.seq);
        self.records.push(record.clone());
        self.since_kept += match &record.event {
            Event::Edited { edits, .. } | Event::Proposed { edits, .. } => 1 + edits.len(),
            _ => 1,
        };
        if KEPT <= self.since_kept {
            self.since_kept = 0;
            self.states.insert(record.seq, self.session.clone());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
