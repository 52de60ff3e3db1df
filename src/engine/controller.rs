//! The controller: which move comes next. One pure function drives every strategy, so every call of every strategy can
//! be stepped, paused, edited, cancelled, counted, recorded and replayed by the same code.

use super::{
    caps,
    survey::{Status, Survey},
};
use crate::{
    ask::{Ask, Request},
    ids::TaskId,
    session::{Event, Journal, Purpose},
};

/// One move of the plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// Something follows from what is known: write it down. Costs nothing.
    Record(Event),
    /// Somebody has to be asked.
    Ask { task: TaskId, purpose: Purpose, key: String, ask: Ask },
}

impl Move {
    /// The task that moves.
    pub fn task(&self) -> Option<TaskId> {
        match self {
            Move::Ask { task, .. } => Some(*task),
            Move::Record(
                Event::Routed { task, .. } | Event::Proposed { task, .. } | Event::Solved { task, .. },
            ) => Some(*task),
            Move::Record(_) => None,
        }
    }
}

/// Why there is no next move.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// The goal has its answer.
    Finished,
    /// Calls are under way and nothing else can be done meanwhile.
    Running,
    /// A person has to answer this task.
    Person(TaskId),
    /// This task failed, was cancelled or is not in order; the words say why.
    Stuck(TaskId, String),
    /// A limit of the session is reached.
    Limit(String),
    /// A budget that this task stands under is spent.
    Cap(TaskId, String),
    /// There is no plan yet.
    Empty,
}

/// The next move in reading order, or why there is none.
pub fn next_move(journal: &Journal, survey: &Survey) -> Result<Move, Bound> {
    let ready = survey.ready().find_map(|task| survey.moves(journal, task).into_iter().next());
    match ready {
        Some(Move::Ask { ask, task, purpose, key }) => match over_limit(journal, &ask) {
            Some(why) => Err(Bound::Limit(why)),
            None => Ok(Move::Ask { task, purpose, key, ask }),
        },
        Some(next) => Ok(next),
        None => Err(bound(journal, survey)),
    }
}

fn bound(journal: &Journal, survey: &Survey) -> Bound {
    let Some(root) = journal.session().plan.root() else { return Bound::Empty };
    if survey.look(root).is_some_and(|look| look.status == Status::Done) {
        return Bound::Finished;
    }
    // Leaves say why; their parents only pass it on.
    let (mut stuck, mut cancelled) = (None, None);
    for (task, look) in survey.iter() {
        match &look.status {
            Status::Running(_) => return Bound::Running,
            Status::NeedsPerson if !look.composite => return Bound::Person(task),
            Status::Capped(why) => return Bound::Cap(task, why.clone()),
            Status::Failed(why) | Status::Stuck(why) => stuck = Some(Bound::Stuck(task, why.clone())),
            Status::Cancelled if cancelled.is_none() => {
                let by_hand = journal.session().progress(task).cancelled;
                let passes_on =
                    |part: &TaskId| survey.look(*part).is_some_and(|look| look.status == Status::Cancelled);
                if !by_hand && journal.session().plan.parts(task).iter().any(passes_on) {
                    continue;
                }
                let words = if by_hand { "cancelled by you: A-k takes it up again" } else { "cancelled" };
                cancelled = Some(Bound::Stuck(task, words.to_owned()));
            }
            _ => {}
        }
    }
    stuck.or(cancelled).unwrap_or(Bound::Stuck(root, "nothing is left that could be done".to_owned()))
}

/// Which limit one more call would break. Functions are free.
pub fn over_limit(journal: &Journal, ask: &Ask) -> Option<String> {
    let cap = caps::session_reached(journal).filter(|_| paid(ask))?;
    Some(format!("the session's budget ({}) is spent", cap.part))
}

/// Does a call like this count against the limits?
fn paid(ask: &Ask) -> bool {
    !matches!(ask.request, Request::Compute { .. })
}
