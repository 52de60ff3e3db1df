//! What model files say of themselves, and how fast one is here. Without candle nothing is read.

use super::Machine;
use crate::{engine::Which, store::models::Found};
use std::path::Path;

#[cfg(feature = "candle")]
pub(super) use crate::expert::candle::inspect::{check, rows};

#[cfg(not(feature = "candle"))]
pub(super) fn without_candle(path: &Path) -> String {
    format!("{} is there, but this plantern was built without the feature `candle`", path.display())
}

#[cfg(not(feature = "candle"))]
pub(super) fn rows(path: &Path) -> Result<Vec<(&'static str, String)>, String> {
    Err(without_candle(path))
}

#[cfg(not(feature = "candle"))]
pub(super) fn check(path: &Path) -> Result<(), String> {
    Err(without_candle(path))
}

#[cfg(not(feature = "candle"))]
pub(super) fn bench(found: &Found, _: Machine) -> Result<String, String> {
    Err(without_candle(&found.base))
}

/// What a file in the folder of models is for.
pub(super) fn kind(path: &Path) -> &'static str {
    #[cfg(feature = "candle")]
    if crate::expert::candle::adapter::about(path).is_some() {
        return "adapter";
    }
    if path.is_dir() { "embedding" } else { "language" }
}

/// What was measured, in a line.
#[cfg(feature = "candle")]
pub(super) fn bench(found: &Found, machine: Machine) -> Result<String, String> {
    let Found { base, adapters } = found;
    let pace = crate::expert::candle::inspect::pace(base, adapters, machine, &mut |_| {})?;
    let name = base.file_name().unwrap_or_default().to_string_lossy();
    Ok(format!(
        "prefill {:.0} tokens/s, decode {:.0} tokens/s: {name} ({}), {}",
        pace.prefill, pace.decode, pace.quantisation, pace.machine
    ))
}

/// What a model says of itself, in a line.
#[cfg(not(feature = "candle"))]
pub(crate) fn inspect(path: &Path) -> Result<String, String> {
    Err(without_candle(path))
}

/// What a model says of itself, in a line: a GGUF file with every check of its header, or the folder of an embedding model.
/// Nothing is loaded.
#[cfg(feature = "candle")]
pub(crate) fn inspect(path: &Path) -> Result<String, String> {
    if path.is_dir() {
        return embedding(path).map(|about| format!("an embedding model, {about}"));
    }
    if let Some(about) = crate::expert::candle::adapter::about(path) {
        return Ok(about);
    }
    let file = crate::expert::candle::gguf::GgufFile::open(path)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let header = &file.header;
    Ok(format!(
        "{} {}, {} M weights, {} layers, context {}, vocabulary {}, needs about {} MB",
        header.architecture,
        header.quantisation,
        header.parameters / 1_000_000,
        header.layers,
        header.context_length,
        header.vocabulary,
        header.memory_estimate() / 1_000_000
    ))
}

/// What the folder of an embedding model says of itself; what it lacks is the error.
#[cfg(feature = "candle")]
pub(super) fn embedding(folder: &Path) -> Result<String, String> {
    crate::store::models::no_model(folder).map_or(Ok(()), Err)?;
    crate::expert::candle::embedding::about(folder).map_err(|error| error.to_string())
}

#[cfg(not(feature = "candle"))]
pub(super) fn embedding(folder: &Path) -> Result<String, String> {
    Err(without_candle(folder))
}

/// Whether what was found can be a model of this kind: language models are files, embedding models folders.
pub(crate) fn suits(which: Which, found: &Found) -> Result<(), String> {
    let why = match (which, found.base.is_dir()) {
        (Which::Language, true) => "a folder is no language model: name a GGUF file",
        (Which::Embedding, false) => {
            "a file is no embedding model: name a folder with model.safetensors, tokenizer.json and config.json"
        }
        (Which::Embedding, true) if !found.adapters.is_empty() => {
            "an embedding model takes no adapters, name it alone"
        }
        _ => return Ok(()),
    };
    Err(format!("{}: {why}", found.base.display()))
}

/// The same of a model with its adapters, each held against it.
#[cfg(feature = "candle")]
pub(crate) fn inspect_adapted(found: &Found) -> Result<String, String> {
    let mut about = inspect(&found.base)?;
    if let [_, ..] = found.adapters[..] {
        let changes = crate::expert::candle::inspect::adapters(&found.base, &found.adapters)?;
        about += &format!("; adapters change {changes} matrices");
    }
    Ok(about)
}

#[cfg(not(feature = "candle"))]
pub(crate) fn inspect_adapted(found: &Found) -> Result<String, String> {
    inspect(&found.base)
}
