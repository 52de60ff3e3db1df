//! A run rehearsed as far as it can be told without a call: what is known is written down in a copy of the session, and of
//! every task that is then still open the calls to come are counted. What a call will say is unknown, so a task that waits
//! for one is taken as it is now.

use super::{
    Look, Status, Survey,
    surveyor::{Subject, Surveyor},
};
use crate::{
    ask::{Ask, Request},
    decision::{Decision, ExpertKind},
    engine::Move,
    ids::TaskId,
    judge::{self, judge},
    plan::{self, Check, Draft, Operator, Plan},
    session::{Event, Journal, Outcome, Purpose, Session},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap, HashSet},
};

/// What is written down at most; a task beyond is taken as it stands.
const MOST: usize = 20_000;

/// What one open task will still ask by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prospect {
    /// Who asks or is asked, once for each call to a model; empty text where it is not known who that will be.
    pub calls: Vec<String>,
    /// Its strategy may add parts, which ask more.
    pub open: bool,
}

/// The copy of the session, and how its tasks stand in it.
struct Rehearsal {
    session: Session,
    looks: HashMap<TaskId, Look>,
    fresh: TaskId,
    queue: Queue,
}

/// Tasks to look at, each once at a time. What has parts comes when nothing without parts waits, the deepest first: its look
/// goes over all of them, and they change one after the other.
#[derive(Default)]
struct Queue {
    /// How late it comes, when it came, which it is.
    waiting: BinaryHeap<Reverse<(usize, usize, TaskId)>>,
    there: HashSet<TaskId>,
    came: usize,
}

impl Queue {
    fn push(&mut self, plan: &Plan, task: TaskId) {
        if self.there.insert(task) {
            let late = if plan.parts(task).is_empty() { 0 } else { usize::MAX - plan.depth(task) };
            self.waiting.push(Reverse((late, self.came, task)));
            self.came += 1;
        }
    }

    fn pop(&mut self) -> Option<TaskId> {
        let Reverse((_, _, task)) = self.waiting.pop()?;
        self.there.remove(&task);
        Some(task)
    }
}

impl Survey {
    /// What these tasks and those that come in the way of them will ask, as far as it can be told.
    pub fn prospects(
        &self,
        journal: &Journal,
        tasks: impl IntoIterator<Item = TaskId>,
    ) -> BTreeMap<TaskId, Prospect> {
        let (session, fresh) = (journal.session().clone(), journal.fresh_task());
        let mut queue = Queue::default();
        tasks.into_iter().for_each(|task| queue.push(&session.plan, task));
        let mut rehearsal = Rehearsal { session, looks: HashMap::new(), fresh, queue };
        let failed = self.in_the_way(journal);
        if !failed.is_empty() {
            self.again_in(journal, &mut rehearsal.session, &failed);
            failed.into_iter().for_each(|task| rehearsal.queue.push(&rehearsal.session.plan, task));
        }
        let mut prospects = BTreeMap::new();
        let mut written = 0;
        while let Some(task) = rehearsal.queue.pop() {
            let Some(surveyor) = self.rehearsing(journal, &rehearsal) else { break };
            if let Some(decision) = surveyor.named(task) {
                rehearsal.write(task, &Event::Routed { task, key: String::new(), decision });
                continue;
            }
            let look = surveyor.look(task);
            let moves = surveyor.moves.take();
            let event = moves.into_iter().find_map(|next| match next {
                Move::Record(event) if look.can_go() => Some(event),
                _ => None,
            });
            if let Some(event) = event.filter(|_| written < MOST) {
                written += 1;
                rehearsal.write(task, &event);
                continue;
            }
            prospects.insert(task, surveyor.prospect(task, &look));
            rehearsal.keep(self, task, look);
        }
        prospects.retain(|_, prospect| *prospect != Prospect::default());
        prospects
    }

