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

/// One call: a line of a table, or a JSON object.
pub(super) fn tell(
    file: &str,
    journal: &Journal,
    call: &Call,
    came: &Came,
    json: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        r#type: &'a str,
        file: &'a str,
        call: String,
        task: TaskId,
        number: String,
        purpose: &'a str,
        expert: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
        /// `identical`, `differs` or `failed`.
        came: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        tokens: Option<usize>,
        /// 1-based place of the first token that differs, or of the first number of a vector or of scores.
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        number_at: Option<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        was: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        is: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<&'a str>,
    }
    let number = number(journal, call.task);
    if !json {
        let words = visible_line(&came.words()).into_owned();
        let by = visible_line(&by(call)).into_owned();
        return writeln!(out, "{:<6} {number:<10} {by:<34} {words}", call.id.to_string());
    }
    let mut line = Line {
        r#type: "again",
        file,
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
        was: None,
        is: None,
        why: None,
    };
    match came {
        Came::Waiting => {}
        Came::Failed(why) => line.why = Some(why),
        Came::Identical(tokens) => (line.came, line.tokens) = ("identical", Some(*tokens)),
        Came::Differs(at, was, is) => {
            line.came = "differs";
            (line.token, line.was, line.is) = (Some(at + 1), Some(was.clone()), Some(is.clone()));
        }
        Came::Numbers { at, was, is, .. } => {
            line.came = "differs";
            (line.number_at, line.was, line.is) = (Some(at + 1), Some(was.to_string()), Some(is.to_string()));
        }
    }
    writeln!(out, "{}", json_line(&line))
}

impl Sum {
    pub(super) fn add(&mut self, came: &Came, other_file: bool) {
        match came {
            Came::Identical(tokens) => {
                (self.identical, self.tokens) = (self.identical + 1, self.tokens + tokens)
            }
            Came::Differs(..) | Came::Numbers { .. } => self.differs += 1,
            Came::Failed(_) | Came::Waiting => self.failed += 1,
        }
        self.other_file += usize::from(other_file);
    }

    /// The last line: how many came out as they were, and what was left out.
    pub(super) fn tell(
        self,
        file: &str,
        repetition: &Repetition,
        json: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        #[derive(Serialize)]
        struct Line<'a> {
            r#type: &'a str,
            file: &'a str,
            calls: usize,
            identical: usize,
            tokens: usize,
            differs: usize,
            failed: usize,
            left_out: Vec<LeftOut<'a>>,
        }
        #[derive(Serialize)]
        struct LeftOut<'a> {
            calls: usize,
            why: &'a str,
        }
        let Sum { identical, tokens, differs, failed, .. } = self;
        let all = repetition.calls.len();
        if json {
            let left =
                repetition.left_out.iter().map(|(calls, why)| LeftOut { calls: *calls, why }).collect();
            let r#type = "again-sum";
            let line = Line { r#type, file, calls: all, identical, tokens, differs, failed, left_out: left };
            return writeln!(out, "{}", json_line(&line));
        }
        let mut words = format!("{identical} of {all} calls came out identical ({tokens} tokens)");
        if 0 < differs + failed {
            words.push_str(&format!("; {differs} differ, {failed} failed"));
        }
        if !repetition.left_out.is_empty() {
            let left: Vec<String> =
                repetition.left_out.iter().map(|(count, why)| format!("{count} {why}")).collect();
            words.push_str(&format!("; left out: {}", left.join(", ")));
        }
        writeln!(out, "{}", visible_line(&words))
    }
}
