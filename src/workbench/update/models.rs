//! The screen of models: what is in memory, what it costs and does; keys to unload and load.

use crate::{
    engine::{Command, Held, ModelState, Which},
    workbench::{
        Action, Effect, Mode, State, Weight,
        sheet::{Kind, Row, Sheet, Tone},
    },
};

/// Opens the list of all models of this machine.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let sheet = sheet(state, 0);
    super::sheets::show(state, sheet)
}

/// The engine has said how its models are.
pub(super) fn heard(state: &mut State, held: Vec<Held>) {
    state.held = held;
    // What was said to be on its way has come, or can not come.
    let came = state.held.iter().find_map(|held| {
        let name = shown(held);
        let said = state.notice.as_ref().is_some_and(|notice| notice.text == on_its_way(&name));
        match &held.state {
            ModelState::Ready { .. } if said => Some((Weight::Info, format!("{name} is in memory"))),
            ModelState::Missing(why) if said => {
                Some((Weight::Warning, format!("{name} can not be loaded: {why}")))
            }
            _ => None,
        }
    });
    if let Some((weight, words)) = came {
        state.say(weight, words);
    }
    refresh(state);
}

fn shown(held: &Held) -> String {
    crate::visible::visible_line(&held.name).into_owned()
}

fn on_its_way(name: &str) -> String {
    format!("loading {name}")
}

/// Puts what is so now on an open list of models.
pub(super) fn refresh(state: &mut State) {
    if let Mode::Sheet(open) = &state.mode
        && open.kind == Kind::Models
    {
        let sheet = sheet(state, open.cursor);
        state.mode = Mode::Sheet(Box::new(sheet));
    }
}

/// What a key does to the model under the cursor.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let Mode::Sheet(open) = &state.mode else { return vec![] };
    let Some(held) = state.held.get(open.cursor).cloned() else { return vec![] };
    let name = shown(&held);
    let loaded = matches!(held.state, ModelState::Ready { .. });
    let coming = matches!(held.state, ModelState::Loading(_) | ModelState::Fetching { .. });
    let (words, command) = match action {
        Action::Delete if loaded && 0 < held.queue => {
            (format!("{name} goes when its calls have ended"), Some(Command::Unload(held.name)))
        }
        Action::Delete if loaded => (format!("{name} goes out of memory"), Some(Command::Unload(held.name))),
        Action::Delete => (format!("{name} is not in memory"), None),
        _ if loaded && held.leaving => (format!("{name} stays in memory"), Some(Command::Load(held.name))),
        _ if loaded => (format!("{name} is loaded already"), None),
        _ if coming => (format!("{name} is on its way"), None),
        _ => (on_its_way(&name), Some(Command::Load(held.name))),
    };
    state.say(Weight::Info, words);
    command.map(Effect::Engine).into_iter().collect()
}

fn sheet(state: &State, cursor: usize) -> Sheet {
    let taken: u64 = state.held.iter().map(|held| held.bytes).sum();
    let loaded = state.held.iter().filter(|held| 0 < held.bytes).count();
    let total = match state.held.len() {
        0 => "no model has a thread here: servers and functions answer".to_owned(),
        all => format!("{loaded} of {all} in memory, about {}", megabytes(taken)),
    };
    let mut head = vec![(Tone::Strong, total)];
    for live in state.live.values() {
        if let Some((done, all)) = live.prefill.filter(|(done, all)| done < all) {
            head.push((Tone::Plain, format!("reading a prompt: {done} of {all} tokens")));
        }
    }
    let cursor = cursor.min(state.held.len().saturating_sub(1));
    Sheet {
        kind: Kind::Models,
        title: "Models".to_owned(),
        head,
        columns: vec![0, 10, 16, 8, 10, 3],
        rows: state.held.iter().map(row).collect(),
        cursor,
        below: state.held.get(cursor).map(about).unwrap_or_default(),
        keys: vec![("enter", "load"), ("d", "unload")],
    }
}

fn row(held: &Held) -> Row {
    let what = match held.which {
        Some(Which::Language) => "language",
        Some(Which::Embedding) => "embedding",
        None => "by a card",
    };
    let (tone, state) = match &held.state {
        ModelState::Unknown | ModelState::Asleep(_) => (Tone::Dim, "not in memory".to_owned()),
        ModelState::Fetching { done, total, .. } => {
            (Tone::Changed, format!("fetching {} %", 100 * done / (*total).max(1)))
        }
        ModelState::Loading(_) if held.waits => (Tone::Changed, "waits for room".to_owned()),
        ModelState::Loading(share) => {
            (Tone::Changed, format!("loading {:.0} %", 100.0 * share.clamp(0.0, 1.0)))
        }
        ModelState::Ready { .. } if held.leaving => (Tone::Changed, "at work, goes".to_owned()),
        ModelState::Ready { .. } => {
            (Tone::Plain, if held.queue == 0 { "ready" } else { "at work" }.to_owned())
        }
        ModelState::Missing(_) => (Tone::Bad, "can not be used".to_owned()),
    };
    let memory = if held.bytes == 0 { String::new() } else { megabytes(held.bytes) };
    let rate = if held.rate == 0.0 { String::new() } else { format!("{:.0} tok/s", held.rate) };
    let queue = if held.queue == 0 { String::new() } else { held.queue.to_string() };
    let name = shown(held);
    Row::new(tone, [name, what.to_owned(), state, memory, rate, queue])
}

/// What is known of a model beyond its row.
fn about(held: &Held) -> Vec<(Tone, String)> {
    match &held.state {
        ModelState::Ready { name, about } => vec![(Tone::Strong, name.clone()), (Tone::Dim, about.clone())],
        ModelState::Missing(why) => vec![(Tone::Bad, why.clone())],
        ModelState::Unknown | ModelState::Asleep(_) => {
            vec![(Tone::Dim, "the next call to it loads it, and so does enter".to_owned())]
        }
        ModelState::Fetching { .. } | ModelState::Loading(_) => vec![],
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
