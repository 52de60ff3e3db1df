//! A disk for tests: in memory, its n-th call fails as told, and its power can be cut.
//!
//! It is as forgetful as a real one: what is not synced is lost with the power, names too; and a failed sync throws
//! away what it should have written while the next sync reports success.

use super::{Disk, DiskFile, Lock, Look, folder_of};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing was done.
    Error(ErrorKind),
    /// Half of the bytes were written; calls that write none fail with a full disk.
    ShortWrite,
}

/// What the power cut leaves of the bytes that were never synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Nothing,
    /// The length arrived, half of the bytes did not: zeros at the end.
    Zeros,
    Everything,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct SimulatedDisk(Arc<Mutex<World>>);

#[derive(Debug, Default)]
struct World {
    files: Vec<Bytes>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    locks: BTreeSet<PathBuf>,
    calls: usize,
    /// From which call on, how often, how.
    fault: Option<(usize, usize, Fault)>,
}

#[derive(Clone, Debug, Default)]
struct Bytes {
    now: Vec<u8>,
    /// Written since the last sync, byte by byte.
    dirty: Vec<bool>,
    durable: Vec<u8>,
    /// The shortest the file was since the last sync.
    shortest: usize,
}

impl SimulatedDisk {
    /// Lets `times` calls fail from call number `at` (counted from now, 0 is the next).
    pub(crate) fn fail(&self, at: usize, times: usize, fault: Fault) {
        let mut world = self.world();
        world.calls = 0;
        world.fault = Some((at, times, fault));
    }

    /// No more faults; gives the number of calls since the last [`SimulatedDisk::fail`].
    pub(crate) fn heal(&self) -> usize {
        let mut world = self.world();
        world.fault = None;
        world.calls
    }

    /// The machine as it starts again after the power went now.
    pub(crate) fn after_power_cut(&self, cut: Cut) -> SimulatedDisk {
        let world = self.world();
        let files = world.files.iter().map(|file| {
            let bytes = match cut {
                Cut::Nothing => file.durable.clone(),
                Cut::Everything => file.now.clone(),
                Cut::Zeros => {
                    let kept = (file.durable.len().min(file.now.len()) + file.now.len()).div_ceil(2);
                    let mut bytes = file.now[..kept].to_vec();
                    bytes.resize(file.now.len(), 0);
                    bytes
                }
            };
            Bytes {
                dirty: vec![false; bytes.len()],
                shortest: bytes.len(),
                durable: bytes.clone(),
                now: bytes,
            }
        });
        let names = if cut == Cut::Everything { &world.names } else { &world.durable_names };
        let again = World {
            files: files.collect(),
            names: names.clone(),
            durable_names: names.clone(),
            ..World::default()
        };
        SimulatedDisk(Arc::new(Mutex::new(again)))
    }

    /// A file as another program would put it there, safely.
    pub(crate) fn put(&self, path: impl AsRef<Path>, bytes: &[u8]) {
        let mut world = self.world();
        let file = world.files.len();
        let (now, durable) = (bytes.to_vec(), bytes.to_vec());
        world.files.push(Bytes { now, durable, dirty: vec![false; bytes.len()], shortest: bytes.len() });
        world.names.insert(path.as_ref().to_owned(), file);
        world.durable_names.insert(path.as_ref().to_owned(), file);
    }

    pub(crate) fn bytes(&self, path: impl AsRef<Path>) -> Option<Vec<u8>> {
        let world = self.world();
        Some(world.files[*world.names.get(path.as_ref())?].now.clone())
    }

    /// Until this is dropped every call waits.
    pub(crate) fn freeze(&self) -> impl Drop + '_ {
        struct Frozen<'a>(MutexGuard<'a, World>);
        impl Drop for Frozen<'_> {
            fn drop(&mut self) {
                self.0.fault = None;
            }
        }
        Frozen(self.world())
    }

    /// All names on the disk.
    pub(crate) fn names(&self) -> Vec<PathBuf> {
        self.world().names.keys().cloned().collect()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the call and fails it when its turn has come.
    fn call(&self) -> io::Result<MutexGuard<'_, World>> {
        let mut world = self.world();
        match world.due() {
            Some(Fault::Error(kind)) => Err(kind.into()),
            Some(Fault::ShortWrite) => Err(ErrorKind::StorageFull.into()),
            None => Ok(world),
        }
    }
}

