//! `compare`: two sessions, two branches, or a session and gold beside each other: what differs, task by task, the first
//! divergent step, and what each side cost.

use super::{Ending, json_line};
use crate::{
    ids::{Seq, TaskId},
    plan::Operator,
    session::{
        Journal, Session,
        branches::branches,
        compare::{Costs, Matching, Pair, compare, costs, expert},
    },
};
use serde::Serialize;
use std::io::{self, Write};

/// One side: a state of a session.
pub struct Side<'a> {
    pub name: String,
    pub journal: &'a Journal,
    pub at: Option<Seq>,
}

/// The file in `FILE`, `FILE#BRANCH` or `FILE@EVENT`, and what stands behind it with its mark.
pub fn parse(argument: &str) -> (&str, Option<(char, &str)>) {
    let mark = argument.rfind(['#', '@']).filter(|at| 0 < *at && !argument[*at..].contains(['/', '.']));
    match mark {
        Some(at) => (&argument[..at], argument[at..].chars().next().map(|mark| (mark, &argument[at + 1..]))),
        None => (argument, None),
    }
}

/// Where in the session that is; `Err` names the branches there are.
pub fn place(journal: &Journal, mark: Option<(char, &str)>) -> Result<Option<Seq>, String> {
    match mark {
        None => Ok(journal.head()),
        Some(('@', number)) => match number.parse::<u32>() {
            // Events count from 1, as the screens do.
            Ok(n) if 0 < n && n as usize <= journal.records().len() => Ok(Some(Seq(n - 1))),
            _ => Err(format!("there is no event {number}: the session has {}", journal.records().len())),
        },
        Some((_, name)) => {
            let all = branches(journal);
            all.iter().find(|branch| branch.name == name).map(|branch| Some(branch.tip)).ok_or_else(|| {
                let names: Vec<&str> = all.iter().map(|branch| branch.name.as_str()).collect();
                format!("no branch is called `{name}`; there are {}", names.join(", "))
            })
        }
    }
}

/// A task of one side.
#[derive(Serialize)]
struct Told {
    task: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expert: Option<String>,
    answer: Option<String>,
    calls: u32,
    output_tokens: u32,
    seconds: f64,
}

#[derive(Serialize)]
struct Line {
    differences: Vec<&'static str>,
    /// This is the first divergent step.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    first: bool,
    one: Option<Told>,
    other: Option<Told>,
}

#[derive(Serialize)]
struct Sum {
    tasks: usize,
    differing: usize,
    /// The first divergent step: it differs, and nothing that it was made of does. Counted from 1.
    first: Option<usize>,
    calls: [u32; 2],
    output_tokens: [u32; 2],
    seconds: [f64; 2],
}

/// Tells both sides. Ends as not met when they differ, as `diff` does.
pub fn run(
    one: &Side<'_>,
    other: &Side<'_>,
    matching: Matching,
    json: bool,
    out: &mut dyn Write,
) -> io::Result<Ending> {
    let state = |side: &Side<'_>| side.journal.session_at(side.at).unwrap_or_default();
    let (mine, theirs) = (state(one), state(other));
    let comparison = compare(&mine, &theirs, matching);
    let first = comparison.divergence(&mine, &theirs);
    let (own, its) = (costs(one.journal, one.at), costs(other.journal, other.at));
    let total = |costs: &Costs| {
        costs.values().fold((0, 0, 0.0), |(calls, tokens, seconds), (of, usage)| {
            (calls + of, tokens + usage.output_tokens, seconds + usage.seconds)
        })
    };
    let (a, b) = (total(&own), total(&its));
    let sum = Sum {
        tasks: comparison.pairs.len(),
        differing: comparison.differing().count(),
        first: first.map(|at| at + 1),
        calls: [a.0, b.0],
        output_tokens: [a.1, b.1],
        seconds: [milli(a.2), milli(b.2)],
    };
    if json {
        for (at, pair) in comparison.pairs.iter().enumerate() {
            let line = Line {
                first: first == Some(at),
                differences: pair.differences.iter().map(|what| what.word()).collect(),
                one: pair.one.map(|task| told(&mine, task, &own)),
                other: pair.other.map(|task| told(&theirs, task, &its)),
            };
            writeln!(out, "{}", json_line(&line))?;
        }
        writeln!(out, "{}", json_line(&sum))?;
    } else {
        plain((one, other), (&mine, &theirs), &comparison.pairs, first, out)?;
        writeln!(out)?;
        let cost = |side: &Side<'_>, (calls, tokens, seconds): (u32, u32, f64)| {
            format!("{}: {calls} calls, {tokens} tokens, {seconds:.1} s", side.name)
        };
        writeln!(out, "{}", clean(&cost(one, a)))?;
        writeln!(out, "{}", clean(&cost(other, b)))?;
        match sum.first {
            None => writeln!(out, "no task differs")?,
            Some(first) => {
                writeln!(
                    out,
                    "{} of {} tasks differ, the first divergent step is line {first}",
                    sum.differing, sum.tasks
                )?;
            }
        }
    }
    Ok(if sum.differing == 0 { Ending::Done } else { Ending::NotMet })
}

