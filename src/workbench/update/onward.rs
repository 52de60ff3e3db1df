//! Going on from a text: a partial or finished answer that a person edits, or a token picked in place of another.

use super::{amend, browsing, history, record_or_say, running, typing};
use crate::{
    ask::{Finish, Generate, Request, Shape},
    engine::{Asking, Command},
    expert::prefix,
    ids::{CallId, Seq, TaskId},
    session::{Amendment, Call, Event, Outcome},
    workbench::{Effect, RowId, State, Weight, buffer::Buffer, mode::Purpose, rows::call_of, tokens},
};

/// What is asked of a model of this machine, whose answer can be made to begin in another way. An error says why not.
fn generation(call: &Call) -> Result<&Generate, String> {
    match (&call.ask.request, &call.ask.server) {
        (Request::Generate(generate), None) => Ok(generate),
        (Request::Generate(_), Some(server)) => Err(format!(
            "the server {server} can not be told how an answer begins: C-p edits the prompt, t types the answer"
        )),
        _ => Err("only what a model writes can be gone on from: t types the answer".to_owned()),
    }
}

/// Opens the text of the selected task's call, whole or as far as it came. A call that is writing stands still meanwhile.
pub(super) fn edit_answer(state: &mut State) -> Vec<Effect> {
    let Some(mut row) = state.ui.cursor else { return vec![] };
    let mut call = shown_call(state);
    // What is held can be edited from a row of which nothing was asked, too.
    let held = state.live.iter().find(|(_, live)| live.is_paused() && !live.purpose.is_beside());
    if let (None, Some((id, live))) = (call, held) {
        (call, row) = (Some(*id), RowId::task(live.task));
        browsing::reveal(state, row);
    }
    let Some(call) = call.and_then(|call| state.journal.call(call)) else {
        state.say(Weight::Warning, "nothing was asked yet");
        return vec![];
    };
    if let Err(why) = generation(call) {
        state.say(Weight::Warning, why);
        return vec![];
    }
    let id = call.id;
    let text = match (state.live.get(&id), &call.outcome) {
        (Some(live), _) => live.text(),
        (None, Outcome::Answered(answer) | Outcome::Stopped(answer)) => answer.text.clone(),
        (None, Outcome::Open | Outcome::Failed(_)) => String::new(),
    };
    let mut effects = vec![];
    if let Some(live) = state.live.get_mut(&id).filter(|live| !live.is_paused()) {
        live.pause(state.now);
        effects.push(Effect::Engine(Command::Pause(id)));
    }
    typing::begin(state, Purpose::GoOn { task: row.task, call: id }, Buffer::of(text));
    effects
}

/// The call that the selected row shows.
fn shown_call(state: &State) -> Option<CallId> {
    state.ui.token.call.or_else(|| call_of(state, state.ui.cursor?))
}

/// Goes on from the edited text. One that was not changed is gone on from where it stood.
pub(super) fn take(state: &mut State, task: TaskId, call: CallId, text: &str) -> Vec<Effect> {
    let same = match (state.live.get(&call), state.journal.call(call).map(|call| &call.outcome)) {
        (Some(live), _) => live.text() == text,
        (None, Some(Outcome::Answered(answer))) => answer.text == text && answer.finish != Finish::Length,
        _ => false,
    };
    if same {
        state.say(Weight::Info, "nothing was changed; p goes on with what is paused");
        return vec![];
    }
    if text.is_empty() {
        let words = "an answer can not go on from nothing: C-r asks it anew; nothing was changed";
        return typing::refuse(state, Weight::Warning, words);
    }
    let generate = state.journal.call(call).and_then(|call| generation(call).ok());
    if let Some(fitting) = generate.and_then(|generate| forbidden(generate, text)) {
        let words =
            format!("the grammar of this call goes along only up to {:?}: edit what follows", tail(fitting));
        return typing::refuse(state, Weight::Warning, words);
    }
    let start = Start { task, call, text: text.to_owned(), fork: None, note: String::new() };
    go_on(state, start)
}

