//! `test`: regression cases, run from what the experts said when they were written, or with a model; each through the same
//! run as everything else, in memory. A case passes when the goal's answer is an expected one and every step is as it says.

mod faults;
mod recorded;
mod told;

pub use faults::Fault;
pub use recorded::Recorded;

use super::{
    Ending, Hands, Interrupt, Options, Outside, Start,
    cases::read_cases,
    lines::{Style, milli},
    run,
    run::plan,
};
use crate::{
    engine::{ModelState, Which},
    ids::TaskId,
    plan::{Edit, Plan},
    session::{Actor, Event, Settings},
    workbench::{SessionFile, State, case::Case},
};
use faults::faults;
use serde::Serialize;
use std::io::{self, Write};
use told::Sum;

/// The cases of one file: a case in TOML, or JSON lines as `eval` reads them.
///
/// # Errors
/// What is wrong in it and where.
pub fn read(text: &str, settings: &Settings) -> Result<Vec<Case>, String> {
    if !text.trim_start_matches('\u{FEFF}').trim_start().starts_with('{') {
        return Case::read(text).map(|case| vec![case]);
    }
    let cases = read_cases(text).map_err(|faults| faults.join("\n  "))?;
    let case = |case: super::cases::Case| Case::new(case.question(), vec![case.expected()], settings);
    Ok(cases.into_iter().map(case).collect())
}

