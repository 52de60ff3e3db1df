//! Counting: how many were right, how sure that is, what it cost, and which were wrong.

use super::super::{Outcome, cases::Case, lines::milli, table::table};
use crate::{ask::Usage, visible::visible_line};
use serde::Serialize;
use std::fmt::Write;

/// Wrong cases that are shown.
const SHOWN: usize = 5;

/// What a strategy came to so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    pub strategy: String,
    pub cases: usize,
    pub right: usize,
    pub calls: u32,
    pub usage: Usage,
    /// Wall-clock seconds from the first case to the last.
    pub seconds: f64,
    /// The first wrong cases: number, task, expected, what came out.
    wrong: Vec<(usize, String, String, String)>,
}

/// A strategy at its end, as `--json` tells it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename = "summary")]
pub(super) struct SummaryLine<'a> {
    strategy: &'a str,
    cases: usize,
    right: usize,
    accuracy: f64,
    /// The 95 % interval of the accuracy, after Wilson.
    low: f64,
    high: f64,
    calls: u32,
    prompt_tokens: u32,
    cached_tokens: u32,
    output_tokens: u32,
    seconds: f64,
}

impl Tally {
    pub(super) fn new(strategy: &str) -> Tally {
        let strategy = strategy.to_owned();
        Tally { strategy, cases: 0, right: 0, calls: 0, usage: Usage::default(), seconds: 0.0, wrong: vec![] }
    }

    pub(super) fn count(&mut self, number: usize, case: &Case, outcome: &Outcome, right: bool) {
        self.cases += 1;
        self.right += usize::from(right);
        self.calls += outcome.calls;
        self.usage += outcome.usage;
        if !right && self.wrong.len() < SHOWN {
            let out = outcome.answer.clone().unwrap_or_else(|| {
                format!(
                    "no answer ({}): {}",
                    outcome.ending.word(),
                    outcome.why.as_deref().unwrap_or_default()
                )
            });
            self.wrong.push((number, case.task.clone(), case.expected(), out));
        }
    }

    pub(super) fn line(&self) -> SummaryLine<'_> {
        let round = |share: f64| (share * 10_000.0).round() / 10_000.0;
        let (low, high) = wilson(self.right, self.cases);
        SummaryLine {
            strategy: &self.strategy,
            cases: self.cases,
            right: self.right,
            accuracy: round(self.right as f64 / self.cases.max(1) as f64),
            low: round(low),
            high: round(high),
            calls: self.calls,
            prompt_tokens: self.usage.prompt_tokens,
            cached_tokens: self.usage.cached_tokens,
            output_tokens: self.usage.output_tokens,
            seconds: milli(self.seconds),
        }
    }
}

/// The 95 % score interval of a share (Wilson 1927): honest for few cases and for shares near 0 and 1.
pub fn wilson(right: usize, cases: usize) -> (f64, f64) {
    if cases == 0 {
        return (0.0, 1.0);
    }
    const Z: f64 = 1.959_963_984_540_054;
    let (n, p) = (cases as f64, right as f64 / cases as f64);
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// The table of all strategies, and the first wrong cases of each.
pub(super) fn told(tallies: &[Tally]) -> String {
    let row = |tally: &Tally| {
        let (low, high) = wilson(tally.right, tally.cases);
        let percent = |share: f64| format!("{:.1}", share * 100.0);
        [
            tally.strategy.clone(),
            tally.cases.to_string(),
            tally.right.to_string(),
            format!("{} %", percent(tally.right as f64 / tally.cases.max(1) as f64)),
            format!("{} to {} %", percent(low), percent(high)),
            tally.calls.to_string(),
            format!("{} ({})", tally.usage.prompt_tokens, tally.usage.cached_tokens),
            tally.usage.output_tokens.to_string(),
            format!("{:.1}", tally.seconds),
        ]
    };
    let rows: Vec<_> = tallies.iter().map(row).collect();
    let head = [
        "strategy",
        ">cases",
        ">right",
        ">accuracy",
        ">95 % interval",
        ">calls",
        ">prompt tokens (cached)",
        ">output tokens",
        ">seconds",
    ];
    let mut text = table(head, &rows);
    for tally in tallies.iter().filter(|tally| !tally.wrong.is_empty()) {
        let all = tally.cases - tally.right;
        let _ = writeln!(text, "\nwrong with {} ({} of {all}):", tally.strategy, tally.wrong.len());
        for (number, task, expected, out) in &tally.wrong {
            let _ = writeln!(text, "  case {number}: {}", visible_line(task));
            let _ = writeln!(text, "    expected: {}", visible_line(expected));
            let _ = writeln!(text, "    came out: {}", visible_line(out));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_the_books() {
        let check = |right: usize, cases: usize, low: f64, high: f64| {
            let found = wilson(right, cases);
            assert!(
                (found.0 - low).abs() < 5e-5 && (found.1 - high).abs() < 5e-5,
                "{right}/{cases}: {found:?}"
            );
        };
        // Computed by hand from the formula, and the closed forms z²/(n+z²) at the ends.
        check(0, 10, 0.0, 0.27753);
        check(10, 10, 0.72247, 1.0);
        check(5, 10, 0.23659, 0.76341);
        check(95, 100, 0.88825, 0.97846);
        check(0, 0, 0.0, 1.0);
    }
}