    fn rehearsing<'a>(&'a self, journal: &'a Journal, rehearsal: &'a Rehearsal) -> Option<Surveyor<'a>> {
        let Rehearsal { session, looks, fresh, .. } = rehearsal;
        let surveyor = self.surveyor(journal, self.tools.as_ref()?)?;
        let (settings, fresh) = (session.settings.as_ref()?, *fresh);
        Some(Surveyor { session, settings, rehearsed: Some(looks), fresh, wants_moves: true, ..surveyor })
    }
}

impl Rehearsal {
    /// What is known is written down; its task is looked at again, and so are parts that are new.
    fn write(&mut self, task: TaskId, event: &Event) {
        if self.session.apply(event).is_err() {
            return;
        }
        if let Event::Proposed { edits, .. } = event {
            for edit in edits {
                self.fresh = self.fresh.max(TaskId(edit.task().0 + 1));
                self.queue.push(&self.session.plan, edit.task());
            }
        }
        self.queue.push(&self.session.plan, task);
    }

    /// A look that is another one now concerns those above and those who use the answer.
    fn keep(&mut self, survey: &Survey, task: TaskId, look: Look) {
        if self.looks.get(&task).or_else(|| survey.look(task)) == Some(&look) {
            return;
        }
        self.looks.insert(task, look);
        let plan = &self.session.plan;
        let concerned = plan.feeds(task).iter().copied().chain(plan.parent(task));
        concerned.for_each(|task| self.queue.push(plan, task));
    }
}

impl Surveyor<'_> {
    /// What a task that was just looked at, every ask of it wanted, will still ask.
    fn prospect(&self, task: TaskId, look: &Look) -> Prospect {
        let mut prospect = Prospect::default();
        let Some(found) = self.session.plan.task(task) else { return prospect };
        if matches!(look.status, Status::Done | Status::Cancelled) || self.sleeps(task) {
            return prospect;
        }
        let (draft, attempt, progress) = (&found.draft, found.attempt, self.session.progress(task));
        let subject = Subject { task, draft, attempt, progress };
        // What it would ask as it stands is known to the letter; what was asked before is asked no more.
        let known = self.asks.take();
        let has = |purpose| known.iter().any(|asking| asking.purpose == purpose);
        let (asks, routes, judges) = (!known.is_empty(), has(Purpose::Route), has(Purpose::Judge));
        let open = known.into_iter().filter(|asking| costs(&asking.ask) && self.is_unheard(&asking.key));
        prospect.calls.extend(open.map(|asking| asking.ask.expert));
        let stands_still = matches!(
            look.status,
            Status::Failed(_) | Status::Stuck(_) | Status::NeedsPerson if asks || !look.composite
        );
        if stands_still {
            return prospect;
        }
        let mut by = look.by.as_str();
        let mut composite = look.composite;
        if look.composite {
            if !asks && self.would_ask(&subject, by) {
                prospect.calls.push(by.to_owned());
            }
        } else if !asks || routes && !prospect.calls.is_empty() {
            let who = self.expected(&subject, !asks);
            prospect
                .calls
                .extend(std::iter::repeat_n(who.router.to_owned(), usize::from(!who.router.is_empty())));
            match who.kind {
                Some(ExpertKind::Symbolic | ExpertKind::Person) => {}
                Some(ExpertKind::Plan) => {
                    by = &self.settings.strategy;
                    composite = true;
                    prospect.calls.push(by.to_owned());
                }
                Some(ExpertKind::Prompt) | None => {
                    let items = self.items(draft);
                    prospect.calls.extend(std::iter::repeat_n(who.name, items));
                }
            }
        }
        prospect.open = composite && by != "direct" && self.grows(&subject);
        // An answer that is still to come is judged when it is there.
        if !judges {
            prospect.calls.extend(judging(draft));
        }
        prospect
    }

    /// The choice of an expert that the plan names, without what the router says of all others: a long plan has many such
    /// tasks.
    fn named(&self, task: TaskId) -> Option<Decision> {
        let draft = &self.session.plan.task(task)?.draft;
        let chosen = draft.expert.as_deref().filter(|name| self.tools.roster.get(name).is_some())?;
        let open = self.session.progress(task).routed.is_none() && self.session.plan.parts(task).is_empty();
        (open && self.session.router_of(task) == "tag").then(|| Decision {
            router: "tag".to_owned(),
            chosen: chosen.to_owned(),
            candidates: vec![],
            confidence: 1.0,
            margin: 0.0,
            reason: None,
            version: None,
            threshold: None,
        })
    }

    /// Has nobody answered this call, or tried to?
    fn is_unheard(&self, key: &str) -> bool {
        self.journal.call_for(key).is_none_or(|call| call.outcome == Outcome::Open)
    }

    /// Who will answer a leaf whose router was not heard yet: that can often be told before its inputs are there.
    fn expected(&self, subject: &Subject<'_>, afresh: bool) -> Expected<'_> {
        let mut router = "";
        let mut decided = None;
        let card = match self.route(subject) {
            Ok(card) => Some(card),
            Err(_) => {
                decided = self.moves.take().into_iter().find_map(|next| match next {
                    Move::Record(Event::Routed { decision, .. }) => Some(decision.chosen),
                    Move::Ask { purpose: Purpose::Route, ask, .. } if afresh => {
                        router = crate::router::router(&ask.expert).map_or("", |router| router.name());
                        None
                    }
                    _ => None,
                });
                // A router that has still to ask may name anybody: the expert that the plan names is the best guess.
                let named = decided.as_deref().or(subject.draft.expert.as_deref());
                named.and_then(|name| self.tools.roster.get(name))
            }
        };
        let name = card.map(|card| card.name.clone()).or(decided).unwrap_or_default();
        Expected { router, name, kind: card.map(|card| card.kind) }
    }

    /// How many questions a task has: one for each item of the list there is now.
    fn items(&self, draft: &Draft) -> usize {
        match (draft.operator, draft.phrase.needs().first()) {
            (Some(Operator::Project { over, .. }), Some(first)) => {
                self.session.answer(*first).map_or(1, |answer| plan::items(over, answer).len())
            }
            _ => 1,
        }
    }
}

