//! `test`: regression cases, run from what the experts said when they were written, or with a model; each through the same
//! run as everything else, in memory. A case passes when the goal's answer is an expected one and every step is as it says.

use super::{
    Ending, Hands, Interrupt, Options, Outcome, Outside, Start,
    cases::{Compare, read_cases},
    json_line,
    lines::{Style, milli},
    run,
    run::plan,
};
use crate::{
    ask::{Answer, Request},
    decision::Ruling,
    engine::{Command, ModelState, Report, Which},
    expert::symbolic,
    ids::TaskId,
    judge,
    plan::{Edit, Plan},
    session::{Actor, Event, Limits, Settings},
    visible::visible,
    workbench::{
        SessionFile, State,
        case::{Case, Reply, Step, marks, place},
    },
};
use serde::Serialize;
use std::{
    collections::{HashMap, VecDeque},
    io::{self, Write},
};

/// The cases of one file: a case in TOML, or JSON lines as `eval` reads them.
///
/// # Errors
/// What is wrong in it and where.
pub fn read(text: &str, settings: &Settings) -> Result<Vec<Case>, String> {
    if !text.trim_start_matches('\u{FEFF}').trim_start().starts_with('{') {
        return Case::read(text).map(|case| vec![case]);
    }
    let cases = read_cases(text).map_err(|faults| faults.join("\n  "))?;
    let case = |case: super::cases::Case| Case {
        plantern_case: crate::workbench::case::FORMAT,
        task: case.question(),
        expected: vec![case.expected()],
        ignore_case: false,
        any_order: false,
        strategy: settings.strategy.clone(),
        router: settings.router.clone(),
        model: settings.model.clone(),
        seed: settings.sampling.seed,
        temperature: settings.sampling.temperature,
        top_p: settings.sampling.top_p,
        plan: None,
        person: vec![],
        steps: vec![],
        replies: vec![],
    };
    Ok(cases.into_iter().map(case).collect())
}

/// Something that is not as the case says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// The place of the task; `0` is the goal.
    pub at: String,
    pub text: String,
    pub expected: Vec<String>,
    pub got: Option<String>,
    /// In words, when it is no answer that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
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

/// Says again what the experts said when the case was written; functions compute.
pub struct Recorded {
    by_ask: HashMap<String, VecDeque<Reply>>,
    by_end: HashMap<(String, String), VecDeque<Reply>>,
    ready: VecDeque<Report>,
    loose: u32,
}

impl Recorded {
    pub fn new(replies: &[Reply]) -> Recorded {
        let (mut by_ask, mut by_end) = (HashMap::new(), HashMap::new());
        for reply in replies {
            let of_ask: &mut VecDeque<Reply> = by_ask.entry(reply.ask.clone()).or_default();
            of_ask.push_back(reply.clone());
            let end = (reply.expert.clone(), reply.asked.clone());
            let of_end: &mut VecDeque<Reply> = by_end.entry(end).or_default();
            of_end.push_back(reply.clone());
        }
        Recorded { by_ask, by_end, ready: VecDeque::new(), loose: 0 }
    }

    fn reply(&mut self, ask: &crate::ask::Ask) -> Result<Answer, String> {
        if let Request::Compute { question } = &ask.request {
            return symbolic::compute(&ask.expert, question)
                .map(Answer::plain)
                .map_err(|error| error.to_string());
        }
        let (key, end) = marks(ask);
        // The last one stays: who asks once more hears the same.
        let take =
            |all: &mut VecDeque<Reply>| if 1 < all.len() { all.pop_front() } else { all.front().cloned() };
        let exact = self.by_ask.get_mut(&key).and_then(take);
        let found = match exact {
            Some(reply) => Some(reply),
            None => {
                let near = self.by_end.get_mut(&(ask.expert.clone(), end.clone())).and_then(take);
                self.loose += u32::from(near.is_some());
                near
            }
        };
        let Some(reply) = found else {
            let last = end.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
            let asked = crate::literal::shortened(last);
            return Err(format!(
                "no reply is recorded for [{}] \"{asked}\": run it with --model, or write the case again",
                ask.expert
            ));
        };
        Ok(Answer { scores: reply.scores, finish: reply.finish, ..Answer::plain(reply.text) })
    }
}

impl Hands for Recorded {
    fn perform(&mut self, command: Command) {
        if let Command::Ask { call, ask } = command {
            let report = match self.reply(&ask) {
                Ok(answer) => Report::Done { call, answer },
                Err(why) => Report::Failed { call, why },
            };
            self.ready.push_back(report);
        }
    }

    async fn next(&mut self) -> Option<Report> {
        self.ready.pop_front()
    }
}

