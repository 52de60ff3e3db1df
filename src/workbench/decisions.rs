//! The routing decisions of a session and what became of them: who was chosen by whom, what a person did about it, how
//! long the expert took, whether the answer was kept.

use crate::{
    decision::{Decision, Ruling},
    ids::{Seq, TaskId},
    judge,
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
    /// How those did that were tried, oldest first; only what says something of them.
    pub went: Vec<Went>,
}

/// How an expert did at a task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Went {
    pub expert: String,
    pub well: bool,
    /// What tells so, in words: `the call failed: …`, `typed over`, `passed the check`.
    pub why: String,
}

/// The decisions along the branch at hand, oldest first.
pub fn decisions(name: &str, journal: &Journal) -> Vec<Decided> {
    let mut found: Vec<Decided> = vec![];
    let mut session = Session::default();
    let mut solvers: BTreeMap<TaskId, String> = BTreeMap::new();
    for record in journal.path(journal.head()).unwrap_or_default() {
        let computed = match &record.event {
            Event::Pinned { task, .. } => {
                session.progress(*task).solved.as_ref().map(|one| one.answer.clone())
            }
            _ => None,
        };
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
                went: vec![],
            }),
            _ => {}
        }
        if let Some((task, kept, went)) = became(journal, &session, &record.event, computed, &mut solvers) {
            let text = session.plan.text(task);
            if let Some(last) = found.iter_mut().rev().find(|one| one.task == task) {
                last.kept = kept.or(last.kept);
                // What was reworded since is another task.
                last.went.extend(went.filter(|_| last.text == text));
            }
        }
        // A verdict that was taken back says nothing.
        if let Event::Judged { task, ruling: None, .. } = &record.event {
            for one in found.iter_mut().filter(|one| one.task == *task) {
                one.went.retain(|went| !went.why.starts_with("you judged it"));
            }
        }
    }
    // A check that was set after the answer.
    for task in found.iter().map(|one| one.task).collect::<std::collections::BTreeSet<_>>() {
        let solved = session.progress(task).solved.as_ref().map(|solved| solved.answer.as_str());
        let (Some(expert), Some(answer)) = (solvers.get(&task), solved) else { continue };
        let Some(went) = checked(&session, task, expert, answer) else { continue };
        let last = found.iter_mut().rev().find(|one| one.task == task);
        if let Some(last) = last.filter(|last| !last.went.contains(&went)) {
            last.went.push(went);
        }
    }
    found
}

/// What the task's check says of the expert's answer, as far as its judges ask nobody.
fn checked(session: &Session, task: TaskId, expert: &str, answer: &str) -> Option<Went> {
    let draft = &session.plan.task(task)?.draft;
    let rules = draft.check.as_ref()?.rules();
    let said = rules.into_iter().filter(|(_, must)| *must).filter_map(|(rule, _)| {
        let scene = judge::Scene { rule, questions: &[], operator: draft.operator, answer, reply: None };
        match judge::judge(&scene).1 {
            judge::Next::Says(verdict) => Some(verdict),
            judge::Next::Asks(_) => None,
        }
    });
    let verdict = said.max_by_key(|verdict| verdict.ruling)?;
    let (well, why) = match verdict.ruling {
        Ruling::Pass => (true, "passed the check".to_owned()),
        Ruling::Fail => (false, verdict.evidence),
        Ruling::Unsure => return None,
    };
    Some(Went { expert: expert.to_owned(), well, why })
}

/// What an event says of the expert that a task went to: whose task, whether the answer was kept, how the expert did.
/// `computed` is the expert's answer at that moment, `solvers` who gave the answers so far.
fn became(
    journal: &Journal,
    session: &Session,
    event: &Event,
    computed: Option<String>,
    solvers: &mut BTreeMap<TaskId, String>,
) -> Option<(TaskId, Option<bool>, Option<Went>)> {
    let expert = |task: TaskId| session.progress(task).routed.as_ref().map(|(_, one)| one.chosen.clone());
    let went =
        |expert: Option<String>, well: bool, why: String| expert.map(|expert| Went { expert, well, why });
    match event {
        Event::Failed { call, why } => {
            let call = journal.call(*call).filter(|call| call.purpose == Purpose::Answer)?;
            // A server that is down says nothing of how able the expert is.
            let able = call.ask.server.is_none();
            let expert = able.then(|| call.ask.expert.clone());
            Some((call.task, None, went(expert, false, format!("the call failed: {why}"))))
        }
        Event::Solved { task, answer, .. } => {
            let expert = expert(*task);
            solvers.extend(expert.clone().map(|expert| (*task, expert)));
            let went = expert.and_then(|expert| checked(session, *task, &expert, answer));
            Some((*task, Some(true), went))
        }
        Event::Judged { task, ruling: Some(ruling), reason, .. } => {
            let well = match ruling {
                Ruling::Pass => true,
                Ruling::Fail => false,
                Ruling::Unsure => return None,
            };
            let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let why = format!("you judged it {}{reason}", if well { "right" } else { "wrong" });
            Some((*task, Some(well), went(solvers.get(task).cloned(), well, why)))
        }
        Event::Pinned { task, answer: None, .. } => Some((*task, Some(true), None)),
        Event::Pinned { task, answer: Some(typed), .. } => {
            let kept = computed.as_ref() == Some(typed);
            let expert = solvers.get(task).cloned().filter(|_| computed.is_some());
            let why = if kept { "kept against changes" } else { "typed over" };
            Some((*task, Some(kept), went(expert, kept, why.to_owned())))
        }
        _ => None,
    }
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
        plan::{Draft, Edit, Phrase},
        session::{Actor, Settings},
    };

    #[test]
    fn a_decision_knows_what_became_of_it() {
        let mut journal = Journal::default();
        let settings = Settings::new("direct", "tag", "");
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
        let went = &found[0].went;
        assert_eq!((went.len(), went[0].expert.as_str(), went[0].well), (1, "merge", false), "{went:?}");
    }
}
