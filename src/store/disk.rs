//! The disk as the sessions see it: few calls, each of which may fail, so that a test can make every one fail.
//!
//! Called by `store::sessions` alone. [`RealDisk`] is the file system; tests put a simulated one in its place.

mod real;
#[cfg(test)]
pub(crate) mod simulated;

pub use real::RealDisk;

use std::{
    any::Any,
    fmt, io,
    path::{Path, PathBuf},
};

/// What sessions ask of a file system. Every call may fail and none is tried again here.
pub trait Disk: fmt::Debug + Send + Sync {
    /// What stands at the path, links followed.
    fn look(&self, path: &Path) -> io::Result<Look>;
    /// The path without links in it; what does not exist is an error.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf>;
    /// At most `at_most` bytes from byte `from` on; fewer where the file ends.
    fn read(&self, path: &Path, from: u64, at_most: u64) -> io::Result<Vec<u8>>;
    /// Everything in the folder, in no order.
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;
    /// Makes the folder and those above it, for its owner alone; one that exists stays as it is.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;
    /// A new empty file, readable for its owner alone. `AlreadyExists` when there is one.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// An existing file, to be appended to.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Puts the file in the place of whatever is at `to`.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Returns when the names in the folder (new files, renames) would survive a power cut.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Takes the path for this owner until the lock is dropped or the program dies, and leaves a note for others.
    ///
    /// `None` when somebody has it. The lock stands beside the file ([`lock_path`]), so the file can be replaced.
    fn lock(&self, path: &Path, note: &str) -> io::Result<Option<Lock>>;
}

/// A file that is written from one place.
pub trait DiskFile: Send {
    /// Writes all bytes at the end, or fails with some of them written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns when everything written would survive a power cut. After a failure nothing is known of what was
    /// written since the last success: the system may have dropped it and forgotten that it did.
    fn sync(&mut self) -> io::Result<()>;
    /// Shortens the file to that many bytes.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

/// Held as long as nobody else may write; dropping gives it back.
pub struct Lock(#[expect(dead_code, reason = "held for its drop")] Box<dyn Any + Send>);

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lock")
    }
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// `None` for a plain file, else what it is: `a folder`, `a pipe`.
    pub not_a_file: Option<&'static str>,
    pub length: u64,
    /// Milliseconds since 1970 of the last write, 0 when the system does not say.
    pub modified: u64,
    /// Which file it is, whatever its name: device and number, where the system has them.
    pub identity: Option<(u64, u64)>,
}

/// Where the lock of a file stands.
pub fn lock_path(path: &Path) -> PathBuf {
    beside(path, ".lock")
}

/// A hidden name in the same folder.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(ending);
    path.with_file_name(name)
}

/// The folder of a file; a bare name is in the current one.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests;
