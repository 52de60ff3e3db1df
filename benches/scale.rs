//! How large a plan may be: opening, memory, and the time from a key to its frame.
//!
//! `cargo bench --bench scale` makes sessions of 10,000, 100,000 and 1,000,000 tasks (SIZES=… for others), each opened by
//! a process of its own. `grown` has one record for each task and an answer for every third, `imported` one record for all.

#![expect(clippy::print_stdout, reason = "a bench speaks by printing")]

use plantern::{
    engine::Tools,
    ids::{Seq, TaskId},
    plan::{Draft, Edit, Phrase, Piece},
    session::{Actor, Entry, Event, Record, Settings, line},
    tui::{self, Cache, theme},
    workbench::{Action, Message, RowId, SessionFile, State, Stored, buffer::Typing, state::Opened, update},
};
use ratatui::{Terminal, backend::TestBackend};
use std::{io::Write, path::Path, process::Command, time::Instant};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--open") {
        return open(Path::new(&arguments[at + 1]));
    }
    let sizes = std::env::var("SIZES").unwrap_or_else(|_| "10000 100000 1000000".to_owned());
    for size in sizes.split_whitespace().filter_map(|size| size.parse::<u32>().ok()) {
        for grown in [true, false] {
            let file = std::env::temp_dir().join(format!("plantern-scale-{}.jsonl", std::process::id()));
            write(&file, size, grown);
            println!("{size} tasks, {}", if grown { "grown" } else { "imported" });
            let me = std::env::current_exe().expect("this program has a place");
            let status = Command::new(me).arg("--open").arg(&file).status();
            assert!(status.is_ok_and(|status| status.success()), "the measured process failed");
            std::fs::remove_file(&file).expect("the file that was just read");
        }
    }
}

fn settings() -> Settings {
    Settings::new("decomposed", "tag", "none")
}

/// A plan twenty parts wide; every other task uses the answer of the one before it.
fn adds(size: u32) -> impl Iterator<Item = Edit> {
    (0..size).map(|id| {
        let parent = (0 < id).then(|| TaskId((id - 1) / 20));
        let text = Piece::Text(format!("How many letters are in the word number {id}, as \"w{}\"?", id * 7));
        let before = (id % 2 == 0 && 1 < id && (id - 1) % 20 != 0)
            .then(|| [Piece::Text(" Add ".to_owned()), Piece::Answer { task: TaskId(id - 1) }]);
        let phrase = Phrase::of(std::iter::once(text).chain(before.into_iter().flatten()));
        let expert = (0 < id).then(|| "count".to_owned());
        let draft = Draft { phrase, expert, ..Draft::default() };
        Edit::Add { task: TaskId(id), parent, at: id.saturating_sub(1) as usize % 20, draft }
    })
}

fn write(path: &Path, size: u32, grown: bool) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("a place for the session"));
    let header = line::Header { plantern: 1, title: "scale".into(), created: String::new() };
    let mut say = |line: String| writeln!(file, "{line}").expect("room for the session");
    say(line::write_header(&header));
    let mut seq = 0u32;
    let mut record = |event: Event| {
        let after = seq.checked_sub(1).map(Seq);
        let record = Record { seq: Seq(seq), after, turn: seq, at: u64::from(seq), event };
        let entry = Entry::Record(Box::new(record));
        say(line::write_entry(&entry));
        seq += 1;
    };
    record(Event::Started { title: "scale".to_owned(), settings: settings() });
    let edited = |edits| Event::Edited { by: Actor::Person, edits, reason: None };
    if !grown {
        return record(edited(adds(size).collect()));
    }
    for edit in adds(size) {
        let task = edit.task();
        record(edited(vec![edit]));
        if task.0 % 3 == 2 {
            record(Event::Pinned { task, answer: Some(task.0.to_string()), reason: None });
        }
    }
}

struct Bench {
    state: State,
    cache: Cache,
    terminal: Terminal<TestBackend>,
    theme: tui::Theme,
}

impl Bench {
    fn send(&mut self, message: Message) {
        drop(update(&mut self.state, message, 0));
    }

    fn draw(&mut self) {
        let Bench { state, cache, terminal, theme } = self;
        terminal.draw(|frame| drop(tui::draw(state, cache, theme, frame))).expect("a frame");
    }

