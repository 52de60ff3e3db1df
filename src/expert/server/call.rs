//! One call: tries, waits, the stream of a reply, and what each way to end means.

use super::{
    ServerSettings, Shared,
    clock::Moment,
    pool::{Lease, Pick},
    retry,
    shape::Shape,
    sse::Events,
    wire::{self, Chunk, End, Wire},
};
use crate::{
    ask::{Answer, Finish, Generate, Usage},
    expert::{Control, ExpertError, Flow, Sink},
};
use reqwest::{
    Client, Response, StatusCode,
    header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, RETRY_AFTER},
    redirect::Policy,
};
use serde_json::Value;
use std::{cell::Cell, error::Error, future::Future, pin::pin, time::Duration};
use tokio::time::sleep;

/// How often a waiting call looks at its control and at the clocks.
const TICK: Duration = Duration::from_millis(20);
/// The longest reply, in bytes.
const MOST_REPLY: usize = 16 << 20;
/// Of an error's body so much is read.
const MOST_ERROR: usize = 64 << 10;
/// After the end of an answer so long is waited for its usage.
const GRACE: Duration = Duration::from_secs(2);

/// A client that follows no redirects, asks for no compression and keeps no connection.
pub(super) fn client(settings: &ServerSettings) -> Result<Client, String> {
    let https = settings.urls.iter().any(|url| url.starts_with("https:"));
    #[cfg(feature = "tls")]
    {
        // Another thread may have done it: then all is well too. The client wants it even for plain addresses.
        let _ = rustls_graviola::default_provider().install_default();
    }
    if https && cfg!(not(feature = "tls")) {
        return Err(
            "its address begins with https, and this plantern was built without the feature `tls`".to_owned()
        );
    }
    let mut builder = Client::builder()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
        .connect_timeout(settings.waits.connect)
        .user_agent(concat!("plantern/", env!("CARGO_PKG_VERSION")));
    let local = |url: &String| ["//127.", "//localhost", "//[::1]"].iter().any(|host| url.contains(host));
    if settings.urls.iter().all(local) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| words(&error))
}

/// A call under way.
pub(super) struct Caller<'a> {
    pub(super) shared: &'a Shared,
    client: &'a Client,
    control: &'a Control,
    started: Moment,
    /// Time in which it was paused.
    paused: Cell<Duration>,
}

/// Why a wait ended before what was waited for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Cancelled,
    /// It took longer than it may.
    Late,
}

/// How a try ended, if not well.
pub(super) enum Fault {
    Cancelled,
    /// Nothing was worked on: another try is allowed, after so long if the server says.
    Again {
        why: String,
        after: Option<Duration>,
    },
    /// The server does not read this field.
    Refused(&'static str),
    /// It ends here.
    Failed(String),
}

/// What has come of an answer so far.
#[derive(Default)]
struct Reply {
    text: String,
    chunks: Vec<crate::ask::Token>,
    weighed: bool,
    end: Option<End>,
    usage: Option<Usage>,
    model: Option<String>,
}

impl<'a> Caller<'a> {
    pub(super) fn new(shared: &'a Shared, client: &'a Client, control: &'a Control) -> Caller<'a> {
        Caller { shared, client, control, started: shared.clock.moment(), paused: Cell::default() }
    }

    fn settings(&self) -> &'a ServerSettings {
        &self.shared.settings
    }

