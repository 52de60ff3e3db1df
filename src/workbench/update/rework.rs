//! Larger edits by the person's hand: of several tasks, of structure, of the whole plan as text.

use super::{browsing, change, sheets, typing};
use crate::{
    ids::TaskId,
    judge,
    plan::{Budget, Check, Edit, Plan, Redraft, Reworked, notation, outline_of, redraft},
    session::{Actor, Event},
    workbench::{
        Action, Effect, RowId, State, Weight,
        buffer::Buffer,
        mode::Purpose,
        sheet::{Choice, Kind, Row, Sheet, Tone},
    },
};

/// The tasks that an edit is about: the marked ones, else the selected one.
pub(super) fn chosen(state: &State) -> Vec<TaskId> {
    let plan = &state.journal.session().plan;
    let marked: Vec<TaskId> = state.ui.marked.iter().copied().filter(|task| plan.contains(*task)).collect();
    if marked.is_empty() { state.ui.cursor.map(|row| row.task).into_iter().collect() } else { marked }
}

/// Makes the edits as one change. `words` are said when it is done.
pub(super) fn make(state: &mut State, edits: Result<Vec<Edit>, String>, words: &str) -> Vec<Effect> {
    let edits = match edits {
        Ok(edits) if edits.is_empty() => {
            state.say(Weight::Info, "nothing was changed");
            return vec![];
        }
        Ok(edits) => edits,
        Err(why) => {
            let why = super::spoken(&state.journal.session().plan, &why);
            state.say(Weight::Warning, why);
            return vec![];
        }
    };
    let before = state.journal.records().len();
    let effects = change(state, Event::Edited { by: Actor::Person, edits, reason: None });
    if before < state.journal.records().len() {
        let cost = super::stale::cost(state);
        state.say(Weight::Info, [words, &cost].concat());
        state.ui.marked.clear();
    }
    effects
}

fn select(state: &mut State, task: TaskId) {
    if state.journal.session().plan.contains(task) {
        browsing::reveal(state, RowId::task(task));
    }
}

/// Edits that need no text.
pub(super) fn rework(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(task) = state.ui.cursor.map(|row| row.task) else { return vec![] };
    let (plan, fresh) = (state.journal.session().plan.clone(), state.journal.fresh_task());
    let chosen = chosen(state);
    let top = plan.topmost(&chosen);
    // Each of several is done on what the one before it left.
    let each = |one: &dyn Fn(&Plan, TaskId) -> Reworked, tasks: &[TaskId]| {
        let (mut grown, mut all) = (plan.clone(), vec![]);
        for task in tasks {
            let edits = one(&grown, *task)?;
            edits.iter().try_for_each(|edit| grown.apply(edit)).map_err(|error| error.to_string())?;
            all.extend(edits);
        }
        Ok(all)
    };
    let effects = match action {
        Action::Indent => make(state, each(&|plan, task| plan.indent(task), &top), "indented"),
        Action::Outdent => {
            let turned: Vec<TaskId> = top.into_iter().rev().collect();
            make(state, each(&|plan, task| plan.outdent(task), &turned), "outdented")
        }
        Action::Duplicate => {
            let effects = make(state, plan.duplicate(task, fresh), "duplicated");
            select(state, fresh);
            return effects;
        }
        Action::DeleteAlone => make(
            state,
            each(&|plan, task| plan.dissolve(task), &top),
            "deleted; its parts are in its place, z brings it back",
        ),
        Action::MoveHere => {
            if state.ui.marked.is_empty() {
                state.say(Weight::Info, "mark what is to be moved with v, select the place, then press m");
                return vec![];
            }
            make(state, plan.bring(&top, task), "moved here")
        }
        Action::Collapse => {
            let on = !plan.task(task).is_some_and(|task| task.collapsed);
            let able = |task: &TaskId| !plan.parts(*task).is_empty() || !on;
            let edits: Vec<Edit> = chosen
                .iter()
                .filter(|task| able(task))
                .map(|task| Edit::Collapse { task: *task, on })
                .collect();
            if edits.is_empty() {
                state.say(Weight::Info, "it has no parts: it is one call already");
                return vec![];
            }
            let words =
                if on { "one direct call answers it; its parts sleep" } else { "its parts answer it" };
            make(state, Ok(edits), words)
        }
        Action::SplitByStrategy => {
            let strategy = state.settings().strategy.clone();
            let leaf = |task: &&TaskId| plan.parts(**task).is_empty();
            let set = |task: &TaskId| Edit::SetStrategy { task: *task, strategy: Some(strategy.clone()) };
            let edits: Vec<Edit> = chosen.iter().filter(leaf).map(set).collect();
            if edits.is_empty() {
                state.say(Weight::Info, "it has parts already: d deletes them, then it can be split again");
                return vec![];
            }
            make(state, Ok(edits), &format!("{strategy} splits it at the next step"))
        }
        _ => vec![],
    };
    browsing::keep_cursor(state);
    effects
}

