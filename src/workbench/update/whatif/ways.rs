//! The ways in which a task can be tried: other experts and strategies, temperatures, prompts, and its context mended.

use super::{Wants, Way};
use crate::{
    ask::{
        Prompt, Request, Sampling, Turn,
        part::{Origin, Part},
    },
    decision::{Decision, ExpertKind, Ruling},
    engine::Asking,
    ids::TaskId,
    plan::Edit,
    session::{Actor, Amendment, Event},
    strategy,
    workbench::State,
};

/// All ways for a task, the task as it is first.
pub(super) fn ways(state: &State, task: TaskId, asks: &[Asking]) -> Vec<Way> {
    let look = state.survey.look(task);
    let by = look.map(|look| look.by.clone()).unwrap_or_default();
    let composite = look.is_some_and(|look| look.composite);
    let way = |name: String, events: Vec<Event>| Way { name, events, expert: None, wants: None };
    let own = if composite { None } else { Some(by.clone()) };
    let mut ways = vec![Way { expert: own, ..way(format!("as it is: {by}"), vec![]) }];
    if !composite {
        let others =
            state.tools.roster.cards().iter().filter(|card| {
                card.name != by && !matches!(card.kind, ExpertKind::Person | ExpertKind::Plan)
            });
        ways.extend(others.map(|card| Way {
            expert: Some(card.name.clone()),
            ..way(format!("expert {}", card.name), vec![routed(state, task, &card.name)])
        }));
    }
    let edited = |edit: Edit| Event::Edited {
        by: Actor::Person,
        edits: vec![edit],
        reason: Some("what if".to_owned()),
    };
    for other in strategy::strategies().iter().map(|strategy| strategy.name()).filter(|name| *name != by) {
        let edit = match state.journal.session().plan.parts(task).is_empty() {
            true => Edit::SetStrategy { task, strategy: Some(other.to_owned()) },
            false if other == "direct" => Edit::Collapse { task, on: true },
            false => continue,
        };
        ways.push(way(format!("strategy {other}"), vec![edited(edit)]));
    }
    if asks.iter().any(|asking| matches!(asking.ask.request, Request::Generate(_))) {
        for temperature in [0.7, 1.0] {
            let sampling = |old: Sampling| Amendment {
                sampling: Some(Sampling { temperature, seed: 1, ..old }),
                ..Amendment::default()
            };
            ways.push(way(
                format!("temperature {temperature}"),
                amendments(task, asks, |asking| Some(sampling(sampling_of(asking)?))),
            ));
        }
        if asks.len() == 1 {
            ways.push(Way { wants: Some(Wants::Prompt), ..way("another prompt".to_owned(), vec![]) });
        }
    }
    ways.extend(contexts(state, task, asks));
    ways
}

/// Earlier answers that were judged wrong: hidden from the prompt, or repaired in it. As it is, they are kept.
fn contexts(state: &State, task: TaskId, asks: &[Asking]) -> Vec<Way> {
    let plan = &state.journal.session().plan;
    let failed =
        |task: &TaskId| state.survey.look(*task).and_then(|look| look.ruling()) == Some(Ruling::Fail);
    let needs = plan.task(task).map(|task| task.draft.phrase.needs()).unwrap_or_default();
    let steps = plan.parts(task);
    let wrong: Vec<TaskId> = needs.iter().chain(steps).copied().filter(failed).collect();
    if wrong.is_empty() {
        return vec![];
    }
    let hidden = |origin: &Origin| match origin {
        Origin::Input(nth) => needs.get(*nth).is_some_and(failed),
        Origin::Step(nth) | Origin::StepAnswer(nth) => steps.get(nth - 1).is_some_and(failed),
        _ => false,
    };
    let without = |asking: &Asking| {
        let kept = |part: &Part| match &part.origin {
            origin if !hidden(origin) => Some(part.clone()),
            Origin::Input(_) => Some(Part { text: "…".to_owned(), ..part.clone() }),
            _ => None,
        };
        let parts: Vec<Part> = asking.parts.iter().filter_map(kept).collect();
        let prompt = Some(rebuilt(asking, &parts)?);
        Some(Amendment {
            prompt,
            note: "wrong answers hidden".to_owned(),
            ..asking.amendment.clone().unwrap_or_default()
        })
    };
    let names: Vec<String> = wrong.iter().map(|wrong| plan.reference(task, *wrong)).collect();
    let way =
        |name: String, events: Vec<Event>, wants: Option<Wants>| Way { name, events, expert: None, wants };
    let mut ways = vec![way(format!("{} hidden", names.join(", ")), amendments(task, asks, without), None)];
    let repairs = wrong.iter().zip(&names);
    ways.extend(
        repairs.map(|(wrong, name)| way(format!("{name} repaired"), vec![], Some(Wants::Answer(*wrong)))),
    );
    ways
}

/// The prompt of these parts, of the same kind as that of the ask.
fn rebuilt(asking: &Asking, parts: &[Part]) -> Option<Prompt> {
    let Request::Generate(generate) = &asking.ask.request else { return None };
    let of = |turn: usize| {
        parts.iter().filter(|part| part.turn == turn).map(|part| part.text.as_str()).collect::<String>()
    };
    Some(match &generate.prompt {
        Prompt::Raw(_) => Prompt::Raw(of(0)),
        Prompt::Chat(turns) => {
            let turn = |(at, turn): (usize, &Turn)| Turn { role: turn.role.clone(), text: of(at) };
            Prompt::Chat(turns.iter().enumerate().map(turn).collect())
        }
    })
}

fn sampling_of(asking: &Asking) -> Option<Sampling> {
    match &asking.ask.request {
        Request::Generate(generate) => Some(generate.sampling),
        _ => None,
    }
}

pub(super) fn amendments(
    task: TaskId,
    asks: &[Asking],
    of: impl Fn(&Asking) -> Option<Amendment>,
) -> Vec<Event> {
    let event = |asking: &Asking| {
        let (purpose, key, amendment) = (asking.purpose, asking.natural.clone(), of(asking)?);
        Some(Event::Amended { task, purpose, key, amendment })
    };
    asks.iter().filter_map(event).collect()
}

fn routed(state: &State, task: TaskId, expert: &str) -> Event {
    let routed = state.journal.session().progress(task).routed.as_ref();
    let decision = Decision {
        router: "person".to_owned(),
        chosen: expert.to_owned(),
        candidates: routed.map(|(_, decision)| decision.candidates.clone()).unwrap_or_default(),
        confidence: 1.0,
        margin: 0.0,
        reason: Some("kept of several tried".to_owned()),
        version: None,
        threshold: None,
    };
    Event::Routed { task, key: String::new(), decision }
}
