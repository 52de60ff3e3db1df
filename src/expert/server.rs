//! Experts on OpenAI-compatible servers: chat completions with streaming, embeddings, several addresses for one name.
//!
//! [`Server`] is cloned for each thread that asks; the clones share one [`pool`]. Nothing is sent before an ask is made.
//! Servers are strangers: what they send has a largest size, every wait has an end, and an answer is whole only when the
//! server said so. A request that may have been worked on is not sent again.
//!
//! `call` tries and waits, `send` and `read` make one try, `wire` speaks JSON, `sse` reads streams. `generate`, `score` and
//! `similar` serve the kinds of asks. `ladder` chooses how a shape is told, `form` and `shape` write it in the words of
//! servers, `retry` and `clock` know how long to wait, `pool` keeps what is known of each address.

mod call;
mod clock;
mod form;
mod generate;
mod ladder;
mod look;
mod pool;
mod read;
mod retry;
mod score;
mod secret;
mod send;
mod shape;
mod similar;
mod sse;
mod trusted;
mod wire;

pub use secret::Secret;
pub use trusted::Trusted;

use super::{Control, Expert, ExpertError, Sink};
use crate::ask::{Answer, Ask, Request, Token};
use call::Caller;
use clock::Clock;
use pool::Pool;
use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::runtime::Runtime;

/// All that is known of a server before it is asked.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    pub name: String,
    /// Addresses up to and with the version (`http://127.0.0.1:8080/v1`); at least one.
    pub urls: Vec<String>,
    /// The model's name, as the server knows it.
    pub model: String,
    /// Sent as a bearer token.
    pub key: Option<Secret>,
    /// Certificates that are trusted beside those of this machine.
    pub trusted: Option<Trusted>,
    /// Calls that one address may have at a time.
    pub parallel: usize,
    pub waits: Waits,
    pub structured: Structured,
    /// The server also continues plain text (`/completions`): few-shot prompts go there.
    pub completions: bool,
    pub price: Price,
}

/// How long what may take. Time in which a call is paused does not count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waits {
    pub connect: Duration,
    /// From the request to the first word of the reply.
    pub first: Duration,
    /// Between two pieces of the reply.
    pub idle: Duration,
    /// The whole call with all its tries.
    pub total: Duration,
}

impl Default for Waits {
    fn default() -> Waits {
        let seconds = Duration::from_secs;
        Waits { connect: seconds(10), first: seconds(120), idle: seconds(60), total: seconds(900) }
    }
}

/// How a shape is made known to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Structured {
    /// In the surest way that the address keeps to: `response_format` with a JSON schema, then with JSON alone, then a
    /// tool, then a grammar, then words.
    #[default]
    Auto,
    /// `response_format` with a JSON schema.
    JsonSchema,
    /// `response_format` that says JSON, and the schema in words.
    JsonObject,
    /// The call of a tool whose parameters are the answer.
    Tool,
    /// `grammar`, of llama.cpp.
    Grammar,
    /// `structured_outputs` with a regular expression, of vLLM.
    Regex,
    /// In words; the answer is read leniently.
    Ask,
}

/// Price of a million tokens, in whatever currency the person thinks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Price {
    pub input: f64,
    pub output: f64,
}

/// An expert that asks a server.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    /// Made on the thread that uses it.
    worker: Option<Worker>,
}

#[derive(Debug)]
struct Shared {
    settings: ServerSettings,
    pool: Pool,
    clock: Clock,
}

#[derive(Debug)]
struct Worker {
    runtime: Runtime,
    client: reqwest::Client,
}

impl Server {
    /// A server that nobody has contacted. `seed` decides how retries are spread.
    pub fn new(settings: ServerSettings, seed: u64) -> Server {
        Server::with_clock(settings, seed, Clock::system())
    }

    fn with_clock(settings: ServerSettings, seed: u64, clock: Clock) -> Server {
        let pool = Pool::new(&settings.urls, settings.parallel, seed);
        Server { shared: Arc::new(Shared { settings, pool, clock }), worker: None }
    }

    /// Calls that all its addresses together may have at a time.
    pub fn parallel(&self) -> usize {
        self.shared.settings.parallel.max(1) * self.shared.settings.urls.len()
    }

