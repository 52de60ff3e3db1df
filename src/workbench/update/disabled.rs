//! Which actions can do nothing just now, and why not.

use super::{edits, rework, running};
use crate::{
    engine::ModelState,
    ids::TaskId,
    workbench::{Action, Mode, Run, State},
};

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
        | A::TypeAnswer => no_task(),
        A::Again => no_task().or_else(|| {
            let words = "its parts answer it: select one of them, or delete them first";
            why(edits::has_its_parts(state), words)
        }),
        A::Blame => {
            no_task().or_else(|| why(running, "it runs: wait for the end, or C-x cancels")).or_else(|| {
                let answer = plan.root().and_then(|root| state.journal.session().answer(root));
                why(answer.is_none(), "the goal has no answer yet: c runs to the end")
            })
        }
        A::Judge => no_task().or_else(|| {
            let answered = |task: &TaskId| state.journal.session().answer(*task).is_some();
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
            let fetching = |model: &ModelState| matches!(model, ModelState::Fetching { .. });
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
