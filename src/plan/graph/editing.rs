//! The edits of a plan: each is done whole, or refused and the plan stays as it was.

use super::{Node, Plan, PlanError};
use crate::{
    ids::TaskId,
    plan::{Draft, Edit, Phrase, Piece, Task},
};
use std::{collections::HashSet, sync::Arc};

impl Plan {
    /// Does one edit, or refuses it and stays as it was.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), PlanError> {
        self.make(edit, true)
    }

    /// Does an edit again that this very plan took before: circles are not looked for.
    pub fn reapply(&mut self, edit: &Edit) -> Result<(), PlanError> {
        self.make(edit, false)
    }

    fn make(&mut self, edit: &Edit, check: bool) -> Result<(), PlanError> {
        match edit {
            Edit::Add { task, parent, at, draft } => self.add(*task, *parent, *at, draft, check),
            Edit::Remove { task } => self.remove(*task),
            Edit::Move { task, parent, at } => self.shift(*task, *parent, *at, check),
            Edit::SetPhrase { task, phrase } => self.set_phrase(*task, phrase.clone(), check),
            Edit::SetOperator { task, operator } => self.draft(*task).map(|draft| draft.operator = *operator),
            Edit::SetExpert { task, expert } => {
                self.draft(*task).map(|draft| draft.expert.clone_from(expert))
            }
            Edit::SetRouter { task, router } => {
                self.draft(*task).map(|draft| draft.router.clone_from(router))
            }
            Edit::SetStrategy { task, strategy } => {
                self.draft(*task).map(|draft| draft.strategy.clone_from(strategy))
            }
            Edit::SetCheck { task, check } => self.draft(*task).map(|draft| draft.check.clone_from(check)),
            Edit::SetBudget { task, budget } => self.draft(*task).map(|draft| draft.budget = *budget),
            Edit::Collapse { task, on } => self.node_mut(*task).map(|node| node.task.collapsed = *on),
            Edit::Again { task } => self.node_mut(*task).map(|node| node.task.attempt += 1),
        }
    }

    fn add(
        &mut self,
        task: TaskId,
        parent: Option<TaskId>,
        at: usize,
        draft: &Draft,
        check: bool,
    ) -> Result<(), PlanError> {
        if self.contains(task) {
            return Err(PlanError::Twice(task));
        }
        match (parent, self.root) {
            (Some(parent), _) if !self.contains(parent) => return Err(PlanError::Unknown(parent)),
            (None, Some(root)) => return Err(PlanError::SecondRoot(root)),
            _ => {}
        }
        let bare = Draft { phrase: Phrase::default(), ..draft.clone() };
        let task_of = Task { id: task, draft: bare, attempt: 0, collapsed: false };
        let node = Node { task: task_of, parent: None, parts: vec![], feeds: vec![] };
        self.nodes.insert(task, Arc::new(node));
        match parent {
            None => self.root = Some(task),
            Some(parent) => self.hang(task, parent, at)?,
        }
        if draft.phrase.pieces().is_empty() {
            return Ok(());
        }
        self.set_phrase(task, draft.phrase.clone(), check).inspect_err(|_| {
            let _ = self.remove(task);
        })
    }

    fn hang(&mut self, task: TaskId, parent: TaskId, at: usize) -> Result<(), PlanError> {
        let parts = &mut self.node_mut(parent)?.parts;
        parts.insert(at.min(parts.len()), task);
        self.node_mut(task)?.parent = Some(parent);
        Ok(())
    }

    fn unhang(&mut self, task: TaskId) -> Result<(), PlanError> {
        if let Some(parent) = self.node_mut(task)?.parent.take() {
            self.node_mut(parent)?.parts.retain(|part| *part != task);
        }
        Ok(())
    }

    /// Takes a subtree out. References to it from elsewhere become lost references, shown as `#?`.
    fn remove(&mut self, task: TaskId) -> Result<(), PlanError> {
        self.at(task)?;
        let gone: HashSet<TaskId> = self.subtree(task).into_iter().collect();
        let users: HashSet<TaskId> = gone.iter().flat_map(|task| self.feeds(*task).iter().copied()).collect();
        for user in users.difference(&gone) {
            let lose = |to: TaskId| match gone.contains(&to) {
                true => Piece::Lost { lost: to.to_string() },
                false => Piece::Answer { task: to },
            };
            let draft = self.draft(*user)?;
            let needs = draft.phrase.needs();
            draft.phrase = draft.phrase.map(lose);
            for need in needs.into_iter().filter(|need| gone.contains(need)) {
                self.forward.remove(&(*user, need));
            }
        }
        self.unhang(task)?;
        for task in &gone {
            for need in self.needs(*task) {
                self.forward.remove(&(*task, need));
                if !gone.contains(&need) {
                    self.node_mut(need)?.feeds.retain(|user| user != task);
                }
            }
        }
        for task in &gone {
            self.nodes.remove(task);
        }
        if self.root == Some(task) {
            self.root = None;
        }
        Ok(())
    }

    fn shift(&mut self, task: TaskId, parent: TaskId, at: usize, check: bool) -> Result<(), PlanError> {
        self.at(task)?;
        self.at(parent)?;
        if self.parent(task).is_none() {
            return Err(PlanError::Root("moved"));
        }
        if self.is_below(parent, task) {
            return Err(PlanError::Circle(vec![task, parent, task]));
        }
        let before = self.clone();
        let check = check && self.parent(task) != Some(parent);
        self.unhang(task)?;
        self.hang(task, parent, at)?;
        self.note_moved(task);
        if !check || !self.may_close_a_circle(task, parent) {
            return Ok(());
        }
        match self.forward.iter().find_map(|(user, need)| self.circle(*need, *user)) {
            None => Ok(()),
            Some(circle) => {
                *self = before;
                Err(PlanError::Circle(circle))
            }
        }
    }

    /// What stands before what can have changed between the moved tasks and all others only.
    fn note_moved(&mut self, task: TaskId) {
        let below: HashSet<TaskId> = self.subtree(task).into_iter().collect();
        let needs =
            below.iter().flat_map(|user| self.needs(*user).into_iter().map(move |need| (*user, need)));
        let feeds = below.iter().flat_map(|need| self.feeds(*need).iter().map(move |user| (*user, *need)));
        let across: Vec<(TaskId, TaskId)> =
            needs.chain(feeds).filter(|(user, need)| below.contains(user) != below.contains(need)).collect();
        for (user, need) in across {
            self.note_forward(user, need);
        }
    }

    /// Every circle leads through a reference forward, and a new one through what is new: the task waits for the start
    /// of its parent, whose end waits for the task's. Among siblings the order changes nothing.
    fn may_close_a_circle(&self, task: TaskId, parent: TaskId) -> bool {
        let start = |task| (task, false);
        let end = |task| (task, true);
        !self.forward.is_empty()
            && (self.waits(start(parent), start(task)) || self.waits(end(task), end(parent)))
    }

    fn set_phrase(&mut self, task: TaskId, phrase: Phrase, check: bool) -> Result<(), PlanError> {
        self.at(task)?;
        let (old, new) = (self.needs(task), phrase.needs());
        for need in &new {
            self.at(*need)?;
            if !check || self.forward.is_empty() && self.stands_before(*need, task) {
                continue;
            }
            if let Some(circle) = self.circle(*need, task) {
                return Err(PlanError::Circle(circle));
            }
        }
        for need in old.iter().filter(|need| !new.contains(need)) {
            self.forward.remove(&(task, *need));
            self.node_mut(*need)?.feeds.retain(|user| *user != task);
        }
        for need in new.iter().filter(|need| !old.contains(need)) {
            let feeds = &mut self.node_mut(*need)?.feeds;
            if let Err(at) = feeds.binary_search(&task) {
                feeds.insert(at, task);
            }
            self.note_forward(task, *need);
        }
        self.draft(task)?.phrase = phrase;
        Ok(())
    }
}
