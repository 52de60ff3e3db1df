//! A regression case: what a plan was given, what has to come out, and what the experts said then, so that it runs again
//! with a model and without one. Written from what is on the screen; read by `plantern test`. Text in TOML.

use super::State;
use crate::{
    ask::{Ask, Finish, Request, Sampling, key::key_of},
    decision::{ExpertKind, Ruling},
    ids::TaskId,
    plan::{Check, Edit, outline},
    session::{Actor, Event, Outcome, Session, Settings},
};
use serde::{Deserialize, Serialize};

/// How the names of files with a case end.
pub const CASE: &str = ".case.toml";

/// The version that is written; no other is read.
const FORMAT: u32 = 1;

/// One case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub plantern_case: u32,
    pub task: String,
    /// The answer has to be one of these; any will do when there is none.
    #[serde(default)]
    pub expected: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_case: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any_order: bool,
    pub strategy: String,
    pub router: String,
    /// The model that answered; `plantern test --model NAME` asks another one.
    pub model: String,
    #[serde(default)]
    pub seed: u64,
    #[serde(default)]
    pub temperature: f32,
    #[serde(default = "one")]
    pub top_p: f32,
    /// The plan as a person made it, as an outline: its tasks run as they stand. Without it the strategy makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Answers to the tasks that wait for a person, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub person: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replies: Vec<Reply>,
}

fn one() -> f32 {
    1.0
}

/// What has to be so at one task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its place: `0` is the goal, `1.2` the second part of its first part.
    pub at: String,
    /// Its words; a plan that has others there fails.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// The answer was a person's: it is pinned before the plan runs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
}

/// What an expert said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Hash of the whole ask: prompt, sampling, grammar.
    pub ask: String,
    pub expert: String,
    /// The end of what was asked, by which the reply is found when the prompts before it have changed.
    pub asked: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<f32>,
    #[serde(default, skip_serializing_if = "is_stop")]
    pub finish: Finish,
}

fn is_stop(finish: &Finish) -> bool {
    *finish == Finish::Stop
}

/// The hash of an ask, and its end.
pub fn marks(ask: &Ask) -> (String, String) {
    let whole = serde_json::to_string(ask).unwrap_or_default();
    let asked = match &ask.request {
        Request::Generate(generate) => generate.prompt.text(),
        Request::Score { prompt, .. } => prompt.text(),
        Request::Similar { text, .. } => text.clone(),
        Request::Embed { texts } => texts.join("\n"),
        Request::Compute { question } | Request::Person { question } => question.clone(),
    };
    // What belongs to this very question stands at the end, behind the examples.
    let end = asked.rsplit("\n\n").next().unwrap_or_default();
    let from = end.char_indices().rev().nth(399).map_or(0, |(at, _)| at);
    (key_of(&[&whole]), end[from..].to_owned())
}

/// The place of a task as numbers from the goal.
pub fn place(session: &Session, task: TaskId) -> String {
    if session.plan.root() == Some(task) {
        return "0".to_owned();
    }
    session.plan.reference(TaskId(u32::MAX), task).trim_start_matches('#').to_owned()
}

impl Case {
    /// A case that only says what the answer has to be: no plan, no step, no reply.
    pub fn new(task: String, expected: Vec<String>, settings: &Settings) -> Case {
        Case {
            plantern_case: FORMAT,
            task,
            expected,
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
        }
    }

    /// The case of what is on the screen; `expected` is what the goal's answer has to be.
    pub fn of(state: &State, expected: Vec<String>) -> Option<Case> {
        let session = state.journal.session();
        let plan = &session.plan;
        let root = plan.root()?;
        let by_hand = by_hand(state);
        let mut person = vec![];
        let mut steps = vec![];
        for (task, look) in state.survey.iter() {
            let progress = session.progress(task);
            let answer = session.answer(task).map(str::to_owned);
            let asked_person =
                state.tools.roster.get(&look.by).is_some_and(|card| card.kind == ExpertKind::Person);
            if asked_person && progress.pinned.is_none() {
                person.extend(answer.clone());
            }
            // What somebody called wrong is no expectation; the goal has its own.
            let wrong = look.ruling() == Some(Ruling::Fail) || task == root;
            let draft = plan.task(task).map(|task| task.draft.clone()).unwrap_or_default();
            let step = Step {
                at: place(session, task),
                text: if task == root { String::new() } else { plan.text(task) },
                answer: answer.filter(|_| !wrong || progress.pinned.is_some()),
                check: draft.check,
                pinned: progress.pinned.is_some(),
            };
            if step.answer.is_some() || step.check.is_some() {
                steps.push(step);
            }
        }
        let calls = state
            .journal
            .calls()
            .filter(|call| plan.contains(call.task) && !matches!(call.ask.request, Request::Compute { .. }));
        let mut replies: Vec<Reply> = vec![];
        for call in calls {
            let Outcome::Answered(answer) = &call.outcome else { continue };
            let (ask, asked) = marks(&call.ask);
            let reply = Reply {
                ask,
                expert: call.ask.expert.clone(),
                asked,
                text: answer.text.clone(),
                scores: answer.scores.clone(),
                finish: answer.finish,
            };
            if !replies.contains(&reply) {
                replies.push(reply);
            }
        }
        Some(Case {
            plan: by_hand.then(|| outline(&routed(state))),
            person,
            steps,
            replies,
            ..Case::new(plan.text(root), expected, state.settings())
        })
    }

    pub fn sampling(&self) -> Sampling {
        Sampling { temperature: self.temperature, top_p: self.top_p, seed: self.seed }
    }

    /// The case as text that a person can read and change.
    pub fn text(&self) -> String {
        let body = toml::to_string_pretty(self).unwrap_or_default();
        format!(
            "# A regression case of Plantern: `plantern test FILE` runs it from its recorded replies, with --model anew.\n{body}"
        )
    }

    /// Reads a case.
    ///
    /// # Errors
    /// What is wrong and where, in words.
    pub fn read(text: &str) -> Result<Case, String> {
        let case: Case = toml::from_str(text).map_err(|error| error.to_string())?;
        match case.plantern_case {
            FORMAT if case.task.trim().is_empty() => Err("`task` is empty".to_owned()),
            FORMAT => Ok(case),
            other => Err(format!("plantern_case = {other}: this Plantern reads {FORMAT}")),
        }
    }
}

/// Did a person change what the plan is made of, so that no strategy would make it again?
fn by_hand(state: &State) -> bool {
    let path = state.journal.path(state.journal.head()).unwrap_or_default();
    path.into_iter().any(|record| match &record.event {
        Event::Edited { by: Actor::Person, edits, .. } => edits.iter().any(|edit| match edit {
            // The first task of all is the goal.
            Edit::Add { parent, .. } => parent.is_some(),
            Edit::SetCheck { .. } | Edit::SetBudget { .. } | Edit::Again { .. } => false,
            _ => true,
        }),
        Event::Pinned { .. } => true,
        Event::Routed { key, .. } => key.is_empty(),
        _ => false,
    })
}

/// The plan with the experts that a person chose named in it.
fn routed(state: &State) -> crate::plan::Plan {
    let session = state.journal.session();
    let mut plan = session.plan.clone();
    for task in plan.walk() {
        if let Some((key, decision)) = &session.progress(task).routed
            && key.is_empty()
        {
            let expert = Some(decision.chosen.clone());
            // A task of this plan can be given another expert.
            let _ = plan.apply(&Edit::SetExpert { task, expert });
        }
    }
    plan
}
