//! Larger changes of structure as lists of edits: split, merge, indent, duplicate, wire. Nothing is changed here; the edits
//! are applied together or not at all.
//!
//! References follow their task. Where a task goes away into another one, its users are wired to that one.

use super::{Draft, Edit, Phrase, Piece, Plan, notation::Step};
use crate::ids::TaskId;
use std::collections::{HashMap, HashSet};

/// Edits, or why it can not be done.
pub type Reworked = Result<Vec<Edit>, String>;

impl Plan {
    /// The tasks without those below another one of them, in reading order.
    pub fn topmost(&self, tasks: &[TaskId]) -> Vec<TaskId> {
        let chosen: HashSet<TaskId> = tasks.iter().copied().collect();
        let top =
            |task: &TaskId| chosen.contains(task) && !self.ancestors(*task).any(|up| chosen.contains(&up));
        let mut top: Vec<TaskId> = tasks.iter().copied().filter(top).collect();
        if 1 < top.len() {
            let order: HashMap<TaskId, usize> = self.walk().into_iter().zip(0..).collect();
            top.sort_by_key(|task| order.get(task).copied());
            top.dedup();
        }
        top
    }

    /// Makes the task the last part of the sibling above it.
    pub fn indent(&self, task: TaskId) -> Reworked {
        let parent = self.parent(task).ok_or("the goal itself stays where it is")?;
        let above = self.position(task).checked_sub(2).and_then(|at| self.parts(parent).get(at));
        let parent = *above.ok_or("there is no sibling above it to become its part")?;
        Ok(vec![Edit::Move { task, parent, at: self.parts(parent).len() }])
    }

    /// Makes the task the sibling after its parent.
    pub fn outdent(&self, task: TaskId) -> Reworked {
        let parent = self.parent(task).ok_or("the goal itself stays where it is")?;
        let above = self.parent(parent).ok_or("it is a part of the goal: there is nothing further out")?;
        Ok(vec![Edit::Move { task, parent: above, at: self.position(parent) }])
    }

    /// A copy of the task and all below it, after it. References among the copied point at the copies.
    pub fn duplicate(&self, task: TaskId, fresh: TaskId) -> Reworked {
        let parent = self.parent(task).ok_or("the goal can not be copied into its own plan")?;
        let all = self.subtree(task);
        let copy: HashMap<TaskId, TaskId> = all.iter().copied().zip((fresh.0..).map(TaskId)).collect();
        let mut adds = vec![];
        let mut phrases = vec![];
        // How many parts each copy has so far.
        let mut grown: HashMap<TaskId, usize> = HashMap::new();
        for old in all {
            let Some(found) = self.task(old) else { continue };
            let phrase = found.draft.phrase.map(|to| Piece::Answer { task: *copy.get(&to).unwrap_or(&to) });
            let (new, top) = (copy[&old], old == task);
            let parent = if top { parent } else { self.parent(old).map_or(parent, |up| copy[&up]) };
            let parts = grown.entry(parent).or_default();
            let at = if top { self.position(task) } else { *parts };
            *parts += 1;
            let draft = Draft { phrase: Phrase::default(), ..found.draft.clone() };
            adds.push(Edit::Add { task: new, parent: Some(parent), at, draft });
            phrases.push(Edit::SetPhrase { task: new, phrase });
        }
        adds.extend(phrases);
        Ok(adds)
    }

    /// One task for each step. The last of them is the old task, so whoever used its answer uses the last one's now.
    /// Numbers in the steps count as they will be.
    pub fn split(&self, task: TaskId, steps: &[Step], fresh: TaskId) -> Reworked {
        let parent = self.parent(task).ok_or("the goal is split by giving it parts: A inserts one")?;
        let before = steps.len().saturating_sub(1);
        if before == 0 {
            return Err("one line is one task: write a line for each part".to_owned());
        }
        let at = self.position(task) - 1;
        let mut grown = self.clone();
        let mut edits: Vec<Edit> = (0..before)
            .map(|n| {
                let task = TaskId(fresh.0 + n as u32);
                Edit::Add { task, parent: Some(parent), at: at + n, draft: Draft::default() }
            })
            .collect();
        edits.iter().try_for_each(|edit| grown.apply(edit)).map_err(|error| error.to_string())?;
        for (n, step) in steps.iter().enumerate() {
            let id = if n == before { task } else { TaskId(fresh.0 + n as u32) };
            edits.extend(rewritten(&grown, id, step));
        }
        Ok(edits)
    }

