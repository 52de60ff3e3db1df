//! What running the rest would cost, before it runs: from the calls that were made so far and what they took.

use super::{Survey, survey::Status};
use crate::{
    engine::Move,
    ids::{Seq, TaskId},
    plan::{self, Operator},
    session::{Event, Journal},
};
use std::collections::HashSet;

/// Calls to models and what they may take. Functions are free.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    pub calls: u32,
    pub output_tokens: f64,
    pub seconds: f64,
    /// Calls of experts that no call was measured of, in this session: what they take is the mean of all.
    pub unmeasured: u32,
}

impl Estimate {
    /// Are there calls, and was no call of this session measured that tells what they take?
    pub fn is_unknown(&self) -> bool {
        0 < self.calls && self.unmeasured == self.calls && self.output_tokens == 0.0 && self.seconds == 0.0
    }
}

impl std::ops::AddAssign for Estimate {
    fn add_assign(&mut self, other: Estimate) {
        self.calls += other.calls;
        self.output_tokens += other.output_tokens;
        self.seconds += other.seconds;
        self.unmeasured += other.unmeasured;
    }
}

/// The stale tasks, what they wait for, and what of both has to be asked: all that a run of the stale may touch.
pub fn wanted(journal: &Journal, survey: &Survey) -> HashSet<TaskId> {
    let plan = &journal.session().plan;
    let open = |task: &TaskId| survey.look(*task).is_some_and(|look| look.status != Status::Done);
    let mut wanted = HashSet::new();
    let mut waiting: Vec<TaskId> = survey.stale().collect();
    while let Some(task) = waiting.pop() {
        if wanted.insert(task) {
            waiting.extend(plan.needs(task).into_iter().filter(open));
            waiting.extend(plan.parts(task).iter().copied().filter(open));
        }
    }
    wanted
}

/// What one task still costs by itself, its parts not counted. Nothing for a task that is done.
pub fn estimate(journal: &Journal, survey: &Survey, task: TaskId) -> Estimate {
    let Some(look) = survey.look(task).filter(|look| look.status != Status::Done) else {
        return Estimate::default();
    };
    let moves = survey.moves(journal, task);
    // Ready: it is known exactly which calls come first.
    let asks = moves.iter().filter_map(|next| match next {
        Move::Ask { ask, .. } => Some(ask),
        Move::Record(_) => None,
    });
    let mut expected = Estimate::default();
    let mut known = false;
    for ask in asks {
        known = true;
        if !matches!(ask.request, crate::ask::Request::Compute { .. } | crate::ask::Request::Person { .. }) {
            expected += rated(journal, &ask.expert);
        }
    }
    let solved = look.status == Status::Ready && !known;
    if known || solved && look.composite {
        return expected;
    }
    // Waiting: as many calls as the last time, or one for each item of the list there is now.
    let session = journal.session();
    let Some(found) = session.plan.task(task) else { return expected };
    let last = journal.calls_of(task).next_back();
    let model =
        |call: &crate::session::Call| !matches!(call.ask.request, crate::ask::Request::Compute { .. });
    if look.composite {
        // A finished decomposition asks nothing more when an answer changes.
        // One that goes step by step asks at least once more.
        let more = session.plan.parts(task).is_empty() || look.by == "decomposed";
        if !session.progress(task).complete && more {
            expected += rated(journal, &look.by);
        }
        return expected;
    }
    let by =
        if look.by.is_empty() { found.draft.expert.clone().unwrap_or_default() } else { look.by.clone() };
    let asks_model = last.map(model).unwrap_or_else(|| 0 < journal.rate(&by).0);
    if !asks_model {
        return expected;
    }
    let items = match (found.draft.operator, found.draft.phrase.needs().first()) {
        (Some(Operator::Project { over, .. }), Some(first)) => {
            session.answer(*first).map_or(1, |answer| plan::items(over, answer).len())
        }
        _ => 1,
    };
    for _ in 0..items {
        expected += rated(journal, &by);
    }
    expected
}

