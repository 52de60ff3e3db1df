//! Why this prompt: every part of it with where it came from, and what it costs to have it there.

use super::{amend, onward, sheets};
use crate::{
    ask::{
        Request,
        part::{Origin, Part},
    },
    engine::Asking,
    ids::TaskId,
    session::{Call, Outcome},
    workbench::{
        Effect, RowId, State, Weight,
        rows::call_of,
        sheet::{Kind, Row, Sheet, Tone},
    },
};

/// Opens the parts of the prompt that the selected row is about: the next call, else the one whose answer is shown.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let Some(row) = state.ui.cursor else { return vec![] };
    let effects = amend::route_first(state, row.task);
    let (asking, call) = match found(state, row) {
        Ok(found) => found,
        Err(why) => {
            state.say(Weight::Warning, why);
            return effects;
        }
    };
    let parts = parts(&asking);
    let size = |text: &str| text.chars().count();
    let all: usize = parts.iter().map(|part| size(&part.text)).sum();
    let tell = |part: &Part| {
        let (words, _) = origin(state, row.task, &part.origin);
        let share = 100.0 * size(&part.text) as f64 / all.max(1) as f64;
        let text = part.text.trim().replace('\n', " ");
        Row::new(tone(&part.origin), [format!("{share:.0} %"), size(&part.text).to_string(), words, text])
    };
    let rows: Vec<Row> = parts.iter().map(tell).collect();
    let tasks = parts.iter().map(|part| origin(state, row.task, &part.origin).1).collect();
    let sheet = Sheet {
        title: format!("Why this prompt: {} of {}", asking.purpose.word(), super::number(state, row.task)),
        head: head(&asking, call, all),
        kind: Kind::Why { tasks, parts },
        columns: vec![6, 7, 30, 0],
        rows,
        cursor: 0,
        below: vec![],
        keys: vec![("enter", "go to the task it came from")],
    };
    sheets::show(state, sheet);
    super::history::refresh(state);
    effects
}

/// The ask that the row is about, as it is now or was where it was made, and its call.
fn found(state: &State, row: RowId) -> Result<(Asking, Option<&Call>), String> {
    let shown = state.ui.token.call.or_else(|| call_of(state, row)).and_then(|call| state.journal.call(call));
    let now = amend::asking_of(state, row);
    match (now, shown) {
        (Ok(asking), _) => {
            let call = state.journal.call_for(&asking.key);
            Ok((asking, call))
        }
        (Err(why), None) => Err(why),
        (Err(why), Some(call)) => {
            let then = onward::before(state, call.id).ok_or(why.clone())?;
            let session = state.journal.session_at(Some(then)).map_err(|error| error.to_string())?;
            let asks = state.survey.asks_in(&state.journal, &session, row.task);
            let asking = asks.into_iter().find(|asking| asking.ask.request == call.ask.request).ok_or(why)?;
            Ok((asking, Some(call)))
        }
    }
}

/// The parts of the ask as it is made, the beginning of its answer last.
pub(super) fn parts(asking: &Asking) -> Vec<Part> {
    let mut parts = asking.parts.clone();
    if let Request::Generate(generate) = &asking.ask.request
        && !generate.start.is_empty()
    {
        let turn = parts.last().map_or(0, |part| part.turn);
        parts.push(Part { origin: Origin::Person, turn, text: generate.start.clone() });
    }
    parts
}

fn head(asking: &Asking, call: Option<&Call>, all: usize) -> Vec<(Tone, String)> {
    let used = call.and_then(|call| match &call.outcome {
        Outcome::Answered(answer) | Outcome::Stopped(answer) => Some(answer.usage),
        Outcome::Open | Outcome::Failed(_) => None,
    });
    let by = match &asking.ask.server {
        Some(server) => format!("{} at {server}", asking.ask.expert),
        None => asking.ask.expert.clone(),
    };
    let cost = match used.filter(|usage| 0 < usage.prompt_tokens) {
        Some(usage) => {
            let each = all as f64 / f64::from(usage.prompt_tokens);
            let (tokens, kept) = (usage.prompt_tokens, usage.cached_tokens);
            format!(
                "asked by {by}: {all} characters, {tokens} tokens in all, {kept} of them known before; {each:.1} characters a token"
            )
        }
        None => format!("asked by {by}: {all} characters; its tokens are known once the model has read it"),
    };
    let note = "shares are of characters: the tokens of a part alone are counted by nobody".to_owned();
    let mut head = vec![(Tone::Strong, cost), (Tone::Dim, note)];
    if let Some(amendment) = &asking.amendment {
        head.push((Tone::Changed, format!("amended: {}", amendment.words())));
    }
    head
}

/// Where a part came from, in words, and the task behind it.
fn origin(state: &State, task: TaskId, origin: &Origin) -> (String, Option<TaskId>) {
    let plan = &state.journal.session().plan;
    let number =
        |other: Option<TaskId>| other.map_or_else(|| "#?".to_owned(), |other| plan.reference(task, other));
    let step = |nth: &usize| plan.parts(task).get(nth - 1).copied();
    match origin {
        Origin::Instruction(name) => (format!("instruction {name}"), None),
        Origin::Exemplar { family, nth, of } => (format!("example {nth} of {of}: {family}"), None),
        Origin::Card(name) => (format!("card of {name}"), None),
        Origin::Notation => ("notation".to_owned(), None),
        Origin::Task => ("the task's words".to_owned(), Some(task)),
        Origin::Input(nth) => {
            let need = plan.task(task).and_then(|task| task.draft.phrase.needs().get(*nth).copied());
            (format!("answer of {}", number(need)), need)
        }
        Origin::Step(nth) => (format!("step {}", number(step(nth))), step(nth)),
        Origin::StepAnswer(nth) => (format!("answer of {}", number(step(nth))), step(nth)),
        Origin::Person => ("yours: an amendment".to_owned(), None),
    }
}

fn tone(origin: &Origin) -> Tone {
    match origin {
        Origin::Instruction(_) | Origin::Exemplar { .. } | Origin::Card(_) | Origin::Notation => Tone::Dim,
        Origin::Task | Origin::Step(_) => Tone::Plain,
        Origin::Input(_) | Origin::StepAnswer(_) => Tone::Added,
        Origin::Person => Tone::Changed,
    }
}
