//! Which rows the tree has, in order: a flat list that is mended where the plan, a fold or a projection changed, so that
//! a large plan costs a frame no more than a small one.

use super::RowId;
use crate::{
    engine::{Look, Survey},
    ids::TaskId,
    plan::Plan,
};
use std::collections::{BTreeSet, HashMap};

/// Items of a projection beyond this many are not shown one by one.
pub const ITEMS: usize = 200;

/// The rows that are not folded away.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    lines: Vec<Line>,
    /// How many items are shown below each task that has any.
    items: HashMap<TaskId, u32>,
}

impl PartialEq for Lines {
    /// Equal rows; what is remembered of rows that are folded away does not count.
    fn eq(&self, other: &Lines) -> bool {
        self.lines == other.lines
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Line {
    task: TaskId,
    /// `NONE`, or the place of an item of a projection.
    item: u32,
    depth: u32,
}

const NONE: u32 = u32::MAX;

/// How many items of a projection stand below the task.
pub fn items_of(look: Option<&Look>) -> usize {
    look.filter(|look| !look.composite && 1 < look.questions.len())
        .map_or(0, |look| look.questions.len().min(ITEMS))
}

/// More changes than these are not mended one by one.
const MANY: usize = 256;

impl Lines {
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The row at a place, with its depth.
    pub fn at(&self, at: usize) -> Option<(RowId, usize)> {
        let line = self.lines.get(at)?;
        let item = (line.item != NONE).then_some(line.item as usize);
        Some((RowId { task: line.task, item }, line.depth as usize))
    }

    /// Where a row is, if it is not folded away.
    pub fn position(&self, row: RowId) -> Option<usize> {
        let item = row.item.map_or(NONE, |item| item as u32);
        self.lines.iter().position(|line| line.task == row.task && line.item == item)
    }

    /// Takes in what the last look at the plan has changed.
    pub fn update(&mut self, plan: &Plan, survey: &Survey, folded: &BTreeSet<TaskId>) {
        let changes = survey.changes();
        let looks: Vec<TaskId> = changes
            .looks
            .iter()
            .copied()
            .filter(|task| {
                self.items.get(task).map_or(0, |items| *items as usize) != items_of(survey.look(*task))
            })
            .collect();
        if changes.all || self.lines.is_empty() || MANY < changes.parts.len() + looks.len() {
            return self.build(plan, survey, folded);
        }
        for task in changes.parts.iter().chain(&looks) {
            self.mend(*task, plan, survey, folded);
        }
    }

    /// Makes the list anew.
    pub fn build(&mut self, plan: &Plan, survey: &Survey, folded: &BTreeSet<TaskId>) {
        self.items.clear();
        self.lines.clear();
        if let Some(root) = plan.root() {
            self.lines = self.walk(root, 0, plan, survey, folded);
        }
    }

    /// Puts right what stands below a task: its items and parts, none while it is folded.
    pub fn mend(&mut self, task: TaskId, plan: &Plan, survey: &Survey, folded: &BTreeSet<TaskId>) {
        let Some(at) = self.position(RowId::task(task)).filter(|_| plan.contains(task)) else {
            self.items.remove(&task);
            return;
        };
        let depth = self.lines[at].depth;
        let below = self.lines[at + 1..].iter().take_while(|line| depth < line.depth).count();
        let end = at + 1 + below;
        let mut items = 0;
        // The parts as they are shown, each with the place of its row.
        let mut shown: Vec<(TaskId, usize)> = vec![];
        for (n, line) in
            self.lines[at + 1..end].iter().enumerate().filter(|(_, line)| line.depth == depth + 1)
        {
            match line.item {
                NONE => shown.push((line.task, at + 1 + n)),
                _ => items += 1,
            }
        }
        let open = !folded.contains(&task);
        let wanted_items = if open { items_of(survey.look(task)) } else { 0 };
        let wanted: &[TaskId] = if open { plan.parts(task) } else { &[] };
        let head = shown.iter().zip(wanted).take_while(|((shown, _), wanted)| shown == *wanted).count();
        let rest = shown.len().min(wanted.len()) - head;
        let tail = shown.iter().rev().zip(wanted.iter().rev());
        let tail = tail.take(rest).take_while(|((shown, _), wanted)| shown == *wanted).count();
        let place = |n: usize| shown.get(n).map_or(end, |(_, place)| *place);
        let range = place(head)..place(shown.len() - tail);
        if range.start < range.end || head + tail < wanted.len() {
            let mut fresh = vec![];
            for part in &wanted[head..wanted.len() - tail] {
                fresh.extend(self.walk(*part, depth + 1, plan, survey, folded));
            }
            self.lines.splice(range, fresh);
        }
        if items != wanted_items {
            let fresh = (0..wanted_items).map(|item| Line { task, item: item as u32, depth: depth + 1 });
            self.lines.splice(at + 1..at + 1 + items, fresh);
        }
        match wanted_items {
            0 => self.items.remove(&task),
            items => self.items.insert(task, items as u32),
        };
    }

    /// The rows of a task and all below it.
    fn walk(
        &mut self,
        task: TaskId,
        depth: u32,
        plan: &Plan,
        survey: &Survey,
        folded: &BTreeSet<TaskId>,
    ) -> Vec<Line> {
        let mut lines = vec![];
        let mut waiting = vec![(task, depth)];
        while let Some((task, depth)) = waiting.pop() {
            lines.push(Line { task, item: NONE, depth });
            if folded.contains(&task) {
                continue;
            }
            let items = items_of(survey.look(task));
            if 0 < items {
                self.items.insert(task, items as u32);
                lines.extend((0..items).map(|item| Line { task, item: item as u32, depth: depth + 1 }));
            }
            waiting.extend(plan.parts(task).iter().rev().map(|part| (*part, depth + 1)));
        }
        lines
    }
}
