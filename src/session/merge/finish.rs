//! A merge whose conflicts are decided, made into edits: what is new comes, what was changed is taken, what is gone goes,
//! and words are set last, when everything they refer to is there.

use super::{Field, Merging, Side, field::by_person};
use crate::{
    decision::Decision,
    ids::TaskId,
    plan::{Draft, Edit, Phrase, Piece, Plan},
    session::Amended,
};
use std::collections::{HashMap, HashSet};

/// What a finished merge does: edits, then choices of experts, then pins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    pub edits: Vec<Edit>,
    pub routes: Vec<(TaskId, Decision)>,
    pub pins: Vec<(TaskId, Option<String>)>,
    /// Tasks whose amendments are those of the other side.
    pub amended: Vec<(TaskId, Vec<Amended>)>,
}

impl Merging {
    /// What brings mine to the merged state. `Err` names the circle that the sides make together.
    pub fn finish(&self) -> Result<Merged, String> {
        let now = self.mine.plan.clone();
        let mut work =
            Finishing { merging: self, now, merged: Merged::default(), fresh: vec![], words: vec![] };
        for side in [Side::Theirs, Side::Base] {
            work.bring(side)?;
        }
        let kept: Vec<TaskId> = self.mine.plan.walk();
        for task in &kept {
            work.take_fields(*task)?;
            work.take_order(*task)?;
        }
        for task in &kept {
            work.let_go(*task)?;
        }
        work.set_words(&kept)?;
        Ok(work.merged())
    }
}

/// Mine on its way to the merged state.
struct Finishing<'a> {
    merging: &'a Merging,
    now: Plan,
    merged: Merged,
    /// Tasks that are new or brought back.
    fresh: Vec<TaskId>,
    /// Words that are to be set at the end.
    words: Vec<(TaskId, &'a Phrase)>,
}