impl World {
    fn due(&mut self) -> Option<Fault> {
        let number = self.calls;
        self.calls += 1;
        self.fault.filter(|(at, times, _)| (*at..at + times).contains(&number)).map(|(.., fault)| fault)
    }

    fn number(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| ErrorKind::NotFound.into())
    }
}

impl Disk for SimulatedDisk {
    fn look(&self, path: &Path) -> io::Result<Look> {
        let world = self.call()?;
        let number = world.number(path)?;
        let length = world.files[number].now.len() as u64;
        Ok(Look { not_a_file: None, length, modified: number as u64, identity: Some((0, number as u64)) })
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.call()?.number(path).map(|_| path.to_owned())
    }

    fn read(&self, path: &Path, from: u64, at_most: u64) -> io::Result<Vec<u8>> {
        let world = self.call()?;
        let bytes = &world.files[world.number(path)?].now;
        let from = bytes.len().min(from as usize);
        let to = bytes.len().min(from.saturating_add(at_most as usize));
        Ok(bytes[from..to].to_vec())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        Ok(self.call()?.names.keys().filter(|name| name.parent() == Some(folder)).cloned().collect())
    }

    fn make_folder(&self, _: &Path) -> io::Result<()> {
        self.call().map(drop)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut world = self.call()?;
        if world.names.contains_key(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let file = world.files.len();
        world.files.push(Bytes::default());
        world.names.insert(path.to_owned(), file);
        Ok(Box::new(SimulatedFile { disk: self.clone(), file }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = self.call()?.number(path)?;
        Ok(Box::new(SimulatedFile { disk: self.clone(), file }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut world = self.call()?;
        let file = world.number(from)?;
        world.names.remove(from);
        world.names.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut world = self.call()?;
        world.number(path)?;
        world.names.remove(path);
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut world = self.call()?;
        world.durable_names.retain(|name, _| folder_of(name) != folder);
        let there = world.names.iter().filter(|(name, _)| folder_of(name) == folder);
        let there: Vec<_> = there.map(|(name, file)| (name.clone(), *file)).collect();
        world.durable_names.extend(there);
        Ok(())
    }

    fn lock(&self, path: &Path, _: &str) -> io::Result<Option<Lock>> {
        if !self.call()?.locks.insert(path.to_owned()) {
            return Ok(None);
        }
        Ok(Some(Lock(Box::new(Held(self.clone(), path.to_owned())))))
    }
}

struct Held(SimulatedDisk, PathBuf);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.world().locks.remove(&self.1);
    }
}

struct SimulatedFile {
    disk: SimulatedDisk,
    file: usize,
}

impl DiskFile for SimulatedFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut world = self.disk.world();
        let fault = world.due();
        let written = match fault {
            Some(Fault::Error(kind)) => return Err(kind.into()),
            Some(Fault::ShortWrite) => bytes.len() / 2,
            None => bytes.len(),
        };
        let file = &mut world.files[self.file];
        file.now.extend_from_slice(&bytes[..written]);
        file.dirty.resize(file.now.len(), true);
        if fault.is_some() { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        let failed = self.disk.call().map(drop);
        let mut world = self.disk.world();
        let file = &mut world.files[self.file];
        if failed.is_err() {
            // What real systems do: the pages count as clean from now on, and are not on the disk.
            file.dirty.fill(false);
            return failed;
        }
        file.durable.truncate(file.shortest);
        file.durable.resize(file.now.len(), 0);
        for (at, dirty) in file.dirty.iter_mut().enumerate().filter(|(_, dirty)| **dirty) {
            file.durable[at] = file.now[at];
            *dirty = false;
        }
        file.shortest = file.now.len();
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        let mut world = self.disk.call()?;
        let file = &mut world.files[self.file];
        file.now.truncate(length as usize);
        file.dirty.truncate(length as usize);
        file.shortest = file.shortest.min(length as usize);
        Ok(())
    }
}
