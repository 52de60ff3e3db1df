//! Which file a model is: its SHA-256, so that answers of another file under the same name are told apart.
//!
//! Read from the cache at the start, which is one small file; a file that is new is read through on a thread of its own,
//! so that nothing waits for it.

use crate::{
    engine::Report,
    store::models::{self, Found, Places},
};
use sha2::{Digest, Sha256};
use std::path::Path;
use tokio::sync::mpsc::Sender;

/// The SHA-256 of the model's file, if it was computed before and the file is the same since.
pub(crate) fn known(places: &Places, name: &str) -> Option<String> {
    identity(places, name, |file| models::known_fingerprint(file, places))
}

/// The same, computed now if it must be.
pub(crate) fn look(places: &Places, name: &str) -> Option<String> {
    identity(places, name, |file| models::fingerprint(file, places, &mut |_| {}).ok())
}

/// The hash of the file with the weights (of an embedding model, one in its folder); with adapters, the hash of all hashes.
fn identity(places: &Places, name: &str, hash: impl Fn(&Path) -> Option<String>) -> Option<String> {
    let Found { base, adapters } = models::find_adapted(places, name).ok()?;
    let base = if base.is_dir() { base.join("model.safetensors") } else { base };
    let files = std::iter::once(&base).chain(&adapters);
    let hashes = files.map(|file| file.is_file().then(|| hash(file))?).collect::<Option<Vec<String>>>()?;
    match &hashes[..] {
        [one] => Some(one.clone()),
        all => Some(Sha256::digest(all.join("\n")).iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}

/// Computes the SHA-256 of the file of the model of that name and reports it as that of `model`. A file that can not be found or read has no identity: its
/// answers hold as long as their keys do.
pub(crate) fn find_out(places: &Places, name: &str, model: &str, reports: Sender<Report>) {
    let (places, name, model) = (places.clone(), name.to_owned(), model.to_owned());
    let work = move || {
        if let Some(sha256) = look(&places, &name) {
            // Nobody listens any more when the program ends.
            let _ = reports.blocking_send(Report::File { model, sha256 });
        }
    };
    // A machine without room for a thread runs on without.
    let _ = std::thread::Builder::new().name("fingerprint".to_owned()).spawn(work);
}
