//! `Session::apply`: the only place where a session changes.

use super::{Event, Settings};
use crate::{
    decision::Decision,
    ids::TaskId,
    plan::{Edit, Plan, PlanError},
};
use std::collections::BTreeMap;

/// What the events along one path of the log amount to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    pub title: String,
    pub settings: Option<Settings>,
    pub plan: Plan,
    progress: BTreeMap<TaskId, Progress>,
}

/// How far one task is. Whether its answer still holds is not stored: `engine::survey` compares keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// The decision and the key it was made for; an empty key is a person's choice, which stays.
    pub routed: Option<(String, Decision)>,
    pub solved: Option<Solved>,
    /// A person's answer, which stands above the computed one.
    pub pinned: Option<String>,
    /// The strategy has no more parts to propose.
    pub complete: bool,
    /// What the strategy could not read, last proposal only.
    pub warnings: Vec<String>,
}

/// An answer and the key it is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solved {
    pub key: String,
    pub answer: String,
}

impl Session {
    pub fn progress(&self, task: TaskId) -> &Progress {
        const NONE: &Progress =
            &Progress { routed: None, solved: None, pinned: None, complete: false, warnings: vec![] };
        self.progress.get(&task).unwrap_or(NONE)
    }

    /// The answer that the task has now, be it stale: a person's before a computed one.
    pub fn answer(&self, task: TaskId) -> Option<&str> {
        let progress = self.progress(task);
        progress.pinned.as_deref().or(progress.solved.as_ref().map(|solved| solved.answer.as_str()))
    }

    /// Folds one event in. An event that does not fit (a file written by other hands) is refused whole.
    pub fn apply(&mut self, event: &Event) -> Result<(), PlanError> {
        match event {
            Event::Started { title, settings } => {
                self.title.clone_from(title);
                self.settings = Some(settings.clone());
            }
            Event::Configured { settings } => self.settings = Some(settings.clone()),
            Event::Edited { edits, .. } => self.edit(edits)?,
            Event::Routed { task, key, decision } => {
                self.at(*task)?.routed = Some((key.clone(), decision.clone()));
            }
            Event::Proposed { task, edits, complete, warnings, .. } => {
                self.edit(edits)?;
                let progress = self.at(*task)?;
                progress.complete = *complete;
                progress.warnings.clone_from(warnings);
            }
            Event::Solved { task, key, answer } => {
                self.at(*task)?.solved = Some(Solved { key: key.clone(), answer: answer.clone() });
            }
            Event::Pinned { task, answer, .. } => self.at(*task)?.pinned.clone_from(answer),
            // Calls belong to the journal.
            Event::Asked { .. } | Event::Answered { .. } | Event::Failed { .. } | Event::Stopped { .. } => {}
        }
        Ok(())
    }

    /// All of the edits or none of them.
    fn edit(&mut self, edits: &[Edit]) -> Result<(), PlanError> {
        let mut plan = self.plan.clone();
        for edit in edits {
            plan.apply(edit)?;
        }
        self.plan = plan;
        self.progress.retain(|task, _| self.plan.contains(*task));
        for edit in edits {
            match edit {
                // Another expert or strategy named by hand: the router and the strategy look again.
                Edit::SetExpert { task, .. } => drop(self.at(*task)?.routed.take()),
                Edit::SetStrategy { task, .. } => self.at(*task)?.complete = false,
                _ => {}
            }
        }
        Ok(())
    }

    fn at(&mut self, task: TaskId) -> Result<&mut Progress, PlanError> {
        if !self.plan.contains(task) {
            return Err(PlanError::Unknown(task));
        }
        Ok(self.progress.entry(task).or_default())
    }
}
