//! One task looked at: what stands before it, who answers it, whether its answer is of now and keeps its check.

use super::{Asking, Look, Status, Survey, Tools};
use crate::{
    decision::ExpertKind,
    engine::Move,
    ids::{CallId, TaskId},
    plan::Draft,
    session::{Journal, Progress, Purpose, Session, Settings},
};
use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
};

/// Looks at one task, with the looks of those it depends on at hand.
pub(super) struct Surveyor<'a> {
    pub journal: &'a Journal,
    pub session: &'a Session,
    pub settings: &'a Settings,
    pub tools: &'a Tools,
    pub running: &'a BTreeSet<CallId>,
    pub survey: &'a Survey,
    /// Looks that stand above those of the survey: a rehearsal's own.
    pub rehearsed: Option<&'a HashMap<TaskId, Look>>,
    /// The id of the next task that is proposed.
    pub fresh: TaskId,
    /// What the task would do is asked for, too; else only that it could.
    pub wants_moves: bool,
    /// What the task could do now, in order.
    pub moves: RefCell<Vec<Move>>,
    /// The keys of all calls that the task would make.
    pub heard: RefCell<Vec<u128>>,
    /// Those calls themselves, if the moves are wanted.
    pub asks: RefCell<Vec<Asking>>,
    /// Amended calls of the task that it would make, and purposes of its other calls.
    pub amended: RefCell<(Vec<String>, Vec<Purpose>)>,
}

/// The task that is looked at.
#[derive(Clone, Copy)]
pub(super) struct Subject<'s> {
    pub task: TaskId,
    pub draft: &'s Draft,
    pub attempt: u32,
    pub progress: &'s Progress,
}

impl<'a> Surveyor<'a> {
    pub(super) fn look(&self, task: TaskId) -> Look {
        let progress = self.session.progress(task);
        let mut look = Look { pinned: progress.pinned.is_some(), ..Look::unseen() };
        let Some(found) = self.session.plan.task(task) else { return look };
        let subject = Subject { task, draft: &found.draft, attempt: found.attempt, progress };
        let mut status = self.status(&subject, &mut look);
        look.amended = self.amendments(progress);
        look.stale = progress.solved.is_some() && status != Status::Done && !look.pinned;
        if status == Status::Done || look.pinned {
            let judged = self.judged(&subject, &mut look);
            status = if status == Status::Done { judged } else { status };
            if let Status::Failed(why) = &status
                && !look.composite
                && let Some(next) = self.next_rung(&subject, &format!("was judged wrong: {why}"))
            {
                status = next;
                look.stale = !look.pinned;
            }
        }
        let stopped = |task: TaskId| self.session.progress(task).cancelled;
        if status != Status::Done && (stopped(task) || self.session.plan.ancestors(task).any(stopped)) {
            status = Status::Cancelled;
            look.also = false;
        }
        if status != Status::Done && self.sleeps(task) {
            look.stale = false;
            // No number here: a look does not follow every move of the tasks above.
            status = Status::Waiting("sleeps: a task above it is answered in one call".to_owned());
        }
        look.status = if look.pinned { Status::Done } else { status };
        look
    }

    /// How another task stands.
    pub(super) fn look_of(&self, task: TaskId) -> Option<&'a Look> {
        let rehearsed = self.rehearsed.and_then(|looks| looks.get(&task));
        rehearsed.or_else(|| self.survey.look(task))
    }

    /// Does it stand below a task that is answered in one call?
    pub(super) fn sleeps(&self, task: TaskId) -> bool {
        self.session.plan.ancestors(task).any(|above| self.is_collapsed(above))
    }

    pub(super) fn is_collapsed(&self, task: TaskId) -> bool {
        self.session.plan.task(task).is_some_and(|task| task.collapsed)
    }

    fn status(&self, subject: &Subject<'_>, look: &mut Look) -> Status {
        let Subject { task, draft, .. } = *subject;
        let plan = &self.session.plan;
        if let Some(strategy) = self.strategy_of(task, draft) {
            look.composite = true;
            look.by = strategy;
        }
        if draft.phrase.is_blank() {
            return Status::Stuck("the task has no text: write one".to_owned());
        }
        if let Some(missing) = draft.phrase.missing() {
            return Status::Stuck(format!("{missing}: reword it"));
        }
        for need in plan.needs(task) {
            if self.look_of(need).is_none_or(|look| look.status != Status::Done) {
                return Status::Waiting(format!("waits for {}", plan.reference(task, need)));
            }
        }
        if look.composite {
            return self.composite(subject, look);
        }
        let card = match self.route(subject) {
            Ok(card) => card,
            Err(status) => return status,
        };
        look.by.clone_from(&card.name);
        if card.kind == ExpertKind::Plan {
            look.composite = true;
            look.by.clone_from(&self.settings.strategy);
            return self.composite(subject, look);
        }
        self.leaf(subject, card, look)
    }

    /// The strategy that owns the task, unless it is a leaf: the goal, a task with a strategy of its own, or one with
    /// parts.
    fn strategy_of(&self, task: TaskId, draft: &Draft) -> Option<String> {
        if self.is_collapsed(task) {
            return Some("direct".to_owned());
        }
        let named = draft.strategy.clone();
        let default = || self.settings.strategy.clone();
        let plan = &self.session.plan;
        named.or_else(|| (plan.root() == Some(task) || !plan.parts(task).is_empty()).then(default))
    }

    /// The task can go on in this way.
    pub(super) fn ready(&self, next: Move) -> Status {
        self.moves.borrow_mut().push(next);
        Status::Ready
    }
}
