//! `replay --again`: folds the sessions, then has every call made once more by the models that answered then.

use super::{
    boot::{Boot, Trouble},
    commands::Done,
    floor::{Floor, interrupt},
    input::read_bytes,
};
use crate::{
    headless::{Ending, Workers, again, replay},
    session::line::read_session,
};
use std::{
    io::{stderr, stdout},
    path::PathBuf,
};

/// `named`: the person said which model is to answer; else it is the one that the session was made with.
pub(crate) fn again(mut boot: Boot, named: bool, paths: &[PathBuf], json: bool) -> Done {
    let read = |path: &PathBuf| (path.display().to_string(), read_bytes(path));
    let files: Vec<_> = paths.iter().map(read).collect();
    let (out, narration) = (&mut stdout(), &mut stderr());
    let mut ending = replay::replay_all(&files, json, out, narration)?;
    if ending == Ending::Usage {
        return Ok(ending);
    }
    let mut sessions = vec![];
    for (file, bytes) in &files {
        let journal = bytes.as_ref().ok().and_then(|bytes| read_session(bytes).ok()).map(|read| read.journal);
        sessions.extend(journal.map(|journal| (file, journal)));
    }
    let mut models = sessions.iter().filter_map(|(file, journal)| {
        let settings = journal.session().settings.as_ref()?;
        Some((*file, settings.model.clone()))
    });
    if let Some((first, model)) = models.next().filter(|_| !named) {
        if let Some((file, other)) = models.find(|(_, other)| *other != model) {
            let words =
                format!("{first} was made with {model}, {file} with {other}: replay them by themselves");
            return Err(Trouble::usage(words));
        }
        boot.settings.model = model;
    }
    let model = boot.settings.model.clone();
    let all: Vec<_> = sessions
        .iter()
        .map(|(file, journal)| {
            let then = journal.session().settings.as_ref().map_or(&model, |settings| &settings.model);
            (*file, journal, again::repetition(journal, if named { then } else { &model }))
        })
        .collect();
    let mut floor = Floor::new(boot)?;
    let (mut language, mut embedding, mut own) = (false, false, vec![]);
    for (.., repetition) in &all {
        let (asks_language, asks_embedding, names) = again::needed(repetition);
        (language, embedding) = (language || asks_language, embedding || asks_embedding);
        own.extend(names);
    }
    floor.bring(language, embedding, true)?;
    floor.bring_asked(&own)?;
    let mut workers = Workers::new(&mut floor.engine, &mut floor.inbox);
    let mut interrupt = interrupt();
    for (file, journal, repetition) in &all {
        let tools = &floor.state.tools;
        let (workers, interrupt) = (&mut workers, &mut interrupt);
        let asked =
            again::again((file, journal, tools), repetition, workers, interrupt, json, out, narration);
        let one = floor.runtime.block_on(asked)?;
        if one == Ending::Interrupted {
            return Ok(one);
        }
        ending = if one == Ending::Done { ending } else { one };
    }
    Ok(ending)
}
