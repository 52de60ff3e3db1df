//! What is suspicious in a plan before anything runs: nothing here stops it, everything is worth a look.

use super::{
    Operator, Phrase, Plan, Reading,
    circles::circles,
    notation::{self, Line},
    outline::nowhere,
    read_outline,
};
use crate::ids::TaskId;
use std::fmt;

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Tasks wait for each other.
    Circle,
    /// Nobody uses the answer.
    Unused,
    /// It uses an answer that is nowhere.
    Missing,
    /// No words, or words that stand for others.
    Placeholder,
    /// It asks what its parent asks.
    Repeats,
    Deep,
}

impl Rule {
    /// The rule in a word, for lists and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Rule::Circle => "circle",
            Rule::Unused => "unused",
            Rule::Missing => "missing-input",
            Rule::Placeholder => "placeholder",
            Rule::Repeats => "repeats-parent",
            Rule::Deep => "too-deep",
        }
    }
}

/// One thing worth a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: Rule,
    /// The task; for a text the place of its line among the tasks, from 0.
    pub task: TaskId,
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule.word(), self.what)
    }
}

/// Everything that is suspicious, in reading order. Deeper than `depth` levels below the goal is too deep.
pub fn lint(plan: &Plan, depth: usize) -> Vec<Finding> {
    plan.walk().into_iter().flat_map(|task| lint_task(plan, task, depth)).collect()
}

/// What is suspicious about one task.
pub fn lint_task(plan: &Plan, task: TaskId, depth: usize) -> Vec<Finding> {
    let Some(found) = plan.task(task) else { return vec![] };
    let mut findings = vec![];
    let mut say = |rule, what: String| findings.push(Finding { rule, task, what });
    let phrase = &found.draft.phrase;
    if let Some(word) = placeholder(phrase) {
        say(Rule::Placeholder, word);
    }
    if let Some(missing) = phrase.missing() {
        say(Rule::Missing, missing);
    }
    if matches!(found.draft.operator, Some(Operator::Project { .. })) && phrase.needs().is_empty() {
        say(Rule::Missing, "it is asked of each item of an answer, and refers to none (#n)".to_owned());
    }
    let Some(parent) = plan.parent(task) else { return findings };
    let last = plan.parts(parent).last() == Some(&task);
    if !last && plan.feeds(task).is_empty() {
        say(Rule::Unused, "nobody uses its answer".to_owned());
    }
    let bare = |task: TaskId| {
        let text = plan.text(task).to_lowercase();
        text.chars().filter(|c| c.is_alphanumeric()).collect::<String>()
    };
    if !phrase.is_blank() && bare(task) == bare(parent) {
        say(Rule::Repeats, "it asks what its parent asks".to_owned());
    }
    // Counting ends where it is enough.
    if depth < plan.ancestors(task).take(depth + 1).count() {
        say(Rule::Deep, format!("it is more than {depth} levels below the goal"));
    }
    findings
}

/// What stands for words that are missing.
fn placeholder(phrase: &Phrase) -> Option<String> {
    if phrase.is_blank() {
        return Some("it has no words".to_owned());
    }
    let text = phrase.show(|_| String::new());
    let is_mark = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        matches!(bare, "TODO" | "TBD" | "FIXME" | "XXX" | "xxx" | "todo" | "tbd")
    };
    let trimmed = text.trim();
    let marked = trimmed.split_whitespace().find(|word| is_mark(word));
    let hollow = trimmed.chars().all(|c| !c.is_alphanumeric()) && phrase.needs().is_empty();
    let bracketed = (trimmed.starts_with('<') && trimmed.ends_with('>')).then_some(trimmed);
    let found = marked.or(bracketed).or(hollow.then_some(trimmed))?;
    Some(format!("`{found}` stands for words that are missing"))
}

/// What is suspicious in a text, and how the text was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Linted {
    /// Their tasks are places among the edits of the reading.
    pub findings: Vec<Finding>,
    pub reading: Reading,
}