/// The tasks that are not done, parents first: all that is left to do as far as the plan goes.
pub fn left(journal: &Journal, survey: &Survey) -> (Vec<TaskId>, Estimate) {
    let open =
        survey.iter().filter(|(_, look)| look.status != Status::Done && look.status != Status::Cancelled);
    let tasks: Vec<TaskId> = open.map(|(task, _)| task).collect();
    let mut sum = Estimate::default();
    tasks.iter().for_each(|task| sum += estimate(journal, survey, *task));
    (tasks, sum)
}

/// An estimate that was written down, and what was really spent since, up to `end` or the next estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outturn {
    pub expected: Estimate,
    pub real: Estimate,
}

impl Outturn {
    /// The last estimate on the way to `end` and what became of it; of an older one with `of`.
    pub fn read(journal: &Journal, end: Option<Seq>, of: Option<Seq>) -> Option<Outturn> {
        let mut found: Option<(Seq, Outturn)> = None;
        for record in journal.path(end).ok()? {
            match &record.event {
                Event::Estimated { calls, output_tokens, seconds } => {
                    if found.is_some_and(|(seq, _)| Some(seq) == of) {
                        break;
                    }
                    let (calls, output_tokens, seconds) = (*calls, *output_tokens, *seconds);
                    let expected = Estimate { calls, output_tokens, seconds, unmeasured: 0 };
                    found = Some((record.seq, Outturn { expected, real: Estimate::default() }));
                }
                Event::Answered { call, answer } | Event::Stopped { call, partial: answer } => {
                    let paid = journal
                        .call(*call)
                        .is_some_and(|call| !matches!(call.ask.request, crate::ask::Request::Compute { .. }));
                    if let (Some((_, outturn)), true) = (&mut found, paid) {
                        outturn.real += Estimate {
                            calls: 1,
                            output_tokens: f64::from(answer.usage.output_tokens),
                            seconds: answer.usage.seconds,
                            unmeasured: 0,
                        };
                    }
                }
                _ => {}
            }
        }
        found.filter(|(seq, _)| of.is_none_or(|of| of == *seq)).map(|(_, outturn)| outturn)
    }

    /// `took 6 calls (+20 %), 140 tokens (+17 %), 3.4 s (+13 %); estimated 5, 120, 3.0 s`.
    pub fn told(&self) -> String {
        let Outturn { expected, real } = self;
        // What was written down when no call had been measured yet.
        let unknown = 0 < expected.calls && expected.output_tokens == 0.0 && expected.seconds == 0.0;
        let off = |expected: f64, real: f64| match (expected, real) {
            (0.0, 0.0) => "as said".to_owned(),
            (0.0, _) if unknown => "not estimated".to_owned(),
            (0.0, _) => "none was expected".to_owned(),
            (expected, real) => format!("{:+} %", (100.0 * (real - expected) / expected).round() as i64),
        };
        let s = if real.calls == 1 { "" } else { "s" };
        let estimated = match unknown {
            true => format!("{}", expected.calls),
            false => format!("{}, {:.0}, {:.1} s", expected.calls, expected.output_tokens, expected.seconds),
        };
        format!(
            "took {} call{s} ({}), {:.0} tokens ({}), {:.1} s ({}); estimated {estimated}",
            real.calls,
            off(f64::from(expected.calls), f64::from(real.calls)),
            real.output_tokens,
            off(expected.output_tokens, real.output_tokens),
            real.seconds,
            off(expected.seconds, real.seconds),
        )
    }
}

/// One call, as the measured ones of the expert were on average.
fn rated(journal: &Journal, expert: &str) -> Estimate {
    let (calls, usage) = journal.rate(expert);
    let (of, usage, unmeasured) = match calls {
        0 => {
            let (calls, usage) = journal.usage();
            (calls, usage, 1)
        }
        calls => (calls, usage, 0),
    };
    let of = f64::from(of.max(1));
    let output_tokens = f64::from(usage.output_tokens) / of;
    Estimate { calls: 1, output_tokens, seconds: usage.seconds / of, unmeasured }
}
