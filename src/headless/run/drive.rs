//! The loop of a run: wishes go to the workbench, its effects outside, reports back, until nothing more can be done.

use super::{
    super::{
        Ending, Hands,
        hands::{Heard, listen},
        lines::Teller,
        progress::{self, Progress},
    },
    Outcome, Outside, Start, plan,
};
use crate::{
    engine::{Bound, ModelState, Move, Report, Which, next_move},
    ids::TaskId,
    session::Outcome as CallOutcome,
    visible::visible_line,
    workbench::{
        Action, Effect, Message, Run, SessionFile, State, Stored, Weight,
        buffer::Typing,
        update::update,
        update::{dry, files},
    },
};
use std::{collections::VecDeque, io};

/// Why the run stands still.
pub(super) struct Held {
    pub(super) ending: Ending,
    pub(super) task: Option<TaskId>,
    pub(super) why: Option<String>,
}

impl Held {
    fn new(ending: Ending, task: Option<TaskId>, why: impl Into<String>) -> Held {
        Held { ending, task, why: Some(why.into()) }
    }
}

/// The loop with all it holds.
pub(super) struct Drive<'r, 'o, H> {
    pub(super) state: &'r mut State,
    pub(super) hands: &'r mut H,
    pub(super) outside: &'r mut Outside<'o>,
    pub(super) teller: Teller,
    pub(super) progress: Progress,
    pub(super) answers: VecDeque<String>,
    pub(super) quiet: bool,
    pub(super) dry: bool,
    pub(super) estimate: bool,
    /// What was warned of.
    pub(super) warned: Vec<String>,
    /// Why the session that was named can not be written at all.
    pub(super) refused: Option<String>,
}

impl<H: Hands> Drive<'_, '_, H> {
    pub(super) async fn all(&mut self, start: Start) -> io::Result<Held> {
        if let Err(why) = self.begin(start)? {
            return Ok(Held::new(Ending::Usage, None, why));
        }
        if let Some(why) = self.refused.take() {
            return Ok(Held::new(Ending::Usage, None, why));
        }
        if self.dry || self.estimate {
            let told = dry::told(self.state);
            let _ = writeln!(self.outside.narration, "estimate: {}", visible_line(&told));
        }
        if self.dry {
            return Ok(Held::new(Ending::DryRun, None, "nothing was asked, nothing was written"));
        }
        if self.estimate {
            let effects = dry::note(self.state);
            self.perform(effects)?;
        }
        loop {
            self.act(Action::Continue)?;
            if let Some(why) = self.refused.take() {
                return Ok(Held::new(Ending::Usage, None, why));
            }
            while self.state.run != Run::Idle || !self.state.live.is_empty() {
                match self.hear().await? {
                    Heard::Report(_) => {}
                    Heard::Interrupt => return self.interrupted(),
                    Heard::Nothing => return self.abandoned(),
                }
            }
            if let Some(which) = self.awaited() {
                while let ModelState::Fetching { .. } = self.state.model(which) {
                    match self.hear().await? {
                        Heard::Report(_) => {}
                        Heard::Interrupt => return self.interrupted(),
                        Heard::Nothing => return self.abandoned(),
                    }
                }
                continue;
            }
            match self.held() {
                Held { ending: Ending::NeedsPerson, .. } if !self.answers.is_empty() => self.answer()?,
                held => return Ok(held),
            }
        }
    }

    /// Puts the task, the plan or the opened session in place, or says what is wrong with it.
    fn begin(&mut self, start: Start) -> io::Result<Result<(), String>> {
        match start {
            Start::Task(text) => {
                self.state.notice = None;
                let effects = files::new_task(self.state, &text);
                let refused = self.state.notice.take().filter(|notice| notice.weight != Weight::Info);
                self.state.log.clear();
                if let Some(refused) = refused {
                    return Ok(Err(refused.text));
                }
                self.perform(effects)?;
            }
            Start::Plan { text, origin } => {
                let (opened, warnings) = match plan::opened(&text, &self.state.defaults, self.state.now) {
                    Ok(read) => read,
                    Err(why) => return Ok(Err(format!("{origin}: {why}"))),
                };
                for warning in warnings {
                    let _ = writeln!(self.outside.narration, "warning: {origin}: {}", visible_line(&warning));
                }
                self.take(Message::Stored(Stored::Opened(Box::new(opened))))?;
            }
            Start::Session if self.state.journal.session().plan.is_empty() => {
                return Ok(Err("there is no task in this session".to_owned()));
            }
            Start::Session => self.teller.opening(self.state, self.outside.out)?,
        }
        Ok(Ok(()))
    }

