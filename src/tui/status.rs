//! Header and status line: where one is, what goes on.

use super::{
    clean,
    paper::Paper,
    text::{Line, cut, width},
    theme::Role,
};
use crate::{
    engine::{Bound, ModelState, Which},
    workbench::{Action, Focus, Mode, Run, SessionFile, State, Weight},
};
use ratatui::layout::Rect;
use std::path::Path;

/// Session and run; the whole line is a warning while something is not saved.
pub(super) fn header(paper: &mut Paper<'_>, state: &State, area: Rect) {
    let mut right = run(state);
    if let (Some(head), Some(_)) = (state.journal.head(), state.journal.next()) {
        let of = state.journal.records().len();
        right = Line::of(Role::Warning, &format!("event {} of {of}  ", head.0 + 1)).join(right);
    }
    right.push(Role::Text, " ");
    let left = Rect { width: area.width.saturating_sub(right.width() as u16 + 2), ..area };
    if let Some(why) = &state.unsaved {
        paper.line(left, Line::of(Role::Error, &format!(" ✗ NOT SAVED: {why}")));
        paper.right(area, right);
        return;
    }
    let title = clean::line(&state.journal.session().title).into_owned();
    let room = usize::from(left.width).saturating_sub(1);
    let beside = |file: &str| room.saturating_sub(width(file) + 2);
    let names = names(&state.file);
    let whole = names.iter().find(|file| width(&title) <= beside(file));
    // The title matters more than where it is kept, and less than that nothing is written there.
    let must = matches!(state.file, SessionFile::ReadOnly { .. });
    let short = || names.last().filter(|file| must || 40.min(width(&title)) <= beside(file));
    let file = whole.or_else(short).map_or("", String::as_str);
    let mut line = Line::of(Role::Text, " ").join(match title.is_empty() {
        true => Line::of(Role::Accent, "plantern"),
        false => Line::of(Role::Title, &cut(&title, if file.is_empty() { room } else { beside(file) })),
    });
    if !file.is_empty() {
        line.push(Role::Dim, &format!("  {file}"));
    }
    paper.line(left, line);
    paper.right(area, right);
}

/// What the header may say of the file, longest first.
fn names(file: &SessionFile) -> Vec<String> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match file {
        SessionFile::None => vec![],
        SessionFile::Creating => vec!["saving …".to_owned()],
        SessionFile::At(path) => vec![name(path)],
        SessionFile::ReadOnly { file, .. } => {
            let name = name(Path::new(file));
            vec![format!("{file}, read only"), format!("{name}, read only"), "read only".to_owned()]
        }
    }
}

/// What the run does, in a word or two.
fn run(state: &State) -> Line {
    let live = state.live.values().next();
    let how = match state.run {
        Run::Idle | Run::Step | Run::Settle(_) => "one step",
        Run::Into => "to the next phase",
        Run::Over => "to the next answer",
        Run::Out(_) => "until the task above is done",
        Run::When => "until the condition holds",
        Run::Until(_) => "until the chosen task",
        Run::Stale => "until nothing is stale",
        Run::All => "to the end",
    };
    // An edit after the end of a run makes its reason a thing of the past.
    let still = |bound: &&Bound| {
        let word = |task| state.survey.look(task).map(|look| look.status.word());
        match bound {
            Bound::Finished => state.journal.session().plan.root().and_then(word) == Some("done"),
            Bound::Person(task) => word(*task) == Some("needs-person"),
            Bound::Stuck(task, _) => word(*task) != Some("done"),
            Bound::Cap(task, _) => word(*task) == Some("paused"),
            Bound::Limit(_) | Bound::Empty | Bound::Running => true,
        }
    };
    match (live, state.ended.as_ref().filter(still)) {
        (Some(live), _) if live.is_paused() => Line::of(Role::Paused, "‖ paused"),
        (None, _) if state.run == Run::Idle && state.debug.stop.is_some() => {
            let phase = state.debug.stop.as_ref().map_or("", |stop| stop.phase.word());
            Line::of(Role::Paused, &format!("‖ stopped: {phase}"))
        }
        (Some(_), _) => {
            Line::of(Role::Running, &format!("{} runs {how}", super::tree::spinner("running", state.now)))
        }
        (None, _) if state.journal.session().plan.is_empty() => Line::default(),
        (None, Some(Bound::Finished)) => Line::of(Role::Done, "● done"),
        (None, Some(Bound::Person(_))) => Line::of(Role::NeedsPerson, "? needs you"),
        (None, Some(Bound::Stuck(..))) => Line::of(Role::Failed, "✗ stuck"),
        (None, Some(Bound::Limit(_) | Bound::Cap(..))) => Line::of(Role::Warning, "‖ at a limit"),
        (None, _) => Line::of(Role::Dim, "○ idle"),
    }
}

