//! The survey: for every task of the plan, how it stands and what it wants next. Pure; every screen and the controller
//! read it.
//!
//! Freshness is decided here: a task is done when the key of its stored answer equals the key computed now. So an edit
//! makes exactly its dependents stale, undoing it makes the old answers good again, and a call whose key was answered
//! before, on whatever branch, is not made twice. `survey/upkeep.rs` looks again only at what a change can reach.

mod asking;
mod routing;
mod servers;
mod tally;
mod upkeep;
mod verdicts;

pub use asking::{Amendments, Asking};
pub use servers::Servers;
pub use tally::Tally;
pub use upkeep::{Changes, Survey, survey};

use super::{
    caps,
    key::{call_key, key_of},
};
use crate::{
    ask::{Ask, Finish, Request},
    decision::{ExpertCard, ExpertKind, Verdict},
    expert::roster::{Roster, request},
    ids::{CallId, TaskId},
    plan::{self, Draft, Edit, Operator, notation::Step},
    router::Knowledge,
    session::{Event, Journal, Outcome, Progress, Purpose, Session, Settings},
    strategy::{self, Done, Next, Prompts, Scene},
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What deciding needs besides the session: who is there and what they are told.
#[derive(Clone, Debug, PartialEq)]
pub struct Tools {
    pub roster: Roster,
    pub prompts: Prompts,
    pub servers: Servers,
    /// What routers have learned.
    pub knowledge: Arc<Knowledge>,
    /// SHA-256 of the file of each language model of this machine, by the name it is asked by, as far as they are known.
    pub files: BTreeMap<String, String>,
}

/// How one task stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    pub status: Status,
    /// A call could be made while another one of this task is under way.
    pub also: bool,
    /// It has an answer, made from what is no longer so.
    pub stale: bool,
    /// A person's answer stands above the computed one.
    pub pinned: bool,
    /// Who answers it: the expert, or for a task with parts the strategy.
    pub by: String,
    /// It is (to be) decomposed.
    pub composite: bool,
    /// The questions as asked, one for each item of a projection; empty while an input is missing.
    pub questions: Vec<String>,
    /// The calls made for this task's present questions, in their order.
    pub calls: Vec<CallId>,
    /// The call of each question, in their order; `None` where it was not made yet.
    pub asked: Vec<Option<CallId>>,
    /// Key of the present questions; a person's typed answer is stored under it.
    pub key: String,
    /// Whether a person changed a call of it, and whether the change still holds.
    pub amended: Amendments,
    /// What is said of its present answer: a person's verdict first, then those of the judges of its check.
    pub verdicts: Vec<Verdict>,
}

impl Look {
    /// Something can be done for it now.
    pub fn can_go(&self) -> bool {
        self.also || self.status == Status::Ready
    }

    /// Of a task that nobody has looked at.
    fn unseen() -> Look {
        Look {
            status: Status::Done,
            also: false,
            stale: false,
            pinned: false,
            by: String::new(),
            composite: false,
            questions: vec![],
            calls: vec![],
            asked: vec![],
            key: String::new(),
            amended: Amendments::None,
            verdicts: vec![],
        }
    }
}

/// Where a task is in its life.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// For what it waits, in words.
    Waiting(String),
    /// It can go on; [`Survey::moves`] tells how.
    Ready,
    Running(CallId),
    /// The person at the screen is asked.
    NeedsPerson,
    Done,
    Failed(String),
    Cancelled,
    /// A person has to change something; the words say what.
    Stuck(String),
    /// A budget is spent: it pauses there, and a person says how it goes on.
    Capped(String),
}

impl Status {
    /// The state in one word, as other agents' tools name it.
    pub fn word(&self) -> &'static str {
        match self {
            Status::Waiting(_) => "waiting",
            Status::Ready => "ready",
            Status::Running(_) => "running",
            Status::NeedsPerson => "needs-person",
            Status::Done => "done",
            Status::Failed(_) | Status::Stuck(_) => "failed",
            Status::Cancelled => "cancelled",
            Status::Capped(_) => "paused",
        }
    }

    /// Why it stands still, if it does.
    pub fn why(&self) -> Option<&str> {
        match self {
            Status::Waiting(why) | Status::Failed(why) | Status::Stuck(why) | Status::Capped(why) => {
                Some(why)
            }
            _ => None,
        }
    }
}

