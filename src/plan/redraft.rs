//! A plan, or a part of it, changed as text: what came back from the editor is compared with what went out and becomes
//! edits. A line that is recognisably an old one keeps the task's id, and with it answers, pins and history.
//!
//! A number that a line had before still means the same task, wherever that stands now; a new number counts in the new text.

use super::{
    Draft, Edit, Margins, Phrase, Piece, Plan, cut_margin,
    notation::{self, Line, Step, Warning, many_lines, one_line},
    rework,
};
use crate::ids::TaskId;
use std::collections::{HashMap, HashSet, VecDeque};

/// What a changed text means.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Redraft {
    /// To be applied together.
    pub edits: Vec<Edit>,
    /// What is different, line by line, in the order of the new text; removed lines last.
    pub changes: Vec<Changed>,
    /// What could not be taken as it stands.
    pub warnings: Vec<Warning>,
}

/// One difference between the texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    Added(String),
    Removed(String),
    /// From, to.
    Reworded(String, String),
    Moved(String),
}

/// The task and all below it as text, two spaces for each level; what comes back may be indented by any other width.
pub fn outline_of(plan: &Plan, task: TaskId) -> String {
    let base = plan.depth(task);
    let line = |task: TaskId| format!("{}{}", "  ".repeat(plan.depth(task) - base), written(plan, task));
    plan.subtree(task).into_iter().map(line).collect::<Vec<_>>().join("\n")
}

fn written(plan: &Plan, task: TaskId) -> Line {
    match plan.task(task) {
        Some(found) if plan.root() != Some(task) => {
            let step = step(plan, task, &found.draft);
            Line::Step(Step { text: one_line(&step.text), ..step })
        }
        _ => Line::Goal(one_line(&plan.text(task))),
    }
}

fn step(plan: &Plan, task: TaskId, draft: &Draft) -> Step {
    Step { operator: draft.operator, expert: draft.expert.clone(), text: plan.text(task) }
}

/// A line of the new text.
struct Fresh {
    depth: usize,
    step: Step,
    /// The task that it is.
    task: TaskId,
    /// It was there before.
    old: bool,
}

/// Reads the text that `outline_of` gave after a person changed it. New tasks get ids from `fresh` on.
pub fn redraft(plan: &Plan, top: TaskId, text: &str, fresh: TaskId) -> Result<Redraft, String> {
    let mut redraft = Redraft::default();
    let mut lines = read(text, &mut redraft.warnings)?;
    recognise(plan, top, &mut lines, fresh);
    // Moves on the way may seem to close a circle that the end does not have: then all references are taken out first.
    let (edits, grown) =
        restructured(plan, top, &lines, false).or_else(|_| restructured(plan, top, &lines, true))?;
    redraft.edits = edits;
    let mut grown = grown;
    for line in &lines {
        let words = reworded(plan, &grown, line);
        for edit in words {
            grown.apply(&edit).map_err(|error| error.to_string())?;
            redraft.edits.push(edit);
        }
        if let Some(lost) = grown.task(line.task).and_then(|task| task.draft.phrase.lost()) {
            let (line, what) = (0, format!("`#{lost}` in `{}` names no task", line.step));
            redraft.warnings.push(Warning { line, what });
        }
    }
    redraft.changes = changes(plan, &grown, top, &lines);
    if redraft.changes.is_empty() {
        redraft.edits.clear();
    }
    Ok(redraft)
}

