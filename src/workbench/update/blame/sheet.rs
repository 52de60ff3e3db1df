//! The search for the task at fault, as a sheet: what is asked, how far it is, how each task stands, what was found.

use super::{BRANCH, Blaming};
use crate::{
    decision::ExpertKind,
    engine::blame::{Finding, Next, Said},
    figure::counted,
    ids::TaskId,
    workbench::{
        Effect, State,
        sheet::{Kind, Row, Sheet, Tone},
        update::{history, number, sheets},
    },
};

/// `#2`, or `the goal`.
fn name(state: &State, task: TaskId) -> String {
    match state.journal.session().plan.root() == Some(task) {
        true => "the goal".to_owned(),
        false => state.journal.session().plan.reference(TaskId(u32::MAX), task),
    }
}

/// What was found, in words.
fn told(state: &State, blaming: &Blaming, finding: &Finding) -> Vec<(Tone, String)> {
    let cost =
        format!("{} and {}", counted(blaming.search.questions, "question"), counted(blaming.calls, "call"));
    let list = |tasks: &[TaskId]| tasks.iter().map(|task| name(state, *task)).collect::<Vec<_>>().join(", ");
    let function = |task: TaskId| {
        let card = state.survey.look(task).and_then(|look| state.tools.roster.get(&look.by));
        card.is_some_and(|card| card.kind == ExpertKind::Symbolic)
    };
    let head = match finding {
        Finding::Nobody => "the answer is right: there is nobody to blame".to_owned(),
        Finding::Mended(tasks) => match &tasks[..] {
            [.., last] => {
                let own = if *last == blaming.goal { "has" } else { "is the first whose right answer mends" };
                let rest = if *last == blaming.goal {
                    "nothing before it to blame: its own answer is wrong"
                } else {
                    "the goal"
                };
                format!("{} {own} {rest} ({cost})", name(state, *last))
            }
            [] => "the answer is right now".to_owned(),
        },
        Finding::Decomposition => format!(
            "every part of {} is right: how it is decomposed is at fault ({cost})",
            name(state, blaming.goal)
        ),
        Finding::Among(tasks) => {
            format!("it is one of {}; nobody could tell more ({cost})", list(tasks))
        }
    };
    let mut lines = vec![(Tone::Strong, head)];
    if let Finding::Mended(tasks) = finding
        && let [before @ .., last] = &tasks[..]
    {
        if !before.is_empty() {
            lines.push((Tone::Changed, format!("{} had to be right as well", list(before))));
        }
        if function(*last) {
            let words =
                "a function computed it exactly: its question is at fault, not its answer; e changes it";
            lines.push((Tone::Plain, words.to_owned()));
        }
    }
    if blaming.tip.is_some() {
        let words =
            format!("this branch is as it was; the mended plan is on the branch `{BRANCH}`: = compares");
        lines.push((Tone::Dim, words));
    }
    lines
}

/// The sheet of the dialogue, as it stands.
pub(super) fn show(state: &mut State) -> Vec<Effect> {
    let Some(blaming) = state.blame.as_deref() else { return vec![] };
    let next = blaming.search.next();
    let asked = about(blaming, &next);
    let mut head = question(state, blaming, &next);
    head.extend(to_come(blaming, &next));
    let tasks = blaming.search.ancestry().tasks().to_vec();
    let suspects = blaming.search.suspects();
    let over = matches!(next, Next::Found(_));
    let rows: Vec<Row> = tasks
        .iter()
        .take(10_000)
        .map(|task| {
            let how = standing(blaming, &suspects, over, asked == Some(*task), *task);
            row(state, blaming, how, *task)
        })
        .collect();
    let cursor =
        asked.and_then(|asked| tasks.iter().position(|task| *task == asked)).unwrap_or(rows.len() - 1);
    let keys = match next {
        Next::Found(_) => vec![("enter", "go there"), ("=", "compare")],
        _ => vec![("y", "right"), ("n", "wrong"), ("t", "type the right one"), ("space", "can not tell")],
    };
    let sheet = Sheet {
        kind: Kind::Blame(tasks),
        title: "Blame".to_owned(),
        head,
        columns: vec![11, 8, 0, 0],
        rows,
        cursor,
        below: vec![],
        keys,
    };
    let effects = sheets::show(state, sheet);
    history::refresh(state);
    effects
}

