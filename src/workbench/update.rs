//! `update`: the only place where the state changes. It routes; the topics are in the files beside it.

mod amend;
mod beside;
pub mod blame;
mod breakpoints;
mod browsing;
mod caps;
mod cases;
pub mod dry;
mod edits;
pub mod files;
mod history;
mod lineage;
mod models;
mod onward;
pub mod repeat;
mod reports;
mod reverse;
pub mod review;
mod rework;
pub mod running;
mod search;
mod sheets;
mod stale;
mod stops;
pub mod time_travel;
mod typing;
mod verdicts;
mod vote;
mod weak;
pub mod whatif;
mod why;

use super::{Action, Effect, Message, Mode, Run, State, Stored, Weight};
use crate::session::{Entry, Event, JournalError};

/// Takes one message in. Pure: effects are returned, never done; `now` is milliseconds since 1970.
pub fn update(state: &mut State, message: Message, now: u64) -> Vec<Effect> {
    state.now = now;
    let mut effects = taken(state, message);
    effects.extend(blame::wake(state));
    effects
}

fn taken(state: &mut State, message: Message) -> Vec<Effect> {
    match message {
        Message::Action(action) => act(state, action),
        Message::Typing(typing) => typing::take(state, &typing),
        Message::Newline => typing::take(state, &super::buffer::Typing::Insert("\n".to_owned())),
        Message::Report(report) => {
            let mut effects = reports::report(state, report);
            effects.extend(beside::heard(state));
            effects
        }
        Message::Stored(stored) => files::stored(state, stored),
        Message::Click(target) => browsing::click(state, target),
        Message::Scroll(place, lines) => browsing::scroll(state, place, lines),
        Message::Resized(width, height) => {
            state.ui.size = (width, height);
            vec![]
        }
        Message::Tick => vec![],
    }
}

/// Why the action can do nothing just now; help and palette dim it, pressing it says so.
pub fn disabled(state: &State, action: Action) -> Option<String> {
    use Action as A;
    let plan = &state.journal.session().plan;
    let running = !state.live.is_empty();
    // What is paused can be taken up by any step or run.
    let runs = running && state.run != Run::Idle && !running::paused(state);
    let why = |condition: bool, words: &str| condition.then(|| words.to_owned());
    let no_task = || why(plan.is_empty(), "there is no task yet: n types one");
    match action {
        // A step that is asked for during a step is made after it.
        A::Step if matches!(state.run, Run::Step | Run::Settle(_)) => None,
        A::Step | A::StepOver | A::StepInto | A::Continue | A::RunUntil | A::RunWhen => {
            no_task().or_else(|| why(runs, "it runs already: p pauses, C-x cancels"))
        }
        A::StepOut => no_task()
            .or_else(|| why(runs, "it runs already: p pauses, C-x cancels"))
            .or_else(|| why(running::above(state).is_none(), "the goal has no task above it: c goes on")),
        A::ReverseStep | A::ReverseContinue | A::Breakpoint | A::NewBreakpoint | A::Watches => no_task(),
        A::Pause | A::Cancel => why(!running, "nothing is running"),
        A::Undo => why(state.journal.undo_target().is_none(), "nothing to undo"),
        A::Redo => why(state.journal.redo_target().is_none(), "nothing to redo"),
        A::BackInTime => why(state.journal.head().is_none_or(|head| head.0 < 2), "this is the beginning"),
        A::ForwardInTime => why(state.journal.next().is_none(), "this is the end"),
        A::Edit
        | A::EditOutside
        | A::EditPrompt
        | A::EditAnswer
        | A::WhyPrompt
        | A::Repeat
        | A::Samples
        | A::WhatIf
        | A::Weakest
        | A::NextFigure
        | A::InsertBefore
        | A::Mark
        | A::MarkSubtree
        | A::MoveHere
        | A::Merge
        | A::Wire
        | A::AsText
        | A::TaskStrategy
        | A::TaskRouter
        | A::TaskExpert
        | A::Check
        | A::Budget
        | A::Collapse
        | A::Pin
        | A::CancelTask
        | A::NextDoubt
        | A::PreviousDoubt
        | A::Lint
        | A::Preview
        | A::Timeline
        | A::Fork
        | A::Branches
        | A::Compare
        | A::SplitByStrategy
        | A::InsertAfter
        | A::InsertBelow
        | A::Reroute
        | A::TypeAnswer
        | A::Again => no_task(),
        A::Blame => {
            no_task().or_else(|| why(running, "it runs: wait for the end, or C-x cancels")).or_else(|| {
                let answer = plan.root().and_then(|root| state.journal.session().answer(root));
                why(answer.is_none(), "the goal has no answer yet: c runs to the end")
            })
        }
        A::Judge => no_task().or_else(|| {
            let answered = |task: &crate::ids::TaskId| state.journal.session().answer(*task).is_some();
            why(!rework::chosen(state).iter().any(answered), "there is no answer yet that could be judged")
        }),
        A::DryRun => no_task()
            .or_else(|| why(running && state.run != Run::Idle, "it runs already: p pauses, C-x cancels")),
        A::RunStale => no_task()
            .or_else(|| why(runs, "it runs already: p pauses, C-x cancels"))
            .or_else(|| why(state.survey.tally().stale == 0, "nothing is stale")),
        A::Delete
        | A::DeleteAlone
        | A::MoveUp
        | A::MoveDown
        | A::Indent
        | A::Outdent
        | A::Duplicate
        | A::Split => no_task().or_else(|| {
            let goal = state.ui.marked.is_empty()
                && state.ui.cursor.is_some_and(|row| plan.root() == Some(row.task));
            why(goal, "the goal itself stays where it is: n starts another")
        }),
        A::Fold | A::Left | A::Right | A::Copy | A::SaveAs | A::WriteCase => no_task(),
        A::SearchNext => why(state.ui.search.is_empty(), "nothing was searched for yet: / searches"),
        A::CancelFetch => {
            let fetching = |model: &crate::engine::ModelState| {
                matches!(model, crate::engine::ModelState::Fetching { .. })
            };
            why(!state.models.values().any(fetching), "nothing is being fetched")
        }
        A::ReviewAccept
        | A::ReviewOverride
        | A::ReviewBothFine
        | A::ReviewSkip
        | A::ReviewReason
        | A::ReviewBlind
        | A::ReviewOrder
        | A::ReviewLearn
        | A::ReviewRollback
        | A::ReviewExport => {
            why(state.mode != Mode::Review, "this works in the review of routing: R opens it")
        }
        _ => None,
    }
}

