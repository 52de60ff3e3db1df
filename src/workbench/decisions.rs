//! The routing decisions of a session and what became of them: who was chosen by whom, what a person did about it, how
//! long the expert took, whether the answer was kept.

use crate::{
    decision::Decision,
    ids::{Seq, TaskId},
    session::{Event, Journal, Outcome, Purpose, Session},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A router's decision in a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// Name of the session, as the list shows it.
    pub session: String,
    pub seq: Seq,
    pub task: TaskId,
    /// The words of the task when it was decided.
    pub text: String,
    pub decision: Decision,
    /// The expert a person took instead, and why if that was said.
    pub overridden: Option<(String, String)>,
    /// The answer was kept (`true`) or typed over by a person (`false`); `None` while there is none.
    pub kept: Option<bool>,
}

/// The decisions along the branch at hand, oldest first.
pub fn decisions(name: &str, journal: &Journal) -> Vec<Decided> {
    let mut found: Vec<Decided> = vec![];
    let mut session = Session::default();
    for record in journal.path(journal.head()).unwrap_or_default() {
        if session.apply(&record.event).is_err() {
            break;
        }
        match &record.event {
            Event::Routed { task, decision, .. } if decision.router == "person" => {
                if let Some(last) = found.iter_mut().rev().find(|one| one.task == *task) {
                    let reason = decision.reason.clone().unwrap_or_default();
                    last.overridden = Some((decision.chosen.clone(), reason));
                }
            }
            Event::Routed { task, decision, .. } => found.push(Decided {
                session: name.to_owned(),
                seq: record.seq,
                task: *task,
                text: session.plan.text(*task),
                decision: decision.clone(),
                overridden: None,
                kept: None,
            }),
            Event::Solved { task, .. } | Event::Pinned { task, .. } => {
                let kept = matches!(record.event, Event::Solved { .. } | Event::Pinned { answer: None, .. });
                if let Some(last) = found.iter_mut().rev().find(|one| one.task == *task) {
                    last.kept = Some(kept);
                }
            }
            _ => {}
        }
    }
    found
}

/// What is known of an expert from its calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Record {
    pub calls: u32,
    pub failed: u32,
    /// Seconds of all answered calls together.
    pub seconds: f64,
}

/// The track record of every expert in the session.
pub fn track_records(journal: &Journal) -> BTreeMap<String, Record> {
    let mut records = BTreeMap::<String, Record>::new();
    for call in journal.calls().filter(|call| call.purpose == Purpose::Answer) {
        let record = records.entry(call.ask.expert.clone()).or_default();
        match &call.outcome {
            Outcome::Answered(answer) => {
                record.calls += 1;
                record.seconds += answer.usage.seconds;
            }
            Outcome::Failed(_) => record.failed += 1,
            Outcome::Open | Outcome::Stopped(_) => {}
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ask::Sampling,
        plan::{Draft, Edit, Phrase},
        session::{Actor, Limits, Settings},
    };

    #[test]
    fn a_decision_knows_what_became_of_it() {
        let mut journal = Journal::default();
        let settings = Settings {
            strategy: "direct".into(),
            router: "tag".into(),
            model: String::new(),
            sampling: Sampling::default(),
            limits: Limits::default(),
        };
        let task = TaskId(0);
        let draft = Draft { phrase: Phrase::text("Join them"), ..Draft::default() };
        let routed = |router: &str, chosen: &str, reason: Option<&str>| Event::Routed {
            task,
            key: String::new(),
            decision: Decision {
                router: router.into(),
                chosen: chosen.into(),
                candidates: vec![],
                confidence: 0.5,
                margin: 0.0,
                reason: reason.map(str::to_owned),
                version: None,
                threshold: None,
            },
        };
        for event in [
            Event::Started { title: "t".into(), settings },
            Event::Edited {
                by: Actor::Person,
                edits: vec![Edit::Add { task, parent: None, at: 0, draft }],
                reason: None,
            },
            routed("lexical", "merge", None),
            Event::Solved { task, key: "k".into(), answer: "x".into() },
            routed("person", "join", Some("two texts")),
            Event::Pinned { task, answer: Some("y".into()), reason: None },
        ] {
            journal.record(event, 0).unwrap();
        }
        let found = decisions("s", &journal);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].text.as_str(), found[0].decision.chosen.as_str()), ("Join them", "merge"));
        assert_eq!(found[0].overridden, Some(("join".to_owned(), "two texts".to_owned())));
        assert_eq!(found[0].kept, Some(false));
    }
}