/// The part of the text up to which the call's grammar goes along with it, if that is not the whole.
fn forbidden<'t>(generate: &Generate, text: &'t str) -> Option<&'t str> {
    let fits = prefix::fits(generate.grammar.as_ref()?, text)?;
    text.get(..fits).filter(|fitting| fitting.len() < text.len())
}

/// The end of a text, short enough for a line.
fn tail(text: &str) -> &str {
    text.char_indices().rev().nth(29).map_or(text, |(at, _)| &text[at..])
}

/// The texts that an answer may be, as far as a line has room.
fn one_of(choices: &[String]) -> String {
    let mut words: Vec<String> = choices.iter().take(6).map(|choice| format!("{choice:?}")).collect();
    if words.len() < choices.len() {
        words.push("…".to_owned());
    }
    words.join(", ")
}

/// Takes the chosen alternative of the token under the cursor: a branch is forked there and the text goes on from it.
pub(super) fn pick(state: &mut State) -> Vec<Effect> {
    let Some(row) = state.ui.cursor else { return vec![] };
    let Some((call, all, at)) = tokens::shown(state) else { return vec![] };
    let choices = tokens::choices(&all[at]);
    let chosen = state.ui.token.choice.and_then(|choice| choices.get(choice));
    let Some(chosen) = chosen.filter(|choice| !choice.taken) else {
        state.say(
            Weight::Info,
            "this is the token that was taken: h and l choose another one, enter takes it",
        );
        return vec![];
    };
    let before: String = all[..at].iter().map(|token| token.text.as_str()).collect();
    let generate = match state.journal.call(call).map(generation) {
        Some(Ok(generate)) => generate,
        Some(Err(why)) => {
            state.say(Weight::Warning, why);
            return vec![];
        }
        None => return vec![],
    };
    if all[at].forced && generate.grammar.is_some() && generate.start.len() <= before.len() {
        state.say(
            Weight::Warning,
            "the grammar allows nothing else here: choose a token that is not marked =",
        );
        return vec![];
    }
    let text = format!("{before}{}", chosen.text);
    if let Some(fitting) = forbidden(generate, &text) {
        let instead = match (&generate.grammar, fitting) {
            (Some(Shape::Choices { choices }), _) => format!("an answer is one of {}", one_of(choices)),
            (_, "") => "no answer begins so".to_owned(),
            (_, fitting) => format!("only what begins with {:?}", tail(fitting)),
        };
        let words = format!(
            "the grammar of this call allows no {:?} here, {instead}: choose another one",
            chosen.text
        );
        state.say(Weight::Warning, words);
        return vec![];
    }
    let number = super::number(state, row.task);
    let start = Start {
        task: row.task,
        call,
        text,
        fork: Some(format!("{number} token {}", at + 1)),
        note: format!("{:?} in place of {:?} at token {}", chosen.text, all[at].text, at + 1),
    };
    go_on(state, start)
}

/// How an answer is to begin.
struct Start {
    task: TaskId,
    /// The call whose answer it was.
    call: CallId,
    text: String,
    /// Name of the branch on which it goes on; the branch at hand where there is none.
    fork: Option<String>,
    note: String,
}