    /// The words that the tasks would have as one, to be changed by hand. References among them are gone.
    pub fn merged_text(&self, tasks: &[TaskId]) -> String {
        let words = |task: &TaskId| {
            let found = self.task(*task)?;
            let name = |to| if tasks.contains(&to) { "that".to_owned() } else { self.reference(*task, to) };
            Some(found.draft.phrase.show(name).trim().trim_end_matches('.').to_owned())
        };
        tasks.iter().filter_map(words).collect::<Vec<_>>().join(", then ")
    }

    /// One task in place of several: the last of them in reading order stays, with the new words, the parts of all, and
    /// the users of all.
    pub fn merge(&self, tasks: &[TaskId], step: &Step) -> Reworked {
        let tasks = self.topmost(tasks);
        let (kept, others) = match tasks.split_last() {
            Some((kept, others)) if !others.is_empty() => (*kept, others),
            _ => return Err("mark the tasks to be merged with v".to_owned()),
        };
        if tasks.contains(&self.root().unwrap_or_default()) {
            return Err("the goal can not be merged with anything".to_owned());
        }
        let draft = Draft::of_step(step, self, self.parent(kept));
        let one = |to: TaskId| match others.contains(&to) || to == kept {
            true => Piece::Text("that".to_owned()),
            false => Piece::Answer { task: to },
        };
        let mut edits = vec![];
        // What is used goes first: a user of two merged tasks is wired once.
        let users: HashSet<TaskId> = others.iter().flat_map(|task| self.feeds(*task)).copied().collect();
        let mut users: Vec<TaskId> = users.into_iter().filter(|user| !tasks.contains(user)).collect();
        users.sort();
        for user in users {
            let Some(found) = self.task(user) else { continue };
            let follow = |to: TaskId| Piece::Answer { task: if others.contains(&to) { kept } else { to } };
            edits.push(Edit::SetPhrase { task: user, phrase: found.draft.phrase.map(follow) });
        }
        // Before that, the kept one lets go of the others, lest a user between them closes a circle.
        edits.insert(0, Edit::SetPhrase { task: kept, phrase: draft.phrase.map(one) });
        edits.push(Edit::SetOperator { task: kept, operator: draft.operator });
        edits.push(Edit::SetExpert { task: kept, expert: draft.expert });
        let parts = others.iter().flat_map(|task| self.parts(*task)).zip(self.parts(kept).len()..);
        edits.extend(parts.map(|(part, at)| Edit::Move { task: *part, parent: kept, at }));
        edits.extend(others.iter().map(|task| Edit::Remove { task: *task }));
        Ok(edits)
    }

    /// Takes the task out and leaves its parts in its place; who used its answer uses that of its last part.
    pub fn dissolve(&self, task: TaskId) -> Reworked {
        let parent = self.parent(task).ok_or("the goal itself stays where it is")?;
        let at = self.position(task);
        let parts = self.parts(task);
        let moves = parts.iter().enumerate().map(|(n, part)| Edit::Move { task: *part, parent, at: at + n });
        let mut edits: Vec<Edit> = moves.collect();
        if let Some(last) = parts.last() {
            for user in self.feeds(task) {
                let follow = |to: TaskId| Piece::Answer { task: if to == task { *last } else { to } };
                if let Some(found) = self.task(*user) {
                    edits.push(Edit::SetPhrase { task: *user, phrase: found.draft.phrase.map(follow) });
                }
            }
        }
        edits.push(Edit::Remove { task });
        Ok(edits)
    }

