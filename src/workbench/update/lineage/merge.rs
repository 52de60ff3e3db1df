//! Another branch merged into the one at hand: the conflicts as a sheet, decided one by one, then one turn of events.

use super::{amended, name_of, progress};
use crate::{
    ids::{Seq, TaskId},
    plan::Plan,
    session::{
        Actor, Event, Session,
        branches::common,
        merge::{Merging, Side},
    },
    workbench::{
        Action, Effect, Mode, State, Weight,
        sheet::{Kind, Row, Sheet, Tone},
        update::{browsing, history, record_or_say, sheets, stale},
    },
};

/// Merges another branch into the one at hand, from the state that both had.
pub(in super::super) fn merge_with(state: &mut State, tip: Seq) -> Vec<Effect> {
    let journal = &state.journal;
    let Some(head) = journal.head().filter(|head| *head != tip) else {
        state.say(Weight::Info, "this is the branch at hand: choose another one to merge into it");
        return vec![];
    };
    let name = name_of(journal, tip);
    let sides = (journal.session_at(common(journal, head, tip)), journal.session_at(Some(tip)));
    let (Ok(base), Ok(theirs)) = sides else { return vec![] };
    let merging = Merging::new(base, journal.session().clone(), theirs, name);
    if merging.conflicts.is_empty() && merging.taken.is_empty() {
        state.say(Weight::Info, format!("there is nothing in {} that is not here", merging.name));
        return vec![];
    }
    show_merge(state, merging, 0)
}

fn show_merge(state: &mut State, merging: Merging, cursor: usize) -> Vec<Effect> {
    let plan = &merging.mine.plan;
    let text = |task: TaskId| {
        let sides = [plan, &merging.theirs.plan, &merging.base.plan];
        let side = sides.into_iter().find(|plan| plan.contains(task));
        side.map(|plan| plan.text(task)).unwrap_or_default()
    };
    let mut rows: Vec<Row> = vec![];
    for conflict in &merging.conflicts {
        let (tone, choice) = match conflict.choice {
            None => (Tone::Bad, "conflict"),
            Some(Side::Mine) => (Tone::Changed, "yours"),
            Some(Side::Theirs) => (Tone::Changed, "theirs"),
            Some(Side::Base) => (Tone::Changed, "base"),
        };
        let cells = [
            choice.to_owned(),
            number(&merging, conflict.task),
            conflict.field.word().to_owned(),
            text(conflict.task),
        ];
        rows.push(Row::new(tone, cells));
    }
    for (task, field) in &merging.taken {
        let cells = ["taken".to_owned(), number(&merging, *task), field.word().to_owned(), text(*task)];
        rows.push(Row::new(Tone::Added, cells));
    }
    let head = match merging.open() {
        0 => "everything is decided: enter merges".to_owned(),
        1 => "1 conflict waits for you".to_owned(),
        n => format!("{n} conflicts wait for you"),
    };
    let sheet = Sheet {
        title: format!("Merge {} into this branch", merging.name),
        kind: Kind::Merge(Box::new(merging)),
        head: vec![(Tone::Strong, head)],
        columns: vec![10, 8, 20, 0],
        rows,
        cursor,
        below: vec![],
        keys: vec![("h", "yours"), ("l", "theirs"), ("space", "base"), ("enter", "merge")],
    };
    sheets::show(state, sheet);
    history::refresh(state);
    vec![]
}

/// The number of a task on the side that has it.
fn number(merging: &Merging, task: TaskId) -> String {
    let sides = [&merging.mine.plan, &merging.theirs.plan, &merging.base.plan];
    let side = sides.into_iter().find(|plan| plan.contains(task));
    match side {
        Some(plan) if plan.root() == Some(task) => "goal".to_owned(),
        Some(plan) => plan.reference(TaskId(u32::MAX), task),
        None => String::new(),
    }
}

