//! How long a key takes to its frame while the local model writes on every core.
//!
//! `cargo bench --bench latency` runs the program itself in a pseudo-terminal of 140 by 45, a plan of 1,000 tasks open, eight
//! calls under way. It presses keys at uneven times and looks with a terminal parser when the screen shows what the key
//! does; then it pauses, resumes and cancels, and measures what the program costs while nothing goes on.
//! KEYS is the number of keys (200). Without weights it says so and ends.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench speaks by printing")]

mod desk;

use desk::{COLUMNS, Desk, ROWS, STILL, has};
use plantern::{
    ask::Sampling,
    ids::{Seq, TaskId},
    plan::{Draft, Edit, Phrase},
    session::{Actor, Entry, Event, Limits, Record, Settings, line},
};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

fn main() {
    let Some(model) = model_path() else {
        eprintln!("SKIPPED: no model; set PLANTERN_TEST_GGUF to a GGUF file");
        return;
    };
    let count = std::env::var("KEYS").ok().and_then(|keys| keys.parse().ok()).unwrap_or(200);
    let home = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(home.path().join("experts")).expect("a folder");
    std::fs::write(home.path().join("experts/tell.md"), CARD).expect("a card");
    let session = home.path().join("plan.jsonl");
    write_session(&session);
    let mut desk = Desk::start(home.path(), &model, &session);
    desk.wait("the plan", |screen| has(screen, "0 of 1000 done"));
    desk.wait("the model", |screen| has(screen, "language model ready"));
    // At the end of the plan nothing is done yet, so the cursor stays where the keys put it.
    desk.press("G");
    desk.still();
    println!("idle, {}", keys(&mut desk, count / 3));
    desk.press("c");
    desk.wait("the run", |screen| has(screen, "runs to the end"));
    desk.wait("tokens", |screen| has(screen, "tok/s"));
    let (start, busy) = (Instant::now(), desk.seconds_of_processor());
    println!("eight calls under way, {}", keys(&mut desk, count));
    if let (Some(before), Some(now)) = (busy, desk.seconds_of_processor()) {
        let cores = (now - before) / start.elapsed().as_secs_f64();
        println!("processor time meanwhile: {cores:.2} of {} cores", cores_of_machine());
    }
    reins(&mut desk);
    idle(&mut desk);
    desk.press("q");
    desk.end();
    println!("written meanwhile: {} tokens", written(&session));
}

/// An expert that writes for long.
const CARD: &str = "---\nname: tell\ndescription: Tells a story.\nkind: prompt\nmax_tokens: 200\n---\n## user\n\
                    Write a very long story of many chapters, at least three thousand words. Begin with: {{ question }}\n";

fn model_path() -> Option<PathBuf> {
    let named = std::env::var_os("PLANTERN_TEST_GGUF").map(PathBuf::from);
    let usual = std::env::var_os("HOME")
        .map(|home| PathBuf::from(home).join(".cache/plantern/models/SmolLM2-135M-Instruct.Q4_1.gguf"));
    named.or(usual).filter(|path| path.exists())
}

fn cores_of_machine() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// 1,000 tasks, twenty parts to each that has parts; all leaves are stories to be told.
fn write_session(path: &Path) {
    const SIZE: u32 = 1000;
    let settings = Settings {
        strategy: "decomposed".to_owned(),
        router: "tag".to_owned(),
        model: "none".to_owned(),
        sampling: Sampling { temperature: 0.8, top_p: 1.0, seed: 1 },
        limits: Limits { calls: 100_000, output_tokens: 10_000_000, ..Limits::default() },
    };
    let adds = (0..SIZE).map(|id| {
        let parent = (0 < id).then(|| TaskId((id - 1) / 20));
        let expert = (SIZE / 20 <= id).then(|| "tell".to_owned());
        let phrase =
            Phrase::text(format!("There was once a lighthouse with {} steps, and in it lived", id * 7));
        Edit::Add {
            task: TaskId(id),
            parent,
            at: id.saturating_sub(1) as usize % 20,
            draft: Draft { phrase, expert, ..Draft::default() },
        }
    });
    let events = [
        Event::Started { title: "stories".to_owned(), settings },
        Event::Edited { by: Actor::Person, edits: adds.collect(), reason: None },
    ];
    let header = line::Header { plantern: 1, title: "stories".into(), created: String::new() };
    let mut text = line::write_header(&header) + "\n";
    for (seq, event) in (0u32..).zip(events) {
        let after = seq.checked_sub(1).map(Seq);
        let record = Record { seq: Seq(seq), after, turn: seq, at: 0, event };
        text += &(line::write_entry(&Entry::Record(Box::new(record))) + "\n");
    }
    std::fs::write(path, text).expect("a session");
}

/// The words of the row under the cursor: the one row of the tree that is washed from end to end.
fn cursor(screen: &vt100::Screen) -> String {
    let ground = |row: u16| screen.cell(row, 5).map(vt100::Cell::bgcolor);
    let washed = |row: u16| ground(row) != ground(ROWS - 4);
    let row = (2..ROWS - 2).find(|row| washed(*row));
    // The state at the end of the row moves by itself, as does the mark before the words.
    row.map_or_else(String::new, |row| screen.contents_between(row, 8, row, 60))
}