/// How a case went.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename = "case")]
pub struct Verdict {
    pub file: String,
    pub task: String,
    pub ok: bool,
    pub state: &'static str,
    pub answer: Option<String>,
    /// In the order in which the plan runs: the first is where it went wrong first.
    pub faults: Vec<Fault>,
    /// Calls to models, recorded ones included.
    pub calls: u32,
    pub seconds: f64,
    /// Replies that were found although their prompts have changed.
    #[serde(skip_serializing_if = "is_zero")]
    pub loose: u32,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// What a case starts from: its settings, and its plan if a person made it.
///
/// # Errors
/// The plan of the case can not be read, or has no task where a step says there is one.
fn prepared(state: &State, case: &Case, model: Option<&str>, now: u64) -> Result<(State, Start), String> {
    let strategy = super::names::strategy_name(&case.strategy)?;
    let router = super::names::router_name(&case.router)?;
    let model_name = model.unwrap_or(&case.model);
    let settings = Settings { sampling: case.sampling(), ..Settings::new(strategy, router, model_name) };
    let mut fresh = State::new(state.tools.clone(), settings);
    fresh.models.clone_from(&state.models);
    if model.is_none() {
        for which in [Which::Language, Which::Embedding] {
            let (name, about) = ("recorded".to_owned(), "replies of the case".to_owned());
            fresh.models.insert(which, ModelState::Ready { name, about });
        }
    }
    let Some(text) = &case.plan else { return Ok((fresh, Start::Task(case.task.clone()))) };
    let (mut opened, _) = plan::opened(text, &fresh.defaults, now).map_err(|why| format!("`plan`: {why}"))?;
    let mut events = vec![];
    for step in &case.steps {
        let Some(task) = task_at(&opened.journal.session().plan, &step.at) else {
            return Err(format!("`steps`: the plan has no task at {}", step.at));
        };
        if let Some(check) = &step.check {
            let edits = vec![Edit::SetCheck { task, check: Some(check.clone()) }];
            events.push(Event::Edited { by: Actor::Person, edits, reason: None });
        }
        if step.pinned {
            events.push(Event::Pinned { task, answer: step.answer.clone(), reason: None });
        }
    }
    for event in events {
        opened.journal.record(event, now).map_err(|error| error.to_string())?;
    }
    fresh.journal = opened.journal;
    fresh.file = SessionFile::None;
    fresh.look();
    Ok((fresh, Start::Session))
}

/// The task at a place like `1.2`; `0` is the goal.
fn task_at(plan: &Plan, at: &str) -> Option<TaskId> {
    let root = plan.root()?;
    if at == "0" {
        return Some(root);
    }
    at.split('.').try_fold(root, |above, number| {
        let number: usize = number.parse().ok()?;
        plan.parts(above).get(number.checked_sub(1)?).copied()
    })
}

/// Runs one case. `model` is the one to ask; without it the recorded replies answer.
///
/// # Errors
/// Never for what a case says; only when output can not be written.
pub async fn one(
    state: &State,
    (file, case): (&str, &Case),
    model: Option<&str>,
    hands: &mut impl Hands,
    now: &dyn Fn() -> u64,
    interrupt: &mut Interrupt,
) -> io::Result<(Verdict, Ending)> {
    let wrong = |why: String| Verdict {
        file: file.to_owned(),
        task: case.task.clone(),
        ok: false,
        state: Ending::Usage.word(),
        answer: None,
        faults: vec![Fault {
            at: "0".to_owned(),
            text: case.task.clone(),
            expected: case.expected.clone(),
            got: None,
            why: Some(why),
        }],
        calls: 0,
        seconds: 0.0,
        loose: 0,
    };
    let (mut fresh, start) = match prepared(state, case, model, now()) {
        Ok(ready) => ready,
        Err(why) => return Ok((wrong(why), Ending::Usage)),
    };
    let mut outside = Outside {
        perform: &mut |_| vec![],
        now,
        out: &mut io::sink(),
        narration: &mut io::sink(),
        interrupt,
    };
    let options =
        Options { style: Style::Silent, quiet: true, answers: case.person.clone(), ..Options::default() };
    let outcome = run(&mut fresh, hands, &mut outside, start, &options).await?;
    let faults = faults(&fresh, case, &outcome);
    let verdict = Verdict {
        file: file.to_owned(),
        task: case.task.clone(),
        ok: faults.is_empty(),
        state: outcome.ending.word(),
        answer: outcome.answer.clone(),
        faults,
        calls: outcome.calls,
        seconds: milli(outcome.seconds),
        loose: 0,
    };
    Ok((verdict, outcome.ending))
}

/// Runs cases from their replies and tells how each went; see [`one`].
///
/// # Errors
/// `out` can not be written.
pub async fn recorded(
    state: &State,
    cases: &[(String, Case)],
    now: &dyn Fn() -> u64,
    json: bool,
    out: &mut dyn Write,
) -> io::Result<Ending> {
    let mut sum = Sum::default();
    for (file, case) in cases {
        let mut hands = Recorded::new(&case.replies);
        let mut interrupt = Interrupt::never();
        let (mut verdict, _) = one(state, (file, case), None, &mut hands, now, &mut interrupt).await?;
        verdict.loose = hands.loose();
        sum.tell(&verdict, json, out)?;
    }
    sum.end(json, out)
}

/// Runs cases with a model.
///
/// # Errors
/// `out` can not be written.
pub async fn live(
    state: &State,
    cases: &[(String, Case)],
    hands: &mut impl Hands,
    now: &dyn Fn() -> u64,
    interrupt: &mut Interrupt,
    json: bool,
    out: &mut dyn Write,
) -> io::Result<Ending> {
    let (mut sum, mut state) = (Sum::default(), state.clone());
    let model = state.defaults.model.clone();
    for (file, case) in cases {
        let (verdict, ending) = one(&state, (file, case), Some(&model), hands, now, interrupt).await?;
        // A model that has come meanwhile stays.
        for which in [Which::Language, Which::Embedding] {
            if state.models.contains_key(&which) {
                state.models.insert(which, ModelState::Loading(1.0));
            }
        }
        sum.tell(&verdict, json, out)?;
        if let Ending::Interrupted | Ending::NoModel = ending {
            sum.end(json, out)?;
            return Ok(ending);
        }
    }
    sum.end(json, out)
}
