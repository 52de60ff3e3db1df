//! Whole plans, side by side with llama.cpp's server on the same requests: one line for each figure.
//!
//! PLANTERN_DEVICE (cuda, metal) measures a GPU instead of the processor.
//! `LLAMA_SERVER=path/to/llama-server cargo bench --bench plan -- CASES.jsonl…` takes files made by `plantern import`;
//! without one it uses letter tasks of its own, without the server it measures Plantern alone. First every case runs
//! alone and its calls are written down. Then all of them run together here, and once more as the same requests to the
//! server: the same prompts, as many tokens, the calls of a plan one after the other, several plans at once, its
//! prompt cache on. The server writes without a grammar, which is in its favour.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench speaks by printing")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use plantern::ask::{Ask, Prompt, Request, Usage};
use plantern::engine::runner::{Engine, Inbox};
use plantern::engine::{Command, ModelState, Report, Tools, Which};
use plantern::expert::Expert;
use plantern::expert::candle::{
    kernels::Level,
    language::LanguageExpert,
    machine::{Choice, Device},
};
use plantern::headless::eval::{eval, job};
use plantern::headless::{Hands, Interrupt, Workers};
use plantern::session::Settings;
use plantern::workbench::State;

/// Plans under way together, here and at the server.
const TOGETHER: usize = 8;

fn main() {
    let Some(model) = model_path() else {
        eprintln!("SKIPPED: no model; set PLANTERN_TEST_GGUF to a GGUF file");
        return;
    };
    let named: Vec<PathBuf> =
        std::env::args().skip(1).filter(|word| !word.starts_with("--")).map(PathBuf::from).collect();
    let cases = if named.is_empty() {
        letters()
    } else {
        named.iter().map(|file| std::fs::read_to_string(file).expect("a file of cases")).collect()
    };
    let cases: Vec<&str> = cases.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut chains: Vec<Vec<Told>> = vec![];
    with_engine(&model, Variant::default(), |state, engine, inbox| {
        let start = Instant::now();
        chains = cases.iter().map(|case| run(state, case, 1, engine, inbox)).collect();
        println!("{} plans one after the other: {:.2} s", cases.len(), start.elapsed().as_secs_f64());
    });
    let calls: Vec<&Told> = chains.iter().flatten().collect();
    let sum = |figure: fn(&Usage) -> u32| calls.iter().map(|told| figure(&told.usage)).sum::<u32>();
    println!(
        "{} calls, {} prompt tokens, {} of them cached, {} tokens written",
        calls.len(),
        sum(|usage| usage.prompt_tokens),
        sum(|usage| usage.cached_tokens),
        sum(|usage| usage.output_tokens)
    );
    let together = |name: &str, variant: Variant, cases: &[&str]| {
        let mut best = f64::INFINITY;
        // A fresh engine each time: nothing is remembered from the runs before.
        for _ in 0..2 {
            with_engine(&model, variant, |state, engine, inbox| {
                let start = Instant::now();
                run(state, &cases.join("\n"), TOGETHER, engine, inbox);
                best = best.min(start.elapsed().as_secs_f64());
            });
        }
        println!("{} plans, {TOGETHER} together{name}: {best:.2} s", cases.len());
        best
    };
    let ours = together("", Variant::default(), &cases);
    together(", without guesses", Variant { guesses: Some(0), ..Variant::default() }, &cases);
    let few = &cases[..cases.len().min(3)];
    together("", Variant::default(), few);
    together(", without the prefix cache", Variant { prefixes: Some(0), ..Variant::default() }, few);
    let Some(server) = std::env::var_os("LLAMA_SERVER") else { return };
    for slots in [1, TOGETHER] {
        let server = Server::start(Path::new(&server), &model, slots);
        let theirs = server.replay(&chains, slots);
        println!("llama.cpp's server, {slots} slots: {theirs:.2} s, {:.2} times ours", theirs / ours);
    }
}

/// What is switched off, to see what it brings.
#[derive(Clone, Copy, Default)]
struct Variant {
    guesses: Option<usize>,
    prefixes: Option<usize>,
}

fn model_path() -> Option<PathBuf> {
    let named = std::env::var_os("PLANTERN_TEST_GGUF").map(PathBuf::from);
    let usual = std::env::var_os("HOME")
        .map(|home| PathBuf::from(home).join(".cache/plantern/models/SmolLM2-135M-Instruct.Q4_1.gguf"));
    named.or(usual).filter(|path| path.exists())
}

/// Fifty letter tasks of the kind of letter_cat, of names that no worked example has.
fn letters() -> String {
    let first = ["Tessa", "Bruno", "Imke", "Rashid", "Yolanda"];
    let last = [
        "Okafor",
        "Lindqvist",
        "Moreau",
        "Castellan",
        "Brightwater",
        "Nakamura",
        "Ferris",
        "Duarte",
        "Holm",
        "Vance",
    ];
    let name = |at: usize| format!("{} {} {}", first[at % 5], last[at / 5], last[(at * 7 + 3) % 10]);
    (0..50)
        .map(|at| {
            let task = format!(
                "Take the letters at position 2 of the words in \"{}\" and concatenate them using a space.",
                name(at)
            );
            let second = |word: &str| word.chars().nth(1).map(String::from).unwrap_or_default();
            let answer = name(at).split(' ').map(second).collect::<Vec<_>>().join(" ");
            format!("{{\"task\": {task:?}, \"answer\": {answer:?}}}\n")
        })
        .collect()
}

