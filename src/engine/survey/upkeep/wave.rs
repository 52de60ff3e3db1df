//! The survey brought up to date: after a change only those tasks are looked at again that the change can reach.
//!
//! A look is made from the task, its progress, the looks and answers of its parts and of what it needs, the calls under
//! its keys, and where it stands. So the two states are compared (which costs what differs), what differs is looked at, and
//! a look that came out otherwise passes on to the parent and to the users. One that came out the same ends the wave.

use super::{Changes, Standing, Survey, digest};
use crate::{
    engine::survey::Tools,
    ids::{CallId, TaskId},
    plan::{Budget, Difference, Plan, Task},
    session::{Call, Journal, Session},
};
use std::collections::{BTreeSet, HashSet, VecDeque};

/// Tasks to look at, each once at a time, first come first.
struct Wave<'a> {
    plan: &'a Plan,
    queue: VecDeque<TaskId>,
    waiting: HashSet<TaskId>,
}

impl Wave<'_> {
    fn push(&mut self, task: TaskId) {
        if self.waiting.insert(task) {
            self.queue.push_back(task);
        }
    }

    fn push_subtree(&mut self, task: TaskId) {
        self.plan.subtree(task).into_iter().for_each(|below| self.push(below));
    }

    fn push_parent(&mut self, task: TaskId) {
        self.plan.parent(task).into_iter().for_each(|parent| self.push(parent));
    }

    /// Those that use its answer.
    fn push_users(&mut self, task: TaskId) {
        self.plan.feeds(task).iter().for_each(|user| self.push(*user));
    }

    fn pop(&mut self) -> Option<TaskId> {
        let task = self.queue.pop_front()?;
        self.waiting.remove(&task);
        Some(task)
    }
}

impl Survey {
    /// Looks again at what can have changed since the last time. `running` are the calls under way.
    pub fn update(&mut self, journal: &Journal, tools: &Tools, running: &BTreeSet<CallId>) {
        let old = std::mem::replace(&mut self.session, journal.session().clone());
        let ran = std::mem::replace(&mut self.running, running.clone());
        let touched = std::mem::replace(&mut self.touched, journal.touched().len());
        let calls = journal.touched().get(touched..);
        self.changes = Changes::default();
        let same = old.settings == self.session.settings
            && self.tools.as_ref() == Some(tools)
            && old.plan.root() == self.session.plan.root()
            // Every task may be asked with it.
            && old.plan.context() == self.session.plan.context();
        let Some(calls) = calls.filter(|_| same) else {
            return self.look_at_all(journal, tools);
        };
        // Beyond this it is quicker to begin anew.
        let most = 64 + self.session.plan.len() / 4;
        let plan = self.session.plan.clone();
        let differences: Vec<_> = old.plan.differences(&plan).take(most + 1).collect();
        if most < differences.len() {
            return self.look_at_all(journal, tools);
        }
        let mut wave = Wave { plan: &plan, queue: VecDeque::new(), waiting: HashSet::new() };
        differences.iter().for_each(|difference| self.changed(difference, &mut wave));
        differences.iter().for_each(|difference| self.brought_in(difference));
        self.advanced(&old, &mut wave);
        let touched: BTreeSet<&CallId> = calls.iter().chain(ran.symmetric_difference(running)).collect();
        touched.into_iter().for_each(|call| self.called(journal, *call, &mut wave));
        while let Some(task) = wave.pop() {
            if plan.contains(task) && self.look_again(journal, tools, &plan, task) {
                self.changes.looks.push(task);
                wave.push_users(task);
                wave.push_parent(task);
            }
        }
    }

    /// A task of the plan is another one, or is new, gone or elsewhere.
    fn changed(&mut self, difference: &Difference<'_>, wave: &mut Wave<'_>) {
        let task = difference.task;
        if difference.new.is_none() {
            self.forget(task);
            self.changes.parts.push(task);
            return;
        }
        wave.push(task);
        difference.parent.1.into_iter().for_each(|parent| wave.push(parent));
        if difference.old.is_none() {
            self.tasks.insert(task, Standing::new());
        } else if difference.parent.0 != difference.parent.1 {
            self.leave(task);
            wave.push_users(task);
            // Whether they sleep below a collapsed task, and whose budget they share, may have changed.
            wave.push_subtree(task);
        }
        let (was, is) = difference.parts;
        if was != is {
            self.changes.parts.push(task);
            self.renumbered(was, is, wave);
        }
        fn for_all_below(task: &Task) -> (bool, Option<Budget>, Option<&str>) {
            (task.collapsed, task.draft.budget, task.draft.router.as_deref())
        }
        if difference.old.map(for_all_below) != difference.new.map(for_all_below) {
            wave.push_subtree(task);
        }
    }

    /// Numbers have changed: of the parts behind the first difference, and in texts that refer to them.
    fn renumbered(&self, was: &[TaskId], is: &[TaskId], wave: &mut Wave<'_>) {
        let same = was.iter().zip(is).take_while(|(was, is)| was == is).count();
        for part in &is[same..] {
            wave.push(*part);
            wave.push_users(*part);
        }
        for user in &self.far {
            wave.push(*user);
            wave.push_parent(*user);
        }
    }

    /// Adds a task that is new or elsewhere to the sums above it.
    fn brought_in(&mut self, difference: &Difference<'_>) {
        if let (Some(_), (was, Some(parent))) = (difference.new, difference.parent)
            && (difference.old.is_none() || was != Some(parent))
        {
            self.join(difference.task, parent);
        }
    }

    /// What was written down of tasks.
    fn advanced(&mut self, old: &Session, wave: &mut Wave<'_>) {
        for task in old.advanced(&self.session) {
            self.changes.looks.push(task);
            if old.progress(task).cancelled != self.session.progress(task).cancelled {
                wave.push_subtree(task);
            }
            wave.push(task);
            wave.push_users(task);
            wave.push_parent(task);
        }
    }

    /// A call began or ended: concerns its task, all who would make the same, and those who share a budget with it.
    fn called(&self, journal: &Journal, call: CallId, wave: &mut Wave<'_>) {
        let Some(call) = journal.call(call) else { return };
        wave.push(call.task);
        self.listening(&call.key).for_each(|task| wave.push(task));
        let plan = wave.plan;
        for above in plan.ancestors(call.task).chain([call.task]) {
            if plan.task(above).is_some_and(|task| task.draft.budget.is_some()) {
                wave.push_subtree(above);
            }
        }
    }

    /// Would a task make this call as it stands? One that sleeps below a collapsed task would not.
    pub fn wants(&self, call: &Call) -> bool {
        let plan = &self.session.plan;
        let collapsed = |task: TaskId| plan.task(task).is_some_and(|task| task.collapsed);
        self.listening(&call.key).any(|task| !plan.ancestors(task).any(collapsed))
    }

    /// The tasks that would make a call under this key.
    fn listening(&self, key: &str) -> impl Iterator<Item = TaskId> {
        let key = digest(key);
        self.listeners.range((key, TaskId(0))..=(key, TaskId(u32::MAX))).map(|(_, task)| *task)
    }
}
