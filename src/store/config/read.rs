//! TOML to [`Config`], with the line and column of everything that is wrong.

use super::{Config, Fault, LimitsConfig, SamplingConfig};
use crate::store::places::expand;
use std::{
    ops::Range,
    path::{Path, PathBuf},
};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// The configuration, or everything that is wrong with it, in the order of the file.
pub(super) fn config(text: &str, path: &Path) -> Result<Config, Vec<Fault>> {
    let mut reader = Reader { text, path, faults: vec![], config: Config::default() };
    reader.config.path = path.to_owned();
    match DeTable::parse(text) {
        Ok(table) => reader.top(table.get_ref()),
        Err(error) => {
            let words = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
            reader.fault(error.span().unwrap_or(0..0), format!("this is not TOML: {words}"));
        }
    }
    let Reader { mut faults, config, .. } = reader;
    faults.sort_by_key(|fault| (fault.line, fault.column));
    if faults.is_empty() { Ok(config) } else { Err(faults) }
}

pub(super) struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
    faults: Vec<Fault>,
    pub(super) config: Config,
}

impl Reader<'_> {
    fn top(&mut self, table: &DeTable<'_>) {
        const KNOWN: &[&str] = &[
            "strategy",
            "router",
            "model",
            "embedding",
            "kernels",
            "device",
            "models_memory",
            "theme",
            "mouse",
            "sampling",
            "limits",
            "keys",
            "experts",
            "prompts",
            "servers",
        ];
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            self.place(name, value);
            match name {
                "strategy" => self.config.strategy = self.word(name, value),
                "router" => self.config.router = self.word(name, value),
                "model" => self.config.model = self.word(name, value),
                "embedding" => self.config.embedding = self.word(name, value),
                "kernels" => self.config.kernels = self.word(name, value),
                "device" => self.config.device = self.word(name, value),
                "models_memory" => {
                    let fits = |number: f32| 0.0 < number && number < 1e6;
                    self.config.models_memory = self.number(name, value, "a number of GB above 0", fits);
                }
                "theme" => self.config.theme = self.word(name, value),
                "mouse" => self.config.mouse = self.truth(name, value),
                "experts" => self.config.experts = self.folders(name, value),
                "prompts" => {
                    self.config.prompts = self.word(name, value).map(|typed| self.folder(&typed));
                }
                "sampling" => self.config.sampling = self.sampling(value),
                "limits" => self.config.limits = self.limits(value),
                "keys" => self.keys(value),
                "servers" => self.servers(value),
                _ => self.unknown(key, "", KNOWN),
            }
        }
    }

    fn sampling(&mut self, value: &Value<'_>) -> SamplingConfig {
        let mut sampling = SamplingConfig::default();
        for (key, value) in self.table("sampling", value) {
            let name = format!("sampling.{}", key.get_ref());
            self.place(&name, value);
            match key.get_ref().as_ref() {
                "temperature" => {
                    let fits = |number: f32| (0.0..=10.0).contains(&number);
                    sampling.temperature = self.number(&name, value, "a number from 0 to 10", fits);
                }
                "top_p" => {
                    let fits = |number: f32| 0.0 < number && number <= 1.0;
                    sampling.top_p = self.number(&name, value, "a number above 0, at most 1", fits);
                }
                "seed" => sampling.seed = self.whole(&name, value, 0),
                _ => self.unknown(key, "sampling.", &["temperature", "top_p", "seed"]),
            }
        }
        sampling
    }

    fn limits(&mut self, value: &Value<'_>) -> LimitsConfig {
        let mut limits = LimitsConfig::default();
        for (key, value) in self.table("limits", value) {
            let name = format!("limits.{}", key.get_ref());
            self.place(&name, value);
            match key.get_ref().as_ref() {
                "calls" => limits.calls = self.whole(&name, value, 1),
                "output_tokens" => limits.output_tokens = self.whole(&name, value, 1),
                "parts" => limits.parts = self.whole(&name, value, 1),
                "depth" => limits.depth = self.whole(&name, value, 1),
                "seconds" => {
                    limits.seconds = self.number(&name, value, "a number above 0", |number| 0.0 < number)
                }
                "cost" => {
                    limits.cost = self.number(&name, value, "a number, 0 or more", |number| 0.0 <= number)
                }
                _ => {
                    let known = &["calls", "output_tokens", "parts", "depth", "seconds", "cost"];
                    self.unknown(key, "limits.", known);
                }
            }
        }
        limits
    }

    fn keys(&mut self, value: &Value<'_>) {
        for (key, value) in self.table("keys", value) {
            let name = format!("keys.{}", key.get_ref());
            self.place(&name, value);
            let wanted = "a key like \"s\" or \"C-d\", or a list of keys";
            if let Some(keys) = self.words(&name, value, wanted) {
                self.config.keys.insert(key.get_ref().to_string(), keys);
            }
        }
    }

    pub(super) fn table<'v, 'i>(
        &mut self,
        name: &str,
        value: &'v Value<'i>,
    ) -> Vec<(&'v Spanned<toml::de::DeString<'i>>, &'v Value<'i>)> {
        match value.get_ref() {
            DeValue::Table(table) => table.iter().collect(),
            other => {
                let what = format!(
                    "`{name}` is a table: write [{name}] and its values below; found {}",
                    kind(other)
                );
                self.fault(value.span(), what);
                vec![]
            }
        }
    }

    pub(super) fn word(&mut self, name: &str, value: &Value<'_>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.to_string()),
            other => self.wrong(name, "a text in quotes", other, value.span()),
        }
    }

    pub(super) fn words(&mut self, name: &str, value: &Value<'_>, wanted: &str) -> Option<Vec<String>> {
        let texts = match value.get_ref() {
            DeValue::Array(list) => list.iter().collect(),
            _ => vec![value],
        };
        let mut words = vec![];
        for text in texts {
            match text.get_ref() {
                DeValue::String(word) if !word.is_empty() => words.push(word.to_string()),
                other => return self.wrong(name, wanted, other, text.span()),
            }
        }
        Some(words)
    }

    fn folders(&mut self, name: &str, value: &Value<'_>) -> Vec<PathBuf> {
        let typed = self.words(name, value, "a folder in quotes, or a list of folders").unwrap_or_default();
        typed.iter().map(|typed| self.folder(typed)).collect()
    }

    fn folder(&self, typed: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(expand(typed))
    }

    pub(super) fn truth(&mut self, name: &str, value: &Value<'_>) -> Option<bool> {
        match value.get_ref() {
            DeValue::Boolean(truth) => Some(*truth),
            other => self.wrong(name, "true or false", other, value.span()),
        }
    }

    pub(super) fn number(
        &mut self,
        name: &str,
        value: &Value<'_>,
        wanted: &str,
        fits: impl Fn(f32) -> bool,
    ) -> Option<f32> {
        let text = match value.get_ref() {
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            _ => String::new(),
        };
        match text.parse().ok().filter(|number| fits(*number)) {
            None => self.wrong(name, wanted, value.get_ref(), value.span()),
            number => number,
        }
    }

    pub(super) fn whole<N: TryFrom<u64> + Into<u64>>(
        &mut self,
        name: &str,
        value: &Value<'_>,
        least: u64,
    ) -> Option<N> {
        let found = match value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        match found.filter(|number| least <= *number).and_then(|number| N::try_from(number).ok()) {
            None => {
                let most = (1u32..=64).rev().find_map(|bits| N::try_from(u64::MAX >> (64 - bits)).ok());
                let wanted = format!("a whole number from {least} to {}", most.map_or(0, N::into));
                self.wrong(name, &wanted, value.get_ref(), value.span())
            }
            number => number,
        }
    }

    fn wrong<T>(&mut self, name: &str, wanted: &str, found: &DeValue<'_>, span: Range<usize>) -> Option<T> {
        self.fault(span, format!("`{name}` wants {wanted}, found {}", kind(found)));
        None
    }

    pub(super) fn unknown(&mut self, key: &Spanned<toml::de::DeString<'_>>, table: &str, known: &[&str]) {
        let name = key.get_ref().as_ref();
        let near = nearest(name, known).map(|near| format!("did you mean `{table}{near}`?"));
        let all = || format!("known are {}", known.join(", "));
        let short: String = name.chars().take(60).collect();
        self.fault(key.span(), format!("there is no setting `{table}{short}`; {}", near.unwrap_or_else(all)));
    }

    pub(super) fn fault(&mut self, span: Range<usize>, what: String) {
        let (line, column) = self.position(span.start);
        self.faults.push(Fault { path: self.path.to_owned(), line, column, what });
    }

    pub(super) fn place(&mut self, name: &str, value: &Value<'_>) {
        let place = self.position(value.span().start);
        self.config.places.insert(name.to_owned(), place);
    }

    /// Was a value of that name met, right or wrong?
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.config.places.contains_key(name)
    }

    /// Line and column of a byte, from 1.
    fn position(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        (1 + before.matches('\n').count(), 1 + before[start..].chars().count())
    }
}

/// What was found, short enough for a line.
fn kind(found: &DeValue<'_>) -> String {
    match found {
        DeValue::String(text) if text.trim().is_empty() => "an empty text".to_owned(),
        DeValue::String(text) => {
            format!("the text \"{}\"", text.chars().take(40).collect::<String>().escape_debug())
        }
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// The known word that a wrong one was most likely meant to be; `None` when none is near.
fn nearest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    let wrong: String = wrong.chars().take(64).collect();
    let near = known.iter().map(|word| (strsim::levenshtein(&wrong, word), *word)).min()?;
    (near.0 <= 1 + wrong.chars().count() / 3).then_some(near.1)
}
