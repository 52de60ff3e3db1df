//! Vote runs: samples of one answer side by side, the largest group first; any of them can be taken.

use super::{amend, beside, record_or_say, running, typing};
use crate::{
    ask::{Request, Sampling},
    figure::fixed,
    ids::TaskId,
    session::{Amendment, Call, Event, Outcome, Purpose},
    workbench::{
        Effect, Mode, State, Weight,
        buffer::Buffer,
        mode,
        sheet::{Kind, Row, Sheet, Tone, VoteOf, Votes},
        votes::{groups, lead, samples_of},
    },
};

/// More samples than these in one run tell little more.
const MOST: u64 = 32;

/// Asks how many samples of the selected task's call, and at which temperature.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let Some(row) = state.ui.cursor else { return vec![] };
    let mut effects = running::with_this_model(state);
    effects.extend(amend::route_first(state, row.task));
    match amend::asking_of(state, row) {
        Ok(asking) if matches!(asking.ask.request, Request::Generate(_)) => {
            let of = VoteOf {
                task: row.task,
                item: row.item.is_some(),
                purpose: asking.purpose,
                key: asking.natural,
            };
            typing::begin(state, mode::Purpose::Samples(of), Buffer::of("5 at 0.8"));
        }
        Ok(_) => state.say(
            Weight::Warning,
            "only what a model writes can come out otherwise: a function has one answer",
        ),
        Err(why) => state.say(Weight::Warning, why),
    }
    effects
}

/// Asks for more samples of the same call.
pub(super) fn more(state: &mut State, of: VoteOf) -> Vec<Effect> {
    typing::begin(state, mode::Purpose::Samples(of), Buffer::of("10 at 0.8"));
    vec![]
}

/// `5`, `5 at 0.8`.
fn read(text: &str) -> Result<(u64, f32), String> {
    let (count, temperature) = text.split_once("at").unwrap_or((text, "0.8"));
    let count: u64 = count.trim().parse().map_err(|_| "write how many: 5 at 0.8".to_owned())?;
    let temperature: f32 =
        temperature.trim().parse().map_err(|_| "write the temperature: 5 at 0.8".to_owned())?;
    match () {
        () if count == 0 || MOST < count => Err(format!("1 to {MOST} samples are drawn at a time")),
        () if !(0.0 < temperature && temperature <= 5.0) => {
            Err("the temperature is above 0 (there all samples are the same) and at most 5".to_owned())
        }
        () => Ok((count, temperature)),
    }
}

/// Draws the samples, all together; those that are known are not drawn again.
pub(super) fn take(state: &mut State, of: &VoteOf, text: &str) -> Vec<Effect> {
    let (count, temperature) = match read(text) {
        Ok(read) => read,
        Err(why) => return typing::refuse(state, Weight::Warning, why),
    };
    let Some(asking) = amend::find(state, of.task, of.purpose, &of.key) else {
        let words = "the call is another one by now: nothing was asked";
        return typing::refuse(state, Weight::Warning, words);
    };
    let Request::Generate(generate) = &asking.ask.request else { return vec![] };
    let top_p = generate.sampling.top_p;
    let old = asking.amendment.clone().unwrap_or_default();
    let mut effects = vec![];
    state.journal.open_turn();
    for seed in 1..=count {
        let sampling = Some(Sampling { temperature, top_p, seed });
        let amendment = Amendment { sampling, ..old.clone() };
        let (task, purpose, key) = (of.task, of.purpose, of.key.clone());
        let event = Event::Amended { task, purpose, key, amendment };
        let asks = beside::asks_if(state, task, &[event]);
        let Some(sample) = asks.into_iter().find(|asking| asking.natural == of.key) else { continue };
        match beside::make(state, task, Purpose::Sample, sample) {
            Ok(made) => effects.extend(made),
            Err(why) => {
                state.say(Weight::Warning, why);
                break;
            }
        }
    }
    show(state, of);
    effects
}

fn mean_probability(call: &Call) -> Option<f32> {
    let Outcome::Answered(answer) = &call.outcome else { return None };
    let free: Vec<f32> =
        answer.tokens.iter().filter(|token| !token.forced).map(|token| token.probability).collect();
    (!free.is_empty()).then(|| free.iter().sum::<f32>() / free.len() as f32)
}