    /// Does each address answer, and with which models? Asks for the list of models, once, for at most `wait`.
    pub fn look(&mut self, wait: Duration) -> Vec<(String, Result<String, String>)> {
        let shared = Arc::clone(&self.shared);
        match self.worker() {
            Err(error) => vec![(shared.settings.urls.join(", "), Err(error.to_string()))],
            Ok(worker) => worker.runtime.block_on(look::look(&shared, &worker.client, wait)),
        }
    }

    fn worker(&mut self) -> Result<&Worker, ExpertError> {
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => Worker::new(&self.shared.settings)?,
        };
        Ok(self.worker.insert(worker))
    }
}

/// A clone for another thread: the pool is shared, the connection is not.
impl Clone for Server {
    fn clone(&self) -> Server {
        Server { shared: Arc::clone(&self.shared), worker: None }
    }
}

impl Worker {
    fn new(settings: &ServerSettings) -> Result<Worker, ExpertError> {
        let failed = |why: &dyn std::fmt::Display| {
            ExpertError::Missing(format!("the server `{}` can not be asked: {why}", settings.name))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let client = send::client(settings).map_err(|error| failed(&error))?;
        Ok(Worker { runtime: runtime.map_err(|error| failed(&error))?, client })
    }
}

impl Expert for Server {
    fn answer(&mut self, ask: &Ask, sink: &mut dyn Sink, control: &Control) -> Result<Answer, ExpertError> {
        let shared = Arc::clone(&self.shared);
        let Worker { runtime, client } = self.worker()?;
        let poured = Mutex::new(Poured::default());
        let mut bucket = Bucket(&poured);
        let waits = |why: &str| Bucket(&poured).lock().waits = Some(why.to_owned());
        let mut answer = pin!(shared.answer(client, ask, &mut bucket, control, &waits));
        // A sink may block, which nothing may do inside of a runtime: it is filled between two turns.
        loop {
            let turn = async {
                tokio::select! {
                    biased;
                    answer = &mut answer => Some(answer),
                    () = tokio::time::sleep(TURN) => None,
                }
            };
            let ended = runtime.block_on(turn);
            let Poured { tokens, prefill, waits } =
                std::mem::take(&mut *poured.lock().unwrap_or_else(PoisonError::into_inner));
            if let Some(why) = waits {
                sink.waits(&why);
            }
            if let Some((done, total)) = prefill {
                sink.prefill(done, total);
            }
            if !tokens.is_empty() {
                sink.tokens(&tokens);
            }
            if let Some(answer) = ended {
                return answer;
            }
        }
    }
}

/// How long the runtime works before what it has is handed on.
const TURN: Duration = Duration::from_millis(20);

/// What came since it was last handed on.
#[derive(Default)]
struct Poured {
    tokens: Vec<Token>,
    prefill: Option<(usize, usize)>,
    waits: Option<String>,
}

/// Holds what comes until it can be handed on.
struct Bucket<'a>(&'a Mutex<Poured>);

impl Bucket<'_> {
    fn lock(&self) -> MutexGuard<'_, Poured> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Bucket<'_> {
    fn tokens(&mut self, tokens: &[Token]) {
        self.lock().tokens.extend_from_slice(tokens);
    }

    fn prefill(&mut self, done: usize, total: usize) {
        self.lock().prefill = Some((done, total));
    }
}

impl Shared {
    async fn answer(
        &self,
        client: &reqwest::Client,
        ask: &Ask,
        sink: &mut dyn Sink,
        control: &Control,
        waits: &dyn Fn(&str),
    ) -> Result<Answer, ExpertError> {
        let caller = Caller::new(self, client, control, waits);
        match &ask.request {
            Request::Generate(generate) if !generate.start.is_empty() => Err(ExpertError::Missing(format!(
                "the server `{}` can not go on from a given text: only a local model can",
                self.settings.name
            ))),
            Request::Generate(generate) => caller.generate(generate, sink).await,
            Request::Similar { text, examples } => caller.similar(text, examples, sink).await,
            Request::Score { prompt, continuations } => caller.score(prompt, continuations, sink).await,
            Request::Embed { .. } | Request::Compute { .. } | Request::Person { .. } => {
                Err(ExpertError::Missing(format!(
                    "the server `{}` writes and compares text, nothing else",
                    self.settings.name
                )))
            }
        }
    }
}

#[cfg(test)]
mod tests;
