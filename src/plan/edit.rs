//! Every change of a plan as a value: recorded, replayed, shown, counted.

use super::{Budget, Check, Draft, Operator, Phrase};
use crate::ids::TaskId;
use serde::{Deserialize, Serialize};

/// One structural change. `Plan::apply` does it; there is no undo code, since the plan before is still there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
pub enum Edit {
    /// A new task below `parent` at place `at` (0 is first, beyond the end is last); no parent makes the goal. The place that
    /// is written down is a real one; in older files 18446744073709551615 stands for the end.
    Add {
        task: TaskId,
        parent: Option<TaskId>,
        #[serde(with = "place")]
        at: usize,
        draft: Draft,
    },
    /// The task and all below it.
    Remove {
        task: TaskId,
    },
    Move {
        task: TaskId,
        parent: TaskId,
        #[serde(with = "place")]
        at: usize,
    },
    SetPhrase {
        task: TaskId,
        phrase: Phrase,
    },
    SetOperator {
        task: TaskId,
        operator: Option<Operator>,
    },
    /// Names an expert, or leaves the choice to the router again.
    SetExpert {
        task: TaskId,
        expert: Option<String>,
    },
    SetStrategy {
        task: TaskId,
        strategy: Option<String>,
    },
    /// Who chooses the experts of the task and of all below it; `None` inherits.
    SetRouter {
        task: TaskId,
        router: Option<String>,
    },
    /// What the answer must be like to count; `None` takes every answer.
    SetCheck {
        task: TaskId,
        check: Option<Check>,
    },
    /// What the task and all below it may cost.
    SetBudget {
        task: TaskId,
        budget: Option<Budget>,
    },
    /// Has the task answered by one direct call while its parts sleep, or wakes them.
    Collapse {
        task: TaskId,
        on: bool,
    },
    /// Asks for a fresh attempt, so that the next call is made even if an equal one was made before.
    Again {
        task: TaskId,
    },
}

/// A place in a file: 64 bits on every machine. What is beyond the places of this one is the end, and is written as it was.
mod place {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &usize, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(if *at == usize::MAX { u64::MAX } else { *at as u64 })
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
        Ok(fitting(u64::deserialize(from)?, usize::MAX))
    }

    /// The place as a number of the machine; `end` where it has none so large.
    pub(super) fn fitting<T: TryFrom<u64>>(place: u64, end: T) -> T {
        T::try_from(place).unwrap_or(end)
    }
}

impl Edit {
    /// The task that the edit is about.
    pub fn task(&self) -> TaskId {
        match self {
            Edit::Add { task, .. }
            | Edit::Remove { task }
            | Edit::Move { task, .. }
            | Edit::SetPhrase { task, .. }
            | Edit::SetOperator { task, .. }
            | Edit::SetExpert { task, .. }
            | Edit::SetStrategy { task, .. }
            | Edit::SetRouter { task, .. }
            | Edit::SetCheck { task, .. }
            | Edit::SetBudget { task, .. }
            | Edit::Collapse { task, .. }
            | Edit::Again { task } => *task,
        }
    }

    /// What was done, in a word or two, for history and messages.
    pub fn word(&self) -> &'static str {
        match self {
            Edit::Add { .. } => "added",
            Edit::Remove { .. } => "removed",
            Edit::Move { .. } => "moved",
            Edit::SetPhrase { .. } => "reworded",
            Edit::SetOperator { .. } => "changed operator of",
            Edit::SetExpert { .. } => "re-routed",
            Edit::SetStrategy { .. } => "changed strategy of",
            Edit::SetRouter { .. } => "changed router of",
            Edit::SetCheck { .. } => "changed check of",
            Edit::SetBudget { .. } => "changed budget of",
            Edit::Collapse { on: true, .. } => "collapsed",
            Edit::Collapse { on: false, .. } => "opened up",
            Edit::Again { .. } => "asked again for",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Plan, PlanError, outline, read_outline};
    use super::*;
    use proptest::prelude::*;

    fn plan(text: &str) -> Plan {
        let mut plan = Plan::default();
        let reading = read_outline(text, 0);
        assert!(reading.warnings.is_empty(), "{:?}", reading.warnings);
        for edit in reading.edits {
            plan.apply(&edit).unwrap();
        }
        plan
    }

    const TRIP: &str = "QC: trip\n  QS: [a] hotel\n  QS: [b] book #1\n  QS: pay #2 after #1";

    fn check(edit: Edit, expected: &str) {
        let mut plan = plan(TRIP);
        match plan.apply(&edit) {
            Ok(()) => assert_eq!(outline(&plan), expected),
            Err(error) => {
                assert_eq!(error.to_string(), expected);
                assert_eq!(outline(&plan), TRIP, "a refused edit changes nothing");
            }
        }
    }

