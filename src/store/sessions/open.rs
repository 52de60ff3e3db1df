//! Session files read: whole, or as far as they are good, with a word on what is missing and why.

use super::{
    MOST_BYTES,
    claim::{Claim, Repair, Stage, aside},
    create, stamp,
};
use crate::{
    figure::counted,
    session::{
        Entry, Journal,
        line::{self, Header, LineError, Reading},
    },
    store::{
        StoreError,
        disk::{Disk, lock_path},
    },
};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How the program at hand is called where an owner is named.
const THIS: &str = "this Plantern";

/// A session that was read from a file.
#[derive(Debug)]
pub struct OpenSession {
    pub journal: Journal,
    pub header: Header,
    /// Where it is, links resolved.
    pub path: PathBuf,
    /// Bytes of the file that were read into the journal, from its start.
    pub good_bytes: u64,
    /// What was lost or strange, if anything.
    pub warning: Option<String>,
    /// Why it can not be written: `another Plantern has it open`. Then there is no claim.
    pub read_only: Option<String>,
    /// It can not be written because this very program has it open.
    pub ours: bool,
    /// The right to append, for a [`super::SessionWriter`].
    pub claim: Option<Claim>,
}

/// Opens a session to go on with it. Who can not write it gets it to look at.
pub fn open(disk: &Arc<dyn Disk>, path: &Path, now: u64) -> Result<OpenSession, StoreError> {
    let path = find(&**disk, path)?;
    let (lock, read_only) = match create::lock(&**disk, &path, now) {
        Ok(Some(lock)) => match disk.open(&path) {
            Ok(_) => (Some(lock), None),
            Err(error) => (None, Some(unwritable(&StoreError::io("write", &path, &error)))),
        },
        Ok(None) => (None, Some(format!("{} has it open", owner(&**disk, &path)))),
        Err(error) => (None, Some(unwritable(&StoreError::io("write beside", &path, &error)))),
    };
    // Read only now: nobody else appends any more.
    let (bytes, parsed) = load(&**disk, &path)?;
    let Parsed { reading, first, header } = parsed;
    let good = first + reading.good;
    let damaged = good < bytes.len() || header.is_some();
    let keep = aside(&path, "damaged", now);
    let claim = lock.map(|lock| match &header {
        // A tail in the middle of a write is nobody's damage: the lock says that this one is.
        _ if !damaged => Claim::new(Arc::clone(disk), path.clone(), lock, &bytes),
        _ => {
            let header = header.clone().unwrap_or_default();
            let whole = [&header, &bytes[first..good]].concat();
            let repair = Repair {
                length: bytes.len() as u64,
                header,
                from: first,
                to: good,
                keep,
                stage: Stage::Damaged,
            };
            Claim::new(Arc::clone(disk), path.clone(), lock, &whole).repaired_by(repair)
        }
    });
    let warning = warning(&bytes, good, &reading, header.is_some(), claim.is_some());
    let Reading { header, journal, .. } = reading;
    let ours = read_only.as_ref().is_some_and(|why| why.starts_with(THIS));
    Ok(OpenSession { journal, header, path, good_bytes: good as u64, warning, read_only, ours, claim })
}

/// Opens a session to look at it. Takes no lock and leaves everything as it is.
pub fn read(disk: &Arc<dyn Disk>, path: &Path) -> Result<OpenSession, StoreError> {
    let path = find(&**disk, path)?;
    let (bytes, Parsed { reading, first, header }) = load(&**disk, &path)?;
    let good = first + reading.good;
    let warning = warning(&bytes, good, &reading, header.is_some(), false);
    let Reading { header, journal, .. } = reading;
    let read_only = Some("it is only looked at".to_owned());
    let (good_bytes, ours, claim) = (good as u64, false, None);
    Ok(OpenSession { journal, header, path, good_bytes, warning, read_only, ours, claim })
}

fn unwritable(why: &StoreError) -> String {
    format!("it can not be written here ({why})")
}

pub(super) fn in_use(disk: &dyn Disk, path: &Path) -> StoreError {
    StoreError::InUse { path: path.to_owned(), who: owner(disk, path) }
}

/// Who has the file, as far as the note beside it says.
fn owner(disk: &dyn Disk, path: &Path) -> String {
    let note = disk.read(&lock_path(path), 0, 200).unwrap_or_default();
    let note = String::from_utf8_lossy(&note);
    match note.trim().split_once(' ') {
        Some((id, _)) if id == std::process::id().to_string() => THIS.to_owned(),
        Some((id, since)) if id.parse::<u32>().is_ok() && since.parse::<jiff::Timestamp>().is_ok() => {
            format!("another Plantern (process {id}, since {since})")
        }
        _ => "another Plantern".to_owned(),
    }
}