fn plain(
    (one, other): (&Side<'_>, &Side<'_>),
    (mine, theirs): (&Session, &Session),
    pairs: &[Pair],
    first: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "- {}", clean(&one.name))?;
    writeln!(out, "+ {}", clean(&other.name))?;
    for (at, pair) in pairs.iter().enumerate() {
        let indent = "  ".repeat(pair.depth);
        let line = |session: &Session, task: TaskId| {
            let operator = operator(session, task).map(|one| format!("({one}) ")).unwrap_or_default();
            let by = expert(session, task).map(|by| format!("[{by}] ")).unwrap_or_default();
            let answer = session.answer(task).map(|answer| format!(" -> {answer}")).unwrap_or_default();
            clean(&format!("{operator}{by}{}{answer}", session.plan.text(task)))
        };
        let (mine, theirs) =
            (pair.one.map(|task| line(mine, task)), pair.other.map(|task| line(theirs, task)));
        if pair.differences.is_empty() {
            writeln!(out, "  {indent}{}", mine.or(theirs).unwrap_or_default())?;
            continue;
        }
        let words: Vec<&str> = pair.differences.iter().map(|what| what.word()).collect();
        let words = format!("{}{}", words.join(", "), if first == Some(at) { "; first" } else { "" });
        if let Some(mine) = mine {
            writeln!(out, "- {indent}{mine}   ({words})")?;
        }
        if let Some(theirs) = theirs {
            writeln!(out, "+ {indent}{theirs}   ({words})")?;
        }
    }
    Ok(())
}

fn told(session: &Session, task: TaskId, costs: &Costs) -> Told {
    let (calls, usage) = costs.get(&task).copied().unwrap_or_default();
    Told {
        task: task.to_string(),
        text: session.plan.text(task),
        operator: operator(session, task).map(|one| one.to_string()),
        expert: expert(session, task).map(str::to_owned),
        answer: session.answer(task).map(str::to_owned),
        calls,
        output_tokens: usage.output_tokens,
        seconds: milli(usage.seconds),
    }
}

fn operator(session: &Session, task: TaskId) -> Option<Operator> {
    session.plan.task(task)?.draft.operator
}

fn milli(seconds: f64) -> f64 {
    (1000.0 * seconds).round() / 1000.0
}

fn clean(text: &str) -> String {
    crate::visible::visible(&text.replace('\n', " ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_a_file_with_a_branch_or_an_event_behind_it() {
        assert_eq!(parse("a.jsonl"), ("a.jsonl", None));
        assert_eq!(parse("a.jsonl#main"), ("a.jsonl", Some(('#', "main"))));
        assert_eq!(parse("a.jsonl@7"), ("a.jsonl", Some(('@', "7"))));
        assert_eq!(parse("me@home/a.jsonl"), ("me@home/a.jsonl", None));
        let journal = Journal::default();
        assert_eq!(place(&journal, None), Ok(None));
        assert!(place(&journal, Some(('@', "1"))).is_err_and(|why| why.contains("has 0")));
        assert!(place(&journal, Some(('#', "x"))).is_err_and(|why| why.contains("`x`")));
    }
}
