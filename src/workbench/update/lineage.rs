//! Two lines of history beside each other: compared, taken over task by task, merged.

use super::{browsing, history, record_turn, sheets};
use crate::{
    ids::{Seq, TaskId},
    plan::{Draft, Edit, Phrase, Piece, Plan},
    session::{
        Actor, Amended, Amendment, Event, Journal, Session,
        branches::{branches, common},
        compare::{Costs, Difference, Matching, Pair, compare, costs, expert, matching},
        merge::{Merging, Side},
    },
    workbench::{
        Action, Effect, Mode, State, Weight,
        sheet::{Comparing, Kind, Row, Sheet, Tone},
    },
};
use std::collections::HashMap;

/// The branch at hand beside another one of this session.
pub(super) fn compare_with(state: &mut State, tip: Seq) -> Vec<Effect> {
    let name = branches(&state.journal).into_iter().find(|branch| branch.tip == tip);
    let name = name.map_or_else(|| tip.to_string(), |branch| branch.name);
    let other = match state.journal.session_at(Some(tip)) {
        Ok(other) => other,
        Err(error) => {
            state.say(Weight::Error, error.to_string());
            return vec![];
        }
    };
    let its = costs(&state.journal, Some(tip));
    open(state, other, name, Matching::Ids, its)
}

/// The session at hand beside another one that was read for it.
pub(super) fn compare_other(state: &mut State, journal: &Journal) -> Vec<Effect> {
    let matching = matching(&state.journal, journal);
    let other = journal.session().clone();
    let name = other.title.clone();
    open(state, other, name, matching, costs(journal, journal.head()))
}

fn open(state: &mut State, other: Session, name: String, matching: Matching, its: Costs) -> Vec<Effect> {
    let mine = state.journal.session();
    let comparison = compare(mine, &other, matching);
    let first = comparison.divergence(mine, &other);
    let costs = (costs(&state.journal, state.journal.head()), its);
    let differing = comparison.differing().count();
    let sum = |costs: &Costs| {
        let (mut calls, mut tokens) = (0, 0);
        for (of, usage) in costs.values() {
            calls += of;
            tokens += usage.output_tokens;
        }
        format!("{calls} calls, {tokens} tokens")
    };
    let head = match differing {
        0 => "both sides are the same".to_owned(),
        1 => "1 task differs".to_owned(),
        n => format!("{n} tasks differ; the step that went another way first is marked `first`"),
    };
    let costs_told = format!("this side {}, the other {}", sum(&costs.0), sum(&costs.1));
    let pairs = comparison.pairs.iter().enumerate();
    let rows = pairs.map(|(at, pair)| row(mine, &other, pair, first == Some(at))).collect();
    let cursor = first.unwrap_or(0);
    let title = format!("Compare with {name}");
    let comparing = Comparing { comparison, other, name, matching, first, costs };
    let sheet = Sheet {
        kind: Kind::Compare(Box::new(comparing)),
        title,
        head: vec![(Tone::Strong, head), (Tone::Dim, costs_told)],
        columns: vec![0, 23, 0],
        rows,
        cursor,
        below: vec![],
        keys: vec![
            ("tab", "next difference"),
            ("a", "adopt task"),
            ("A", "adopt subtree"),
            ("&", "blame by the other side"),
            ("enter", "go there"),
        ],
    };
    sheets::show(state, sheet);
    history::refresh(state);
    vec![]
}

fn row(mine: &Session, other: &Session, pair: &Pair, first: bool) -> Row {
    let side = |session: &Session, task: Option<TaskId>| {
        let Some(task) = task else { return String::new() };
        let plan = &session.plan;
        let number =
            if plan.root() == Some(task) { String::new() } else { format!("#{} ", plan.position(task)) };
        format!("{}{number}{}", "  ".repeat(pair.depth), plan.text(task))
    };
    let words: Vec<&str> = pair.differences.iter().map(|what| what.word()).collect();
    let tone = match pair.differences.first() {
        None => Tone::Plain,
        Some(Difference::OnlyOne) => Tone::Removed,
        Some(Difference::OnlyOther) => Tone::Added,
        Some(_) => Tone::Changed,
    };
    let mark = if first { "first ≠" } else { "≠" };
    let between = if words.is_empty() { "=".to_owned() } else { format!("{mark} {}", words.join(", ")) };
    Row::new(tone, [side(mine, pair.one), between, side(other, pair.other)])
}

