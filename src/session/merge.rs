//! Three-way merge: what one branch changed since both had a common state is brought into the other. Where both changed the
//! same thing to different ends a person decides, task by task.

use super::{Amended, Session, compare::expert};
use crate::{
    decision::Decision,
    ids::TaskId,
    plan::{Draft, Edit, Phrase, Piece},
};
use std::collections::{HashMap, HashSet};

/// A merge under way: what needs no decision is decided, the rest waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Merging {
    pub base: Session,
    pub mine: Session,
    pub theirs: Session,
    /// Name of the other branch.
    pub name: String,
    pub conflicts: Vec<Conflict>,
    /// What theirs changed and mine did not, in words.
    pub taken: Vec<(TaskId, Field)>,
}

/// Something that both sides changed to different ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    pub task: TaskId,
    pub field: Field,
    pub base: String,
    pub mine: String,
    pub theirs: String,
    pub choice: Option<Side>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Base,
    Mine,
    Theirs,
}

/// What of a task can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Whether it is there.
    Being,
    /// Below which task it stands.
    Place,
    /// The order of its parts.
    Order,
    Text,
    Operator,
    Expert,
    Strategy,
    Router,
    Check,
    Budget,
    Collapsed,
    /// The person's choice of an expert.
    Route,
    /// What the person changed of its calls.
    Amended,
    Pin,
}

impl Field {
    const OF_A_TASK: [Field; 12] = [
        Field::Place,
        Field::Text,
        Field::Operator,
        Field::Expert,
        Field::Strategy,
        Field::Router,
        Field::Check,
        Field::Budget,
        Field::Collapsed,
        Field::Route,
        Field::Amended,
        Field::Pin,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Field::Being => "there or not",
            Field::Place => "place",
            Field::Order => "order of its parts",
            Field::Text => "text",
            Field::Operator => "operator",
            Field::Expert => "named expert",
            Field::Strategy => "strategy",
            Field::Router => "router",
            Field::Check => "check",
            Field::Budget => "budget",
            Field::Collapsed => "collapsed",
            Field::Route => "chosen expert",
            Field::Amended => "amended calls",
            Field::Pin => "pinned answer",
        }
    }

    /// What a person reads; equal words mean equal values.
    fn show(self, session: &Session, task: TaskId) -> String {
        let plan = &session.plan;
        let Some(found) = plan.task(task) else { return "gone".to_owned() };
        let draft = &found.draft;
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
        match self {
            Field::Being => plan.text(task),
            Field::Place => match plan.parent(task) {
                Some(parent) if plan.root() == Some(parent) => "below the goal".to_owned(),
                Some(parent) => format!("below {parent}: {}", plan.text(parent)),
                None => "the goal".to_owned(),
            },
            Field::Order => plan.parts(task).iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            // By id: a reference that only got another number is the same.
            Field::Text => draft.phrase.show(|to| format!("#{to}")),
            Field::Operator => or_none(draft.operator.map(|operator| operator.to_string())),
            Field::Expert => or_none(draft.expert.clone()),
            Field::Strategy => or_none(draft.strategy.clone()),
            Field::Router => or_none(draft.router.clone()),
            Field::Check => or_none(draft.check.as_ref().map(ToString::to_string)),
            Field::Budget => or_none(draft.budget.map(|budget| budget.to_string())),
            Field::Collapsed => if found.collapsed { "one call" } else { "its parts" }.to_owned(),
            Field::Route => or_none(
                by_person(session, task).map(|_| expert(session, task).unwrap_or_default().to_owned()),
            ),
            Field::Amended => {
                let one =
                    |one: &Amended| format!("{} {}: {}", one.purpose.word(), one.key, one.amendment.words());
                let all = session.progress(task).amended.iter().map(one).collect::<Vec<_>>().join("; ");
                or_none(Some(all).filter(|all| !all.is_empty()))
            }
            Field::Pin => or_none(session.progress(task).pinned.clone()),
        }
    }
}

