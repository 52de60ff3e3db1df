//! What model files say of themselves, and how fast one is here. Without candle nothing is read.

use super::Machine;
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
pub(super) fn bench(path: &Path, _: Machine) -> Result<String, String> {
    Err(without_candle(path))
}

/// What was measured, in a line.
#[cfg(feature = "candle")]
pub(super) fn bench(path: &Path, machine: Machine) -> Result<String, String> {
    let pace = crate::expert::candle::inspect::pace(path, machine, &mut |_| {})?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(format!(
        "prefill {:.0} tokens/s, decode {:.0} tokens/s: {name} ({}), {}",
        pace.prefill, pace.decode, pace.quantisation, pace.machine
    ))
}

/// What a GGUF file says of itself, in a line; every check of the header is made, nothing is loaded.
#[cfg(not(feature = "candle"))]
pub(crate) fn inspect(path: &Path) -> Result<String, String> {
    Err(without_candle(path))
}

/// What a GGUF file says of itself, in a line; every check of the header is made, nothing is loaded.
#[cfg(feature = "candle")]
pub(crate) fn inspect(path: &Path) -> Result<String, String> {
    if path.is_dir() {
        return Ok("a folder of an embedding model".to_owned());
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