/// The same for a text in the notation, with the circles that a plan can not have. A warning of the reading that says no
/// more than a finding does is taken out.
pub fn lint_text(text: &str, depth: usize) -> Linted {
    let mut reading = read_outline(text, 0);
    let mut plan = Plan::default();
    for edit in &reading.edits {
        if plan.apply(edit).is_err() {
            break;
        }
    }
    // A reference that closes a circle is lost for the reader; here it is followed.
    let mut needs = vec![];
    let all: Vec<&str> = text.lines().collect();
    for (task, line) in (0..).map(TaskId).zip(&reading.lines) {
        let words = match notation::read_line(all[line - 1].trim_start()) {
            Line::Goal(text) => text,
            Line::Step(step) => step.text,
            _ => continue,
        };
        let parent = plan.parent(task);
        let phrase = Phrase::read(&words, |path| plan.referred(parent, path));
        needs.extend(phrase.needs().into_iter().map(|need| (task.0 as usize, need.0 as usize)));
    }
    let parents: Vec<Option<usize>> =
        (0..plan.len() as u32).map(|task| plan.parent(TaskId(task)).map(|up| up.0 as usize)).collect();
    needs.retain(|(user, need)| *user < parents.len() && *need < parents.len());
    let mut findings = vec![];
    for circle in circles(&parents, &needs) {
        let number = |task: &usize| match *task {
            0 => "the goal".to_owned(),
            task => plan.reference(TaskId(u32::MAX), TaskId(task as u32)),
        };
        let what = match circle.as_slice() {
            [_] => "it waits for its own answer".to_owned(),
            tasks => {
                let names: Vec<String> = tasks.iter().map(number).collect();
                format!("these wait for each other: {}", names.join(" ↔ "))
            }
        };
        findings.push(Finding { rule: Rule::Circle, task: TaskId(circle[0] as u32), what });
    }
    findings.extend(lint(&plan, depth));
    let lost = |task: u32| plan.task(TaskId(task)).and_then(|task| Some(nowhere(task.draft.phrase.lost()?)));
    let told: Vec<(usize, String)> =
        reading.lines.iter().zip(0..).filter_map(|(line, task)| Some((*line, lost(task)?))).collect();
    reading.warnings.retain(|warning| !told.contains(&(warning.line, warning.what.clone())));
    Linted { findings, reading }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, u32)]) {
        let found = lint_text(text, 2).findings;
        let found: Vec<(&str, u32)> = found.iter().map(|found| (found.rule.word(), found.task.0)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_is_suspicious_is_named() {
        check("QC: a trip\n  QS: find\n  QS: book #1", &[]);
        check("QC: a\n  QS: find\n  QS: book", &[("unused", 1)]);
        check("QC: a\n  QS: book #7", &[("missing-input", 1)]);
        check("QC: a\n  QS: (project_values) [x] book each", &[("missing-input", 1)]);
        check(
            "QC: a\n  QS: TODO ask\n  QS: ...\n  QS: <fill in> #1 #2",
            &[("placeholder", 1), ("placeholder", 2), ("placeholder", 3)],
        );
        check("QC: Book a hotel.\n  QS: book a hotel", &[("repeats-parent", 1)]);
        check("QC: a\n  QS: b\n    QS: c\n      QS: d", &[("too-deep", 3)]);
        check("QC: a\n  QS: b #2\n  QS: c #1", &[("circle", 1), ("missing-input", 1)]);
        check("QC: a\n  QS: b\n    QS: c #1", &[("circle", 2), ("missing-input", 2)]);
    }

    #[test]
    fn circles_and_missing_inputs_are_told_by_number() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<String> = lint_text(text, 2).findings.iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{text}");
        };
        let missing = |number: &str| {
            format!(
                "missing-input: it uses the answer of {number}, and no task had that number when this was written"
            )
        };
        check(
            "QC: a\n  QS: b #2\n  QS: c #1",
            &["circle: these wait for each other: #1 ↔ #2", &missing("#2")],
        );
        check(
            "QC: a\n  QS: b\n  QS: #7 and #2 of #1",
            &["circle: it waits for its own answer", &missing("#7")],
        );
    }
}