fn read(text: &str, warnings: &mut Vec<Warning>) -> Result<Vec<Fresh>, String> {
    let mut lines: Vec<Fresh> = vec![];
    let mut margins = Margins::default();
    for (at, line) in text.lines().enumerate() {
        let (margin, bare) = cut_margin(line);
        let mut step = match notation::read_line(bare) {
            Line::Goal(text) => Step { text, ..Step::default() },
            Line::Step(step) => step,
            Line::Blank | Line::End | Line::Answer(_) | Line::Cut(_) => continue,
            // A line without its mark is a step: it is quicker typed.
            Line::Question(text) => notation::read_step(&text),
            Line::Text(text) => notation::read_step(&text),
        };
        step.text = many_lines(&step.text);
        let place = margins.enter(margin);
        if let Some(odd) = place.odd {
            return Err(Warning { line: at + 1, what: odd }.to_string());
        }
        if place.flat {
            let what = "the first line is the only one on the margin: taken one level below it".to_owned();
            warnings.push(Warning { line: at + 1, what });
        }
        lines.push(Fresh { depth: place.level, step, task: TaskId(0), old: false });
    }
    if lines.is_empty() { Err("the text is empty: nothing was changed".to_owned()) } else { Ok(lines) }
}

/// Finds the old task of each line: by the same words first, then by the most alike.
fn recognise(plan: &Plan, top: TaskId, lines: &mut [Fresh], fresh: TaskId) {
    let old: Vec<(TaskId, Step)> = plan
        .subtree(top)
        .into_iter()
        .filter_map(|task| Some((task, step(plan, task, &plan.task(task)?.draft))))
        .collect();
    let mut same: HashMap<&Step, VecDeque<TaskId>> = HashMap::new();
    for (task, step) in old.iter().skip(1) {
        same.entry(step).or_default().push_back(*task);
    }
    let mut taken: HashSet<TaskId> = HashSet::from([top]);
    for (at, line) in lines.iter_mut().enumerate() {
        let found = if at == 0 { Some(top) } else { same.get_mut(&line.step).and_then(VecDeque::pop_front) };
        if let Some(task) = found {
            (line.task, line.old) = (task, true);
            taken.insert(task);
        }
    }
    let mut left: Vec<&(TaskId, Step)> = old.iter().filter(|(task, _)| !taken.contains(task)).collect();
    let mut next = fresh.0;
    for line in lines.iter_mut().filter(|line| !line.old) {
        // Texts with thousands of changed lines are looked through near their place only.
        let near = left.iter().take(2000).enumerate();
        let best = near
            .map(|(at, (_, step))| (likeness(&line.step, step), at))
            .max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
        match best.filter(|(likeness, _)| 0.45 <= *likeness) {
            Some((_, at)) => (line.task, line.old) = (left.remove(at).0, true),
            None => {
                line.task = TaskId(next);
                next += 1;
            }
        }
    }
}

/// Share of the words that two steps have in common (Dice coefficient), 0 to 1; tags count as words.
fn likeness(one: &Step, other: &Step) -> f64 {
    let words = |step: &Step| -> Vec<String> {
        step.to_string().to_lowercase().split_whitespace().map(str::to_owned).collect()
    };
    let (one, mut other) = (words(one), words(other));
    let all = one.len() + other.len();
    let common = one
        .iter()
        .filter(|word| other.iter().position(|it| it == *word).map(|at| other.swap_remove(at)).is_some())
        .count();
    2.0 * common as f64 / all.max(1) as f64
}

/// The edits that put every task in its place, and the plan they make.
fn restructured(plan: &Plan, top: TaskId, lines: &[Fresh], bare: bool) -> Result<(Vec<Edit>, Plan), String> {
    let mut grown = plan.clone();
    let mut edits = vec![];
    let mut make = |grown: &mut Plan, edit: Edit| -> Result<(), String> {
        grown.apply(&edit).map_err(|error| error.to_string())?;
        edits.push(edit);
        Ok(())
    };
    if bare {
        for task in plan.subtree(top).into_iter().filter(|task| !plan.needs(*task).is_empty()) {
            let words = plan.text(task);
            make(&mut grown, Edit::SetPhrase { task, phrase: Phrase::text(words) })?;
        }
    }
    let kept: HashSet<TaskId> = lines.iter().map(|line| line.task).collect();
    let mut open: Vec<(TaskId, usize)> = vec![];
    for line in lines {
        open.truncate(line.depth);
        if let Some((parent, parts)) = open.last_mut() {
            let (task, parent, at) = (line.task, *parent, *parts);
            *parts += 1;
            if !line.old {
                make(&mut grown, Edit::Add { task, parent: Some(parent), at, draft: Draft::default() })?;
            } else if grown.parent(task) != Some(parent) || grown.position(task) != at + 1 {
                // What goes away, or elsewhere, does not count as a place.
                let others = grown.parts(parent).iter().take_while(|part| **part != task);
                let stays = others.filter(|part| kept.contains(part)).count();
                let first = grown.parent(task) == Some(parent) && stays == at;
                if !first {
                    make(&mut grown, Edit::Move { task, parent, at })?;
                }
            }
        }
        open.push((line.task, 0));
    }
    let gone: Vec<TaskId> = plan.subtree(top).into_iter().filter(|task| !kept.contains(task)).collect();
    for task in plan.topmost(&gone) {
        if grown.contains(task) {
            make(&mut grown, Edit::Remove { task })?;
        }
    }
    Ok((edits, grown))
}