struct Surveyor<'a> {
    journal: &'a Journal,
    session: &'a Session,
    settings: &'a Settings,
    tools: &'a Tools,
    running: &'a BTreeSet<CallId>,
    survey: &'a Survey,
    /// What the task would do is asked for, too; else only that it could.
    wants_moves: bool,
    /// What the task could do now, in order.
    moves: RefCell<Vec<super::Move>>,
    /// The keys of all calls that the task would make.
    heard: RefCell<Vec<u128>>,
    /// Those calls themselves, if the moves are wanted.
    asks: RefCell<Vec<Asking>>,
    /// Amended calls of the task that it would make, and purposes of its other calls.
    amended: RefCell<(Vec<String>, Vec<Purpose>)>,
}

/// What became of a question that may have been asked before.
enum Heard<'a> {
    Answer(&'a crate::ask::Answer),
    Else(Status),
}

impl<'a> Surveyor<'a> {
    fn look(&self, task: TaskId) -> Look {
        let progress = self.session.progress(task);
        let mut look = Look { pinned: progress.pinned.is_some(), ..Look::unseen() };
        let Some(found) = self.session.plan.task(task) else { return look };
        let draft = &found.draft;
        let mut status = self.status(task, draft, found.attempt, progress, &mut look);
        look.amended = self.amendments(progress);
        look.stale = progress.solved.is_some() && status != Status::Done && !look.pinned;
        if status == Status::Done || look.pinned {
            let judged = self.judged(task, draft, found.attempt, &mut look);
            status = if status == Status::Done { judged } else { status };
            if let Status::Failed(why) = &status
                && !look.composite
                && let Some(next) = self.next_rung(task, progress, &format!("was judged wrong: {why}"))
            {
                status = next;
                look.stale = !look.pinned;
            }
        }
        let stopped = |task: TaskId| self.session.progress(task).cancelled;
        if status != Status::Done && (stopped(task) || self.session.plan.ancestors(task).any(stopped)) {
            status = Status::Cancelled;
            look.also = false;
        }
        if status != Status::Done && self.session.plan.ancestors(task).any(|above| self.is_collapsed(above)) {
            look.stale = false;
            // No number here: a look does not follow every move of the tasks above.
            status = Status::Waiting("sleeps: a task above it is answered in one call".to_owned());
        }
        look.status = if look.pinned { Status::Done } else { status };
        look
    }

    fn is_collapsed(&self, task: TaskId) -> bool {
        self.session.plan.task(task).is_some_and(|task| task.collapsed)
    }

    fn status(
        &self,
        task: TaskId,
        draft: &Draft,
        attempt: u32,
        progress: &Progress,
        look: &mut Look,
    ) -> Status {
        let plan = &self.session.plan;
        if let Some(strategy) = self.strategy_of(task, draft) {
            look.composite = true;
            look.by = strategy;
        }
        if draft.phrase.is_blank() {
            return Status::Stuck("the task has no text: press e to write one".to_owned());
        }
        if draft.phrase.lost().is_some() {
            return Status::Stuck(
                "it uses the answer of a task that is gone (#?): press e to reword it".to_owned(),
            );
        }
        for need in plan.needs(task) {
            if self.survey.look(need).is_none_or(|look| look.status != Status::Done) {
                return Status::Waiting(format!("waits for {}", plan.reference(task, need)));
            }
        }
        if look.composite {
            return self.composite(task, draft, attempt, progress, look);
        }
        let card = match self.route(task, draft, attempt, progress) {
            Ok(card) => card,
            Err(status) => return status,
        };
        look.by.clone_from(&card.name);
        if card.kind == ExpertKind::Plan {
            look.composite = true;
            look.by.clone_from(&self.settings.strategy);
            return self.composite(task, draft, attempt, progress, look);
        }
        self.leaf(task, draft, attempt, progress, card, look)
    }

    /// The strategy that owns the task, unless it is a leaf: the goal, a task with a strategy of its own, or one with
    /// parts.
    fn strategy_of(&self, task: TaskId, draft: &Draft) -> Option<String> {
        if self.is_collapsed(task) {
            return Some("direct".to_owned());
        }
        let named = draft.strategy.clone();
        let default = || self.settings.strategy.clone();
        let plan = &self.session.plan;
        named.or_else(|| (plan.root() == Some(task) || !plan.parts(task).is_empty()).then(default))
    }

