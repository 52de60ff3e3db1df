//! A workbench with a screen in the hand: keys go in as a terminal sends them, frames come out as text.

use crate::support::token;
use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use plantern::{
    ask::{Answer, Request, Token, Usage},
    decision::{Candidate, Decision},
    engine::{Command, ModelState, ModelStatus, Report, Tools, Which},
    expert::symbolic,
    ids::{CallId, TaskId},
    session::{Event, Settings},
    tui::{Cache, Hits, Role, Theme, draw, message},
    workbench::{Chord, Effect, Key, Message, State, Stored, update},
};
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer, style::Color};
use std::collections::BTreeSet;
use unicode_width::UnicodeWidthStr;

pub(crate) struct Desk {
    pub(crate) state: State,
    /// Calls to the model that wait for [`Desk::report`].
    pub(crate) open: Vec<CallId>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) now: u64,
}

pub(crate) const TASK: &str = "Who wrote the first published computer program, and which letters end the words \
                               of the name?";
const PLAN: &str = " [answer] Who wrote the first published computer program?\n\
                    QS: [split] What are the words in \"#1\"?\n\
                    QS: (project_values) [str_position] What is the last letter in \"#2\"?\n\
                    QS: [merge] Concatenate #3 using a space.\n\
                    QS: [EOQ]";

impl Desk {
    /// Nothing was done yet; the models are there.
    pub(crate) fn new() -> Desk {
        let state = State::new(Tools::default(), Settings::new("plan-and-solve", "tag", "scripted"));
        // 21 November 2026, 12:00:00 UTC.
        let mut desk = Desk { state, open: vec![], effects: vec![], now: 1_795_262_400_000 };
        desk.model(
            Which::Language,
            ModelState::Ready { name: "SmolLM2-135M".to_owned(), about: "Q4_1".to_owned() },
        );
        desk
    }

    /// The plan is proposed and its tasks are routed.
    pub(crate) fn planned() -> Desk {
        let mut desk = Desk::new();
        desk.press("n");
        desk.type_in(TASK);
        desk.press("enter c");
        desk.answer(PLAN);
        desk.route(
            1,
            "answer",
            &[
                ("answer", 4.0, "named by the plan"),
                ("extract", 1.5, "2 words: first, program"),
                ("person", 0.0, "nothing in common"),
            ],
        );
        desk.route(2, "split", &[("split", 5.25, "named by the plan"), ("merge", 1.0, "words: words")]);
        desk.route(
            3,
            "str_position",
            &[
                ("str_position", 6.0, "named by the plan"),
                ("arr_position", 4.5, "near: What is the last item"),
            ],
        );
        desk.route(4, "merge", &[("merge", 3.0, "named by the plan")]);
        desk
    }

    /// The first task is being answered.
    pub(crate) fn running() -> Desk {
        let mut desk = Desk::planned();
        desk.press("c");
        desk
    }

    /// Everything is answered.
    pub(crate) fn done() -> Desk {
        let mut desk = Desk::running();
        desk.finish(&name_tokens());
        desk
    }

    pub(crate) fn send(&mut self, message: Message) {
        self.now += 100;
        let effects = update(&mut self.state, message, self.now);
        for effect in effects {
            match effect {
                Effect::Engine(Command::Ask { call, ask }) => match ask.request {
                    Request::Compute { question } => {
                        let report = match symbolic::compute(&ask.expert, &question) {
                            Ok(text) => Report::Done { call, answer: Answer::plain(text) },
                            Err(error) => Report::Failed { call, why: error.to_string() },
                        };
                        self.send(Message::Report(report));
                    }
                    _ => self.open.push(call),
                },
                Effect::Create { .. } => {
                    self.send(Message::Stored(Stored::Created("sessions/first-program.jsonl".into())));
                }
                Effect::Append { .. } => {}
                other => self.effects.push(other),
            }
        }
    }

