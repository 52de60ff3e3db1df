//! New session files: of a session that has none yet, or a copy under a name of the person's choice.

use super::{
    EXTENSION,
    claim::{Claim, aside, keep_copy, replace},
    moment, open, stamp,
};
use crate::{
    redact::{redact, redact_json},
    session::{Entry, Event, line},
    store::{
        StoreError,
        disk::{Disk, Lock, folder_of},
    },
};
use std::{
    borrow::Cow,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A new file in the folder, named after the day and the title, with these entries in it and on the disk.
pub fn create(
    disk: &Arc<dyn Disk>,
    folder: &Path,
    title: &str,
    entries: &[Entry],
    now: u64,
) -> Result<Claim, StoreError> {
    Blank::new(disk, folder, title, now)?.fill(&lines(entries)?)
}

/// Writes the whole session to this path: to a file beside it first, which then takes the name.
///
/// A session that is there already is kept under a name ending in `.replaced-` and the time; any other file is
/// refused, and so is a session that somebody writes.
pub fn save_as(
    disk: &Arc<dyn Disk>,
    path: &Path,
    title: &str,
    entries: &[Entry],
    now: u64,
) -> Result<Claim, StoreError> {
    let lines = lines(entries)?;
    let io = |error| StoreError::io("write", path, &error);
    // The file behind a link is written, not the link.
    let path = &match disk.resolve(path) {
        Ok(path) => path,
        Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(io(error)),
    };
    if path.file_name().is_none() {
        return Err(StoreError::NotAFile { path: path.clone(), kind: "a folder" });
    }
    let lock = lock(&**disk, path, now).map_err(io)?.ok_or_else(|| open::in_use(&**disk, path))?;
    let mut kept = None;
    match disk.look(path) {
        Ok(there) if there.not_a_file.is_some() => {
            return Err(StoreError::NotAFile {
                path: path.clone(),
                kind: there.not_a_file.unwrap_or_default(),
            });
        }
        Ok(_) => kept = Some(keep_replaced(disk, path, now)?),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(io(error)),
    }
    let blank = Blank { disk: Arc::clone(disk), path: path.clone(), lock, header: header(title, now) };
    let mut claim = blank.fill(&lines)?;
    claim.replaced = kept;
    Ok(claim)
}

/// A file that is not there yet: its name is taken, nothing is written.
pub(super) struct Blank {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    lock: Lock,
    header: Vec<u8>,
}

impl Blank {
    pub(super) fn new(
        disk: &Arc<dyn Disk>,
        folder: &Path,
        title: &str,
        now: u64,
    ) -> Result<Blank, StoreError> {
        let io = |error| StoreError::io("make a session in", folder, &error);
        disk.make_folder(folder).map_err(io)?;
        let day = moment(now).strftime("%Y-%m-%d").to_string();
        for number in 1..10_000 {
            let number = if number == 1 { String::new() } else { format!("-{number}") };
            let path = folder.join(format!("{day}-{}{number}.{EXTENSION}", slug(title)));
            let Some(lock) = lock(&**disk, &path, now).map_err(io)? else { continue };
            match disk.look(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    let (disk, header) = (Arc::clone(disk), header(title, now));
                    return Ok(Blank { disk, path, lock, header });
                }
                Err(error) => return Err(io(error)),
                Ok(_) => {}
            }
        }
        Err(StoreError::Exists(folder.join(slug(title))))
    }

    /// Writes header and lines. May be called again after an error.
    pub(super) fn write(&self, lines: &[u8]) -> Result<(), StoreError> {
        let done = replace(&*self.disk, &self.path, &[&self.header, lines].concat());
        let done = done.and_then(|()| self.disk.sync_folder(folder_of(&self.path)));
        done.map_err(|error| StoreError::io("write", &self.path, &error))
    }

    /// Once written with these lines, the file is appended to.
    pub(super) fn written(self, lines: &[u8]) -> Claim {
        Claim::new(self.disk, self.path, self.lock, &[&self.header, lines].concat())
    }

    fn fill(self, lines: &[u8]) -> Result<Claim, StoreError> {
        self.write(lines)?;
        Ok(self.written(lines))
    }
}

