//! What a person can want: one flat vocabulary with titles and help texts. Keys, palette, footer and help read it.

/// One wish. The words a person sees are in [`Action::title`] and [`Action::help`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Left,
    Right,
    Enter,
    Back,
    NextTab,
    PreviousTab,
    SwitchFocus,
    Fold,
    Step,
    StepOver,
    StepInto,
    StepOut,
    StepGrain,
    Continue,
    RunUntil,
    RunWhen,
    ReverseStep,
    ReverseContinue,
    Breakpoint,
    NewBreakpoint,
    Breakpoints,
    Watches,
    Pause,
    Cancel,
    CancelTask,
    DryRun,
    Again,
    Edit,
    EditOutside,
    EditPrompt,
    EditAnswer,
    Repeat,
    Samples,
    WhatIf,
    InsertAfter,
    InsertBefore,
    InsertBelow,
    Delete,
    DeleteAlone,
    MoveUp,
    MoveDown,
    Indent,
    Outdent,
    MoveHere,
    Duplicate,
    Split,
    SplitByStrategy,
    Merge,
    Wire,
    Mark,
    MarkSubtree,
    AsText,
    Reroute,
    TaskStrategy,
    TaskRouter,
    TaskExpert,
    Check,
    Budget,
    Collapse,
    TypeAnswer,
    Pin,
    Explain,
    Judge,
    NextDoubt,
    PreviousDoubt,
    Blame,
    Lint,
    Preview,
    RunStale,
    Undo,
    Redo,
    BackInTime,
    ForwardInTime,
    Timeline,
    Fork,
    Branches,
    Compare,
    New,
    Open,
    SaveAs,
    WriteCase,
    Home,
    Search,
    SearchNext,
    Weakest,
    WhyPrompt,
    NextFigure,
    Copy,
    ToggleLog,
    ReadLog,
    Models,
    NextStrategy,
    NextRouter,
    NextTheme,
    CancelFetch,
    Review,
    ReviewAccept,
    ReviewOverride,
    ReviewBothFine,
    ReviewSkip,
    ReviewReason,
    ReviewBlind,
    ReviewOrder,
    ReviewLearn,
    ReviewRollback,
    ReviewExport,
    Palette,
    Help,
    Quit,
}

/// Where an action is listed in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Move,
    Run,
    Edit,
    Time,
    Session,
    Look,
    /// Only while the review of routing is open; these keys mean something else elsewhere.
    Review,
}

impl Group {
    pub const ALL: [Group; 7] =
        [Group::Run, Group::Edit, Group::Time, Group::Move, Group::Session, Group::Look, Group::Review];

    pub fn title(self) -> &'static str {
        match self {
            Group::Move => "Move",
            Group::Run => "Run",
            Group::Edit => "Edit",
            Group::Time => "Time",
            Group::Session => "Session",
            Group::Look => "Look",
            Group::Review => "In the review",
        }
    }
}

