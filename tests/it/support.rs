//! A workbench in the hand: presses keys, answers what it asks, tells what it shows. No terminal, no files, no models.
//! And the program as it is called.

use plantern::{
    ask::{Answer, Prompt, Request, Token},
    engine::{Command, ModelState, ModelStatus, Report, Tools, Which},
    expert::symbolic,
    ids::CallId,
    plan::notation::{Line, Step},
    session::{Entry, Journal, Settings, line},
    workbench::{
        Action, Chord, Effect, Key, Message, Mode, State, Stored, buffer::Typing, sheet::Sheet, update,
        update::files::new_task,
    },
};
use std::{collections::VecDeque, path::Path, process};

/// The example: a task, what the model answers to it in order, and the plan when all of it is done.
pub(crate) const TASK: &str =
    "Take the last letters of the words in \"Ada King\" and concatenate them using a space.";
pub(crate) const REPLIES: [&str; 4] = [
    " [split] What are the words in \"Ada King\"?",
    " (project_values) [str_position] What is the last letter in \"#1\"?",
    " [merge] Concatenate #2 using a space.",
    " [EOQ]",
];
pub(crate) const DONE: &str = "\
QC: Take the last letters of the words in \"Ada King\" and concatenate them using a space.
A: a g
  QS: [split] What are the words in \"Ada King\"?
  A: [\"Ada\", \"King\"]
  QS: (project_values) [str_position] What is the last letter in \"#1\"?
  A: [\"a\", \"g\"]
  QS: [merge] Concatenate #2 using a space.
  A: a g";

/// The program with a home of its own, without models and without a network.
pub(crate) fn program(home: &Path, arguments: &[&str]) -> process::Command {
    let mut command = process::Command::new(env!("CARGO_BIN_EXE_plantern"));
    command
        .args(arguments)
        .env("PLANTERN_HOME", home)
        .env("PLANTERN_OFFLINE", "1")
        .env("PLANTERN_MODELS", home.join("none"))
        .env("HF_HUB_CACHE", home.join("none"))
        .current_dir(home);
    command
}

pub(crate) struct Bench {
    pub(crate) state: State,
    /// What the model answers, in order.
    pub(crate) replies: VecDeque<String>,
    /// Calls made so far, functions included.
    pub(crate) asked: Vec<Request>,
    /// Everything that went to the file.
    pub(crate) written: Vec<Entry>,
    /// Effects for others than engine and file.
    pub(crate) effects: Vec<Effect>,
    /// Calls to the model are left open until [`Bench::answer`].
    pub(crate) hold: bool,
    pub(crate) open: Vec<CallId>,
    pub(crate) now: u64,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        let mut bench = Bench {
            state: State::new(Tools::default(), Settings::new("decomposed", "tag", "scripted")),
            replies: VecDeque::new(),
            asked: vec![],
            written: vec![],
            effects: vec![],
            hold: false,
            open: vec![],
            now: 1_795_248_000_000,
        };
        for which in [Which::Language, Which::Embedding] {
            let state = ModelState::Ready { name: "scripted".to_owned(), about: "no weights".to_owned() };
            bench.send(Message::Report(Report::Model(ModelStatus { which, state })));
        }
        bench
    }

    /// With a task, and what the model will answer.
    pub(crate) fn with(task: &str, replies: &[&str]) -> Bench {
        let mut bench = Bench::new();
        bench.replies = replies.iter().map(|reply| (*reply).to_owned()).collect();
        bench.task(task);
        bench
    }

    /// With the example.
    pub(crate) fn example() -> Bench {
        Bench::with(TASK, &REPLIES)
    }

    /// With the example, and every task of it answered.
    pub(crate) fn done() -> Bench {
        let mut bench = Bench::example();
        bench.press("c");
        assert_eq!(bench.outline(), DONE);
        bench
    }

    pub(crate) fn task(&mut self, task: &str) {
        let effects = new_task(&mut self.state, task);
        self.perform(effects);
    }

    pub(crate) fn send(&mut self, message: Message) {
        self.now += 10;
        let effects = update(&mut self.state, message, self.now);
        self.perform(effects);
    }

    /// Presses keys: `s`, `C-x`, `enter`; in a text, `'words with spaces'` types them.
    pub(crate) fn press(&mut self, keys: &str) {
        let mut rest = keys.trim();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('\'') {
                let (text, after) = after.split_once('\'').expect("a closing quote");
                self.send(Message::Typing(Typing::Insert(text.to_owned())));
                rest = after.trim_start();
                continue;
            }
            let (key, after) = rest.split_once(' ').unwrap_or((rest, ""));
            let chord: Chord = key.parse().unwrap();
            match (&self.state.mode, chord.key) {
                (Mode::Typing(_) | Mode::Palette(_), Key::Enter) => self.send(Message::Action(Action::Enter)),
                (Mode::Typing(_) | Mode::Palette(_), Key::Escape) => self.send(Message::Action(Action::Back)),
                (Mode::Typing(_), Key::Tab) => self.send(Message::Typing(Typing::Complete)),
                (Mode::Typing(_), _) if chord.ctrl && chord.key == Key::Char('u') => {
                    self.send(Message::Typing(Typing::DeleteToStart));
                }
                _ => {
                    let action = match self.state.mode {
                        Mode::Review => self.state.keymap.in_review(chord),
                        _ => self.state.keymap.action(chord),
                    };
                    let action = action.unwrap_or_else(|| panic!("{key} is not bound"));
                    self.send(Message::Action(action));
                }
            }
            rest = after.trim_start();
        }
    }

    /// Does what `update` and its like say.
    pub(crate) fn take(&mut self, effects: Vec<Effect>) {
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        let mut told = vec![];
        for effect in effects {
            match effect {
                Effect::Engine(Command::Ask { call, ask }) => {
                    self.asked.push(ask.request.clone());
                    match ask.request {
                        Request::Compute { question } => {
                            let report = match symbolic::compute(&ask.expert, &question) {
                                Ok(text) => Report::Done { call, answer: Answer::plain(text) },
                                Err(error) => Report::Failed { call, why: error.to_string() },
                            };
                            told.push(Message::Report(report));
                        }
                        _ if self.hold => self.open.push(call),
                        _ => told.push(self.reply(call)),
                    }
                }
                Effect::Create { entries, .. } => {
                    self.written = entries;
                    told.push(Message::Stored(Stored::Created("memory.jsonl".into())));
                }
                Effect::Append { entries } => self.written.extend(entries),
                Effect::Learn(job) => {
                    let proposal = plantern::workbench::learning::propose(&job);
                    told.push(Message::Stored(Stored::Learned(Box::new(proposal))));
                }
                other => self.effects.push(other),
            }
        }
        // As in the program: what was asked for first is done first.
        told.into_iter().for_each(|message| self.send(message));
    }

    /// Gives the next reply to an open call.
    pub(crate) fn answer(&mut self, call: CallId) {
        let message = self.reply(call);
        self.send(message);
    }

    fn reply(&mut self, call: CallId) -> Message {
        self.open.retain(|open| *open != call);
        let reply = self
            .replies
            .pop_front()
            .unwrap_or_else(|| panic!("no reply is left for {:?}", self.asked.last()));
        Message::Report(Report::Done { call, answer: Answer::plain(reply) })
    }

    /// The plan with answers and states, as text.
    pub(crate) fn outline(&self) -> String {
        let session = self.state.journal.session();
        let mut lines = vec![];
        for (task, look) in self.state.survey.iter() {
            let depth = session.plan.depth(task);
            let indent = "  ".repeat(depth);
            let expert = (!look.composite && !look.by.is_empty()).then(|| look.by.clone());
            let draft = session.plan.task(task).unwrap().draft.clone();
            let step = Step {
                operator: draft.operator,
                expert: expert.or(draft.expert),
                text: session.plan.text(task),
            };
            let line = if depth == 0 { Line::Goal(step.text) } else { Line::Step(step) };
            let stale = if look.stale { " *stale*" } else { "" };
            let state = match look.status.word() {
                "done" => String::new(),
                word => format!(" *{word}*"),
            };
            let pinned = if look.pinned { " *pinned*" } else { "" };
            lines.push(format!("{indent}{line}{state}{stale}{pinned}"));
            if let Some(answer) = session.answer(task) {
                lines.push(format!("{indent}A: {answer}"));
            }
        }
        lines.join("\n")
    }

    /// What was written, as a file that is opened again.
    pub(crate) fn reopened(&self) -> Journal {
        let header = line::Header { plantern: 1, title: String::new(), created: String::new() };
        let mut file = line::write_header(&header) + "\n";
        self.written.iter().for_each(|entry| file += &(line::write_entry(entry) + "\n"));
        assert!(!file.contains(&usize::MAX.to_string()), "a place beyond the end is written down");
        let read = line::read_session(file.as_bytes()).unwrap();
        assert_eq!(read.stopped, None);
        read.journal
    }

    /// The sheet that is open.
    pub(crate) fn sheet(&self) -> &Sheet {
        let Mode::Sheet(sheet) = &self.state.mode else { panic!("no sheet is open: {}", self.notice()) };
        sheet
    }

    /// One column of it.
    pub(crate) fn column(&self, at: usize) -> Vec<String> {
        self.sheet().rows.iter().map(|row| row.cells[at].clone()).collect()
    }

    /// Puts its cursor on the first row that has these words in that column.
    pub(crate) fn go_to(&mut self, column: usize, words: &str) {
        let all = self.column(column);
        let at = all.iter().position(|found| found == words);
        let at = at.unwrap_or_else(|| panic!("no {words} in {all:?}"));
        self.press(&format!("g {}", "j ".repeat(at)));
    }

    pub(crate) fn notice(&self) -> &str {
        self.state.notice.as_ref().map_or("", |notice| &notice.text)
    }

    /// Calls to models so far.
    pub(crate) fn model_calls(&self) -> usize {
        self.asked.iter().filter(|request| !matches!(request, Request::Compute { .. })).count()
    }
}

/// The words of a request that has a prompt: of a chat the last turn.
pub(crate) fn prompt(request: &Request) -> &str {
    match request {
        Request::Generate(generate) => match &generate.prompt {
            Prompt::Raw(text) => text,
            Prompt::Chat(turns) => &turns.last().unwrap().text,
        },
        Request::Compute { question } => question,
        other => panic!("no prompt: {other:?}"),
    }
}

/// A token with its probability and what else could have stood there.
pub(crate) fn token(text: &str, probability: f32, others: &[(&str, f32)]) -> Token {
    let own = [(text.to_owned(), probability)];
    let others = others.iter().map(|(text, p)| ((*text).to_owned(), *p));
    Token {
        text: text.to_owned(),
        probability,
        alternatives: own.into_iter().chain(others).collect(),
        forced: false,
    }
}