/// The task that is asked about, or was found.
fn about(blaming: &Blaming, next: &Next) -> Option<TaskId> {
    match next {
        Next::Ask(task) | Next::Type(task) | Next::Rerun(task, _) => Some(*task),
        Next::Found(Finding::Mended(tasks)) => tasks.last().copied(),
        Next::Found(Finding::Among(tasks)) => tasks.first().copied(),
        Next::Found(Finding::Decomposition) => Some(blaming.goal),
        Next::Found(Finding::Nobody) => None,
    }
}

/// What is asked now, or what came out.
fn question(state: &State, blaming: &Blaming, next: &Next) -> Vec<(Tone, String)> {
    if blaming.trying.is_some() {
        return vec![(Tone::Strong, "the right answer is pinned: what depends on it runs again".to_owned())];
    }
    if let Some(why) = &blaming.halted {
        let words = format!("what was run again came to no end: {why}; it is on the branch `{BRANCH}`");
        return vec![(Tone::Bad, words)];
    }
    let words = match next {
        Next::Found(finding) => return told(state, blaming, finding),
        Next::Type(task) => format!(
            "{} is at fault: what it was made of is right. t types what its answer should be",
            name(state, *task)
        ),
        Next::Ask(task) if *task == blaming.goal && blaming.search.pinned().is_empty() => {
            format!("{} has this answer. n: it is wrong; t: you type the right one", name(state, *task))
        }
        Next::Ask(task) if *task == blaming.goal => {
            "it ran again: is the goal's answer right now?".to_owned()
        }
        Next::Ask(task) | Next::Rerun(task, _) => {
            format!("is the answer of {} as it should be?", name(state, *task))
        }
    };
    vec![(Tone::Strong, words)]
}

/// How many questions are still to come, about.
fn to_come(blaming: &Blaming, next: &Next) -> Option<(Tone, String)> {
    let (search, suspects) = (&blaming.search, blaming.search.suspects());
    let open = !matches!(next, Next::Found(_)) && 1 < suspects.len() && blaming.trying.is_none();
    if !open || search.said(blaming.goal).is_none() {
        return None;
    }
    let more = (suspects.len() as f64).log2().ceil() as u32;
    let words = format!(
        "{} of {} could be at fault: about {} to come; {} made so far",
        suspects.len(),
        search.ancestry().tasks().len(),
        counted(more, "question"),
        counted(blaming.calls, "call")
    );
    Some((Tone::Dim, words))
}

/// How a task stands in the search.
fn standing(
    blaming: &Blaming,
    suspects: &[TaskId],
    over: bool,
    asked: bool,
    task: TaskId,
) -> (&'static str, Tone) {
    match blaming.search.said(task) {
        _ if over && asked => ("at fault", Tone::Bad),
        _ if asked => ("asked now", Tone::Strong),
        _ if blaming.search.pinned().contains(&task) => ("replaced", Tone::Changed),
        Some(Said::Right) => ("right", Tone::Added),
        Some(Said::Wrong | Said::Typed(_)) => ("wrong", Tone::Bad),
        Some(Said::Open) => ("open", Tone::Dim),
        None if suspects.contains(&task) => ("suspect", Tone::Plain),
        None => ("cleared", Tone::Dim),
    }
}

fn row(state: &State, blaming: &Blaming, (how, tone): (&str, Tone), task: TaskId) -> Row {
    let answer = blaming.search.answer(task).unwrap_or_default().to_owned();
    let text = state.journal.session().plan.text(task);
    Row::new(tone, [how.to_owned(), number(state, task), text, answer])
}

/// About the task under the cursor: what was asked, who answered, what it was made of.
pub(in super::super) fn detail(state: &State, task: TaskId) -> Vec<(Tone, String)> {
    let Some(blaming) = state.blame.as_deref() else { return vec![] };
    let (plan, look) = (&state.journal.session().plan, state.survey.look(task));
    let by = look.map(|look| format!("[{}] ", look.by)).unwrap_or_default();
    let mut lines = vec![(Tone::Strong, format!("{}  {by}{}", name(state, task), plan.text(task)))];
    for question in look.iter().flat_map(|look| &look.questions).take(8) {
        if *question != plan.text(task) {
            lines.push((Tone::Dim, format!("       asked as {question}")));
        }
    }
    lines.push((Tone::Plain, format!("       → {}", blaming.search.answer(task).unwrap_or_default())));
    if let Some(Said::Typed(right)) = blaming.search.said(task) {
        lines.push((Tone::Added, format!("       should be {right}")));
    }
    for input in blaming.search.ancestry().inputs(task) {
        let answer = blaming.search.answer(input).unwrap_or_default();
        lines.push((Tone::Dim, format!("       made of {} → {answer}", name(state, input))));
    }
    lines
}