    /// One message and all that follows from it at once.
    fn take(&mut self, message: Message) -> io::Result<()> {
        let effects = update(self.state, message, (self.outside.now)());
        self.perform(effects)
    }

    fn act(&mut self, action: Action) -> io::Result<()> {
        self.take(Message::Action(action))
    }

    fn perform(&mut self, effects: Vec<Effect>) -> io::Result<()> {
        let mut waiting = VecDeque::from(effects);
        while let Some(effect) = waiting.pop_front() {
            match effect {
                Effect::Engine(command) => self.hands.perform(command),
                effect => {
                    for message in (self.outside.perform)(effect) {
                        if let Message::Stored(Stored::NotOpened(why)) = &message {
                            // Nobody is asked anything of which nothing would be kept.
                            self.refused = Some(why.clone());
                            return Ok(());
                        }
                        waiting.extend(update(self.state, message, (self.outside.now)()));
                    }
                }
            }
        }
        self.narrate();
        self.teller.news(self.state, self.outside.out)
    }

    /// The next report, taken in; or what came instead.
    async fn hear(&mut self) -> io::Result<Heard> {
        let heard = listen(self.hands, self.outside.interrupt).await;
        if let Heard::Report(report) = &heard {
            if let Report::Model(status) = report {
                self.show_model(status.which, &status.state);
            }
            self.take(Message::Report(report.clone()))?;
        }
        Ok(heard)
    }

    /// The model that the next call needs and that is still being fetched.
    fn awaited(&self) -> Option<Which> {
        let which = self.wanted()?;
        matches!(self.state.model(which), ModelState::Fetching { .. }).then_some(which)
    }

    /// The model that the next call needs.
    fn wanted(&self) -> Option<Which> {
        match next_move(&self.state.journal, &self.state.survey) {
            Ok(Move::Ask { ask, .. }) => Which::serving(&ask),
            _ => None,
        }
    }

    fn held(&self) -> Held {
        match &self.state.ended {
            Some(Bound::Finished) => Held { ending: Ending::Done, task: None, why: None },
            Some(Bound::Person(task)) => {
                let question = self.state.survey.look(*task).and_then(|look| look.questions.first());
                let question = question.map(|question| format!(": {question}")).unwrap_or_default();
                Held::new(
                    Ending::NeedsPerson,
                    Some(*task),
                    format!("this task waits for a person's answer{question}"),
                )
            }
            Some(Bound::Limit(why)) => Held::new(Ending::Budget, None, why.clone()),
            Some(Bound::Cap(task, why)) => Held::new(Ending::Budget, Some(*task), why.clone()),
            Some(Bound::Empty) => Held::new(Ending::Usage, None, "there is no task in this session"),
            Some(Bound::Stuck(task, why)) => {
                let gone = |which: &Which| {
                    matches!(self.state.model(*which), ModelState::Missing(_) | ModelState::Unknown)
                };
                let failed = self.failed_for(*task);
                let ending = match self.wanted().or(failed).filter(gone) {
                    Some(_) => Ending::NoModel,
                    None => Ending::NotMet,
                };
                Held::new(ending, Some(*task), why.clone())
            }
            Some(Bound::Running) | None => {
                let why =
                    self.state.notice.as_ref().map_or("it was cancelled", |notice| notice.text.as_str());
                Held::new(Ending::NotMet, None, why)
            }
        }
    }

    /// The model that the last call for a task was made to, if the call failed.
    fn failed_for(&self, task: TaskId) -> Option<Which> {
        let call = self.state.journal.calls().rev().find(|call| call.task == task)?;
        matches!(call.outcome, CallOutcome::Failed(_)).then(|| Which::serving(&call.ask))?
    }

    /// Types the next of the given answers; the workbench has put its cursor on the task that waits.
    fn answer(&mut self) -> io::Result<()> {
        let text = self.answers.pop_front().unwrap_or_default();
        self.act(Action::TypeAnswer)?;
        self.take(Message::Typing(Typing::DeleteToStart))?;
        self.take(Message::Typing(Typing::Insert(text)))?;
        self.act(Action::Enter)
    }

