//! A task asked anew although its answer is known: by which edits, so that every call of it is a new one.

use super::{Status, Survey};
use crate::{
    ids::TaskId,
    plan::Edit,
    session::{Actor, Event, Journal, Session},
};
use std::collections::HashMap;

/// So many attempts are looked at for one whose calls were never made.
const MOST: usize = 1000;

impl Survey {
    /// What has these tasks asked anew: each so many attempts further as it takes to one that no branch has made and whose calls
    /// nobody has made for another task either. A task without parts is decomposed from the beginning.
    pub fn again(&self, journal: &Journal, tasks: &[TaskId]) -> Vec<Edit> {
        match tasks {
            [] => vec![],
            tasks => self.again_in(journal, &mut journal.session().clone(), tasks),
        }
    }

    /// The same in a copy of the session, where it is done at once.
    pub(super) fn again_in(&self, journal: &Journal, session: &mut Session, tasks: &[TaskId]) -> Vec<Edit> {
        let mut made: HashMap<TaskId, usize> = HashMap::new();
        for record in journal.records() {
            let Event::Edited { edits, .. } = &record.event else { continue };
            for edit in edits {
                if let Edit::Again { task } = edit {
                    *made.entry(*task).or_default() += 1;
                }
            }
        }
        let made = |task: &TaskId| made.get(task).copied().unwrap_or_default();
        tasks.iter().flat_map(|task| self.anew(journal, session, *task, made(task))).collect()
    }

    /// The same for one task that was asked anew `made` times on some branch.
    fn anew(&self, journal: &Journal, session: &mut Session, task: TaskId, made: usize) -> Vec<Edit> {
        let Some(found) = session.plan.task(task).cloned() else { return vec![] };
        let again = Edit::Again { task };
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
            && self.asks_in(journal, session, task).iter().any(|asking| known(&asking.key))
        {
            edits.push(again.clone());
            done = session.apply(&edited(vec![again.clone()])).is_ok();
        }
        edits
    }

    /// The tasks that failed or whose calls were ended, in reading order: a run that begins asks them anew. Not those of which only
    /// a part is so, and none that a person cancelled for good.
    pub fn in_the_way(&self, journal: &Journal) -> Vec<TaskId> {
        let plan = &journal.session().plan;
        let by_hand = |task: TaskId| journal.session().progress(task).cancelled;
        let passes_on = |part: &TaskId| {
            let status = self.look(*part).map(|look| &look.status);
            matches!(status, Some(Status::Cancelled | Status::Failed(_) | Status::Stuck(_)))
        };
        let tasks = self.ended().filter(|(task, _)| {
            !plan.parts(*task).iter().any(passes_on) && !by_hand(*task) && !plan.ancestors(*task).any(by_hand)
        });
        tasks.map(|(task, _)| task).collect()
    }
}
