//! Sends a request and judges the head of its reply: what may be read, tried again, left out, or is the end.

use super::{
    ServerSettings,
    call::{Caller, Fault, Stop, span},
    ladder::{self, Rung},
    pool::Lease,
    retry,
    wire::{self, Wire},
};
use reqwest::{
    Client, Response, StatusCode,
    header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, RETRY_AFTER},
    redirect::Policy,
};
use serde_json::Value;
use std::error::Error;

/// Of an error's body so much is read.
const MOST_ERROR: usize = 64 << 10;

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
    #[cfg(feature = "tls")]
    if let Some(trusted) = &settings.trusted {
        builder = builder.tls_certs_merge(trusted.of());
    }
    let local = |url: &String| ["//127.", "//localhost", "//[::1]"].iter().any(|host| url.contains(host));
    if settings.urls.iter().all(local) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| words(&error))
}

impl Caller<'_> {
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
                let why = self.says(connecting(&error));
                // A certificate is not trusted a second later either.
                return Err(match why.contains("certificate") {
                    true => Fault::Failed(why),
                    false => Fault::Again { why, after: None },
                });
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

    pub(super) async fn judge(&self, response: Response, wire: &Wire) -> Result<Response, Fault> {
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
                let refusal = format!("refuses the request ({code}){told}");
                match wire::OPTIONAL.iter().find(sent) {
                    _ if wire.rung != Rung::Ask && ladder::is_about_shape(&told) => {
                        Err(Fault::Unshaped(self.says(refusal)))
                    }
                    Some(field) => Err(Fault::Refused(field)),
                    None if wire.rung != Rung::Ask => Err(Fault::Unshaped(self.says(refusal))),
                    None => Err(self.failed(refusal)),
                }
            }
            // What fails before any work on it is about the request.
            StatusCode::INTERNAL_SERVER_ERROR | StatusCode::NOT_IMPLEMENTED
                if wire.rung != Rung::Ask && ladder::is_about_shape(&told) =>
            {
                Err(Fault::Unshaped(self.says(format!("answers {code}{told}"))))
            }
            _ => Err(self.failed(format!("answers {code}{told}"))),
        }
    }
}

/// Why no connection came about.
pub(super) fn connecting(error: &reqwest::Error) -> String {
    let told = words(error);
    let lower = told.to_lowercase();
    if error.is_timeout() {
        "can not be reached: no connection in time".to_owned()
    } else if lower.contains("refused") {
        "can not be reached: the connection was refused; is it running?".to_owned()
    } else if lower.contains("certificate") {
        format!(
            "has a certificate that is not trusted: {told}; if it is yours, name its file in `ca_file` of the server"
        )
    } else if lower.contains("dns") || lower.contains("lookup") {
        format!("can not be reached: its name is not known ({told}); look at `urls`")
    } else if lower.contains("tunnel") || lower.contains("proxy") {
        format!("can not be reached through the proxy: {told}")
    } else {
        format!("can not be reached: {told}")
    }
}

/// An error with its causes, on a line; no address, no key.
pub(super) fn words(error: &reqwest::Error) -> String {
    let mut told = vec![];
    let mut next: Option<&dyn Error> = error.source();
    while let Some(error) = next {
        told.push(error.to_string());
        next = error.source();
    }
    // The innermost cause says most.
    wire::short(told.last().map_or("no reason was given", String::as_str))
}