/// Marks for edits of several tasks.
pub(super) fn mark(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(task) = state.ui.cursor.map(|row| row.task) else { return vec![] };
    if action == Action::Mark {
        if !state.ui.marked.remove(&task) {
            state.ui.marked.insert(task);
        }
        browsing::browse(state, Action::Down);
    } else {
        let all = state.journal.session().plan.subtree(task);
        let off = all.iter().all(|task| state.ui.marked.contains(task));
        for task in all {
            if off {
                state.ui.marked.remove(&task)
            } else {
                state.ui.marked.insert(task)
            };
        }
    }
    let words = match state.ui.marked.len() {
        0 => "nothing is marked".to_owned(),
        1 => "1 task is marked: edits change it; esc unmarks".to_owned(),
        n => format!("{n} tasks are marked: edits change them all; esc unmarks"),
    };
    state.say(Weight::Info, words);
    vec![]
}

/// The first press chooses who needs, the second on another task whose answer.
pub(super) fn wire(state: &mut State) -> Vec<Effect> {
    let Some(task) = state.ui.cursor.map(|row| row.task) else { return vec![] };
    match state.ui.wiring.take() {
        None => {
            state.ui.wiring = Some(task);
            state.say(Weight::Info, "go to the task whose answer it uses: # wires or unwires it, esc leaves");
            vec![]
        }
        Some(user) => {
            let plan = state.journal.session().plan.clone();
            let wired = plan.needs(user).contains(&task);
            let words =
                if wired { "unwired" } else { "wired; e changes where in the words the answer stands" };
            let effects = make(state, plan.wire(user, task), words);
            select(state, user);
            effects
        }
    }
}

/// Edits that begin with a text.
pub(super) fn ask(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(task) = state.ui.cursor.map(|row| row.task) else { return vec![] };
    let plan = &state.journal.session().plan;
    let chosen = chosen(state);
    let draft = |task: &TaskId| plan.task(*task).map(|task| task.draft.clone()).unwrap_or_default();
    let (purpose, text) = match action {
        Action::Split => (Purpose::Split(task), super::edits::as_typed(state, task)),
        Action::Merge => {
            let mut tasks = plan.topmost(&chosen);
            if tasks.len() < 2 {
                let parts = plan.parent(task).map_or(&[][..], |parent| plan.parts(parent));
                tasks = parts.iter().copied().skip(plan.position(task) - 1).take(2).collect();
            }
            if tasks.len() < 2 {
                state.say(Weight::Warning, "there is no task below it to merge with: mark others with v");
                return vec![];
            }
            let words = plan.merged_text(&tasks);
            (Purpose::Merge(tasks), words)
        }
        Action::Check => {
            let now = chosen.first().and_then(|task| draft(task).check);
            (Purpose::Check(chosen), now.map(|check| check.to_string()).unwrap_or_default())
        }
        Action::Budget => {
            let now = chosen.first().and_then(|task| draft(task).budget);
            (Purpose::Budget(chosen), now.map(|budget| budget.to_string()).unwrap_or_default())
        }
        Action::AsText => (Purpose::Outline(task), outline_of(plan, task)),
        Action::Explain => {
            let last = state.journal.path(state.journal.head()).unwrap_or_default().into_iter().rev();
            let by_person = |event: &Event| {
                matches!(
                    event,
                    Event::Edited { by: Actor::Person, .. }
                        | Event::Pinned { .. }
                        | Event::Judged { .. }
                        | Event::Amended { .. }
                        | Event::Configured { .. }
                ) || matches!(event, Event::Routed { key, .. } if key.is_empty())
            };
            let Some(change) =
                last.map(|record| (record.seq, &record.event)).find(|(_, event)| by_person(event))
            else {
                state.say(Weight::Info, "nothing was changed by hand yet");
                return vec![];
            };
            (Purpose::Explain(change.0), String::new())
        }
        _ => return vec![],
    };
    typing::begin(state, purpose, Buffer::of(text));
    vec![]
}

