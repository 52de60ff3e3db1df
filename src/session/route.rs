//! Which router chooses for a task, and for what its choice holds.

use super::Session;
use crate::{ask::key::key_of, ids::TaskId};

impl Session {
    /// The router that chooses the expert of a task: its own, the nearest one above, the session's; empty before the
    /// session has settings.
    pub fn router_of(&self, task: TaskId) -> &str {
        let own = |task: TaskId| self.plan.task(task)?.draft.router.as_deref();
        let settings = || self.settings.as_ref().map_or("", |settings| settings.router.as_str());
        own(task).or_else(|| self.plan.ancestors(task).find_map(own)).unwrap_or_else(settings)
    }

    /// The key of a choice that is made now. It has the ids of what the task refers to: a number changes with its place, and
    /// the choice stands.
    pub fn route_key(&self, task: TaskId) -> String {
        self.route_key_of(task, |to| format!("#{to}"))
    }

    /// The key as it is written today for a choice that is folded in now. Older logs have the numbers of the references in it
    /// that held when the choice was made, so they are looked at here and nowhere later.
    pub(super) fn route_key_today(&self, task: TaskId, key: &str) -> String {
        let refers = self.plan.task(task).is_some_and(|found| !found.draft.phrase.needs().is_empty());
        let then = |to: TaskId| self.plan.reference(task, to);
        // Before `#0.2` there was `#2` for it.
        let before = |to: TaskId| then(to).replacen("#0.", "#", 1);
        let old = refers && (key == self.route_key_of(task, then) || key == self.route_key_of(task, before));
        if old { self.route_key(task) } else { key.to_owned() }
    }

    fn route_key_of(&self, task: TaskId, name: impl Fn(TaskId) -> String) -> String {
        let Some(found) = self.plan.task(task) else { return String::new() };
        let text = found.draft.phrase.show(name);
        key_of(&[self.router_of(task), &text, found.draft.expert.as_deref().unwrap_or_default()])
    }
}