/// The real place of a file of a size that can be read.
fn find(disk: &dyn Disk, path: &Path) -> Result<PathBuf, StoreError> {
    let found = disk.resolve(path).and_then(|path| Ok((disk.look(&path)?, path)));
    let (look, path) = found.map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => StoreError::Missing(path.to_owned()),
        _ => StoreError::io("open", path, &error),
    })?;
    if let Some(kind) = look.not_a_file {
        return Err(StoreError::NotAFile { path, kind });
    }
    if MOST_BYTES < look.length {
        let hint = "no session that Plantern wrote is so large; open another file";
        return Err(StoreError::TooLarge { path, bytes: look.length, limit: MOST_BYTES, hint });
    }
    Ok(path)
}

/// A file as far as it can be understood.
struct Parsed {
    /// `good` counts from `first` on.
    reading: Reading,
    /// Bytes at the start that are left out.
    first: usize,
    /// The line to put in their place.
    header: Option<Vec<u8>>,
}

fn load(disk: &dyn Disk, path: &Path) -> Result<(Vec<u8>, Parsed), StoreError> {
    let bytes = disk.read(path, 0, MOST_BYTES).map_err(|error| StoreError::io("read", path, &error))?;
    let not = |why: &str| StoreError::NotASession { path: path.to_owned(), why: why.to_owned() };
    if bytes.is_empty() {
        return Err(not("it is empty"));
    }
    match line::read_session(&bytes) {
        Ok(mut reading) if !bytes[..reading.good].ends_with(b"\n") => {
            // A header without its line feed; the first entry would be written onto its line.
            let header = Some((line::write_header(&reading.header) + "\n").into_bytes());
            let first = std::mem::take(&mut reading.good);
            Ok((bytes, Parsed { reading, first, header }))
        }
        Ok(reading) => Ok((bytes, Parsed { reading, first: 0, header: None })),
        Err(LineError::Newer(found)) if line::FORMAT < found => {
            Err(StoreError::Newer { path: path.to_owned(), found, known: line::FORMAT })
        }
        Err(_) => match without_header(&bytes) {
            Some(parsed) => Ok((bytes, parsed)),
            None if bytes.iter().all(|byte| *byte == 0) => Err(not("it holds nothing but zeros")),
            None if std::str::from_utf8(&bytes[..bytes.len().min(1000)])
                .is_err_and(|error| error.error_len().is_some()) =>
            {
                Err(not("it is not text in UTF-8"))
            }
            None => {
                Err(not(&format!("its first line is no header like {{\"plantern\":{},…}}", line::FORMAT)))
            }
        },
    }
}

/// A session whose header is damaged: everything from its first entry on, under a header made anew.
fn without_header(bytes: &[u8]) -> Option<Parsed> {
    const FIRST: &[u8] = b"{\"seq\":0,";
    /// A header with the longest title fits in here.
    const NEAR: usize = 1 << 20;
    let first = bytes[..bytes.len().min(NEAR)].windows(FIRST.len()).position(|window| window == FIRST)?;
    let entries = &bytes[first..];
    let end = entries.iter().position(|byte| *byte == b'\n')?;
    let Ok(Entry::Record(record)) = line::read_entry(std::str::from_utf8(&entries[..end]).ok()?) else {
        return None;
    };
    let header = |title: String| Header { plantern: line::FORMAT, title, created: stamp(record.at) };
    let stand_in = line::write_header(&header(String::new())) + "\n";
    let mut reading = line::read_session(&[stand_in.as_bytes(), entries].concat()).ok()?;
    reading.good -= stand_in.len();
    reading.header = header(reading.journal.session().title.clone());
    let header = line::write_header(&reading.header) + "\n";
    Some(Parsed { reading, first, header: Some(header.into_bytes()) })
}

/// What is missing, in words.
fn warning(bytes: &[u8], good: usize, reading: &Reading, new_header: bool, ours: bool) -> Option<String> {
    let rest = &bytes[good..];
    let kept = if ours { "; the file as it is now is kept aside when you change something" } else { "" };
    if !rest.is_empty() {
        let line = 1 + bytes[..good].iter().filter(|byte| **byte == b'\n').count();
        let lines = rest.split_inclusive(|byte| *byte == b'\n').count();
        let why = reading.stopped.as_ref().map(|(_, why)| format!(" ({why})")).unwrap_or_default();
        let text = |line: &[u8]| std::str::from_utf8(line).ok().map(str::to_owned);
        let mut later = rest.split_inclusive(|byte| *byte == b'\n').skip(1);
        let whole = later
            .by_ref()
            .filter_map(|line| text(line.strip_suffix(b"\n")?))
            .filter(|line| line::read_entry(line).is_ok())
            .count();
        let whole = match whole {
            0 => String::new(),
            n => format!(" ({} behind it whole: `plantern salvage` prints them)", counted(n as u64, "line")),
        };
        let header = if new_header { "the header was damaged and is made anew; " } else { "" };
        return Some(format!(
            "{header}opened to its last good line: line {line} at byte {good} can not be read{why}; left out: {} \
             in {} to the end{whole}{kept}",
            counted(rest.len() as u64, "byte"),
            counted(lines as u64, "line"),
        ));
    }
    if new_header {
        return Some(format!("the header was damaged and is made anew; no entry is lost{kept}"));
    }
    reading.journal.is_empty().then(|| "this session holds a header and nothing else".to_owned())
}
