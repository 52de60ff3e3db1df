//! Verified repetition: the same ask with the same seed once more, compared token by token (`repeat/came.rs`). `replay
//! --again` compares by the same rules without a screen.

mod came;

pub use came::{Came, decided};

use super::{beside, running};
use crate::{
    ask::{Request, key::key_of},
    engine::Asking,
    figure::counted,
    ids::{CallId, TaskId},
    session::{Call, Outcome, Purpose},
    workbench::{
        Effect, Mode, State, Weight,
        sheet::{Kind, Row, Sheet, Tone},
    },
};

/// Repetitions under way together.
pub const TOGETHER: usize = 8;

/// A call and its repetition, once that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated {
    pub original: CallId,
    pub again: Option<CallId>,
}

/// Can this call be made once more? It was answered whole, and by no person.
pub fn repeatable(call: &Call) -> bool {
    matches!(call.outcome, Outcome::Answered(_)) && !matches!(call.ask.request, Request::Person { .. })
}

/// Makes the calls of the selected task once more; of the goal, all calls that the plan was made with.
pub(super) fn start(state: &mut State) -> Vec<Effect> {
    let Some(row) = state.ui.cursor else { return vec![] };
    let settings = state.settings();
    if settings.model != state.defaults.model {
        let words = format!(
            "this session was made with {}: {} gives other tokens",
            settings.model, state.defaults.model
        );
        state.say(Weight::Warning, words);
        return vec![];
    }
    let root = state.journal.session().plan.root();
    let calls = if root == Some(row.task) { of_the_plan(state) } else { of_a_task(state, row.task) };
    let can_be = |call: &CallId| state.journal.call(*call).is_some_and(repeatable);
    let all: Vec<CallId> = calls.into_iter().filter(can_be).collect();
    if all.is_empty() {
        state.say(Weight::Warning, "nothing was answered yet that could be repeated");
        return vec![];
    }
    state.repeats = all.into_iter().map(|original| Repeated { original, again: None }).collect();
    state.repeats_told = false;
    state.journal.open_turn();
    show(state);
    pump(state)
}

/// The calls that this branch was made with, in their order.
fn of_the_plan(state: &State) -> Vec<CallId> {
    let plan = &state.journal.session().plan;
    let mut calls: Vec<CallId> = plan.walk().into_iter().flat_map(|task| of_a_task(state, task)).collect();
    calls.sort();
    calls.dedup();
    calls
}

/// The calls behind the present answer of a task, and those that its parts were read from.
fn of_a_task(state: &State, task: TaskId) -> Vec<CallId> {
    let read = state.journal.session().progress(task).read.iter();
    let mut calls: Vec<CallId> = read.filter_map(|key| Some(state.journal.call_for(key)?.id)).collect();
    calls.extend(state.survey.look(task).map(|look| look.calls.clone()).unwrap_or_default());
    calls.sort();
    calls.dedup();
    calls
}

/// Begins repetitions while there is room, and says how it came out when all are there.
pub(super) fn pump(state: &mut State) -> Vec<Effect> {
    let mut effects = vec![];
    let under_way =
        |state: &State| state.live.values().filter(|live| live.purpose == Purpose::Repeat).count();
    while under_way(state) < TOGETHER {
        let Some(at) = state.repeats.iter().position(|repeated| repeated.again.is_none()) else { break };
        let original = state.repeats[at].original;
        let Some(call) = state.journal.call(original).cloned() else { break };
        let number = state.journal.calls_of(call.task).count().to_string();
        let asking = Asking {
            purpose: Purpose::Repeat,
            natural: String::new(),
            unchanged: call.ask.clone(),
            amendment: None,
            ask: call.ask.clone(),
            key: key_of(&["repeat", &call.key, &number]),
            parts: vec![],
        };
        let id = state.journal.fresh_call();
        match beside::make(state, call.task, Purpose::Repeat, asking) {
            Ok(made) => effects.extend(made),
            Err(why) => {
                state.repeats.clear();
                state.say(Weight::Warning, why);
                return effects;
            }
        }
        state.repeats[at].again = Some(id);
    }
    tell(state);
    effects
}

fn came(state: &State, repeated: &Repeated) -> Came {
    let Some(call) = state.journal.call(repeated.original) else { return Came::Waiting };
    let again = repeated.again.and_then(|again| state.journal.call(again)).map(|call| &call.outcome);
    match (&call.outcome, again) {
        (Outcome::Answered(one), Some(Outcome::Answered(other))) => {
            decided(&state.tools, &state.journal.session().plan, call, one, other)
        }
        (_, Some(Outcome::Failed(why))) => Came::Failed(why.clone()),
        (_, Some(Outcome::Stopped(_))) => Came::Failed("it was stopped".to_owned()),
        _ => Came::Waiting,
    }
}

