//! Gold: a file that says what the steps of a task should come to, as a session to compare with.
//!
//! Read are an outline with answers (`A:` below its `QS:`), and JSON, one object or one a line: `task` and `answer` with
//! `steps` (answers, or objects with `text` and `answer`), ProcBench (`intermediate`, `final`), GSM8K (`<<…=x>>` in the
//! answer), StrategyQA (`decomposition`). Steps that have no words of their own are a sequence of states: the first is held
//! against the first task of the plan, the second against the second.

use crate::{
    figure::counted,
    ids::TaskId,
    plan::{self, Draft, Edit, Margins, cut_margin, notation, read_outline},
    session::{Actor, Event, Journal, compare::Matching},
};
use serde_json::Value;
use std::collections::HashMap;

/// What the steps should come to.
#[derive(Clone, Debug)]
pub struct Gold {
    pub journal: Journal,
    /// How its tasks are told from those of a plan.
    pub matching: Matching,
}

/// The longest file that is read, in bytes.
const BYTES: usize = 64 << 20;

/// Reads gold for the task; of a file with many the one about this goal is taken, or the one of that number (from 1).
///
/// # Errors
/// What the file is not, or that nothing in it is about the goal.
pub fn read(text: &str, goal: &str, number: Option<usize>) -> Result<Gold, String> {
    if BYTES < text.len() {
        return Err(format!("it has {} bytes, {BYTES} are read", text.len()));
    }
    let text = text.trim_start_matches('\u{FEFF}');
    match text.trim_start().chars().next() {
        Some('{' | '[') => json(text, goal, number),
        Some(_) => outline(text),
        None => Err("it is empty".to_owned()),
    }
}

fn json(text: &str, goal: &str, number: Option<usize>) -> Result<Gold, String> {
    let all: Vec<Value> = match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(all)) => all,
        Ok(one) => vec![one],
        Err(_) => {
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            let read = |(at, line)| {
                serde_json::from_str(line).map_err(|error| format!("line {}: not JSON: {error}", at + 1))
            };
            lines.map(read).collect::<Result<_, _>>()?
        }
    };
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let about = |value: &&Value| named(value).is_some_and(|task| words(task) == words(goal));
    let found = match (number, &all[..]) {
        (Some(number), all) => number.checked_sub(1).and_then(|at| all.get(at)),
        (None, [one]) => Some(one),
        (None, all) => all.iter().find(about),
    };
    let Some(found) = found else {
        let cases = counted(all.len() as u64, "case");
        return Err(format!("none of its {cases} is about this goal: FILE@N takes the case of that number"));
    };
    let task = named(found).unwrap_or("the task").to_owned();
    let (steps, answer) = steps(found)?;
    let sequence = steps.iter().all(|(text, _)| text.is_none());
    let steps = steps
        .into_iter()
        .enumerate()
        .map(|(at, (text, answer))| (text.unwrap_or_else(|| format!("state {}", at + 1)), answer));
    let journal = journal(&task, answer, steps.collect())?;
    Ok(Gold { journal, matching: if sequence { Matching::Order } else { Matching::Words } })
}

/// The task that an object is about.
fn named(value: &Value) -> Option<&str> {
    ["question", "task", "goal"].into_iter().find_map(|field| value.get(field)?.as_str()).map(str::trim)
}

type Steps = Vec<(Option<String>, Option<String>)>;

/// Words and answer of each step, and the answer of the whole.
fn steps(value: &Value) -> Result<(Steps, Option<String>), String> {
    let list = |field: &str| value.get(field).and_then(Value::as_array);
    let answer = ["final", "answer"].into_iter().find_map(|field| value.get(field)).map(plan::show);
    if let Some(steps) = list("steps").or(list("states")) {
        let step = |step: &Value| match step {
            Value::Object(fields) => {
                (fields.get("text").map(plan::show), fields.get("answer").map(plan::show))
            }
            state => (None, Some(plan::show(state))),
        };
        return Ok((steps.iter().map(step).collect(), answer));
    }
    if let Some(states) = list("intermediate") {
        let last = value.get("final").map(plan::show);
        let states = states.iter().map(plan::show).chain(last).map(|state| (None, Some(state)));
        return Ok((states.collect(), answer));
    }
    if let Some(questions) = list("decomposition") {
        return Ok((questions.iter().map(|text| (Some(plan::show(text)), None)).collect(), answer));
    }
    if let Some((worked, last)) = answer.as_deref().and_then(|answer| answer.rsplit_once("####")) {
        let inside = worked.split("<<").skip(1).filter_map(|rest| rest.split_once(">>"));
        let results = inside.filter_map(|(sum, _)| sum.rsplit_once('='));
        let steps: Steps = results.map(|(_, result)| (None, Some(result.trim().to_owned()))).collect();
        return Ok((steps, Some(last.trim().to_owned())));
    }
    Err("it says nothing of steps: `steps`, `states`, `intermediate` or `decomposition` is wanted".to_owned())
}

fn journal(
    task: &str,
    answer: Option<String>,
    steps: Vec<(String, Option<String>)>,
) -> Result<Journal, String> {
    let (root, mut plan) = (TaskId(0), plan::Plan::default());
    let mut edits = vec![Edit::Add { task: root, parent: None, at: 0, draft: Draft::text(task) }];
    let mut solved = vec![];
    let apply = |plan: &mut plan::Plan, edit: &Edit| plan.apply(edit).map_err(|error| error.to_string());
    apply(&mut plan, &edits[0])?;
    for (at, (text, answer)) in steps.into_iter().enumerate() {
        let id = TaskId(at as u32 + 1);
        let draft = Draft::of_step(&notation::read_step(&text), &plan, Some(root));
        let edit = Edit::Add { task: id, parent: Some(root), at, draft };
        apply(&mut plan, &edit)?;
        edits.push(edit);
        solved.extend(answer.map(|answer| (id, answer)));
    }
    solved.extend(answer.map(|answer| (root, answer)));
    recorded(edits, solved)
}