/// Both sides of the pair under the cursor, whole.
pub(super) fn detail(mine: &Session, comparing: &Comparing, at: usize) -> Vec<(Tone, String)> {
    let Some(pair) = comparing.comparison.pairs.get(at) else { return vec![] };
    let mut lines = vec![];
    if comparing.first == Some(at) {
        let words = "the first divergent step: all it was made of is the same on both sides";
        lines.push((Tone::Strong, words.to_owned()));
    }
    let sides = [
        ("here", mine, pair.one, &comparing.costs.0),
        ("there", &comparing.other, pair.other, &comparing.costs.1),
    ];
    for (name, session, task, costs) in sides {
        let Some(task) = task else {
            lines.push((Tone::Dim, format!("{name:<6} not there")));
            continue;
        };
        let tone = if pair.differences.is_empty() { Tone::Plain } else { Tone::Changed };
        let by = expert(session, task).map(|by| format!("[{by}] ")).unwrap_or_default();
        lines.push((tone, format!("{name:<6} {by}{}", session.plan.text(task))));
        if let Some(answer) = session.answer(task) {
            lines.push((tone, format!("{:<6} → {answer}", "")));
        }
        let (calls, usage) = costs.get(&task).copied().unwrap_or_default();
        if 0 < calls {
            let s = if calls == 1 { "" } else { "s" };
            let cost =
                format!("{:<6} {calls} call{s}, {} tokens, {:.1} s", "", usage.output_tokens, usage.seconds);
            lines.push((Tone::Dim, cost));
        }
    }
    lines
}

/// The next pair that differs, or the one before.
pub(super) fn next_difference(state: &mut State, forward: bool) -> Vec<Effect> {
    let Mode::Sheet(sheet) = &mut state.mode else { return vec![] };
    let Kind::Compare(comparing) = &sheet.kind else { return vec![] };
    let (at, all) = (sheet.cursor, comparing.comparison.differing().collect::<Vec<_>>());
    let next = match forward {
        true => all.iter().find(|found| at < **found).or(all.first()),
        false => all.iter().rfind(|found| **found < at).or(all.last()),
    };
    match next {
        Some(next) => sheet.cursor = *next,
        None => state.say(Weight::Info, "both sides are the same"),
    }
    history::refresh(state);
    vec![]
}

/// Searches for the task at fault with the answers of the other side as the right ones: nobody is asked about these.
pub(super) fn blame(state: &mut State) -> Vec<Effect> {
    let Mode::Sheet(sheet) = &state.mode else { return vec![] };
    let Kind::Compare(comparing) = &sheet.kind else { return vec![] };
    let right = |pair: &Pair| Some((pair.one?, comparing.other.answer(pair.other?)?.to_owned()));
    let gold = comparing.comparison.pairs.iter().filter_map(right).collect();
    if let Some(why) = super::disabled(state, Action::Blame) {
        state.say(Weight::Warning, why);
        return vec![];
    }
    let goal = state.journal.session().plan.root();
    goal.map_or_else(Vec::new, |goal| super::blame::begin(state, goal, gold))
}

/// Takes a task of the other side, or it and all below it, with words, expert and answers.
pub(super) fn adopt(state: &mut State, whole: bool) -> Vec<Effect> {
    let Mode::Sheet(sheet) = &state.mode else { return vec![] };
    let (at, Kind::Compare(comparing)) = (sheet.cursor, &sheet.kind) else { return vec![] };
    let comparing = Comparing::clone(comparing);
    let Some(pair) = comparing.comparison.pairs.get(at) else { return vec![] };
    let mine = state.journal.session();
    let events = match adopted(mine, &comparing, pair, whole, state.journal.fresh_task()) {
        Ok(events) => events,
        Err(why) => {
            state.say(Weight::Warning, why);
            return vec![];
        }
    };
    let effects = match record_turn(state, events) {
        Ok(effects) => effects,
        Err(error) => {
            state.say(Weight::Error, error.to_string());
            return vec![];
        }
    };
    browsing::keep_cursor(state);
    let Comparing { other, name, matching, costs, .. } = comparing;
    open(state, other, name.clone(), matching, costs.1);
    if let Mode::Sheet(sheet) = &mut state.mode {
        sheet.cursor = at.min(sheet.rows.len().saturating_sub(1));
    }
    history::refresh(state);
    state.say(Weight::Info, format!("adopted from {name}; z takes it back"));
    effects
}

