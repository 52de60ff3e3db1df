//! The commands without a screen: brings the parts to the functions of `headless`, which do the talking.

use super::{
    boot::{Boot, Trouble},
    cli,
    desk::EXAMPLE,
    effects::{Files, now},
    models::Models,
};
use crate::{
    engine::{
        ModelState, Report, Which,
        runner::{Engine, Inbox},
    },
    headless::{
        Ending, Interrupt, Outside, Overrides, Start, Workers, compare, eval, export, gold, import,
        lines::Style, lint, list, replay, route, run::Options, test,
    },
    session::{Journal, Outcome, compare::matching},
    store::sessions,
    workbench::{Effect, Message, State, Stored, update},
};
use std::{
    io::{self, IsTerminal, Read, Write, stderr, stdin, stdout},
    path::{Path, PathBuf},
};
use tokio::sync::mpsc::{self, UnboundedReceiver};

pub(super) type Done = Result<Ending, Trouble>;

/// The longest text that is read from stdin or a file of cases, in bytes.
const MOST_BYTES: u64 = 256 << 20;

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Trouble {
        // A reader that has seen enough (`| head`) is nobody's fault.
        let ending = if error.kind() == io::ErrorKind::BrokenPipe { Ending::Done } else { Ending::NotMet };
        Trouble { ending, words: format!("the output could not be written: {error}") }
    }
}

/// `run`, and the bare program without a terminal.
pub(crate) fn run(boot: Boot, asked: &cli::Run) -> Done {
    let limits = Overrides {
        max_calls: asked.max_calls,
        max_tokens: asked.max_tokens,
        max_seconds: asked.max_seconds,
        max_cost: asked.max_cost,
        ..Overrides::default()
    };
    let mut boot = boot;
    boot.settings = limits.over(&boot.settings).map_err(Trouble::usage)?;
    let start = match (&asked.task, &asked.plan) {
        (Some(task), _) => Start::Task(if task == "-" { read_stdin()? } else { task.clone() }),
        (None, Some(plan)) if plan == Path::new("-") => {
            Start::Plan { text: read_stdin()?, origin: "stdin".to_owned() }
        }
        (None, Some(plan)) => Start::Plan { text: read_file(plan)?, origin: plan.display().to_string() },
        (None, None) => Start::Session,
    };
    let style = if asked.json { Style::Json } else { Style::Plain };
    let options = Options {
        style,
        live: stderr().is_terminal(),
        answers: asked.answer_person.clone(),
        quiet: false,
        dry: asked.dry_run,
        estimate: asked.estimate,
    };
    Floor::new(boot)?.run(start, &options, asked.session.as_deref())
}

/// The example, or the task given, in plain lines.
pub(crate) fn plain(boot: Boot, task: Option<&str>) -> Done {
    let task = task.unwrap_or(EXAMPLE).to_owned();
    run(boot, &cli::Run { task: Some(task), ..cli::Run::default() })
}

pub(crate) fn evaluate(boot: Boot, strategies: &[String], asked: &cli::Eval) -> Done {
    let text = read_file(&asked.file)?;
    let mut job = eval::job(&text, strategies, &boot.settings.strategy, asked.limit)
        .map_err(|faults| Trouble::usage(format!("{}:\n  {}", asked.file.display(), faults.join("\n  "))))?;
    job.json = asked.json;
    job.parallel = asked.parallel.into();
    job.live = stderr().is_terminal();
    job.compare.ignore_case = asked.ignore_case;
    job.compare.any_order = asked.any_order;
    let mut floor = Floor::new(boot)?;
    floor.bring_models(true)?;
    let mut workers = Workers::new(&mut floor.engine, &mut floor.inbox);
    let mut interrupt = interrupt();
    let (out, narration) = (&mut stdout(), &mut stderr());
    let eval = eval::eval(&floor.state, &job, &mut workers, &now, &mut interrupt, out, narration);
    Ok(floor.runtime.block_on(eval)?)
}

/// `test`: cases from their replies, or with the model that was named.
pub(crate) fn tested(boot: Boot, files: &[PathBuf], live: bool, json: bool) -> Done {
    let mut cases = vec![];
    for file in files {
        let wrong = |why: String| Trouble::usage(format!("{}: {why}", file.display()));
        let read = test::read(&read_file(file)?, &boot.settings).map_err(wrong)?;
        let name = |at: usize| match read.len() {
            1 => file.display().to_string(),
            _ => format!("{}:{}", file.display(), at + 1),
        };
        cases.extend(read.iter().enumerate().map(|(at, case)| (name(at), case.clone())));
    }
    let mut floor = Floor::new(boot)?;
    let out = &mut stdout();
    if !live {
        return Ok(floor.runtime.block_on(test::recorded(&floor.state, &cases, &now, json, out))?);
    }
    let embeds =
        cases.iter().any(|(_, case)| !matches!(case.router.as_str(), "tag" | "lexical" | "likelihood"));
    floor.bring(true, embeds, true)?;
    let mut workers = Workers::new(&mut floor.engine, &mut floor.inbox);
    let mut interrupt = interrupt();
    let live = test::live(&floor.state, &cases, &mut workers, &now, &mut interrupt, json, out);
    Ok(floor.runtime.block_on(live)?)
}