/// Who will answer, as far as it can be told.
struct Expected<'a> {
    /// The router, if it has to ask a model first.
    router: &'a str,
    name: String,
    kind: Option<ExpertKind>,
}

/// Is it a call to a model?
fn costs(ask: &Ask) -> bool {
    !matches!(ask.request, Request::Compute { .. } | Request::Person { .. })
}

/// The judges of its check that have to ask.
fn judging(draft: &Draft) -> impl Iterator<Item = String> {
    let rules = draft.check.as_ref().map(Check::rules).unwrap_or_default();
    let operator = draft.operator;
    rules.into_iter().filter_map(move |(rule, _)| {
        let scene = judge::Scene { rule, questions: &[], operator, answer: "", reply: None };
        let (by, next) = judge(&scene);
        matches!(next, judge::Next::Asks(_)).then(|| by.name().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::read_outline;

    #[test]
    fn a_parent_of_many_is_looked_at_once_when_all_its_parts_were() {
        let mut plan = Plan::default();
        let outline = "QC: a\n  QS: b\n    QS: c\n    QS: d\n  QS: e\n  QS: f";
        read_outline(outline, 0).edits.iter().for_each(|edit| plan.apply(edit).unwrap());
        let mut queue = Queue::default();
        plan.walk().into_iter().for_each(|task| queue.push(&plan, task));
        let mut order = vec![];
        while let Some(task) = queue.pop() {
            order.push(plan.text(task));
            plan.parent(task).into_iter().for_each(|parent| queue.push(&plan, parent));
        }
        assert_eq!(order.concat(), "cdefba");
    }
}
