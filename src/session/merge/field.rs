//! What of a task can differ between two sides, and how each is told: equal words mean equal values.

use crate::{
    decision::Decision,
    ids::TaskId,
    session::{Amended, Session, compare::expert},
};

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
    pub(super) const OF_A_TASK: [Field; 12] = [
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
    pub(super) fn show(self, session: &Session, task: TaskId) -> String {
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

/// The decision, if a person made it.
pub(super) fn by_person(session: &Session, task: TaskId) -> Option<&Decision> {
    session.progress(task).routed.as_ref().filter(|(key, _)| key.is_empty()).map(|(_, decision)| decision)
}
