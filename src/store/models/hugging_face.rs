//! Reads the cache folder of the Hugging Face tools: `models--owner--repository/snapshots/revision/file`.

use super::{ModelError, ModelFile, Place, Places, entries, is_model, name_of, size};
use std::fs;
use std::path::{Path, PathBuf};

/// A model by `owner/repository`, `owner/repository/file` or `file`.
pub(super) fn find(places: &Places, name: &str) -> Result<Option<PathBuf>, ModelError> {
    let wanted = name.to_lowercase();
    let fits = |model: &ModelFile| {
        let known = model.name.to_lowercase();
        let bare = known.trim_end_matches(".gguf");
        let file = known.rsplit('/').next().unwrap_or_default();
        let repository = known.split('/').take(2).collect::<Vec<_>>().join("/");
        known == wanted || bare == wanted || repository == wanted || file == wanted
    };
    let mut found: Vec<ModelFile> = list(places).into_iter().filter(fits).collect();
    if found.len() > 1 {
        let candidates = found.into_iter().map(|model| model.name).collect();
        return Err(ModelError::Ambiguous { name: name.to_owned(), candidates });
    }
    Ok(found.pop().map(|model| model.path))
}

/// Every GGUF file and every folder of an embedding model, of the current revision of each repository.
pub(super) fn list(places: &Places) -> Vec<ModelFile> {
    let Some(hub) = &places.hugging_face else { return vec![] };
    let mut found = vec![];
    for folder in entries(hub) {
        let name = name_of(&folder);
        let Some((owner, repository)) = name.strip_prefix("models--").and_then(|name| name.split_once("--"))
        else {
            continue;
        };
        let Some(snapshot) = current(&folder) else { continue };
        let mut add = |name: String, path: PathBuf| {
            found.push(ModelFile { name, bytes: size(&path), path, place: Place::HuggingFace });
        };
        if is_model(&snapshot) {
            add(format!("{owner}/{repository}"), snapshot.clone());
        }
        for path in entries(&snapshot).into_iter().filter(|path| path.is_file() && is_model(path)) {
            add(format!("{owner}/{repository}/{}", name_of(&path)), path);
        }
    }
    found
}

/// The snapshot that `refs/main` names, else the last by name.
fn current(folder: &Path) -> Option<PathBuf> {
    let snapshots = folder.join("snapshots");
    let revision = fs::read_to_string(folder.join("refs").join("main")).unwrap_or_default();
    let revision = revision.trim();
    let is_name = !revision.is_empty() && revision.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let named = Some(snapshots.join(revision)).filter(|path| is_name && path.is_dir());
    named.or_else(|| entries(&snapshots).pop())
}
