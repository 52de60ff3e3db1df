//! What judges and people say of the answer that a task has, and how the task stands for it.

use super::{
    Look, Status,
    hearing::Heard,
    surveyor::{Subject, Surveyor},
};
use crate::{
    ask::Ask,
    decision::{Ruling, Verdict},
    ids::TaskId,
    judge::{Judge, Next, Scene, hardest, judge, judged_by},
    plan::Check,
    session::Purpose,
};

impl Look {
    /// The verdict in one word: a person's if there is one, else the hardest of the judges.
    pub fn ruling(&self) -> Option<Ruling> {
        match self.verdicts.first() {
            Some(first) if first.judge == PERSON => Some(first.ruling),
            _ => hardest(&self.verdicts),
        }
    }
}

/// The name of the judge at the screen.
pub(super) const PERSON: &str = "person";

impl Surveyor<'_> {
    /// Collects the verdicts on the answer. A task that is done stays so unless a rule is broken that it has to keep, or a
    /// judge has still to be asked. A person's word stands above that of the judges.
    pub(super) fn judged(&self, subject: &Subject<'_>, look: &mut Look) -> Status {
        let Subject { task, draft, attempt, .. } = *subject;
        let Some(answer) = self.session.answer(task) else { return Status::Done };
        let (mut broken, mut open) = (None, None);
        let rules = draft.check.as_ref().map(Check::rules).unwrap_or_default();
        let person = self.session.judged(task);
        look.verdicts.extend(person.map(|judged| Verdict {
            judge: PERSON.to_owned(),
            ruling: judged.ruling,
            evidence: judged.reason.clone().unwrap_or_else(|| "said at the screen".to_owned()),
            probability: None,
        }));
        let known = |task: TaskId| self.session.answer(task).map(str::to_owned);
        for (rule, must) in &rules {
            let questions = &judged_by(rule, draft, &look.questions, known);
            let scene = Scene { rule, questions, operator: draft.operator, answer, reply: None };
            match self.verdict(task, attempt, scene) {
                Ok(verdict) => {
                    if *must && verdict.ruling == Ruling::Fail {
                        broken = broken.or_else(|| Some(verdict.evidence.clone()));
                    }
                    look.verdicts.push(verdict);
                }
                Err(status) => open = open.or(Some(status)),
            }
        }
        let must = rules.iter().any(|(_, must)| *must);
        match (person, broken, open) {
            (Some(person), ..) if person.ruling == Ruling::Pass => Status::Done,
            (Some(person), ..) if person.ruling == Ruling::Fail && must => {
                let why = person.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                Status::Failed(format!("you said that it is wrong{why}"))
            }
            (_, Some(why), _) => Status::Failed(why),
            (_, None, Some(status)) => status,
            (_, None, None) => Status::Done,
        }
    }

    /// What the judge of one rule says, or how its asking stands.
    fn verdict(&self, task: TaskId, attempt: u32, scene: Scene<'_>) -> Result<Verdict, Status> {
        let (by, mut next) = judge(&scene);
        if let Next::Asks(request) = next {
            let ask = Ask::local(by.name(), request);
            match self.hear(task, Purpose::Judge, ask, "", attempt).1 {
                Heard::Answer(reply) => next = judge(&Scene { reply: Some(reply), ..scene }).1,
                Heard::Else(Status::Failed(why)) => return Ok(unsure(by, why)),
                Heard::Else(Status::Cancelled) => {
                    return Ok(unsure(by, "its asking was cancelled".to_owned()));
                }
                Heard::Else(status) => return Err(status),
            }
        }
        Ok(match next {
            Next::Says(verdict) => verdict,
            Next::Asks(_) => unsure(by, "it could not read its answer".to_owned()),
        })
    }
}

fn unsure(by: &dyn Judge, evidence: String) -> Verdict {
    Verdict { judge: by.name().to_owned(), ruling: Ruling::Unsure, evidence, probability: None }
}
