//! What a command without a screen works with: an engine with its models, files, and a workbench that nobody looks at.

use super::{
    boot::{Boot, Trouble},
    commands::Done,
    complain,
    effects::{Files, now},
    identity,
    models::Models,
    servers,
};
use crate::{
    engine::{
        EMBEDDING, ModelState, Report, Which,
        runner::{Engine, Inbox},
    },
    headless::{Ending, Interrupt, Outside, Overrides, Start, Workers, run::Options},
    session::{Call, Outcome},
    workbench::{Effect, Message, State, Stored, update, update::configure},
};
use std::{
    io::{stderr, stdout},
    path::Path,
};
use tokio::sync::mpsc::{self, UnboundedReceiver};

/// Made once, from the boot, by each command that asks experts.
pub(super) struct Floor {
    pub(super) runtime: tokio::runtime::Runtime,
    pub(super) state: State,
    pub(super) engine: Engine,
    pub(super) inbox: Inbox,
    files: Files,
    stored: UnboundedReceiver<Stored>,
    models: Models,
    embedding: String,
    /// What the command line says of the settings.
    asked: Overrides,
}

impl Floor {
    pub(super) fn new(boot: Boot) -> Result<Floor, Trouble> {
        boot.warnings.all().for_each(|warning| complain(warning));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut state = boot.state();
        // They were said just now.
        state.log.clear();
        let (outbox, stored) = mpsc::unbounded_channel();
        let (mut engine, inbox) = Engine::bounded(boot.models.memory);
        servers::bring(&boot.models.servers, &mut engine)?;
        boot.models.bring_named(&mut engine, &state.tools.roster, &boot.settings.model)?;
        let files = Files::new(boot.places, boot.disk, outbox);
        Ok(Floor {
            runtime,
            state,
            engine,
            inbox,
            files,
            stored,
            models: boot.models,
            embedding: boot.embedding,
            asked: boot.asked,
        })
    }

    /// Starts the thread of the language model, and of the embedding model if a router needs it.
    pub(super) fn bring_models(&mut self, now: bool) -> Result<(), Trouble> {
        let embeds = |router: &str| !matches!(router, "tag" | "lexical" | "likelihood");
        let own = |task: &crate::plan::Task| task.draft.router.as_deref().is_some_and(embeds);
        let plan = &self.state.journal.session().plan;
        let embeds = embeds(&self.state.settings().router) || plan.tasks().any(own);
        self.bring(true, embeds, now)
    }

    /// Starts the threads of these models, and loads them now or when they are asked first.
    pub(super) fn bring(&mut self, language: bool, embedding: bool, now: bool) -> Result<(), Trouble> {
        let model = self.state.settings().model.clone();
        let wanted =
            [(language, Which::Language, model), (embedding, Which::Embedding, self.embedding.clone())];
        for (_, which, name) in wanted.into_iter().filter(|(wanted, ..)| *wanted) {
            self.models.bring(&mut self.engine, which, &name, now)?;
            let (named, called) = match which {
                Which::Language => (self.models.named(&self.state.tools.roster, &name), name.as_str()),
                Which::Embedding => (Default::default(), EMBEDDING),
            };
            let all = named.into_iter().map(|name| (name.as_str(), name.as_str())).chain([(&*name, called)]);
            for (name, called) in all.filter(|(_, called)| !self.state.tools.files.contains_key(*called)) {
                identity::find_out(&self.models.places, name, called, self.engine.reports());
            }
            let state = if now { ModelState::Loading(0.0) } else { ModelState::Asleep(name) };
            self.state.models.insert(which, state);
        }
        Ok(())
    }

    /// Gives a thread to models that calls of a log name and no card names any more.
    pub(super) fn bring_asked(&mut self, names: &[String]) -> Result<(), Trouble> {
        let usual = self.state.settings().model.clone();
        self.models.bring_asked(&mut self.engine, &self.state.tools.roster, &usual, names)?;
        Ok(())
    }