/// Takes what was typed.
pub(super) fn take(state: &mut State, purpose: &Purpose, text: &str) -> Vec<Effect> {
    let plan = state.journal.session().plan.clone();
    let steps = || {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(|line| notation::read_step(line.strip_prefix("QS: ").unwrap_or(line))).collect::<Vec<_>>()
    };
    match purpose {
        Purpose::Split(task) => {
            let fresh = state.journal.fresh_task();
            make(state, plan.split(*task, &steps(), fresh), "split; who used its answer uses the last one's")
        }
        Purpose::Merge(tasks) => {
            let one = text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ");
            let step = notation::read_step(one.trim());
            if step.text.trim().is_empty() {
                state.say(Weight::Warning, "a task without text says nothing: nothing was changed");
                return vec![];
            }
            let effects =
                make(state, plan.merge(tasks, &step), "merged; who used their answers uses this one's");
            browsing::keep_cursor(state);
            effects
        }
        Purpose::Check(tasks) => {
            let check = match text.trim() {
                "" => None,
                text => {
                    match text.parse::<Check>().and_then(|check| judge::fault(&check).map_or(Ok(check), Err))
                    {
                        Ok(check) => Some(check),
                        Err(why) => return refuse(state, purpose, text, why),
                    }
                }
            };
            let set = |task: &TaskId| Edit::SetCheck { task: *task, check: check.clone() };
            make(state, Ok(tasks.iter().map(set).collect()), "checked from now on")
        }
        Purpose::Budget(tasks) => {
            let budget = match text.trim() {
                "" => None,
                text => match text.parse::<Budget>() {
                    Ok(budget) => Some(budget),
                    Err(why) => return refuse(state, purpose, text, why),
                },
            };
            let set = |task: &TaskId| {
                let budget = budget.map(|budget| super::caps::narrowed(state, *task, budget));
                Edit::SetBudget { task: *task, budget }
            };
            let edits: Vec<Edit> = tasks.iter().map(set).collect();
            let narrower = edits.iter().find_map(|edit| match edit {
                Edit::SetBudget { budget: set, .. } if *set != budget => set.map(|set| set.to_string()),
                _ => None,
            });
            let words = match narrower {
                Some(set) => format!("budget set to {set}: more is not left above it"),
                None => "budget set".to_owned(),
            };
            make(state, Ok(edits), &words)
        }
        Purpose::Outline(task) => match redraft(&plan, *task, text, state.journal.fresh_task()) {
            Ok(redraft) => {
                sheets::confirm(state, *task, redraft);
                vec![]
            }
            Err(why) => refuse(state, purpose, text, super::spoken(&plan, &why)),
        },
        Purpose::Explain(change) => {
            let reason = text.trim().to_owned();
            if reason.is_empty() {
                return vec![];
            }
            let effects = self::change(state, Event::Explained { change: *change, reason });
            state.say(Weight::Info, "kept with the change");
            effects
        }
        _ => vec![],
    }
}

/// The text stays in the box, with what is wrong beside it.
fn refuse(state: &mut State, purpose: &Purpose, text: &str, why: String) -> Vec<Effect> {
    typing::begin(state, purpose.clone(), Buffer::of(text));
    state.say(Weight::Warning, why);
    vec![]
}

/// Opens the list of strategies, or of experts.
pub(super) fn choose(state: &mut State, action: Action) -> Vec<Effect> {
    let tasks = chosen(state);
    let plan = &state.journal.session().plan;
    let draft =
        tasks.first().and_then(|task| plan.task(*task)).map(|task| task.draft.clone()).unwrap_or_default();
    let (what, named, rows) = match action {
        Action::TaskStrategy => {
            let all = crate::strategy::strategies();
            let names = all.iter().map(|strategy| Some(strategy.name().to_owned()));
            let about = all.iter().map(|strategy| [strategy.name().to_owned(), strategy.about().to_owned()]);
            let first = ["as usual".to_owned(), "as the plan has it: parts, or an expert".to_owned()];
            let rows: Vec<[String; 2]> = std::iter::once(first).chain(about).collect();
            (Choice::Strategy(std::iter::once(None).chain(names).collect()), draft.strategy, rows)
        }
        Action::TaskRouter => {
            let all = crate::router::routers();
            let names = all.iter().map(|router| Some(router.name().to_owned()));
            let about = all.iter().map(|router| [router.name().to_owned(), router.about().to_owned()]);
            let first = ["as above".to_owned(), "as the task above it, or the session, has it".to_owned()];
            let rows: Vec<[String; 2]> = std::iter::once(first).chain(about).collect();
            (Choice::Router(std::iter::once(None).chain(names).collect()), draft.router, rows)
        }
        _ => {
            let all = state.tools.roster.cards();
            let names = all.iter().map(|card| Some(card.name.clone()));
            let about = all.iter().map(|card| [card.name.clone(), card.description.clone()]);
            let first = ["the router".to_owned(), "chooses when it is its turn".to_owned()];
            let rows: Vec<[String; 2]> = std::iter::once(first).chain(about).collect();
            (Choice::Expert(std::iter::once(None).chain(names).collect()), draft.expert, rows)
        }
    };
    let (Choice::Strategy(names) | Choice::Router(names) | Choice::Expert(names)) = &what;
    let cursor = names.iter().position(|name| *name == named).unwrap_or(0);
    let of = match tasks.len() {
        1 => tasks.first().map(|task| plan.text(*task)).unwrap_or_default(),
        n => format!("{n} marked tasks"),
    };
    let title = match what {
        Choice::Strategy(_) => "Strategy",
        Choice::Router(_) => "Router of the task and all below it",
        Choice::Expert(_) => "Expert",
    };
    sheets::show(
        state,
        Sheet {
            kind: Kind::Choose { what, tasks },
            title: title.to_owned(),
            head: vec![(Tone::Plain, of)],
            columns: vec![18, 0],
            rows: rows.into_iter().map(|cells| Row::new(Tone::Plain, cells)).collect(),
            cursor,
            below: vec![],
            keys: vec![("enter", "take")],
        },
    )
}

