//! Where things live: the folders of the desktop (XDG where that is known), or one folder for everything.
//!
//! Called by `app` at the start. `PLANTERN_HOME` names the one folder; tests and portable installations use it.

use super::{StoreError, routing::RoutingFolder};
use etcetera::BaseStrategy;
use std::path::{Path, PathBuf};

/// The variable that puts everything into one folder.
pub const HOME_VARIABLE: &str = "PLANTERN_HOME";

/// The folders of Plantern. None of them needs to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// `config.toml`, and the user's own experts, prompts and themes.
    pub config: PathBuf,
    pub sessions: PathBuf,
    pub models: PathBuf,
    pub log: PathBuf,
}

impl Places {
    /// As the environment says.
    pub fn find() -> Result<Places, StoreError> {
        match std::env::var_os(HOME_VARIABLE).filter(|home| !home.is_empty()) {
            Some(home) => {
                let home = PathBuf::from(home);
                // A later change of the working directory must not move it.
                Ok(Places::under(&std::path::absolute(&home).unwrap_or(home)))
            }
            None => {
                let strategy = etcetera::choose_base_strategy().map_err(|_| StoreError::NoHome)?;
                Ok(Places::of(&strategy))
            }
        }
    }

    /// Everything below one folder.
    pub fn under(home: &Path) -> Places {
        Places {
            config: home.to_owned(),
            sessions: home.join("sessions"),
            models: home.join("models"),
            log: home.join("plantern.log"),
        }
    }

    fn of(strategy: &impl BaseStrategy) -> Places {
        let data = strategy.data_dir().join("plantern");
        let state = strategy.state_dir().map_or_else(|| data.clone(), |state| state.join("plantern"));
        Places {
            config: strategy.config_dir().join("plantern"),
            sessions: data.join("sessions"),
            models: strategy.cache_dir().join("plantern").join("models"),
            log: state.join("plantern.log"),
        }
    }

    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The user's own expert cards, beside those of the configuration.
    pub fn experts(&self) -> PathBuf {
        self.config.join("experts")
    }

    /// What routers learned, and the ledger of reviews, beside the sessions.
    pub fn routing(&self) -> RoutingFolder {
        RoutingFolder(self.sessions.with_file_name("routing"))
    }

    /// The user's own prompts, unless the configuration names another folder.
    pub fn prompts(&self) -> PathBuf {
        self.config.join("prompts")
    }
}

/// A path as a person types it: `~` and what follows it is in the home folder, blanks at the ends are not meant.
pub fn expand(typed: &str) -> PathBuf {
    expand_in(typed, etcetera::home_dir().ok().as_deref())
}

fn expand_in(typed: &str, home: Option<&Path>) -> PathBuf {
    let typed = typed.trim();
    let rest = typed.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with(['/', '\\']));
    match (rest, home) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches(['/', '\\'])),
        _ => PathBuf::from(typed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_home_folder() {
        let check = |typed: &str, expected: &str| {
            assert_eq!(expand_in(typed, Some(Path::new("/home/ada"))), Path::new(expected), "{typed}");
        };
        check("~", "/home/ada/");
        check("~/notes/a.jsonl", "/home/ada/notes/a.jsonl");
        check("~//a", "/home/ada/a");
        check("  ~/a b \n", "/home/ada/a b");
        check("~bob/a", "~bob/a");
        check("/tmp/~/a", "/tmp/~/a");
        check("", "");
        assert_eq!(expand_in("~/a", None), Path::new("~/a"));
    }

    #[test]
    fn folders_follow_the_desktop_or_the_one_folder() {
        let one = Places::under(Path::new("/p"));
        assert_eq!(one.config_file(), Path::new("/p/config.toml"));
        assert_eq!(one.sessions, Path::new("/p/sessions"));
        assert_eq!(one.experts(), Path::new("/p/experts"));
        if let Ok(strategy) = etcetera::base_strategy::Xdg::new() {
            let places = Places::of(&strategy);
            assert!(places.config_file().ends_with("plantern/config.toml"));
            assert!(places.sessions.ends_with("plantern/sessions"));
            assert!(places.models.ends_with("plantern/models"));
            assert!(places.log.ends_with("plantern/plantern.log"));
        }
    }
}