/// The first line of the inspector, where the tab at hand is marked by its colour.
fn tabs(screen: &vt100::Screen) -> String {
    let cell =
        |column| screen.cell(1, column).map(|cell| (cell.contents().to_owned(), cell.fgcolor(), cell.bold()));
    format!("{:?}", (80..COLUMNS).map(cell).collect::<Vec<_>>())
}

/// How many rows of the tree are folded.
fn folds(screen: &vt100::Screen) -> String {
    screen.contents().matches('▸').count().to_string()
}

/// Presses keys at uneven times, so that they fall on every part of a pass of the model.
fn keys(desk: &mut Desk, count: usize) -> String {
    let mut random = 12345u32;
    let mut times: Vec<(&str, f64)> = vec![];
    for at in 0..count {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        desk.rest(Duration::from_millis(u64::from(20 + (random >> 16) % 100)));
        let (name, key, part): (_, _, fn(&vt100::Screen) -> String) = match at % 8 {
            0..=2 => ("k", "k", cursor),
            3 | 4 => ("j", "j", cursor),
            5 => ("tab", "\t", tabs),
            // The parent of where the cursor is, folded and unfolded; and back to the last part.
            6 => ("left", "h", cursor),
            _ => ("fold", " ", folds),
        };
        times.push((name, desk.time(key, part)));
        if at % 8 == 7 {
            times.push(("fold", desk.time(" ", folds)));
            times.push(("last", desk.time("G", cursor)));
        }
    }
    let mut lines = vec![format!("{} keys: {}", times.len(), spread(times.iter().map(|(_, time)| *time)))];
    for name in ["j", "k", "tab", "left", "fold", "last"] {
        let of = times.iter().filter(|(other, _)| *other == name).map(|(_, time)| *time);
        lines.push(format!("  {name:4} {}", spread(of)));
    }
    lines.join("\n")
}

fn spread(times: impl Iterator<Item = f64>) -> String {
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        times.get((share * times.len() as f64) as usize).or(times.last()).copied().unwrap_or(f64::NAN)
    };
    format!("p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms, most {:.1} ms", at(0.5), at(0.95), at(0.99), at(1.0))
}

/// Pause, resume and cancel: how soon they are seen, and what still comes afterwards.
fn reins(desk: &mut Desk) {
    let state = |screen: &vt100::Screen| has(screen, "‖ paused").to_string();
    let (mut paused, mut resumed, mut cancelled, mut late, mut most) = (vec![], vec![], vec![], 0, 0);
    for _ in 0..10 {
        paused.push(desk.time("p", state));
        let before = streamed(desk.screen.screen());
        // What was said before the key may still be on its way to the screen: one chunk.
        desk.rest(Duration::from_millis(100));
        let shown = desk.screen.screen().contents();
        desk.rest(STILL);
        late += usize::from(desk.screen.screen().contents() != shown);
        most = most.max(streamed(desk.screen.screen()).saturating_sub(before));
        resumed.push(desk.time("p", state));
        desk.rest(Duration::from_millis(300));
    }
    for _ in 0..5 {
        let runs = |screen: &vt100::Screen| has(screen, "runs to the end").to_string();
        cancelled.push(desk.time("\x18", runs));
        desk.rest(Duration::from_millis(100));
        let shown = desk.screen.screen().contents();
        desk.rest(STILL);
        late += usize::from(desk.screen.screen().contents() != shown);
        desk.time("c", runs);
        desk.wait("tokens", |screen| has(screen, "tok/s"));
    }
    desk.press("\x18");
    println!("pause {}", spread(paused.into_iter()));
    println!("resume {}", spread(resumed.into_iter()));
    println!("cancel {}", spread(cancelled.into_iter()));
    println!("tokens of the call in view that came behind the frame that says paused: at most {most}");
    println!("screens that still changed 100 ms after a pause or cancel: {late} of 15");
}

/// Tokens of the call in view, as the title of its pane counts them.
fn streamed(screen: &vt100::Screen) -> usize {
    let text = screen.contents();
    let title = text.lines().find(|line| line.starts_with("─ stream")).unwrap_or_default();
    let words: Vec<&str> = title.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "tokens").unwrap_or(0);
    at.checked_sub(1).and_then(|at| words[at].parse().ok()).unwrap_or(0)
}

/// What the program costs while nothing goes on.
fn idle(desk: &mut Desk) {
    desk.still();
    let before = desk.seconds_of_processor();
    let time = Duration::from_secs(5);
    desk.rest(time);
    match (before, desk.seconds_of_processor()) {
        (Some(before), Some(now)) => {
            println!("idle: {:.1} % of a core", 100.0 * (now - before) / time.as_secs_f64());
        }
        _ => println!("idle: this system does not tell the processor time of a process in a file"),
    }
}

/// Tokens of all answers in the session, whole or broken off.
fn written(session: &Path) -> u64 {
    let text = std::fs::read_to_string(session).expect("the session");
    let tokens = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let event = &line["event"];
        let answer = [&event["answer"], &event["partial"]].into_iter().find(|answer| answer.is_object())?;
        answer["usage"]["output_tokens"].as_u64()
    };
    text.lines().filter_map(tokens).sum()
}
