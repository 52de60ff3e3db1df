//! What running the rest would cost, before it runs: from the calls that were made so far and what they took.

use super::{Survey, survey::Status};
use crate::{
    figure::counted,
    ids::{Seq, TaskId},
    session::{Event, Journal},
};
use std::collections::{BTreeMap, HashSet};

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

/// What open tasks will cost, task by task.
#[derive(Clone, Debug, Default)]
pub struct Forecast {
    tasks: BTreeMap<TaskId, Estimate>,
    /// Strategies may add parts, which cost more.
    pub open: bool,
}

impl Forecast {
    /// Of these tasks and what comes in their way: known answers are taken as if they were written down, and what the rest
    /// will ask is told from its experts.
    pub fn new(journal: &Journal, survey: &Survey, tasks: impl IntoIterator<Item = TaskId>) -> Forecast {
        let mut forecast = Forecast::default();
        for (task, prospect) in survey.prospects(journal, tasks) {
            forecast.open |= prospect.open;
            let cost = forecast.tasks.entry(task).or_default();
            prospect.calls.iter().for_each(|by| *cost += rated(journal, by));
        }
        forecast
    }

    /// What one task costs by itself, its parts not counted.
    pub fn of(&self, task: TaskId) -> Estimate {
        self.tasks.get(&task).copied().unwrap_or_default()
    }

    /// What all of them cost.
    pub fn sum(&self) -> Estimate {
        let mut sum = Estimate::default();
        self.tasks.values().for_each(|cost| sum += *cost);
        sum
    }
}

/// The tasks that are not done, parents first, and what they cost: all that is left to do as far as the plan goes.
pub fn left(journal: &Journal, survey: &Survey) -> (Vec<TaskId>, Forecast) {
    let open =
        survey.iter().filter(|(_, look)| look.status != Status::Done && look.status != Status::Cancelled);
    let tasks: Vec<TaskId> = open.map(|(task, _)| task).collect();
    let forecast = Forecast::new(journal, survey, tasks.iter().copied());
    (tasks, forecast)
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
        let estimated = match unknown {
            true => format!("{}", expected.calls),
            false => format!("{}, {:.0}, {:.1} s", expected.calls, expected.output_tokens, expected.seconds),
        };
        format!(
            "took {} ({}), {:.0} tokens ({}), {:.1} s ({}); estimated {estimated}",
            counted(real.calls, "call"),
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
            let (calls, usage) = journal.rate_of_models();
            (calls, usage, 1)
        }
        calls => (calls, usage, 0),
    };
    let of = f64::from(of.max(1));
    let output_tokens = f64::from(usage.output_tokens) / of;
    Estimate { calls: 1, output_tokens, seconds: usage.seconds / of, unmeasured }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ask::{Answer, Ask, Prompt, Request, Usage},
        session::Purpose,
    };

    #[test]
    fn what_functions_took_tells_nothing_of_models() {
        let mut journal = Journal::default();
        let call = |journal: &mut Journal, expert: &str, request: Request, tokens: u32| {
            let (call, task) = (journal.fresh_call(), TaskId(0));
            let (purpose, key, ask) = (Purpose::Answer, String::new(), Ask::local(expert, request));
            journal.record(Event::Asked { call, task, purpose, key, ask }, 0).unwrap();
            let usage = Usage { output_tokens: tokens, seconds: 2.0, ..Usage::default() };
            let answer = Answer { usage, ..Answer::plain("a") };
            journal.record(Event::Answered { call, answer }, 0).unwrap();
        };
        call(&mut journal, "split", Request::Compute { question: "x".to_owned() }, 0);
        assert!(rated(&journal, "answer").is_unknown(), "{:?}", rated(&journal, "answer"));
        let score = Request::Score { prompt: Prompt::Raw("x".to_owned()), continuations: vec![] };
        call(&mut journal, "answer", score, 40);
        let mean = Estimate { calls: 1, output_tokens: 40.0, seconds: 2.0, unmeasured: 1 };
        assert_eq!(rated(&journal, "story"), mean);
    }
}