pub(crate) fn decide(boot: Boot, task: &str, json: bool) -> Done {
    let task = if task == "-" { read_stdin()? } else { task.to_owned() };
    let router = boot.settings.router.clone();
    let mut floor = Floor::new(boot)?;
    if !matches!(router.as_str(), "tag" | "lexical") {
        let language = router == "likelihood";
        floor.bring(language, !language, true)?;
    }
    let (tools, model) = (floor.state.tools.clone(), floor.state.settings().model.clone());
    let mut workers = Workers::new(&mut floor.engine, &mut floor.inbox);
    let mut interrupt = interrupt();
    let decision =
        floor.runtime.block_on(route::decide(&task, &router, &tools, &model, &mut workers, &mut interrupt));
    let decision = decision.map_err(|refusal| Trouble { ending: refusal.ending, words: refusal.why })?;
    Ok(route::show(&decision, json, &mut stdout().lock())?)
}

pub(crate) fn replays(paths: &[PathBuf], json: bool) -> Done {
    let read =
        |path: &PathBuf| (path.display().to_string(), std::fs::read(path).map_err(|error| error.to_string()));
    let files: Vec<_> = paths.iter().map(read).collect();
    Ok(replay::replay_all(&files, json, &mut stdout().lock(), &mut stderr().lock())?)
}

pub(crate) fn exported(boot: &Boot, session: &Path, format: cli::ExportFormat) -> Done {
    let journal = opened(boot, session)?;
    let out = &mut stdout().lock();
    Ok(match format {
        cli::ExportFormat::Outline => export::outline(&journal, out)?,
        cli::ExportFormat::Json => export::json(&journal, out)?,
    })
}

/// A session to look at; what is wrong with it is said on stderr.
pub(super) fn opened(boot: &Boot, session: &Path) -> Result<Journal, Trouble> {
    let opened = sessions::read(&boot.disk, session).map_err(Trouble::usage)?;
    if let Some(warning) = opened.warning {
        super::complain(&warning);
    }
    Ok(opened.journal)
}

pub(crate) fn compared(boot: &Boot, one: &str, other: &str, json: bool) -> Done {
    let read = |argument: &str| {
        let (file, mark) = compare::parse(argument);
        let journal = opened(boot, Path::new(file))?;
        let at = compare::place(&journal, mark).map_err(|why| Trouble::usage(format!("{file}: {why}")))?;
        Ok::<_, Trouble>((journal, at))
    };
    let ones = read(one)?;
    let (others, matching) = match gold(&ones.0, other)? {
        Some(gold) => {
            let head = gold.journal.head();
            ((gold.journal, head), gold.matching)
        }
        None => {
            let others = read(other)?;
            let matching = matching(&ones.0, &others.0);
            (others, matching)
        }
    };
    let one = compare::Side { name: one.to_owned(), journal: &ones.0, at: ones.1 };
    let other = compare::Side { name: other.to_owned(), journal: &others.0, at: others.1 };
    Ok(compare::run(&one, &other, matching, json, &mut stdout().lock())?)
}

/// What the steps of a session should come to, if the file is no session itself.
fn gold(journal: &Journal, argument: &str) -> Result<Option<gold::Gold>, Trouble> {
    let (file, mark) = compare::parse(argument);
    let Ok(text) = read_file(Path::new(file)) else { return Ok(None) };
    if text.trim_start().starts_with("{\"plantern\"") {
        return Ok(None);
    }
    let plan = &journal.session().plan;
    let goal = plan.root().map(|root| plan.text(root)).unwrap_or_default();
    let number = match mark {
        Some(('@', number)) => number.parse().ok(),
        _ => None,
    };
    let read = gold::read(&text, &goal, number);
    read.map(Some).map_err(|why| Trouble::usage(format!("{file}: {why}")))
}

/// `salvage`: one JSON object for each whole line behind the first damaged one.
pub(crate) fn salvaged(file: &Path) -> Done {
    let bytes =
        std::fs::read(file).map_err(|error| Trouble::usage(format!("{}: {error}", file.display())))?;
    let later = crate::session::line::after_the_damage(&bytes);
    let out = &mut stdout().lock();
    for (line, entry) in &later {
        writeln!(out, "{}", crate::headless::json_line(&serde_json::json!({"line": line, "entry": entry})))?;
    }
    let s = if later.len() == 1 { "" } else { "s" };
    super::complain(&format!("{} whole line{s} behind the damage", later.len()));
    Ok(if later.is_empty() { Ending::NotMet } else { Ending::Done })
}

