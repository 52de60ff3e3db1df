//! The controller: which move comes next. One pure function drives every strategy, so every call of every strategy can
//! be stepped, paused, edited, cancelled, counted, recorded and replayed by the same code.

use super::survey::{Status, Survey};
use crate::{
    ask::{Ask, Request},
    ids::TaskId,
    session::{Event, Journal, Outcome, Purpose},
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
    let mut stuck = None;
    for (task, look) in survey.iter() {
        match &look.status {
            Status::Running(_) => return Bound::Running,
            Status::NeedsPerson if !look.composite => return Bound::Person(task),
            Status::Failed(why) | Status::Stuck(why) => stuck = Some(Bound::Stuck(task, why.clone())),
            Status::Cancelled if stuck.is_none() => stuck = Some(Bound::Stuck(task, "cancelled".to_owned())),
            _ => {}
        }
    }
    stuck.unwrap_or(Bound::Stuck(root, "nothing is left that could be done".to_owned()))
}

/// Which limit one more call would break. Functions are free.
fn over_limit(journal: &Journal, ask: &Ask) -> Option<String> {
    if !paid(ask) {
        return None;
    }
    let limits = journal.session().settings.as_ref()?.limits;
    let (answered, usage) = journal.usage();
    let open = journal.calls().filter(|call| call.outcome == Outcome::Open && paid(&call.ask)).count();
    let calls = answered.saturating_add(open as u32);
    if calls >= limits.calls {
        return Some(format!("the limit of {} calls is reached", limits.calls));
    }
    if usage.output_tokens >= limits.output_tokens {
        return Some(format!("the limit of {} output tokens is reached", limits.output_tokens));
    }
    None
}

/// Does a call like this count against the limits?
fn paid(ask: &Ask) -> bool {
    !matches!(ask.request, Request::Compute { .. })
}