fn act(state: &mut State, action: Action) -> Vec<Effect> {
    use Action as A;
    // Leaving, and what works wherever one is.
    match (action, &state.mode) {
        (A::Quit, Mode::Browse | Mode::Home { .. }) => return leave(state),
        (_, Mode::Review) => return review::act(state, action),
        (A::Back, Mode::Typing(mode)) if mode.purpose == super::mode::Purpose::ReviewReason => {
            state.mode = Mode::Review;
            return vec![];
        }
        (
            A::Quit | A::Back,
            Mode::Help { .. } | Mode::Palette(_) | Mode::Typing(_) | Mode::Reroute(_) | Mode::Sheet(_),
        )
        | (A::Back, Mode::Home { .. }) => {
            let blames = matches!(&state.mode, Mode::Sheet(sheet) if matches!(sheet.kind, super::sheet::Kind::Blame(_)));
            state.mode = Mode::Browse;
            return if blames { blame::leave(state) } else { vec![] };
        }
        (_, Mode::Browse) => {}
        _ => return browsing::in_list(state, action),
    }
    if let Some(why) = disabled(state, action) {
        state.say(Weight::Warning, why);
        return vec![];
    }
    state.notice = None;
    match action {
        A::Step => running::step(state),
        A::StepOver => running::start(state, Run::Over),
        A::StepInto => running::start(state, Run::Into),
        A::StepOut => running::out(state),
        A::StepGrain => breakpoints::next_grain(state),
        A::RunWhen | A::NewBreakpoint | A::Watches => breakpoints::ask(state, action),
        A::Breakpoint => breakpoints::toggle(state),
        A::Breakpoints => breakpoints::list(state),
        A::ReverseStep => reverse::step(state),
        A::ReverseContinue => reverse::run(state),
        A::Continue => running::start(state, Run::All),
        A::RunUntil => running::until_selected(state),
        A::Pause => running::pause_or_resume(state),
        A::Cancel => running::cancel(state),
        A::CancelTask => running::cancel_task(state),
        A::DryRun => dry::show(state),
        A::Again => edits::again(state),
        A::Edit | A::EditOutside => edits::edit_text(state, action == A::EditOutside),
        A::EditPrompt => amend::edit_prompt(state),
        A::WhyPrompt => why::open(state),
        A::Repeat => repeat::start(state),
        A::Samples => vote::ask(state),
        A::WhatIf => whatif::open(state),
        A::EditAnswer => onward::edit_answer(state),
        A::Weakest => weak::next(state),
        A::NextFigure => weak::next_figure(state),
        A::InsertAfter | A::InsertBefore | A::InsertBelow => edits::insert(state, action),
        A::Indent
        | A::Outdent
        | A::Duplicate
        | A::DeleteAlone
        | A::MoveHere
        | A::Collapse
        | A::SplitByStrategy => rework::rework(state, action),
        A::Mark | A::MarkSubtree => rework::mark(state, action),
        A::Wire => rework::wire(state),
        A::Split | A::Merge | A::Check | A::Budget | A::AsText | A::Explain => rework::ask(state, action),
        A::TaskStrategy | A::TaskRouter | A::TaskExpert => rework::choose(state, action),
        A::Pin => rework::pin(state),
        A::Judge => verdicts::ask(state),
        A::NextDoubt | A::PreviousDoubt => verdicts::next(state, action == A::NextDoubt),
        A::Blame => blame::open(state),
        A::WriteCase => cases::ask(state),
        A::Lint => sheets::lint(state),
        A::Preview => stale::preview(state),
        A::RunStale => running::start(state, Run::Stale),
        A::Timeline => history::timeline(state, super::sheet::Grain::default()),
        A::Fork => history::fork(state),
        A::Branches => history::list(state, false),
        A::Compare => history::list(state, true),
        A::Delete => edits::delete(state),
        A::MoveUp | A::MoveDown => edits::shift(state, action == A::MoveDown),
        A::Reroute => edits::reroute(state),
        A::TypeAnswer => edits::type_answer(state),
        A::Undo | A::Redo | A::BackInTime | A::ForwardInTime => time_travel::travel(state, action),
        A::New | A::Open | A::SaveAs | A::Search => typing::open(state, action),
        A::Home => files::home(state),
        A::Models => models::open(state),
        A::Review => review::open(state),
        A::NextStrategy | A::NextRouter => edits::next_setting(state, action),
        A::CancelFetch => vec![Effect::StopFetching],
        A::Palette => {
            state.mode = Mode::Palette(super::mode::PaletteMode::default());
            vec![]
        }
        A::Help => {
            state.mode = Mode::Help { scroll: 0 };
            vec![]
        }
        _ => browsing::browse(state, action),
    }
}

