//! What a person names on the command line: a file, or stdin.

use super::boot::Trouble;
use crate::store::{
    disk::{Disk, RealDisk},
    sessions,
};
use std::{
    io::{Read, stdin},
    path::Path,
};

/// The longest text that is read, in bytes.
const MOST_BYTES: u64 = 256 << 20;

pub(super) fn read_stdin() -> Result<String, Trouble> {
    read(&mut stdin().lock(), "stdin")
}

pub(super) fn read_file(path: &Path) -> Result<String, Trouble> {
    let name = path.display().to_string();
    let bytes = plain(path, MOST_BYTES + 1).map_err(|why| Trouble::usage(format!("{name}: {why}")))?;
    read(&mut &*bytes, &name)
}

/// The text of a file that should hold cases. A session is a likely slip, and would be wrong in each of its lines.
pub(super) fn read_cases(path: &Path) -> Result<String, Trouble> {
    let text = read_file(path)?;
    match text.trim_start().starts_with("{\"plantern\"") {
        true => Err(Trouble::usage(format!(
            "a session, and cases are wanted: open it, and + writes one of it: {}",
            path.display()
        ))),
        false => Ok(text),
    }
}

/// The bytes of a session file, or why there are none.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    plain(path, sessions::MOST_BYTES)
}

/// Only plain files are read: a pipe would be waited for without end, and a device may never end.
fn plain(path: &Path, at_most: u64) -> Result<Vec<u8>, String> {
    let look = RealDisk.look(path).map_err(told)?;
    match look.not_a_file {
        Some(kind) => Err(format!("it is {kind}, and a plain file is wanted")),
        None => RealDisk.read(path, 0, at_most).map_err(told),
    }
}

/// Why a file can not be read, in words.
fn told(error: std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file: check the path".to_owned(),
        _ => error.to_string(),
    }
}

fn read(from: &mut dyn Read, what: &str) -> Result<String, Trouble> {
    let mut bytes = vec![];
    let read = from.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Trouble::usage(format!("{what}: {error}")))?;
    if MOST_BYTES < bytes.len() as u64 {
        return Err(Trouble::usage(format!("{what} has more than {} MB", MOST_BYTES >> 20)));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        Trouble::usage(format!("{what} is not text: byte {} is not UTF-8", error.utf8_error().valid_up_to()))
    })?;
    Ok(without_mark(text))
}

/// The text without the byte order mark that some editors put in front of UTF-8: it is no part of a plan or a task.
pub(super) fn without_mark(text: String) -> String {
    text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_text() {
        let check = |bytes: &[u8], expected: Option<&str>| {
            assert_eq!(read(&mut &*bytes, "x").ok().as_deref(), expected);
        };
        check(b"\xef\xbb\xbfQC: a\r\n", Some("QC: a\r\n"));
        check(b"\xef\xbb\xbf", Some(""));
        check(b"QC: \xef\xbb\xbf", Some("QC: \u{FEFF}"));
        check(b"QC: \xff", None);
    }
}
