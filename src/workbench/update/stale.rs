//! What is stale, what it would cost to make it fresh, and a run of nothing else.

use super::{number, sheets};
use crate::{
    engine::{
        Move, Status,
        estimate::{Estimate, Forecast, wanted},
    },
    figure::counted,
    ids::TaskId,
    workbench::{
        Effect, State,
        sheet::{Kind, Row, Sheet, Tone},
    },
};

/// More tasks than these are not added up while a key is waited for.
const MANY: usize = 200;

/// `3 calls, about 420 tokens, 6 s`.
pub(crate) fn told(cost: &Estimate) -> String {
    if cost.calls == 0 {
        return "no call to a model".to_owned();
    }
    let calls = counted(cost.calls, "call");
    if cost.is_unknown() {
        return format!("{calls}; what calls take was not measured yet");
    }
    let sure = if cost.unmeasured == 0 { "about" } else { "perhaps" };
    let seconds =
        if cost.seconds < 10.0 { format!("{:.1}", cost.seconds) } else { format!("{:.0}", cost.seconds) };
    format!("{calls}, {sure} {:.0} tokens, {seconds} s", cost.output_tokens)
}

/// The same for a cell of a table.
fn cell(cost: &Estimate, none: &str) -> String {
    let calls = counted(cost.calls, "call");
    match cost.calls {
        0 => none.to_owned(),
        _ if cost.is_unknown() => calls,
        _ => format!("{calls} {:.0} tok {:.1} s", cost.output_tokens, cost.seconds),
    }
}

/// Says that some figures are no measurements of their own.
pub(super) fn caution(cost: &Estimate) -> Option<(Tone, String)> {
    let words = "of some experts no call was measured yet: theirs are taken as the mean of all";
    (0 < cost.unmeasured && !cost.is_unknown()).then(|| (Tone::Dim, words.to_owned()))
}

/// What follows an edit in the status line: `; 3 of 11 tasks are stale: …`. Nothing when nothing is.
pub(super) fn cost(state: &State) -> String {
    let tally = state.survey.tally();
    if tally.stale == 0 {
        return String::new();
    }
    let mut words = format!("; {} of {} tasks stale", tally.stale, tally.tasks);
    if (tally.stale as usize) < MANY {
        let forecast = Forecast::new(&state.journal, &state.survey, wanted(&state.journal, &state.survey));
        words.push_str(&format!(": {}", told(&forecast.sum())));
    }
    words
}

/// The list of what is stale, before it runs.
pub(super) fn preview(state: &mut State) -> Vec<Effect> {
    let (journal, survey) = (&state.journal, &state.survey);
    let wanted = wanted(journal, survey);
    let mut tasks: Vec<TaskId> =
        survey.iter().filter(|(task, _)| wanted.contains(task)).map(|(task, _)| task).collect();
    let forecast = Forecast::new(journal, survey, tasks.iter().copied());
    let all = forecast.sum();
    tasks.truncate(10_000);
    let row = |task: &TaskId| row(state, *task, &forecast, "");
    let rows: Vec<Row> = tasks.iter().map(row).collect();
    let tally = survey.tally();
    let head = match tally.stale {
        0 => "nothing is stale: every answer is made from what is there now".to_owned(),
        1 => format!("1 of {} is stale; to make it fresh: {}", counted(tally.tasks, "task"), told(&all)),
        stale => format!("{stale} of {} tasks are stale; to make them fresh: {}", tally.tasks, told(&all)),
    };
    let mut lines = vec![(Tone::Strong, head)];
    lines.extend(caution(&all));
    lines.push((Tone::Dim, "an answer that comes out unchanged ends the wave earlier".to_owned()));
    let sheet = Sheet {
        kind: Kind::Preview(tasks),
        title: "Preview".to_owned(),
        head: lines,
        columns: vec![7, 9, 15, 0, 24],
        rows,
        cursor: 0,
        below: vec![],
        keys: vec![("enter", "run the stale only")],
    };
    sheets::show(state, sheet)
}

/// A task with how it stands, who answers it and what that would cost; `free` where it costs no call.
pub(super) fn row(state: &State, task: TaskId, forecast: &Forecast, free: &str) -> Row {
    let look = state.survey.look(task);
    let how = look.map_or("", |look| if look.stale { "stale" } else { look.status.word() });
    let by = look.map(|look| look.by.clone()).unwrap_or_default();
    let told = cell(&forecast.of(task), free);
    let text = state.journal.session().plan.text(task);
    Row::new(Tone::Plain, [number(state, task), how.to_owned(), by, text, told])
}

/// The next move of a run of the stale: `None` when nothing of it can go on.
pub(super) fn next(state: &State) -> Option<Move> {
    let wanted = wanted(&state.journal, &state.survey);
    let mut ready = state.survey.ready().filter(|task| wanted.contains(task));
    ready.find_map(|task| state.survey.moves(&state.journal, task).into_iter().next())
}

/// Why a run of the stale is over.
pub(super) fn ended(state: &State) -> String {
    let stuck = state.survey.stale().find_map(|task| {
        let look = state.survey.look(task)?;
        match &look.status {
            Status::Failed(why) | Status::Stuck(why) | Status::Capped(why) => Some(why.clone()),
            Status::NeedsPerson => Some("a task waits for you: t types its answer".to_owned()),
            _ => None,
        }
    });
    let (stay, wait) = match state.survey.tally().stale {
        0 => return "nothing is stale any more".to_owned(),
        1 => ("1 task stays stale".to_owned(), "it waits"),
        n => (format!("{n} tasks stay stale"), "they wait"),
    };
    match stuck {
        Some(why) => format!("{stay}: {why}"),
        None => format!("{stay}: what {wait} for can not go on"),
    }
}