fn by_person(session: &Session, task: TaskId) -> Option<&Decision> {
    session.progress(task).routed.as_ref().filter(|(key, _)| key.is_empty()).map(|(_, decision)| decision)
}

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
    /// Compares both sides with what they had in common.
    pub fn new(base: Session, mine: Session, theirs: Session, name: String) -> Merging {
        let mut merging = Merging { base, mine, theirs, name, conflicts: vec![], taken: vec![] };
        let tasks: Vec<TaskId> = merging.base.plan.walk();
        for task in tasks {
            merging.weigh(task);
        }
        for task in merging.theirs.plan.walk() {
            if !merging.base.plan.contains(task) && !merging.mine.plan.contains(task) {
                merging.taken.push((task, Field::Being));
            }
        }
        merging
    }

    fn weigh(&mut self, task: TaskId) {
        let (base, mine, theirs) = (&self.base, &self.mine, &self.theirs);
        let (in_mine, in_theirs) = (mine.plan.contains(task), theirs.plan.contains(task));
        if !in_mine && !in_theirs {
            return;
        }
        if in_mine != in_theirs {
            let stays = if in_mine { mine } else { theirs };
            // Whoever took it out did not know of the other's work on it or below it.
            let worked = stays.plan.subtree(task).into_iter().any(|below| {
                !base.plan.contains(below)
                    || Field::OF_A_TASK
                        .iter()
                        .any(|field| field.show(base, below) != field.show(stays, below))
            });
            let top =
                base.plan.parent(task).is_none_or(|up| mine.plan.contains(up) && theirs.plan.contains(up));
            match (top, worked) {
                (true, true) => self.conflict(task, Field::Being),
                (true, false) if in_mine => self.taken.push((task, Field::Being)),
                _ => {}
            }
            return;
        }
        for field in Field::OF_A_TASK.into_iter().chain([Field::Order]) {
            let show = |session: &Session| match field {
                Field::Order => self.order(session, task),
                field => field.show(session, task),
            };
            let (was, here, there) = (show(&self.base), show(&self.mine), show(&self.theirs));
            match (here == was, there == was) {
                (_, true) => {}
                (true, false) => self.taken.push((task, field)),
                (false, false) if here == there => {}
                (false, false) => self.conflict(task, field),
            }
        }
    }

    /// The parts that all three sides have below the task, in a side's order.
    fn order(&self, side: &Session, task: TaskId) -> String {
        let all = [&self.base, &self.mine, &self.theirs];
        let common = |part: &&TaskId| all.iter().all(|side| side.plan.parent(**part) == Some(task));
        side.plan.parts(task).iter().filter(common).map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    fn conflict(&mut self, task: TaskId, field: Field) {
        let [base, mine, theirs] = [&self.base, &self.mine, &self.theirs].map(|side| field.show(side, task));
        self.conflicts.push(Conflict { task, field, base, mine, theirs, choice: None });
    }

    /// How many conflicts wait for a decision.
    pub fn open(&self) -> usize {
        self.conflicts.iter().filter(|conflict| conflict.choice.is_none()).count()
    }

    /// The side that a field of a task is taken from; mine, where nothing is to be done.
    fn side(&self, task: TaskId, field: Field) -> Side {
        let conflict =
            self.conflicts.iter().find(|conflict| (conflict.task, conflict.field) == (task, field));
        match conflict {
            Some(conflict) => conflict.choice.unwrap_or(Side::Mine),
            None if self.taken.contains(&(task, field)) => Side::Theirs,
            None => Side::Mine,
        }
    }

    fn of(&self, side: Side) -> &Session {
        match side {
            Side::Base => &self.base,
            Side::Mine => &self.mine,
            Side::Theirs => &self.theirs,
        }
    }

    /// What brings mine to the merged state. `Err` names the circle that the sides make together.
    pub fn finish(&self) -> Result<Merged, String> {
        let mut merged = Merged::default();
        let mut grown = self.mine.plan.clone();
        let mut make = |edit: Edit| {
            grown.apply(&edit).map_err(|error| format!("the two sides do not go together: {error}"))?;
            merged.edits.push(edit);
            Ok::<_, String>(grown.clone())
        };
        let mut now = self.mine.plan.clone();
        // New or brought back, parents first, without words: those may refer to what comes later.
        let mut fresh: Vec<(TaskId, &Draft)> = vec![];
        for side in [Side::Theirs, Side::Base] {
            let source = &self.of(side).plan;
            for task in source.walk() {
                let being = source
                    .ancestors(task)
                    .chain([task])
                    .any(|task| self.side(task, Field::Being) == side && !self.mine.plan.contains(task));
                if now.contains(task) || !being {
                    continue;
                }
                let Some(parent) = source.ancestors(task).find(|above| now.contains(*above)) else {
                    continue;
                };
                let before = source.parts(parent).iter().take_while(|part| **part != task);
                let after = before.filter(|part| now.parent(**part) == Some(parent)).last();
                let at = after.map_or(0, |after| now.position(*after));
                let Some(found) = source.task(task) else { continue };
                let draft = Draft { phrase: Phrase::default(), ..found.draft.clone() };
                now = make(Edit::Add { task, parent: Some(parent), at, draft })?;
                fresh.push((task, &found.draft));
                if found.collapsed {
                    now = make(Edit::Collapse { task, on: true })?;
                }
            }
        }
        let kept: Vec<TaskId> = self.mine.plan.walk();
        let mut words: Vec<(TaskId, &Phrase)> =
            fresh.iter().map(|(task, draft)| (*task, &draft.phrase)).collect();
        for task in &kept {
            for field in Field::OF_A_TASK.into_iter().filter(|field| self.side(*task, *field) != Side::Mine) {
                let side = self.of(self.side(*task, field));
                let (task, Some(found)) = (*task, side.plan.task(*task)) else { continue };
                let draft = found.draft.clone();
                now = match field {
                    Field::Text => {
                        words.push((task, &found.draft.phrase));
                        continue;
                    }
                    Field::Route => {
                        merged.routes.extend(by_person(side, task).map(|decision| (task, decision.clone())));
                        continue;
                    }
                    Field::Amended => {
                        merged.amended.push((task, side.progress(task).amended.clone()));
                        continue;
                    }
                    Field::Pin => {
                        merged.pins.push((task, side.progress(task).pinned.clone()));
                        continue;
                    }
                    Field::Place => match side.plan.parent(task).filter(|parent| now.contains(*parent)) {
                        Some(parent) => make(Edit::Move { task, parent, at: side.plan.position(task) - 1 })?,
                        None => continue,
                    },
                    Field::Operator => make(Edit::SetOperator { task, operator: draft.operator })?,
                    Field::Expert => make(Edit::SetExpert { task, expert: draft.expert })?,
                    Field::Strategy => make(Edit::SetStrategy { task, strategy: draft.strategy })?,
                    Field::Router => make(Edit::SetRouter { task, router: draft.router })?,
                    Field::Check => make(Edit::SetCheck { task, check: draft.check })?,
                    Field::Budget => make(Edit::SetBudget { task, budget: draft.budget })?,
                    Field::Collapsed => make(Edit::Collapse { task, on: found.collapsed })?,
                    Field::Being | Field::Order => continue,
                };
            }
            let order = self.side(*task, Field::Order);
            if order != Side::Mine {
                let wanted = self.of(order).plan.parts(*task);
                let wanted: Vec<TaskId> =
                    wanted.iter().copied().filter(|part| now.parent(*part) == Some(*task)).collect();
                let own: HashSet<TaskId> = wanted.iter().copied().collect();
                let places: Vec<usize> = now
                    .parts(*task)
                    .iter()
                    .enumerate()
                    .filter(|(_, part)| own.contains(part))
                    .map(|(at, _)| at)
                    .collect();
                for (part, at) in wanted.into_iter().zip(places) {
                    if now.position(part) != at + 1 {
                        now = make(Edit::Move { task: part, parent: *task, at })?;
                    }
                }
            }
        }
        for task in &kept {
            let gone = !self.theirs.plan.contains(*task) && self.side(*task, Field::Being) == Side::Theirs;
            if gone && now.contains(*task) {
                now = make(Edit::Remove { task: *task })?;
            }
        }
        // A reference that one side lost is found again where its task stays.
        let ends: HashMap<String, TaskId> = now
            .tasks()
            .map(|task| (task.id.to_string(), task.id))
            .filter(|_| !fresh.is_empty() || !words.is_empty())
            .collect();
        let settled = |phrase: &Phrase| {
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
        };
        let taken: HashSet<TaskId> = words.iter().map(|(task, _)| *task).collect();
        let lost = kept.iter().filter(|task| !fresh.is_empty() && !taken.contains(task));
        words.extend(lost.filter_map(|task| {
            let phrase = &self.mine.plan.task(*task)?.draft.phrase;
            phrase.lost().map(|_| (*task, phrase))
        }));
        for (task, phrase) in words {
            if now.task(task).is_some_and(|found| found.draft.phrase != settled(phrase)) {
                make(Edit::SetPhrase { task, phrase: settled(phrase) })?;
            }
        }
        merged.routes.retain(|(task, _)| now.contains(*task));
        merged.pins.retain(|(task, _)| now.contains(*task));
        merged.amended.retain(|(task, _)| now.contains(*task));
        for (task, _) in &fresh {
            let progress = self.theirs.progress(*task);
            merged.pins.extend(progress.pinned.clone().map(|pinned| (*task, Some(pinned))));
            merged.routes.extend(by_person(&self.theirs, *task).map(|decision| (*task, decision.clone())));
        }
        Ok(merged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::{outline, read_outline},
        session::{Actor, Event},
    };

    const BASE: &str = "QC: trip\n  QS: [a] hotel\n  QS: [b] book #1\n  QS: pay #2";

    fn after(edits: &[Edit]) -> Session {
        let mut session = Session::default();
        for edits in [read_outline(BASE, 0).edits, edits.to_vec()] {
            session.apply(&Event::Edited { by: Actor::Person, edits, reason: None }).unwrap();
        }
        session
    }

    fn check(mine: &[Edit], theirs: &[Edit], choices: &[Side], conflicts: &[Field], expected: &str) {
        let mut merging = Merging::new(after(&[]), after(mine), after(theirs), "other".to_owned());
        let found: Vec<Field> = merging.conflicts.iter().map(|conflict| conflict.field).collect();
        assert_eq!(found, conflicts, "{:?}", merging.conflicts);
        for (conflict, choice) in merging.conflicts.iter_mut().zip(choices) {
            conflict.choice = Some(*choice);
        }
        match merging.finish() {
            Ok(merged) => {
                let mut plan = merging.mine.plan.clone();
                merged.edits.iter().for_each(|edit| plan.apply(edit).unwrap());
                assert_eq!(outline(&plan), expected);
            }
            Err(why) => assert_eq!(why, expected),
        }
    }

    fn text(task: u32, text: &str) -> Edit {
        Edit::SetPhrase { task: TaskId(task), phrase: Phrase::text(text) }
    }

    fn add(task: u32, at: usize, words: &str) -> Edit {
        Edit::Add { task: TaskId(task), parent: Some(TaskId(0)), at, draft: Draft::text(words) }
    }

    #[test]
    fn what_one_side_changed_is_taken() {
        let expert = Edit::SetExpert { task: TaskId(2), expert: Some("c".into()) };
        let (here, there) = ([text(1, "inn"), add(8, 0, "mine")], [add(9, 99, "theirs"), expert]);
        let merged = "QC: trip\n  QS: mine\n  QS: [a] inn\n  QS: [c] book #2\n  QS: pay #3\n  QS: theirs";
        check(&here, &there, &[], &[], merged);
        let gone = [Edit::Remove { task: TaskId(3) }];
        check(&[text(1, "inn")], &gone, &[], &[], "QC: trip\n  QS: [a] inn\n  QS: [b] book #1");
        let turned = [Edit::Move { task: TaskId(3), parent: TaskId(0), at: 0 }];
        check(
            &[text(1, "inn")],
            &turned,
            &[],
            &[],
            "QC: trip\n  QS: pay #3\n  QS: [a] inn\n  QS: [b] book #2",
        );
    }

    #[test]
    fn what_both_changed_is_decided_by_a_person() {
        let (here, there) = ([text(1, "inn")], [text(1, "hostel")]);
        let with = |words: &str| BASE.replace("hotel", words);
        check(&here, &there, &[Side::Mine], &[Field::Text], &with("inn"));
        check(&here, &there, &[Side::Theirs], &[Field::Text], &with("hostel"));
        check(&here, &there, &[Side::Base], &[Field::Text], BASE);
        let gone = [Edit::Remove { task: TaskId(1) }];
        let without = "QC: trip\n  QS: [b] book #?\n  QS: pay #1";
        check(&here, &gone, &[Side::Theirs], &[Field::Being], without);
        check(&gone, &here, &[Side::Theirs], &[Field::Being], &with("inn"));
    }

    #[test]
    fn sides_that_make_a_circle_together_are_refused() {
        let (here, there) = (
            [Edit::SetPhrase { task: TaskId(1), phrase: Phrase::of([Piece::Answer { task: TaskId(8) }]) }],
            [Edit::SetPhrase { task: TaskId(8), phrase: Phrase::of([Piece::Answer { task: TaskId(1) }]) }],
        );
        let grown = |edits: &[Edit]| {
            let mut session = after(&[add(8, 99, "new")]);
            edits.iter().for_each(|edit| session.plan.apply(edit).unwrap());
            session
        };
        let merging = Merging::new(grown(&[]), grown(&here), grown(&there), String::new());
        assert!(merging.conflicts.is_empty());
        assert_eq!(
            merging.finish(),
            Err("the two sides do not go together: that would make a circle: t8 → t1 → t8".to_owned())
        );
    }
}
