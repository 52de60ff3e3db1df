//! The person's own editor on a text: `$VISUAL`, `$EDITOR`, else `vi`.

use std::{fs, io::Write, process::Command};

/// What the editor left, `None` when nothing was changed. An editor that can not be started or ends with an error is told.
pub(crate) fn edit(text: &str) -> Result<Option<String>, String> {
    let editor =
        ["VISUAL", "EDITOR"].iter().filter_map(|name| std::env::var(name).ok()).find(|name| !name.is_empty());
    with(&editor.unwrap_or_else(|| "vi".to_owned()), text)
}

fn with(editor: &str, text: &str) -> Result<Option<String>, String> {
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
    match status.code() {
        Some(0) => {}
        // As the shell says that there is no such program, or that it is none.
        Some(code @ (126 | 127)) => {
            return Err(fail(&format!("`{editor}` could not be started"), &format!("exit code {code}")));
        }
        Some(code) => return Err(fail(&format!("`{editor}` ended"), &format!("exit code {code}"))),
        None => return Err(fail(&format!("`{editor}` ended"), &"by a signal")),
    }
    let edited =
        fs::read_to_string(file.path()).map_err(|error| fail("the text could not be read back", &error))?;
    let edited = super::input::without_mark(edited);
    Ok(Some(edited).filter(|edited| edited.trim_end() != text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_editor_left_is_taken_and_why_it_left_nothing_is_told() {
        let check = |editor: &str, expected: Result<Option<&str>, &str>| {
            let edited = with(editor, "old");
            let edited = edited.as_ref().map(Option::as_deref).map_err(String::as_str);
            assert_eq!(edited, expected, "{editor}");
        };
        check("printf '\\357\\273\\277new\\n' >", Ok(Some("new\n")));
        check("true", Ok(None));
        check("exit 3;", Err("`exit 3;` ended: exit code 3; nothing was changed"));
        let gone = "/nonexistent/ed";
        check(gone, Err("`/nonexistent/ed` could not be started: exit code 127; nothing was changed"));
    }
}
