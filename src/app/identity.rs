//! Which file a model is: its SHA-256, so that answers of another file under the same name are told apart.
//!
//! Read from the cache at the start, which is one small file; a file that is new is read through on a thread of its own,
//! so that nothing waits for it.

use crate::{
    engine::Report,
    store::models::{self, Places},
};
use std::path::PathBuf;
use tokio::sync::mpsc::Sender;

/// The SHA-256 of the model's file, if it was computed before and the file is the same since.
pub(crate) fn known(places: &Places, name: &str) -> Option<String> {
    models::known_fingerprint(&file(places, name)?, places)
}

/// The file with the weights: of an embedding model, one in its folder.
fn file(places: &Places, name: &str) -> Option<PathBuf> {
    let path = models::find(places, name).ok()?;
    let path = if path.is_dir() { path.join("model.safetensors") } else { path };
    path.is_file().then_some(path)
}

/// The same, computed now if it must be.
pub(crate) fn look(places: &Places, name: &str) -> Option<String> {
    models::fingerprint(&file(places, name)?, places, &mut |_| {}).ok()
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
