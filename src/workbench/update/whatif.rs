//! What if: the same task in other ways, each beside the plan, shown side by side; one of them can be kept.

use super::{amend, beside, record_or_say, review, running, typing};
use crate::{
    ask::{
        Prompt, Request, Sampling, Turn,
        part::{Origin, Part},
    },
    decision::{Decision, ExpertKind, Ruling},
    engine::Asking,
    ids::TaskId,
    plan::Edit,
    session::{
        Actor, Amendment, Event, Outcome, Purpose,
        amend::{read_prompt, write_prompt},
    },
    strategy,
    workbench::{
        Effect, Mode, State, Weight,
        buffer::Buffer,
        mode,
        sheet::{Kind, Row, Sheet, Tone},
    },
};

/// The ways in which one task is tried.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIf {
    pub task: TaskId,
    pub ways: Vec<Way>,
}

/// One way.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    pub name: String,
    /// What would have happened; nothing for the task as it is.
    events: Vec<Event>,
    /// The expert that it is about, if it is about one.
    expert: Option<String>,
    /// A text of the person is missing: a prompt, or the right answer of this task.
    wants: Option<Wants>,
}

impl WhatIf {
    /// Does the way at this place want the right answer of another task?
    pub fn wants_answer(&self, at: usize) -> bool {
        matches!(self.ways.get(at).and_then(|way| way.wants.as_ref()), Some(Wants::Answer(_)))
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Wants {
    Prompt,
    Answer(TaskId),
}

/// Opens the ways for the selected task.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let Some(row) = state.ui.cursor else { return vec![] };
    let mut effects = running::with_this_model(state);
    effects.extend(amend::route_first(state, row.task));
    let asks = amend::asks(state, row.task);
    if asks.is_empty() {
        let why = amend::asking_of(state, row).err().unwrap_or_default();
        state.say(Weight::Warning, why);
        return effects;
    }
    let whatif = WhatIf { task: row.task, ways: ways(state, row.task, &asks) };
    show(state, whatif);
    effects
}

fn ways(state: &State, task: TaskId, asks: &[Asking]) -> Vec<Way> {
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

fn amendments(task: TaskId, asks: &[Asking], of: impl Fn(&Asking) -> Option<Amendment>) -> Vec<Event> {
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

/// How far one way is: state in a word, answer, tokens, seconds.
fn came(state: &State, task: TaskId, way: &Way) -> (&'static str, String, u32, f64) {
    if way.wants.is_some() {
        return ("your text", String::new(), 0, 0.0);
    }
    let asks = beside::asks_if(state, task, &way.events);
    if asks.is_empty() {
        return ("no call", String::new(), 0, 0.0);
    }
    let (mut texts, mut word, mut tokens, mut seconds) = (vec![], "there", 0, 0.0);
    for asking in &asks {
        let call = state.journal.call_for(&asking.key);
        let live = call.and_then(|call| state.live.get(&call.id));
        match (call.map(|call| &call.outcome), live) {
            (_, Some(live)) => {
                texts.push(live.text());
                word = "writing";
            }
            (Some(Outcome::Answered(answer)), _) => {
                texts.push(answer.text.clone());
                tokens += answer.usage.output_tokens;
                seconds += answer.usage.seconds;
            }
            (Some(Outcome::Failed(why)), _) => {
                texts.push(why.clone());
                word = "failed";
            }
            (Some(Outcome::Stopped(partial)), _) => {
                texts.push(partial.text.clone());
                word = "stopped";
            }
            (Some(Outcome::Open) | None, _) => word = "not asked",
        }
    }
    let texts: Vec<String> = texts.iter().map(|text| beside::one_line(text)).collect();
    (word, texts.join(" | "), tokens, seconds)
}

/// The ways side by side.
pub(super) fn show(state: &mut State, whatif: WhatIf) {
    let task = whatif.task;
    let row = |way: &Way| {
        let (word, text, tokens, seconds) = came(state, task, way);
        let tone = match word {
            "there" => Tone::Strong,
            "failed" | "stopped" => Tone::Bad,
            "writing" => Tone::Plain,
            _ => Tone::Dim,
        };
        let cost = if word == "there" { format!("{tokens} tok {seconds:.1} s") } else { String::new() };
        Row::new(tone, [way.name.clone(), word.to_owned(), cost, text])
    };
    let rows: Vec<Row> = whatif.ways.iter().map(row).collect();
    let text = state.journal.session().plan.text(task);
    let note =
        "calls beside the plan; of a strategy, its first call. Nothing changes until one is kept".to_owned();
    let sheet = Sheet {
        title: format!("What if: {}", super::number(state, task)),
        head: vec![(Tone::Plain, text), (Tone::Dim, note)],
        kind: Kind::WhatIf(Box::new(whatif)),
        columns: vec![24, 10, 16, 0],
        rows,
        cursor: 0,
        below: vec![],
        keys: vec![("space", "try it"), ("enter", "keep it"), ("C-x", "cancel")],
    };
    beside::put(state, sheet);
}

/// The whole answer of the way under the cursor.
pub(super) fn below(state: &State, whatif: &WhatIf, at: usize) -> Vec<(Tone, String)> {
    let Some(way) = whatif.ways.get(at) else { return vec![] };
    let asks = beside::asks_if(state, whatif.task, &way.events);
    let answered = asks.iter().filter_map(|asking| match &state.journal.call_for(&asking.key)?.outcome {
        Outcome::Answered(answer) | Outcome::Stopped(answer) => Some(answer.text.clone()),
        Outcome::Failed(why) => Some(why.clone()),
        Outcome::Open => None,
    });
    answered
        .flat_map(|text| text.trim().split('\n').map(str::to_owned).collect::<Vec<_>>())
        .map(|line| (Tone::Plain, line))
        .collect()
}

/// Makes the calls of the way under the cursor, or asks for the text that it wants.
pub(super) fn try_out(state: &mut State, whatif: WhatIf, at: usize) -> Vec<Effect> {
    let Some(way) = whatif.ways.get(at).cloned() else { return vec![] };
    if let Some(wants) = &way.wants {
        let text = match wants {
            Wants::Prompt => {
                let asks = amend::asks(state, whatif.task);
                let prompt = asks.first().and_then(|asking| amend::prompt_of(&asking.ask.request));
                prompt.map(|prompt| write_prompt(&prompt)).unwrap_or_default()
            }
            Wants::Answer(wrong) => state.journal.session().answer(*wrong).unwrap_or_default().to_owned(),
        };
        typing::begin(state, mode::Purpose::Way(Box::new(whatif), at), Buffer::of(text));
        return vec![];
    }
    state.journal.open_turn();
    let mut effects = vec![];
    for asking in beside::asks_if(state, whatif.task, &way.events) {
        match beside::make(state, whatif.task, Purpose::Trial, asking) {
            Ok(made) => effects.extend(made),
            Err(why) => {
                state.say(Weight::Warning, why);
                break;
            }
        }
    }
    show(state, whatif);
    effects
}

/// The text that a way wanted.
pub(super) fn take_text(state: &mut State, mut whatif: WhatIf, at: usize, text: &str) -> Vec<Effect> {
    let task = whatif.task;
    let Some(way) = whatif.ways.get_mut(at) else { return vec![] };
    match way.wants.take() {
        Some(Wants::Prompt) => {
            way.events = amendments(task, &amend::asks(state, task), |asking| {
                let prompt = Some(read_prompt(text, &amend::prompt_of(&asking.unchanged.request)?));
                Some(Amendment { prompt, ..asking.amendment.clone().unwrap_or_default() })
            });
        }
        Some(Wants::Answer(wrong)) => {
            let (answer, reason) = (Some(text.trim().to_owned()), Some("repaired".to_owned()));
            way.events = vec![Event::Pinned { task: wrong, answer, reason }];
        }
        None => {}
    }
    show(state, whatif.clone());
    if let Mode::Sheet(sheet) = &mut state.mode {
        sheet.cursor = at;
    }
    try_out(state, whatif, at)
}

/// Keeps the way under the cursor: what would have happened does. Its calls are known, so none is made again.
pub(super) fn keep(state: &mut State, whatif: &WhatIf, at: usize) -> Vec<Effect> {
    let (task, Some(way)) = (whatif.task, whatif.ways.get(at).cloned()) else { return vec![] };
    let there = |way: &Way| came(state, task, way).0 == "there";
    if !there(&way) {
        show(state, whatif.clone());
        state.say(Weight::Warning, "it was not tried yet: space tries it");
        return vec![];
    }
    let others: Vec<String> = whatif
        .ways
        .iter()
        .filter(|other| other.expert != way.expert && there(other))
        .filter_map(|other| other.expert.clone())
        .collect();
    state.mode = Mode::Browse;
    let mut effects = vec![];
    if !way.events.is_empty() {
        let Some(written) = record_or_say(state, way.events.clone()) else { return effects };
        effects.extend(written);
        effects.extend(running::run_call(state, task, ""));
    }
    let mut words = format!("kept: {}; z takes it back", way.name);
    if let (Some(kept), false) = (&way.expert, others.is_empty()) {
        for other in &others {
            effects.extend(review::prefer(state, task, kept, other));
        }
        words = format!("kept: {} (preferred to {}); z takes it back", way.name, others.join(", "));
    }
    state.say(Weight::Info, words);
    effects
}
