//! What can go wrong with files, in words for the person: what, what to do, where. A path may be long and stands last, as
//! lines are cut at their end.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a file could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("{why}: {}; could not {doing} {}", hint(*kind), path.display())]
    Io { doing: &'static str, path: PathBuf, kind: io::ErrorKind, why: String },
    #[error("there is no {}: check the path", .0.display())]
    Missing(PathBuf),
    #[error("{} is {kind}, not a file: give the path of a session file (.jsonl)", path.display())]
    NotAFile { path: PathBuf, kind: &'static str },
    #[error("{} is no Plantern session: {why}; choose another file", path.display())]
    NotASession { path: PathBuf, why: String },
    #[error(
        "{} was written by a newer Plantern (format {found}, this one reads up to {known}): update Plantern to \
         open it; the file stays as it is", path.display()
    )]
    Newer { path: PathBuf, found: u32, known: u32 },
    #[error("{} has {bytes} bytes, at most {limit} are taken: {hint}", path.display())]
    TooLarge { path: PathBuf, bytes: u64, limit: u64, hint: &'static str },
    #[error("{who} has it open: close it there, or work on a copy of {}", path.display())]
    InUse { path: PathBuf, who: String },
    #[error("{} exists and is no Plantern session: choose another name", .0.display())]
    Occupied(PathBuf),
    #[error("{} exists already: edit it, or move it away first", .0.display())]
    Exists(PathBuf),
    #[error("the file {how} by another program: save this session under another name than {}", path.display())]
    Changed { path: PathBuf, how: &'static str },
    #[error("entry {entry} can not be written so that it can be read again: {why}; please report this")]
    Unwritable { entry: u64, why: String },
    #[error("{entries} entries are not saved: {why}")]
    Unsaved { entries: u64, why: String },
    #[error("the last entries may not be saved: {0}")]
    Unanswered(&'static str),
    #[error("{} can not be read as text: {why}; save it as plain text in UTF-8", path.display())]
    NotText { path: PathBuf, why: String },
    #[error("{} holds more than {limit} files or folders: name another folder", path.display())]
    TooMany { path: PathBuf, limit: usize },
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Config(Vec<super::config::Fault>),
    #[error("no home folder is known: set HOME, or PLANTERN_HOME to a folder of your choice")]
    NoHome,
}

impl StoreError {
    /// Whether trying the same again may go well, without anybody choosing another file.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, StoreError::Io { .. } | StoreError::InUse { .. })
    }

    /// An error of the system, with what was being done and where.
    pub(super) fn io(doing: &'static str, path: &Path, error: &io::Error) -> StoreError {
        let why = error.to_string();
        // The number of an error of the system helps nobody.
        let why = why.split(" (os error").next().unwrap_or_default().to_owned();
        StoreError::Io { doing, path: path.to_owned(), kind: error.kind(), why }
    }
}

fn hint(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space on that disk",
        io::ErrorKind::PermissionDenied => "check who owns it and may write there",
        io::ErrorKind::ReadOnlyFilesystem => "that disk is read-only: save to another folder",
        io::ErrorKind::NotFound => "the folder is not there: make it, or choose another",
        _ => "check the disk, or use another folder",
    }
}
