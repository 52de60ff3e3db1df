//! A task of the other side taken over, or it and all below it: words, expert and answers.

use super::{beside, progress};
use crate::{
    ids::TaskId,
    plan::{Draft, Edit, Phrase, Piece, Plan},
    session::{
        Actor, Event, Session,
        compare::{Matching, Pair},
    },
    workbench::{
        Effect, Mode, State, Weight,
        sheet::{Comparing, Kind},
        update::{browsing, history, record_or_say},
    },
};
use std::collections::HashMap;

/// Takes a task of the other side, or it and all below it, with words, expert and answers.
pub(in super::super) fn adopt(state: &mut State, whole: bool) -> Vec<Effect> {
    let Mode::Sheet(sheet) = &state.mode else { return vec![] };
    let (at, Kind::Compare(comparing)) = (sheet.cursor, &sheet.kind) else { return vec![] };
    let comparing = Comparing::clone(comparing);
    let Some(pair) = comparing.comparison.pairs.get(at) else { return vec![] };
    let mine = state.journal.session();
    let events = match adopted(mine, &comparing, pair, whole, state.journal.fresh_task()) {
        Ok(events) => events,
        Err(why) => {
            state.say(Weight::Warning, why);
            return vec![];
        }
    };
    let Some(effects) = record_or_say(state, events) else { return vec![] };
    browsing::keep_cursor(state);
    let Comparing { other, name, matching, costs, .. } = comparing;
    beside::open(state, other, name.clone(), matching, costs.1);
    if let Mode::Sheet(sheet) = &mut state.mode {
        sheet.cursor = at.min(sheet.rows.len().saturating_sub(1));
    }
    history::refresh(state);
    state.say(Weight::Info, format!("adopted from {name}; z takes it back"));
    effects
}

/// The events that take the task over.
fn adopted(
    mine: &Session,
    comparing: &Comparing,
    pair: &Pair,
    whole: bool,
    fresh: TaskId,
) -> Result<Vec<Event>, String> {
    let other = &comparing.other;
    let Some(its) = pair.other else {
        let task = pair.one.ok_or("there is nothing to adopt here")?;
        return Ok(vec![edited(vec![Edit::Remove { task }], &comparing.name)]);
    };
    let tasks = if whole { other.plan.subtree(its) } else { vec![its] };
    let same = comparing.comparison.pairs.iter().filter_map(|pair| Some((pair.other?, pair.one?))).collect();
    let related = comparing.matching == Matching::Ids;
    let mut adoption = Adoption {
        there: &other.plan,
        related,
        same,
        grown: mine.plan.clone(),
        edits: vec![],
        next: fresh.0,
    };
    for task in &tasks {
        adoption.bring(*task)?;
    }
    for task in &tasks {
        adoption.make_alike(*task)?;
    }
    if whole && let Some(top) = pair.one {
        adoption.remove_others(mine, top, &tasks)?;
    }
    let Adoption { same, edits, .. } = adoption;
    let mut events = if edits.is_empty() { vec![] } else { vec![edited(edits, &comparing.name)] };
    for task in &tasks {
        events.extend(progress(other, *task, same[task], mine));
    }
    if events.is_empty() { Err("both sides are the same here".to_owned()) } else { Ok(events) }
}

fn edited(edits: Vec<Edit>, name: &str) -> Event {
    Event::Edited { by: Actor::Person, edits, reason: Some(format!("adopted from {name}")) }
}

/// The plan at hand on its way to what the other side has.
struct Adoption<'a> {
    there: &'a Plan,
    /// An id means the same task on both sides.
    related: bool,
    /// The tasks of the other side that are here, by their ids there.
    same: HashMap<TaskId, TaskId>,
    grown: Plan,
    edits: Vec<Edit>,
    /// An id that no task has.
    next: u32,
}

impl Adoption<'_> {
    fn make(&mut self, edit: Edit) -> Result<(), String> {
        self.grown.apply(&edit).map_err(|error| error.to_string())?;
        self.edits.push(edit);
        Ok(())
    }

    /// A task that is not here comes, without words, behind the sibling that it stands behind there.
    fn bring(&mut self, task: TaskId) -> Result<(), String> {
        if self.same.contains_key(&task) {
            return Ok(());
        }
        let id = if self.related && !self.grown.contains(task) { task } else { TaskId(self.next) };
        self.next = self.next.max(id.0) + u32::from(id.0 == self.next);
        let up = self.there.parent(task).ok_or("the goal of another session stays there")?;
        let parent = *self.same.get(&up).ok_or("the task above it is not here: adopt that first")?;
        let before = self.there.parts(up).iter().take_while(|part| **part != task);
        let after = before
            .filter_map(|part| self.same.get(part))
            .filter(|part| self.grown.parent(**part) == Some(parent));
        let at = after.last().map_or(0, |after| self.grown.position(*after));
        self.make(Edit::Add { task: id, parent: Some(parent), at, draft: Draft::default() })?;
        self.same.insert(task, id);
        Ok(())
    }

    /// Everything a person can set becomes as it is there.
    fn make_alike(&mut self, task: TaskId) -> Result<(), String> {
        let there = self.there;
        let Some(found) = there.task(task) else { return Ok(()) };
        let (id, draft) = (self.same[&task], found.draft.clone());
        let phrase = draft.phrase.map(|to| match self.same.get(&to).filter(|to| self.grown.contains(**to)) {
            Some(to) => Piece::Answer { task: *to },
            None => Piece::Lost { lost: to.to_string() },
        });
        let now = self.grown.task(id).cloned().map(|task| (task.draft, task.collapsed));
        let (now, collapsed) = now.unwrap_or_default();
        let settings = [
            (
                now.phrase != phrase,
                Edit::SetPhrase { task: id, phrase: Phrase::of(phrase.pieces().to_vec()) },
            ),
            (now.operator != draft.operator, Edit::SetOperator { task: id, operator: draft.operator }),
            (now.expert != draft.expert, Edit::SetExpert { task: id, expert: draft.expert }),
            (now.strategy != draft.strategy, Edit::SetStrategy { task: id, strategy: draft.strategy }),
            (now.router != draft.router, Edit::SetRouter { task: id, router: draft.router }),
            (now.check != draft.check, Edit::SetCheck { task: id, check: draft.check }),
            (now.budget != draft.budget, Edit::SetBudget { task: id, budget: draft.budget }),
            (collapsed != found.collapsed, Edit::Collapse { task: id, on: found.collapsed }),
        ];
        settings.into_iter().filter(|(differs, _)| *differs).try_for_each(|(_, edit)| self.make(edit))
    }

    /// What the other side has not stays only where it was moved from elsewhere.
    fn remove_others(&mut self, mine: &Session, top: TaskId, tasks: &[TaskId]) -> Result<(), String> {
        let kept: Vec<TaskId> = tasks.iter().filter_map(|task| self.same.get(task).copied()).collect();
        let below = mine.plan.subtree(top).into_iter();
        let gone: Vec<TaskId> = below.filter(|task| !kept.contains(task)).collect();
        mine.plan.topmost(&gone).into_iter().try_for_each(|task| self.make(Edit::Remove { task }))
    }
}
