//! A plan as indented text in the notation: tests assert it, `show` prints it, files import it.
//!
//! ```text
//! QC: Take the last letters of "Ada King"
//!   QS: [split] What are the words in "Ada King"?
//!   QS: (project_values) [str_position] What is the last letter in "#1"?
//! ```

use super::{Draft, Edit, Margins, Operator, Phrase, Plan, cut_margin, notation};
use crate::ids::TaskId;
use notation::{Line, Step, Warning, many_lines, one_line};

/// The plan as text, two spaces for each level. Read again it is the same plan, but for what the notation has no words for:
/// strategies, routers, checks, budgets, and a reference that leads nowhere, which is looked up anew.
pub fn outline(plan: &Plan) -> String {
    let line = |task: &TaskId| {
        let depth = plan.depth(*task);
        let line = match plan.task(*task) {
            Some(found) if depth > 0 => {
                let Draft { operator, expert, .. } = found.draft.clone();
                Line::Step(Step { operator, expert, text: one_line(&plan.text(*task)) })
            }
            _ => Line::Goal(one_line(&plan.text(*task))),
        };
        format!("{}{line}", "  ".repeat(depth))
    };
    plan.walk().iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What an outline says: the edits that build it, and what could not be taken as it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// One new task for each line that is one, in order; then the words of those that use the answer of a line below.
    pub edits: Vec<Edit>,
    /// The line, from 1, of each task.
    pub lines: Vec<usize>,
    pub warnings: Vec<Warning>,
}

impl Reading {
    /// Why the text is no plan, if there is no task in it.
    pub fn no_plan(&self) -> Option<String> {
        let first = self.warnings.first().map(|warning| format!(" ({warning})")).unwrap_or_default();
        let help = "a plan is a line `QC: goal` with lines `QS: [expert] question` below";
        self.edits.is_empty().then(|| format!("no plan in it{first}; {help}"))
    }
}

/// What the warning says of a reference that leads nowhere.
pub(super) fn nowhere(lost: &str) -> String {
    format!("`#{lost}` names no task that this one could wait for")
}

/// Reads an outline; tasks get ids from `first` on, in reading order. Answers and blank lines are passed over. A line that
/// is indented more than another one above it is a part of it, whatever the width of a level.
///
/// A reference to nobody, or one that would close a circle, becomes a lost reference, named in a warning.
pub fn read_outline(text: &str, first: u32) -> Reading {
    let mut reading = Reading::default();
    let mut plan = Plan::default();
    let mut margins = Margins::default();
    // The last task of each level above this line.
    let mut open: Vec<TaskId> = vec![];
    // What refers to nobody above it.
    let mut waiting: Vec<(usize, TaskId, String)> = vec![];
    for (at, line) in text.lines().enumerate() {
        let (margin, bare) = cut_margin(line);
        let mut warn = |what: String| reading.warnings.push(Warning { line: at + 1, what });
        let (goal, step) = match notation::read_line(bare) {
            Line::Goal(text) => (true, Step { text, ..Step::default() }),
            Line::Step(step) => (false, step),
            Line::Blank | Line::End | Line::Answer(_) | Line::Cut(_) => continue,
            Line::Question(_) | Line::Text(_) => {
                warn("neither a goal (`QC: `) nor a step (`QS: `); passed over".to_owned());
                continue;
            }
        };
        let place = margins.enter(margin);
        if let Some(odd) = place.odd {
            warn(odd);
        }
        open.truncate(place.level);
        if place.flat && goal {
            warn("a second goal; one plan has one".to_owned());
            open.push(TaskId(first));
            continue;
        }
        let task = TaskId(first + reading.lines.len() as u32);
        let parent = open.last().copied();
        let words = many_lines(&step.text);
        let at_end = parent.map_or(0, |parent| plan.parts(parent).len());
        let add = |phrase: Phrase| {
            let draft =
                Draft { phrase, operator: step.operator, expert: step.expert.clone(), ..Draft::default() };
            Edit::Add { task, parent, at: at_end, draft }
        };
        let phrase = match parent {
            None => Phrase::text(words.clone()),
            Some(_) => Phrase::read(&words, |path| plan.referred(parent, path)),
        };
        let mut waits = phrase.lost().is_some();
        let mut edit = add(phrase);
        if plan.apply(&edit).is_err() {
            // It would wait for what it is a part of.
            (edit, waits) = (add(Phrase::read(&words, |_| None)), true);
            if let Err(error) = plan.apply(&edit) {
                warn(error.to_string());
                continue;
            }
        }
        if waits {
            waiting.push((at + 1, task, words));
        }
        open.push(task);
        reading.edits.push(edit);
        reading.lines.push(at + 1);
    }
    for (line, task, words) in waiting {
        follow(&mut plan, task, &words, &mut reading.edits);
        if let Some(lost) = plan.task(task).and_then(|task| task.draft.phrase.lost()) {
            reading.warnings.push(Warning { line, what: nowhere(lost) });
        }
    }
    reading.warnings.sort_by_key(|warning| warning.line);
    reading
}

/// Wires the references of a task that lead to lines below it, each if it closes no circle.
fn follow(plan: &mut Plan, task: TaskId, words: &str, edits: &mut Vec<Edit>) {
    let parent = plan.parent(task);
    let all = Phrase::read(words, |path| plan.referred(parent, path)).needs();
    let mut kept = plan.needs(task);
    let mut wired = None;
    for need in all {
        if kept.contains(&need) {
            continue;
        }
        kept.push(need);
        let find = |path: &[usize]| plan.referred(parent, path).filter(|need| kept.contains(need));
        let edit = Edit::SetPhrase { task, phrase: Phrase::read(words, find) };
        match plan.apply(&edit) {
            Ok(()) => wired = Some(edit),
            Err(_) => {
                kept.pop();
            }
        }
    }
    edits.extend(wired);
}