/// What was said last, or how the model is; to the right what the session costs and how it works.
pub(super) fn status(paper: &mut Paper<'_>, state: &State, area: Rect) {
    let model = model(state, Which::Language);
    let busy =
        |which: Which| matches!(state.model(which), ModelState::Fetching { .. } | ModelState::Loading(_));
    let (left, mut more) = match &state.notice {
        Some(notice) => {
            let (role, mark) = match notice.weight {
                Weight::Info => (Role::Info, ""),
                Weight::Warning => (Role::Warning, "! "),
                Weight::Error => (Role::Error, "✗ "),
            };
            (Line::of(role, &format!(" {mark}{}", notice.text)), vec![model])
        }
        None => (Line::of(Role::Text, " ").join(model), vec![]),
    };
    if busy(Which::Embedding) {
        more.insert(0, self::model(state, Which::Embedding));
    }
    let named = state.held.iter().filter(|held| held.which.is_none());
    more.extend(named.filter_map(|held| match &held.state {
        ModelState::Loading(share) => {
            let words = format!("loading {} {:.0} %", clean::line(&held.name), 100.0 * share.clamp(0.0, 1.0));
            Some(Line::of(Role::Running, &words))
        }
        _ => None,
    }));
    if let Some(rate) = rate(state) {
        more.insert(0, Line::of(Role::Running, &rate));
    }
    let (calls, usage) = state.journal.usage();
    if 0 < calls {
        let s = if calls == 1 { "" } else { "s" };
        let limits = state.settings().limits;
        // A limit is told once half of it is used.
        let of = |used: u32, most: u32| {
            if most <= used.saturating_mul(2) { format!("/{most}") } else { String::new() }
        };
        let (most_calls, most_tokens) =
            (of(calls, limits.calls), of(usage.output_tokens, limits.output_tokens));
        let words = format!("{calls}{most_calls} call{s} {}{most_tokens} tokens", usage.output_tokens);
        more.push(Line::of(Role::Dim, &words));
    }
    let settings = state.settings();
    let how = Line::of(Role::Expert, &settings.strategy).and(Role::Dim, "  router ");
    more.push(how.and(Role::Expert, &settings.router));
    // A download or load that goes on is always seen: a notice makes room for it.
    let going = [Which::Language, Which::Embedding].into_iter().find(|which| busy(*which));
    let kept =
        going.filter(|_| state.notice.is_some()).map_or(0, |which| self::model(state, which).width() + 5);
    let room = usize::from(area.width).saturating_sub(kept).max(20);
    let reads = state.mode == Mode::Browse && state.ui.focus != Focus::Log;
    let left = match state.keymap.keys(Action::ReadLog).first() {
        // All of it stands in the log.
        Some(key) if reads && state.notice.is_some() && room < left.width() => {
            let hint = Line::of(Role::Key, &format!(" {key}")).and(Role::Dim, " reads it all");
            left.cut(room.saturating_sub(hint.width())).join(hint)
        }
        _ => left.cut(room),
    };
    let mut right = Line::default();
    for part in more {
        if left.width() + right.width() + part.width() + 5 <= usize::from(area.width) {
            right = right.and(Role::Text, "  ").join(part);
        }
    }
    right.push(Role::Text, " ");
    paper.line(area, left);
    if 1 < right.width() {
        paper.right(area, right);
    }
}

/// Tokens a second of the running call that is shown.
pub(super) fn rate(state: &State) -> Option<String> {
    let (_, live) = state.shown_live()?;
    let since = live.writing_since?;
    let seconds = live.clock(state.now).saturating_sub(since) as f64 / 1000.0;
    // The first token came at the beginning of that time.
    let tokens = live.tokens.len().checked_sub(1)?;
    (0.2 <= seconds && 0 < tokens).then(|| format!("{:.1} tok/s", tokens as f64 / seconds))
}

/// A model's state in one line.
fn model(state: &State, which: Which) -> Line {
    let word = which.word();
    match state.model(which) {
        ModelState::Unknown => Line::of(Role::Dim, &format!("{word}: not looked for yet")),
        ModelState::Fetching { done, total, rate } => {
            let share = 100 * done / (*total).max(1);
            let mega = |bytes: f64| format!("{:.1}", bytes / 1e6);
            // The language model is the one that people wait for.
            let what = if which == Which::Language { String::new() } else { format!("{word} ") };
            let mut words =
                format!("fetching {what}{share} % {}/{} MB", mega(*done as f64), mega(*total as f64));
            if rate.is_finite() && 0.0 < *rate {
                let left = total.saturating_sub(*done) as f64 / rate;
                words.push_str(&format!(" {} MB/s {left:.0} s left", mega(*rate)));
            }
            Line::of(Role::Running, &words)
        }
        ModelState::Loading(share) => {
            Line::of(Role::Running, &format!("loading {word} {:.0} %", 100.0 * share.clamp(0.0, 1.0)))
        }
        ModelState::Asleep(name) => Line::of(Role::Dim, &format!("○ {name}")),
        ModelState::Ready { name, .. } => Line::of(Role::Done, "● ").and(Role::Text, name),
        ModelState::Missing(why) => Line::of(Role::Warning, &format!("no {word}: {why}")),
    }
}