/// Takes the chosen entry.
pub(super) fn take_choice(state: &mut State, what: &Choice, tasks: &[TaskId], at: usize) -> Vec<Effect> {
    let edits = |name: &Option<String>| -> Vec<Edit> {
        let edit = |task: &TaskId| match what {
            Choice::Strategy(_) => Edit::SetStrategy { task: *task, strategy: name.clone() },
            Choice::Router(_) => Edit::SetRouter { task: *task, router: name.clone() },
            Choice::Expert(_) => Edit::SetExpert { task: *task, expert: name.clone() },
        };
        tasks.iter().map(edit).collect()
    };
    let (Choice::Strategy(names) | Choice::Router(names) | Choice::Expert(names)) = what;
    let Some(name) = names.get(at) else { return vec![] };
    let kind = match what {
        Choice::Strategy(_) => "strategy",
        Choice::Router(_) => "router, here and below",
        Choice::Expert(_) => "expert",
    };
    let words = format!("{kind}: {}", name.as_deref().unwrap_or("as usual"));
    make(state, Ok(edits(name)), &words)
}

/// Keeps the answer that the task has against whatever changes above, or lets it go.
pub(super) fn pin(state: &mut State) -> Vec<Effect> {
    let session = state.journal.session();
    let tasks = chosen(state);
    let pinned = |task: &TaskId| session.progress(*task).pinned.is_some();
    let release = tasks.iter().any(pinned);
    let events: Vec<Event> = tasks
        .iter()
        .filter_map(|task| {
            let answer = if release { None } else { Some(session.answer(*task)?.to_owned()) };
            (pinned(task) == release).then_some(Event::Pinned { task: *task, answer, reason: None })
        })
        .collect();
    if events.is_empty() {
        state.say(Weight::Info, "it has no answer to keep yet: t types one");
        return vec![];
    }
    let effects = super::record_turn(state, events).unwrap_or_default();
    let words = match release {
        true => "unpinned: the computed answer counts again",
        false => "pinned: it stands whatever changes above, P lets it go",
    };
    let cost = super::stale::cost(state);
    state.say(Weight::Info, [words, &cost].concat());
    browsing::keep_cursor(state);
    effects
}

/// Makes the edits of a sheet that was agreed to.
pub(super) fn take_redraft(state: &mut State, edits: Vec<Edit>, task: TaskId) -> Vec<Effect> {
    let effects = make(state, Ok(edits), "taken as one change");
    select(state, task);
    effects
}

/// What a changed text means, as lines.
pub(super) fn told(redraft: &Redraft) -> Vec<Row> {
    use crate::plan::Changed;
    let row = |changed: &Changed| match changed {
        Changed::Added(line) => vec![Row::new(Tone::Added, ["+".to_owned(), line.clone()])],
        Changed::Removed(line) => vec![Row::new(Tone::Removed, ["-".to_owned(), line.clone()])],
        Changed::Moved(line) => vec![Row::new(Tone::Changed, [">".to_owned(), line.clone()])],
        Changed::Reworded(from, to) => vec![
            Row::new(Tone::Removed, ["-".to_owned(), from.clone()]),
            Row::new(Tone::Added, ["+".to_owned(), to.clone()]),
        ],
    };
    redraft.changes.iter().flat_map(row).collect()
}