    /// Keys by name, as a terminal sends them.
    pub(crate) fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let hits = self.hits();
            let event = Input::Key(event(key.parse().expect("a key")));
            let meant = message(&event, &self.state, &hits).unwrap_or_else(|| panic!("{key} means nothing"));
            self.send(meant);
        }
    }

    pub(crate) fn type_in(&mut self, text: &str) {
        let pasted = message(&Input::Paste(text.to_owned()), &self.state, &Hits::default());
        self.send(pasted.expect("a paste means something"));
    }

    pub(crate) fn model(&mut self, which: Which, state: ModelState) {
        self.send(Message::Report(Report::Model(ModelStatus { which, state })));
    }

    /// The call for vectors that the review made last, and for how many texts.
    pub(crate) fn embedding(&mut self) -> (CallId, usize) {
        let texts = self.state.review.as_ref().and_then(|review| review.waiting.as_ref()).expect("it waits");
        self.open.retain(|call| *call != texts.call);
        (texts.call, texts.texts.len())
    }

    /// Answers the open call in one piece.
    pub(crate) fn answer(&mut self, text: &str) {
        let call = self.open.remove(0);
        let usage = Usage { prompt_tokens: 412, cached_tokens: 380, output_tokens: 58, seconds: 2.34 };
        self.send(Message::Report(Report::Done { call, answer: Answer { usage, ..Answer::plain(text) } }));
    }

    /// Tokens come, 100 ms each.
    pub(crate) fn stream(&mut self, tokens: &[Token]) {
        let call = self.open[0];
        for token in tokens {
            self.send(Message::Report(Report::Tokens { call, tokens: vec![token.clone()] }));
        }
    }

    /// The open call ends with these tokens.
    pub(crate) fn finish(&mut self, tokens: &[Token]) {
        let call = self.open.remove(0);
        let text: String = tokens.iter().map(|token| token.text.as_str()).collect();
        let usage =
            Usage { prompt_tokens: 96, cached_tokens: 0, output_tokens: tokens.len() as u32, seconds: 0.84 };
        let answer = Answer { text, tokens: tokens.to_vec(), usage, ..Answer::default() };
        self.send(Message::Report(Report::Done { call, answer }));
    }

    /// A decision as a router records it.
    fn route(&mut self, task: u32, chosen: &str, candidates: &[(&str, f32, &str)]) {
        let candidate = |(expert, score, reason): &(&str, f32, &str)| Candidate {
            expert: (*expert).to_owned(),
            score: *score,
            reason: (*reason).to_owned(),
        };
        let decision = Decision {
            router: "tag".to_owned(),
            chosen: chosen.to_owned(),
            candidates: candidates.iter().map(candidate).collect(),
            confidence: 0.86,
            margin: candidates[0].1 - candidates.get(1).map_or(0.0, |other| other.1),
            reason: None,
            version: None,
            threshold: None,
        };
        let routed = Event::Routed { task: TaskId(task), key: String::new(), decision };
        self.state.journal.record(routed, self.now).expect("the task is there");
        self.state.look();
    }

    /// What is where on a screen of the size that the state knows.
    pub(crate) fn hits(&self) -> Hits {
        let (width, height) = self.state.ui.size;
        self.drawn(width, height, &plantern::tui::theme::shipped()[0]).1
    }

    pub(crate) fn drawn(&self, width: u16, height: u16, theme: &Theme) -> (Buffer, Hits) {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut hits = Hits::default();
        terminal.draw(|frame| hits = draw(&self.state, &mut Cache::default(), theme, frame)).unwrap();
        (terminal.backend().buffer().clone(), hits)
    }

    /// The frame as text.
    pub(crate) fn frame(&self, width: u16, height: u16) -> String {
        let (buffer, hits) = self.drawn(width, height, &plantern::tui::theme::shipped()[0]);
        let cursor = hits.cursor.map_or(String::new(), |(x, y)| format!(" cursor at column {x}, row {y}"));
        format!("{width}x{height}{cursor}\n{}", text(&buffer))
    }

    /// The frame at the three sizes that every screen is looked at.
    pub(crate) fn frames(&self) -> String {
        [(60, 20), (80, 24), (140, 45)].map(|(width, height)| self.frame(width, height)).join("\n")
    }

    /// A letter for the role of every cell that is not plain text; `>` before rows that are selected.
    pub(crate) fn roles(&self, width: u16, height: u16) -> String {
        let theme = Theme::of("roles", |role| {
            let style = ratatui::style::Style::new();
            match role {
                Role::Selected | Role::SelectedIdle => style.bg(Color::Indexed(role as u8)),
                Role::Ground | Role::Popup => style.fg(Color::Indexed(Role::Text as u8)),
                role => style.fg(Color::Indexed(role as u8)),
            }
        });
        let (buffer, _) = self.drawn(width, height, &theme);
        let letters: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
        let mut used: BTreeSet<u8> = BTreeSet::new();
        let mut rows = vec![];
        for y in 0..height {
            let cells: Vec<_> = (0..width).map(|x| &buffer[(x, y)]).collect();
            let selected = cells.iter().any(|cell| matches!(cell.bg, Color::Indexed(_)));
            let letter = |cell: &&ratatui::buffer::Cell| match cell.fg {
                Color::Indexed(role) if cell.symbol() != " " && role != Role::Text as u8 => {
                    used.insert(role);
                    letters[usize::from(role) % letters.len()]
                }
                _ if cell.symbol() == " " => ' ',
                _ => '.',
            };
            let row: String = cells.iter().map(letter).collect();
            rows.push(format!("{}{}", if selected { ">" } else { " " }, row).trim_end().to_owned());
        }
        let legend: Vec<String> = used
            .iter()
            .map(|n| {
                format!("{}={}", letters[usize::from(*n) % letters.len()], Role::ALL[usize::from(*n)].id())
            })
            .collect();
        format!("roles {width}x{height}: {}\n{}", legend.join(" "), rows.join("\n"))
    }
}

