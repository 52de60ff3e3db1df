//! `lint`: what is suspicious in a plan, a session's or one in the notation, before anything runs.

use super::{Ending, json_line};
use crate::{
    ids::TaskId,
    plan::lint::{Finding, Linted, Rule, lint, lint_text},
    session::Journal,
};
use serde::Serialize;
use std::io::{self, Write};

/// One finding as it is told.
#[derive(Serialize)]
struct Line {
    rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    /// Line of the text, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    what: String,
    text: String,
}

/// The rule of what the notation itself does not allow.
const NOTATION: &str = "notation";

/// Looks at the plan of a session, at its pointer.
pub fn session(journal: &Journal, depth: usize, json: bool, out: &mut dyn Write) -> io::Result<Ending> {
    let plan = &journal.session().plan;
    let place = |task: TaskId| match plan.root() == Some(task) {
        true => "goal".to_owned(),
        false => plan.reference(TaskId(u32::MAX), task),
    };
    let line = |Finding { rule, task, what }| {
        let (place, text) = (place(task), plan.text(task));
        Line { rule: Rule::word(rule), task: Some(place), line: None, what, text }
    };
    let lines: Vec<Line> = lint(plan, depth).into_iter().map(line).collect();
    tell(&lines, json, out)
}

/// Looks at a plan in the notation; a line that can not be taken as it stands is a finding, too. The inner error says why
/// the text is no plan at all.
pub fn text(text: &str, depth: usize, json: bool, out: &mut dyn Write) -> io::Result<Result<Ending, String>> {
    let Linted { findings, reading } = lint_text(text, depth);
    if let Some(why) = reading.no_plan() {
        return Ok(Err(why));
    }
    let all: Vec<&str> = text.lines().collect();
    let line = |rule, line: usize, what| {
        let text = line.checked_sub(1).and_then(|at| all.get(at)).map_or("", |text| text.trim());
        Line { rule, task: None, line: Some(line), what, text: text.to_owned() }
    };
    let mut lines: Vec<Line> = findings
        .into_iter()
        .map(|Finding { rule, task, what }| {
            let at = reading.lines.get(task.0 as usize).copied().unwrap_or_default();
            line(rule.word(), at, what)
        })
        .collect();
    lines.extend(reading.warnings.into_iter().map(|warning| line(NOTATION, warning.line, warning.what)));
    tell(&lines, json, out).map(Ok)
}

fn tell(lines: &[Line], json: bool, out: &mut dyn Write) -> io::Result<Ending> {
    for line in lines {
        if json {
            writeln!(out, "{}", json_line(line))?;
        } else {
            let place =
                line.task.clone().or(line.line.map(|line| format!("line {line}"))).unwrap_or_default();
            writeln!(out, "{place}: {}: {}", line.rule, clean(&line.what))?;
            writeln!(out, "    {}", clean(&line.text))?;
        }
    }
    if !json && lines.is_empty() {
        writeln!(out, "nothing suspicious")?;
    }
    Ok(if lines.is_empty() { Ending::Done } else { Ending::NotMet })
}

fn clean(text: &str) -> String {
    crate::visible::visible(&text.replace('\n', " ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_text_is_named_with_its_line() {
        let check = |plan: &str, expected: &str, ending: Ending| {
            let mut out = vec![];
            assert_eq!(text(plan, 3, false, &mut out).unwrap(), Ok(ending), "{plan}");
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{plan}");
        };
        check("QC: a\n  QS: b\n  QS: c #1", "nothing suspicious\n", Ending::Done);
        check(
            "QC: a\nhello\n  QS: [EOQ]\n  QS: b\n  QS: #7 and #2 of #1",
            "line 5: circle: it waits for its own answer\n    QS: #7 and #2 of #1\n\
             line 5: missing-input: it uses the answer of #7, and no task had that number when this was written\n    \
             QS: #7 and #2 of #1\n\
             line 2: notation: neither a goal (`QC: `) nor a step (`QS: `); passed over\n    hello\n",
            Ending::NotMet,
        );
        let mut out = vec![];
        text("QC: a\nQC: b", 3, true, &mut out).unwrap().unwrap();
        let told = String::from_utf8(out).unwrap();
        assert!(told.starts_with(r#"{"rule":"notation","line":2,"what":"a second goal"#), "{told}");
    }

    #[test]
    fn a_text_without_a_task_is_no_plan() {
        let mut out = vec![];
        let why = text("root:x:0\nbin:x:1", 3, false, &mut out).unwrap().unwrap_err();
        assert!(why.starts_with("no plan in it (line 1: neither a goal"), "{why}");
        assert_eq!(out, b"", "nothing is said to be in order");
    }
}