/// What a case starts from: its settings, and its plan if a person made it.
///
/// # Errors
/// The plan of the case can not be read, or has no task where a step says there is one.
fn prepared(state: &State, case: &Case, model: Option<&str>, now: u64) -> Result<(State, Start), String> {
    let settings = Settings {
        strategy: super::names::strategy_name(&case.strategy)?.to_owned(),
        router: super::names::router_name(&case.router)?.to_owned(),
        model: model.unwrap_or(&case.model).to_owned(),
        sampling: case.sampling(),
        limits: Limits::default(),
    };
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

/// Everything that is not as the case says, in the order in which the plan runs.
fn faults(state: &State, case: &Case, outcome: &Outcome) -> Vec<Fault> {
    let (session, same) =
        (state.journal.session(), Compare { ignore_case: case.ignore_case, any_order: case.any_order });
    let plan = &session.plan;
    let mut found: Vec<(TaskId, Fault)> = vec![];
    let mut missing = vec![];
    let root = plan.root().unwrap_or(TaskId(0));
    let fault = |task: TaskId, expected: Vec<String>, why: Option<String>| Fault {
        at: place(session, task),
        text: plan.text(task),
        expected,
        got: session.answer(task).map(str::to_owned),
        why,
    };
    for step in &case.steps {
        let Some(task) = task_at(plan, &step.at) else {
            let (at, text) = (step.at.clone(), step.text.clone());
            let why = Some("there is no such task in the plan".to_owned());
            missing.push(Fault { at, text, expected: step.answer.iter().cloned().collect(), got: None, why });
            continue;
        };
        found.extend(step_fault(state, step, task, same, &fault).map(|fault| (task, fault)));
    }
    let right = |answer: &String| case.expected.iter().any(|expected| same.same(answer, expected));
    match &outcome.answer {
        Some(answer) if case.expected.is_empty() || right(answer) => {}
        Some(_) => found.push((root, fault(root, case.expected.clone(), None))),
        None => {
            let why = outcome.why.clone().unwrap_or_else(|| outcome.ending.word().to_owned());
            found.push((root, fault(root, case.expected.clone(), Some(why))));
        }
    }
    let order = plan.dependencies_first();
    let rank = |task: &TaskId| order.iter().position(|other| other == task).unwrap_or(usize::MAX);
    found.sort_by_key(|(task, _)| rank(task));
    let mut faults: Vec<Fault> = found.into_iter().map(|(_, fault)| fault).collect();
    faults.extend(missing);
    faults
}

/// What is wrong at one step, if anything.
fn step_fault(
    state: &State,
    step: &Step,
    task: TaskId,
    same: Compare,
    fault: &dyn Fn(TaskId, Vec<String>, Option<String>) -> Fault,
) -> Option<Fault> {
    let session = state.journal.session();
    let expected: Vec<String> = step.answer.iter().cloned().collect();
    if !step.text.is_empty() && step.text != session.plan.text(task) {
        return Some(fault(task, expected, Some(format!("the task was: {}", step.text))));
    }
    let answer = session.answer(task)?;
    if let Some(wanted) = &step.answer
        && !same.same(answer, wanted)
    {
        return Some(fault(task, expected, None));
    }
    let look = state.survey.look(task)?;
    let operator = session.plan.task(task)?.draft.operator;
    step.check.iter().flat_map(|check| check.rules()).find_map(|(rule, must)| {
        let scene = judge::Scene { rule, questions: &look.questions, operator, answer, reply: None };
        match judge::judge(&scene).1 {
            judge::Next::Says(verdict) if must && verdict.ruling == Ruling::Fail => {
                Some(fault(task, vec![], Some(verdict.evidence)))
            }
            _ => None,
        }
    })
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
        verdict.loose = hands.loose;
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

#[derive(Default, Serialize)]
struct Sum {
    cases: u32,
    failed: u32,
}

impl Sum {
    fn tell(&mut self, verdict: &Verdict, json: bool, out: &mut dyn Write) -> io::Result<()> {
        self.cases += 1;
        self.failed += u32::from(!verdict.ok);
        if json {
            return writeln!(out, "{}", json_line(verdict));
        }
        let clean = |text: &str| visible(&text.replace('\n', " ")).into_owned();
        let (word, answer) =
            (if verdict.ok { "ok  " } else { "FAIL" }, verdict.answer.as_deref().unwrap_or("-"));
        let loose = match verdict.loose {
            0 => String::new(),
            n => format!(", {n} found by their end: the prompts have changed"),
        };
        let (calls, seconds) = (verdict.calls, verdict.seconds);
        let file = clean(&verdict.file);
        writeln!(out, "{word}  {file}  {}  ({calls} calls, {seconds:.1} s{loose})", clean(answer))?;
        for (nth, fault) in verdict.faults.iter().enumerate() {
            let at = if fault.at == "0" { "goal".to_owned() } else { format!("step {}", fault.at) };
            let first = if nth == 0 && 1 < verdict.faults.len() { "  (the first)" } else { "" };
            writeln!(out, "  {at}  {}{first}", clean(&fault.text))?;
            for expected in &fault.expected {
                writeln!(out, "    - {}", clean(expected))?;
            }
            if let Some(got) = &fault.got {
                writeln!(out, "    + {}", clean(got))?;
            }
            if let Some(why) = &fault.why {
                writeln!(out, "    ! {}", clean(why))?;
            }
        }
        Ok(())
    }

    fn end(&self, json: bool, out: &mut dyn Write) -> io::Result<Ending> {
        #[derive(Serialize)]
        struct Line<'a> {
            r#type: &'a str,
            #[serde(flatten)]
            sum: &'a Sum,
        }
        match json {
            true => writeln!(out, "{}", json_line(&Line { r#type: "sum", sum: self }))?,
            false => writeln!(out, "{} of {} cases passed", self.cases - self.failed, self.cases)?,
        }
        out.flush()?;
        Ok(if self.failed == 0 { Ending::Done } else { Ending::NotMet })
    }
}