/// The words of a line, its old numbers meaning what they meant.
fn reworded(plan: &Plan, grown: &Plan, line: &Fresh) -> Vec<Edit> {
    let Some(now) = grown.task(line.task) else { return vec![] };
    let top = plan.root() == Some(line.task);
    let parent = if top { None } else { grown.parent(line.task) };
    let known = rework::shown_numbers(plan, line.task);
    let find = |path: &[usize]| match known.get(&rework::written_number(path)) {
        Some(task) => Some(*task),
        None => grown.referred(parent, path),
    };
    let mut edits = vec![];
    let old_words = plan.task(line.task).is_some_and(|task| task.draft.phrase == now.draft.phrase)
        && plan.text(line.task) == line.step.text;
    // What the number meant may have gone with its line.
    let phrase = Phrase::read(&line.step.text, find).map(|task| match grown.contains(task) {
        true => Piece::Answer { task },
        false => Piece::Lost { lost: task.to_string() },
    });
    if !old_words && phrase != now.draft.phrase {
        edits.push(Edit::SetPhrase { task: line.task, phrase });
    }
    if !top {
        let step = Step { text: String::new(), ..line.step.clone() };
        let tags = rework::rewritten(grown, line.task, &step);
        edits.extend(tags.into_iter().filter(|edit| !matches!(edit, Edit::SetPhrase { .. })));
    }
    edits
}

fn changes(plan: &Plan, grown: &Plan, top: TaskId, lines: &[Fresh]) -> Vec<Changed> {
    let mut changes = vec![];
    // Numbers that followed their task are no change of the words.
    let bare = |plan: &Plan, task: TaskId| {
        plan.task(task).map(|found| {
            let words: Vec<Piece> = found.draft.phrase.pieces().to_vec();
            (words, found.draft.operator, found.draft.expert.clone())
        })
    };
    for line in lines {
        let words = written(grown, line.task).to_string();
        if !line.old {
            changes.push(Changed::Added(words));
        } else if bare(plan, line.task) != bare(grown, line.task) {
            changes.push(Changed::Reworded(written(plan, line.task).to_string(), words));
        } else if plan.parent(line.task) != grown.parent(line.task) {
            changes.push(Changed::Moved(words));
        }
    }
    // Those that changed places under one parent: all but the longest run that kept its order would be too clever.
    for line in lines {
        let (was, is) = (plan.parts(line.task), grown.parts(line.task));
        let both = |parts: &[TaskId], other: &[TaskId]| -> Vec<TaskId> {
            parts.iter().copied().filter(|part| other.contains(part)).collect()
        };
        let (was, is) = (both(was, is), both(is, was));
        let moved = was.iter().zip(&is).filter(|(was, is)| was != is);
        changes.extend(moved.map(|(_, is)| Changed::Moved(written(grown, *is).to_string())));
    }
    let gone = plan.subtree(top).into_iter().filter(|task| !grown.contains(*task));
    changes.extend(gone.map(|task| Changed::Removed(written(plan, task).to_string())));
    changes
}

#[cfg(test)]
mod tests;
