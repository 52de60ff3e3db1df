//! `lint`: what is suspicious in a plan, a session's or one in the notation, before anything runs.

use super::{Ending, json_line};
use crate::{
    ids::TaskId,
    plan::lint::{Finding, lint, lint_text},
    session::Journal,
};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Line<'a> {
    rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    /// Line of the text, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    what: &'a str,
    text: String,
}

/// Looks at the plan of a session, at its pointer.
pub fn session(journal: &Journal, depth: usize, json: bool, out: &mut dyn Write) -> io::Result<Ending> {
    let plan = &journal.session().plan;
    let place = |task: TaskId| match plan.root() == Some(task) {
        true => "goal".to_owned(),
        false => plan.reference(TaskId(u32::MAX), task),
    };
    let lines = lint(plan, depth);
    let told = |finding: &Finding| (Some(place(finding.task)), None, plan.text(finding.task));
    tell(&lines, told, json, out)
}

/// Looks at a plan in the notation. What could not be read at all is said, too.
pub fn text(text: &str, depth: usize, json: bool, out: &mut dyn Write) -> io::Result<Ending> {
    let (found, warnings) = lint_text(text, depth);
    // The places of the tasks among the lines.
    let is_task = |line: &&str| line.trim_start().starts_with("QC:") || line.trim_start().starts_with("QS:");
    let lines: Vec<(usize, &str)> = (1..).zip(text.lines()).filter(|(_, line)| is_task(line)).collect();
    let told = |finding: &Finding| {
        let line = lines.get(finding.task.0 as usize);
        (None, line.map(|line| line.0), line.map(|line| line.1.trim().to_owned()).unwrap_or_default())
    };
    let ending = tell(&found, told, json, out)?;
    if !json {
        for warning in &warnings {
            writeln!(out, "{}", clean(&warning.to_string()))?;
        }
    }
    Ok(if warnings.is_empty() { ending } else { Ending::NotMet })
}

fn tell(
    findings: &[Finding],
    told: impl Fn(&Finding) -> (Option<String>, Option<usize>, String),
    json: bool,
    out: &mut dyn Write,
) -> io::Result<Ending> {
    for finding in findings {
        let (task, line, text) = told(finding);
        let rule = finding.rule.word();
        if json {
            let line = Line { rule, task, line, what: &finding.what, text };
            writeln!(out, "{}", json_line(&line))?;
        } else {
            let place = task.or(line.map(|line| format!("line {line}"))).unwrap_or_default();
            writeln!(out, "{place}: {rule}: {}", clean(&finding.what))?;
            writeln!(out, "    {}", clean(&text))?;
        }
    }
    if !json && findings.is_empty() {
        writeln!(out, "nothing suspicious")?;
    }
    Ok(if findings.is_empty() { Ending::Done } else { Ending::NotMet })
}

fn clean(text: &str) -> String {
    crate::visible::visible(&text.replace('\n', " ")).into_owned()
}
