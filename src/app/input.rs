//! Texts that a person names on the command line: a file, or stdin.

use super::boot::Trouble;
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
    let unreadable = |error: &dyn std::fmt::Display| Trouble::usage(format!("{}: {error}", path.display()));
    if path.is_dir() {
        return Err(unreadable(&"it is a folder, a file is wanted"));
    }
    let mut file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
    read(&mut file, &path.display().to_string())
}

fn read(from: &mut dyn Read, what: &str) -> Result<String, Trouble> {
    let mut bytes = vec![];
    let read = from.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Trouble::usage(format!("{what}: {error}")))?;
    if MOST_BYTES < bytes.len() as u64 {
        return Err(Trouble::usage(format!("{what} has more than {} MB", MOST_BYTES >> 20)));
    }
    String::from_utf8(bytes).map_err(|error| {
        Trouble::usage(format!("{what} is not text: byte {} is not UTF-8", error.utf8_error().valid_up_to()))
    })
}
