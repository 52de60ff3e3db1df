//! What stands before what in reading order, what waits for what, and the circles that must not come to be.
//!
//! The start of a task waits for what it needs and for its parent's start; its end waits for its start and for the ends of
//! its parts.

use super::Plan;
use crate::ids::TaskId;
use std::collections::{HashMap, HashSet, VecDeque};

impl Plan {
    /// Keeps in mind whether a reference leads forward.
    pub(super) fn note_forward(&mut self, user: TaskId, need: TaskId) {
        match self.stands_before(need, user) {
            true => self.forward.remove(&(user, need)),
            false => self.forward.insert((user, need)),
        };
    }

    /// Does the whole of `first` stand before `second` in reading order? A task does not stand before its own parts.
    pub(super) fn stands_before(&self, first: TaskId, second: TaskId) -> bool {
        let (mut one, mut other) = (first, second);
        if self.parent(one) != self.parent(other) {
            let chain = |task: TaskId| {
                let mut chain: Vec<TaskId> = std::iter::once(task).chain(self.ancestors(task)).collect();
                chain.reverse();
                chain
            };
            let (ones, others) = (chain(one), chain(other));
            let Some(fork) = ones.iter().zip(&others).position(|(one, other)| one != other) else {
                return false;
            };
            (one, other) = (ones[fork], others[fork]);
        }
        let siblings = self.parent(one).map_or(&[][..], |parent| self.parts(parent));
        one != other && siblings.iter().rev().find(|task| **task == one || **task == other) == Some(&other)
    }

    /// The circle that would close if `user` used the answer of `need`: the end of `need` must not wait, over any
    /// path, for the start of `user`.
    pub(super) fn circle(&self, need: TaskId, user: TaskId) -> Option<Vec<TaskId>> {
        let mut seen = HashSet::new();
        // (task, its end rather than its start, place in `trail` of what waits for it)
        let mut trail: Vec<(TaskId, bool, usize)> = vec![(need, true, usize::MAX)];
        let mut at = 0;
        while let Some(&(task, end, _)) = trail.get(at) {
            if task == user && !end {
                let mut circle = vec![user];
                let mut step = at;
                while let Some(&(task, _, next)) = trail.get(step) {
                    if circle.last() != Some(&task) {
                        circle.push(task);
                    }
                    step = next;
                }
                circle.push(user);
                circle.reverse();
                return Some(circle);
            }
            for (task, end) in self.waits_for((task, end)) {
                if seen.insert((task, end)) {
                    trail.push((task, end, at));
                }
            }
            at += 1;
        }
        None
    }

    /// For what the start (`false`) or end (`true`) of a task waits by itself.
    fn waits_for(&self, (task, end): (TaskId, bool)) -> Vec<(TaskId, bool)> {
        match end {
            true => self.parts(task).iter().map(|part| (*part, true)).chain([(task, false)]).collect(),
            false => {
                let needs = self.needs(task).into_iter().map(|need| (need, true));
                needs.chain(self.parent(task).map(|parent| (parent, false))).collect()
            }
        }
    }

    /// Does the one start or end wait, over any path, for the other?
    pub(super) fn waits(&self, one: (TaskId, bool), other: (TaskId, bool)) -> bool {
        let mut seen = HashSet::from([one]);
        let mut open = vec![one];
        while let Some(at) = open.pop() {
            if at == other {
                return true;
            }
            open.extend(self.waits_for(at).into_iter().filter(|next| seen.insert(*next)));
        }
        false
    }

    /// All tasks, each after its parts and after what it needs. Does not recurse.
    pub fn dependencies_first(&self) -> Vec<TaskId> {
        let all = self.walk();
        let mut left: HashMap<TaskId, usize> =
            all.iter().map(|task| (*task, self.parts(*task).len() + self.needs(*task).len())).collect();
        let mut ready: VecDeque<TaskId> =
            all.iter().copied().filter(|task| left.get(task) == Some(&0)).collect();
        let mut order = Vec::with_capacity(all.len());
        while let Some(task) = ready.pop_front() {
            order.push(task);
            for user in self.feeds(task).iter().copied().chain(self.parent(task)) {
                if let Some(count) = left.get_mut(&user) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push_back(user);
                    }
                }
            }
        }
        order
    }
}