/// A step as read from a model or a person, as a draft below `parent`.
impl Draft {
    pub fn of_step(step: &Step, plan: &Plan, parent: Option<TaskId>) -> Draft {
        Draft {
            phrase: Phrase::read(&step.text, |path| plan.referred(parent, path)),
            operator: step.operator.filter(|operator| *operator != Operator::Select),
            expert: step.expert.clone(),
            ..Draft::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Piece, *};
    use proptest::prelude::*;

    fn check(text: &str, warnings: usize) -> String {
        let reading = read_outline(text, 5);
        assert_eq!(reading.warnings.len(), warnings, "{:?}", reading.warnings);
        let mut plan = Plan::default();
        reading.edits.iter().for_each(|edit| plan.apply(edit).unwrap());
        outline(&plan)
    }

    #[test]
    fn an_outline_comes_back() {
        let text = "QC: a\n  QS: [x] b\n    QS: c\n  QS: (project_values) [y] d \"#1\" and #1.1";
        assert_eq!(check(text, 0), text);
        assert_eq!(check("QC: a\nQS: b\nA: c\nQS: #1 d\nQS: [EOQ]", 0), "QC: a\n  QS: b\n  QS: #1 d");
    }

    #[test]
    fn what_is_wrong_is_named_and_the_rest_kept() {
        assert_eq!(check("QC: a\n  QS: #3 b\n  QS: c", 1), "QC: a\n  QS: #3 b\n  QS: c");
        assert_eq!(check("QC: a\n  QS: #2 b\n  QS: #1 c", 1), "QC: a\n  QS: #2 b\n  QS: #1 c", "a circle");
        assert_eq!(check("QC: a\n  QS: b\n    QS: #0.1 c", 1), "QC: a\n  QS: b\n    QS: #0.1 c", "another");
        assert_eq!(check("QC: a\nhello\nQC: b", 2), "QC: a");
        assert_eq!(check("QC: a\n    QS: b\n  QS: c", 1), "QC: a\n  QS: b\n  QS: c");
        assert_eq!(check("", 0), "");
    }

    #[test]
    fn a_number_means_one_task_wherever_it_stands() {
        let needs = |text: &str| {
            let mut plan = Plan::default();
            let reading = read_outline(text, 0);
            assert_eq!(reading.warnings, []);
            reading.edits.iter().for_each(|edit| plan.apply(edit).unwrap());
            assert_eq!(outline(&plan), text);
            plan.needs(*plan.walk().last().unwrap())
        };
        assert_eq!(needs("QC: a\n  QS: b\n  QS: c\n    QS: d\n    QS: #1"), [TaskId(3)], "beside it");
        assert_eq!(
            needs("QC: a\n  QS: b\n  QS: c\n    QS: d\n    QS: #0.1"),
            [TaskId(1)],
            "a part of the goal"
        );
        assert_eq!(needs("QC: a\n  QS: #2\n  QS: c"), [], "below is followed too");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_to_the_same_plan(
            tasks in prop::collection::vec((0usize..4, prop::collection::vec(0usize..12, 0..3)), 1..12),
        ) {
            let mut plan = Plan::default();
            let goal = Draft::text("a passage\n\nwhat of it?");
            plan.apply(&Edit::Add { task: TaskId(0), parent: None, at: 0, draft: goal }).unwrap();
            // Each below one of the last ones, so that the ids are in reading order.
            let mut open = vec![TaskId(0)];
            for (task, (up, _)) in (1..).map(TaskId).zip(&tasks) {
                open.truncate(open.len().saturating_sub(*up).max(1));
                let parent = open.last().copied();
                let at = plan.parts(parent.unwrap()).len();
                plan.apply(&Edit::Add { task, parent, at, draft: Draft::default() }).unwrap();
                open.push(task);
            }
            for (task, (_, needs)) in (1..).map(TaskId).zip(&tasks) {
                let mut pieces = vec![Piece::Text("ask".into())];
                for need in needs {
                    let piece = Piece::Answer { task: TaskId(*need as u32) };
                    let phrase = Phrase::of(pieces.iter().cloned().chain([Piece::Text("\n".into()), piece.clone()]));
                    if plan.apply(&Edit::SetPhrase { task, phrase: phrase.clone() }).is_ok() {
                        pieces = phrase.pieces().to_vec();
                    }
                }
                plan.apply(&Edit::SetPhrase { task, phrase: Phrase::of(pieces) }).unwrap();
            }
            let reading = read_outline(&outline(&plan), 0);
            prop_assert_eq!(&reading.warnings, &[]);
            let mut read = Plan::default();
            reading.edits.iter().for_each(|edit| read.apply(edit).unwrap());
            prop_assert_eq!(read, plan);
        }
    }

    #[test]
    fn a_level_is_as_wide_as_it_was_written() {
        let text = "QC: a\n  QS: b\n    QS: c\n    QS: d\n  QS: e";
        assert_eq!(check(&text.replace("  ", "    "), 0), text);
        assert_eq!(check(&text.replace("  ", "\t"), 0), text);
        assert_eq!(check(&text.replace("  ", " "), 0), text);
        assert_eq!(check(&text.replace('Q', "   Q"), 0), text, "all of it indented");
        assert_eq!(check("QC: a\nQS: b\n  QS: c\nQS: d", 0), "QC: a\n  QS: b\n    QS: c\n  QS: d");
    }
}
