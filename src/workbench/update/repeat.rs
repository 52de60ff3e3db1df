//! Verified repetition: the same ask with the same seed once more, compared token by token. `replay --again` compares by
//! the same rules without a screen.

use super::{beside, running};
use crate::{
    ask::{Answer, Request},
    engine::{Asking, key::key_of},
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

/// What a repetition came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    Waiting,
    Failed(String),
    /// So many tokens, all the same.
    Identical(usize),
    /// The first token that differs, and what both have there.
    Differs(usize, String, String),
    /// Scores or vectors: the first number that differs, how many there are, what both have there, and how far any two are
    /// apart at most.
    Numbers {
        at: usize,
        of: usize,
        was: f32,
        is: f32,
        apart: f32,
    },
}

impl Came {
    /// What it came to, in words for a table; nothing while it is not known.
    pub fn words(&self) -> String {
        match self {
            Came::Waiting => String::new(),
            Came::Failed(why) => why.clone(),
            Came::Identical(0) => "identical".to_owned(),
            Came::Identical(tokens) => format!("identical ({tokens} tokens)"),
            Came::Differs(at, one, other) => {
                format!("differs at token {}: {one:?} was, {other:?} is", at + 1)
            }
            Came::Numbers { at, of, was, is, apart } => {
                format!("differs at number {} of {of}: {was} was, {is} is; {apart:.1e} apart at most", at + 1)
            }
        }
    }
}

/// Can this call be made once more? It was answered whole, and by no person.
pub fn repeatable(call: &Call) -> bool {
    matches!(call.outcome, Outcome::Answered(_)) && !matches!(call.ask.request, Request::Person { .. })
}

/// Compares two answers token by token; those without tokens by their text and figures.
pub fn compare(one: &Answer, other: &Answer) -> Came {
    let length = one.tokens.len().max(other.tokens.len());
    let text = |answer: &Answer, at: usize| answer.tokens.get(at).map(|token| token.text.clone());
    match (0..length).find(|at| text(one, *at) != text(other, *at)) {
        Some(at) => {
            let told = |answer| text(answer, at).unwrap_or_else(|| "the end".to_owned());
            Came::Differs(at, told(one), told(other))
        }
        None if one.text != other.text => Came::Differs(length, one.text.clone(), other.text.clone()),
        None => numbers(&one.scores, &other.scores).unwrap_or(Came::Identical(length)),
    }
}

/// The first number that differs; one that is missing is no number.
fn numbers(one: &[f32], other: &[f32]) -> Option<Came> {
    let of = one.len().max(other.len());
    let both = |at: usize| [one, other].map(|all| all.get(at).copied().unwrap_or(f32::NAN));
    let same = |[was, is]: [f32; 2]| was.to_bits() == is.to_bits();
    let at = (0..of).find(|at| !same(both(*at)))?;
    let apart = (0..of).map(both).map(|[was, is]| (was - is).abs()).fold(0.0, f32::max);
    let [was, is] = both(at);
    Some(Came::Numbers { at, of, was, is, apart })
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
    let outcome = |call: CallId| state.journal.call(call).map(|call| &call.outcome);
    match (outcome(repeated.original), repeated.again.and_then(outcome)) {
        (Some(Outcome::Answered(one)), Some(Outcome::Answered(other))) => compare(one, other),
        (_, Some(Outcome::Failed(why))) => Came::Failed(why.clone()),
        (_, Some(Outcome::Stopped(_))) => Came::Failed("it was stopped".to_owned()),
        _ => Came::Waiting,
    }
}

/// Says how it came out, once.
fn tell(state: &mut State) {
    let all: Vec<(Repeated, Came)> =
        state.repeats.iter().map(|repeated| (*repeated, came(state, repeated))).collect();
    if all.is_empty() || state.repeats_told || all.iter().any(|(_, came)| *came == Came::Waiting) {
        return;
    }
    state.repeats_told = true;
    let words = match all.iter().find(|(_, came)| !matches!(came, Came::Identical(_))) {
        None => {
            let tokens: usize =
                all.iter().map(|(_, came)| if let Came::Identical(n) = came { *n } else { 0 }).sum();
            let s = if all.len() == 1 { "" } else { "s" };
            return state.say(Weight::Info, format!("identical ({tokens} tokens in {} call{s})", all.len()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Token;

    fn answer(tokens: &[&str]) -> Answer {
        let token = |text: &&str| Token {
            text: (*text).to_owned(),
            probability: 1.0,
            alternatives: vec![],
            forced: false,
        };
        Answer { text: tokens.concat(), tokens: tokens.iter().map(token).collect(), ..Answer::default() }
    }

    #[test]
    fn the_first_token_that_differs_is_named() {
        let check = |one: &[&str], other: &[&str], expected: Came| {
            assert_eq!(compare(&answer(one), &answer(other)), expected);
        };
        let differs = |at, one: &str, other: &str| Came::Differs(at, one.to_owned(), other.to_owned());
        check(&["a", "b"], &["a", "b"], Came::Identical(2));
        check(&["a", "b", "c"], &["a", "x", "c"], differs(1, "b", "x"));
        check(&["a"], &["a", "b"], differs(1, "the end", "b"));
        check(&[], &[], Came::Identical(0));
        assert_eq!(compare(&Answer::plain("1"), &Answer::plain("2")), differs(0, "1", "2"));
        let scores = |scores: &[f32]| Answer { scores: scores.to_vec(), ..Answer::default() };
        assert_eq!(compare(&scores(&[0.5, 1.0]), &scores(&[0.5, 1.0])), Came::Identical(0));
        let numbers = compare(&scores(&[0.5, 1.0, 2.0]), &scores(&[0.5, 1.25, 1.0]));
        assert_eq!(numbers, Came::Numbers { at: 1, of: 3, was: 1.0, is: 1.25, apart: 1.0 });
        assert_eq!(numbers.words(), "differs at number 2 of 3: 1 was, 1.25 is; 1.0e0 apart at most");
    }
}
