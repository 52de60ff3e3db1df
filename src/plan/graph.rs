//! The graph itself: ids to tasks, kept so that a copy of a plan costs nothing and two plans are compared by what differs.
//!
//! The map is persistent (Okasaki, "Purely Functional Data Structures"): a copy shares everything until one of both
//! changes, and then all but the way to the change. So undo, branches, comparison and looking back keep whole plans.

use super::{Draft, Edit, Phrase, Piece, Task};
use crate::ids::TaskId;
use imbl::{OrdMap, OrdSet, ordmap::DiffItem};
use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

/// The graph of tasks. Two plans are equal when they hold the same tasks in the same places.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    nodes: OrdMap<TaskId, Arc<Node>>,
    root: Option<TaskId>,
    /// References (user, need) to what does not stand wholly before the user in reading order. While there are none the
    /// plan can have no circle, which spares the search for one.
    forward: OrdSet<(TaskId, TaskId)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Node {
    task: Task,
    parent: Option<TaskId>,
    /// The sub-tasks in order.
    parts: Vec<TaskId>,
    /// The tasks that use this one's answer, by id.
    feeds: Vec<TaskId>,
}

/// A task that is not the same in two plans.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference<'a> {
    pub task: TaskId,
    pub old: Option<&'a Task>,
    pub new: Option<&'a Task>,
    /// The sub-tasks then and now; empty where the task is not.
    pub parts: (&'a [TaskId], &'a [TaskId]),
    pub parent: (Option<TaskId>, Option<TaskId>),
}

/// Why an edit was refused. The plan is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("there is no task {0} in this plan")]
    Unknown(TaskId),
    #[error("task {0} is in the plan already")]
    Twice(TaskId),
    #[error("the plan has a goal already: {0}")]
    SecondRoot(TaskId),
    #[error("the goal itself can not be {0}")]
    Root(&'static str),
    /// The tasks of the circle in the order in which they would wait for each other.
    #[error("that would make a circle: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(" → "))]
    Circle(Vec<TaskId>),
}

impl Plan {
    pub fn root(&self) -> Option<TaskId> {
        self.root
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub fn contains(&self, task: TaskId) -> bool {
        self.nodes.contains_key(&task)
    }

    pub fn task(&self, task: TaskId) -> Option<&Task> {
        Some(&self.node(task)?.task)
    }

    /// All tasks by id, in no order of the plan: for work that looks at every task once.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.nodes.values().map(|node| &node.task)
    }

    /// The sub-tasks in order; empty for a leaf and for nobody.
    pub fn parts(&self, task: TaskId) -> &[TaskId] {
        self.node(task).map_or(&[], |node| &node.parts)
    }

    pub fn parent(&self, task: TaskId) -> Option<TaskId> {
        self.node(task)?.parent
    }

    /// The tasks above, nearest first.
    pub fn ancestors(&self, task: TaskId) -> impl Iterator<Item = TaskId> {
        std::iter::successors(self.parent(task), |task| self.parent(*task))
    }

    /// The tasks whose answers this one uses.
    pub fn needs(&self, task: TaskId) -> Vec<TaskId> {
        self.task(task).map(|task| task.draft.phrase.needs()).unwrap_or_default()
    }

    /// The tasks that use this one's answer, by id.
    pub fn feeds(&self, task: TaskId) -> &[TaskId] {
        self.node(task).map_or(&[], |node| &node.feeds)
    }

    /// The place among its siblings, from 1; 1 for the goal.
    pub fn position(&self, task: TaskId) -> usize {
        let siblings = self.parent(task).map_or(&[][..], |parent| self.parts(parent));
        siblings.iter().rposition(|sibling| *sibling == task).map_or(1, |at| at + 1)
    }

    /// Steps from the goal: 0 for the goal itself.
    pub fn depth(&self, task: TaskId) -> usize {
        self.ancestors(task).count()
    }

    /// All tasks, parents before their sub-tasks, in reading order.
    pub fn walk(&self) -> Vec<TaskId> {
        self.root.map(|root| self.subtree(root)).unwrap_or_default()
    }

    /// The task and everything below it, in reading order. Does not recurse: depth is the user's to choose.
    pub fn subtree(&self, task: TaskId) -> Vec<TaskId> {
        let mut walked = vec![];
        let mut waiting = vec![task];
        while let Some(task) = waiting.pop() {
            if let Some(node) = self.node(task) {
                walked.push(task);
                waiting.extend(node.parts.iter().rev());
            }
        }
        walked
    }

    /// Is `task` the other one, or somewhere below it?
    pub fn is_below(&self, task: TaskId, above: TaskId) -> bool {
        task == above || self.ancestors(task).any(|task| task == above)
    }

