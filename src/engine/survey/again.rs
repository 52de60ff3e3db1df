//! A task asked anew although its answer is known: by which edits, so that every call of it is a new one.

use super::{Status, Survey};
use crate::{
    engine::{Bound, next_move},
    ids::TaskId,
    plan::Edit,
    session::{Actor, Event, Journal},
};

/// So many attempts are looked at for one whose calls were never made.
const MOST: usize = 1000;

impl Survey {
    /// What has the task asked anew: as many attempts further as it takes to one that no branch has made and whose calls nobody
    /// has made for another task either. A task without parts is decomposed from the beginning.
    pub fn again(&self, journal: &Journal, task: TaskId) -> Vec<Edit> {
        let mut session = journal.session().clone();
        let Some(found) = session.plan.task(task).cloned() else { return vec![] };
        let again = Edit::Again { task };
        let made = journal.records().iter().flat_map(|record| match &record.event {
            Event::Edited { edits, .. } => &edits[..],
            _ => &[],
        });
        let made = made.filter(|edit| **edit == again).count();
        let mut edits = vec![again.clone(); 1 + made.saturating_sub(found.attempt as usize)];
        if session.plan.parts(task).is_empty() && session.progress(task).complete {
            let strategy = found.draft.strategy;
            edits.insert(0, Edit::SetStrategy { task, strategy });
        }
        let edited = |edits: Vec<Edit>| Event::Edited { by: Actor::Person, edits, reason: None };
        let mut done = session.apply(&edited(edits.clone())).is_ok();
        let known = |key: &str| journal.call_for(key).is_some();
        while done
            && edits.len() < MOST
            && self.asks_in(journal, &session, task).iter().any(|asking| known(&asking.key))
        {
            edits.push(again.clone());
            done = session.apply(&edited(vec![again.clone()])).is_ok();
        }
        edits
    }

    /// The cancelled or failed task that stands in the way of everything else: a run that begins asks it anew.
    pub fn in_the_way(&self, journal: &Journal) -> Option<TaskId> {
        let Err(Bound::Stuck(task, _)) = next_move(journal, self) else { return None };
        let failed = matches!(self.look(task)?.status, Status::Cancelled | Status::Failed(_));
        (failed && !journal.session().progress(task).cancelled).then_some(task)
    }
}
