//! `models`: what is there, what can be had, what a file says, in and out of the folder, how fast one is.

use super::{file, inspect};
use crate::{
    app::{
        boot::{Boot, Trouble},
        cli,
        floor::interrupt,
        servers,
    },
    expert::server::ServerSettings,
    headless::{
        Ending,
        list::{self, ModelFact},
    },
    store::models::{self, DefaultModel, Progress},
};
use std::{
    io::{IsTerminal, Write, stderr, stdin, stdout},
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

/// `models`: what is there, what can be had.
pub(crate) fn command(boot: &Boot, asked: &cli::Models, json: bool) -> Result<Ending, Trouble> {
    let places = &boot.models.places;
    let missing =
        |error: &dyn std::fmt::Display| Trouble { ending: Ending::NoModel, words: error.to_string() };
    match asked {
        cli::Models::List { contact } => {
            let facts = facts(boot, *contact);
            return Ok(list::models(&facts, json, &mut stdout().lock())?);
        }
        cli::Models::Path { name } => {
            let path = models::find(places, name).map_err(|error| missing(&error))?;
            writeln!(stdout(), "{}", path.display())?;
        }
        cli::Models::Inspect { file } => {
            let path = models::find(places, &file.to_string_lossy()).map_err(|error| missing(&error))?;
            let named = |why: String| missing(&format!("{}: {why}", path.display()));
            let mut rows = vec![("path", path.display().to_string())];
            match path.is_dir() {
                true => {
                    rows.push(("kind", "a folder of an embedding model".to_owned()));
                    rows.push(("size", file::embedding(&path).map_err(named)?));
                }
                false => rows.extend(file::rows(&path).map_err(named)?),
            }
            let weights = if path.is_dir() { path.join("model.safetensors") } else { path };
            let name = weights.display().to_string();
            let digits = with_bar(&name, |told| models::fingerprint(&weights, places, told));
            rows.push(("sha256", digits.map_err(|error| missing(&error))?));
            return Ok(list::facts_of(&rows, json, &mut stdout().lock())?);
        }
        cli::Models::Add { file, link } => {
            let path = with_bar(&file.display().to_string(), |told| {
                models::add(file, *link, places, &file::check, told)
            });
            writeln!(stdout(), "{}", path.map_err(|error| missing(&error))?.display())?;
        }
        cli::Models::Remove { name, yes } => return remove(boot, name, *yes),
        cli::Models::Bench { name } => {
            let name = name.as_ref().unwrap_or(&boot.settings.model);
            let found = models::find_adapted(places, name).map_err(|error| missing(&error))?;
            let told = match found.base.is_dir() {
                true => Err("only language models, GGUF files, can be measured".to_owned()),
                false => file::bench(&found, boot.models.machine),
            };
            let told = told.map_err(|why| missing(&format!("{}: {why}", found.base.display())))?;
            writeln!(stdout(), "{}", crate::visible::visible_line(&told))?;
        }
        cli::Models::Pull { name } => {
            let path = pull(boot, name)?.map_err(|error| match error {
                models::ModelError::Cancelled => Trouble {
                    ending: Ending::Interrupted,
                    words: format!("interrupted: `plantern models pull {name}` takes it up again"),
                },
                error => missing(&error),
            })?;
            writeln!(stdout(), "{}", path.display())?;
        }
    }
    Ok(Ending::Done)
}

/// What is listed: the files that are there, the usual ones that are not, the servers.
fn facts(boot: &Boot, contact: bool) -> Vec<ModelFact> {
    let places = &boot.models.places;
    let absent = DefaultModel::ALL.into_iter().filter(|model| models::find(places, model.short()).is_err());
    let servers = boot.models.servers.iter().map(|server| served(boot, server, contact));
    found(boot).into_iter().chain(absent.map(to_be_had)).chain(servers).collect()
}

fn found(boot: &Boot) -> Vec<ModelFact> {
    let places = &boot.models.places;
    let found = |name: &String| models::find_adapted(places, name).ok();
    let chosen: Vec<PathBuf> = [&boot.settings.model, &boot.embedding]
        .into_iter()
        .filter_map(found)
        .flat_map(|found| std::iter::once(found.base).chain(found.adapters))
        .collect();
    let fact = |file: models::ModelFile| ModelFact {
        about: inspect(&file.path).unwrap_or_else(|why| why),
        kind: file::kind(&file.path).to_owned(),
        path: Some(file.path.display().to_string()),
        bytes: Some(file.bytes),
        default: chosen.contains(&file.path),
        name: file.name,
    };
    models::list(places).into_iter().map(fact).collect()
}

fn to_be_had(model: DefaultModel) -> ModelFact {
    ModelFact {
        name: model.short().to_owned(),
        about: format!("fetched at the first start, or by `plantern models pull {}`", model.short()),
        kind: if model == DefaultModel::MiniLm { "embedding" } else { "language" }.to_owned(),
        path: None,
        bytes: Some(model.bytes()),
        default: true,
    }
}

fn served(boot: &Boot, server: &ServerSettings, contact: bool) -> ModelFact {
    let name = format!("server:{}", server.name);
    let told =
        |(url, found): (String, Result<String, String>)| format!("{url} {}", found.unwrap_or_else(|why| why));
    let about = match contact {
        false => servers::about(server),
        true => servers::look(server).into_iter().map(told).collect::<Vec<_>>().join("; "),
    };
    ModelFact {
        default: [&boot.settings.model, &boot.embedding].contains(&&name),
        name,
        kind: "server".to_owned(),
        path: Some(server.urls.join(", ")),
        bytes: None,
        about,
    }
}

/// Takes a model out of the folder: not the one in use, and not unasked.
fn remove(boot: &Boot, name: &str, yes: bool) -> Result<Ending, Trouble> {
    let places = &boot.models.places;
    let (path, bytes) = models::removable(name, places)
        .map_err(|error| Trouble { ending: Ending::NoModel, words: error.to_string() })?;
    for (what, chosen) in [("model", &boot.settings.model), ("embedding", &boot.embedding)] {
        let used = models::find_adapted(places, chosen);
        if used.is_ok_and(|used| used.base == path || used.adapters.contains(&path)) {
            return Err(Trouble::usage(format!(
                "{name} is the {what} in use ({chosen}): choose another with `{what} = \"…\"` in the configuration first"
            )));
        }
    }
    if !yes {
        if !stdin().is_terminal() {
            return Err(Trouble::usage(format!(
                "nobody can be asked here: `plantern models remove {name} --yes`"
            )));
        }
        write!(
            stderr(),
            "Remove {} ({})? [y/N] ",
            crate::visible::visible_line(&path.display().to_string()),
            crate::headless::progress::bytes(bytes)
        )?;
        stderr().flush()?;
        let mut answer = String::new();
        stdin().read_line(&mut answer)?;
        if !matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            writeln!(stdout(), "nothing was removed")?;
            return Ok(Ending::NotMet);
        }
    }
    models::remove(&path).map_err(|error| Trouble { ending: Ending::NotMet, words: error.to_string() })?;
    writeln!(stdout(), "removed {}", crate::visible::visible_line(&path.display().to_string()))?;
    Ok(Ending::Done)
}

