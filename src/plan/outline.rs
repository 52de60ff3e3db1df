//! A plan as indented text in the notation: tests assert it, `show` prints it, files import it.
//!
//! ```text
//! QC: Take the last letters of "Ada King"
//!   QS: [split] What are the words in "Ada King"?
//!   QS: (project_values) [str_position] What is the last letter in "#1"?
//! ```

use super::{Draft, Edit, Operator, Phrase, Plan, notation};
use crate::ids::TaskId;
use notation::{Line, Step, Warning};

/// The plan as text, two spaces for each level.
pub fn outline(plan: &Plan) -> String {
    let line = |task: &TaskId| {
        let depth = plan.depth(*task);
        let line = match plan.task(*task) {
            Some(found) if depth > 0 => {
                let Draft { operator, expert, .. } = found.draft.clone();
                Line::Step(Step { operator, expert, text: plan.text(*task) })
            }
            _ => Line::Goal(plan.text(*task)),
        };
        format!("{}{line}", "  ".repeat(depth))
    };
    plan.walk().iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What an outline says: the edits that build it, and what could not be taken as it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub edits: Vec<Edit>,
    /// The line, from 1, that each edit was made from.
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
    format!("`#{lost}` names no task above this line")
}

/// Reads an outline; tasks get ids from `first` on, in reading order. Answers and blank lines are passed over. A line that
/// is indented more than another one above it is a part of it, whatever the width of a level.
///
/// A reference forward or to nobody becomes a lost reference, named in a warning.
pub fn read_outline(text: &str, first: u32) -> Reading {
    let mut reading = Reading::default();
    let mut plan = Plan::default();
    let mut next = first;
    // The last task of each level above this line, with the columns in front of it.
    let mut open: Vec<(usize, TaskId)> = vec![];
    for (at, line) in text.lines().enumerate() {
        let bare = line.trim_start();
        let indent = line.len() - bare.len();
        let mut warn = |what: &str| reading.warnings.push(Warning { line: at + 1, what: what.to_owned() });
        let step = match notation::read_line(bare) {
            Line::Goal(text) => Step { text, ..Step::default() },
            Line::Step(step) => step,
            Line::Blank | Line::End | Line::Answer(_) => continue,
            Line::Question(_) | Line::Text(_) => {
                warn("neither a goal (`QC: `) nor a step (`QS: `); passed over");
                continue;
            }
        };
        let margin = open.first().map(|(margin, _)| *margin);
        let deep = |above: &mut (usize, TaskId)| indent <= above.0;
        while open.pop_if(deep).is_some() {}
        let parent = match (open.last(), margin) {
            (Some((_, parent)), _) => Some(*parent),
            // A flat transcript has its steps on the margin under the goal.
            (None, Some(margin)) if bare.starts_with("QS") => {
                open.push((margin, TaskId(first)));
                Some(TaskId(first))
            }
            (None, Some(margin)) => {
                open.push((margin, TaskId(first)));
                warn("a second goal; one plan has one");
                continue;
            }
            (None, None) => None,
        };
        let phrase = match parent {
            None => Phrase::text(step.text.clone()),
            Some(_) => Phrase::read(&step.text, |path| plan.referred(parent, path)),
        };
        if let Some(lost) = phrase.lost() {
            warn(&nowhere(lost));
        }
        let draft = Draft { phrase, operator: step.operator, expert: step.expert, ..Draft::default() };
        let place = parent.map_or(0, |parent| plan.parts(parent).len());
        let edit = Edit::Add { task: TaskId(next), parent, at: place, draft };
        if let Err(error) = plan.apply(&edit) {
            reading.warnings.push(Warning { line: at + 1, what: error.to_string() });
            continue;
        }
        open.push((indent, TaskId(next)));
        next += 1;
        reading.edits.push(edit);
        reading.lines.push(at + 1);
    }
    reading
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
    use super::*;

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
        assert_eq!(check("QC: a\n  QS: #2 b\n  QS: c", 1), "QC: a\n  QS: #2 b\n  QS: c");
        assert_eq!(check("QC: a\nhello\nQC: b", 2), "QC: a");
        assert_eq!(check("", 0), "");
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
