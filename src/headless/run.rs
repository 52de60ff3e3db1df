//! `run`: the workbench driven to the end of its plan by a loop, with the same messages that keys would send.

use super::{
    Ending, Hands, Interrupt,
    lines::{Style, Teller},
    progress::Progress,
};
use crate::{
    ask::Usage,
    ids::TaskId,
    workbench::{Effect, Message, State},
};
use drive::Drive;
use std::io::{self, Write};

mod drive;
pub(super) mod plan;

/// What a run may touch outside; `app` hands it in.
pub struct Outside<'a> {
    /// Does an effect that is not for the engine; what comes of it is told back.
    pub perform: &'a mut dyn FnMut(Effect) -> Vec<Message>,
    /// Milliseconds since 1970.
    pub now: &'a dyn Fn() -> u64,
    /// Data.
    pub out: &'a mut dyn Write,
    /// Everything for people only.
    pub narration: &'a mut dyn Write,
    pub interrupt: &'a mut Interrupt,
}

/// Where a run begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// A task in plain words, with the state's default settings.
    Task(String),
    /// A plan in the notation: its tasks run as they stand, and no strategy is asked. `origin` names it in errors.
    Plan { text: String, origin: String },
    /// The session that the state holds, from where it was left.
    Session,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub style: Style,
    /// Narration goes to a terminal: progress may write over itself.
    pub live: bool,
    /// Narration tells of models on their way and of nothing else.
    pub quiet: bool,
    /// What is left to do is told, and nothing runs.
    pub dry: bool,
    /// What it would take is told and written down beforehand, and held against what it took.
    pub estimate: bool,
    /// Answers to the tasks that wait for a person, in the order in which they come up.
    pub answers: Vec<String>,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub ending: Ending,
    /// The answer of the goal, if the ending is `Done`.
    pub answer: Option<String>,
    /// Calls of this run, functions left out.
    pub calls: u32,
    /// What they cost together.
    pub usage: Usage,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Money, in the currency of the configured prices.
    pub cost: f64,
    /// Why it ended before the goal had its answer.
    pub why: Option<String>,
    /// The task that held it up.
    pub task: Option<TaskId>,
    /// Why the session is not on disk, if it should be and is not.
    pub unsaved: Option<String>,
}

impl Outcome {
    /// The exit status: that of the ending, but work that could not be saved is never a success.
    pub fn code(&self) -> u8 {
        match (self.ending, &self.unsaved) {
            (Ending::Done, Some(_)) => Ending::NotMet.code(),
            (ending, _) => ending.code(),
        }
    }
}

/// Runs to the end of the plan, to a bound, or until it is interrupted. Waits for models that are fetched or loaded.
///
/// `app` tells the state of the models before, or as reports to the hands meanwhile: `Unknown` counts as not there.
///
/// # Errors
/// `out` can not be written (a closed pipe, a full disk). Calls are stopped; the session is kept all the same.
pub async fn run(
    state: &mut State,
    hands: &mut impl Hands,
    outside: &mut Outside<'_>,
    start: Start,
    options: &Options,
) -> io::Result<Outcome> {
    let progress = Progress::new(options.live);
    let teller = Teller::new(options.style);
    state.interactive = false;
    state.now = (outside.now)();
    let began = state.now;
    let mut drive = Drive {
        state,
        hands,
        outside,
        teller,
        progress,
        answers: options.answers.clone().into(),
        quiet: options.quiet,
        dry: options.dry,
        estimate: options.estimate,
        warned: vec![],
        refused: None,
    };
    let (before, spent) = match start {
        Start::Session => drive.state.journal.usage(),
        _ => Default::default(),
    };
    let paid = match start {
        Start::Session => drive.state.journal.spent().cost,
        _ => 0.0,
    };
    let held = match drive.all(start).await {
        Ok(held) => held,
        Err(error) => {
            let _ = drive.stop();
            return Err(error);
        }
    };
    let session = drive.state.journal.session();
    let answer = session.plan.root().and_then(|root| session.answer(root)).map(str::to_owned);
    let (calls, sum) = drive.state.journal.usage();
    let outcome = Outcome {
        ending: held.ending,
        answer: answer.filter(|_| held.ending == Ending::Done),
        calls: calls.saturating_sub(before),
        usage: Usage {
            prompt_tokens: sum.prompt_tokens.saturating_sub(spent.prompt_tokens),
            cached_tokens: sum.cached_tokens.saturating_sub(spent.cached_tokens),
            output_tokens: sum.output_tokens.saturating_sub(spent.output_tokens),
            seconds: (sum.seconds - spent.seconds).max(0.0),
        },
        seconds: (drive.outside.now)().saturating_sub(began) as f64 / 1000.0,
        cost: (drive.state.journal.spent().cost - paid).max(0.0),
        why: held.why,
        task: held.task,
        unsaved: drive.state.unsaved.clone(),
    };
    drive.farewell(&outcome);
    drive.teller.end(drive.state, &outcome, drive.outside.out)?;
    Ok(outcome)
}

#[cfg(test)]
pub(super) mod tests;
