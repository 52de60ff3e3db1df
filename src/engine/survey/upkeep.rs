//! The looks, kept: of every task how it stands, of every subtree how many stand how. `upkeep/wave.rs` brings them up to
//! date.

mod wave;

use super::{Asking, Look, Status, Tally, Tools, surveyor::Surveyor};
use crate::{
    engine::Move,
    ids::{CallId, TaskId},
    plan::Plan,
    session::{Journal, Session},
};
use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
};

/// How every task stands.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    tasks: HashMap<TaskId, Standing>,
    /// The state that was looked at.
    session: Session,
    pub(super) tools: Option<Tools>,
    running: BTreeSet<CallId>,
    /// How far the journal's list of calls was read.
    touched: usize,
    /// Who would make a call under this key.
    listeners: BTreeSet<(u128, TaskId)>,
    /// Tasks that refer to others than their siblings.
    far: BTreeSet<TaskId>,
    /// What the last look changed.
    changes: Changes,
}

#[derive(Clone, Debug)]
struct Standing {
    /// Nobody has looked at it, and no sum holds it.
    new: bool,
    look: Box<Look>,
    /// Over the task and all below it.
    sum: Tally,
    parent: Option<TaskId>,
    heard: Vec<u128>,
}

/// What a look changed, for whoever keeps something by task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Everything may be different; the lists are empty then.
    pub all: bool,
    /// Tasks whose sub-tasks are others now, or in another order; removed tasks too.
    pub parts: Vec<TaskId>,
    /// Tasks that were looked at again or advanced.
    pub looks: Vec<TaskId>,
}

/// Looks at every task. `running` are the calls under way.
pub fn survey(journal: &Journal, tools: &Tools, running: &BTreeSet<CallId>) -> Survey {
    let mut survey = Survey::default();
    survey.update(journal, tools, running);
    survey
}

/// A key as a number.
pub(super) fn digest(key: &str) -> u128 {
    u128::from_str_radix(key, 16).unwrap_or(0)
}

impl Survey {
    pub fn look(&self, task: TaskId) -> Option<&Look> {
        Some(&self.tasks.get(&task)?.look)
    }

    /// How many tasks stand how, over the whole plan.
    pub fn tally(&self) -> Tally {
        self.session.plan.root().map(|root| self.tally_of(root)).unwrap_or_default()
    }

    /// The same for a task and all below it.
    pub fn tally_of(&self, task: TaskId) -> Tally {
        self.tasks.get(&task).map(|standing| standing.sum).unwrap_or_default()
    }

    /// All tasks with their looks, parents first, in reading order.
    pub fn iter(&self) -> impl Iterator<Item = (TaskId, &Look)> {
        self.pick(|_| true, |_| true)
    }

    /// The tasks that can go on, in reading order.
    pub fn ready(&self) -> impl Iterator<Item = TaskId> {
        let ready = self.pick(|sum| 0 < sum.ready, Look::can_go);
        ready.map(|(task, _)| task)
    }

    /// The tasks made from what is no longer so, in reading order.
    pub fn stale(&self) -> impl Iterator<Item = TaskId> {
        self.pick(|sum| 0 < sum.stale, |look| look.stale).map(|(task, _)| task)
    }

    /// The tasks that failed or are cancelled, in reading order.
    pub(super) fn ended(&self) -> impl Iterator<Item = (TaskId, &Look)> {
        let ended = |status: &Status| matches!(status, Status::Cancelled | Status::Failed(_));
        self.pick(|sum| 0 < sum.failed + sum.cancelled, move |look| ended(&look.status))
    }

    /// The tasks that `wanted` wants, in reading order; subtrees whose sum is not `worth` it are passed over.
    fn pick(
        &self,
        worth: impl Fn(&Tally) -> bool,
        wanted: impl Fn(&Look) -> bool,
    ) -> impl Iterator<Item = (TaskId, &Look)> {
        let plan = &self.session.plan;
        let mut waiting: Vec<TaskId> = plan.root().into_iter().collect();
        std::iter::from_fn(move || {
            while let Some(task) = waiting.pop() {
                let Some(standing) = self.tasks.get(&task).filter(|standing| worth(&standing.sum)) else {
                    continue;
                };
                waiting.extend(plan.parts(task).iter().rev());
                if wanted(&standing.look) {
                    return Some((task, &*standing.look));
                }
            }
            None
        })
    }

    /// What a task that is ready can do now, in order: more than one for the items of a projection. Empty for all others.
    pub fn moves(&self, journal: &Journal, task: TaskId) -> Vec<Move> {
        if self.look(task).is_none_or(|look| !look.can_go()) {
            return vec![];
        }
        let Some(tools) = &self.tools else { return vec![] };
        self.surveyor(journal, tools).map_or_else(Vec::new, |mut surveyor| {
            surveyor.wants_moves = true;
            surveyor.look(task);
            surveyor.moves.into_inner()
        })
    }

    /// The calls that a task makes or would make as it stands, in order, those that are answered too.
    pub fn asks(&self, journal: &Journal, task: TaskId) -> Vec<Asking> {
        self.asks_in(journal, journal.session(), task)
    }