/// Amends the call and makes it. Where the plan has gone on since it was asked, that is done on a branch from there.
fn go_on(state: &mut State, start: Start) -> Vec<Effect> {
    let Some(call) = state.journal.call(start.call).cloned() else { return vec![] };
    let mut effects = running::stop(state, start.call);
    let kept = match state.journal.call(start.call).map(|call| &call.outcome) {
        Some(Outcome::Answered(answer) | Outcome::Stopped(answer)) => answer.tokens.len() as u32,
        _ => 0,
    };
    let mut fork = start.fork;
    let mut asking = made_as(state, start.task, &call);
    if asking.is_none() {
        let back = state.journal.head();
        effects.extend(history::go(state, before(state, start.call)));
        asking = made_as(state, start.task, &call);
        if asking.is_none() {
            effects.extend(history::go(state, back));
        }
        fork = fork.or_else(|| Some(format!("{} again", super::number(state, start.task))));
    }
    let Some(asking) = asking else {
        state.say(Weight::Warning, "this call is not made any more, neither now nor where it was asked");
        return effects;
    };
    let amendment = amendment(&asking, &call, start.text, kept, start.note);
    let (task, purpose, key) = (start.task, asking.purpose, asking.natural.clone());
    let label =
        |name: &String| Event::Labelled { name: name.clone(), note: amendment.note.clone(), fork: true };
    let mut events: Vec<Event> = fork.iter().map(label).collect();
    events.push(Event::Amended { task, purpose, key, amendment });
    let Some(written) = record_or_say(state, events) else { return effects };
    effects.extend(written);
    state.ui.token = Default::default();
    let paused = state.live.iter_mut().filter(|(_, live)| live.is_paused());
    let paused: Vec<CallId> = paused.map(|(call, live)| (*call, live.go_on(state.now)).0).collect();
    effects.extend(paused.into_iter().map(|call| Effect::Engine(Command::Resume(call))));
    let made =
        amend::find(state, task, purpose, &asking.natural).map(|asking| asking.key).unwrap_or_default();
    let words = match fork {
        Some(name) => format!(
            "on the new branch {name} the answer goes on from here; C-b lists all, c goes on with the plan"
        ),
        None => "the answer goes on from your text; z takes it back".to_owned(),
    };
    state.say(Weight::Info, words);
    effects.extend(running::run_call(state, task, &made));
    effects
}

/// The ask of the task, as it stands, that this call made: the same words under the same grammar. How its tokens were
/// drawn and how its answer began may differ.
fn made_as(state: &State, task: TaskId, call: &Call) -> Option<Asking> {
    let like = |asking: &Asking| match (&asking.ask.request, &call.ask.request) {
        (Request::Generate(one), Request::Generate(other)) => {
            let same = (&one.prompt, &one.grammar, &one.stop) == (&other.prompt, &other.grammar, &other.stop);
            same && (&asking.ask.expert, &asking.ask.server) == (&call.ask.expert, &call.ask.server)
        }
        _ => false,
    };
    amend::asks(state, task).into_iter().find(like)
}

/// The place in the log just before the call was made.
pub(super) fn before(state: &State, call: CallId) -> Option<Seq> {
    let asked = |event: &Event| matches!(event, Event::Asked { call: made, .. } if *made == call);
    state.journal.records().iter().find(|record| asked(&record.event))?.after
}

fn amendment(asking: &Asking, call: &Call, start: String, kept: u32, note: String) -> Amendment {
    let old = asking.amendment.clone().unwrap_or_default();
    let (Request::Generate(own), Request::Generate(made)) = (&asking.unchanged.request, &call.ask.request)
    else {
        return Amendment { start, note, ..old };
    };
    // The given beginning takes none of the room that an answer usually has left.
    let room = kept + own.max_tokens.div_ceil(2);
    Amendment {
        prompt: old.prompt,
        start,
        sampling: Some(made.sampling).filter(|sampling| *sampling != own.sampling),
        max_tokens: Some(room).filter(|room| own.max_tokens < *room),
        note,
    }
}

/// Goes to a token further on, or back.
pub(super) fn walk(state: &mut State, by: isize) {
    let Some((_, all, at)) = tokens::shown(state) else { return };
    let at = at.saturating_add_signed(by).min(all.len() - 1);
    (state.ui.token.at, state.ui.token.choice) = (Some(at), None);
}

/// Goes to the next way that the text could have gone on at this token.
pub(super) fn turn(state: &mut State, forward: bool) {
    let Some((_, all, at)) = tokens::shown(state) else { return };
    let choices = tokens::choices(&all[at]);
    let now = state.ui.token.choice.or_else(|| choices.iter().position(|choice| choice.taken)).unwrap_or(0);
    let next = if forward { now + 1 } else { now + choices.len() - 1 } % choices.len();
    (state.ui.token.at, state.ui.token.choice) = (Some(at), Some(next));
}
