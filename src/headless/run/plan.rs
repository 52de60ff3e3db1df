//! A plan in the notation as a session that has not run yet.

use crate::{
    plan::read_outline,
    session::{Actor, Event, Journal, Settings},
    strategy,
    workbench::{SessionFile, state::Opened},
};

/// The strategy that such a session gets when the configured one makes no plan of its own: the plan is there already.
const PLANNED: &str = "plan-and-solve";

/// The longest plan that is read, in bytes.
const PLAN_BYTES: usize = 1_000_000;

/// The session of a plan, and warnings that name their line.
///
/// # Errors
/// Nothing in the text is a goal or a step; the text is too long.
pub(in crate::headless) fn opened(
    text: &str,
    defaults: &Settings,
    now: u64,
) -> Result<(Opened, Vec<String>), String> {
    if PLAN_BYTES < text.len() {
        return Err(format!("the plan has {} bytes, {PLAN_BYTES} are taken", text.len()));
    }
    let reading = read_outline(text, 0);
    let warnings: Vec<String> = reading.warnings.iter().map(ToString::to_string).collect();
    let Some(goal) = reading.edits.first().map(|edit| edit.task()) else {
        return Err(reading.no_plan().unwrap_or_default());
    };
    let mut settings = defaults.clone();
    if !strategy::strategy(&settings.strategy).is_some_and(|strategy| strategy.plans_first()) {
        settings.strategy = PLANNED.to_owned();
    }
    let strategy = settings.strategy.clone();
    let mut plan = crate::plan::Plan::default();
    reading.edits.iter().filter_map(|edit| plan.apply(edit).err()).for_each(drop);
    let title: String = plan.text(goal).lines().next().unwrap_or_default().chars().take(80).collect();
    let events = [
        Event::Started { title, settings },
        Event::Edited { by: Actor::Person, edits: reading.edits, reason: None },
        // The plan is whole: no strategy is asked for more.
        Event::Proposed {
            task: goal,
            strategy,
            key: String::new(),
            edits: vec![],
            complete: true,
            warnings: vec![],
        },
    ];
    let mut journal = Journal::default();
    journal.open_turn();
    for event in events {
        journal.record(event, now).map_err(|error| error.to_string())?;
    }
    Ok((Opened { journal, file: SessionFile::None, warning: None }, warnings))
}