    fn leaf(
        &self,
        task: TaskId,
        draft: &Draft,
        attempt: u32,
        progress: &Progress,
        card: &ExpertCard,
        look: &mut Look,
    ) -> Status {
        look.questions = self.questions(draft);
        let operator = draft.operator.unwrap_or(Operator::Select);
        let mut failure = None;
        let server = card.server.as_ref().filter(|name| !self.tools.servers.models.contains_key(*name));
        if let Some(server) = server {
            failure = Some(format!("failed: no server is called `{server}`"));
        }
        let mut keys = vec![operator.to_string()];
        let mut answers = vec![];
        let mut open: Option<Status> = None;
        for (at, question) in look.questions.iter().enumerate() {
            let request = match request(card, question, self.settings.sampling) {
                Ok(request) => request,
                Err(error) => return Status::Stuck(format!("the card of `{}`: {error}", card.name)),
            };
            let person = matches!(request, Request::Person { .. });
            let (server, model) = (card.server.clone(), card.model.clone());
            let ask = Ask { expert: card.name.clone(), server, model, request };
            let (key, heard) = self.hear(task, Purpose::Answer, ask, &card.version, attempt);
            self.came_from(|| self.parts_of_card(card, draft, at, question));
            let call = self.journal.call_for(&key).map(|call| call.id);
            look.calls.extend(call);
            look.asked.push(call);
            keys.push(key);
            match heard {
                _ if person => open = open.or(Some(Status::NeedsPerson)),
                Heard::Answer(answer) => {
                    failure = failure.or_else(|| routing::doubt(answer));
                    answers.push(answer.text.clone());
                }
                Heard::Else(Status::Failed(why)) => {
                    failure = failure.or_else(|| Some(format!("failed: {why}")));
                    open = open.or(Some(Status::Failed(why)));
                }
                Heard::Else(Status::Ready) if matches!(open, Some(Status::Running(_))) => look.also = true,
                Heard::Else(status @ Status::Running(_)) if open == Some(Status::Ready) => {
                    open = Some(status);
                    look.also = true;
                }
                Heard::Else(status) => open = open.or(Some(status)),
            }
        }
        look.key = key_of(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        if let Some(next) = failure.and_then(|why| self.next_rung(task, progress, &why)) {
            return next;
        }
        if progress.solved.as_ref().is_some_and(|solved| solved.key == look.key) {
            return Status::Done;
        }
        open.unwrap_or_else(|| {
            let answer = match operator {
                Operator::Select => answers.concat(),
                operator => plan::join(operator, &answers),
            };
            self.ready(super::Move::Record(Event::Solved { task, key: look.key.clone(), answer }))
        })
    }

    /// One question, or one for each item of a projection.
    fn questions(&self, draft: &Draft) -> Vec<String> {
        let answer = |task: TaskId| self.session.answer(task).map(str::to_owned);
        let fill = |item: Option<&str>| plan::fill(&draft.phrase, answer, item);
        match (draft.operator, draft.phrase.needs().first()) {
            (Some(Operator::Project { over, .. }), Some(first)) => {
                let items = answer(*first).map(|answer| plan::items(over, &answer)).unwrap_or_default();
                items.iter().filter_map(|item| fill(Some(item))).collect()
            }
            _ => fill(None).into_iter().collect(),
        }
    }

    fn composite(
        &self,
        task: TaskId,
        draft: &Draft,
        attempt: u32,
        progress: &Progress,
        look: &mut Look,
    ) -> Status {
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
        // Parts that a person hung below a leaf are all there is: no strategy was asked to decompose it.
        let by_hand =
            !parts.is_empty() && draft.strategy.is_none() && plan.root() != Some(task) && !self.plans(draft);
        let mut scene = Scene {
            task: &question,
            steps: &steps,
            cards: self.tools.roster.cards(),
            prompts: &self.tools.prompts,
            sampling: self.settings.sampling,
            complete: !collapsed && (progress.complete || by_hand),
            reply: None,
        };
        let mut next = strategy.next(&scene);
        let mut key = String::new();
        if let Next::Ask(request) = next {
            let ask = Ask::local(strategy.name(), request);
            let heard = self.hear(task, Purpose::Propose, ask, "", attempt);
            self.came_from(|| self.split(strategy.parts(&scene), draft, None));
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
                    _ => {
                        self.ready(super::Move::Record(Event::Solved { task, key: look.key.clone(), answer }))
                    }
                }
            }
        }
    }

    /// Was the task given to an expert that decomposes?
    fn plans(&self, draft: &Draft) -> bool {
        let card = draft.expert.as_deref().and_then(|name| self.tools.roster.get(name));
        card.is_some_and(|card| card.kind == ExpertKind::Plan)
    }

    /// How the parts stand, unless all are done: the most urgent of them speaks for the parent.
    fn unfinished(&self, parts: &[TaskId]) -> Option<Status> {
        let status = |part: &TaskId| self.survey.look(*part).map(|look| &look.status);
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
        let by = self.survey.look(part).filter(|look| !look.composite && !look.by.is_empty());
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
            let id = TaskId(self.journal.fresh_task().0 + at as u32);
            let draft = Draft::of_step(step, &grown, Some(task));
            let edit = Edit::Add { task: id, parent: Some(task), at: usize::MAX, draft };
            if let Err(error) = grown.apply(&edit) {
                return Status::Stuck(format!("the proposed step `{step}` does not fit: {error}"));
            }
            edits.push(edit);
        }
        let strategy = strategy.to_owned();
        self.ready(super::Move::Record(Event::Proposed { task, strategy, key, edits, complete, warnings }))
    }

    /// What became of the question, if it was asked before under the same key; else how to ask it.
    fn hear(
        &self,
        task: TaskId,
        purpose: Purpose,
        mut ask: Ask,
        version: &str,
        attempt: u32,
    ) -> (String, Heard<'a>) {
        let (servers, model) = (&self.tools.servers, &self.settings.model);
        // A named model of this machine answers here, whatever the settings say of the others.
        let model = &ask.model.clone().unwrap_or_else(|| model.clone());
        ask.server = ask.server.or_else(|| servers.usual(&ask.request, model));
        let server = ask.server.clone();
        let known = server.as_ref().map(|name| (name, servers.models.get(name)));
        let model = known.map_or(model.as_str(), |(_, model)| model.map_or("", String::as_str));
        let ask = self.amend(task, purpose, ask, &|ask| call_key(ask, version, model, 0));
        let key = call_key(&ask, version, model, attempt);
        self.heard.borrow_mut().push(upkeep::digest(&key));
        let key = match self.another_file(&ask, model, &key) {
            Some(file) => {
                let key = call_key(&ask, version, &format!("{model}\n{file}"), attempt);
                self.heard.borrow_mut().push(upkeep::digest(&key));
                key
            }
            None => key,
        };
        self.made_under(&key);
        if let (Some((name, None)), None) = (known, self.journal.call_for(&key)) {
            let why = format!(
                "no server is called `{name}`: set [servers.{name}] in the configuration, or press r"
            );
            return (key, Heard::Else(Status::Stuck(why)));
        }
        let heard = match self.journal.call_for(&key) {
            Some(call) => match &call.outcome {
                Outcome::Answered(answer) => Heard::Answer(answer),
                Outcome::Failed(why) => Heard::Else(Status::Failed(why.clone())),
                Outcome::Stopped(partial) if partial.finish == Finish::Cut => {
                    let why = partial.warnings.first().map_or("the answer was cut", String::as_str);
                    Heard::Else(Status::Failed(format!("{why}; what had come is kept")))
                }
                Outcome::Stopped(_) => Heard::Else(Status::Cancelled),
                Outcome::Open if self.running.contains(&call.id) => Heard::Else(Status::Running(call.id)),
                // The program ended while it ran: ask again.
                Outcome::Open => self.to_ask(task, purpose, &key, ask),
            },
            None => self.to_ask(task, purpose, &key, ask),
        };
        (key, heard)
    }

    fn to_ask(&self, task: TaskId, purpose: Purpose, key: &str, ask: Ask) -> Heard<'a> {
        if !matches!(ask.request, Request::Compute { .. })
            && let Some(cap) = caps::reached(self.journal, task, self.running)
        {
            let whose = if cap.task == Some(task) { "its budget" } else { "the budget of a task above it" };
            return Heard::Else(Status::Capped(format!("{whose} ({}) is spent", cap.part)));
        }
        Heard::Else(self.ready(super::Move::Ask { task, purpose, key: key.to_owned(), ask }))
    }

    fn ready(&self, next: super::Move) -> Status {
        self.moves.borrow_mut().push(next);
        Status::Ready
    }
}
