//! Three-way merge: what one branch changed since both had a common state is brought into the other. Where both changed the
//! same thing to different ends a person decides, task by task.

mod field;
mod finish;

pub use field::Field;
pub use finish::Merged;

use super::Session;
use crate::ids::TaskId;

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
}

#[cfg(test)]
mod tests;