/// Action, id for key maps, title, help, group, default keys.
type Row = (Action, &'static str, &'static str, &'static str, Group, &'static [&'static str]);

/// The one table. Its order is the order of help and palette.
#[rustfmt::skip]
const TABLE: &[Row] = {
    use Action as A;
    use Group as G;
    &[
        (A::Step, "step", "step", "make one call, then stop", G::Run, &["s"]),
        (A::StepOver, "step-over", "step over", "run to the end of the next sub-task", G::Run, &["x"]),
        (A::StepInto, "step-into", "step into", "to the next phase of a call: routed, proposed, answering, committed, judged", G::Run, &["i"]),
        (A::StepOut, "step-out", "step out", "run until the task above the selected one has its answer", G::Run, &["o"]),
        (A::StepGrain, "step-grain", "grain of steps", "s goes one phase, one call or one task; kept with the session", G::Run, &["C-g"]),
        (A::Continue, "continue", "continue", "run until the plan is done or needs you", G::Run, &["c"]),
        (A::RunUntil, "run-until", "run until here", "run until the selected task is the next", G::Run, &["u"]),
        (A::RunWhen, "run-when", "run to condition", "type a condition, as in `probability < 0.2`; the run stops where it holds", G::Run, &["A-u"]),
        (A::ReverseStep, "reverse-step", "step back", "to before the last call; nothing is asked again", G::Run, &[","]),
        (A::ReverseContinue, "reverse-continue", "run back", "to the last place where a breakpoint is reached", G::Run, &["("]),
        (A::Breakpoint, "breakpoint", "breakpoint", "runs stop at this task; again takes it away", G::Run, &["b"]),
        (A::NewBreakpoint, "new-breakpoint", "breakpoint when", "type where and when: `#2`, `margin < 0.1`, `log tokens > 40`", G::Run, &["A-b"]),
        (A::Breakpoints, "breakpoints", "breakpoints", "all breakpoints: change, switch off, delete, count", G::Run, &["B"]),
        (A::Watches, "watches", "watch", "expressions whose values the tab `watch` shows, one a line", G::Run, &["C-w"]),
        (A::Pause, "pause", "pause / resume", "stop inside the answer at the next token; again to go on", G::Run, &["p"]),
        (A::Cancel, "cancel", "cancel", "end the running call and keep what it wrote", G::Run, &["C-x"]),
        (A::CancelTask, "cancel-task", "cancel task", "end the task's calls and all below; nothing of it runs until the same key takes it up again", G::Run, &["A-k"]),
        (A::DryRun, "dry-run", "dry run", "what is left to do and what it would take; enter runs it and says how wrong that was", G::Run, &["A-d"]),
        (A::Again, "again", "ask again", "ask the selected task anew although its answer is known", G::Run, &["C-r"]),
        (A::Repeat, "repeat", "once more", "the same calls again, compared token by token; the whole plan on the goal", G::Run, &["A-v"]),
        (A::Samples, "samples", "vote", "several samples of the task's call, grouped by what they say", G::Run, &["C-n"]),
        (A::WhatIf, "what-if", "what if", "the task with another expert, strategy, prompt or context, side by side", G::Run, &["C-f"]),
        (A::Edit, "edit", "edit text", "change the words of the selected task", G::Edit, &["e"]),
        (A::EditOutside, "edit-outside", "edit in $EDITOR", "change the words in your own editor", G::Edit, &["E"]),
        (A::EditPrompt, "edit-prompt", "edit the prompt", "the words that the task's next call sends; they hold for this very call", G::Edit, &["C-p"]),
        (A::EditAnswer, "edit-answer", "edit the answer", "change what the model wrote, whole or so far; it goes on from your text", G::Edit, &["A-e"]),
        (A::InsertAfter, "insert-after", "insert after", "a new task after the selected one", G::Edit, &["a"]),
        (A::InsertBefore, "insert-before", "insert before", "a new task before the selected one", G::Edit, &["I"]),
        (A::InsertBelow, "insert-below", "insert below", "a new sub-task of the selected one", G::Edit, &["A"]),
        (A::Delete, "delete", "delete", "take out the task and all below it (z brings it back)", G::Edit, &["d"]),
        (A::DeleteAlone, "delete-alone", "delete task alone", "take out the task and leave its parts in its place", G::Edit, &["del"]),
        (A::MoveUp, "move-up", "move up", "before the sibling above", G::Edit, &["K"]),
        (A::MoveDown, "move-down", "move down", "after the sibling below", G::Edit, &["J"]),
        (A::Indent, "indent", "indent", "make it a part of the sibling above", G::Edit, &[">"]),
        (A::Outdent, "outdent", "outdent", "make it the sibling after its parent", G::Edit, &["<"]),
        (A::Mark, "mark", "mark", "choose several tasks; edits then change them all, esc unmarks", G::Edit, &["v"]),
        (A::MarkSubtree, "mark-subtree", "mark subtree", "mark the task and all below it, or unmark them", G::Edit, &["V"]),
        (A::MoveHere, "move-here", "move here", "put the marked tasks after the selected one", G::Edit, &["m"]),
        (A::Duplicate, "duplicate", "duplicate", "a copy of the task and all below it", G::Edit, &["Y"]),
        (A::Split, "split", "split", "write several lines, each becomes a task in its place", G::Edit, &["S"]),
        (A::SplitByStrategy, "split-by-strategy", "let it be split", "the strategy decomposes this task at the next step", G::Edit, &["C-s"]),
        (A::Merge, "merge", "merge", "one task of the marked ones, or of this and the next", G::Edit, &["M"]),
        (A::Wire, "wire", "wire a need", "then choose the task whose answer it uses; the same again takes it out", G::Edit, &["#"]),
        (A::AsText, "as-text", "plan as text", "change the task and all below it as an outline", G::Edit, &["|"]),
        (A::Reroute, "reroute", "re-route", "choose another expert from the candidates", G::Edit, &["r"]),
        (A::TaskStrategy, "task-strategy", "task's strategy", "how this task, or the marked ones, is decomposed", G::Edit, &["C-t"]),
        (A::TaskRouter, "task-router", "task's router", "who chooses the experts of this task and all below it", G::Edit, &["A-t"]),
        (A::TaskExpert, "task-expert", "name an expert", "for this task, or all marked ones", G::Edit, &["C-e"]),
        (A::Check, "check", "check", "a rule that the answer must keep", G::Edit, &["C"]),
        (A::Budget, "budget", "budget", "what the task and all below it may cost", G::Edit, &["$"]),
        (A::Collapse, "collapse", "collapse", "one direct call in place of its parts, and back", G::Edit, &["minus"]),
        (A::TypeAnswer, "type-answer", "type the answer", "answer the task yourself; an empty text takes yours back", G::Edit, &["t"]),
        (A::Pin, "pin", "pin / unpin", "keep the answer it has, whatever changes above", G::Edit, &["P"]),
        (A::Explain, "explain", "say why", "a reason for the last change, kept in the log", G::Edit, &["\""]),
        (A::Judge, "judge", "your verdict", "say whether the answer is right: pass, fail or unsure, with a reason", G::Edit, &["~"]),
        (A::NextDoubt, "next-doubt", "next in doubt", "the next task that failed, then unsure ones, then those nobody judged", G::Look, &["}"]),
        (A::PreviousDoubt, "previous-doubt", "previous in doubt", "the same, backwards", G::Look, &["{"]),
        (A::Blame, "blame", "blame", "find the task that made the final answer wrong, with few questions", G::Look, &["&"]),
        (A::Lint, "lint", "lint", "what is suspicious in the plan", G::Edit, &[";"]),
        (A::Preview, "preview", "preview", "what is stale, and what running it would cost", G::Run, &["."]),
        (A::RunStale, "run-stale", "run stale only", "ask again what is stale, and nothing else", G::Run, &["A-r"]),
        (A::Undo, "undo", "undo", "take the last edit or step back", G::Time, &["z"]),
        (A::Redo, "redo", "redo", "do again what was undone", G::Time, &["Z"]),
        (A::BackInTime, "back-in-time", "back in time", "one event back", G::Time, &["["]),
        (A::ForwardInTime, "forward-in-time", "forward in time", "one event forward", G::Time, &["]"]),
        (A::Timeline, "timeline", "timeline", "all events; look at any old state without leaving this one", G::Time, &["@"]),
        (A::Fork, "fork", "fork", "a new branch from here, with a name", G::Time, &["f"]),
        (A::Branches, "branches", "branches", "all branches: go to one, name it, compare, merge", G::Time, &["C-b"]),
        (A::Compare, "compare", "compare", "this branch beside another one", G::Time, &["="]),
        (A::Up, "up", "up", "the row or line above", G::Move, &["k", "up"]),
        (A::Down, "down", "down", "the row or line below", G::Move, &["j", "down"]),
        (A::Left, "left", "fold / left", "fold the task, or go to its parent", G::Move, &["h", "left"]),
        (A::Right, "right", "unfold / right", "unfold the task, or go to its first part", G::Move, &["l", "right"]),
        (A::Fold, "fold", "fold / unfold", "hide or show the parts of the task", G::Move, &["space"]),
        (A::PageUp, "page-up", "page up", "half a page up", G::Move, &["C-u", "pgup"]),
        (A::PageDown, "page-down", "page down", "half a page down", G::Move, &["C-d", "pgdn"]),
        (A::First, "first", "first", "the first row", G::Move, &["g", "home"]),
        (A::Last, "last", "last", "the last row", G::Move, &["G", "end"]),
        (A::Enter, "enter", "inspect", "look at the task; in a list, take the entry", G::Move, &["enter"]),
        (A::Back, "back", "back", "leave this place", G::Move, &["esc"]),
        (A::SwitchFocus, "switch-focus", "tree / inspector", "move the keys to the other pane", G::Move, &["w"]),
        (A::NextTab, "next-tab", "next tab", "task, prompt, answer, tokens, route, watch, history", G::Look, &["tab"]),
        (A::PreviousTab, "previous-tab", "previous tab", "the tab before", G::Look, &["S-tab"]),
        (A::Search, "search", "search", "find tasks by text, expert, state or answer", G::Look, &["/"]),
        (A::SearchNext, "search-next", "next match", "the next task that matches the search", G::Look, &["N"]),
        (A::WhyPrompt, "why-prompt", "why this prompt", "every part of it with where it came from and what it costs", G::Look, &["Q"]),
        (A::Weakest, "weakest", "weakest point", "the least certain token, route or vote; again for the next", G::Look, &["!"]),
        (A::NextFigure, "next-figure", "figure in rows", "none, lowest probability, leads, tokens, seconds, cost", G::Look, &["A-w"]),
        (A::Copy, "copy", "copy answer", "the answer of the task, or its text, to the clipboard", G::Look, &["y"]),
        (A::ToggleLog, "toggle-log", "stream / log", "show or hide the lower pane", G::Look, &["L"]),
        (A::ReadLog, "read-log", "read the log", "move the keys to the lower pane to scroll it; again to leave", G::Look, &["A-l"]),
        (A::Models, "models", "models", "the models of this machine: memory, speed, queue; load and unload", G::Look, &["U"]),
        (A::NextTheme, "next-theme", "next theme", "other colours", G::Look, &["T"]),
        (A::New, "new", "new task", "type a task; it gets a session of its own", G::Session, &["n"]),
        (A::Open, "open", "open file", "a session file by its path", G::Session, &["O"]),
        (A::SaveAs, "save-as", "save as", "write this session to another file and go on there", G::Session, &["W"]),
        (A::WriteCase, "write-case", "session to test", "write a regression case of what is on the screen; `plantern test` runs it", G::Session, &["+"]),
        (A::Home, "home", "sessions", "your sessions and the recorded examples", G::Session, &["H"]),
        (A::NextStrategy, "next-strategy", "next strategy", "decompose in another way from here on", G::Session, &["D"]),
        (A::NextRouter, "next-router", "next router", "choose experts in another way from here on", G::Session, &["F"]),
        (A::CancelFetch, "cancel-fetch", "stop fetching", "stop the download of models; it can be taken up later", G::Session, &["X"]),
        (A::Review, "review", "review routing", "look through the routers' decisions, measure them, learn from yours", G::Look, &["R"]),
        (A::Palette, "palette", "palette", "all actions by name", G::Look, &[":"]),
        (A::Help, "help", "help", "all keys", G::Look, &["?"]),
        (A::Quit, "quit", "quit", "leave; everything is saved already", G::Session, &["q", "C-c"]),
        (A::ReviewAccept, "review-accept", "accept", "the router is right", G::Review, &["a"]),
        (A::ReviewOverride, "review-override", "override", "the expert under the cursor is right, as enter does", G::Review, &["o"]),
        (A::ReviewBothFine, "review-both", "both fine", "the one under the cursor would do as well", G::Review, &["b"]),
        (A::ReviewSkip, "review-skip", "skip", "say nothing of it and go on", G::Review, &["s"]),
        (A::ReviewReason, "review-reason", "reason", "type why; kept with the next saying", G::Review, &["e"]),
        (A::ReviewBlind, "review-blind", "blind", "hide the router's choice until you have chosen", G::Review, &["B"]),
        (A::ReviewOrder, "review-order", "order", "uncertain, disagreement, cost or expert first", G::Review, &["S"]),
        (A::ReviewLearn, "review-learn", "learn", "make a new version from your overrides and see what it changes", G::Review, &["L"]),
        (A::ReviewExport, "review-export", "export", "all figures of the review into files, as JSON and CSV", G::Review, &["x"]),
        (A::ReviewRollback, "review-rollback", "roll back", "put the version before in force again", G::Review, &["V"]),
    ]
};

impl Action {
    /// All actions in the order of the help.
    pub fn all() -> impl Iterator<Item = Action> {
        TABLE.iter().map(|row| row.0)
    }

    /// The name in key maps.
    pub fn id(self) -> &'static str {
        self.row().1
    }

    pub fn title(self) -> &'static str {
        self.row().2
    }

    pub fn help(self) -> &'static str {
        self.row().3
    }

    pub fn group(self) -> Group {
        self.row().4
    }

    /// The keys it has unless the person chose others.
    pub fn default_keys(self) -> &'static [&'static str] {
        self.row().5
    }

    fn row(self) -> &'static Row {
        // A test checks that every action has its row.
        TABLE.iter().find(|row| row.0 == self).unwrap_or(&TABLE[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_action_has_one_row_with_words() {
        let last = Action::Quit as usize;
        let rows: BTreeSet<Action> = Action::all().collect();
        assert_eq!(rows.len(), last + 1, "an action without a row, or a row twice");
        let ids: BTreeSet<&str> = Action::all().map(Action::id).collect();
        assert_eq!(ids.len(), rows.len(), "an id twice");
        assert!(Action::all().all(|action| !action.help().is_empty() && !action.default_keys().is_empty()));
    }
}
