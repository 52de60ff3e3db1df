//! Tab `prompt`: the words that the expert was asked, exactly; before the call, those it will be asked.

use super::{View, nothing};
use crate::{
    ask::{Ask, Finish, Generate, Prompt, Request},
    engine::Move,
    session::{Outcome, Purpose},
    tui::{cache::Cache, highlight::Kind, text::Line, theme::Role},
    workbench::rows::call_of,
};
use std::sync::Arc;

pub(super) fn lines(view: &View<'_>, cache: &mut Cache) -> Arc<Vec<Line>> {
    let state = view.state;
    let call = call_of(state, view.row.id).and_then(|call| state.journal.call(call));
    let moves = state.survey.moves(&state.journal, view.row.id.task);
    let next = match moves.first() {
        Some(Move::Ask { purpose, ask, .. }) => Some((*purpose, ask)),
        _ => None,
    };
    let (name, end, purpose, ask): (String, &str, Purpose, &Ask) = match (call, next) {
        (None, None) => return Arc::new(nothing(view, "nothing was asked yet")),
        (_, Some((purpose, ask))) if view.row.id.item.is_none() => ("next call".to_owned(), "", purpose, ask),
        (None, Some((purpose, ask))) => ("next call".to_owned(), "", purpose, ask),
        (Some(call), _) => {
            let end = match &call.outcome {
                Outcome::Open => "",
                Outcome::Answered(_) => ", answered",
                Outcome::Failed(_) => ", failed",
                Outcome::Stopped(partial) if partial.finish == Finish::Cut => ", cut",
                Outcome::Stopped(partial) if partial.finish == Finish::Lapsed => ", lapsed",
                Outcome::Stopped(_) => ", cancelled",
            };
            (format!("call {}", call.id), end, call.purpose, &call.ask)
        }
    };
    let head = Line::of(Role::Title, &name)
        .and(Role::Dim, &format!("  {} by ", purpose.word()))
        .and(Role::Expert, &format!("[{}]", ask.expert))
        .and(Role::Expert, &ask.server.as_ref().map(|name| format!(" at {name}")).unwrap_or_default())
        .and(Role::Dim, end);
    let mut lines = head.wrap(view.width, 2);
    if let Some(amended) = amended(view, ask) {
        lines.extend(Line::of(Role::Pinned, &format!("✎ {amended}")).wrap(view.width, 2));
    }
    request(&mut lines, view.width, &ask.request, cache);
    Arc::new(lines)
}

/// What a person changed of the ask, if it is one that the task makes now.
fn amended(view: &View<'_>, ask: &Ask) -> Option<String> {
    let (state, task) = (view.state, view.row.id.task);
    if state.journal.session().progress(task).amended.is_empty() {
        return None;
    }
    let asks = state.survey.asks(&state.journal, task);
    let found = asks.into_iter().find(|asking| asking.ask == *ask)?;
    Some(found.amendment?.words())
}

fn request(lines: &mut Vec<Line>, width: usize, request: &Request, cache: &mut Cache) {
    let mut say = |words: String| lines.extend(Line::of(Role::Dim, &words).wrap(width, 2));
    match request {
        Request::Generate(Generate { prompt, sampling, max_tokens, stop, grammar, start }) => {
            let mut how = format!("at most {max_tokens} tokens, temperature {}", sampling.temperature);
            if 0.0 < sampling.temperature {
                how.push_str(&format!(", top-p {}, seed {}", sampling.top_p, sampling.seed));
            }
            if !stop.is_empty() {
                let stops: Vec<String> = stop.iter().map(|stop| format!("{stop:?}")).collect();
                how.push_str(&format!(", ends before {}", stops.join(" or ")));
            }
            if grammar.is_some() {
                how.push_str(", under a grammar");
            }
            say(how);
            if !start.is_empty() {
                say(format!("the answer begins with {start:?}"));
            }
            say(String::new());
            words(lines, width, prompt, cache);
            if let Some(grammar) = grammar {
                lines.push(Line::default());
                lines.extend(Line::of(Role::Turn, "grammar").wrap(width, 0));
                lines.extend(Line::of(Role::Dim, &grammar.text()).wrap(width, 0));
            }
        }
        Request::Score { prompt, continuations } => {
            say(format!("the likelihood of {} continuations", continuations.len()));
            say(String::new());
            words(lines, width, prompt, cache);
            list(lines, width, "continuations", continuations);
        }
        Request::Similar { text, examples } => {
            say(format!("the similarity to {} examples", examples.len()));
            say(String::new());
            lines.extend(cache.lines(text, Kind::Plain, width).iter().cloned());
            list(lines, width, "examples", examples);
        }
        Request::Embed { texts } => {
            say(format!("the vectors of {} texts", texts.len()));
            say(String::new());
            list(lines, width, "texts", texts);
        }
        Request::Compute { question } | Request::Person { question } => {
            say(match request {
                Request::Compute { .. } => "a question to a function".to_owned(),
                _ => "a question to you".to_owned(),
            });
            say(String::new());
            lines.extend(cache.lines(question, Kind::of(question), width).iter().cloned());
        }
    }
}

fn list(lines: &mut Vec<Line>, width: usize, title: &str, items: &[String]) {
    lines.push(Line::default());
    lines.push(Line::of(Role::Turn, title));
    for item in items.iter().take(500) {
        lines.extend(Line::of(Role::Dim, "· ").and(Role::Text, item).wrap(width, 2));
    }
}

fn words(lines: &mut Vec<Line>, width: usize, prompt: &Prompt, cache: &mut Cache) {
    match prompt {
        Prompt::Raw(text) => lines.extend(cache.lines(text, Kind::of(text), width).iter().cloned()),
        Prompt::Chat(turns) => {
            for (at, turn) in turns.iter().enumerate() {
                if 0 < at {
                    lines.push(Line::default());
                }
                lines.push(Line::of(Role::Turn, &turn.role));
                lines.extend(cache.lines(&turn.text, Kind::of(&turn.text), width).iter().cloned());
            }
        }
    }
}
