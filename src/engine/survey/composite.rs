//! A task with parts, or one that is to get them: its strategy says what comes next and reads what its parts came to.

use super::{
    Look, Status,
    hearing::Heard,
    surveyor::{Subject, Surveyor},
};
use crate::{
    ask::{Ask, key::key_of},
    decision::ExpertKind,
    engine::Move,
    ids::TaskId,
    plan::{self, Draft, Edit, notation::Step},
    session::{Event, Purpose},
    strategy::{self, Done, Next, Scene},
};

impl Surveyor<'_> {
    pub(super) fn composite(&self, subject: &Subject<'_>, look: &mut Look) -> Status {
        let Subject { task, draft, attempt, progress } = *subject;
        let plan = &self.session.plan;
        let collapsed = self.is_collapsed(task);
        let parts = if collapsed { &[] } else { plan.parts(task) };
        let Some(strategy) = strategy::strategy(&look.by) else {
            return Status::Stuck(format!("no strategy is called `{}`", look.by));
        };
        let answer = |task: TaskId| self.session.answer(task).map(str::to_owned);
        let Some(question) = plan::fill(&draft.phrase, answer, None) else {
            return Status::Stuck("an input is missing".to_owned());
        };
        look.questions = vec![question.clone()];
        if let Some(status) = self.unfinished(parts) {
            return status;
        }
        let steps: Vec<Done> = parts.iter().filter_map(|part| self.done(*part)).collect();
        let mut scene = Scene {
            task: &question,
            steps: &steps,
            cards: self.tools.roster.cards(),
            prompts: &self.tools.prompts,
            sampling: self.settings.sampling,
            complete: !self.grows(subject),
            reply: None,
        };
        let mut next = strategy.next(&scene);
        let mut key = String::new();
        if let Next::Ask(request) = next {
            let ask = Ask::local(strategy.name(), request);
            let heard = self.hear(task, Purpose::Propose, ask, "", attempt);
            self.came_from(|| self.split_goal(strategy.parts(&scene), draft));
            key = heard.0;
            look.calls.extend(self.journal.call_for(&key).map(|call| call.id));
            match heard.1 {
                Heard::Else(status) => return status,
                Heard::Answer(reply) => scene.reply = Some(reply),
            }
            next = strategy.next(&scene);
        }
        match next {
            Next::Ask(_) => {
                Status::Stuck(format!("the strategy `{}` could not read its answer", strategy.name()))
            }
            Next::Stop(why) => Status::Stuck(why),
            Next::Split { steps, complete, warnings } => {
                self.propose(task, strategy.name(), key, &steps, complete, warnings)
            }
            Next::Solve(answer) => {
                look.key = key_of(&[strategy.name(), &key, &question, &answer]);
                match &progress.solved {
                    Some(solved) if solved.key == look.key => Status::Done,
                    _ => self.ready(Move::Record(Event::Solved { task, key: look.key.clone(), answer })),
                }
            }
        }
    }

    /// Will its strategy be asked how to go on?
    pub(super) fn grows(&self, subject: &Subject<'_>) -> bool {
        let Subject { task, draft, progress, .. } = *subject;
        let plan = &self.session.plan;
        // Parts that a person hung below a leaf are all there is: no strategy was asked to decompose it.
        let by_hand = !plan.parts(task).is_empty()
            && draft.strategy.is_none()
            && plan.root() != Some(task)
            && !self.plans(draft);
        self.is_collapsed(task) || !progress.complete && !by_hand
    }

    /// Would it ask, once its parts are done?
    pub(super) fn would_ask(&self, subject: &Subject<'_>, by: &str) -> bool {
        let scene = Scene {
            task: &self.session.plan.text(subject.task),
            steps: &[],
            cards: self.tools.roster.cards(),
            prompts: &self.tools.prompts,
            sampling: self.settings.sampling,
            complete: !self.grows(subject),
            reply: None,
        };
        strategy::strategy(by).is_some_and(|strategy| matches!(strategy.next(&scene), Next::Ask(_)))
    }

    /// Was the task given to an expert that decomposes?
    fn plans(&self, draft: &Draft) -> bool {
        let card = draft.expert.as_deref().and_then(|name| self.tools.roster.get(name));
        card.is_some_and(|card| card.kind == ExpertKind::Plan)
    }

    /// How the parts stand, unless all are done: the most urgent of them speaks for the parent.
    fn unfinished(&self, parts: &[TaskId]) -> Option<Status> {
        let status = |part: &TaskId| self.look_of(*part).map(|look| &look.status);
        let urgency = |status: &Status| match status {
            Status::Running(_) => 0,
            Status::NeedsPerson => 1,
            Status::Failed(_) | Status::Stuck(_) => 2,
            Status::Cancelled => 3,
            _ => 4,
        };
        let open =
            parts.iter().filter_map(|part| Some((*part, status(part)?))).filter(|(_, s)| **s != Status::Done);
        let (part, found) = open.min_by_key(|(_, status)| urgency(status))?;
        let place = self.session.plan.position(part);
        Some(match found {
            Status::Running(call) => Status::Running(*call),
            Status::NeedsPerson => Status::NeedsPerson,
            Status::Failed(_) | Status::Stuck(_) => Status::Failed(format!("part #{place} failed")),
            Status::Cancelled => Status::Cancelled,
            _ => Status::Waiting(format!("its part #{place} is {}", found.word())),
        })
    }

    fn done(&self, part: TaskId) -> Option<Done> {
        let draft = self.session.plan.task(part)?.draft.clone();
        // The next proposal sees who really answered, a person's choice included.
        let by = self.look_of(part).filter(|look| !look.composite && !look.by.is_empty());
        let expert = by.map(|look| look.by.clone()).or(draft.expert);
        let step = Step { operator: draft.operator, expert, text: self.session.plan.text(part) };
        Some(Done { step, answer: self.session.answer(part)?.to_owned() })
    }

    fn propose(
        &self,
        task: TaskId,
        strategy: &str,
        key: String,
        steps: &[Step],
        complete: bool,
        warnings: Vec<String>,
    ) -> Status {
        let limits = self.settings.limits;
        let plan = &self.session.plan;
        if plan.parts(task).len() + steps.len() > limits.parts as usize {
            return Status::Stuck(format!(
                "it would have more than {} parts: it may never end",
                limits.parts
            ));
        }
        if !steps.is_empty() && plan.depth(task) + 1 > limits.depth as usize {
            return Status::Stuck(format!("it is {} levels deep already: it may never end", limits.depth));
        }
        let mut grown = plan.clone();
        let mut edits = vec![];
        for (at, step) in steps.iter().enumerate() {
            let id = TaskId(self.fresh.0 + at as u32);
            let draft = Draft::of_step(step, &grown, Some(task));
            let edit = Edit::Add { task: id, parent: Some(task), at: grown.parts(task).len(), draft };
            if let Err(error) = grown.apply(&edit) {
                return Status::Stuck(format!("the proposed step `{step}` does not fit: {error}"));
            }
            edits.push(edit);
        }
        let strategy = strategy.to_owned();
        self.ready(Move::Record(Event::Proposed { task, strategy, key, edits, complete, warnings }))
    }
}
