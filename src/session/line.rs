//! Entry to one JSON line and back, with a checksum; versions and their upgrades. No files here.
//!
//! A session file is a header line and one line for each entry:
//!
//! ```text
//! {"plantern":1,"title":"…","created":"2026-11-21T08:00:00Z"}
//! {"seq":0,"after":null,"turn":0,"at":1795248000000,"event":{"type":"started",…},"crc":"9f0c1b22"}
//! {"to":0,"at":1795248001000,"crc":"00aa11bb"}
//! {"aside":{"kind":"set","breakpoint":{"id":1,"task":2,"on":true}},"at":1795248002000,"crc":"5d0f3c4e"}
//! ```

use super::{Entry, Journal, JournalError};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The version written by this program; every older one is read.
pub const FORMAT: u32 = 1;

/// The first line of a session file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Format version.
    pub plantern: u32,
    pub title: String,
    /// When it was made, RFC 3339, UTC.
    pub created: String,
}

/// Why a line can not be taken. The reader stops there and keeps everything before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("not a Plantern session: the first line is not a header like {{\"plantern\":{FORMAT},…}}")]
    NoHeader,
    #[error(
        "written by a newer Plantern (format {0}, this one reads up to {FORMAT}): update Plantern to open it"
    )]
    Newer(u32),
    #[error("the line is damaged: its checksum does not match")]
    Checksum,
    #[error("the line is cut short or is not JSON: {0}")]
    Json(String),
    #[error("{0}")]
    Entry(#[from] JournalError),
}

/// One line without its line feed.
pub fn write_entry(entry: &Entry) -> String {
    write_entry_through(entry, |json| Cow::Borrowed(json))
}

/// One line without its line feed; `clean` takes out of its JSON what is not to be written.
pub fn write_entry_through(entry: &Entry, clean: impl Fn(&str) -> Cow<'_, str>) -> String {
    // An entry of ours always serialises: it holds no map with other than text keys.
    let mut line = clean(&serde_json::to_string(entry).unwrap_or_default()).into_owned();
    line.pop();
    let crc = crc32fast::hash(line.as_bytes());
    line.push_str(&format!(",\"crc\":\"{crc:08x}\"}}"));
    line
}

pub fn write_header(header: &Header) -> String {
    serde_json::to_string(header).unwrap_or_default()
}

/// A byte order mark in front of it is passed over.
pub fn read_header(line: &str) -> Result<Header, LineError> {
    let line = line.strip_prefix('\u{FEFF}').unwrap_or(line);
    let header: Header = serde_json::from_str(line).map_err(|_| LineError::NoHeader)?;
    match header.plantern {
        1..=FORMAT => Ok(header),
        newer => Err(LineError::Newer(newer)),
    }
}

/// A carriage return at the end is no damage: the file went through a program that ends lines in another way.
pub fn read_entry(line: &str) -> Result<Entry, LineError> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    const TAIL: usize = ",\"crc\":\"00000000\"}".len();
    let cut = line.len().checked_sub(TAIL).filter(|cut| line.is_char_boundary(*cut));
    let (body, tail) = cut.map(|cut| line.split_at(cut)).unwrap_or((line, ""));
    let crc = tail.strip_prefix(",\"crc\":\"").and_then(|tail| tail.strip_suffix("\"}"));
    let Some(crc) = crc else {
        return Err(LineError::Json("it does not end in a checksum".to_owned()));
    };
    if format!("{:08x}", crc32fast::hash(body.as_bytes())) != crc {
        return Err(LineError::Checksum);
    }
    // The first key says what it is. To try both would read a damaged record as a move: a move wants so little.
    let json = format!("{body}}}");
    let entry = match body {
        _ if body.starts_with("{\"seq\":") => serde_json::from_str(&json).map(Entry::Record),
        _ if body.starts_with("{\"to\":") || body.starts_with("{\"aside\":") => serde_json::from_str(&json),
        _ => return Err(LineError::Json("it begins with none of \"seq\", \"to\", \"aside\"".to_owned())),
    };
    entry.map_err(|error| LineError::Json(error.to_string()))
}

/// What a session file gave.
#[derive(Clone, Debug)]
pub struct Reading {
    pub header: Header,
    pub journal: Journal,
    /// Bytes from the start of the file that are good.
    pub good: usize,
    /// Why reading stopped before the end: the 1-based line, and what is wrong with it.
    pub stopped: Option<(usize, LineError)>,
}

/// Reads a session file as far as it is good. Only a missing or newer header is an error.
pub fn read_session(bytes: &[u8]) -> Result<Reading, LineError> {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
    let first = lines.next().map(|(_, line)| line).unwrap_or_default();
    let header = read_header(std::str::from_utf8(first).map_err(|_| LineError::NoHeader)?.trim_end())?;
    let mut reading = Reading { header, journal: Journal::default(), good: first.len(), stopped: None };
    for (at, line) in lines {
        match read_line(line, &mut reading.journal) {
            Ok(()) => reading.good += line.len(),
            Err(error) => {
                reading.stopped = Some((at + 1, error));
                break;
            }
        }
    }
    Ok(reading)
}

/// The whole lines of a file after its first damaged one, each with its 1-based number. They rest on what is lost, so they
/// are no part of the journal; they can still be read.
pub fn after_the_damage(bytes: &[u8]) -> Vec<(usize, Entry)> {
    let mut journal = Journal::default();
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut damaged = std::str::from_utf8(first).map_or(Err(LineError::NoHeader), read_header).is_err();
    let mut later = vec![];
    for (at, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate().skip(1) {
        if !damaged {
            damaged = read_line(line, &mut journal).is_err();
            continue;
        }
        let text = line.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
        later.extend(text.and_then(|text| read_entry(text).ok()).map(|entry| (at + 1, entry)));
    }
    later
}

fn read_line(line: &[u8], journal: &mut Journal) -> Result<(), LineError> {
    let Some(line) = line.strip_suffix(b"\n") else {
        return Err(LineError::Json("the last line has no end".to_owned()));
    };
    let text = std::str::from_utf8(line).map_err(|error| LineError::Json(error.to_string()))?;
    Ok(journal.load(&read_entry(text)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_can_not_be_read_is_no_move() {
        let sealed = |body: &str| format!("{body},\"crc\":\"{:08x}\"}}", crc32fast::hash(body.as_bytes()));
        let check = |body: &str, fits: bool| assert_eq!(read_entry(&sealed(body)).is_ok(), fits, "{body}");
        check(r#"{"to":0,"at":5"#, true);
        check(r#"{"to":null,"at":5"#, true);
        check(r#"{"at":5"#, false);
        check(r#"{"seq":0,"after":null,"turn":0,"at":5,"event":{"type":"failed","call":0,"why":"x"}"#, true);
        check(r#"{"seq":0,"after":null,"turn":0,"at":5,"event":{"type":"no such event"}"#, false);
        let scores = r#""answer":{"text":"","scores":[null]}"#;
        check(
            &format!(
                r#"{{"seq":0,"after":null,"turn":0,"at":5,"event":{{"type":"answered","call":0,{scores}}}"#
            ),
            false,
        );
    }
}
