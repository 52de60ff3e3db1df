//! What if: the same task in other ways, each beside the plan, shown side by side; one of them can be kept. `ways` says which ways there are.

mod ways;

use super::{amend, beside, record_or_say, review, running, typing};
use crate::{
    ids::TaskId,
    session::{
        Amendment, Event, Outcome, Purpose,
        amend::{read_prompt, write_prompt},
    },
    workbench::{
        Effect, Mode, State, Weight,
        buffer::Buffer,
        mode,
        sheet::{Kind, Row, Sheet, Tone},
    },
};
use ways::{amendments, ways};

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
