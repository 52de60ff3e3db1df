//! `export`: a session in another form: the outline for people and other programs' prompts, JSON for programs.

use super::{Ending, json_line, lines::number, plain, replay::session_hash};
use crate::{
    decision::Decision,
    ids::TaskId,
    workbench::{State, rows::is_cut},
};
use serde::Serialize;
use std::io::{self, Write};

/// A task as it stands.
#[derive(Serialize)]
struct Task<'a> {
    task: String,
    number: String,
    parent: Option<String>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expert: Option<&'a str>,
    /// The tasks whose answers it uses.
    needs: Vec<String>,
    answer: Option<&'a str>,
    /// The answer broke off where the tokens of its call were spent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    /// The answer is a person's.
    pinned: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'a Decision>,
}

/// The plan in the notation, each answer below its question, marked where it was cut.
pub fn outline(state: &State, out: &mut dyn Write) -> io::Result<Ending> {
    out.write_all(plain::answers(state).as_bytes())?;
    Ok(Ending::Done)
}

/// Plan, answers and decisions as one JSON object in one line.
pub fn json(state: &State, out: &mut dyn Write) -> io::Result<Ending> {
    #[derive(Serialize)]
    struct Exported<'a> {
        title: &'a str,
        hash: String,
        settings: Option<&'a crate::session::Settings>,
        tasks: Vec<Task<'a>>,
    }
    let journal = &state.journal;
    let session = journal.session();
    let plan = &session.plan;
    let row = |task: TaskId| {
        let draft = &plan.task(task)?.draft;
        let progress = session.progress(task);
        Some(Task {
            task: task.to_string(),
            number: number(journal, task),
            parent: plan.parent(task).map(|parent| parent.to_string()),
            text: plan.text(task),
            operator: draft.operator.map(|operator| operator.to_string()),
            expert: draft.expert.as_deref(),
            needs: plan.needs(task).iter().map(ToString::to_string).collect(),
            answer: session.answer(task),
            cut: is_cut(state, task),
            pinned: progress.pinned.is_some(),
            decision: progress.routed.as_ref().map(|(_, decision)| decision),
        })
    };
    let tasks = plan.walk().into_iter().filter_map(row).collect();
    let hash = session_hash(session);
    let exported = Exported { title: &session.title, hash, settings: session.settings.as_ref(), tasks };
    writeln!(out, "{}", json_line(&exported))?;
    Ok(Ending::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        headless::{
            lines::Style,
            script::{plan, ran, state},
        },
        plan::read_outline,
    };

    #[test]
    fn an_exported_outline_is_read_again_and_json_has_everything() {
        let text =
            "QC: sum\n  QS: twice\n    QS: [calculate] What is 2 + 3?\n  QS: [calculate] What is #1 * 2?";
        let (state, _) = ran(state(), plan(text), "", Style::Silent);
        let mut out = vec![];
        outline(&state, &mut out).unwrap();
        let told = String::from_utf8(out).unwrap();
        let expected = "QC: sum\n  QS: twice\n    QS: [calculate] What is 2 + 3?\n    A: 5\n  A: 5\n  \
                        QS: [calculate] What is #1 * 2?\n  A: 10\nA: 10\n";
        assert_eq!(told, expected);
        let reading = read_outline(&told, 0);
        assert_eq!((reading.edits.len(), reading.warnings.len()), (4, 0));
        let mut out = vec![];
        json(&state, &mut out).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["tasks"][3]["answer"], "10");
        assert_eq!(value["tasks"][3]["needs"][0], "t1");
        assert_eq!(value["tasks"][2]["number"], "1.1");
    }
}
