//! A strategy, a router or an expert for the chosen tasks, from a list.

use super::{chosen, make};
use crate::{
    ids::TaskId,
    plan::Edit,
    router, strategy,
    workbench::{
        Action, Effect, State,
        sheet::{Choice, Kind, Row, Sheet, Tone},
        update::sheets,
    },
};

/// Opens the list of strategies, or of experts.
pub(in super::super) fn choose(state: &mut State, action: Action) -> Vec<Effect> {
    let tasks = chosen(state);
    let plan = &state.journal.session().plan;
    let draft =
        tasks.first().and_then(|task| plan.task(*task)).map(|task| task.draft.clone()).unwrap_or_default();
    let (what, named, rows) = match action {
        Action::TaskStrategy => {
            let all = strategy::strategies();
            let names = all.iter().map(|strategy| Some(strategy.name().to_owned()));
            let about = all.iter().map(|strategy| [strategy.name().to_owned(), strategy.about().to_owned()]);
            let first = ["as usual".to_owned(), "as the plan has it: parts, or an expert".to_owned()];
            let rows: Vec<[String; 2]> = std::iter::once(first).chain(about).collect();
            (Choice::Strategy(std::iter::once(None).chain(names).collect()), draft.strategy, rows)
        }
        Action::TaskRouter => {
            let all = router::routers();
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
pub(in super::super) fn take_choice(
    state: &mut State,
    what: &Choice,
    tasks: &[TaskId],
    at: usize,
) -> Vec<Effect> {
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