    fn interrupted(&mut self) -> io::Result<Held> {
        self.stop()?;
        Ok(Held::new(Ending::Interrupted, None, "interrupted; what was done is kept"))
    }

    fn abandoned(&mut self) -> io::Result<Held> {
        self.stop()?;
        Ok(Held::new(Ending::NotMet, None, "the threads that do the work are gone: start again"))
    }

    /// Ends what runs and what is fetched.
    pub(super) fn stop(&mut self) -> io::Result<()> {
        if self.state.models.values().any(|model| matches!(model, ModelState::Fetching { .. })) {
            self.act(Action::CancelFetch)?;
        }
        self.act(Action::Cancel)
    }

    fn show_model(&mut self, which: Which, model: &ModelState) {
        let (word, to) = (which.word(), &mut *self.outside.narration);
        match model {
            ModelState::Fetching { done, total, rate } => {
                let words = format!("{word}: {}", progress::fetched(*done, *total, *rate));
                self.progress.show(*done, *total, &words, to);
            }
            ModelState::Loading(share) => {
                let words = format!("{word}: loading, {:.0} %", share * 100.0);
                self.progress.show((share * 100.0) as u64, 100, &words, to);
            }
            ModelState::Ready { name, about } => {
                self.progress.clear(to);
                let _ = writeln!(to, "{word}: {} ({})", visible_line(name), visible_line(about));
            }
            ModelState::Missing(_) | ModelState::Unknown | ModelState::Asleep(_) => self.progress.clear(to),
        }
    }

    /// What the workbench warns of. Why the run ended is told at its end, and hints for keys not at all.
    fn narrate(&mut self) {
        let ended = match &self.state.ended {
            Some(Bound::Stuck(_, why)) => why.as_str(),
            Some(Bound::Limit(_) | Bound::Cap(..)) => return self.state.log.clear(),
            _ => "",
        };
        for line in self.state.log.drain(..) {
            let word = match line.weight {
                Weight::Info => continue,
                Weight::Warning => "warning",
                Weight::Error => "error",
            };
            if line.text != ended && !self.quiet {
                self.progress.clear(self.outside.narration);
                let _ = writeln!(self.outside.narration, "{word}: {}", visible_line(&line.text));
                self.warned.push(line.text);
            }
        }
    }

    pub(super) fn farewell(&mut self, outcome: &Outcome) {
        let to = &mut *self.outside.narration;
        self.progress.clear(to);
        if self.quiet {
            return;
        }
        let file = match &self.state.file {
            SessionFile::At(path) => Some(visible_line(&path.display().to_string()).into_owned()),
            _ => None,
        };
        let said = |why: &&String| self.warned.iter().any(|line| line.ends_with(why.as_str()));
        if let Some(why) = outcome.why.as_ref().filter(|why| !said(why)) {
            let _ = writeln!(to, "{}: {}", outcome.ending.word(), visible_line(why));
        }
        let open =
            file.as_ref().map(|file| format!("; or open it: plantern open {file}")).unwrap_or_default();
        let _ = match outcome.ending {
            Ending::NeedsPerson => writeln!(to, "help: answer with --answer-person TEXT{open}"),
            Ending::Budget => {
                let on = match &file {
                    Some(file) => format!("and go on with --session {file}"),
                    None => "and run it anew; --session FILE keeps what is done".to_owned(),
                };
                writeln!(
                    to,
                    "help: raise --max-calls, --max-tokens, --max-seconds or --max-cost, or the task's budget, {on}"
                )
            }
            Ending::NoModel => {
                writeln!(to, "help: `plantern doctor` says what is there and how to get the rest")
            }
            _ => Ok(()),
        };
        if let Some(outturn) = self.estimate.then(|| dry::outturn(self.state)).flatten() {
            let _ = writeln!(to, "estimate: {outturn}");
        }
        if let Some(why) = &outcome.unsaved {
            let _ = writeln!(to, "error: the session is not saved: {}", visible_line(why));
        } else if let Some(file) = file {
            let _ = writeln!(to, "session: {file}");
        }
    }
}
