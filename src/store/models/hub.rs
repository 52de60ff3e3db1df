//! Fetches a GGUF file from the Hugging Face hub, or from the mirror that `HF_ENDPOINT` names, with the user's `curl`:
//! the program itself brings no TLS. Resumes where an earlier try ended, and checks the hash that the hub gives.

use super::child::{self, End};
use super::pull::{disk, lock, make_folder};
use super::wheel::hash;
use super::{ModelError, Phase, Places, Progress, size};
use serde::Deserialize;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How to reach the hub.
#[derive(Clone, Debug)]
pub struct Hub {
    /// Without a slash at the end.
    pub endpoint: String,
    /// Sent to the endpoint only, never shown, never in the list of processes.
    pub token: Option<String>,
    /// The program that speaks HTTPS, and its first arguments.
    pub curl: Vec<OsString>,
}

/// A file of a repository, as the hub lists it.
#[derive(Deserialize)]
struct Listed {
    path: String,
    size: u64,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    /// SHA-256 of the content.
    oid: String,
}

/// No list of a repository's files is longer.
const LONGEST_LIST: u64 = 16 << 20;

impl Hub {
    /// `$HF_ENDPOINT` and `$HF_TOKEN`, else the public hub without a token.
    pub fn of_user() -> Hub {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let endpoint = variable("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".to_owned());
        Hub {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            token: variable("HF_TOKEN"),
            curl: vec!["curl".into()],
        }
    }
}

/// Gets `owner/repository` (if it has one GGUF file) or `owner/repository/file` into the model folder.
///
/// Like [`pull`](super::pull): blocks, never leaves half a model under its name, fetches nothing that is there. An
/// interrupted download goes on where it ended.
pub fn pull_from_hub(
    name: &str,
    hub: &Hub,
    places: &Places,
    progress: &mut dyn FnMut(Progress),
    cancelled: &dyn Fn() -> bool,
) -> Result<PathBuf, ModelError> {
    let parts: Vec<&str> = name.split('/').collect();
    let (owner, repository, file) = match parts[..] {
        [owner, repository] => (owner, repository, None),
        [owner, repository, file] => (owner, repository, Some(file)),
        _ => return Err(missing(name, "write it as owner/repository or owner/repository/file.gguf")),
    };
    if !parts.iter().all(|part| is_word(part)) {
        return Err(missing(name, "a name has letters, digits, `.`, `_` and `-` only"));
    }
    if let Some(path) = file.map(|file| target(places, owner, repository, file)).filter(|path| path.is_file())
    {
        return Ok(path);
    }
    make_folder(0, places)?;
    let _lock = lock(0, &places.folder.join(".hub.lock"), progress, cancelled)?;
    let work = places.folder.join(".hub.pull");
    fs::create_dir_all(&work).map_err(|error| disk(0, &work, error))?;
    let fetch = Fetch { name, hub, work: &work };
    let listed = fetch.list(&format!("{owner}/{repository}"), cancelled)?;
    let listed = choose(name, file, listed)?;
    let target = target(places, owner, repository, &listed.path);
    if target.is_file() {
        return Ok(target);
    }
    let url = format!("{}/{owner}/{repository}/resolve/main/{}", hub.endpoint, listed.path);
    // The part is named by its content, so a new version on the hub never goes on from an old part.
    let mark: String = listed.lfs.as_ref().map_or("plain", |lfs| &lfs.oid).chars().take(64).collect();
    let mark = if is_word(&mark) { mark } else { "plain".to_owned() };
    let part = work.join(format!("{mark}.part"));
    if size(&part) > listed.size {
        fs::remove_file(&part).ok();
    }
    if size(&part) != listed.size {
        let most = listed.size.to_string();
        let options =
            ["--continue-at", "-", "--max-filesize", &most, "--speed-limit", "1", "--speed-time", "60"];
        let mut tick = || {
            progress(Progress {
                phase: Phase::Fetching,
                done: size(&part).min(listed.size),
                total: listed.size,
            });
            !cancelled()
        };
        let began = 0 < size(&part);
        let mut fetched = fetch.run(&url, &part, &options, &mut tick);
        if began && fetched.as_ref().is_err_and(can_not_resume) {
            // Then all of it, from its first byte.
            fs::remove_file(&part).ok();
            fetched = fetch.run(&url, &part, &options, &mut tick);
        }
        fetched?;
    }
    let found =
        hash(&part, &mut |done| progress(Progress { phase: Phase::Unpacking, done, total: listed.size }));
    let found = found.map_err(|error| disk(listed.size, &part, error))?;
    let expected = listed.lfs.map_or_else(|| found.clone(), |lfs| lfs.oid);
    let bytes = size(&part);
    if found != expected || bytes != listed.size {
        fs::remove_file(&part).ok();
        let file = &listed.path;
        let what = match found == expected {
            true => format!("it has {bytes} bytes, not {}", listed.size),
            false => format!("its SHA-256 is {found}, not {expected}"),
        };
        return Err(fetch.fault(&format!(
            "{file} is not what the hub's list says: {what}; it was thrown away, try again"
        )));
    }
    fs::rename(&part, &target).map_err(|error| disk(listed.size, &target, error))?;
    Ok(target)
}

