//! What happened, one line for each event worth knowing: as JSON for programs, as labelled text for people and screen
//! readers. Made from the records of the journal, so a line never says what the session does not.

use super::{Outcome, json_line, plain};
use crate::{
    ask::Finish,
    decision::{Candidate, Ruling},
    engine::Status,
    ids::TaskId,
    redact::redact_json,
    session::Event,
    workbench::{State, rows::is_cut},
};
use serde::Serialize;
use std::io::{self, Write};
use story::{lines, task_line};

mod story;

pub(super) use story::number;

/// The JSON schema of the lines of `run --json`, as `run --schema` prints it.
pub const SCHEMA: &str = include_str!("lines.schema.json");

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Labelled lines without escapes or box drawing, and the plan with its answers at the end.
    #[default]
    Plain,
    /// One JSON object a line, the last one the result.
    Json,
    /// Nothing at all.
    Silent,
}

/// One line. Tasks have an id that stays (`t3`) and a number that tells the place now (`1.2`, the goal is `0`).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Line {
    Session {
        title: String,
        strategy: String,
        router: String,
        model: String,
        seed: u64,
        temperature: f32,
    },
    /// A task came into the plan.
    Task {
        task: String,
        number: String,
        text: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        operator: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        expert: Option<String>,
    },
    /// A person's change of a task other than adding it.
    Edited {
        task: String,
        number: String,
        what: String,
    },
    /// The strategy read an answer; the tasks it added come after this line.
    Proposed {
        task: String,
        number: String,
        strategy: String,
        parts: usize,
        complete: bool,
        warnings: Vec<String>,
    },
    Routed {
        task: String,
        number: String,
        router: String,
        expert: String,
        confidence: f32,
        margin: f32,
        candidates: Vec<Candidate>,
    },
    Asked {
        task: String,
        number: String,
        call: String,
        purpose: String,
        expert: String,
        /// The question as asked; a prompt is left out, the session has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        question: Option<String>,
    },
    Answered {
        task: String,
        number: String,
        call: String,
        expert: String,
        answer: String,
        finish: Finish,
        prompt_tokens: u32,
        cached_tokens: u32,
        output_tokens: u32,
        seconds: f64,
    },
    Failed {
        task: String,
        number: String,
        call: String,
        expert: String,
        why: String,
    },
    /// A call was cancelled or broke off; the answer is what was there by then.
    Stopped {
        task: String,
        number: String,
        call: String,
        expert: String,
        answer: String,
        finish: Finish,
        /// Why it broke off.
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    Solved {
        task: String,
        number: String,
        text: String,
        expert: String,
        answer: String,
    },
    Pinned {
        task: String,
        number: String,
        answer: Option<String>,
    },
    /// A person said whether the answer is right; `None` takes that back.
    Judged {
        task: String,
        number: String,
        ruling: Option<Ruling>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A person changed what a call of the task sends, or how its answer begins.
    Amended {
        task: String,
        number: String,
        purpose: String,
        what: String,
    },
    /// Why the run ended before the goal had its answer.
    Ended {
        state: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        task: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        number: Option<String>,
        why: String,
    },
    /// Always the last line, with exactly these fields.
    Result {
        state: String,
        answer: Option<String>,
        calls: u32,
        prompt_tokens: u32,
        output_tokens: u32,
        seconds: f64,
        /// In the currency of the configured prices; left out where nothing cost any.
        #[serde(skip_serializing_if = "Option::is_none")]
        cost: Option<f64>,
    },
}

/// Tells what is new in a session.
#[derive(Debug)]
pub(super) struct Teller {
    style: Style,
    /// Records told so far.
    told: usize,
    /// Why the last call that failed did so.
    failed: String,
}

impl Teller {
    pub(super) fn new(style: Style) -> Teller {
        Teller { style, told: 0, failed: String::new() }
    }

    /// The session as it stands, for one that is continued; its past is not told again.
    pub(super) fn opening(&mut self, state: &State, out: &mut dyn Write) -> io::Result<()> {
        self.told = state.journal.records().len();
        let session = state.journal.session();
        let settings = session
            .settings
            .iter()
            .map(|settings| Event::Started { title: session.title.clone(), settings: settings.clone() });
        let started = settings.flat_map(|event| lines(&event, state)).collect::<Vec<_>>();
        let tasks = session.plan.walk().into_iter().filter_map(|task| task_line(&state.journal, task));
        started.into_iter().chain(tasks).try_for_each(|line| self.write(&line, out))
    }

    /// What was recorded since the last time.
    pub(super) fn news(&mut self, state: &State, out: &mut dyn Write) -> io::Result<()> {
        let records = state.journal.records();
        let fresh = records.get(self.told..).unwrap_or_default();
        self.told = records.len();
        if self.style == Style::Silent {
            return Ok(());
        }
        fresh
            .iter()
            .flat_map(|record| lines(&record.event, state))
            .try_for_each(|line| self.write(&line, out))
    }

    /// The last lines.
    pub(super) fn end(&mut self, state: &State, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        let place = |task: TaskId| (task.to_string(), number(&state.journal, task));
        if let Some(why) = &outcome.why {
            let (task, number) = outcome.task.map(place).unzip();
            let state = outcome.ending.word().to_owned();
            self.write(&Line::Ended { state, task, number, why: why.clone() }, out)?;
        }
        if self.style == Style::Plain {
            out.write_all(plain::answers(state).as_bytes())?;
            for task in state.journal.session().plan.walk() {
                let failed = match state.survey.look(task).map(|look| &look.status) {
                    // That of the task that held it up was told above.
                    Some(Status::Failed(why)) if outcome.task != Some(task) => Some(why.as_str()),
                    _ => is_cut(state, task).then_some("its answer was cut, its tokens were spent"),
                };
                if let Some(why) = failed {
                    writeln!(out, "{}", plain::warning(&number(&state.journal, task), why))?;
                }
            }
        }
        let usage = &outcome.usage;
        let result = Line::Result {
            state: outcome.ending.word().to_owned(),
            answer: outcome.answer.clone(),
            calls: outcome.calls,
            prompt_tokens: usage.prompt_tokens,
            output_tokens: usage.output_tokens,
            seconds: milli(outcome.seconds),
            cost: Some(outcome.cost).filter(|cost| 0.0 < *cost),
        };
        self.write(&result, out)?;
        out.flush()
    }

    fn write(&mut self, line: &Line, out: &mut dyn Write) -> io::Result<()> {
        if let Line::Failed { why, .. } = line {
            self.failed.clone_from(why);
        }
        match self.style {
            Style::Json => writeln!(out, "{}", redact_json(&json_line(line))),
            Style::Plain => writeln!(out, "{}", plain::line(line, &self.failed)),
            Style::Silent => Ok(()),
        }
    }
}

/// Seconds to the millisecond: what is below is noise.
pub(super) fn milli(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests;