/// Entries as the lines of a file, each of which is known to read back.
pub(super) fn lines(entries: &[Entry]) -> Result<Vec<u8>, StoreError> {
    let mut lines = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        push_line(&mut lines, entry, number as u64)?;
    }
    Ok(lines)
}

/// A line that can not be read again would hide everything behind it: better to say so now.
pub(super) fn push_line(lines: &mut Vec<u8>, entry: &Entry, number: u64) -> Result<(), StoreError> {
    // Here, where every line is made, secrets end.
    let line = line::write_entry_through(&without_secrets(entry), redact_json);
    line::read_entry(&line)
        .map_err(|error| StoreError::Unwritable { entry: number, why: error.to_string() })?;
    lines.extend_from_slice(line.as_bytes());
    lines.push(b'\n');
    Ok(())
}

/// A secret that was written token by token stands in no single text: then the tokens go.
fn without_secrets(entry: &Entry) -> Cow<'_, Entry> {
    let Entry::Record(record) = entry else { return Cow::Borrowed(entry) };
    let answer = match &record.event {
        Event::Answered { answer, .. } => answer,
        Event::Stopped { partial, .. } => partial,
        _ => return Cow::Borrowed(entry),
    };
    let joined: String = answer.tokens.iter().map(|token| token.text.as_str()).collect();
    if matches!(redact(&joined), Cow::Borrowed(_)) {
        return Cow::Borrowed(entry);
    }
    let mut record = record.clone();
    if let Event::Answered { answer, .. } | Event::Stopped { partial: answer, .. } = &mut record.event {
        answer.tokens.clear();
    }
    Cow::Owned(Entry::Record(record))
}

pub(super) fn lock(disk: &dyn Disk, path: &Path, now: u64) -> std::io::Result<Option<Lock>> {
    disk.lock(path, &format!("{} {}\n", std::process::id(), stamp(now)))
}

fn keep_replaced(disk: &Arc<dyn Disk>, path: &Path, now: u64) -> Result<PathBuf, StoreError> {
    if let Err(error) = open::read(disk, path) {
        return Err(match error {
            StoreError::NotASession { .. } | StoreError::TooLarge { .. } => {
                StoreError::Occupied(path.to_owned())
            }
            other => other,
        });
    }
    let io = |error| StoreError::io("keep the session in", path, &error);
    let old = disk.read(path, 0, super::MOST_BYTES).map_err(io)?;
    keep_copy(&**disk, &old, &aside(path, "replaced", now)).map_err(io)
}

fn header(title: &str, now: u64) -> Vec<u8> {
    let title = redact(title).into_owned();
    let header = line::Header { plantern: line::FORMAT, title, created: stamp(now) };
    (line::write_header(&header) + "\n").into_bytes()
}

/// The title as part of a file name: letters, digits and single hyphens, at most 40 characters.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for word in redact(title).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let room = 40usize.saturating_sub(slug.chars().count() + 1);
        if !slug.is_empty() {
            if room < word.chars().count().min(4) {
                break;
            }
            slug.push('-');
        }
        slug.extend(word.chars().flat_map(char::to_lowercase).take(room));
    }
    if slug.is_empty() { "session".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_title_becomes_part_of_a_file_name() {
        let check = |title: &str, expected: &str| assert_eq!(slug(title), expected, "{title:?}");
        check("Take the last letters of \"Augusta Ada\"", "take-the-last-letters-of-augusta-ada");
        check("../../etc/passwd", "etc-passwd");
        check("", "session");
        check("\u{202e}\0\n…", "session");
        check("Größe in Metern?", "größe-in-metern");
        check(&"word ".repeat(50), "word-word-word-word-word-word-word-word");
        check(&"x".repeat(500), &"x".repeat(39));
    }
}