    pub(super) async fn generate(self, ask: &Generate, sink: &mut dyn Sink) -> Result<Answer, ExpertError> {
        let shape = ask.grammar.as_deref().map(Shape::new).transpose().map_err(ExpertError::Grammar)?;
        let pool = &self.shared.pool;
        let settings = self.settings();
        let mut reply = Reply::default();
        let mut wrapped = false;
        let ended = self
            .tries(async |lease: &Lease<'_>| {
                let wire = wire::generate(
                    ask,
                    shape.as_ref(),
                    &settings.model,
                    settings.structured,
                    settings.completions,
                    &|field| pool.reads(field),
                );
                wrapped = wire.wrapped;
                let response = self.send(lease, &wire).await?;
                self.read(response, &mut reply, sink).await
            })
            .await;
        let trouble = match ended {
            Ok(()) => None,
            Err(Fault::Failed(why)) if reply.text.is_empty() => return Err(ExpertError::Missing(why)),
            Err(Fault::Again { why, .. } | Fault::Failed(why)) => Some(why),
            Err(Fault::Refused(_)) => None,
            Err(Fault::Cancelled) => return Ok(self.answer(reply, Finish::Cancelled)),
        };
        if let Some(why) = trouble {
            let mut answer = self.answer(reply, Finish::Cut);
            answer.warnings.push(why);
            return Ok(answer);
        }
        let finish = match &reply.end {
            Some(End::Else(reason)) => {
                let why =
                    format!("the server `{}` ended it for a reason of its own: {reason}", settings.name);
                let mut answer = self.answer(reply, Finish::Cut);
                answer.warnings.push(why);
                return Ok(answer);
            }
            Some(End::Finish(finish)) => *finish,
            None => Finish::Stop,
        };
        let mut answer = self.answer(reply, finish);
        if wrapped && let Some(inside) = unwrapped(&answer.text) {
            answer.text = inside;
        }
        cut_at_stop(&mut answer, &ask.stop);
        if let Some(shape) = shape {
            match shape.read(&answer.text) {
                Some((_, false)) => {}
                Some((text, _)) => {
                    answer.text = text;
                    answer.warnings.push(
                        "the answer had more than the shape that was asked for: the rest was taken away"
                            .into(),
                    );
                }
                None => answer.warnings.push("the answer does not have the shape that was asked for".into()),
            }
        }
        Ok(answer)
    }

    fn answer(&self, reply: Reply, finish: Finish) -> Answer {
        let settings = self.settings();
        let counted = Usage {
            output_tokens: u32::try_from(reply.chunks.len()).unwrap_or(u32::MAX),
            ..Usage::default()
        };
        let usage = reply.usage.unwrap_or(counted);
        let price = settings.price;
        Answer {
            text: reply.text,
            tokens: if reply.weighed { reply.chunks } else { vec![] },
            finish,
            by: format!("{} at {}", reply.model.as_ref().unwrap_or(&settings.model), settings.name),
            cost: (f64::from(usage.prompt_tokens) * price.input
                + f64::from(usage.output_tokens) * price.output)
                / 1e6,
            usage,
            ..Answer::default()
        }
    }

