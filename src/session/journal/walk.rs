//! Where the pointer can go, and what is there: the ends of turns, the way to a record, the state at it.

use super::{Journal, JournalError, Record};
use crate::{ids::Seq, session::Session};

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