    /// How `to` is written in a phrase of `from`: `#2` for a sibling, the path from the goal (`#1.3`) else.
    pub fn reference(&self, from: TaskId, to: TaskId) -> String {
        if self.parent(from) == self.parent(to) && from != to {
            return format!("#{}", self.position(to));
        }
        let mut path: Vec<String> = std::iter::successors(Some(to), |task| self.parent(*task))
            .take_while(|task| Some(*task) != self.root)
            .map(|task| self.position(task).to_string())
            .collect();
        path.reverse();
        format!("#{}", path.join("."))
    }

    /// Which task a path of numbers means in a phrase of a task below `parent`.
    pub fn referred(&self, parent: Option<TaskId>, path: &[usize]) -> Option<TaskId> {
        let part = |task: TaskId, n: usize| self.parts(task).get(n.checked_sub(1)?).copied();
        match path {
            [n] => part(parent?, *n),
            path => path.iter().try_fold(self.root?, |task, n| part(task, *n)),
        }
    }

    /// The words of a task with its references as numbers.
    pub fn text(&self, task: TaskId) -> String {
        self.task(task)
            .map(|found| found.draft.phrase.show(|to| self.reference(task, to)))
            .unwrap_or_default()
    }

    /// What is not the same in a newer plan, by id. Costs as much as differs between two plans of one history.
    pub fn differences<'a>(&'a self, newer: &'a Plan) -> impl Iterator<Item = Difference<'a>> {
        self.nodes.diff(&newer.nodes).map(|item| {
            let (task, old, new) = match item {
                DiffItem::Add(task, new) => (task, None, Some(new)),
                DiffItem::Remove(task, old) => (task, Some(old), None),
                DiffItem::Update { old: (task, old), new: (_, new) } => (task, Some(old), Some(new)),
            };
            let parts = |node: Option<&'a Arc<Node>>| node.map_or(&[][..], |node| &node.parts);
            let parent = |node: Option<&'a Arc<Node>>| node.and_then(|node| node.parent);
            Difference {
                task: *task,
                old: old.map(|node| &node.task),
                new: new.map(|node| &node.task),
                parts: (parts(old), parts(new)),
                parent: (parent(old), parent(new)),
            }
        })
    }

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
        // What stands before what can have changed between the moved tasks and all others only.
        let below: HashSet<TaskId> = self.subtree(task).into_iter().collect();
        let needs =
            below.iter().flat_map(|user| self.needs(*user).into_iter().map(move |need| (*user, need)));
        let feeds = below.iter().flat_map(|need| self.feeds(*need).iter().map(move |user| (*user, *need)));
        let across: Vec<(TaskId, TaskId)> =
            needs.chain(feeds).filter(|(user, need)| below.contains(user) != below.contains(need)).collect();
        for (user, need) in across {
            self.note_forward(user, need);
        }
        // Every circle leads through a reference forward, and a new one through what is new: the task waits for the start
        // of its parent, whose end waits for the task's. Among siblings the order changes nothing.
        let start = |task| (task, false);
        let end = |task| (task, true);
        if !check
            || self.forward.is_empty()
            || !self.waits(start(parent), start(task)) && !self.waits(end(task), end(parent))
        {
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

    fn note_forward(&mut self, user: TaskId, need: TaskId) {
        match self.stands_before(need, user) {
            true => self.forward.remove(&(user, need)),
            false => self.forward.insert((user, need)),
        };
    }

    /// Does the whole of `first` stand before `second` in reading order? A task does not stand before its own parts.
    fn stands_before(&self, first: TaskId, second: TaskId) -> bool {
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
    /// path, for the start of `user`. The start of a task waits for its needs and for its parent's start; its end
    /// waits for its start and for the ends of its parts.
    fn circle(&self, need: TaskId, user: TaskId) -> Option<Vec<TaskId>> {
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
    fn waits(&self, one: (TaskId, bool), other: (TaskId, bool)) -> bool {
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
        let mut left: std::collections::HashMap<TaskId, usize> =
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

    fn at(&self, task: TaskId) -> Result<(), PlanError> {
        if self.contains(task) { Ok(()) } else { Err(PlanError::Unknown(task)) }
    }

    fn node(&self, task: TaskId) -> Option<&Node> {
        self.nodes.get(&task).map(|node| &**node)
    }

    fn node_mut(&mut self, task: TaskId) -> Result<&mut Node, PlanError> {
        self.nodes.get_mut(&task).map(Arc::make_mut).ok_or(PlanError::Unknown(task))
    }

    fn draft(&mut self, task: TaskId) -> Result<&mut Draft, PlanError> {
        Ok(&mut self.node_mut(task)?.task.draft)
    }
}

impl PartialEq for Plan {
    fn eq(&self, other: &Plan) -> bool {
        self.root == other.root && self.nodes == other.nodes
    }
}