fn recorded(edits: Vec<Edit>, solved: Vec<(TaskId, String)>) -> Result<Journal, String> {
    let mut journal = Journal::default();
    let edited = Event::Edited { by: Actor::Person, edits, reason: None };
    let solved = solved.into_iter().map(|(task, answer)| Event::Solved { task, key: String::new(), answer });
    for event in std::iter::once(edited).chain(solved) {
        journal.record(event, 0).map_err(|error| error.to_string())?;
    }
    Ok(journal)
}

/// An outline: an answer belongs to the last task of its depth.
fn outline(text: &str) -> Result<Gold, String> {
    let reading = read_outline(text, 0);
    let tasks: HashMap<usize, TaskId> = reading.lines.iter().copied().zip((0..).map(TaskId)).collect();
    let (mut margins, mut open) = (Margins::default(), vec![]);
    let mut solved: Vec<(TaskId, String)> = vec![];
    for (at, line) in text.lines().enumerate() {
        let (margin, bare) = cut_margin(line);
        match notation::read_line(bare) {
            notation::Line::Goal(_) | notation::Line::Step(_) => {
                open.truncate(margins.enter(margin).level);
                open.push(tasks.get(&(at + 1)).copied());
            }
            notation::Line::Answer(answer) => {
                let task = margins.answered(margin).and_then(|level| *open.get(level)?);
                solved.extend(task.map(|task| (task, notation::many_lines(&answer))));
            }
            // One that was cut is not what its step should come to.
            _ => {}
        }
    }
    if reading.edits.is_empty() {
        let first = reading.warnings.first().map(|warning| format!(" ({warning})")).unwrap_or_default();
        return Err(format!("no goal (`QC: `) is in it{first}, and it is no session and no JSON"));
    }
    let journal = recorded(reading.edits, solved)?;
    Ok(Gold { journal, matching: Matching::Words })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, goal: &str, expected: &[(&str, &str)], matching: Matching) {
        let gold = read(text, goal, None).unwrap();
        let session = gold.journal.session();
        let told = |task: TaskId| (session.plan.text(task), session.answer(task).unwrap_or("?").to_owned());
        let found: Vec<(String, String)> = session.plan.walk().into_iter().map(told).collect();
        let expected: Vec<(String, String)> =
            expected.iter().map(|(text, answer)| ((*text).to_owned(), (*answer).to_owned())).collect();
        assert_eq!(found, expected, "{text}");
        assert_eq!(gold.matching, matching);
    }

    #[test]
    fn gold_is_read_from_outlines_cases_and_data_sets() {
        let tree = [("a b", "z"), ("one", "1"), ("two of #1", "2")];
        check("QC: a b\nA: z\n  QS: [x] one\n  A: 1\n  QS: two of #1\n  A: 2", "", &tree, Matching::Words);
        check("QC: a b\n  QS: one\n  A: 1\n  QS: two of #1\n  A: 2\nA: z", "", &tree, Matching::Words);
        check(
            "QC: a b\n    QS: one\n    A: 1\n    QS: two of #1\n    A: 2\nA: z",
            "",
            &tree,
            Matching::Words,
        );
        check("QC: a b\nA: z\nQS: one\nA: 1\nQS: two of #1\nA: 2", "", &tree, Matching::Words);
        let steps = r#"{"task": "a b", "answer": "z", "steps": [{"text": "one", "answer": 1}, {"text": "two of #1", "answer": "2"}]}"#;
        check(steps, "", &tree, Matching::Words);
        let states = [("q", "cba"), ("state 1", "bca"), ("state 2", "cba")];
        let proc = r#"{"question": "q", "intermediate": ["bca"], "final": "cba"}"#;
        check(proc, "q", &states, Matching::Order);
        let math = r#"{"question": "q", "answer": "16-3 = <<16-3=13>>13.\nIt is <<13*2=26>>26.\n#### 26"}"#;
        check(math, "q", &[("q", "26"), ("state 1", "13"), ("state 2", "26")], Matching::Order);
        let two = format!("{}\n{}\n", math.replace("\"q\"", "\"p\""), proc);
        check(&two, "q", &states, Matching::Order);
        let strategy = r#"[{"question": "q", "answer": false, "decomposition": ["one", "two of #1"]}]"#;
        check(strategy, "q", &[("q", "false"), ("one", "?"), ("two of #1", "?")], Matching::Words);
        assert_eq!(read(&two, "x", Some(2)).unwrap().matching, Matching::Order);
    }

    #[test]
    fn what_is_no_gold_is_said() {
        let check = |text: &str, words: &str| {
            let why = read(text, "q", None).unwrap_err();
            assert!(why.contains(words), "{why}");
        };
        check("", "empty");
        check("hello", "no goal");
        check("{\"task\": \"q\", \"answer\": 1}", "nothing of steps");
        check("{\"task\": \"p\"}\n{\"task\": \"r\"}", "none of its 2 cases");
        check("{\"task\": \"p\"}\n{", "line 2: not JSON");
    }
}