/// A file whose first line is a session's header is a session, everything else a text.
pub(crate) fn linted(boot: &Boot, file: &Path, json: bool) -> Done {
    let depth = boot.settings.limits.depth as usize;
    let out = &mut stdout().lock();
    if file == Path::new("-") {
        return Ok(lint::text(&read_stdin()?, depth, json, out)?);
    }
    let text = read_file(file)?;
    if text.trim_start().starts_with('{') {
        return Ok(lint::session(&opened(boot, file)?, depth, json, out)?);
    }
    Ok(lint::text(&text, depth, json, out)?)
}

pub(crate) fn experts(boot: &Boot, json: bool) -> Done {
    boot.warnings.iter().for_each(|warning| super::complain(warning));
    Ok(list::experts(boot.tools.roster.cards(), json, &mut stdout().lock())?)
}

/// `import`: cases out of a data set, or a check of worked decompositions.
pub(crate) fn import(asked: &cli::Import) -> Done {
    let text = read_file(&asked.file)?;
    let (file, narration) = (asked.file.display().to_string(), &mut stderr());
    let Some(path) = &asked.out else {
        return Ok(import::import_file(&file, &text, &asked.format, &mut stdout().lock(), narration)?);
    };
    // Made whole in memory first, so that a refused file leaves nothing behind.
    let mut made = vec![];
    let ending = import::import_file(&file, &text, &asked.format, &mut made, narration)?;
    if ending == Ending::Done {
        let written = std::fs::write(path, made);
        written.map_err(|error| Trouble::usage(format!("{}: {error}", path.display())))?;
    }
    Ok(ending)
}

/// What a command without a screen works with: engine, files and a workbench.
pub(super) struct Floor {
    pub(super) runtime: tokio::runtime::Runtime,
    pub(super) state: State,
    pub(super) engine: Engine,
    pub(super) inbox: Inbox,
    files: Files,
    stored: UnboundedReceiver<Stored>,
    models: Models,
    embedding: String,
}

impl Floor {
    pub(super) fn new(boot: Boot) -> Result<Floor, Trouble> {
        boot.warnings.iter().for_each(|warning| super::complain(warning));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let state = boot.state();
        let (outbox, stored) = mpsc::unbounded_channel();
        let (mut engine, inbox) = Engine::bounded(boot.models.memory);
        super::servers::bring(&boot.models.servers, &mut engine)?;
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
        })
    }

    /// Starts the thread of the language model, and of the embedding model if a router needs it.
    fn bring_models(&mut self, now: bool) -> Result<(), Trouble> {
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
            let named = self.models.named(&self.state.tools.roster, &name);
            let unknown = |name: &&String| !self.state.tools.files.contains_key(*name);
            for name in named.into_iter().chain([&name]).filter(unknown).filter(|_| which == Which::Language)
            {
                super::identity::find_out(&self.models.places, name, self.engine.reports());
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

    /// Opens the session that is to be gone on with.
    fn open(&mut self, path: &Path) -> Result<(), Trouble> {
        for message in self.files.perform(Effect::Open(path.display().to_string())) {
            if let Message::Stored(Stored::NotOpened(why)) = &message {
                return Err(Trouble::usage(why));
            }
            update(&mut self.state, message, now());
        }
        self.know_file();
        Ok(())
    }

    /// Nobody watches, so whether the answers are of the model's file has to be known before the first step.
    fn know_file(&mut self) {
        let model = self.state.settings().model.clone();
        let says =
            |outcome: &Outcome| matches!(outcome, Outcome::Answered(answer) if !answer.file.is_empty());
        let wanted = self.state.journal.calls().any(|call| says(&call.outcome));
        if wanted
            && !self.state.tools.files.contains_key(&model)
            && let Some(sha256) = super::identity::look(&self.models.places, &model)
        {
            update(&mut self.state, Message::Report(Report::File { model, sha256 }), now());
        }
    }

    fn run(mut self, start: Start, options: &Options, session: Option<&Path>) -> Done {
        match session {
            Some(path) if start == Start::Session => self.open(path)?,
            _ => {}
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

fn read_stdin() -> Result<String, Trouble> {
    read(&mut stdin().lock(), "stdin")
}

pub(super) fn read_file(path: &Path) -> Result<String, Trouble> {
    let unreadable = |error: &dyn std::fmt::Display| Trouble::usage(format!("{}: {error}", path.display()));
    if path.is_dir() {
        return Err(unreadable(&"it is a folder, a file is wanted"));
    }
    let mut file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
    read(&mut file, &path.display().to_string())
}

fn read(from: &mut dyn Read, what: &str) -> Result<String, Trouble> {
    let mut bytes = vec![];
    let read = from.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Trouble::usage(format!("{what}: {error}")))?;
    if MOST_BYTES < bytes.len() as u64 {
        return Err(Trouble::usage(format!("{what} has more than {} MB", MOST_BYTES >> 20)));
    }
    String::from_utf8(bytes).map_err(|error| {
        Trouble::usage(format!("{what} is not text: byte {} is not UTF-8", error.utf8_error().valid_up_to()))
    })
}