/// The events that take the task over.
fn adopted(
    mine: &Session,
    comparing: &Comparing,
    pair: &Pair,
    whole: bool,
    fresh: TaskId,
) -> Result<Vec<Event>, String> {
    let other = &comparing.other;
    let mut same: HashMap<TaskId, TaskId> =
        comparing.comparison.pairs.iter().filter_map(|pair| Some((pair.other?, pair.one?))).collect();
    let Some(its) = pair.other else {
        let task = pair.one.ok_or("there is nothing to adopt here")?;
        return Ok(vec![edited(vec![Edit::Remove { task }], &comparing.name)]);
    };
    let tasks = if whole { other.plan.subtree(its) } else { vec![its] };
    let mut grown: Plan = mine.plan.clone();
    let mut edits = vec![];
    let mut make = |grown: &mut Plan, edit: Edit| {
        grown.apply(&edit).map_err(|error| error.to_string())?;
        edits.push(edit);
        Ok::<(), String>(())
    };
    let mut next = fresh.0;
    for task in &tasks {
        if same.contains_key(task) {
            continue;
        }
        let related = comparing.matching == Matching::Ids;
        let id = if related && !grown.contains(*task) { *task } else { TaskId(next) };
        next = next.max(id.0) + u32::from(id.0 == next);
        let up = other.plan.parent(*task).ok_or("the goal of another session stays there")?;
        let parent = *same.get(&up).ok_or("the task above it is not here: adopt that first")?;
        let before = other.plan.parts(up).iter().take_while(|part| *part != task);
        let after =
            before.filter_map(|part| same.get(part)).filter(|part| grown.parent(**part) == Some(parent));
        let at = after.last().map_or(0, |after| grown.position(*after));
        make(&mut grown, Edit::Add { task: id, parent: Some(parent), at, draft: Draft::default() })?;
        same.insert(*task, id);
    }
    for task in &tasks {
        let Some(found) = other.plan.task(*task) else { continue };
        let (id, draft) = (same[task], found.draft.clone());
        let phrase = draft.phrase.map(|to| match same.get(&to).filter(|to| grown.contains(**to)) {
            Some(to) => Piece::Answer { task: *to },
            None => Piece::Lost { lost: to.to_string() },
        });
        let now = grown.task(id).cloned().map(|task| (task.draft, task.collapsed));
        let (now, collapsed) = now.unwrap_or_default();
        let mut set = |differs: bool, edit: Edit| if differs { make(&mut grown, edit) } else { Ok(()) };
        set(
            now.phrase != phrase,
            Edit::SetPhrase { task: id, phrase: Phrase::of(phrase.pieces().to_vec()) },
        )?;
        set(now.operator != draft.operator, Edit::SetOperator { task: id, operator: draft.operator })?;
        set(now.expert != draft.expert, Edit::SetExpert { task: id, expert: draft.expert })?;
        set(now.strategy != draft.strategy, Edit::SetStrategy { task: id, strategy: draft.strategy })?;
        set(now.router != draft.router, Edit::SetRouter { task: id, router: draft.router })?;
        set(now.check != draft.check, Edit::SetCheck { task: id, check: draft.check })?;
        set(now.budget != draft.budget, Edit::SetBudget { task: id, budget: draft.budget })?;
        set(collapsed != found.collapsed, Edit::Collapse { task: id, on: found.collapsed })?;
    }
    if whole && let Some(top) = pair.one {
        // What the other side has not stays only where it was moved from elsewhere.
        let kept: Vec<TaskId> = tasks.iter().filter_map(|task| same.get(task).copied()).collect();
        let gone: Vec<TaskId> =
            mine.plan.subtree(top).into_iter().filter(|task| !kept.contains(task)).collect();
        for task in mine.plan.topmost(&gone) {
            make(&mut grown, Edit::Remove { task })?;
        }
    }
    let mut events = if edits.is_empty() { vec![] } else { vec![edited(edits, &comparing.name)] };
    for task in &tasks {
        events.extend(progress(other, *task, same[task], mine));
    }
    if events.is_empty() { Err("both sides are the same here".to_owned()) } else { Ok(events) }
}

fn edited(edits: Vec<Edit>, name: &str) -> Event {
    Event::Edited { by: Actor::Person, edits, reason: Some(format!("adopted from {name}")) }
}