    /// Tries until one ends well or in a way that another try would not change.
    pub(super) async fn tries(
        &self,
        mut once: impl AsyncFnMut(&Lease<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let pool = &self.shared.pool;
        let mut tried = 1;
        loop {
            let lease = self.lease().await?;
            match once(&lease).await {
                Ok(()) => {
                    lease.good();
                    return Ok(());
                }
                Err(Fault::Again { why, after }) => {
                    lease.bad(after.map(|after| after.min(retry::PATIENCE)), &self.shared.clock);
                    if let Some(asked) = after.filter(|after| retry::PATIENCE < *after) {
                        return Err(Fault::Failed(format!(
                            "{why}; it asks to come back in {}: try again later",
                            span(asked)
                        )));
                    }
                    if tried == retry::TRIES {
                        return Err(Fault::Failed(format!("{why} ({tried} tries)")));
                    }
                    tried += 1;
                }
                Err(Fault::Refused(field)) if pool.reads(field) => pool.refuse(field),
                Err(Fault::Refused(field)) => {
                    return Err(Fault::Failed(format!("it refuses the field `{field}`, which is not sent")));
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// A place at an address, waited for as long as it takes.
    async fn lease(&self) -> Result<Lease<'a>, Fault> {
        loop {
            let wait = match self.shared.pool.pick(&self.shared.clock) {
                Pick::Lease(lease) => return Ok(lease),
                Pick::Busy => TICK,
                Pick::Resting(left) => left.max(Duration::from_millis(1)),
            };
            match self.wait(sleep(wait), Duration::MAX).await {
                Ok(()) => {}
                Err(Stop::Cancelled) => return Err(Fault::Cancelled),
                Err(Stop::Late) => {
                    return Err(
                        self.failed(format!("gave no place in {}", span(self.settings().waits.total)))
                    );
                }
            }
        }
    }

    /// Waits for something, looking at the control and the clocks all the time.
    async fn wait<T>(&self, future: impl Future<Output = T>, limit: Duration) -> Result<T, Stop> {
        let clock = &self.shared.clock;
        let (since, paused) = (clock.moment(), self.paused.get());
        let mut future = pin!(future);
        loop {
            match self.control.now() {
                Some(Flow::Cancel) => return Err(Stop::Cancelled),
                Some(Flow::Go) => {}
                None => {
                    let moment = clock.moment();
                    sleep(TICK).await;
                    self.paused.set(self.paused.get() + clock.since(&moment));
                    continue;
                }
            }
            tokio::select! {
                biased;
                out = &mut future => return Ok(out),
                () = sleep(TICK) => {}
            }
            let waited = clock.since(&since).saturating_sub(self.paused.get() - paused);
            let all = clock.since(&self.started).saturating_sub(self.paused.get());
            if limit <= waited || self.settings().waits.total <= all {
                return Err(Stop::Late);
            }
        }
    }

    /// Sends a request and gives the reply when its head has come and is as it should be.
    pub(super) async fn send(&self, lease: &Lease<'_>, wire: &Wire) -> Result<Response, Fault> {
        let url = format!("{}/{}", lease.url.trim_end_matches('/'), wire.path);
        let mut request = self.client.post(url).header(CONTENT_TYPE, "application/json");
        request = request.header(ACCEPT, "text/event-stream, application/json");
        if let Some(key) = &self.settings().key {
            request = request.bearer_auth(key.reveal());
        }
        let waits = self.settings().waits;
        let sent = self.wait(request.body(wire.body.to_string()).send(), waits.first).await;
        let response = match sent {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_connect() || error.is_builder() => {
                return Err(Fault::Again { why: self.says(connecting(&error)), after: None });
            }
            // It may have been worked on.
            Ok(Err(error)) => {
                return Err(self.failed(format!("broke off before it answered: {}", words(&error))));
            }
            Err(Stop::Cancelled) => return Err(Fault::Cancelled),
            Err(Stop::Late) => return Err(self.failed(format!("gave no answer in {}", span(waits.first)))),
        };
        self.judge(response, wire).await
    }

    async fn judge(&self, response: Response, wire: &Wire) -> Result<Response, Fault> {
        let status = response.status();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        if status.is_redirection() {
            let to = header(LOCATION).map_or_else(|| "nowhere".to_owned(), wire::short);
            return Err(self.failed(format!(
                "sends on to {to}: nothing was sent there; put that address into the configuration if you trust it"
            )));
        }
        if let Some(encoding) = header(CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
            return Err(self
                .failed(format!("answers compressed ({}), which was not asked for", wire::short(encoding))));
        }
        let kind = header(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
        let after =
            header(RETRY_AFTER).and_then(|header| retry::retry_after(header, self.shared.clock.wall()));
        if kind.contains("html") {
            return Err(self.failed(format!(
                "answers with a web page (status {}): is the address right, up to `/v1`?",
                status.as_u16()
            )));
        }
        if status.is_success() {
            return Ok(response);
        }
        let body = self.body(response, MOST_ERROR).await.map_err(|fault| match fault {
            Fault::Cancelled => Fault::Cancelled,
            _ => self.failed(format!("answers {status} and nothing more")),
        })?;
        let told = serde_json::from_str::<Value>(&body).ok().and_then(|body| wire::error(&body));
        let told = told.unwrap_or_else(|| wire::short(&body));
        let told = if told.is_empty() { String::new() } else { format!(": {told}") };
        let code = status.as_u16();
        match status {
            StatusCode::TOO_MANY_REQUESTS => {
                Err(Fault::Again { why: self.says(format!("has too much to do (429){told}")), after })
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                Err(Fault::Again { why: self.says(format!("is not ready (503){told}")), after })
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.failed(format!(
                "refuses the key ({code}){told}: look at `key_env` and the variable it names"
            ))),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Err(self.failed(format!("is behind a proxy that asks for a login ({code})")))
            }
            StatusCode::NOT_FOUND => Err(self.failed(format!(
                "does not know the path or the model (404){told}: look at `urls` and `model`"
            ))),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                let sent = |field: &&&str| wire.body.get(**field).is_some() && told.contains(**field);
                match wire::OPTIONAL.iter().find(sent) {
                    Some(field) => Err(Fault::Refused(field)),
                    None => Err(self.failed(format!("refuses the request ({code}){told}"))),
                }
            }
            _ => Err(self.failed(format!("answers {code}{told}"))),
        }
    }

    /// The next piece of a reply; `None` at its end.
    async fn piece(&self, response: &mut Response, limit: Duration) -> Result<Option<Vec<u8>>, Fault> {
        match self.wait(response.chunk(), limit).await {
            Ok(Ok(piece)) => Ok(piece.map(|piece| piece.to_vec())),
            Ok(Err(error)) => Err(self.failed(format!("broke off: {}", words(&error)))),
            Err(Stop::Cancelled) => Err(Fault::Cancelled),
            Err(Stop::Late) => {
                let waits = self.settings().waits;
                let passed = self.shared.clock.since(&self.started).saturating_sub(self.paused.get());
                Err(self.failed(match waits.total <= passed {
                    true => format!("did not end in {}", span(waits.total)),
                    false => format!("said nothing for {}", span(limit)),
                }))
            }
        }
    }

    /// A whole reply as text.
    pub(super) async fn body(&self, mut response: Response, most: usize) -> Result<String, Fault> {
        let mut body = vec![];
        while let Some(piece) = self.piece(&mut response, self.settings().waits.idle).await? {
            body.extend(piece);
            if most < body.len() {
                return Err(self.failed(format!("sent more than {} MB", most >> 20)));
            }
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    async fn read(
        &self,
        mut response: Response,
        reply: &mut Reply,
        sink: &mut dyn Sink,
    ) -> Result<(), Fault> {
        let kind =
            response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.to_ascii_lowercase().contains("json") {
            // It does not stream.
            let body = self.body(response, MOST_REPLY).await?;
            let chunk = wire::read(&body).map_err(|why| self.failed(format!("failed: {why}")))?;
            reply.take(chunk, sink);
            return match reply.end {
                Some(_) => Ok(()),
                None => Err(self.failed("sent a reply that does not say how it ended")),
            };
        }
        let (mut events, mut bytes) = (Events::default(), 0);
        let waits = self.settings().waits;
        let mut limit = waits.first;
        loop {
            let piece = match self.piece(&mut response, limit).await {
                // The answer is whole; what is missing is its usage.
                Err(Fault::Failed(_)) if reply.end.is_some() => return Ok(()),
                piece => piece?,
            };
            let Some(piece) = piece else { break };
            bytes += piece.len();
            if MOST_REPLY < bytes {
                return Err(self.failed(format!("sent more than {} MB", MOST_REPLY >> 20)));
            }
            let found = events.push(&piece).map_err(|_| self.failed("sent an event without end"))?;
            for data in found {
                if data.trim() == "[DONE]" {
                    reply.end.get_or_insert(End::Finish(Finish::Stop));
                    return Ok(());
                }
                let chunk = wire::read(&data).map_err(|why| self.failed(format!("failed: {why}")))?;
                reply.take(chunk, sink);
            }
            limit = if reply.end.is_some() { GRACE } else { waits.idle };
        }
        match reply.end {
            Some(_) => Ok(()),
            None => Err(self.failed("closed the stream before the answer was whole")),
        }
    }

    fn says(&self, what: impl AsRef<str>) -> String {
        format!("the server `{}` {}", self.settings().name, what.as_ref())
    }

    pub(super) fn failed(&self, what: impl AsRef<str>) -> Fault {
        Fault::Failed(self.says(what))
    }
}

impl Reply {
    fn take(&mut self, chunk: Chunk, sink: &mut dyn Sink) {
        if !chunk.tokens.is_empty() {
            sink.tokens(&chunk.tokens);
            self.weighed = chunk.weighed && (self.weighed || self.chunks.is_empty());
            chunk.tokens.iter().for_each(|token| self.text.push_str(&token.text));
            self.chunks.extend(chunk.tokens);
        }
        self.end = self.end.take().or(chunk.finish);
        self.usage = chunk.usage.or(self.usage);
        self.model = self.model.take().or(chunk.model);
    }
}

/// The text of `{"answer": "…"}`.
fn unwrapped(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text.trim()).ok()?;
    value["answer"].as_str().map(str::to_owned)
}

/// Servers take few stop strings, and some leave them in.
fn cut_at_stop(answer: &mut Answer, stops: &[String]) {
    let first = stops.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| answer.text.find(stop)).min();
    if let Some(at) = first {
        answer.text.truncate(at);
        answer.finish = Finish::Stop;
    }
}

/// Asks every address for its list of models.
pub(super) async fn look(
    shared: &Shared,
    client: &Client,
    wait: Duration,
) -> Vec<(String, Result<String, String>)> {
    let mut found = vec![];
    for url in &shared.settings.urls {
        let control = Control::default();
        let caller = Caller::new(shared, client, &control);
        let mut request = client.get(format!("{}/models", url.trim_end_matches('/')));
        if let Some(key) = &shared.settings.key {
            request = request.bearer_auth(key.reveal());
        }
        let told = match caller.wait(request.send(), wait).await {
            Ok(Ok(response)) => {
                let wire = Wire { path: "models", body: Value::Null, wrapped: false };
                match caller.judge(response, &wire).await {
                    Ok(response) => caller.body(response, MOST_REPLY).await.map(|body| names(&body)),
                    Err(fault) => Err(fault),
                }
            }
            Ok(Err(error)) => Err(caller.failed(connecting(&error))),
            Err(_) => Err(caller.failed(format!("gave no answer in {}", span(wait)))),
        };
        let told = told.map_err(|fault| match fault {
            Fault::Failed(why) | Fault::Again { why, .. } => why,
            Fault::Refused(_) | Fault::Cancelled => "it refuses the request".to_owned(),
        });
        found.push((url.clone(), told));
    }
    found
}

/// The models in a list of models, on a line.
fn names(body: &str) -> String {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let list = value["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names: Vec<String> =
        list.iter().filter_map(|model| model["id"].as_str()).take(5).map(wire::short).collect();
    match list.len() {
        0 => "answers, but names no model".to_owned(),
        some if names.len() < some => {
            format!("answers, has {} and {} more", names.join(", "), some - names.len())
        }
        _ => format!("answers, has {}", names.join(", ")),
    }
}

/// Why no connection came about.
fn connecting(error: &reqwest::Error) -> String {
    let told = words(error);
    let lower = told.to_lowercase();
    if error.is_timeout() {
        "can not be reached: no connection in time".to_owned()
    } else if lower.contains("refused") {
        "can not be reached: the connection was refused; is it running?".to_owned()
    } else if lower.contains("dns") || lower.contains("lookup") {
        "can not be reached: its name is not known; look at `urls`".to_owned()
    } else if lower.contains("certificate") {
        format!("has a certificate that is not trusted: {told}")
    } else if lower.contains("tunnel") || lower.contains("proxy") {
        format!("can not be reached through the proxy: {told}")
    } else {
        format!("can not be reached: {told}")
    }
}

/// An error with its causes, on a line; no address, no key.
fn words(error: &reqwest::Error) -> String {
    let mut told = vec![];
    let mut next: Option<&dyn Error> = error.source();
    while let Some(error) = next {
        told.push(error.to_string());
        next = error.source();
    }
    // The innermost cause says most.
    wire::short(told.last().map_or("no reason was given", String::as_str))
}

/// A length of time as a person says it.
fn span(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} minutes", seconds / 60),
        seconds @ 7200..172_800 => format!("{} hours", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}
