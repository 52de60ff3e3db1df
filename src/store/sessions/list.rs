//! The sessions of a folder, from their first and last lines alone.

use super::EXTENSION;
use crate::{
    session::{
        Entry,
        line::{self, LineError},
    },
    store::{StoreError, disk::Disk},
};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// How much of each end of a file is read.
const GLANCE: u64 = 64 << 10;

/// A session file as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub path: PathBuf,
    pub title: Title,
    /// Milliseconds since 1970 of the last write.
    pub modified: u64,
    /// Events in its log; `None` when the last line is damaged or longer than a glance.
    pub entries: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Title {
    Of(String),
    /// The file can not be opened; why.
    Bad(String),
}

/// All session files of the folder, newest first, bad ones with their reason. A folder that is not there is empty.
pub fn list(disk: &dyn Disk, folder: &Path) -> Result<Vec<Listed>, StoreError> {
    let paths = match disk.list(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
        listed => listed.map_err(|error| StoreError::io("list", folder, &error))?,
    };
    let ours = |path: &PathBuf| {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        !hidden && path.extension().is_some_and(|extension| extension == EXTENSION)
    };
    let mut listed: Vec<Listed> = paths.into_iter().filter(ours).map(|path| glance(disk, path)).collect();
    listed.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| b.path.cmp(&a.path)));
    Ok(listed)
}

/// The session of the folder that was written last, bad ones left out.
pub fn latest(disk: &dyn Disk, folder: &Path) -> Result<Option<PathBuf>, StoreError> {
    let good = list(disk, folder)?.into_iter().find(|listed| matches!(listed.title, Title::Of(_)));
    Ok(good.map(|listed| listed.path))
}

fn glance(disk: &dyn Disk, path: PathBuf) -> Listed {
    let bad = |path, modified, why: String| Listed { path, title: Title::Bad(why), modified, entries: None };
    let look = match disk.look(&path) {
        Ok(look) => look,
        Err(error) => return bad(path, 0, error.to_string()),
    };
    if let Some(kind) = look.not_a_file {
        return bad(path, look.modified, format!("it is {kind}"));
    }
    let start = match disk.read(&path, 0, GLANCE) {
        Ok(start) => start,
        Err(error) => return bad(path, look.modified, error.to_string()),
    };
    if start.is_empty() {
        return bad(path, look.modified, "it is empty".to_owned());
    }
    let first = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let title = match std::str::from_utf8(first).map_err(|_| LineError::NoHeader).and_then(line::read_header)
    {
        Ok(header) => Title::Of(header.title),
        Err(error) => Title::Bad(error.to_string()),
    };
    let end = match look.length.checked_sub(GLANCE) {
        None | Some(0) => start,
        Some(from) => disk.read(&path, from, GLANCE).unwrap_or_default(),
    };
    Listed { path, title, modified: look.modified, entries: events(&end) }
}

/// The number of the last event in these lines, which may begin and end anywhere.
fn events(end: &[u8]) -> Option<u32> {
    let seq = |line: &[u8]| match line::read_entry(std::str::from_utf8(line).ok()?).ok()? {
        Entry::Record(record) => record.seq.0.checked_add(1),
        Entry::Move { .. } | Entry::Aside { .. } => None,
    };
    end.rsplit(|byte| *byte == b'\n').find_map(seq)
}