/// All three sides of the conflict under the cursor.
pub(in super::super) fn sides(merging: &Merging, at: usize) -> Vec<(Tone, String)> {
    if let Some(conflict) = merging.conflicts.get(at) {
        let tone = |side| if conflict.choice == Some(side) { Tone::Strong } else { Tone::Plain };
        // Numbers as they are here, so that only what differs looks different.
        let words = |side: &Plan, words: &str| {
            let name = |word: &str| {
                let id = word.strip_prefix("#t")?;
                let end = id.find(|c: char| !c.is_ascii_digit()).unwrap_or(id.len());
                let task = TaskId(id[..end].parse().ok()?);
                let plans = [&merging.mine.plan, side];
                let plan =
                    plans.into_iter().find(|plan| plan.contains(task) && plan.contains(conflict.task))?;
                Some(format!("{}{}", plan.reference(conflict.task, task), &id[end..]))
            };
            let words = words.split(' ').map(|word| name(word).unwrap_or_else(|| word.to_owned()));
            words.collect::<Vec<_>>().join(" ")
        };
        return vec![
            (tone(Side::Mine), format!("yours   {}", words(&merging.mine.plan, &conflict.mine))),
            (tone(Side::Theirs), format!("theirs  {}", words(&merging.theirs.plan, &conflict.theirs))),
            (tone(Side::Base), format!("base    {}", words(&merging.base.plan, &conflict.base))),
        ];
    }
    vec![(Tone::Dim, "only the other side changed this: it is taken".to_owned())]
}

/// Decides the conflict under the cursor, and goes on to the next.
pub(in super::super) fn decide(state: &mut State, action: Action) -> Vec<Effect> {
    let Mode::Sheet(sheet) = &state.mode else { return vec![] };
    let Kind::Merge(merging) = &sheet.kind else { return vec![] };
    let (mut merging, at) = (Merging::clone(merging), sheet.cursor);
    let Some(conflict) = merging.conflicts.get_mut(at) else {
        state.say(Weight::Info, "only the other side changed this: there is nothing to decide");
        return vec![];
    };
    conflict.choice = Some(match action {
        Action::Left => Side::Mine,
        Action::Right => Side::Theirs,
        _ => Side::Base,
    });
    let next = merging.conflicts.iter().position(|conflict| conflict.choice.is_none()).unwrap_or(at);
    show_merge(state, merging, next)
}

/// Writes the merge down as one turn.
pub(in super::super) fn finish(state: &mut State, merging: &Merging) -> Vec<Effect> {
    let events = match events(merging, state.journal.session()) {
        Ok(events) => events,
        Err(why) => {
            state.say(Weight::Error, why);
            return vec![];
        }
    };
    let Some(effects) = record_or_say(state, events) else { return vec![] };
    browsing::keep_cursor(state);
    let cost = stale::cost(state);
    state.say(Weight::Info, format!("merged {}{cost}; z takes it back", merging.name));
    effects
}

/// What makes the state at hand the merged one.
fn events(merging: &Merging, here: &Session) -> Result<Vec<Event>, String> {
    let merged = merging.finish()?;
    let mut events = vec![];
    if !merged.edits.is_empty() {
        let reason = Some(format!("merged {}", merging.name));
        events.push(Event::Edited { by: Actor::Person, edits: merged.edits, reason });
    }
    let routed = |(task, decision)| Event::Routed { task, key: String::new(), decision };
    events.extend(merged.routes.into_iter().map(routed));
    for (task, wanted) in merged.amended {
        events.extend(amended(&wanted, &merging.mine.progress(task).amended, task));
    }
    events.extend(merged.pins.into_iter().map(|(task, answer)| Event::Pinned { task, answer, reason: None }));
    let mut after = here.clone();
    if events.iter().any(|event| after.apply(event).is_err()) {
        return Err("the merged plan could not be made".to_owned());
    }
    for task in after.plan.walk() {
        events.extend(found_out(merging, here, &after, task));
    }
    Ok(events)
}

/// What the other branch found out about a task that is now as it was there is good here too.
fn found_out(merging: &Merging, here: &Session, after: &Session, task: TaskId) -> Vec<Event> {
    let theirs = &merging.theirs;
    let mut events = progress(theirs, task, task, after);
    if theirs.plan.contains(task) && !here.plan.contains(task) {
        events.retain(|event| !matches!(event, Event::Pinned { .. }));
        events
    } else if theirs.progress(task).complete && !here.progress(task).complete && here.plan.contains(task) {
        events.retain(|event| matches!(event, Event::Proposed { .. }));
        events
    } else {
        vec![]
    }
}
