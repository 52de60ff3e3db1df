//! The graph itself: ids to tasks, kept so that a copy of a plan costs nothing and two plans are compared by what differs.
//! `graph/editing.rs` changes it, `graph/order.rs` knows what stands or waits before what.
//!
//! The map is persistent (Okasaki, "Purely Functional Data Structures"): a copy shares everything until one of both
//! changes, and then all but the way to the change. So undo, branches, comparison and looking back keep whole plans.

mod editing;
mod order;

use super::{Draft, Task};
use crate::ids::TaskId;
use imbl::{OrdMap, OrdSet, ordmap::DiffItem};
use std::sync::Arc;

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

    /// How `to` is written in a phrase of `from`: `#2` for a sibling, the path from the goal (`#1.3`) else. Where that path
    /// is one number, which would be a sibling's, the goal's own 0 stands before it: `#0.2`. For a task that is not in the
    /// plan the path from the goal is given as it is.
    pub fn reference(&self, from: TaskId, to: TaskId) -> String {
        if self.parent(from) == self.parent(to) && from != to {
            return format!("#{}", self.position(to));
        }
        let mut path: Vec<String> = std::iter::successors(Some(to), |task| self.parent(*task))
            .take_while(|task| Some(*task) != self.root)
            .map(|task| self.position(task).to_string())
            .collect();
        if path.len() == 1 && self.parent(from).is_some() {
            path.push("0".to_owned());
        }
        path.reverse();
        format!("#{}", path.join("."))
    }

    /// Which task a path of numbers means in a phrase of a task below `parent`. A 0 in front is the goal.
    pub fn referred(&self, parent: Option<TaskId>, path: &[usize]) -> Option<TaskId> {
        let part = |task: TaskId, n: usize| self.parts(task).get(n.checked_sub(1)?).copied();
        match path {
            [n] => part(parent?, *n),
            [0, path @ ..] | path => path.iter().try_fold(self.root?, |task, n| part(task, *n)),
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
