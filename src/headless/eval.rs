//! `eval`: strategies side by side on the same cases, each case a session of its own in memory, through the same run as
//! everything else.

use super::{
    Ending, Hands, Interrupt, Options, Outcome, Outside, Start,
    cases::{Case, Compare},
    json_line,
    lines::{Style, milli},
    progress::{Progress, span},
    run,
};
use crate::{visible::visible_line, workbench::State};
use serde::Serialize;
use std::io::{self, Write};

mod tally;

pub use tally::{Tally, wilson};

/// What is to be compared.
#[derive(Clone, Debug, Default)]
pub struct Job {
    pub cases: Vec<Case>,
    /// Names that exist; see `names::strategy_name`.
    pub strategies: Vec<String>,
    pub compare: Compare,
    /// One JSON object a case and a strategy instead of the table.
    pub json: bool,
    /// Narration goes to a terminal.
    pub live: bool,
}

/// One case under one strategy, as `--json` tells it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename = "case")]
struct CaseLine<'a> {
    strategy: &'a str,
    /// From 1, in the order of the file.
    case: usize,
    task: &'a str,
    expected: String,
    answer: Option<&'a str>,
    right: bool,
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    calls: u32,
    prompt_tokens: u32,
    cached_tokens: u32,
    output_tokens: u32,
    seconds: f64,
}

/// Runs every strategy on every case and tells the result: lines as they come with JSON, else a table at the end.
///
/// `state` is what each case starts from: settings, tools, models. Nothing is written to disk. A case that fails or
/// waits for a person is wrong. Without the model that is needed all ends at once.
///
/// # Errors
/// `out` can not be written.
pub async fn eval(
    state: &State,
    job: &Job,
    hands: &mut impl Hands,
    now: &dyn Fn() -> u64,
    interrupt: &mut Interrupt,
    out: &mut dyn Write,
    narration: &mut dyn Write,
) -> io::Result<Ending> {
    let mut state = state.clone();
    let mut tallies = vec![];
    let mut ending = Ending::Done;
    'all: for strategy in &job.strategies {
        let mut tally = Tally::new(strategy);
        let mut progress = Progress::new(job.live);
        for (at, case) in job.cases.iter().enumerate() {
            progress.show(at as u64, job.cases.len() as u64, &so_far(&tally, job.cases.len()), narration);
            let mut fresh = State::new(state.tools.clone(), state.defaults.clone());
            fresh.defaults.strategy.clone_from(strategy);
            fresh.models.clone_from(&state.models);
            let mut outside = Outside {
                perform: &mut |_| vec![],
                now,
                out: &mut io::sink(),
                narration: &mut *narration,
                interrupt: &mut *interrupt,
            };
            let options = Options { style: Style::Silent, live: job.live, quiet: true, ..Options::default() };
            let outcome =
                run(&mut fresh, hands, &mut outside, Start::Task(case.question()), &options).await?;
            // A model that arrived meanwhile stays for the next case.
            state.models = fresh.models;
            if let Ending::Interrupted | Ending::NoModel = outcome.ending {
                progress.clear(narration);
                let why = outcome.why.as_deref().unwrap_or_default();
                let _ = writeln!(narration, "{}: {}", outcome.ending.word(), visible_line(why));
                ending = outcome.ending;
                tallies.extend((0 < tally.cases).then_some(tally));
                break 'all;
            }
            let right =
                outcome.answer.as_ref().is_some_and(|answer| job.compare.same(answer, &case.expected()));
            if job.json {
                writeln!(out, "{}", json_line(&case_line(strategy, at, case, &outcome, right)))?;
            }
            tally.count(at + 1, case, &outcome, right);
        }
        progress.show(
            tally.cases as u64,
            job.cases.len() as u64,
            &so_far(&tally, job.cases.len()),
            narration,
        );
        progress.clear(narration);
        if job.json {
            writeln!(out, "{}", json_line(&tally.line()))?;
        }
        tallies.push(tally);
    }
    if !job.json && !tallies.is_empty() {
        out.write_all(tally::told(&tallies).as_bytes())?;
    }
    out.flush()?;
    Ok(ending)
}

fn so_far(tally: &Tally, of: usize) -> String {
    let Tally { strategy, cases, right, seconds, .. } = tally;
    if *cases == 0 {
        return format!("{strategy}: 0/{of}");
    }
    let each = seconds / *cases as f64;
    let left = span(each * (of - cases) as f64);
    format!("{strategy}: {cases}/{of}, {right} right, {each:.1} s a case, {left} left")
}

fn case_line<'a>(
    strategy: &'a str,
    at: usize,
    case: &'a Case,
    outcome: &'a Outcome,
    right: bool,
) -> CaseLine<'a> {
    CaseLine {
        strategy,
        case: at + 1,
        task: &case.task,
        expected: case.expected(),
        answer: outcome.answer.as_deref(),
        right,
        state: outcome.ending.word(),
        why: outcome.why.as_deref(),
        calls: outcome.calls,
        prompt_tokens: outcome.usage.prompt_tokens,
        cached_tokens: outcome.usage.cached_tokens,
        output_tokens: outcome.usage.output_tokens,
        seconds: milli(outcome.seconds),
    }
}

/// The cases to run and the strategies to compare, checked: what a command line and a file say.
///
/// # Errors
/// Lines that are no cases, unknown strategies; one error a line. Exit 2.
pub fn job(
    text: &str,
    strategies: &[String],
    default: &str,
    limit: Option<usize>,
) -> Result<Job, Vec<String>> {
    let mut cases = super::cases::read_cases(text)?;
    cases.truncate(limit.unwrap_or(usize::MAX));
    if cases.is_empty() {
        return Err(vec!["--limit 0 leaves no case".to_owned()]);
    }
    let mut names: Vec<String> = vec![];
    let wanted = if strategies.is_empty() { vec![default.to_owned()] } else { strategies.to_vec() };
    for name in wanted {
        let name = super::names::strategy_name(&name).map_err(|why| vec![why])?.to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(Job { cases, strategies: names, ..Job::default() })
}

#[cfg(test)]
mod tests;
