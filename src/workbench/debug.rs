//! Where a run has stopped, and what the words of breakpoints and watches are on the screen.

use crate::{
    condition::{Condition, Mistake, completions},
    engine::{Look, Move, moment::Moment},
    ids::TaskId,
    plan::Plan,
    session::{Breakpoint, Outcome, Phase, Watch},
    workbench::{
        State,
        mode::{Purpose, TypingMode},
    },
};
use std::collections::BTreeSet;

/// What debugging knows beyond the log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Debug {
    /// Where the run stands still; going on passes it.
    pub stop: Option<Stop>,
    /// Breakpoints that were reached at a task in this visit: they wait for the next one.
    pub fired: BTreeSet<(u32, TaskId, Option<Phase>)>,
    /// What a run that was told to goes on until.
    pub until: Option<String>,
    /// What was last typed there.
    pub last_until: String,
}

/// A place where a run stands still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    pub task: TaskId,
    pub phase: Phase,
    /// The key of what was about to happen; something else may happen after an edit.
    pub key: String,
    pub why: String,
}

/// Calls `look` with the moment at which the task is: in `phase`, with `next` about to happen.
pub fn with_moment<R>(
    state: &State,
    task: TaskId,
    phase: Option<Phase>,
    next: Option<&Move>,
    look: impl FnOnce(&Moment<'_>) -> R,
) -> R {
    let (journal, session) = (&state.journal, state.journal.session());
    let word = state.survey.look(task).map_or("waiting", |look| look.status.word());
    let mut moment = Moment::of(journal, session, task, word);
    moment.phase = phase;
    moment.verdict = state.survey.look(task).and_then(Look::ruling);
    // All calls of a task that is asked once for each item count together.
    let calls = state.survey.look(task).map_or(&[][..], |look| &look.calls);
    let answers: Vec<_> = calls
        .iter()
        .filter_map(|call| match &journal.call(*call)?.outcome {
            Outcome::Answered(answer) => Some(answer),
            _ => None,
        })
        .collect();
    let tokens: Vec<_> = answers.iter().flat_map(|answer| answer.tokens.clone()).collect();
    if 1 < answers.len() && phase != Some(Phase::Proposed) {
        moment.tokens = &tokens;
        moment.seconds = Some(answers.iter().map(|answer| answer.usage.seconds).sum());
        moment.cost = Some(answers.iter().map(|answer| answer.cost).sum());
    }
    let live = state.live.iter().find(|(_, live)| live.task == task);
    let live_text = live.map(|(_, live)| live.text());
    match (phase, next) {
        (Some(Phase::Proposed), Some(Move::Ask { purpose, ask, key, .. })) => {
            moment = Moment { ask: Some((*purpose, ask)), key: Some(key), ..unanswered(moment) };
        }
        (Some(Phase::Routed), _) => moment = Moment { ask: None, ..unanswered(moment) },
        (_, Some(Move::Record(crate::session::Event::Solved { key, answer, .. }))) => {
            (moment.answer, moment.key) = (Some(answer.as_str()), Some(key.as_str()));
            (moment.state, moment.verdict) = ("done", None);
        }
        (_, Some(Move::Record(crate::session::Event::Proposed { key, .. }))) => {
            if let Some(call) = journal.call_for(key)
                && let Outcome::Answered(answer) = &call.outcome
            {
                moment.ask = Some((call.purpose, &call.ask));
                (moment.tokens, moment.answer) = (&answer.tokens, Some(answer.text.as_str()));
                (moment.seconds, moment.cost) = (Some(answer.usage.seconds), Some(answer.cost));
            }
        }
        (None | Some(Phase::Answering), _) => {
            if let (Some((call, live)), Some(text)) = (live, &live_text) {
                moment.ask = journal.call(*call).map(|call| (call.purpose, &call.ask));
                (moment.tokens, moment.answer) = (&live.tokens, Some(text.as_str()));
                moment.seconds = Some(live.seconds(state.now));
                moment.phase = Some(Phase::Answering);
                moment.cost = None;
            }
        }
        _ => {}
    }
    look(&moment)
}

fn unanswered(moment: Moment<'_>) -> Moment<'_> {
    Moment { tokens: &[], answer: None, seconds: None, cost: None, verdict: None, ..moment }
}

/// The value of each watch as things stand, or what is wrong with it.
pub fn watched(state: &State, selected: TaskId) -> Vec<(String, Result<String, String>)> {
    let plan = &state.journal.session().plan;
    let all = state.journal.debugging().watches.iter();
    let value = |watch: &Watch| {
        let task = watch.task.unwrap_or(selected);
        if !plan.contains(task) {
            return Err("its task is gone".to_owned());
        }
        let stop = state.debug.stop.as_ref().filter(|stop| stop.task == task);
        let moves = stop.map(|_| state.survey.moves(&state.journal, task)).unwrap_or_default();
        let expression = Condition::expression(&watch.expression).map_err(|mistake| mistake.to_string())?;
        let value = with_moment(state, task, stop.map(|stop| stop.phase), moves.first(), |moment| {
            expression.value(&|name| moment.fact(name))
        });
        match value {
            Ok(Some(value)) => Ok(value.to_string()),
            Ok(None) => Ok("not known yet".to_owned()),
            Err(mistake) => Err(mistake.to_string()),
        }
    };
    all.map(|watch| (written_watch(plan, watch), value(watch))).collect()
}

/// A breakpoint as it is typed: `log #2 margin < 0.1`.
pub fn written(plan: &Plan, breakpoint: &Breakpoint) -> String {
    let log = breakpoint.log.then(|| "log".to_owned());
    let task = breakpoint.task.map(|task| name(plan, task));
    let condition = Some(breakpoint.condition.clone()).filter(|condition| !condition.is_empty());
    log.into_iter().chain(task).chain(condition).collect::<Vec<_>>().join(" ")
}

pub fn written_watch(plan: &Plan, watch: &Watch) -> String {
    let task = watch.task.map(|task| format!("{} ", name(plan, task))).unwrap_or_default();
    format!("{task}{}", watch.expression)
}

/// `#2.1`, `goal`, or `#?` for a task that is gone.
pub fn name(plan: &Plan, task: TaskId) -> String {
    match () {
        () if !plan.contains(task) => "#?".to_owned(),
        () if plan.root() == Some(task) => "goal".to_owned(),
        () => plan.reference(TaskId(u32::MAX), task),
    }
}

/// What was typed of a breakpoint or a watch: does it log, at which task, the rest and its place in characters.
fn split<'a>(plan: &Plan, text: &'a str) -> Result<(bool, Option<TaskId>, &'a str, usize), Mistake> {
    let mut rest = text.trim_start();
    let at = |rest: &str| text.chars().count() - rest.chars().count();
    let word = |rest: &'a str| rest.split_whitespace().next().unwrap_or_default();
    let log = word(rest) == "log";
    if log {
        rest = rest["log".len()..].trim_start();
    }
    let first = word(rest);
    if first != "goal" && !first.starts_with('#') {
        return Ok((log, None, rest.trim_end(), at(rest)));
    }
    // In the words of a task a part of the goal can be `#0.2`.
    let wanted = first.replacen("#0.", "#", 1);
    let found = plan.walk().into_iter().find(|task| name(plan, *task) == wanted);
    let Some(task) = found else {
        return Err(Mistake { at: at(rest), what: format!("there is no task {first}") });
    };
    rest = rest[first.len()..].trim_start();
    Ok((log, Some(task), rest.trim_end(), at(rest)))
}

/// Reads what was typed: `[log] [#n] [condition]`.
pub fn read_breakpoint(plan: &Plan, text: &str, id: u32) -> Result<Breakpoint, Mistake> {
    let (log, task, condition, at) = split(plan, text)?;
    if condition.is_empty() && task.is_none() {
        let what = "where should it stop? a task (#2), a condition, or both".to_owned();
        return Err(Mistake { at, what });
    }
    if !condition.is_empty() {
        Condition::new(condition).map_err(|mistake| Mistake { at: mistake.at + at, ..mistake })?;
    }
    Ok(Breakpoint { id, task, condition: condition.to_owned(), on: true, log })
}

/// Reads a line of watches: `[#n] expression`.
pub fn read_watch(plan: &Plan, line: &str) -> Result<Watch, Mistake> {
    let (_, task, expression, at) = split(plan, line)?;
    Condition::expression(expression).map_err(|mistake| Mistake { at: mistake.at + at, ..mistake })?;
    Ok(Watch { task, expression: expression.to_owned() })
}

/// What is wrong with the text being typed, or how its last word could go on; `None` where no condition is typed.
pub fn typed(state: &State, mode: &TypingMode) -> Option<Result<String, String>> {
    let plan = &state.journal.session().plan;
    let text = mode.buffer.text();
    let read = match mode.purpose {
        Purpose::Breakpoint(_) => read_breakpoint(plan, text, 0).map(drop),
        Purpose::RunWhen => Condition::new(text).map(drop),
        Purpose::Watches => text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .try_for_each(|line| read_watch(plan, line).map(drop)),
        _ => return None,
    };
    let (length, found) = completions(mode.buffer.halves().0);
    if 0 < length && !found.is_empty() {
        return Some(Ok(format!("tab: {}", found.join("  "))));
    }
    match read {
        Err(mistake) if !text.trim().is_empty() => Some(Err(mistake.to_string())),
        _ => None,
    }
}