    /// Milliseconds from the key to the frame, for each of the actions in turn.
    fn key(&mut self, action: Action, text: Option<&str>) -> f64 {
        let start = Instant::now();
        self.send(Message::Action(action));
        if let Some(text) = text {
            self.send(Message::Typing(Typing::DeleteToStart));
            self.send(Message::Typing(Typing::Insert(text.to_owned())));
            self.send(Message::Action(Action::Enter));
        }
        self.draw();
        1e3 * start.elapsed().as_secs_f64()
    }
}

fn open(path: &Path) {
    let start = Instant::now();
    let bytes = std::fs::read(path).expect("the session");
    let length = bytes.len();
    let reading = line::read_session(&bytes).expect("a session");
    drop(bytes);
    assert_eq!(reading.stopped, None);
    let read = start.elapsed();
    let mut bench = Bench {
        state: State::new(Tools::default(), settings()),
        cache: Cache::default(),
        terminal: Terminal::new(TestBackend::new(140, 45)).expect("a screen"),
        theme: theme::shipped().remove(0),
    };
    bench.send(Message::Resized(140, 45));
    let file = SessionFile::At("scale.jsonl".into());
    let opened = Opened { journal: reading.journal, file, warning: None };
    let after = Instant::now();
    bench.send(Message::Stored(Stored::Opened(Box::new(opened))));
    let looked = after.elapsed();
    bench.draw();
    let total = start.elapsed();
    println!(
        "  opened in {:.2} s (file of {:.0} MB read in {:.2} s, looked at in {:.2} s), {} MB, at most {} MB",
        total.as_secs_f64(),
        length as f64 / 1e6,
        read.as_secs_f64(),
        looked.as_secs_f64(),
        memory("VmRSS"),
        memory("VmHWM"),
    );
    let size = bench.state.journal.session().plan.len();
    let mut chance: u64 = 0x9e37_79b9_7f4a_7c15;
    let kinds: [(&str, Action, Option<&str>); 11] = [
        ("insert", Action::InsertAfter, Some("[count] How many letters are in \"x\"?")),
        ("edit", Action::Edit, Some("[count] How many letters are in \"y\"?")),
        ("delete", Action::Delete, None),
        ("undo", Action::Undo, None),
        ("redo", Action::Redo, None),
        ("move", Action::MoveUp, None),
        ("fold", Action::Fold, None),
        ("unfold", Action::Fold, None),
        ("down", Action::Down, None),
        ("search", Action::Search, Some("number 77")),
        ("last", Action::Last, None),
    ];
    let mut times: Vec<Vec<f64>> = vec![vec![]; kinds.len() + 1];
    let rounds = if size < 1_000_000 { 100 } else { 20 };
    for round in 0..rounds {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        // Anywhere in the plan, high and low.
        let below = if round % 2 == 0 { size as u64 / 20 } else { size as u64 };
        let task = TaskId(1 + (chance % (below - 1)) as u32);
        if bench.state.journal.session().plan.contains(task) {
            bench.state.ui.cursor = Some(RowId::task(task));
        }
        for (times, (_, action, text)) in times.iter_mut().zip(kinds) {
            times.push(bench.key(action, text));
        }
        if let Some(times) = times.last_mut().filter(|_| round % 10 == 0) {
            times.push(bench.key(Action::Search, Some("nowhere to be found")));
        }
    }
    // Where the time of an undo goes.
    let mut journal = bench.state.journal.clone();
    if let Some(to) = journal.undo_target() {
        let start = Instant::now();
        journal.go(to, 0).expect("what can be undone");
        let went = start.elapsed();
        let old = bench.state.journal.session().clone();
        let start = Instant::now();
        let differences = old.plan.differences(&journal.session().plan).count();
        let compared = start.elapsed();
        let start = Instant::now();
        bench.state.survey.update(&journal, &bench.state.tools, &Default::default());
        println!(
            "  an undo: {:.2} ms in the journal, {:.2} ms to find {differences} differences, {:.2} ms to look",
            1e3 * went.as_secs_f64(),
            1e3 * compared.as_secs_f64(),
            1e3 * start.elapsed().as_secs_f64()
        );
    }
    let mut all = vec![];
    for (times, name) in times.iter_mut().zip(kinds.map(|kind| kind.0).into_iter().chain(["not found"])) {
        all.extend(times.iter().copied());
        say(name, times);
    }
    say("all keys", &mut all);
    println!("  afterwards {} MB, at most {} MB", memory("VmRSS"), memory("VmHWM"));
}

fn say(name: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    println!("  {name:<10} median {:7.2} ms   99 % {:7.2} ms   most {:7.2} ms", at(0.5), at(0.99), at(1.0));
}

/// Megabytes of this process, as the system counts them.
fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(what));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1000
}
