//! What repeated calls came to, as lines for people or as JSON.

use super::Repetition;
use crate::{
    ask::Request,
    headless::json_line,
    ids::TaskId,
    session::{Call, Journal},
    visible::visible_line,
    workbench::update::repeat::Came,
};
use serde::Serialize;
use std::io::{self, Write};

/// What a session's calls came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) identical: usize,
    pub(super) tokens: usize,
    /// Other numbers that decide the same.
    pub(super) close: usize,
    pub(super) differs: usize,
    pub(super) failed: usize,
    /// Answered by another model file than then.
    pub(super) other_file: usize,
}

/// The number of a task as a person says it; none on a branch that is not at hand.
fn number(journal: &Journal, task: TaskId) -> String {
    let plan = &journal.session().plan;
    match plan.contains(task) {
        true if plan.root() == Some(task) => "goal".to_owned(),
        true => plan.reference(TaskId(u32::MAX), task),
        false => "elsewhere".to_owned(),
    }
}

/// What answered, for people: a function, or a model for an expert.
fn by(call: &Call) -> String {
    let kind = if matches!(call.ask.request, Request::Compute { .. }) { " function" } else { "" };
    format!("{} [{}]{kind}", call.purpose.word(), call.ask.expert)
}

/// A line as JSON, whatever it is about.
#[derive(Serialize)]
struct Line<'a, T> {
    r#type: &'a str,
    file: &'a str,
    #[serde(flatten)]
    about: T,
}

/// What one call came to.
#[derive(Serialize)]
struct Again<'a> {
    call: String,
    task: TaskId,
    number: String,
    purpose: &'a str,
    expert: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    /// `identical`, `close`, `differs` or `failed`.
    came: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<usize>,
    /// 1-based place of the first token that differs, or of the first number of a vector or of scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number_at: Option<usize>,
    /// How far two numbers are apart at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    apart: Option<f32>,
    /// What the router chose by what it was told then, and what it chooses by what it is told now.
    #[serde(skip_serializing_if = "Option::is_none")]
    choices: Option<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

/// What all of them came to.
#[derive(Serialize)]
struct AgainSum<'a> {
    calls: usize,
    identical: usize,
    tokens: usize,
    close: usize,
    differs: usize,
    failed: usize,
    left_out: Vec<LeftOut<'a>>,
}

#[derive(Serialize)]
struct LeftOut<'a> {
    calls: usize,
    why: &'a str,
}

/// Tells of the calls of one file, in lines for people or as JSON.
pub(super) struct Teller<'a> {
    pub(super) file: &'a str,
    pub(super) json: bool,
    pub(super) out: &'a mut dyn Write,
}

impl Teller<'_> {
    fn line(&mut self, r#type: &str, about: impl Serialize) -> io::Result<()> {
        writeln!(self.out, "{}", json_line(&Line { r#type, file: self.file, about }))
    }

    /// One call: a line of a table, or a JSON object.
    pub(super) fn call(&mut self, journal: &Journal, call: &Call, came: &Came) -> io::Result<()> {
        let number = number(journal, call.task);
        if !self.json {
            let words = visible_line(&came.words()).into_owned();
            let by = visible_line(&by(call)).into_owned();
            return writeln!(self.out, "{:<6} {number:<10} {by:<34} {words}", call.id.to_string());
        }
        let mut about = Again {
            call: call.id.to_string(),
            task: call.task,
            number,
            purpose: call.purpose.word(),
            expert: &call.ask.expert,
            seed: match &call.ask.request {
                Request::Generate(generate) => Some(generate.sampling.seed),
                _ => None,
            },
            came: "failed",
            tokens: None,
            token: None,
            number_at: None,
            apart: None,
            choices: None,
            was: None,
            is: None,
            why: None,
        };
        match came {
            Came::Waiting => {}
            Came::Failed(why) => about.why = Some(why),
            Came::Identical(tokens) => (about.came, about.tokens) = ("identical", Some(*tokens)),
            Came::Differs(at, was, is) => {
                about.came = "differs";
                (about.token, about.was, about.is) = (Some(at + 1), Some(was.clone()), Some(is.clone()));
            }
            Came::Close { apart, choice, .. } => {
                (about.came, about.apart) = ("close", Some(*apart));
                about.choices = choice.clone().map(|choice| (choice.clone(), choice));
            }
            Came::Numbers { at, was, is, apart, choices, .. } => {
                about.came = "differs";
                (about.number_at, about.apart) =
                    (Some(at + 1), Some(*apart).filter(|apart| apart.is_finite()));
                about.choices.clone_from(choices);
                (about.was, about.is) = (Some(was.to_string()), Some(is.to_string()));
            }
        }
        self.line("again", about)
    }

    /// The last line: how many came out as they were, and what was left out.
    pub(super) fn sum(&mut self, sum: Sum, repetition: &Repetition) -> io::Result<()> {
        let Sum { identical, tokens, close, differs, failed, .. } = sum;
        let (calls, left_out) = (repetition.calls.len(), &repetition.left_out);
        if self.json {
            let left_out = left_out.iter().map(|(calls, why)| LeftOut { calls: *calls, why }).collect();
            return self
                .line("again-sum", AgainSum { calls, identical, tokens, close, differs, failed, left_out });
        }
        let mut words = format!("{identical} of {calls} calls came out identical ({tokens} tokens)");
        if 0 < close {
            words.push_str(&format!(", {close} are close (the same choice, or all but rounding)"));
        }
        if 0 < differs + failed {
            words.push_str(&format!("; {differs} differ, {failed} failed"));
        }
        if !left_out.is_empty() {
            let left: Vec<String> = left_out.iter().map(|(count, why)| format!("{count} {why}")).collect();
            words.push_str(&format!("; left out: {}", left.join(", ")));
        }
        writeln!(self.out, "{}", visible_line(&words))
    }
}

impl Sum {
    pub(super) fn add(&mut self, came: &Came, other_file: bool) {
        match came {
            Came::Identical(tokens) => {
                (self.identical, self.tokens) = (self.identical + 1, self.tokens + tokens)
            }
            Came::Close { .. } => self.close += 1,
            Came::Differs(..) | Came::Numbers { .. } => self.differs += 1,
            Came::Failed(_) | Came::Waiting => self.failed += 1,
        }
        self.other_file += usize::from(other_file);
    }
}
