//! `config.toml`: read into plain values, every one optional; and the texts of the user's experts and prompts.
//!
//! Called by `app`. What the names mean (strategies, keys, themes) is checked by those who know; [`Config::origin`]
//! tells them where a name came from.

mod folders;
mod read;
mod servers;

pub use folders::{Texts, experts, prompts};
pub use servers::{STRUCTURED, ServerConfig};

use super::StoreError;
use crate::session::Settings;
use std::{
    collections::BTreeMap,
    fmt,
    fs::{self, File},
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

/// The largest configuration, card or prompt that is read, in bytes.
pub const MOST_BYTES: u64 = 1 << 20;

/// What a person has set. `None` and empty mean that nothing was said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    pub strategy: Option<String>,
    pub router: Option<String>,
    /// The language model: a name or a path, as it was written.
    pub model: Option<String>,
    /// The embedding model, likewise.
    pub embedding: Option<String>,
    /// What local models may take of the memory together, in GB.
    pub models_memory: Option<f32>,
    /// Which instructions the local models use.
    pub kernels: Option<String>,
    /// Where language models compute.
    pub device: Option<String>,
    pub theme: Option<String>,
    pub mouse: Option<bool>,
    pub sampling: SamplingConfig,
    pub limits: LimitsConfig,
    /// Action id to keys, as they were written; no key at all takes the action off the keyboard.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Folders of expert cards, `~` expanded, relative ones taken from the folder of the file.
    pub experts: Vec<PathBuf>,
    /// The folder of prompts, likewise.
    pub prompts: Option<PathBuf>,
    /// Servers by name.
    pub servers: BTreeMap<String, ServerConfig>,
    path: PathBuf,
    /// Line and column of each value, by its key with dots.
    places: BTreeMap<String, (usize, usize)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SamplingConfig {
    pub temperature: Option<f32>,
    pub top_p: Option<f32>,
    pub seed: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LimitsConfig {
    pub calls: Option<u32>,
    pub output_tokens: Option<u32>,
    pub parts: Option<u32>,
    pub depth: Option<u32>,
    pub seconds: Option<f32>,
    pub cost: Option<f32>,
}

/// One thing that is wrong with a configuration, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub path: PathBuf,
    /// Counted from 1; columns in characters.
    pub line: usize,
    pub column: usize,
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path.display(), self.line, self.column, self.what)
    }
}

impl Config {
    /// Reads the file; one that is not there says nothing. All faults come back together.
    pub fn read(path: &Path) -> Result<Config, StoreError> {
        match read_text(path) {
            Ok(text) => Config::parse(&text, path),
            Err(StoreError::Missing(_)) => Ok(Config::default()),
            Err(error) => Err(error),
        }
    }

    /// Reads the text of a file that stands at `path`.
    pub fn parse(text: &str, path: &Path) -> Result<Config, StoreError> {
        read::config(text, path).map_err(StoreError::Config)
    }

    /// Where a value was set, as `file:line:column`; `key` with dots: `limits.calls`, `keys.step`.
    pub fn origin(&self, key: &str) -> Option<String> {
        let (line, column) = self.places.get(key)?;
        Some(format!("{}:{line}:{column}", self.path.display()))
    }

    /// The settings with what was set here in place of theirs.
    pub fn over(&self, mut settings: Settings) -> Settings {
        fn put<T: Clone>(value: &mut T, set: &Option<T>) {
            if let Some(set) = set {
                value.clone_from(set);
            }
        }
        put(&mut settings.strategy, &self.strategy);
        put(&mut settings.router, &self.router);
        put(&mut settings.model, &self.model);
        put(&mut settings.sampling.temperature, &self.sampling.temperature);
        put(&mut settings.sampling.top_p, &self.sampling.top_p);
        put(&mut settings.sampling.seed, &self.sampling.seed);
        put(&mut settings.limits.calls, &self.limits.calls);
        put(&mut settings.limits.output_tokens, &self.limits.output_tokens);
        put(&mut settings.limits.parts, &self.limits.parts);
        put(&mut settings.limits.depth, &self.limits.depth);
        settings.limits.seconds = self.limits.seconds.map(f64::from).or(settings.limits.seconds);
        settings.limits.cost = self.limits.cost.map(f64::from).or(settings.limits.cost);
        settings
    }
}

/// The configuration that `config init` writes: everything explained, nothing set.
pub const DEFAULT: &str = include_str!("config/default.toml");

/// Writes [`DEFAULT`]; a file that is there already is not touched.
pub fn write_default(path: &Path) -> Result<(), StoreError> {
    let io = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => StoreError::Exists(path.to_owned()),
        _ => StoreError::io("write", path, &error),
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| StoreError::io("make the folder", folder, &error))?;
    }
    let mut file = File::create_new(path).map_err(io)?;
    file.write_all(DEFAULT.as_bytes()).and_then(|()| file.sync_all()).map_err(io)
}

/// A small text file, whole.
pub(super) fn read_text(path: &Path) -> Result<String, StoreError> {
    let io = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => StoreError::Missing(path.to_owned()),
        _ => StoreError::io("read", path, &error),
    };
    let look = fs::metadata(path).map_err(io)?;
    if !look.is_file() {
        let kind = if look.is_dir() { "a folder" } else { "a pipe or device" };
        return Err(StoreError::NotText { path: path.to_owned(), why: format!("it is {kind}") });
    }
    let mut bytes = vec![];
    File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)).map_err(io)?;
    if MOST_BYTES < bytes.len() as u64 {
        let (bytes, hint) = (look.len().max(MOST_BYTES + 1), "make it shorter, or split it");
        return Err(StoreError::TooLarge { path: path.to_owned(), bytes, limit: MOST_BYTES, hint });
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let why = format!("byte {} is not UTF-8", error.utf8_error().valid_up_to());
        StoreError::NotText { path: path.to_owned(), why }
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests;
