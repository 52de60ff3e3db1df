//! Which actions can do nothing just now, and why not.

use super::{edits, rework, running};
use crate::{
    engine::ModelState,
    ids::TaskId,
    workbench::{Action, Mode, Run, State, action::Group},
};

/// Why the action can do nothing just now; help and palette dim it, pressing it says so.
pub fn disabled(state: &State, action: Action) -> Option<String> {
    use Action as A;
    let plan = &state.journal.session().plan;
    if plan.is_empty() && needs_a_task(action) {
        return Some("there is no task yet: n types one".to_owned());
    }
    let running = !state.live.is_empty();
    let (wait, busy) = (Some("it runs already: p pauses, C-x cancels"), running && state.run != Run::Idle);
    // What is paused can be taken up by any step or run.
    let runs = busy && !running::paused(state);
    let why = |condition: bool, words: &'static str| condition.then_some(words);
    let words = match action {
        // A step that is asked for during a step is made after it.
        A::Step if matches!(state.run, Run::Step | Run::Settle(_)) => None,
        A::Step
        | A::StepOver
        | A::StepInto
        | A::StepOut
        | A::Continue
        | A::RunUntil
        | A::RunWhen
        | A::RunStale
            if runs =>
        {
            wait
        }
        A::DryRun if busy => wait,
        A::StepOut => why(running::above(state).is_none(), "the goal has no task above it: c goes on"),
        A::RunStale => why(state.survey.tally().stale == 0, "nothing is stale"),
        A::Pause | A::Cancel => why(!running, "nothing is running"),
        A::Undo => why(state.journal.undo_target().is_none(), "nothing to undo"),
        A::Redo => why(state.journal.redo_target().is_none(), "nothing to redo"),
        A::BackInTime => why(state.journal.head().is_none_or(|head| head.0 < 2), "this is the beginning"),
        A::ForwardInTime => why(state.journal.next().is_none(), "this is the end"),
        A::Again => {
            let words = "its parts answer it: select one of them, or delete them first";
            let pinned =
                "a pinned answer stands above it, and nothing would be asked: P takes the pin away first";
            why(edits::has_its_parts(state), words).or_else(|| why(edits::is_pinned(state), pinned))
        }
        A::Blame if running => Some("it runs: wait for the end, or C-x cancels"),
        A::Blame => {
            let answer = plan.root().and_then(|root| state.journal.session().answer(root));
            why(answer.is_none(), "the goal has no answer yet: c runs to the end")
        }
        A::Judge => {
            let answered = |task: &TaskId| state.journal.session().answer(*task).is_some();
            why(!rework::chosen(state).iter().any(answered), "there is no answer yet that could be judged")
        }
        A::Delete
        | A::DeleteAlone
        | A::MoveUp
        | A::MoveDown
        | A::Indent
        | A::Outdent
        | A::Duplicate
        | A::Split => {
            let goal = state.ui.marked.is_empty()
                && state.ui.cursor.is_some_and(|row| plan.root() == Some(row.task));
            why(goal, "the goal itself stays where it is: n starts another")
        }
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
    };
    words.map(str::to_owned)
}

/// Is it about a task, or about a plan that has any? To run and to edit is, unless said otherwise.
fn needs_a_task(action: Action) -> bool {
    use Action as A;
    match action {
        A::StepGrain | A::Breakpoints | A::Pause | A::Cancel | A::Explain => false,
        A::NextDoubt | A::PreviousDoubt | A::Weakest | A::NextFigure => true,
        A::Blame | A::WhyPrompt | A::Copy | A::Fold | A::Left | A::Right => true,
        A::Timeline | A::Fork | A::Branches | A::Compare | A::SaveAs | A::WriteCase => true,
        _ => matches!(action.group(), Group::Run | Group::Edit),
    }
}
