//! `update`: the only place where the state changes. It routes; the topics are in the files beside it.

mod amend;
mod beside;
pub mod blame;
mod breakpoints;
mod browsing;
mod caps;
mod cases;
mod disabled;
pub mod dry;
mod edits;
pub mod files;
mod history;
mod lineage;
mod models;
mod onward;
mod recording;
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

pub use disabled::disabled;
pub use edits::configure;

use super::{Action, Effect, Message, Mode, Run, State, Stored, Weight};
use recording::{change, note, record, record_or_say, record_turn, store, walk};

/// Takes one message in. Pure: effects are returned, never done; `now` is milliseconds since 1970.
pub fn update(state: &mut State, message: Message, now: u64) -> Vec<Effect> {
    state.now = now;
    let mut effects = taken(state, message);
    effects.extend(running::end_lapsed(state));
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

fn act(state: &mut State, action: Action) -> Vec<Effect> {
    use Action as A;
    state.typed = None;
    // Leaving, and what works wherever one is.
    match (action, &state.mode) {
        (A::Quit, Mode::Browse | Mode::Home { .. }) => return quit(state),
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
        A::Fork => history::fork(state, None),
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

/// Leaves, unless work would be lost by it that nobody was asked about.
fn quit(state: &mut State) -> Vec<Effect> {
    if let Some(why) = &state.unsaved {
        let words = format!("not saved: W saves it to another file, q again leaves without it: {why}");
        if state.notice.as_ref().is_none_or(|notice| notice.text != words) {
            state.say(Weight::Warning, words);
            return vec![];
        }
    }
    leave(state)
}

/// Leaves from wherever one is; what runs is stopped and kept.
pub fn leave(state: &mut State) -> Vec<Effect> {
    let mut effects = running::stop_all(state);
    effects.push(Effect::Quit);
    effects
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