/// Where a file of the hub goes: the whole name in one, as different repositories use the same file names.
fn target(places: &Places, owner: &str, repository: &str, file: &str) -> PathBuf {
    places.folder.join(format!("{owner}--{repository}--{file}"))
}

/// The file that is meant.
fn choose(name: &str, file: Option<&str>, listed: Vec<Listed>) -> Result<Listed, ModelError> {
    let wanted = |listed: &Listed| match file {
        Some(file) => listed.path == file,
        None => listed.path.to_lowercase().ends_with(".gguf"),
    };
    let mut found: Vec<Listed> =
        listed.into_iter().filter(|listed| wanted(listed) && is_word(&listed.path)).collect();
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(missing(name, "the repository is there, but has no such GGUF file")),
        (Some(last), _) => {
            found.push(last);
            let candidates = found.iter().map(|listed| format!("{name}/{}", listed.path)).collect();
            Err(ModelError::Ambiguous { name: name.to_owned(), candidates })
        }
    }
}

struct Fetch<'a> {
    name: &'a str,
    hub: &'a Hub,
    work: &'a Path,
}

impl Fetch<'_> {
    fn list(&self, repository: &str, cancelled: &dyn Fn() -> bool) -> Result<Vec<Listed>, ModelError> {
        let path = self.work.join("list.json");
        fs::remove_file(&path).ok();
        let url = format!("{}/api/models/{repository}/tree/main", self.hub.endpoint);
        self.run(&url, &path, &["--max-time", "60"], &mut || !cancelled())?;
        if size(&path) > LONGEST_LIST {
            return Err(self.fault("the list of its files is too long"));
        }
        let text = fs::read(&path).map_err(|error| disk(0, &path, error))?;
        serde_json::from_slice(&text)
            .map_err(|error| self.fault(&format!("the hub's answer is no list: {error}")))
    }

    fn run(
        &self,
        url: &str,
        to: &Path,
        options: &[&str],
        tick: &mut dyn FnMut() -> bool,
    ) -> Result<(), ModelError> {
        let Some((program, first)) = self.hub.curl.split_first() else {
            return Err(self.fault("no program given"));
        };
        let words = self.work.join("words");
        let said = File::create(&words).map_err(|error| disk(0, &words, error))?;
        let mut command = Command::new(program);
        command
            .args(first)
            .args([
                "--silent",
                "--show-error",
                "--fail",
                "--location",
                "--retry",
                "3",
                "--proto",
                "=http,https",
                "--config",
                "-",
            ])
            .args(options)
            .arg("--output")
            .arg(to)
            .arg(url)
            .stdout(Stdio::null())
            .stderr(Stdio::from(said));
        let token = self.hub.token.as_deref().filter(|token| is_word(token));
        let input = token.map(|token| format!("oauth2-bearer = \"{token}\"\n")).unwrap_or_default();
        match child::run(&mut command, input.as_bytes(), tick) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(self.fault(&format!(
                "it takes the program curl, which is not on this machine; or fetch {url} yourself and put it into {}",
                self.work.parent().unwrap_or(self.work).display()
            ))),
            Err(error) => Err(disk(0, Path::new(program), error)),
            Ok(End::Cancelled) => Err(ModelError::Cancelled),
            Ok(End::Exited(status)) if status.success() => Ok(()),
            Ok(End::Exited(_)) => {
                let said = fs::read(&words).unwrap_or_default();
                let said = String::from_utf8_lossy(&said);
                let last: String = said.lines().last().unwrap_or("curl said nothing").chars().take(300).collect();
                let refused = ["error: 401", "error: 403"].iter().any(|code| last.contains(code));
                let help = match (refused, token) {
                    (true, None) => "; if the model is gated, HF_TOKEN has to hold a token that may read it",
                    (true, Some(_)) => "; the token in HF_TOKEN may not read it",
                    (false, _) => "",
                };
                Err(self.fault(&format!("{last}{help}")))
            }
        }
    }

    fn fault(&self, reason: &str) -> ModelError {
        ModelError::Hub {
            name: self.name.to_owned(),
            endpoint: self.hub.endpoint.clone(),
            reason: reason.to_owned(),
        }
    }
}

/// A server that does not give the rest of a file, which curl says by its number.
fn can_not_resume(error: &ModelError) -> bool {
    matches!(error, ModelError::Hub { reason, .. } if reason.contains("curl: (33)"))
}

fn missing(name: &str, advice: &str) -> ModelError {
    ModelError::Missing { name: name.to_owned(), advice: advice.to_owned() }
}

/// A part of a path that stays one on every system, and in a URL.
fn is_word(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !text.is_empty() && !text.starts_with('.') && text.bytes().all(letter)
}

#[cfg(test)]
mod tests;
