//! What a model file says of itself, checked and in words, without loading its weights; and how fast it runs here.
//!
//! Used by `plantern models`.

use super::adapter::{self, Adapter};
use super::gguf::{GgufFile, Header, Value};
use super::machine::Choice;
use super::network::{Network, Row};
use super::settings::Settings;
use super::template::Template;
use super::vocabulary::Vocabulary;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Everything that loading would refuse before it reads weights. An adapter is taken as it is: its model is not known here.
pub fn check(path: &Path) -> Result<(), String> {
    if adapter::about(path).is_some() {
        return Ok(());
    }
    let file = GgufFile::open(path).map_err(|error| error.to_string())?;
    Settings::read(&file.header).map_err(|error| error.to_string())?;
    let vocabulary = Vocabulary::from_gguf(&file.content).map_err(|error| error.to_string())?;
    Template::from_gguf(&file.content, &vocabulary).map(drop).map_err(|error| error.to_string())
}

/// Whether these adapters fit the model; how many matrices they change.
pub fn adapters(model: &Path, adapters: &[PathBuf]) -> Result<usize, String> {
    let file = GgufFile::open(model).map_err(|error| format!("{}: {error}", model.display()))?;
    Ok(Adapter::open_all(adapters, &file.header)?.iter().map(Adapter::len).sum())
}

/// A file as rows of what and how; what is wrong with a part of it stands in its row.
pub fn rows(path: &Path) -> Result<Vec<(&'static str, String)>, String> {
    if let Some(about) = adapter::about(path) {
        return Ok(vec![("kind", about)]);
    }
    let file = GgufFile::open(path).map_err(|error| error.to_string())?;
    let header = &file.header;
    let usable = match Settings::read(header) {
        Ok(_) => "yes".to_owned(),
        Err(why) => format!("no: {why}"),
    };
    let vocabulary = Vocabulary::from_gguf(&file.content);
    let (tokenizer, special, template) = match &vocabulary {
        Err(why) => (why.to_string(), String::new(), String::new()),
        Ok(vocabulary) => (tokenizer(header, vocabulary), special(vocabulary), template(&file, vocabulary)),
    };
    Ok(vec![
        ("name", header.name.clone()),
        ("architecture", header.architecture.clone()),
        ("usable", usable),
        ("weights", format!("{:.1} M", header.parameters as f64 / 1e6)),
        ("quantisation", types(header)),
        ("size", sizes(header)),
        ("context", format!("{} tokens", header.context_length)),
        ("tokenizer", tokenizer),
        ("special", special),
        ("template", template),
        ("file", format!("{:.1} MB", header.file_bytes as f64 / 1e6)),
        ("memory", format!("about {:.0} MB when loaded", header.memory_estimate() as f64 / 1e6)),
    ])
}

fn types(header: &Header) -> String {
    let mut bytes: BTreeMap<String, (usize, u64)> = BTreeMap::new();
    for tensor in &header.tensors {
        let entry = bytes.entry(format!("{:?}", tensor.dtype)).or_default();
        *entry = (entry.0 + 1, entry.1 + tensor.bytes);
    }
    let mut types: Vec<_> = bytes.into_iter().collect();
    types.sort_by_key(|(_, (_, bytes))| std::cmp::Reverse(*bytes));
    let word = |(name, (count, bytes)): (String, (usize, u64))| {
        format!("{name} ({count} tensors, {:.1} MB)", bytes as f64 / 1e6)
    };
    types.into_iter().map(word).collect::<Vec<_>>().join(", ")
}

fn sizes(header: &Header) -> String {
    let number = |key: &str| header.integer(&format!("{}.{key}", header.architecture));
    let experts = match (number("expert_count"), number("expert_used_count")) {
        (Some(all @ 1..), Some(used)) => format!(", {used} of {all} experts of the network for each token"),
        _ => String::new(),
    };
    format!(
        "{} layers, width {}, {} heads of queries and {} of keys{experts}",
        header.layers, header.hidden, header.heads, header.key_value_heads
    )
}

fn tokenizer(header: &Header, vocabulary: &Vocabulary) -> String {
    let text = |key: &str| header.text(&format!("tokenizer.ggml.{key}")).unwrap_or("unnamed");
    let warning = vocabulary.warning().map(|warning| format!("; {warning}")).unwrap_or_default();
    format!("{} ({}), {} tokens{warning}", text("model"), text("pre"), vocabulary.len())
}

fn special(vocabulary: &Vocabulary) -> String {
    let literal = |token: u32| format!("{} ({token})", vocabulary.literal(token));
    let ends: Vec<String> = vocabulary.end_tokens().iter().map(|&token| literal(token)).collect();
    let begin = match vocabulary.bos() {
        Some(token) if vocabulary.adds_bos() => format!("begins with {}", literal(token)),
        _ => "no token to begin with".to_owned(),
    };
    let end = if ends.is_empty() { "nothing".to_owned() } else { ends.join(", ") };
    format!("{begin}; an answer ends with {end}")
}

