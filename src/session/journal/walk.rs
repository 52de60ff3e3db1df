//! Where the pointer can go, and what is there: the ends of turns, the way to a record, the state at it.

use super::{Journal, JournalError, Record};
use crate::{
    ids::Seq,
    session::{Event, Session},
};

impl Journal {
    /// Where the pointer goes when the last turn is taken back; `None` when there is nothing to take back.
    ///
    /// The first turn, which starts the session and names its goal, stays.
    pub fn undo_target(&self) -> Option<Option<Seq>> {
        let turn = self.records.get(self.head?.0 as usize)?.turn;
        let mut at = self.head;
        while let Some(record) = at.and_then(|seq| self.records.get(seq.0 as usize)) {
            if record.turn != turn {
                return Some(at);
            }
            at = record.after;
        }
        None
    }

    /// Where the pointer goes when the last undo is taken back: to the end of the newest turn below.
    pub fn redo_target(&self) -> Option<Option<Seq>> {
        let first = self.next()?;
        let turn = self.records.get(first.0 as usize)?.turn;
        let mut at = first;
        while let Some(next) = self.newest(Some(at)) {
            if self.records.get(next.0 as usize)?.turn != turn {
                break;
            }
            at = next;
        }
        Some(Some(at))
    }

    /// Where the event stands already on the way ahead: what follows by itself and was taken back is walked again, it is no
    /// branch of its own.
    pub fn ahead(&self, event: &Event) -> Option<Seq> {
        self.upcoming().filter(|there| alike(&there.event, event)).map(|there| there.seq)
    }

    /// What comes next on the way ahead. Calls belong to the log and are passed over.
    pub fn upcoming(&self) -> Option<&Record> {
        let mut at = self.head;
        loop {
            let there = self.records.get(self.newest(at)?.0 as usize)?;
            match there.event {
                Event::Asked { .. }
                | Event::Answered { .. }
                | Event::Failed { .. }
                | Event::Stopped { .. } => at = Some(there.seq),
                _ => return Some(there),
            }
        }
    }

    /// The state at any record: the fold along the path from the root, or from the nearest kept state on it. `None` is
    /// before the first event.
    pub fn session_at(&self, at: Option<Seq>) -> Result<Session, JournalError> {
        let mut path = vec![];
        let mut walk = at;
        let mut session = Session::default();
        while let Some(seq) = walk {
            if let Some(kept) = self.states.get(&seq) {
                session = kept.clone();
                break;
            }
            let record = self.records.get(seq.0 as usize).ok_or(JournalError::Nowhere(seq))?;
            path.push(record);
            walk = record.after;
        }
        for record in path.into_iter().rev() {
            // Every record was taken in on this very path when it came.
            session.reapply(&record.event)?;
        }
        Ok(session)
    }

    /// The records that lead to `at`, oldest first.
    pub fn path(&self, at: Option<Seq>) -> Result<Vec<&Record>, JournalError> {
        let mut path = vec![];
        let mut at = at;
        while let Some(seq) = at {
            let record = self.records.get(seq.0 as usize).ok_or(JournalError::Nowhere(seq))?;
            path.push(record);
            at = record.after;
        }
        path.reverse();
        Ok(path)
    }
}

/// Do both say the same of a task that follows by itself? Parts that are proposed get new ids whenever they are.
fn alike(one: &Event, other: &Event) -> bool {
    match (one, other) {
        (Event::Routed { .. }, Event::Routed { .. }) | (Event::Solved { .. }, Event::Solved { .. }) => {
            one == other
        }
        (
            Event::Proposed { task, strategy, key, edits, complete, .. },
            Event::Proposed {
                task: task2,
                strategy: strategy2,
                key: key2,
                edits: edits2,
                complete: complete2,
                ..
            },
        ) => {
            (task, strategy, key, complete) == (task2, strategy2, key2, complete2)
                && edits.len() == edits2.len()
        }
        _ => false,
    }
}
