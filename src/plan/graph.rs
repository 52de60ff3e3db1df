//! petgraph lives here. Keeps the graph acyclic and the ids stable; nobody outside sees a node index.

use super::{Draft, Edit, Phrase, Piece, Task};
use crate::ids::TaskId;
use petgraph::{Direction, stable_graph::NodeIndex, stable_graph::StableDiGraph, visit::EdgeRef};
use std::collections::{BTreeMap, HashSet};

/// The graph of tasks. Two plans are equal when they hold the same tasks in the same places.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    graph: StableDiGraph<Node, Edge>,
    index: BTreeMap<TaskId, NodeIndex>,
    root: Option<TaskId>,
}

#[derive(Clone, Debug, PartialEq)]
struct Node {
    task: Task,
    /// The sub-tasks in order; the part edges say the same without order.
    parts: Vec<TaskId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    /// From a task to its sub-task.
    Part,
    /// From the task whose answer is used to the task that uses it.
    Needs,
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
        self.index.len()
    }

    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    pub fn contains(&self, task: TaskId) -> bool {
        self.index.contains_key(&task)
    }

    pub fn task(&self, task: TaskId) -> Option<&Task> {
        Some(&self.node(task)?.task)
    }

    /// The sub-tasks in order; empty for a leaf and for nobody.
    pub fn parts(&self, task: TaskId) -> &[TaskId] {
        self.node(task).map_or(&[], |node| &node.parts)
    }

    pub fn parent(&self, task: TaskId) -> Option<TaskId> {
        self.neighbours(task, Edge::Part, Direction::Incoming).next()
    }

    /// The tasks whose answers this one uses.
    pub fn needs(&self, task: TaskId) -> Vec<TaskId> {
        self.task(task).map(|task| task.draft.phrase.needs()).unwrap_or_default()
    }

    /// The tasks that use this one's answer, by id.
    pub fn feeds(&self, task: TaskId) -> Vec<TaskId> {
        let mut feeds: Vec<TaskId> = self.neighbours(task, Edge::Needs, Direction::Outgoing).collect();
        feeds.sort();
        feeds
    }

    /// The place among its siblings, from 1; 1 for the goal.
    pub fn position(&self, task: TaskId) -> usize {
        let siblings = self.parent(task).map_or(&[][..], |parent| self.parts(parent));
        siblings.iter().position(|sibling| *sibling == task).map_or(1, |at| at + 1)
    }

    /// Steps from the goal: 0 for the goal itself.
    pub fn depth(&self, task: TaskId) -> usize {
        std::iter::successors(self.parent(task), |task| self.parent(*task)).count()
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
            if self.contains(task) {
                walked.push(task);
                waiting.extend(self.parts(task).iter().rev());
            }
        }
        walked
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

    /// Does one edit, or refuses it and stays as it was.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), PlanError> {
        match edit {
            Edit::Add { task, parent, at, draft } => self.add(*task, *parent, *at, draft),
            Edit::Remove { task } => self.remove(*task),
            Edit::Move { task, parent, at } => self.shift(*task, *parent, *at),
            Edit::SetPhrase { task, phrase } => self.set_phrase(*task, phrase.clone()),
            Edit::SetOperator { task, operator } => self.draft(*task).map(|draft| draft.operator = *operator),
            Edit::SetExpert { task, expert } => {
                self.draft(*task).map(|draft| draft.expert.clone_from(expert))
            }
            Edit::SetStrategy { task, strategy } => {
                self.draft(*task).map(|draft| draft.strategy.clone_from(strategy))
            }
            Edit::Again { task } => self.node_mut(*task).map(|node| node.task.attempt += 1),
        }
    }

    fn add(
        &mut self,
        task: TaskId,
        parent: Option<TaskId>,
        at: usize,
        draft: &Draft,
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
        let node =
            self.graph.add_node(Node { task: Task { id: task, draft: bare, attempt: 0 }, parts: vec![] });
        self.index.insert(task, node);
        match parent {
            None => self.root = Some(task),
            Some(parent) => self.hang(task, parent, at)?,
        }
        self.set_phrase(task, draft.phrase.clone()).inspect_err(|_| {
            let _ = self.remove(task);
        })
    }

    fn hang(&mut self, task: TaskId, parent: TaskId, at: usize) -> Result<(), PlanError> {
        let (from, to) = (self.at(parent)?, self.at(task)?);
        self.graph.add_edge(from, to, Edge::Part);
        let parts = &mut self.node_mut(parent)?.parts;
        parts.insert(at.min(parts.len()), task);
        Ok(())
    }

    fn unhang(&mut self, task: TaskId) -> Result<(), PlanError> {
        let node = self.at(task)?;
        if let Some(parent) = self.parent(task) {
            self.node_mut(parent)?.parts.retain(|part| *part != task);
            let above: Vec<_> = self.graph.edges_directed(node, Direction::Incoming).collect();
            let part = above.iter().find(|edge| *edge.weight() == Edge::Part).map(|edge| edge.id());
            part.map(|edge| self.graph.remove_edge(edge));
        }
        Ok(())
    }

    /// Takes a subtree out. References to it from elsewhere become lost references, shown as `#?`.
    fn remove(&mut self, task: TaskId) -> Result<(), PlanError> {
        self.at(task)?;
        let gone: HashSet<TaskId> = self.subtree(task).into_iter().collect();
        let users: HashSet<TaskId> = gone.iter().flat_map(|task| self.feeds(*task)).collect();
        for user in users.difference(&gone) {
            let lose = |to: TaskId| match gone.contains(&to) {
                true => Piece::Lost { lost: to.to_string() },
                false => Piece::Answer { task: to },
            };
            let node = self.node_mut(*user)?;
            node.task.draft.phrase = node.task.draft.phrase.map(lose);
        }
        self.unhang(task)?;
        for task in &gone {
            if let Some(node) = self.index.remove(task) {
                self.graph.remove_node(node);
            }
        }
        if self.root == Some(task) {
            self.root = None;
        }
        Ok(())
    }

    fn shift(&mut self, task: TaskId, parent: TaskId, at: usize) -> Result<(), PlanError> {
        self.at(task)?;
        self.at(parent)?;
        let Some(old) = self.parent(task) else { return Err(PlanError::Root("moved")) };
        if self.subtree(task).contains(&parent) {
            return Err(PlanError::Circle(vec![task, parent, task]));
        }
        let was = self.position(task) - 1;
        self.unhang(task)?;
        self.hang(task, parent, at)?;
        // A new circle leads through the moved subtree: over something it needs or something that needs it.
        let below = self.subtree(task);
        let needs =
            below.iter().flat_map(|user| self.needs(*user).into_iter().map(move |need| (need, *user)));
        let feeds =
            below.iter().flat_map(|need| self.feeds(*need).into_iter().map(move |user| (*need, user)));
        let circle = needs.chain(feeds).find_map(|(need, user)| self.circle(need, user));
        match circle {
            None => Ok(()),
            Some(circle) => {
                self.unhang(task)?;
                self.hang(task, old, was)?;
                Err(PlanError::Circle(circle))
            }
        }
    }

    fn set_phrase(&mut self, task: TaskId, phrase: Phrase) -> Result<(), PlanError> {
        let node = self.at(task)?;
        for need in phrase.needs() {
            self.at(need)?;
            if let Some(circle) = self.circle(need, task) {
                return Err(PlanError::Circle(circle));
            }
        }
        let old: Vec<_> = self
            .graph
            .edges_directed(node, Direction::Incoming)
            .filter(|edge| *edge.weight() == Edge::Needs)
            .map(|edge| edge.id())
            .collect();
        for edge in old {
            self.graph.remove_edge(edge);
        }
        for need in phrase.needs() {
            let from = self.at(need)?;
            self.graph.add_edge(from, node, Edge::Needs);
        }
        self.draft(task)?.phrase = phrase;
        Ok(())
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
            let waits: Vec<(TaskId, bool)> = match end {
                true => self.parts(task).iter().map(|part| (*part, true)).chain([(task, false)]).collect(),
                false => {
                    let needs = self.needs(task).into_iter().map(|need| (need, true));
                    needs.chain(self.parent(task).map(|parent| (parent, false))).collect()
                }
            };
            for (task, end) in waits {
                if seen.insert((task, end)) {
                    trail.push((task, end, at));
                }
            }
            at += 1;
        }
        None
    }

    fn neighbours(&self, task: TaskId, kind: Edge, way: Direction) -> impl Iterator<Item = TaskId> {
        let edges =
            self.index.get(&task).into_iter().flat_map(move |node| self.graph.edges_directed(*node, way));
        edges.filter(move |edge| *edge.weight() == kind).filter_map(move |edge| {
            let other = if way == Direction::Incoming { edge.source() } else { edge.target() };
            Some(self.graph.node_weight(other)?.task.id)
        })
    }

    fn at(&self, task: TaskId) -> Result<NodeIndex, PlanError> {
        self.index.get(&task).copied().ok_or(PlanError::Unknown(task))
    }

    fn node(&self, task: TaskId) -> Option<&Node> {
        self.graph.node_weight(*self.index.get(&task)?)
    }

    fn node_mut(&mut self, task: TaskId) -> Result<&mut Node, PlanError> {
        let node = self.at(task)?;
        self.graph.node_weight_mut(node).ok_or(PlanError::Unknown(task))
    }

    fn draft(&mut self, task: TaskId) -> Result<&mut Draft, PlanError> {
        Ok(&mut self.node_mut(task)?.task.draft)
    }
}

impl PartialEq for Plan {
    fn eq(&self, other: &Plan) -> bool {
        self.root == other.root
            && self.len() == other.len()
            && self.index.keys().all(|task| self.node(*task) == other.node(*task))
    }
}
