//! The right to write one session file, and how far the file is known to be good.
//!
//! After any failure the file is opened anew, cut to the last length that was synced, checked, and written again from
//! there: a sync that failed is never asked a second time, since the system may have dropped what it could not write.

use super::MOST_BYTES;
use crate::store::{
    StoreError,
    disk::{Disk, DiskFile, Lock, Look, beside, folder_of},
};
use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};

/// How many of the last good bytes are compared before a file is written again after a failure.
const TAIL_BYTES: usize = 4096;

/// Nobody else writes this file while the claim lives.
#[derive(Debug)]
pub struct Claim {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    _lock: Lock,
    /// Bytes that are on the disk for certain.
    good: u64,
    /// The last of them.
    tail: Vec<u8>,
    /// The file as it is written; `None` before the first write and after a failure.
    hand: Option<Hand>,
    /// So many bytes may stand behind the good ones, from writes that failed.
    torn: u64,
    repair: Option<Repair>,
    /// Where the session is kept that had the name before.
    pub(super) replaced: Option<PathBuf>,
}

struct Hand {
    file: Box<dyn DiskFile>,
    identity: Option<(u64, u64)>,
}

impl std::fmt::Debug for Hand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hand").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// What a damaged file needs before its first write.
#[derive(Debug)]
pub(super) struct Repair {
    /// Length of the damaged file.
    pub(super) length: u64,
    /// A header to put in place of what is there, when that is damaged.
    pub(super) header: Vec<u8>,
    /// The good bytes of the damaged file.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Where the damaged file goes, without a number for the second of that name.
    pub(super) keep: PathBuf,
    pub(super) stage: Stage,
}

/// How far a repair has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Damaged,
    /// The damaged file is safe under another name.
    Kept,
    /// The good bytes are in place; only the folder is not synced yet.
    Replaced,
}

impl Claim {
    /// `good` are the bytes of the file that may stay, its `tail` their end.
    pub(super) fn new(disk: Arc<dyn Disk>, path: PathBuf, lock: Lock, good: &[u8]) -> Claim {
        let tail = good[good.len().saturating_sub(TAIL_BYTES)..].to_vec();
        let good = good.len() as u64;
        Claim { disk, path, _lock: lock, good, tail, hand: None, torn: 0, repair: None, replaced: None }
    }

