//! Finds the real model files for tests of this folder, or says loudly that they are not there.

use super::Vocabulary;
use candle_core::quantized::gguf_file::Content;
use std::path::PathBuf;
use std::sync::OnceLock;

/// The vocabulary of SmolLM2, read once.
pub(crate) fn vocabulary() -> Option<&'static Vocabulary> {
    static READ: OnceLock<Option<Vocabulary>> = OnceLock::new();
    let read = || {
        let path = path("PLANTERN_TEST_GGUF", "SmolLM2-135M-Instruct.Q4_1.gguf")?;
        let content = Content::read(&mut std::fs::File::open(path).unwrap()).unwrap();
        Some(Vocabulary::from_gguf(&content).unwrap())
    };
    READ.get_or_init(read).as_ref()
}

/// The file or folder named by the environment variable, else by its name in the user's model folder.
pub(crate) fn path(variable: &str, name: &str) -> Option<PathBuf> {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/plantern/models").join(name));
    let path = std::env::var_os(variable).map(PathBuf::from).or_else(home)?;
    if !path.exists() {
        eprintln!("SKIPPED: {} is not there; set {variable} or run `plantern models pull`", path.display());
        return None;
    }
    Some(path)
}
