//! `[servers.NAME]`: what a person says of a server, checked as far as text can be.

use super::read::{Reader, Value};
use std::collections::BTreeMap;

/// A server as it stands in the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServerConfig {
    /// Addresses, at least one: `http://` or `https://`, no password in them.
    pub urls: Vec<String>,
    pub model: String,
    /// The environment variable that holds the key. The key itself never stands in a file.
    pub key_env: Option<String>,
    /// Calls that one address may have at a time.
    pub parallel: Option<u32>,
    /// Seconds by name: `connect`, `first`, `idle`, `total`.
    pub timeouts: BTreeMap<String, f32>,
    /// One of [`STRUCTURED`].
    pub structured: Option<String>,
    pub completions: Option<bool>,
    /// A file of certificates (PEM) that are trusted beside those of this machine, for addresses with https.
    pub ca_file: Option<String>,
    /// Price of a million tokens by name: `input`, `output`.
    pub price: BTreeMap<String, f32>,
}

/// How a server can be told the shape of an answer.
pub const STRUCTURED: [&str; 7] = ["auto", "json_schema", "json_object", "tool", "grammar", "regex", "ask"];

const KNOWN: &[&str] = &[
    "urls",
    "url",
    "model",
    "key_env",
    "parallel",
    "timeouts",
    "structured",
    "completions",
    "ca_file",
    "price",
];

impl Reader<'_> {
    pub(super) fn servers(&mut self, value: &Value<'_>) {
        for (key, value) in self.table("servers", value) {
            let name = key.get_ref().as_ref();
            let fits = (1..=64).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
            if !fits {
                self.fault(
                    key.span(),
                    "the name of a server has to be 1 to 64 of a-z A-Z 0-9 _ -".to_owned(),
                );
                continue;
            }
            let server = self.server(&format!("servers.{name}"), value);
            for (missing, what) in [
                (server.urls.is_empty(), "urls = [\"http://127.0.0.1:8080/v1\"]"),
                (server.model.is_empty(), "model = \"the model's name\""),
            ] {
                let field = what.split(' ').next().unwrap_or_default();
                let wrong = self.is_set(&format!("servers.{name}.{field}"));
                if missing && !wrong {
                    self.fault(key.span(), format!("the server `{name}` has no `{field}`: write {what}"));
                }
            }
            self.config.servers.insert(name.to_owned(), server);
        }
    }

    fn server(&mut self, path: &str, value: &Value<'_>) -> ServerConfig {
        let mut server = ServerConfig::default();
        for (key, value) in self.table(path, value) {
            let field = key.get_ref().as_ref();
            let name = format!("{path}.{}", if field == "url" { "urls" } else { field });
            self.place(&name, value);
            match field {
                "urls" | "url" => {
                    let urls = self.words(&name, value, "an address in quotes, or a list of addresses");
                    if urls.as_ref().is_some_and(Vec::is_empty) {
                        self.fault(value.span(), format!("`{name}` holds no address: nobody could be asked"));
                    }
                    server.urls = urls.unwrap_or_default();
                    if let Some(why) = server.urls.iter().find_map(|url| wrong_address(url)) {
                        self.fault(value.span(), format!("`{name}`: {why}"));
                    }
                }
                "model" => server.model = self.word(&name, value).unwrap_or_default(),
                "key_env" => {
                    server.key_env = self.word(&name, value);
                    let fits =
                        |word: &String| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                    if !server.key_env.as_ref().is_none_or(fits) {
                        let what = "wants the name of an environment variable, not the key itself";
                        self.fault(value.span(), format!("`{name}` {what}"));
                    }
                }
                "parallel" => server.parallel = self.whole(&name, value, 1).map(|count: u32| count.min(64)),
                "timeouts" => {
                    let names = ["connect", "first", "idle", "total"];
                    server.timeouts =
                        self.numbers(&name, value, &names, "seconds, from 0.1 to 86400", 0.1..=86_400.0);
                }
                "price" => {
                    let what = "a price of a million tokens, from 0 to 100000";
                    server.price = self.numbers(&name, value, &["input", "output"], what, 0.0..=100_000.0);
                }
                "structured" => {
                    server.structured = self.word(&name, value);
                    if server.structured.as_ref().is_some_and(|word| !STRUCTURED.contains(&word.as_str())) {
                        self.fault(value.span(), format!("`{name}` is one of {}", STRUCTURED.join(", ")));
                    }
                }
                "ca_file" => server.ca_file = self.word(&name, value),
                "completions" => server.completions = self.truth(&name, value),
                _ => self.unknown(key, &format!("{path}."), KNOWN),
            }
        }
        server
    }

    fn numbers(
        &mut self,
        path: &str,
        value: &Value<'_>,
        known: &[&str],
        wanted: &str,
        fits: std::ops::RangeInclusive<f32>,
    ) -> BTreeMap<String, f32> {
        let mut numbers = BTreeMap::new();
        for (key, value) in self.table(path, value) {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                self.unknown(key, &format!("{path}."), known);
                continue;
            }
            let number =
                self.number(&format!("{path}.{name}"), value, wanted, |number| fits.contains(&number));
            numbers.extend(number.map(|number| (name.to_owned(), number)));
        }
        numbers
    }
}

/// What is wrong with an address, if anything.
fn wrong_address(url: &str) -> Option<&'static str> {
    let Some(rest) = url.strip_prefix("http://").or(url.strip_prefix("https://")) else {
        return Some("an address begins with http:// or https://");
    };
    let host = rest.split('/').next().unwrap_or_default();
    if host.contains('@') {
        return Some(
            "an address holds no name and password: put the key into a variable and name it in key_env",
        );
    }
    let plain = !url.chars().any(|c| c.is_whitespace() || c.is_control() || c == '?' || c == '#');
    if host.is_empty() || host.starts_with(':') || !plain {
        return Some("this is no address: write it up to the version, like http://127.0.0.1:8080/v1");
    }
    None
}
