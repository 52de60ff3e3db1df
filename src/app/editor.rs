//! The person's own editor on a text: `$VISUAL`, `$EDITOR`, else `vi`.

use std::{fs, io::Write, process::Command};

/// What the editor left, `None` when nothing was changed or it ended with an error of its own choosing.
pub(crate) fn edit(text: &str) -> Result<Option<String>, String> {
    let editor =
        ["VISUAL", "EDITOR"].iter().filter_map(|name| std::env::var(name).ok()).find(|name| !name.is_empty());
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    let fail = |what: &str, error: &dyn std::fmt::Display| format!("{what}: {error}; nothing was changed");
    let mut file = tempfile::Builder::new().prefix("plantern-").suffix(".txt").tempfile();
    let file = file.as_mut().map_err(|error| fail("no temporary file could be made", error))?;
    file.write_all(text.as_bytes()).map_err(|error| fail("the text could not be written", &error))?;
    // Through the shell, since the variable may hold flags (`code --wait`).
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("{editor} \"$1\""))
        .arg("plantern")
        .arg(file.path())
        .status();
    let status = status.map_err(|error| fail(&format!("`{editor}` could not be started"), &error))?;
    if !status.success() {
        return Ok(None);
    }
    let edited =
        fs::read_to_string(file.path()).map_err(|error| fail("the text could not be read back", &error))?;
    let edited = super::input::without_mark(edited);
    Ok(Some(edited).filter(|edited| edited.trim_end() != text.trim_end()))
}
