//! The dry run: what is left to do and what it would take, from measured rates; and afterwards how wrong that was.

use super::{record_turn, running, sheets, stale};
use crate::{
    engine::{
        Bound,
        estimate::{Forecast, Outturn, left},
    },
    ids::TaskId,
    session::Event,
    workbench::{
        Effect, Run, State, Weight,
        sheet::{Kind, Row, Sheet, Tone},
    },
};

/// Rows that are put together; a larger plan is summed up all the same.
const ROWS: usize = 10_000;

/// What is left to do, in a line.
pub fn told(state: &State) -> String {
    let (tasks, forecast) = left(&state.journal, &state.survey);
    line(tasks.len(), &forecast)
}

fn line(tasks: usize, forecast: &Forecast) -> String {
    let sum = forecast.sum();
    let at_least = if forecast.open { "at least " } else { "" };
    match tasks {
        0 => "nothing is left to do".to_owned(),
        1 => format!("1 task is left: {at_least}{}", stale::told(&sum)),
        n => format!("{n} tasks are left: {at_least}{}", stale::told(&sum)),
    }
}

/// The list of what is left to do.
pub(super) fn show(state: &mut State) -> Vec<Effect> {
    let (journal, survey) = (&state.journal, &state.survey);
    let plan = &journal.session().plan;
    let (mut tasks, forecast) = left(journal, survey);
    let sum = forecast.sum();
    let mut head = vec![(Tone::Strong, line(tasks.len(), &forecast))];
    if forecast.open {
        let words = "some tasks are not decomposed to the end: what is added to the plan comes on top";
        head.push((Tone::Plain, words.to_owned()));
    }
    head.extend(stale::caution(&sum));
    let budget = state.settings().limits.budget().left(journal.spent());
    let root = plan.root().and_then(|root| crate::engine::caps::left(journal, root, &Default::default()));
    let room = root.map_or(budget, |root| root.and(budget));
    let over = [
        (room.calls.is_some_and(|most| most < sum.calls), "calls"),
        (room.output_tokens.is_some_and(|most| f64::from(most) < sum.output_tokens), "tokens"),
        (room.seconds.is_some_and(|most| most < sum.seconds), "seconds"),
    ];
    let over: Vec<&str> = over.into_iter().filter(|(over, _)| *over).map(|(_, what)| what).collect();
    match over.is_empty() {
        true => head.push((Tone::Dim, format!("the budget leaves {}", room.rounded()))),
        false => head.push((
            Tone::Bad,
            format!("the budget leaves {}: not enough {}", room.rounded(), over.join(", ")),
        )),
    }
    if let Some(outturn) = Outturn::read(journal, journal.head(), None) {
        head.push((Tone::Dim, format!("last time: {}", outturn.told())));
    }
    tasks.truncate(ROWS);
    let row = |task: &TaskId| stale::row(state, *task, &forecast, "no call");
    let rows: Vec<Row> = tasks.iter().map(row).collect();
    let sheet = Sheet {
        kind: Kind::DryRun(tasks),
        title: "Dry run: nothing is asked until enter".to_owned(),
        head,
        columns: vec![7, 9, 15, 0, 24],
        rows,
        cursor: 0,
        below: vec![],
        keys: vec![("enter", "run it")],
    };
    sheets::show(state, sheet)
}

/// Writes the estimate down, to be held against what it takes.
pub fn note(state: &mut State) -> Vec<Effect> {
    let sum = left(&state.journal, &state.survey).1.sum();
    let event = Event::Estimated { calls: sum.calls, output_tokens: sum.output_tokens, seconds: sum.seconds };
    let effects = record_turn(state, [event]).unwrap_or_default();
    state.estimated = state.journal.head();
    effects
}

/// Enter: runs it to the end.
pub(super) fn run(state: &mut State) -> Vec<Effect> {
    let mut effects = note(state);
    effects.extend(running::start(state, Run::All));
    effects
}

/// How wrong the estimate of the run at hand was.
pub fn outturn(state: &State) -> Option<String> {
    let outturn = Outturn::read(&state.journal, state.journal.head(), Some(state.estimated?))?;
    Some(outturn.told())
}

/// A run has ended: says how wrong its estimate was.
pub(super) fn tell(state: &mut State) {
    let Some(told) = outturn(state).filter(|_| state.interactive) else { return };
    state.estimated = None;
    let words = match state.notice.take() {
        // The answer stands in the tree and in the log.
        Some(notice) if state.ended != Some(Bound::Finished) => format!("{}; {told}", notice.text),
        _ => told,
    };
    state.say(Weight::Info, words);
}