/// Says how it came out, once.
fn tell(state: &mut State) {
    let open = |repeated: &Repeated| {
        let again = repeated.again.and_then(|again| state.journal.call(again));
        again.is_none_or(|again| matches!(again.outcome, Outcome::Open))
    };
    // Before anything is compared: a route may have to be decided anew for it.
    if state.repeats.is_empty() || state.repeats_told || state.repeats.iter().any(open) {
        return;
    }
    let all: Vec<(Repeated, Came)> =
        state.repeats.iter().map(|repeated| (*repeated, came(state, repeated))).collect();
    state.repeats_told = true;
    let fine = |came: &Came| matches!(came, Came::Identical(_) | Came::Close { .. });
    let words = match all.iter().find(|(_, came)| !fine(came)) {
        None => {
            let tokens: usize =
                all.iter().map(|(_, came)| if let Came::Identical(n) = came { *n } else { 0 }).sum();
            let close = all.iter().filter(|(_, came)| matches!(came, Came::Close { .. })).count();
            let calls = counted((all.len() - close) as u64, "call");
            let close = if close == 0 { String::new() } else { format!("; {close} close") };
            return state.say(Weight::Info, format!("identical ({tokens} tokens in {calls}){close}"));
        }
        Some((repeated, differs @ (Came::Differs(..) | Came::Numbers { .. }))) => {
            format!("{} {}", repeated.original, differs.words())
        }
        Some((repeated, Came::Failed(why))) => format!("{} was not repeated: {why}", repeated.original),
        Some(_) => return,
    };
    state.say(Weight::Warning, words);
}

/// Each call with how its repetition came out.
pub(super) fn show(state: &mut State) {
    let row = |repeated: &Repeated| {
        let call = state.journal.call(repeated.original);
        let number = call.map(|call| super::number(state, call.task)).unwrap_or_default();
        let by =
            call.map(|call| format!("{} [{}]", call.purpose.word(), call.ask.expert)).unwrap_or_default();
        let (tone, word) = match came(state, repeated) {
            Came::Waiting if repeated.again.is_some() => (Tone::Plain, "writing".to_owned()),
            Came::Waiting => (Tone::Dim, "waits".to_owned()),
            same @ Came::Identical(_) => (Tone::Added, same.words()),
            close @ Came::Close { .. } => (Tone::Plain, close.words()),
            other => (Tone::Bad, other.words()),
        };
        Row::new(tone, [number, repeated.original.to_string(), by, word])
    };
    let rows: Vec<Row> = state.repeats.iter().map(row).collect();
    let same = state.repeats.iter().filter(|one| matches!(came(state, one), Came::Identical(_))).count();
    let sheet = Sheet {
        title: "Once more".to_owned(),
        head: vec![(Tone::Strong, format!("{same} of {} calls came out identical", rows.len()))],
        kind: Kind::Repeat(state.repeats.clone()),
        columns: vec![8, 7, 30, 0],
        rows,
        cursor: 0,
        below: vec![],
        keys: vec![("enter", "go to the task"), ("C-x", "cancel")],
    };
    beside::put(state, sheet);
}

/// Both texts of the call under the cursor.
pub(super) fn below(state: &State, repeated: &Repeated) -> Vec<(Tone, String)> {
    let text = |call: &Call| match &call.outcome {
        Outcome::Answered(answer) | Outcome::Stopped(answer) => answer.text.trim().to_owned(),
        Outcome::Failed(why) => why.clone(),
        Outcome::Open => state.live.get(&call.id).map(|live| live.text()).unwrap_or_default(),
    };
    let call = |id: CallId| state.journal.call(id).map(text).unwrap_or_default();
    let again = repeated.again.map(call).unwrap_or_default();
    vec![(Tone::Plain, format!("was  {}", call(repeated.original))), (Tone::Plain, format!("is   {again}"))]
}

/// Ends what is under way and leaves out the rest.
pub(super) fn cancel(state: &mut State) -> Vec<Effect> {
    state.repeats.retain(|repeated| repeated.again.is_some());
    let effects = running::cancel(state);
    if matches!(&state.mode, Mode::Sheet(sheet) if matches!(sheet.kind, Kind::Repeat(_))) {
        show(state);
    }
    effects
}
