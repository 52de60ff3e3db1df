//! What routers learned and what a person said of them: read from the disk, and written there.

use crate::{
    router::Knowledge,
    store::{disk::Disk, routing::RoutingFolder, sessions},
    workbench::{
        Effect, Stored, Weight,
        decisions::{Decided, decisions},
        ledger::Review,
        update::review::Gathered,
    },
};
use std::{path::Path, sync::Arc};

/// Sessions whose decisions are read, the newest first.
const SESSIONS: usize = 200;

/// The version in force, or why it can not be read; then routers go by the cards.
pub(super) fn knowledge(disk: &dyn Disk, folder: &RoutingFolder) -> Result<Knowledge, String> {
    match folder.current(disk).map_err(|error| error.to_string())? {
        0 => Ok(Knowledge::default()),
        version => read(disk, folder, version),
    }
}

pub(super) fn read(disk: &dyn Disk, folder: &RoutingFolder, version: u32) -> Result<Knowledge, String> {
    let text = folder.read(disk, version).map_err(|error| error.to_string())?;
    Knowledge::from_text(&text).map_err(|why| format!("version {version} of the routing: {why}"))
}

/// The ledger; lines that are no reviews are left out and counted.
pub(super) fn reviews(disk: &dyn Disk, folder: &RoutingFolder) -> Result<(Vec<Review>, usize), String> {
    let lines = folder.reviews(disk).map_err(|error| error.to_string())?;
    let read: Vec<Review> = lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let bad = lines.len() - read.len();
    Ok((read, bad))
}

/// What a person said so far and the newest version; the decisions are not gathered yet.
pub(super) fn said(disk: &dyn Disk, folder: &RoutingFolder) -> Result<Gathered, String> {
    let (reviews, bad) = reviews(disk, folder)?;
    if 0 < bad {
        return Err(format!("{bad} lines of {} are no reviews", folder.reviews_file().display()));
    }
    let newest = folder.versions(disk).ok().and_then(|all| all.last().copied()).unwrap_or(0);
    Ok(Gathered { reviews, newest, ..Gathered::default() })
}

/// Does the effects that write down what is known or said of routing, and none other.
pub(super) fn perform(effect: Effect, disk: &dyn Disk, folder: &RoutingFolder) -> Option<Stored> {
    let trouble = |why: String| Some(Stored::Said(Weight::Error, why));
    match effect {
        Effect::AppendReview(review) => {
            let line = serde_json::to_string(&review).unwrap_or_default();
            folder.append_review(disk, &line).err().and_then(|error| trouble(error.to_string()))
        }
        Effect::StoreKnowledge(knowledge) => {
            let version = knowledge.version;
            let stored =
                folder.write(disk, version, &knowledge.to_text()).and_then(|()| folder.switch(disk, version));
            stored.err().and_then(|error| trouble(format!("the version is in force but not stored: {error}")))
        }
        Effect::Export { json, csv } => {
            let written = folder
                .export(disk, "statistics.json", &json)
                .and_then(|path| Ok((path, folder.export(disk, "statistics.csv", &csv)?)));
            Some(match written {
                Ok((json, _)) => {
                    let words = format!("written to {} and statistics.csv beside it", json.display());
                    Stored::Said(Weight::Info, words)
                }
                Err(error) => Stored::Said(Weight::Error, error.to_string()),
            })
        }
        Effect::UseKnowledge(version) => {
            let read = if version == 0 { Ok(Knowledge::default()) } else { read(disk, folder, version) };
            let switched = read.and_then(|read| {
                folder.switch(disk, version).map_err(|error| error.to_string())?;
                Ok(read)
            });
            match switched {
                Ok(knowledge) => Some(Stored::Knows(Box::new(knowledge))),
                Err(why) => trouble(why),
            }
        }
        _ => None,
    }
}

/// The decisions of all sessions that can be read.
pub(super) fn of_sessions(disk: &Arc<dyn Disk>, folder: &Path) -> Vec<Decided> {
    let listed = sessions::list(&**disk, folder).unwrap_or_default();
    let mut found = vec![];
    for one in listed.into_iter().take(SESSIONS) {
        let name = one.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Ok(read) = sessions::read(disk, &one.path) {
            found.extend(decisions(&name, &read.journal));
        }
    }
    found
}
