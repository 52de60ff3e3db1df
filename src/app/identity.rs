//! Which file a model is: its SHA-256, so that answers of another file under the same name are told apart.
//!
//! Read from the cache at the start, which is one small file; a file that is new is read through on a thread of its own,
//! so that nothing waits for it.

use crate::{
    engine::Report,
    store::models::{self, Places},
};
use tokio::sync::mpsc::Sender;

/// The SHA-256 of the model's file, if it was computed before and the file is the same since.
pub(crate) fn known(places: &Places, name: &str) -> Option<String> {
    let path = models::find(places, name).ok().filter(|path| path.is_file())?;
    models::known_fingerprint(&path, places)
}

/// The same, computed now if it must be.
pub(crate) fn look(places: &Places, name: &str) -> Option<String> {
    let path = models::find(places, name).ok().filter(|path| path.is_file())?;
    models::fingerprint(&path, places, &mut |_| {}).ok()
}

/// Computes the SHA-256 of the model's file and reports it. A file that can not be found or read has no identity: its
/// answers hold as long as their keys do.
pub(crate) fn find_out(places: &Places, name: &str, reports: Sender<Report>) {
    let (places, model) = (places.clone(), name.to_owned());
    let look = move || {
        let Ok(path) = models::find(&places, &model) else { return };
        if let (true, Ok(sha256)) = (path.is_file(), models::fingerprint(&path, &places, &mut |_| {})) {
            // Nobody listens any more when the program ends.
            let _ = reports.blocking_send(Report::File { model, sha256 });
        }
    };
    // A machine without room for a thread runs on without.
    let _ = std::thread::Builder::new().name("fingerprint".to_owned()).spawn(look);
}