    /// Puts the tasks, in reading order, after another one; below it when that is the goal.
    pub fn bring(&self, tasks: &[TaskId], after: TaskId) -> Reworked {
        let tasks = self.topmost(tasks);
        if tasks.iter().any(|task| self.is_below(after, *task)) {
            return Err("it can not be put into itself: select another place".to_owned());
        }
        if self.parent(after).is_none() {
            let mut count = self.parts(after).len();
            let moved = |task: &TaskId| {
                // A part of the goal goes out before it comes to the end.
                count += usize::from(self.parent(*task) != Some(after));
                Edit::Move { task: *task, parent: after, at: count - 1 }
            };
            return Ok(tasks.iter().map(moved).collect());
        }
        let mut moved = self.clone();
        let mut edits = vec![];
        let mut last = after;
        for task in tasks {
            let parent = self.parent(after).unwrap_or(after);
            // Taken out first, its own going may move the place by one.
            let place = moved.position(last);
            let before = moved.parent(task) == Some(parent) && moved.position(task) <= place;
            let edit = Edit::Move { task, parent, at: place - usize::from(before) };
            moved.apply(&edit).map_err(|error| error.to_string())?;
            edits.push(edit);
            last = task;
        }
        Ok(edits)
    }

    /// Wires the answer of `need` into `user`, or takes it out when it is there.
    pub fn wire(&self, user: TaskId, need: TaskId) -> Reworked {
        let phrase = &self.task(user).ok_or("the task is gone")?.draft.phrase;
        let pieces = phrase.pieces().to_vec();
        let phrase = if phrase.needs().contains(&need) {
            Phrase::of(pieces.into_iter().filter(|piece| *piece != Piece::Answer { task: need }))
        } else if let Some(lost) = pieces.iter().position(|piece| matches!(piece, Piece::Lost { .. })) {
            // A reference that leads nowhere waits for its task.
            let mut pieces = pieces;
            pieces[lost] = Piece::Answer { task: need };
            Phrase::of(pieces)
        } else {
            Phrase::of(pieces.into_iter().chain([Piece::Text(" ".into()), Piece::Answer { task: need }]))
        };
        Ok(vec![Edit::SetPhrase { task: user, phrase }])
    }
}

/// The tasks that the words of a task use, by the numbers that they are shown with there.
pub(super) fn shown_numbers(plan: &Plan, task: TaskId) -> HashMap<String, TaskId> {
    plan.needs(task).into_iter().map(|need| (plan.reference(task, need), need)).collect()
}

/// A path of numbers as it is written.
pub(super) fn written_number(path: &[usize]) -> String {
    format!("#{}", path.iter().map(usize::to_string).collect::<Vec<_>>().join("."))
}