    /// The same if the session were another one, which differs in nothing but this task.
    pub fn asks_in(&self, journal: &Journal, session: &Session, task: TaskId) -> Vec<Asking> {
        let surveyor = self.tools.as_ref().and_then(|tools| {
            let settings = session.settings.as_ref()?;
            Some(Surveyor { session, settings, ..self.surveyor(journal, tools)? })
        });
        surveyor.map_or_else(Vec::new, |mut surveyor| {
            surveyor.wants_moves = true;
            surveyor.look(task);
            surveyor.asks.into_inner()
        })
    }

    /// What the last look changed.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    pub(super) fn surveyor<'a>(&'a self, journal: &'a Journal, tools: &'a Tools) -> Option<Surveyor<'a>> {
        let session = journal.session();
        Some(Surveyor {
            journal,
            session,
            settings: session.settings.as_ref()?,
            tools,
            running: &self.running,
            survey: self,
            rehearsed: None,
            fresh: journal.fresh_task(),
            wants_moves: false,
            moves: RefCell::default(),
            heard: RefCell::default(),
            asks: RefCell::default(),
            amended: RefCell::default(),
        })
    }

    fn look_at_all(&mut self, journal: &Journal, tools: &Tools) {
        if self.tools.as_ref() != Some(tools) {
            self.tools = Some(tools.clone());
        }
        self.tasks.clear();
        self.listeners.clear();
        self.far.clear();
        self.changes.all = true;
        let plan = self.session.plan.clone();
        self.tasks.reserve(plan.len());
        for task in plan.dependencies_first() {
            self.tasks.insert(task, Standing { parent: plan.parent(task), ..Standing::new() });
            let Some((look, heard)) = self.seen(journal, tools, task) else { continue };
            self.listeners.extend(heard.iter().map(|key| (*key, task)));
            if reaches_far(&plan, task) {
                self.far.insert(task);
            }
            // Its parts have been looked at: their sums are whole.
            let mut sum = Tally::of(&look);
            plan.parts(task).iter().for_each(|part| sum += self.tally_of(*part));
            if let Some(standing) = self.tasks.get_mut(&task) {
                *standing =
                    Standing { new: false, look: Box::new(look), sum, parent: standing.parent, heard };
            }
        }
    }

    fn seen(&self, journal: &Journal, tools: &Tools, task: TaskId) -> Option<(Look, Vec<u128>)> {
        let surveyor = self.surveyor(journal, tools)?;
        let look = surveyor.look(task);
        Some((look, surveyor.heard.into_inner()))
    }

    /// Looks at one task; `false` when it stands as before.
    fn look_again(&mut self, journal: &Journal, tools: &Tools, plan: &Plan, task: TaskId) -> bool {
        let Some((look, heard)) = self.seen(journal, tools, task) else { return false };
        match reaches_far(plan, task) {
            true => self.far.insert(task),
            false => self.far.remove(&task),
        };
        let Some(standing) = self.tasks.get_mut(&task) else { return false };
        if standing.heard != heard {
            for key in &standing.heard {
                self.listeners.remove(&(*key, task));
            }
            self.listeners.extend(heard.iter().map(|key| (*key, task)));
            standing.heard = heard;
        }
        let new = std::mem::take(&mut standing.new);
        if *standing.look == look && !new {
            return false;
        }
        let (was, is) = (if new { Tally::default() } else { Tally::of(&standing.look) }, Tally::of(&look));
        *standing.look = look;
        let mut up = Some(task);
        while let Some(standing) = up.and_then(|task| self.tasks.get_mut(&task)) {
            standing.sum -= was;
            standing.sum += is;
            up = standing.parent;
        }
        true
    }

    /// Takes the subtree out of the sums above it.
    fn leave(&mut self, task: TaskId) {
        let Some(standing) = self.tasks.get_mut(&task) else { return };
        let (sum, mut up) = (standing.sum, standing.parent.take());
        while let Some(above) = up.and_then(|task| self.tasks.get_mut(&task)) {
            above.sum -= sum;
            up = above.parent;
        }
    }

    /// Adds the subtree to the sums above it.
    fn join(&mut self, task: TaskId, parent: TaskId) {
        let Some(standing) = self.tasks.get_mut(&task) else { return };
        standing.parent = Some(parent);
        let (sum, mut up) = (standing.sum, Some(parent));
        while let Some(above) = up.and_then(|task| self.tasks.get_mut(&task)) {
            above.sum += sum;
            up = above.parent;
        }
    }

    fn forget(&mut self, task: TaskId) {
        self.leave(task);
        self.far.remove(&task);
        if let Some(standing) = self.tasks.remove(&task) {
            for key in standing.heard {
                self.listeners.remove(&(key, task));
            }
        }
    }
}

impl PartialEq for Survey {
    /// Equal looks and sums; how they were come by does not count.
    fn eq(&self, other: &Survey) -> bool {
        self.tasks.len() == other.tasks.len()
            && self.tasks.iter().all(|(task, standing)| {
                let other = other.tasks.get(task);
                other.is_some_and(|other| standing.look == other.look && standing.sum == other.sum)
            })
    }
}

impl Standing {
    fn new() -> Standing {
        Standing {
            new: true,
            look: Box::new(Look::unseen()),
            sum: Tally::default(),
            parent: None,
            heard: vec![],
        }
    }
}

/// Does it refer to others than its siblings?
fn reaches_far(plan: &Plan, task: TaskId) -> bool {
    let parent = plan.parent(task);
    plan.needs(task).into_iter().any(|need| plan.parent(need) != parent)
}