impl Finishing<'_> {
    fn make(&mut self, edit: Edit) -> Result<(), String> {
        self.now.apply(&edit).map_err(|error| format!("the two sides do not go together: {error}"))?;
        self.merged.edits.push(edit);
        Ok(())
    }

    /// What is new on a side or brought back from it, parents first, without words: those may refer to what comes later.
    fn bring(&mut self, side: Side) -> Result<(), String> {
        let merging = self.merging;
        let source = &merging.of(side).plan;
        for task in source.walk() {
            let is_wanted =
                |task| merging.side(task, Field::Being) == side && !merging.mine.plan.contains(task);
            if self.now.contains(task) || !source.ancestors(task).chain([task]).any(is_wanted) {
                continue;
            }
            let Some(parent) = source.ancestors(task).find(|above| self.now.contains(*above)) else {
                continue;
            };
            let before = source.parts(parent).iter().take_while(|part| **part != task);
            let after = before.filter(|part| self.now.parent(**part) == Some(parent)).last();
            let at = after.map_or(0, |after| self.now.position(*after));
            let Some(found) = source.task(task) else { continue };
            let draft = Draft { phrase: Phrase::default(), ..found.draft.clone() };
            self.make(Edit::Add { task, parent: Some(parent), at, draft })?;
            self.fresh.push(task);
            self.words.push((task, &found.draft.phrase));
            if found.collapsed {
                self.make(Edit::Collapse { task, on: true })?;
            }
        }
        Ok(())
    }

    /// What another side says of a task that stays.
    fn take_fields(&mut self, task: TaskId) -> Result<(), String> {
        let merging = self.merging;
        for field in Field::OF_A_TASK {
            let side = merging.side(task, field);
            let session = merging.of(side);
            let (true, Some(found)) = (side != Side::Mine, session.plan.task(task)) else { continue };
            let draft = found.draft.clone();
            match field {
                Field::Text => self.words.push((task, &found.draft.phrase)),
                Field::Route => {
                    let decision = by_person(session, task).cloned();
                    self.merged.routes.extend(decision.map(|decision| (task, decision)));
                }
                Field::Amended => {
                    self.merged.amended.push((task, session.progress(task).amended.clone()));
                }
                Field::Pin => self.merged.pins.push((task, session.progress(task).pinned.clone())),
                Field::Place => {
                    let parent = session.plan.parent(task).filter(|parent| self.now.contains(*parent));
                    if let Some(parent) = parent {
                        self.make(Edit::Move { task, parent, at: session.plan.position(task) - 1 })?;
                    }
                }
                Field::Operator => self.make(Edit::SetOperator { task, operator: draft.operator })?,
                Field::Expert => self.make(Edit::SetExpert { task, expert: draft.expert })?,
                Field::Strategy => self.make(Edit::SetStrategy { task, strategy: draft.strategy })?,
                Field::Router => self.make(Edit::SetRouter { task, router: draft.router })?,
                Field::Check => self.make(Edit::SetCheck { task, check: draft.check })?,
                Field::Budget => self.make(Edit::SetBudget { task, budget: draft.budget })?,
                Field::Collapsed => self.make(Edit::Collapse { task, on: found.collapsed })?,
                Field::Being | Field::Order => {}
            }
        }
        Ok(())
    }

    /// The parts of a task that another side has ordered take their places among each other; the rest stays where it is.
    fn take_order(&mut self, task: TaskId) -> Result<(), String> {
        let side = self.merging.side(task, Field::Order);
        if side == Side::Mine {
            return Ok(());
        }
        let wanted = self.merging.of(side).plan.parts(task).iter().copied();
        let wanted: Vec<TaskId> = wanted.filter(|part| self.now.parent(*part) == Some(task)).collect();
        let own: HashSet<TaskId> = wanted.iter().copied().collect();
        let places = self.now.parts(task).iter().enumerate().filter(|(_, part)| own.contains(part));
        let places: Vec<usize> = places.map(|(at, _)| at).collect();
        for (part, at) in wanted.into_iter().zip(places) {
            if self.now.position(part) != at + 1 {
                self.make(Edit::Move { task: part, parent: task, at })?;
            }
        }
        Ok(())
    }

    /// A task that the other side took out goes, if that was not decided otherwise.
    fn let_go(&mut self, task: TaskId) -> Result<(), String> {
        let merging = self.merging;
        let gone = !merging.theirs.plan.contains(task) && merging.side(task, Field::Being) == Side::Theirs;
        if gone && self.now.contains(task) {
            self.make(Edit::Remove { task })?;
        }
        Ok(())
    }

    /// Sets the words that wait, and those of tasks here that had lost a reference: it is found again where its task stays.
    fn set_words(&mut self, kept: &[TaskId]) -> Result<(), String> {
        let mut words = std::mem::take(&mut self.words);
        if !self.fresh.is_empty() {
            let taken: HashSet<TaskId> = words.iter().map(|(task, _)| *task).collect();
            words.extend(kept.iter().filter(|task| !taken.contains(task)).filter_map(|task| {
                let phrase = &self.merging.mine.plan.task(*task)?.draft.phrase;
                phrase.lost().map(|_| (*task, phrase))
            }));
        }
        if words.is_empty() {
            return Ok(());
        }
        let ends: HashMap<String, TaskId> =
            self.now.tasks().map(|task| (task.id.to_string(), task.id)).collect();
        for (task, phrase) in words {
            let phrase = settled(phrase, &ends);
            if self.now.task(task).is_some_and(|found| found.draft.phrase != phrase) {
                self.make(Edit::SetPhrase { task, phrase })?;
            }
        }
        Ok(())
    }

    /// What is beside the edits, of tasks that are there.
    fn merged(self) -> Merged {
        let Finishing { merging, now, mut merged, fresh, .. } = self;
        merged.routes.retain(|(task, _)| now.contains(*task));
        merged.pins.retain(|(task, _)| now.contains(*task));
        merged.amended.retain(|(task, _)| now.contains(*task));
        for task in fresh {
            let pinned = merging.theirs.progress(task).pinned.clone();
            merged.pins.extend(pinned.map(|pinned| (task, Some(pinned))));
            merged.routes.extend(by_person(&merging.theirs, task).map(|decision| (task, decision.clone())));
        }
        merged
    }
}

/// The phrase with its references as the tasks stand: `ends` are those that are there, by their names.
fn settled(phrase: &Phrase, ends: &HashMap<String, TaskId>) -> Phrase {
    Phrase::of(phrase.pieces().iter().map(|piece| match piece {
        Piece::Answer { task } if !ends.contains_key(&task.to_string()) => {
            Piece::Lost { lost: task.to_string() }
        }
        Piece::Lost { lost } => match ends.get(lost) {
            Some(task) => Piece::Answer { task: *task },
            None => piece.clone(),
        },
        piece => piece.clone(),
    }))
}
