//! What became of a question: its answer, if it was asked before under the key it has now; else how it stands, or how to
//! ask it.

use super::{Status, surveyor::Surveyor, upkeep::digest};
use crate::{
    ask::{
        Answer, Ask, Finish, Request,
        key::{call_key, key_of},
    },
    engine::{Move, Which, caps},
    ids::TaskId,
    session::{Call, Outcome, Purpose},
};

/// What became of a question that may have been asked before.
pub(super) enum Heard<'a> {
    Answer(&'a Answer),
    Else(Status),
}

impl<'a> Surveyor<'a> {
    /// What became of the question, if it was asked before under the same key; else how to ask it.
    pub(super) fn hear(
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
        self.heard.borrow_mut().push(digest(&key));
        let key = match self.another_file(&ask, model, &key) {
            Some(file) => {
                let key = match Which::kind(&ask) {
                    Some(Which::Embedding) => key_of(&[&key, file]),
                    _ => call_key(&ask, version, &format!("{model}\n{file}"), attempt),
                };
                self.heard.borrow_mut().push(digest(&key));
                key
            }
            None => key,
        };
        self.made_under(&key);
        if let (Some((name, None)), None) = (known, self.journal.call_for(&key)) {
            let why = format!(
                "no server is called `{name}`: set [servers.{name}] in the configuration, or choose another expert"
            );
            return (key, Heard::Else(Status::Stuck(why)));
        }
        let heard = match self.journal.call_for(&key) {
            Some(call) => self.outcome(call).unwrap_or_else(|| self.to_ask(task, purpose, &key, ask)),
            None => self.to_ask(task, purpose, &key, ask),
        };
        (key, heard)
    }

    /// What became of a call; `None` where it ended without anybody's will, so it is asked again: the program ended while it
    /// ran, or what it was asked for had changed.
    fn outcome(&self, call: &'a Call) -> Option<Heard<'a>> {
        Some(match &call.outcome {
            Outcome::Answered(answer) => Heard::Answer(answer),
            Outcome::Failed(why) => Heard::Else(Status::Failed(why.clone())),
            Outcome::Stopped(partial) if partial.finish == Finish::Cut => {
                let why = partial.warnings.first().map_or("the answer was cut", String::as_str);
                Heard::Else(Status::Failed(format!("{why}; what had come is kept")))
            }
            // Nobody cancelled it: if it is wanted after all, it is asked again.
            Outcome::Stopped(partial) if partial.finish == Finish::Lapsed => return None,
            Outcome::Stopped(_) => Heard::Else(Status::Cancelled),
            Outcome::Open if self.running.contains(&call.id) => Heard::Else(Status::Running(call.id)),
            Outcome::Open => return None,
        })
    }

    fn to_ask(&self, task: TaskId, purpose: Purpose, key: &str, ask: Ask) -> Heard<'a> {
        if !matches!(ask.request, Request::Compute { .. })
            && let Some(cap) = caps::reached(self.journal, task, self.running)
        {
            let whose = if cap.task == Some(task) { "its budget" } else { "the budget of a task above it" };
            return Heard::Else(Status::Capped(format!("{whose} ({}) is spent", cap.part)));
        }
        Heard::Else(self.ready(Move::Ask { task, purpose, key: key.to_owned(), ask }))
    }
}
