//! The SHA-256 of a model file, computed once: kept in the model folder with the size and time of the file it was made
//! of, so that a start or a second look does not read gigabytes again.

use super::pull::disk;
use super::wheel::hash;
use super::{ModelError, Phase, Places, Progress, name_of};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// SHA-256 of the content of a file, in 64 hexadecimal digits.
///
/// What was kept is believed as long as size and time of last change are the same. A folder that can not be written only
/// means that the next call computes again.
pub fn fingerprint(
    path: &Path,
    places: &Places,
    progress: &mut dyn FnMut(Progress),
) -> Result<String, ModelError> {
    let fault = |error| disk(0, path, error);
    let whole = path.canonicalize().map_err(fault)?;
    let facts = fs::metadata(&whole).map_err(fault)?;
    let (kept, state) = (place(&whole, places), state(&facts));
    if let Some(digits) = read_kept(&kept, &state) {
        return Ok(digits);
    }
    let total = facts.len();
    let digits = hash(&whole, &mut |done| progress(Progress { phase: Phase::Unpacking, done, total }))
        .map_err(fault)?;
    // Whole or not at all: another process may read it.
    let part = kept.with_extension(format!("{}.part", std::process::id()));
    if let Some(folder) = kept.parent() {
        let written =
            fs::create_dir_all(folder).and_then(|()| fs::write(&part, format!("{digits} {state}\n")));
        if written.and_then(|()| fs::rename(&part, &kept)).is_err() {
            fs::remove_file(&part).ok();
        }
    }
    Ok(digits)
}

/// The same, if it was computed before and the file has not changed since. Reads one small file.
pub fn known_fingerprint(path: &Path, places: &Places) -> Option<String> {
    let whole = path.canonicalize().ok()?;
    let facts = fs::metadata(&whole).ok()?;
    read_kept(&place(&whole, places), &state(&facts))
}

/// Size and time of the last change.
fn state(facts: &fs::Metadata) -> String {
    let changed = facts.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!("{} {}", facts.len(), changed.unwrap_or_default().as_nanos())
}

fn read_kept(kept: &Path, state: &str) -> Option<String> {
    let text = fs::read_to_string(kept).ok()?;
    let (digits, of) = text.trim_end().split_once(' ')?;
    (of == state && is_digest(digits)).then(|| digits.to_owned())
}

/// Named by the whole path: files of one name lie in many folders.
fn place(whole: &Path, places: &Places) -> PathBuf {
    let path = Sha256::digest(whole.as_os_str().as_encoded_bytes());
    let mark: String = path[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    places.folder.join(".sha256").join(format!("{}-{mark}", name_of(whole)))
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_once_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places { folder: folder.path().join("models"), hugging_face: None, pip: vec![] };
        let file = folder.path().join("m.gguf");
        let reads = std::cell::Cell::new(0);
        let look = || fingerprint(&file, &places, &mut |_| reads.set(reads.get() + 1)).unwrap();
        fs::write(&file, "hello").unwrap();
        assert_eq!(known_fingerprint(&file, &places), None);
        let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        assert_eq!((look().as_str(), look().as_str(), reads.get()), (hello, hello, 1));
        assert_eq!(known_fingerprint(&file, &places).as_deref(), Some(hello));
        fs::write(&file, "hello!").unwrap();
        assert_eq!(known_fingerprint(&file, &places), None);
        assert_ne!(look(), hello);
        assert_eq!(reads.get(), 2);
        // What was kept is damaged, then the folder is in the way.
        fs::write(place(&file.canonicalize().unwrap(), &places), "nonsense").unwrap();
        assert_ne!(look(), hello);
        fs::remove_dir_all(&places.folder).unwrap();
        fs::write(&places.folder, "").unwrap();
        assert_eq!((look(), reads.get()), (look(), 4));
    }
}
