//! `Session::apply`: the only place where a session changes.

use super::{Amended, Event, Purpose, Settings};
use crate::{
    decision::{Decision, Ruling},
    ids::TaskId,
    plan::{Edit, Plan, PlanError},
};
use imbl::{OrdMap, ordmap::DiffItem};
use std::sync::Arc;

/// What the events along one path of the log amount to. A copy shares what it holds, so old states are kept whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    pub title: String,
    pub settings: Option<Settings>,
    pub plan: Plan,
    progress: OrdMap<TaskId, Arc<Progress>>,
    /// Name and note of the branch, if it was given any.
    pub label: Option<(String, String)>,
}

/// How far one task is. Whether its answer still holds is not stored: `engine::survey` compares keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// The decision and the key it was made for; an empty key is a person's choice, which stays.
    pub routed: Option<(String, Decision)>,
    pub solved: Option<Solved>,
    /// A person's answer, which stands above the computed one.
    pub pinned: Option<String>,
    /// What a person said of an answer.
    pub judged: Option<Judged>,
    /// Calls that a person changed, in the order of changing.
    pub amended: Vec<Amended>,
    /// Keys of the calls that proposals were read from, oldest first.
    pub read: Vec<String>,
    /// A person cancelled it with all below it.
    pub cancelled: bool,
    /// The strategy has no more parts to propose.
    pub complete: bool,
    /// What the strategy could not read, last proposal only.
    pub warnings: Vec<String>,
}

/// A person's verdict on one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// It is about this answer and no other one.
    pub answer: String,
    pub ruling: Ruling,
    pub reason: Option<String>,
}

/// An answer and the key it is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solved {
    pub key: String,
    pub answer: String,
}

impl Session {
    pub fn progress(&self, task: TaskId) -> &Progress {
        const NONE: &Progress = &Progress {
            routed: None,
            solved: None,
            pinned: None,
            judged: None,
            amended: vec![],
            read: vec![],
            cancelled: false,
            complete: false,
            warnings: vec![],
        };
        self.progress.get(&task).map_or(NONE, |progress| progress)
    }

    /// The tasks whose progress is not the same in a newer state, by id.
    pub fn advanced<'a>(&'a self, newer: &'a Session) -> impl Iterator<Item = TaskId> + 'a {
        self.progress.diff(&newer.progress).map(|item| match item {
            DiffItem::Add(task, _) | DiffItem::Remove(task, _) | DiffItem::Update { old: (task, _), .. } => {
                *task
            }
        })
    }

    /// What a person said of the answer that the task has now.
    pub fn judged(&self, task: TaskId) -> Option<&Judged> {
        let answer = self.answer(task)?;
        self.progress(task).judged.as_ref().filter(|judged| judged.answer == answer)
    }

    /// The answer that the task has now, be it stale: a person's before a computed one.
    pub fn answer(&self, task: TaskId) -> Option<&str> {
        let progress = self.progress(task);
        progress.pinned.as_deref().or(progress.solved.as_ref().map(|solved| solved.answer.as_str()))
    }

    /// Folds one event in. An event that does not fit (a file written by other hands) is refused whole.
    pub fn apply(&mut self, event: &Event) -> Result<(), PlanError> {
        self.fold(event, true)
    }

    /// Folds an event in again that this very state took before: it is not doubted.
    pub(super) fn reapply(&mut self, event: &Event) -> Result<(), PlanError> {
        self.fold(event, false)
    }

    fn fold(&mut self, event: &Event, check: bool) -> Result<(), PlanError> {
        match event {
            Event::Started { title, settings } => {
                self.title.clone_from(title);
                self.settings = Some(settings.clone());
            }
            Event::Configured { settings } => self.settings = Some(settings.clone()),
            Event::Edited { edits, .. } => self.edit(edits, check)?,
            Event::Routed { task, key, decision } => {
                let key = self.route_key_today(*task, key);
                self.at(*task)?.routed = Some((key, decision.clone()));
            }
            Event::Proposed { task, key, edits, complete, warnings, .. } => {
                self.at(*task)?;
                self.edit(edits, check)?;
                let progress = self.at(*task)?;
                for amended in progress.amended.iter_mut().filter(|one| one.purpose == Purpose::Propose) {
                    amended.read = true;
                }
                progress.read.extend(Some(key).filter(|key| !key.is_empty()).cloned());
                progress.complete = *complete;
                progress.warnings.clone_from(warnings);
            }
            Event::Solved { task, key, answer } => {
                self.at(*task)?.solved = Some(Solved { key: key.clone(), answer: answer.clone() });
            }
            Event::Pinned { task, answer, .. } => self.at(*task)?.pinned.clone_from(answer),
            Event::Judged { task, answer, ruling, reason } => {
                let judged = |ruling| Judged { answer: answer.clone(), ruling, reason: reason.clone() };
                self.at(*task)?.judged = ruling.map(judged);
            }
            Event::Amended { task, purpose, key, amendment } => {
                let all = &mut self.at(*task)?.amended;
                all.retain(|one| (one.purpose, &one.key) != (*purpose, key));
                if !amendment.is_empty() {
                    let (purpose, key, amendment) = (*purpose, key.clone(), amendment.clone());
                    all.push(Amended { purpose, key, amendment, read: false });
                }
            }
            Event::Cancelled { task, on } => self.at(*task)?.cancelled = *on,
            Event::Labelled { name, note, .. } => self.label = Some((name.clone(), note.clone())),
            // Calls belong to the journal.
            Event::Explained { .. }
            | Event::Estimated { .. }
            | Event::Asked { .. }
            | Event::Answered { .. }
            | Event::Failed { .. }
            | Event::Stopped { .. } => {}
        }
        Ok(())
    }

    /// All of the edits or none of them.
    fn edit(&mut self, edits: &[Edit], check: bool) -> Result<(), PlanError> {
        let before = (1 < edits.len()).then(|| (self.plan.clone(), self.progress.clone()));
        for edit in edits {
            if let Err(error) = self.edit_one(edit, check) {
                if let Some(before) = before {
                    (self.plan, self.progress) = before;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Does one edit, or refuses it and stays as it was.
    fn edit_one(&mut self, edit: &Edit, check: bool) -> Result<(), PlanError> {
        let gone = match edit {
            Edit::Remove { task } => self.plan.subtree(*task),
            _ => vec![],
        };
        if check {
            self.plan.apply(edit)?
        } else {
            self.plan.reapply(edit)?
        };
        for task in gone {
            self.progress.remove(&task);
        }
        match edit {
            // Another expert or strategy named by hand: the router and the strategy look again.
            Edit::SetExpert { task, .. } if self.progress.contains_key(task) => {
                self.at(*task)?.routed = None;
            }
            Edit::SetStrategy { task, .. } if self.progress.contains_key(task) => {
                self.at(*task)?.complete = false;
            }
            _ => {}
        }
        Ok(())
    }

    fn at(&mut self, task: TaskId) -> Result<&mut Progress, PlanError> {
        if !self.plan.contains(task) {
            return Err(PlanError::Unknown(task));
        }
        if !self.progress.contains_key(&task) {
            self.progress.insert(task, Arc::default());
        }
        self.progress.get_mut(&task).map(Arc::make_mut).ok_or(PlanError::Unknown(task))
    }
}
