//! What routers have learned, on the disk: versions that are never changed, which of them is in force, and the person's
//! reviews line by line.
//!
//! A version is one file with a checksum in its first line, written beside its name and then renamed. Who reads it gets
//! text; what it means is not known here.

use super::{
    StoreError,
    disk::{Disk, beside, folder_of},
};
use sha2::{Digest, Sha256};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// The largest version that is read, in bytes.
const LARGEST: u64 = 512 << 20;
const HEAD: &str = "plantern routing sha256 ";

/// The folder of a person's routing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingFolder(pub PathBuf);

impl RoutingFolder {
    fn version(&self, version: u32) -> PathBuf {
        self.0.join(format!("v{version:04}.json"))
    }

    fn current_file(&self) -> PathBuf {
        self.0.join("current")
    }

    pub fn reviews_file(&self) -> PathBuf {
        self.0.join("reviews.jsonl")
    }

    /// The numbers of all versions, oldest first.
    pub fn versions(&self, disk: &dyn Disk) -> Result<Vec<u32>, StoreError> {
        let all = match disk.list(&self.0) {
            Ok(all) => all,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
            Err(error) => return Err(StoreError::io("list", &self.0, &error)),
        };
        let number = |path: &PathBuf| {
            let name = path.file_name()?.to_str()?;
            name.strip_prefix('v')?.strip_suffix(".json")?.parse().ok()
        };
        let mut versions: Vec<u32> = all.iter().filter_map(number).collect();
        versions.sort_unstable();
        Ok(versions)
    }

    /// The version in force; 0 when learning is switched off or nothing was learned.
    pub fn current(&self, disk: &dyn Disk) -> Result<u32, StoreError> {
        let path = self.current_file();
        match read(disk, &path) {
            Ok(text) => text.trim().parse().map_err(|_| StoreError::NotText {
                path,
                why: "it should hold the number of a version".to_owned(),
            }),
            Err(StoreError::Missing(_)) => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Puts a version in force, 0 for none.
    pub fn switch(&self, disk: &dyn Disk, version: u32) -> Result<(), StoreError> {
        if version != 0 && !self.versions(disk)?.contains(&version) {
            return Err(StoreError::Missing(self.version(version)));
        }
        replace(disk, &self.current_file(), format!("{version}\n").as_bytes())
    }

    /// The text of a version, checked against its sum.
    pub fn read(&self, disk: &dyn Disk, version: u32) -> Result<String, StoreError> {
        let path = self.version(version);
        let text = read(disk, &path)?;
        let (head, body) = text.split_once('\n').unwrap_or_default();
        if head.strip_prefix(HEAD) != Some(sum(body).as_str()) {
            let why = "its checksum does not fit: `plantern route use` takes another version".to_owned();
            return Err(StoreError::NotText { path, why });
        }
        Ok(body.to_owned())
    }

    /// Writes a new version; one of that number must not be there.
    pub fn write(&self, disk: &dyn Disk, version: u32, body: &str) -> Result<(), StoreError> {
        let path = self.version(version);
        if self.versions(disk)?.contains(&version) {
            return Err(StoreError::Exists(path));
        }
        let text = format!("{HEAD}{}\n{body}", sum(body));
        replace(disk, &path, text.as_bytes())
    }

    /// The lines of the reviews; a last line that was cut off is left out.
    pub fn reviews(&self, disk: &dyn Disk) -> Result<Vec<String>, StoreError> {
        match read(disk, &self.reviews_file()) {
            Ok(text) => {
                let whole = text.rfind('\n').map_or("", |end| &text[..end]);
                Ok(whole.lines().map(str::to_owned).collect())
            }
            Err(StoreError::Missing(_)) => Ok(vec![]),
            Err(error) => Err(error),
        }
    }

    /// Writes the figures of a review; says where.
    pub fn export(&self, disk: &dyn Disk, name: &str, text: &str) -> Result<PathBuf, StoreError> {
        let path = self.0.join(name);
        replace(disk, &path, text.as_bytes()).map(|()| path)
    }

    /// Writes one review behind the others and returns when it is on the disk.
    pub fn append_review(&self, disk: &dyn Disk, line: &str) -> Result<(), StoreError> {
        let path = self.reviews_file();
        let io = |error| StoreError::io("write", &path, &error);
        disk.make_folder(&self.0).map_err(io)?;
        let mut file = match disk.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => disk.create(&path).map_err(io)?,
            Err(error) => return Err(io(error)),
        };
        file.append(format!("{line}\n").as_bytes()).and_then(|()| file.sync()).map_err(io)
    }
}

fn sum(body: &str) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(disk: &dyn Disk, path: &Path) -> Result<String, StoreError> {
    let look = disk.look(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => StoreError::Missing(path.to_owned()),
        _ => StoreError::io("read", path, &error),
    })?;
    if LARGEST < look.length {
        let hint = "move it away";
        return Err(StoreError::TooLarge { path: path.to_owned(), bytes: look.length, limit: LARGEST, hint });
    }
    let bytes = disk.read(path, 0, LARGEST).map_err(|error| StoreError::io("read", path, &error))?;
    String::from_utf8(bytes)
        .map_err(|_| StoreError::NotText { path: path.to_owned(), why: "it is not UTF-8".to_owned() })
}

/// A file beside it first, which then takes the name: there is never half a file.
fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let io = |error| StoreError::io("write", path, &error);
    let aside = beside(path, ".new");
    disk.make_folder(folder_of(path)).map_err(io)?;
    match disk.remove(&aside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    let mut file = disk.create(&aside).map_err(io)?;
    file.append(bytes).and_then(|()| file.sync()).map_err(io)?;
    disk.rename(&aside, path).map_err(io)?;
    disk.sync_folder(folder_of(path)).map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::disk::RealDisk;

    #[test]
    fn versions_are_kept_switched_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let routing = RoutingFolder(folder.path().join("routing"));
        let disk = &RealDisk;
        assert_eq!((routing.versions(disk).unwrap(), routing.current(disk).unwrap()), (vec![], 0));
        routing.write(disk, 1, "{\"a\": 1}").unwrap();
        routing.write(disk, 2, "two\nlines").unwrap();
        assert!(matches!(routing.write(disk, 2, "again"), Err(StoreError::Exists(_))));
        assert!(matches!(routing.switch(disk, 3), Err(StoreError::Missing(_))));
        routing.switch(disk, 2).unwrap();
        assert_eq!((routing.current(disk).unwrap(), routing.versions(disk).unwrap()), (2, vec![1, 2]));
        assert_eq!(routing.read(disk, 2).unwrap(), "two\nlines");
        routing.switch(disk, 0).unwrap();
        assert_eq!(routing.current(disk).unwrap(), 0);
        let path = routing.version(1);
        let damaged = std::fs::read_to_string(&path).unwrap().replace("1}", "2}");
        std::fs::write(&path, damaged).unwrap();
        assert!(routing.read(disk, 1).unwrap_err().to_string().contains("checksum"));
    }

    #[test]
    fn a_review_that_was_cut_off_loses_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let routing = RoutingFolder(folder.path().join("routing"));
        let disk = &RealDisk;
        assert_eq!(routing.reviews(disk).unwrap(), Vec::<String>::new());
        routing.append_review(disk, "one").unwrap();
        routing.append_review(disk, "two").unwrap();
        std::fs::write(routing.reviews_file(), "one\ntwo\nthr").unwrap();
        assert_eq!(routing.reviews(disk).unwrap(), ["one", "two"]);
    }
}