    #[test]
    fn the_end_of_an_older_file_is_the_end_on_every_machine() {
        let line = r#"{"edit":"move","task":1,"parent":0,"at":18446744073709551615}"#;
        let edit: Edit = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&edit).unwrap(), line, "a copy is the same to the byte");
        check(edit, "QC: trip\n  QS: [b] book #3\n  QS: pay #1 after #3\n  QS: [a] hotel");
        assert_eq!(place::fitting(u64::MAX, u32::MAX), u32::MAX, "where a number has 32 bits");
        assert_eq!(place::fitting(7, u32::MAX), 7);
    }

    fn phrase(task: u32) -> Phrase {
        Phrase::of([super::super::Piece::Answer { task: TaskId(task) }])
    }

    #[test]
    fn references_follow_their_task() {
        let add = |at| Edit::Add { task: TaskId(9), parent: Some(TaskId(0)), at, draft: Draft::text("look") };
        check(add(0), "QC: trip\n  QS: look\n  QS: [a] hotel\n  QS: [b] book #2\n  QS: pay #3 after #2");
        check(add(99), &format!("{TRIP}\n  QS: look"));
        let shift = Edit::Move { task: TaskId(1), parent: TaskId(0), at: 9 };
        check(shift, "QC: trip\n  QS: [b] book #3\n  QS: pay #1 after #3\n  QS: [a] hotel");
        check(Edit::Remove { task: TaskId(1) }, "QC: trip\n  QS: [b] book #?\n  QS: pay #1 after #?");
    }

    #[test]
    fn circles_are_refused_by_name() {
        let circle = |task, need| Edit::SetPhrase { task: TaskId(task), phrase: phrase(need) };
        check(circle(1, 3), "that would make a circle: t1 → t3 → t1");
        check(circle(1, 1), "that would make a circle: t1 → t1");
        check(circle(1, 0), "that would make a circle: t1 → t0 → t1");
        check(circle(0, 3), "that would make a circle: t0 → t3 → t0");
        check(
            Edit::Move { task: TaskId(1), parent: TaskId(2), at: 0 },
            "that would make a circle: t2 → t1 → t2",
        );
    }

    #[test]
    fn what_is_not_there_is_named() {
        check(Edit::Remove { task: TaskId(7) }, &PlanError::Unknown(TaskId(7)).to_string());
        check(Edit::Move { task: TaskId(0), parent: TaskId(1), at: 0 }, "the goal itself can not be moved");
        let again = Edit::Add { task: TaskId(1), parent: Some(TaskId(0)), at: 0, draft: Draft::default() };
        check(again, "task t1 is in the plan already");
    }

    fn any_edit() -> impl Strategy<Value = Edit> {
        let task = || (0u32..8).prop_map(TaskId);
        let phrase = || {
            proptest::collection::vec(0u32..8, 0..3).prop_map(|needs| {
                Phrase::of(needs.into_iter().flat_map(|need| {
                    [
                        super::super::Piece::Text("x ".into()),
                        super::super::Piece::Answer { task: TaskId(need) },
                    ]
                }))
            })
        };
        prop_oneof![
            (task(), proptest::option::of(task()), 0usize..4, phrase()).prop_map(
                |(task, parent, at, phrase)| {
                    Edit::Add { task, parent, at, draft: Draft { phrase, ..Draft::default() } }
                }
            ),
            task().prop_map(|task| Edit::Remove { task }),
            (task(), task(), 0usize..4).prop_map(|(task, parent, at)| Edit::Move { task, parent, at }),
            (task(), phrase()).prop_map(|(task, phrase)| Edit::SetPhrase { task, phrase }),
        ]
    }

    proptest! {
        #[test]
        fn any_edits_leave_a_plan_that_can_be_done(edits in proptest::collection::vec(any_edit(), 1..60)) {
            let mut plan = Plan::default();
            for edit in edits {
                let before = plan.clone();
                if plan.apply(&edit).is_err() {
                    prop_assert_eq!(&plan, &before);
                }
                prop_assert_eq!(plan.walk().len(), plan.len(), "no orphan");
                // Everything can be started and ended in some order: nothing waits for itself.
                let mut ended: Vec<TaskId> = vec![];
                loop {
                    let ready = plan.walk().into_iter().find(|task| {
                        let chain: Vec<TaskId> =
                            std::iter::successors(Some(*task), |task| plan.parent(*task)).collect();
                        !ended.contains(task)
                            && plan.parts(*task).iter().all(|part| ended.contains(part))
                            && chain.iter().all(|task| plan.needs(*task).iter().all(|need| ended.contains(need)))
                    });
                    match ready {
                        Some(task) => ended.push(task),
                        None => break,
                    }
                }
                prop_assert_eq!(ended.len(), plan.len(), "acyclic");
                for task in plan.walk() {
                    for need in plan.needs(task) {
                        prop_assert!(plan.contains(need), "no dangling reference");
                        prop_assert!(plan.feeds(need).contains(&task));
                    }
                }
            }
        }
    }
}