/// Runs an action from wherever one is: palette and clicks on hints come here.
fn act_from_outside(state: &mut State, action: Action) -> Vec<Effect> {
    state.mode = Mode::Browse;
    act(state, action)
}

/// Leaves from wherever one is; what runs is stopped and kept.
pub fn leave(state: &mut State) -> Vec<Effect> {
    let mut effects = running::stop_all(state);
    effects.push(Effect::Quit);
    effects
}

/// Writes events down, in a turn of their own, and says how they reach the disk.
fn record_turn(
    state: &mut State,
    events: impl IntoIterator<Item = Event>,
) -> Result<Vec<Effect>, JournalError> {
    state.journal.open_turn();
    record(state, events)
}

/// Writes events down in the turn at hand.
fn record(state: &mut State, events: impl IntoIterator<Item = Event>) -> Result<Vec<Effect>, JournalError> {
    let mut entries = vec![];
    let mut refused = None;
    for event in events {
        match state.journal.record(event, state.now) {
            Ok(entry) => entries.push(entry),
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    let effects = store(state, entries);
    state.look();
    match refused {
        None => Ok(effects),
        Some(error) => Err(error),
    }
}

/// How new entries reach the disk: by a file of their own when there is none yet.
fn store(state: &mut State, entries: Vec<Entry>) -> Vec<Effect> {
    use super::SessionFile;
    if entries.is_empty() {
        return vec![];
    }
    match &state.file {
        SessionFile::At(_) | SessionFile::Creating => vec![Effect::Append { entries }],
        SessionFile::None | SessionFile::ReadOnly(_) => {
            if let SessionFile::ReadOnly(what) = &state.file {
                let what = format!("{what} stays as it is: your changes go to a session of their own");
                state.note(Weight::Info, what);
            }
            state.file = SessionFile::Creating;
            let title = state.journal.session().title.clone();
            vec![Effect::Create { title, entries: state.journal.entries() }]
        }
    }
}

/// Writes down what stands beside the history. What is only shown is not written; a copy has it.
fn note(state: &mut State, aside: crate::session::Aside) -> Vec<Effect> {
    let entry = state.journal.note(aside, state.now);
    match &state.file {
        super::SessionFile::ReadOnly(_) => vec![],
        _ => store(state, vec![entry]),
    }
}

/// Does an edit of the person, or says why it can not be done.
fn change(state: &mut State, event: Event) -> Vec<Effect> {
    match record_turn(state, [event]) {
        Ok(effects) => {
            browsing::keep_cursor(state);
            effects
        }
        Err(error) => {
            let why = match &error {
                JournalError::Plan(why) => spoken(&state.journal.session().plan, &why.to_string()),
                other => other.to_string(),
            };
            state.say(Weight::Error, why);
            vec![]
        }
    }
}

/// The number of a task as a person says it: `goal`, `#2`, `#1.3`.
fn number(state: &State, task: crate::ids::TaskId) -> String {
    let plan = &state.journal.session().plan;
    if plan.root() == Some(task) {
        "goal".to_owned()
    } else {
        plan.reference(crate::ids::TaskId(u32::MAX), task)
    }
}

/// Words of the plan with the numbers that a person sees in place of ids.
fn spoken(plan: &crate::plan::Plan, words: &str) -> String {
    let name = |word: &str| {
        let id = word.strip_prefix('t')?.parse().ok().map(crate::ids::TaskId)?;
        let known = plan.contains(id);
        let goal = plan.root() == Some(id);
        known.then(|| {
            if goal { "the goal".to_owned() } else { plan.reference(crate::ids::TaskId(u32::MAX), id) }
        })
    };
    let words = words.split(' ').map(|word| name(word).unwrap_or_else(|| word.to_owned()));
    words.collect::<Vec<_>>().join(" ")
}

impl From<Stored> for Message {
    fn from(stored: Stored) -> Message {
        Message::Stored(stored)
    }
}