/// The samples of a call as they stand.
pub(super) fn show(state: &mut State, of: &VoteOf) {
    let Some(asking) = amend::find(state, of.task, of.purpose, &of.key) else {
        state.mode = Mode::Browse;
        return;
    };
    let samples = samples_of(state, of.task, &asking.ask);
    let groups = groups(&samples);
    let answered: usize = groups.iter().map(|group| group.calls.len()).sum();
    let mut rows = vec![];
    let mut calls = vec![];
    for (at, group) in groups.iter().enumerate() {
        let of_group = group.calls.iter().filter_map(|call| state.journal.call(*call));
        let sure: Vec<f32> = of_group.filter_map(mean_probability).collect();
        let sure = match sure.len() {
            0 => String::new(),
            n => format!("{:.0} %", 100.0 * sure.iter().sum::<f32>() / n as f32),
        };
        let share = format!("{} of {answered}", group.calls.len());
        let tone = if at == 0 { Tone::Strong } else { Tone::Plain };
        rows.push(Row::new(tone, [share, sure, beside::one_line(&group.text)]));
        calls.push(group.calls.clone());
    }
    for call in samples.iter().filter(|call| !matches!(call.outcome, Outcome::Answered(_))) {
        let (word, text) = match (&call.outcome, state.live.get(&call.id)) {
            (_, Some(live)) => ("writing", live.text()),
            (Outcome::Failed(why), _) => ("failed", why.clone()),
            (Outcome::Stopped(partial), _) => ("stopped", partial.text.clone()),
            _ => ("open", String::new()),
        };
        rows.push(Row::new(Tone::Dim, [word.to_owned(), String::new(), beside::one_line(&text)]));
        calls.push(vec![call.id]);
    }
    let told = match (lead(&groups), groups.len()) {
        (Some(lead), 1) => {
            format!("{answered} samples, all say the same (lead {} %)", fixed(100.0 * lead, 0))
        }
        (Some(lead), n) => {
            format!("{answered} samples say {n} things; the first leads by {} %", fixed(100.0 * lead, 0))
        }
        (None, _) => format!("{answered} of {} samples are there", samples.len()),
    };
    let own = state.journal.session().answer(of.task).map(beside::one_line);
    let own = own.filter(|_| !of.item).map_or_else(
        || "the plan has no answer of its own yet".to_owned(),
        |own| format!("the plan has: {own}"),
    );
    let number = super::number(state, of.task);
    let sheet = Sheet {
        title: format!("Vote: {} of {number}", of.purpose.word()),
        kind: Kind::Votes(Votes { of: of.clone(), calls }),
        head: vec![(Tone::Strong, told), (Tone::Dim, own)],
        columns: vec![9, 7, 0],
        rows,
        cursor: 0,
        below: vec![],
        keys: vec![("enter", "take it as the call's answer"), ("P", "pin it"), ("C-n", "more")],
    };
    beside::put(state, sheet);
}

/// Every sample of the group under the cursor, whole.
pub(super) fn below(state: &State, votes: &Votes, at: usize) -> Vec<(Tone, String)> {
    let calls = votes.calls.get(at).map(Vec::as_slice).unwrap_or_default();
    let line = |call: &Call| {
        let text = match &call.outcome {
            Outcome::Answered(answer) | Outcome::Stopped(answer) => answer.text.trim().to_owned(),
            Outcome::Failed(why) => why.clone(),
            Outcome::Open => state.live.get(&call.id).map(|live| live.text()).unwrap_or_default(),
        };
        let how = match &call.ask.request {
            Request::Generate(generate) => {
                format!("seed {} at {}", generate.sampling.seed, generate.sampling.temperature)
            }
            _ => String::new(),
        };
        (Tone::Plain, format!("{} {how}: {text}", call.id))
    };
    calls.iter().filter_map(|call| state.journal.call(*call)).map(line).collect()
}

/// Takes the sample under the cursor: as the answer of its call, or as a person's answer of the task.
pub(super) fn adopt(state: &mut State, votes: &Votes, at: usize, pin: bool) -> Vec<Effect> {
    let of = &votes.of;
    let group = votes.calls.get(at).map(Vec::as_slice).unwrap_or_default();
    let call = group.first().and_then(|call| state.journal.call(*call)).cloned();
    let Some((call, Outcome::Answered(answer))) = call.map(|call| (call.clone(), call.outcome)) else {
        state.say(Weight::Warning, "this sample has no answer (yet)");
        return vec![];
    };
    let all: usize = votes.calls.iter().map(Vec::len).sum();
    let note = format!("{} of {all} samples said so", group.len());
    if pin {
        if of.item || of.purpose != Purpose::Answer {
            state.say(
                Weight::Warning,
                "only the answer of a whole task can be pinned: enter takes the sample for this call",
            );
            return vec![];
        }
        state.mode = Mode::Browse;
        let (task, answer) = (of.task, Some(answer.text.trim().to_owned()));
        let effects = super::change(state, Event::Pinned { task, answer, reason: Some(note) });
        state.say(Weight::Info, "pinned: this answer stands until you take it back (P)");
        return effects;
    }
    let (Some(asking), Request::Generate(made)) =
        (amend::find(state, of.task, of.purpose, &of.key), &call.ask.request)
    else {
        return vec![];
    };
    state.mode = Mode::Browse;
    let old = asking.amendment.unwrap_or_default();
    let amendment = Amendment { sampling: Some(made.sampling), note, ..old };
    let (task, purpose, key) = (of.task, of.purpose, of.key.clone());
    let Some(mut effects) = record_or_say(state, [Event::Amended { task, purpose, key, amendment }]) else {
        return vec![];
    };
    effects.extend(taken(state, task, purpose, &of.key));
    state.say(Weight::Info, "taken, without a call; z takes it back");
    effects
}

/// Writes down what follows from a call that was answered beside the plan.
fn taken(state: &mut State, task: TaskId, purpose: Purpose, natural: &str) -> Vec<Effect> {
    let made = amend::find(state, task, purpose, natural).map(|asking| asking.key).unwrap_or_default();
    running::run_call(state, task, &made)
}