fn pull(boot: &Boot, name: &str) -> std::io::Result<Result<PathBuf, models::ModelError>> {
    if !boot.models.fetch {
        let offline = |_| models::ModelError::Offline { name: name.to_owned() };
        return Ok(models::find(&boot.models.places, name).map_err(offline));
    }
    unless_interrupted(|stopped| {
        with_bar(name, |told| match DefaultModel::named(name) {
            Some(model) => models::pull(model, &boot.models.places, told, stopped),
            None => models::pull_from_hub(name, &models::Hub::of_user(), &boot.models.places, told, stopped),
        })
    })
}

/// Does something on a thread of its own, which is told when the person interrupts.
fn unless_interrupted<T: Send>(work: impl FnOnce(&dyn Fn() -> bool) -> T + Send) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stop = AtomicBool::new(false);
    let (begin, begun) = std::sync::mpsc::channel();
    let (end, ended) = tokio::sync::oneshot::channel();
    std::thread::scope(|scope| {
        let stop = &stop;
        let working = scope.spawn(move || {
            let _ = begun.recv();
            let done = work(&|| stop.load(Ordering::Relaxed));
            let _ = end.send(());
            done
        });
        let (mut interrupt, mut ended) = (interrupt(), ended);
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = interrupt.wait() => stop.store(true, Ordering::Relaxed),
                // Begins only now that signals are listened to.
                _ = async { let _ = begin.send(()); (&mut ended).await } => {}
            }
        });
        working.join().map_err(|_| std::io::Error::other("the thread that fetches has panicked"))
    })
}

/// Does something that takes a while, with a bar on stderr.
fn with_bar<T>(name: &str, work: impl FnOnce(&mut dyn FnMut(Progress)) -> T) -> T {
    let started = Instant::now();
    let mut bar = crate::headless::progress::Progress::new(stderr().is_terminal());
    let mut told = |progress: Progress| {
        let rate = progress.done as f64 / started.elapsed().as_secs_f64().max(0.001);
        let words = crate::headless::progress::fetched(progress.done, progress.total, rate);
        bar.show(progress.done, progress.total, &format!("{name}: {words}"), &mut stderr());
    };
    let done = work(&mut told);
    bar.clear(&mut stderr());
    done
}
