//! Why this prompt: every part of it with where it came from, and what it costs to have it there.

use super::{amend, onward, sheets};
use crate::{
    ask::{
        Answer, Request,
        part::{Origin, Part},
    },
    engine::Asking,
    figure::counted,
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
    let read = asking.ask.request.prompt().is_some();
    let rate = reading(&asking, call, all).or_else(|| rate_here(state, &asking)).filter(|_| read);
    let tell = |part: &Part| {
        let (words, _) = origin(state, row.task, &part.origin);
        let share = 100.0 * size(&part.text) as f64 / all.max(1) as f64;
        let text = part.text.trim().replace('\n', " ");
        let mut cells = vec![format!("{share:.0} %"), size(&part.text).to_string()];
        cells.extend(rate.map(|rate| about(size(&part.text) as f64 / rate.each)));
        Row::new(tone(&part.origin), cells.into_iter().chain([words, text]))
    };
    let rows: Vec<Row> = parts.iter().map(tell).collect();
    let tasks = parts.iter().map(|part| origin(state, row.task, &part.origin).1).collect();
    let sheet = Sheet {
        title: format!("Why this prompt: {} of {}", asking.purpose.word(), super::number(state, row.task)),
        head: head(&asking, rate, all),
        kind: Kind::Why { tasks, parts },
        columns: if rate.is_some() { vec![6, 6, 14, 26, 0] } else { vec![6, 7, 30, 0] },
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

/// How many characters of a prompt make a token, and who says so.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rate {
    each: f64,
    said: Said,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Said {
    /// The model that read this very prompt: its tokens, and those that it knew before.
    Read { tokens: u32, known: u32 },
    /// So many calls of this session, of the same strategy or expert or not.
    Calls { count: usize, alike: bool },
}

/// What the model that read this prompt said of it, if it has and did. Whether its template is counted is its own affair.
fn reading(asking: &Asking, call: Option<&Call>, all: usize) -> Option<Rate> {
    let call = call.filter(|call| call.ask.request == asking.ask.request)?;
    let (Outcome::Answered(Answer { usage, .. }) | Outcome::Stopped(Answer { usage, .. })) = &call.outcome
    else {
        return None;
    };
    let (tokens, known) = (usage.prompt_tokens, usage.cached_tokens);
    (0 < tokens && 0 < all)
        .then(|| Rate { each: all as f64 / f64::from(tokens), said: Said::Read { tokens, known } })
}

/// What the prompts of this session came to so far with the same model: those of the same strategy or expert, else all.
fn rate_here(state: &State, asking: &Asking) -> Option<Rate> {
    let asks = &asking.ask;
    let same_model = |call: &&Call| {
        (&call.ask.server, &call.ask.model) == (&asks.server, &asks.model)
            && matches!(call.ask.request, Request::Generate(_))
    };
    let of = |alike: bool| {
        let calls = state.journal.calls().filter(same_model);
        let calls = calls.filter(|call| !alike || call.ask.expert == asks.expert);
        let (mut count, mut characters, mut tokens) = (0, 0, 0);
        for call in calls {
            if let (Outcome::Answered(answer), Some(prompt)) = (&call.outcome, call.ask.request.prompt())
                && 0 < answer.usage.prompt_tokens
            {
                count += 1;
                characters += prompt.characters();
                tokens += u64::from(answer.usage.prompt_tokens);
            }
        }
        let said = Said::Calls { count, alike };
        (0 < tokens && 0 < characters).then(|| Rate { each: characters as f64 / tokens as f64, said })
    };
    of(true).or_else(|| of(false))
}

/// Tokens of a part, which nobody counted by itself.
fn about(tokens: f64) -> String {
    if tokens < 1.0 { "under 1 tok".to_owned() } else { format!("about {tokens:.0} tok") }
}

fn head(asking: &Asking, rate: Option<Rate>, all: usize) -> Vec<(Tone, String)> {
    let by = match &asking.ask.server {
        Some(server) => format!("{} at {server}", asking.ask.expert),
        None => asking.ask.expert.clone(),
    };
    let (cost, note) = match rate {
        Some(Rate { each, said: Said::Read { tokens, known } }) => (
            format!(
                "asked by {by}: {all} characters, {tokens} tokens in all, {known} of them known before; {each:.1} characters a token"
            ),
            "the sum is the model's; the tokens of a part are in proportion to its characters",
        ),
        Some(Rate { each, said: Said::Calls { count, alike } }) => {
            let calls = counted(count as u64, "call");
            let of = if alike { format!(" of {}", asking.ask.expert) } else { String::new() };
            let tokens = about(all as f64 / each);
            (
                format!(
                    "asked by {by}: {all} characters, {tokens} at {each:.1} characters a token, as in {calls}{of} here"
                ),
                "not asked yet: the sum is known once the model has read it",
            )
        }
        None if asking.ask.request.prompt().is_none() => {
            (format!("asked by {by}: {all} characters"), "no language model reads this: it costs no tokens")
        }
        None => (
            format!("asked by {by}: {all} characters; its tokens are known once the model has read it"),
            "shares are of characters: no prompt of this session was counted yet",
        ),
    };
    let mut head = vec![(Tone::Strong, cost), (Tone::Dim, note.to_owned())];
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
        Origin::Context => ("the goal's text".to_owned(), plan.root()),
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
        Origin::Input(_) | Origin::StepAnswer(_) | Origin::Context => Tone::Added,
        Origin::Person => Tone::Changed,
    }
}