fn template(file: &GgufFile, vocabulary: &Vocabulary) -> String {
    if !matches!(file.header.metadata.get("tokenizer.chat_template"), Some(Value::Text(_))) {
        return "none: a chat is written as lines of `role: text`".to_owned();
    }
    let turn = |role: &str, text: &str| crate::ask::Turn { role: role.to_owned(), text: text.to_owned() };
    let turns = [turn("system", "Be brief."), turn("user", "Hello")];
    let shown =
        Template::from_gguf(&file.content, vocabulary).and_then(|template| template.render(&turns, true));
    match shown {
        Ok(text) => text,
        Err(why) => format!("can not be used: {why}"),
    }
}

/// What a model does on this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// Tokens read in a second, of a prompt of 512.
    pub prefill: f64,
    /// Tokens written in a second, one by one, behind a prompt of 128.
    pub decode: f64,
    pub quantisation: String,
    /// What computed, in a few words.
    pub machine: String,
}

/// Loads a model and measures it: the best of three readings, and of three times 32 tokens written.
pub fn pace(
    path: &Path,
    adapters: &[PathBuf],
    choice: Choice,
    progress: &mut dyn FnMut(f32),
) -> Result<Pace, String> {
    let mut file = GgufFile::open(path).map_err(|error| error.to_string())?;
    let quantisation = file.header.quantisation.clone();
    let adapters = Adapter::open_all(adapters, &file.header)?;
    let mut model = choice.open()?.load(&mut file, &adapters, progress).map_err(|error| error.to_string())?;
    let (context, vocabulary) = (model.settings().context, model.settings().vocabulary);
    // Any tokens do; those of one prompt should differ.
    let tokens: Vec<u32> = (0..512.min(context)).map(|at| ((at * 7919 + 13) % vocabulary) as u32).collect();
    let mut best = (0.0f64, 0.0f64);
    for _ in 0..3 {
        best.0 = best.0.max(rate(&mut *model, 0, &tokens, 128)?);
        let written = tokens.len().min(160);
        best.1 = best.1.max(rate(&mut *model, written - written.min(32), &tokens[..written], 1)?);
    }
    Ok(Pace { prefill: best.0, decode: best.1, quantisation, machine: model.machine() })
}

/// Tokens a second from place `from` on, so many in each pass; logits of the last of each pass.
fn rate(model: &mut dyn Network, from: usize, tokens: &[u32], together: usize) -> Result<f64, String> {
    let mut cache = model.cache();
    let mut feed = |tokens: &[u32], together: usize| {
        tokens.chunks(together).try_for_each(|chunk| {
            let row = |(at, &token): (usize, &u32)| Row { cache: 0, token, logits: at + 1 == chunk.len() };
            let rows: Vec<Row> = chunk.iter().enumerate().map(row).collect();
            model.forward(&mut [&mut cache], &rows).map(drop).map_err(|error| error.to_string())
        })
    };
    feed(&tokens[..from], 128)?;
    let start = Instant::now();
    feed(&tokens[from..], together)?;
    Ok((tokens.len() - from) as f64 / start.elapsed().as_secs_f64().max(1e-9))
}

#[cfg(test)]
mod tests {
    use super::super::{kernels::Level, tiny::Tiny};
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.gguf");
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_describes_itself() {
        let tiny = Tiny { architecture: "qwen3moe", experts: 4, ..Tiny::default() };
        let (_folder, path) = file(&tiny.bytes());
        let rows: BTreeMap<&str, String> = rows(&path).unwrap().into_iter().collect();
        let check = |row: &str, expected: &str| {
            assert!(rows[row].contains(expected), "{row}: {}", rows[row]);
        };
        check("architecture", "qwen3moe");
        check("usable", "yes");
        check("quantisation", "Q4_1 (");
        check("size", "2 layers, width 64, 4 heads of queries and 2 of keys, 2 of 4 experts");
        check("context", "512");
        check("tokenizer", "gpt2 (gpt-2), 300 tokens");
        check("special", "no token to begin with; an answer ends with <|endoftext|> (0), <|im_end|> (2)");
        check("template", "<|im_start|>user\nHello<|im_end|>");
        assert_eq!(check_path(&path), Ok(()));
    }

    fn check_path(path: &Path) -> Result<(), String> {
        super::check(path)
    }

    #[test]
    fn what_can_not_be_used_is_said_before_anything_is_loaded() {
        let (_folder, path) = file(&Tiny { architecture: "gemma", ..Tiny::default() }.bytes());
        assert!(check_path(&path).unwrap_err().contains("\"gemma\" are not supported"));
        assert!(rows(&path).unwrap().iter().any(|(row, text)| *row == "usable" && text.starts_with("no: ")));
        let (_folder, path) = file(b"GGUF but not really");
        assert!(check_path(&path).is_err() && rows(&path).is_err());
    }

    #[test]
    fn a_tiny_model_is_measured() {
        let (_folder, path) = file(&Tiny::default().bytes());
        let pace = pace(&path, &[], Level::best().into(), &mut |_| {}).unwrap();
        assert!(0.0 < pace.prefill && 0.0 < pace.decode && pace.machine.contains("threads"), "{pace:?}");
    }
}