    pub(super) fn repaired_by(mut self, repair: Repair) -> Claim {
        self.repair = Some(repair);
        self
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the session is kept that had this name before.
    pub fn replaced(&self) -> Option<&Path> {
        self.replaced.as_deref()
    }

    /// Appends whole lines; `Ok` when they would survive a power cut.
    ///
    /// After an error the same lines, and maybe more behind them, are to be given again.
    pub(super) fn append(&mut self, lines: &[u8]) -> Result<(), StoreError> {
        let bytes = self.good + lines.len() as u64;
        if MOST_BYTES < bytes {
            let hint = "go on in a new session";
            return Err(StoreError::TooLarge { path: self.path.clone(), bytes, limit: MOST_BYTES, hint });
        }
        if self.repair.is_some() {
            self.repair()?;
        }
        let mut hand = match self.hand.take() {
            Some(hand) => self.check(hand)?,
            None => self.take_up()?,
        };
        self.torn = self.torn.max(lines.len() as u64);
        let written = hand.file.append(lines).and_then(|()| hand.file.sync());
        written.map_err(|error| StoreError::io("write", &self.path, &error))?;
        self.hand = Some(hand);
        self.good = bytes;
        self.torn = 0;
        self.tail.extend_from_slice(lines);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL_BYTES));
        Ok(())
    }

    /// Is the file still the one we wrote, as long as we left it?
    fn check(&mut self, hand: Hand) -> Result<Hand, StoreError> {
        let there = self.look()?;
        if there.identity == hand.identity && there.length == self.good {
            return Ok(hand);
        }
        Err(self.changed("was changed"))
    }

    /// Opens the file, and takes off what a failed write left behind the good bytes.
    fn take_up(&mut self) -> Result<Hand, StoreError> {
        let there = self.look()?;
        let ours = self.good..=self.good + self.torn;
        if there.not_a_file.is_some() || !ours.contains(&there.length) {
            return Err(self.changed("was changed"));
        }
        let length = self.tail.len() as u64;
        let tail = self.disk.read(&self.path, self.good.saturating_sub(length), length);
        if tail.map_err(|error| StoreError::io("read", &self.path, &error))? != self.tail {
            return Err(self.changed("was changed"));
        }
        let opened = self.disk.open(&self.path).and_then(|mut file| {
            if self.good < there.length {
                file.cut(self.good)?;
            }
            Ok(file)
        });
        let file = opened.map_err(|error| StoreError::io("write", &self.path, &error))?;
        Ok(Hand { file, identity: there.identity })
    }

    fn look(&self) -> Result<Look, StoreError> {
        self.disk.look(&self.path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => self.changed("was moved or deleted"),
            _ => StoreError::io("find", &self.path, &error),
        })
    }

    fn changed(&self, how: &'static str) -> StoreError {
        StoreError::Changed { path: self.path.clone(), how }
    }

    /// Keeps the damaged file under another name and puts its good part in its place.
    fn repair(&mut self) -> Result<(), StoreError> {
        let Some(mut repair) = self.repair.take() else { return Ok(()) };
        let done = self.repair_by(&mut repair);
        if done.is_err() {
            self.repair = Some(repair);
        }
        done
    }

    fn repair_by(&self, repair: &mut Repair) -> Result<(), StoreError> {
        let disk = &*self.disk;
        let io = |error: io::Error| StoreError::io("repair", &self.path, &error);
        if repair.stage != Stage::Replaced {
            let damaged = disk.read(&self.path, 0, repair.length + 1).map_err(io)?;
            let good = damaged.get(repair.from..repair.to);
            let Some(good) = good.filter(|_| damaged.len() as u64 == repair.length) else {
                return Err(self.changed("was changed"));
            };
            if repair.stage == Stage::Damaged {
                keep_copy(disk, &damaged, &repair.keep).map_err(io)?;
                repair.stage = Stage::Kept;
            }
            replace(disk, &self.path, &[&repair.header, good].concat()).map_err(io)?;
            repair.stage = Stage::Replaced;
        }
        disk.sync_folder(folder_of(&self.path)).map_err(io)
    }
}

/// Puts the bytes at the path, whole or not at all. The name is safe after a sync of the folder, not before.
pub(super) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = beside(path, ".new");
    match disk.remove(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = disk.create(&new)?;
    let done = file.append(bytes).and_then(|()| file.sync()).and_then(|()| disk.rename(&new, path));
    if done.is_err() {
        drop(disk.remove(&new));
    }
    done
}

/// Writes the bytes safely to a new file, `path` or `path-2` and so on.
pub(super) fn keep_copy(disk: &dyn Disk, bytes: &[u8], path: &Path) -> io::Result<PathBuf> {
    let mut number = 1;
    let (mut file, path) = loop {
        let mut name = path.as_os_str().to_owned();
        if 1 < number {
            name.push(format!("-{number}"));
        }
        let path = PathBuf::from(name);
        match disk.create(&path) {
            Ok(file) => break (file, path),
            Err(error) if error.kind() != ErrorKind::AlreadyExists || number == 1000 => return Err(error),
            Err(_) => number += 1,
        }
    };
    let done =
        file.append(bytes).and_then(|()| file.sync()).and_then(|()| disk.sync_folder(folder_of(&path)));
    if done.is_err() {
        drop(disk.remove(&path));
    }
    done.map(|()| path)
}

/// `path` with `.what-2026-11-21T080000` behind it.
pub(super) fn aside(path: &Path, what: &str, now: u64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{what}-{}", super::moment(now).strftime("%Y-%m-%dT%H%M%SZ")));
    PathBuf::from(name)
}