/// What makes a task say what the step says. A number that its words had before means the same task as before: below
/// another parent it may count in another row.
pub fn rewritten(plan: &Plan, task: TaskId, step: &Step) -> Vec<Edit> {
    let (parent, known) = (plan.parent(task), shown_numbers(plan, task));
    let find =
        |path: &[usize]| known.get(&written_number(path)).copied().or_else(|| plan.referred(parent, path));
    let new = Draft { phrase: Phrase::read(&step.text, find), ..Draft::of_step(step, plan, parent) };
    let old = plan.task(task).map(|task| task.draft.clone()).unwrap_or_default();
    let mut edits = vec![];
    if new.phrase != old.phrase {
        edits.push(Edit::SetPhrase { task, phrase: new.phrase });
    }
    if new.operator != old.operator {
        edits.push(Edit::SetOperator { task, operator: new.operator });
    }
    if new.expert != old.expert {
        edits.push(Edit::SetExpert { task, expert: new.expert });
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::super::{notation, outline, read_outline};
    use super::*;

    const TRIP: &str = "QC: trip\n  QS: [a] hotel\n    QS: find\n    QS: compare #1\n  QS: [b] book #1\n  QS: pay #2 after #1";

    fn plan(text: &str) -> Plan {
        let mut plan = Plan::default();
        read_outline(text, 0).edits.iter().for_each(|edit| plan.apply(edit).unwrap());
        plan
    }

    fn check(rework: impl Fn(&Plan) -> Reworked, expected: &str) {
        let mut plan = plan(TRIP);
        let done = rework(&plan).and_then(|edits| {
            let mut changed = plan.clone();
            for edit in &edits {
                let room = match edit {
                    Edit::Add { parent: Some(parent), at, .. } => *at <= changed.parts(*parent).len(),
                    Edit::Move { task, parent, at } => {
                        at + usize::from(changed.parent(*task) == Some(*parent))
                            <= changed.parts(*parent).len()
                    }
                    _ => true,
                };
                assert!(room, "no place beyond the end is written down: {edit:?}");
                changed.apply(edit).map_err(|error| error.to_string())?;
            }
            plan = changed;
            Ok(())
        });
        match done {
            Ok(()) => assert_eq!(outline(&plan), expected),
            Err(why) => assert_eq!(why, expected),
        }
    }

    fn steps(text: &str) -> Vec<Step> {
        text.lines().map(notation::read_step).collect()
    }

    // t0 trip, t1 hotel, t2 find, t3 compare, t4 book, t5 pay
    const T: [TaskId; 7] = [TaskId(0), TaskId(1), TaskId(2), TaskId(3), TaskId(4), TaskId(5), TaskId(6)];

    #[test]
    fn a_number_that_was_there_keeps_its_task_when_the_words_change() {
        let mut plan = plan("QC: trip\n  QS: hotel\n  QS: way\n    QS: find\n    QS: compare");
        let phrase = Phrase::of([Piece::Text("compare ".into()), Piece::Answer { task: T[1] }]);
        plan.apply(&Edit::SetPhrase { task: T[4], phrase }).unwrap();
        assert_eq!(plan.text(T[4]), "compare #0.1", "as #1 is its own sibling");
        let mut change = |words: &str| {
            let edits = rewritten(&plan, T[4], &steps(words)[0]);
            edits.iter().for_each(|edit| plan.apply(edit).unwrap());
            plan.needs(T[4])
        };
        assert_eq!(change("compare well #0.1"), [T[1]]);
        assert_eq!(change("compare #1 well"), [T[3]]);
    }

    #[test]
    fn structure_changes_and_references_follow() {
        check(|plan| plan.indent(T[5]), "that would make a circle: t5 → t4 → t5");
        check(|plan| plan.indent(T[1]), "there is no sibling above it to become its part");
        check(
            |plan| plan.outdent(T[3]),
            "QC: trip\n  QS: [a] hotel\n    QS: find\n  QS: compare #1.1\n  QS: [b] book #1\n  QS: pay #3 after #1",
        );
        check(
            |plan| plan.duplicate(T[1], T[6]),
            "QC: trip\n  QS: [a] hotel\n    QS: find\n    QS: compare #1\n  QS: [a] hotel\n    QS: find\n    QS: compare #1\n  QS: [b] book #1\n  QS: pay #3 after #1",
        );
        check(
            |plan| plan.split(T[4], &steps("[c] choose of #1\n[d] book #2"), T[6]),
            "QC: trip\n  QS: [a] hotel\n    QS: find\n    QS: compare #1\n  QS: [c] choose of #1\n  QS: [d] book #2\n  QS: pay #3 after #1",
        );
        check(
            |plan| plan.merge(&[T[1], T[4]], &steps("[b] find and book")[0]),
            "QC: trip\n  QS: [b] find and book\n    QS: find\n    QS: compare #1\n  QS: pay #1 after #1",
        );
        check(
            |plan| plan.merge(&[T[1], T[5]], &steps("hotel and pay #2")[0]),
            "that would make a circle: t4 → t5 → t4",
        );
        check(
            |plan| plan.dissolve(T[1]),
            "QC: trip\n  QS: find\n  QS: compare #1\n  QS: [b] book #2\n  QS: pay #3 after #2",
        );
        check(
            |plan| plan.bring(&[T[1], T[2], T[4]], T[5]),
            "QC: trip\n  QS: pay #3 after #2\n  QS: [a] hotel\n    QS: find\n    QS: compare #1\n  QS: [b] book #2",
        );
        check(|plan| plan.bring(&[T[1]], T[2]), "it can not be put into itself: select another place");
    }

    #[test]
    fn a_need_is_wired_and_unwired() {
        check(|plan| plan.wire(T[5], T[2]), &TRIP.replace("after #1", "after #1 #1.1"));
        check(|plan| plan.wire(T[4], T[1]), &TRIP.replace("book #1", "book "));
        check(|plan| plan.wire(T[1], T[4]), "that would make a circle: t1 → t4 → t1");
        assert_eq!(plan(TRIP).merged_text(&[T[1], T[4]]), "hotel, then book that");
    }
}
