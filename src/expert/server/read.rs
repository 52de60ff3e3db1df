//! Reads what a server sends, whole or as a stream, into a [`Reply`].

use super::{
    call::{Caller, Fault, Stop, span},
    send::words,
    sse::Events,
    wire::{self, Chunk, End},
};
use crate::{
    ask::{Finish, Token, Usage},
    expert::Sink,
};
use reqwest::{Response, header::CONTENT_TYPE};
use std::time::Duration;

/// The longest reply, in bytes.
pub(super) const MOST_REPLY: usize = 16 << 20;
/// After the end of an answer so long is waited for its usage.
const GRACE: Duration = Duration::from_secs(2);

/// What has come of an answer so far.
#[derive(Default)]
pub(super) struct Reply {
    pub(super) text: String,
    pub(super) chunks: Vec<Token>,
    pub(super) weighed: bool,
    pub(super) end: Option<End>,
    pub(super) usage: Option<Usage>,
    pub(super) model: Option<String>,
    /// The parameters of a tool that it called.
    pub(super) tool: String,
    /// Its words, if it refused to answer.
    pub(super) refusal: String,
}

impl Caller<'_> {
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

    pub(super) async fn read(
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
}

impl Reply {
    fn take(&mut self, chunk: Chunk, sink: &mut dyn Sink) {
        if !chunk.tokens.is_empty() {
            sink.tokens(&chunk.tokens);
            self.weighed = chunk.weighed && (self.weighed || self.chunks.is_empty());
            chunk.tokens.iter().for_each(|token| self.text.push_str(&token.text));
            self.chunks.extend(chunk.tokens);
        }
        self.tool.push_str(&chunk.tool);
        self.refusal.push_str(&chunk.refusal);
        self.end = self.end.take().or(chunk.finish);
        self.usage = chunk.usage.or(self.usage);
        self.model = self.model.take().or(chunk.model);
    }
}