/// How far the other side is with the task, as events of this one. Answers hold where their keys are the same here.
fn progress(other: &Session, its: TaskId, task: TaskId, mine: &Session) -> Vec<Event> {
    let (there, here) = (other.progress(its), mine.progress(task));
    let mut events = vec![];
    if let Some((key, decision)) = there.routed.clone().filter(|_| there.routed != here.routed) {
        events.push(Event::Routed { task, key, decision });
    }
    if there.complete && !here.complete {
        let strategy = other.plan.task(its).and_then(|task| task.draft.strategy.clone());
        let strategy = strategy.or(other.settings.as_ref().map(|settings| settings.strategy.clone()));
        let (strategy, key) = (strategy.unwrap_or_default(), String::new());
        events.push(Event::Proposed { task, strategy, key, edits: vec![], complete: true, warnings: vec![] });
    }
    if let Some(solved) = there.solved.clone().filter(|_| there.solved != here.solved) {
        events.push(Event::Solved { task, key: solved.key, answer: solved.answer });
    }
    events.extend(amended(&there.amended, &here.amended, task));
    if there.pinned != here.pinned {
        events.push(Event::Pinned { task, answer: there.pinned.clone(), reason: None });
    }
    events
}

/// What changes the amendments of a task into those of another state.
fn amended(there: &[Amended], here: &[Amended], task: TaskId) -> Vec<Event> {
    let of = |one: &Amended, amendment| Event::Amended {
        task,
        purpose: one.purpose,
        key: one.key.clone(),
        amendment,
    };
    let same = |one: &Amended, other: &Amended| (one.purpose, &one.key) == (other.purpose, &other.key);
    let gone = here.iter().filter(|one| !there.iter().any(|other| same(one, other)));
    let gone = gone.map(|one| of(one, Amendment::default()));
    let held = |one: &&Amended| here.iter().any(|other| same(one, other) && one.amendment == other.amendment);
    let new = there.iter().filter(|one| !held(one)).map(|one| of(one, one.amendment.clone()));
    gone.chain(new).collect()
}

/// Merges another branch into the one at hand, from the state that both had.
pub(super) fn merge_with(state: &mut State, tip: Seq) -> Vec<Effect> {
    let journal = &state.journal;
    let Some(head) = journal.head().filter(|head| *head != tip) else {
        state.say(Weight::Info, "this is the branch at hand: choose another one to merge into it");
        return vec![];
    };
    let name = branches(journal).into_iter().find(|branch| branch.tip == tip);
    let name = name.map_or_else(|| tip.to_string(), |branch| branch.name);
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
pub(super) fn sides(merging: &Merging, at: usize) -> Vec<(Tone, String)> {
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
pub(super) fn decide(state: &mut State, action: Action) -> Vec<Effect> {
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

pub(super) fn finish(state: &mut State, merging: &Merging) -> Vec<Effect> {
    let merged = match merging.finish() {
        Ok(merged) => merged,
        Err(why) => {
            state.say(Weight::Error, why);
            return vec![];
        }
    };
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
    // What the other branch found out about tasks that are now as they were there is good here too.
    let here = state.journal.session().clone();
    let mut after = here.clone();
    if events.iter().any(|event| after.apply(event).is_err()) {
        state.say(Weight::Error, "the merged plan could not be made");
        return vec![];
    }
    for task in after.plan.walk() {
        let (there, old) = (merging.theirs.progress(task), here.progress(task));
        if merging.theirs.plan.contains(task) && !here.plan.contains(task) {
            events.extend(
                progress(&merging.theirs, task, task, &after)
                    .into_iter()
                    .filter(|event| !matches!(event, Event::Pinned { .. })),
            );
        } else if there.complete && !old.complete && here.plan.contains(task) {
            events.extend(
                progress(&merging.theirs, task, task, &after)
                    .into_iter()
                    .filter(|event| matches!(event, Event::Proposed { .. })),
            );
        }
    }
    let effects = match record_turn(state, events) {
        Ok(effects) => effects,
        Err(error) => {
            state.say(Weight::Error, error.to_string());
            return vec![];
        }
    };
    browsing::keep_cursor(state);
    let cost = super::stale::cost(state);
    state.say(Weight::Info, format!("merged {}{cost}; z takes it back", merging.name));
    effects
}