/// The tokens of `Ada King` with what else the model thought of.
pub(crate) fn name_tokens() -> Vec<Token> {
    let token = |text: &str, probability: f32, others: &[(&str, f32)], forced: bool| Token {
        forced,
        ..token(text, probability, others)
    };
    vec![
        token("Ada", 0.624, &[("Charles", 0.203), ("The", 0.08), ("Augusta", 0.041), ("Alan", 0.012)], false),
        token(" King", 0.287, &[(" Lovelace", 0.668), (" Augusta", 0.02)], false),
        token("\n", 0.991, &[(".", 0.004)], true),
    ]
}

/// The cells of a buffer as lines, without the blanks at their ends.
pub(crate) fn text(buffer: &Buffer) -> String {
    let area = buffer.area;
    let mut lines = vec![];
    for y in area.top()..area.bottom() {
        let mut line = String::new();
        let mut x = area.left();
        while x < area.right() {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += (symbol.width() as u16).max(1);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// The event that a terminal sends for a chord.
pub(crate) fn event(chord: Chord) -> KeyEvent {
    let code = match chord.key {
        Key::Char(c) => KeyCode::Char(c),
        Key::Enter => KeyCode::Enter,
        Key::Escape => KeyCode::Esc,
        Key::Tab => KeyCode::Tab,
        Key::BackTab => KeyCode::BackTab,
        Key::Backspace => KeyCode::Backspace,
        Key::Delete => KeyCode::Delete,
        Key::Up => KeyCode::Up,
        Key::Down => KeyCode::Down,
        Key::Left => KeyCode::Left,
        Key::Right => KeyCode::Right,
        Key::Home => KeyCode::Home,
        Key::End => KeyCode::End,
        Key::PageUp => KeyCode::PageUp,
        Key::PageDown => KeyCode::PageDown,
        Key::ShiftUp => KeyCode::Up,
        Key::ShiftDown => KeyCode::Down,
        Key::ShiftLeft => KeyCode::Left,
        Key::ShiftRight => KeyCode::Right,
        Key::ShiftHome => KeyCode::Home,
        Key::ShiftEnd => KeyCode::End,
        Key::F(n) => KeyCode::F(n),
    };
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::CONTROL, chord.ctrl);
    modifiers.set(KeyModifiers::ALT, chord.alt);
    KeyEvent::new(code, modifiers)
}