fn with_engine(model: &Path, variant: Variant, work: impl FnOnce(&State, &mut Engine, &mut Inbox)) {
    let (mut engine, mut inbox) = Engine::new();
    let path = model.to_owned();
    let device = Device::of_environment().expect("a device");
    let choice = Choice { device, ..Choice::from(Level::best()) };
    let load = move || {
        let mut expert = LanguageExpert::load(&path, &[], choice, &|_| Ok(()), &mut |_| {})
            .map_err(|why| why.to_string())?;
        variant.guesses.into_iter().for_each(|rows| expert.model().limit_guesses(rows));
        variant.prefixes.into_iter().for_each(|bytes| expert.model().limit_prefixes(bytes));
        let ready = ModelState::Ready { name: "model".to_owned(), about: expert.about() };
        Ok((Box::new(expert) as Box<dyn Expert>, ready))
    };
    engine.bring("model", Some(Which::Language), move |_| load()).expect("a thread");
    engine.command(Command::Load("model".to_owned()));
    let mut state = State::new(Tools::default(), Settings::new("decomposed", "tag", "bench"));
    state
        .models
        .insert(Which::Language, ModelState::Ready { name: "bench".to_owned(), about: String::new() });
    // Load before the clock starts.
    run(&state, "{\"task\": \"What is 2 + 3?\", \"answer\": 5}", 1, &mut engine, &mut inbox);
    work(&state, &mut engine, &mut inbox);
}

/// A call as it was made: the words the model read, and what it cost.
struct Told {
    prompt: String,
    usage: Usage,
}

/// Runs cases and writes down their calls to the model, in the order of their answers.
fn run(state: &State, cases: &str, parallel: usize, engine: &mut Engine, inbox: &mut Inbox) -> Vec<Told> {
    let mut job = job(cases, &[], "decomposed", None).expect("cases");
    job.parallel = parallel;
    let mut hands = Recorder { workers: Workers::new(engine, inbox), asked: vec![], told: vec![] };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (mut out, mut narration) = (std::io::sink(), std::io::sink());
    let now = || 0;
    let mut never = Interrupt::never();
    runtime
        .block_on(eval(state, &job, &mut hands, &now, &mut never, &mut out, &mut narration))
        .expect("a run");
    hands.told
}

struct Recorder<'a> {
    workers: Workers<'a>,
    asked: Vec<(plantern::ids::CallId, Ask)>,
    told: Vec<Told>,
}

impl Hands for Recorder<'_> {
    fn perform(&mut self, command: Command) {
        if let Command::Ask { call, ask } = &command {
            self.asked.push((*call, (**ask).clone()));
        }
        self.workers.perform(command);
    }

    async fn next(&mut self) -> Option<Report> {
        let report = self.workers.next().await;
        if let Some(Report::Done { call, answer }) = &report
            && let Some((_, ask)) = self.asked.iter().find(|(asked, _)| asked == call)
            && let Request::Generate(generate) = &ask.request
            && let Prompt::Raw(prompt) = &generate.prompt
        {
            self.told.push(Told { prompt: prompt.clone(), usage: answer.usage });
        }
        report
    }
}

/// llama.cpp's server on loopback; ends with its value.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(program: &Path, model: &Path, slots: usize) -> Server {
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("a port").port();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).to_string();
        let process = Process::new(program)
            .args(["-t", &threads, "-np", &slots.to_string(), "-c", &(slots * 8192).to_string()])
            .args(["--port", &port.to_string(), "--host", "127.0.0.1", "-m"])
            .arg(model)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("llama-server starts");
        let server = Server { process, port };
        while !server.ask("GET", "/health", "").is_some_and(|reply| reply.contains("ok")) {
            std::thread::sleep(Duration::from_millis(50));
        }
        server.complete("What is 2 + 3?", 4);
        server
    }

    /// Seconds that all chains take, some of them at once, the calls of each in order.
    fn replay(&self, chains: &[Vec<Told>], together: usize) -> f64 {
        let next = Mutex::new(chains.iter());
        let take = || next.lock().expect("no panic").next();
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..together {
                scope.spawn(|| {
                    while let Some(chain) = take() {
                        chain.iter().for_each(|told| self.complete(&told.prompt, told.usage.output_tokens));
                    }
                });
            }
        });
        start.elapsed().as_secs_f64()
    }

    fn complete(&self, prompt: &str, tokens: u32) {
        let body = serde_json::json!({
            "prompt": prompt, "n_predict": tokens, "temperature": 0.0, "ignore_eos": true, "cache_prompt": true,
        });
        let reply = self.ask("POST", "/completion", &body.to_string()).expect("an answer");
        assert!(reply.contains("\"content\""), "{reply}");
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_nodelay(true).ok()?;
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply).ok()?;
        Some(reply)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