    /// Opens the session that is to be gone on with; what the command line says holds for it from now on, and is still to be written.
    fn open(&mut self, path: &Path) -> Result<Vec<Effect>, Trouble> {
        for message in self.files.perform(Effect::Open(path.display().to_string())) {
            if let Message::Stored(Stored::NotOpened(why)) = &message {
                return Err(Trouble::usage(why));
            }
            for effect in update(&mut self.state, message, now()) {
                self.files.perform(effect);
            }
        }
        let settings = self.asked.over(self.state.settings()).map_err(Trouble::usage)?;
        let configured = configure(&mut self.state, settings);
        self.know_file();
        Ok(configured)
    }

    /// Nobody watches, so whether the answers are of the model's file has to be known before the first step.
    fn know_file(&mut self) {
        let language = self.state.settings().model.clone();
        let all = [
            (Which::Language, language.clone(), language.as_str()),
            (Which::Embedding, self.embedding.clone(), EMBEDDING),
        ];
        for (which, name, called) in all {
            let says = |call: &Call| {
                let answered = matches!(&call.outcome, Outcome::Answered(answer) if !answer.file.is_empty());
                answered && Which::kind(&call.ask) == Some(which)
            };
            if self.state.journal.calls().any(says)
                && !self.state.tools.files.contains_key(called)
                && let Some(sha256) = identity::look(&self.models.places, &name)
            {
                let report = Report::File { model: called.to_owned(), sha256 };
                update(&mut self.state, Message::Report(report), now());
            }
        }
    }

    pub(super) fn run(mut self, start: Start, options: &Options, session: Option<&Path>) -> Done {
        let configured = match session {
            Some(path) if start == Start::Session => self.open(path)?,
            _ => vec![],
        };
        if let Some(path) = session.filter(|_| options.dry && start != Start::Session) {
            complain(&format!("a dry run writes no session: nothing is put into {}", path.display()));
        }
        // A plan of the person's may need no model at all: then none is loaded.
        self.bring_models(!matches!(start, Start::Plan { .. }))?;
        let Floor { runtime, mut state, mut engine, mut inbox, mut files, mut stored, .. } = self;
        let path = session.map(|path| path.display().to_string());
        let mut perform = |effect: Effect| -> Vec<Message> {
            let mut messages = match (effect, &path) {
                // Nothing is written unless a file was named.
                (Effect::Create { .. } | Effect::Append { .. }, None) => vec![],
                (Effect::Create { title, entries }, Some(path)) => {
                    files.perform(Effect::SaveAs { path: path.clone(), title, entries })
                }
                (effect, _) => files.perform(effect),
            };
            while let Ok(told) = stored.try_recv() {
                messages.push(Message::Stored(told));
            }
            messages
        };
        for message in configured.into_iter().filter(|_| !options.dry).flat_map(&mut perform) {
            if let Message::Stored(Stored::NotOpened(why)) = &message {
                return Err(Trouble::usage(why));
            }
            update(&mut state, message, now());
        }
        let mut interrupt = interrupt();
        let mut outside = Outside {
            perform: &mut perform,
            now: &now,
            out: &mut stdout().lock(),
            narration: &mut stderr().lock(),
            interrupt: &mut interrupt,
        };
        let mut workers = Workers::new(&mut engine, &mut inbox);
        let run = crate::headless::run(&mut state, &mut workers, &mut outside, start, options);
        let outcome = runtime.block_on(run)?;
        drop(inbox);
        files.close().map_err(|words| Trouble { ending: Ending::NotMet, words })?;
        Ok(if outcome.code() == outcome.ending.code() { outcome.ending } else { Ending::NotMet })
    }
}

/// Ctrl-C, a polite kill, a closed terminal.
pub(super) fn interrupt() -> Interrupt {
    Interrupt::new(async {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let listen = |kind| signal(kind).ok();
            if let (Some(mut interrupt), Some(mut term), Some(mut hangup)) = (
                listen(SignalKind::interrupt()),
                listen(SignalKind::terminate()),
                listen(SignalKind::hangup()),
            ) {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = term.recv() => {}
                    _ = hangup.recv() => {}
                }
                return;
            }
        }
        let _ = tokio::signal::ctrl_c().await;
    })
}
