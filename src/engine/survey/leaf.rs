//! A leaf: the questions that its expert is asked, and its answer once they are answered.

use super::{
    Look, Status,
    hearing::Heard,
    routing,
    surveyor::{Subject, Surveyor},
};
use crate::{
    ask::{Answer, Ask, Request, key::key_of},
    decision::{ExpertCard, ExpertKind},
    engine::Move,
    expert::roster::request,
    plan::{self, Draft, Operator},
    session::{Event, Purpose},
};

/// What has come of the questions so far.
#[derive(Default)]
struct Replies {
    answers: Vec<String>,
    /// What is still to happen, of all questions together.
    open: Option<Status>,
    /// A call could be made while another one is under way.
    also: bool,
    /// Why another expert should be asked.
    failure: Option<String>,
}

impl Replies {
    fn answered(&mut self, answer: &Answer) {
        self.failure = self.failure.take().or_else(|| routing::doubt(answer));
        self.answers.push(answer.text.clone());
    }

    fn still(&mut self, status: Status) {
        match status {
            Status::Failed(why) => {
                self.failure = self.failure.take().or_else(|| Some(format!("failed: {why}")));
                self.open = self.open.take().or(Some(Status::Failed(why)));
            }
            Status::Ready if matches!(self.open, Some(Status::Running(_))) => self.also = true,
            status @ Status::Running(_) if self.open == Some(Status::Ready) => {
                self.open = Some(status);
                self.also = true;
            }
            status => self.open = self.open.take().or(Some(status)),
        }
    }
}

impl Surveyor<'_> {
    pub(super) fn leaf(&self, subject: &Subject<'_>, card: &ExpertCard, look: &mut Look) -> Status {
        let Subject { task, draft, progress, .. } = *subject;
        look.questions = self.questions(draft, card.kind == ExpertKind::Symbolic);
        let operator = draft.operator.unwrap_or(Operator::Select);
        let mut keys = vec![operator.to_string()];
        let Replies { answers, open, also, failure } = match self.replies(subject, card, look, &mut keys) {
            Ok(replies) => replies,
            Err(stuck) => return stuck,
        };
        look.also |= also;
        look.key = key_of(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        if let Some(next) = failure.and_then(|why| self.next_rung(subject, &why)) {
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
            self.ready(Move::Record(Event::Solved { task, key: look.key.clone(), answer }))
        })
    }

    /// Hears every question of the task; their calls go into the look, their keys to `keys`.
    fn replies(
        &self,
        subject: &Subject<'_>,
        card: &ExpertCard,
        look: &mut Look,
        keys: &mut Vec<String>,
    ) -> Result<Replies, Status> {
        let Subject { task, draft, attempt, .. } = *subject;
        let server = card.server.as_ref().filter(|name| !self.tools.servers.models.contains_key(*name));
        let failure = server.map(|server| format!("failed: no server is called `{server}`"));
        let mut replies = Replies { failure, ..Replies::default() };
        let context = self.context_for(card);
        for (at, question) in look.questions.iter().enumerate() {
            let request = request(card, question, &context, self.settings.sampling)
                .map_err(|error| Status::Stuck(format!("the card of `{}`: {error}", card.name)))?;
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
                _ if person => replies.open = replies.open.take().or(Some(Status::NeedsPerson)),
                Heard::Answer(answer) => replies.answered(answer),
                Heard::Else(status) => replies.still(status),
            }
        }
        Ok(replies)
    }

    /// One question, or one for each item of a projection; for a function so that it reads each answer as it is.
    fn questions(&self, draft: &Draft, function: bool) -> Vec<String> {
        plan::questions(draft, |task| self.session.answer(task).map(str::to_owned), function)
    }
}
