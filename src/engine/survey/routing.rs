//! Who answers a leaf: by a person's choice, by the router of the task or of one above it, or by the next rung of a ladder.

use super::{
    Status,
    hearing::Heard,
    surveyor::{Subject, Surveyor},
};
use crate::{
    ask::{Answer, Ask},
    decision::ExpertCard,
    engine::Move,
    router::{self, RouteNext, RouteScene},
    session::{Event, Purpose},
};

impl<'a> Surveyor<'a> {
    /// The expert that answers a leaf, or how the choice stands.
    pub(super) fn route(&self, subject: &Subject<'_>) -> Result<&'a ExpertCard, Status> {
        let Subject { task, draft, attempt, progress } = *subject;
        let stuck = |why: String| Err(Status::Stuck(why));
        let cards = self.tools.roster.cards();
        let router = self.session.router_of(task);
        let key = self.session.route_key(task);
        if let Some((made_for, decision)) = &progress.routed
            && (made_for.is_empty() || *made_for == key)
        {
            // A router that trusts nobody leaves the choice to the person; nothing is guessed.
            let unknown = draft.expert.as_deref().filter(|tag| self.tools.roster.get(tag).is_none());
            if decision.confidence <= 0.0 && !made_for.is_empty() {
                return stuck(match unknown {
                    Some(tag) => format!("no expert is called `{tag}`: choose another"),
                    None => "the router trusts no expert with it: choose one".to_owned(),
                });
            }
            return match self.tools.roster.get(&decision.chosen) {
                Some(card) => Ok(card),
                None => stuck(format!("no expert is called `{}`: choose another", decision.chosen)),
            };
        }
        let Some(router) = router::router(router) else {
            return stuck(format!("no router is called `{router}`"));
        };
        if !self.wants_moves && !router.asks() {
            return Err(Status::Ready);
        }
        let (knowledge, text) = (&*self.tools.knowledge, self.session.plan.text(task));
        let mut scene =
            RouteScene { task: &text, tag: draft.expert.as_deref(), cards, reply: None, knowledge };
        let mut next = router.route(&scene);
        if let RouteNext::Ask(request) = next {
            let ask = Ask::local(router.name(), request);
            match self.hear(task, Purpose::Route, ask, "", attempt).1 {
                Heard::Else(status) => return Err(status),
                Heard::Answer(answer) => scene.reply = Some(answer),
            }
            next = router.route(&scene);
        }
        match next {
            RouteNext::Decide(decision) => {
                Err(self.ready(Move::Record(Event::Routed { task, key, decision })))
            }
            RouteNext::Ask(_) => stuck(format!("the router `{}` could not read its answer", router.name())),
        }
    }

    /// The router's choice failed at the task: goes on to the next expert, if the router has one.
    pub(super) fn next_rung(&self, subject: &Subject<'_>, why: &str) -> Option<Status> {
        let Subject { task, progress, .. } = *subject;
        // A person's choice stands.
        let (key, decision) = progress.routed.as_ref().filter(|(key, _)| !key.is_empty())?;
        let router = router::router(&decision.router)?;
        let decision = router.after(decision, why, self.tools.roster.cards())?;
        Some(self.ready(Move::Record(Event::Routed { task, key: key.clone(), decision })))
    }
}

/// Why an answer is not to be trusted by itself.
pub(super) fn doubt(answer: &Answer) -> Option<String> {
    if answer.text.trim().is_empty() {
        return Some("gave an empty answer".to_owned());
    }
    let sure = answer.certainty().filter(|sure| *sure < router::ladder::SURE_ANSWER)?;
    Some(format!("was only {sure:.2} sure of its answer"))
}
