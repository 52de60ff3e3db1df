//! Commands that look at files and ask nobody: sessions, plans, data sets.

use super::Done;
use crate::{
    app::{
        boot::{Boot, Trouble},
        cli, complain,
        input::{read_bytes, read_file, read_stdin},
    },
    figure::counted,
    headless::{Ending, cases, compare, export, gold, import, lint, replay},
    session::{Journal, compare::matching, line},
    store::sessions,
};
use std::{
    io::{Write, stderr, stdout},
    path::{Path, PathBuf},
};

pub(crate) fn replays(paths: &[PathBuf], json: bool) -> Done {
    let read = |path: &PathBuf| (path.display().to_string(), read_bytes(path));
    let files: Vec<_> = paths.iter().map(read).collect();
    Ok(replay::replay_all(&files, json, &mut stdout().lock(), &mut stderr().lock())?)
}

pub(crate) fn exported(boot: &Boot, session: &Path, format: cli::ExportFormat) -> Done {
    let mut state = boot.state();
    state.journal = opened(boot, session)?;
    state.look();
    let out = &mut stdout().lock();
    Ok(match format {
        cli::ExportFormat::Outline => export::outline(&state, out)?,
        cli::ExportFormat::Json => export::json(&state, out)?,
    })
}

/// A session to look at; what is wrong with it is said on stderr.
pub(crate) fn opened(boot: &Boot, session: &Path) -> Result<Journal, Trouble> {
    let opened = sessions::read(&boot.disk, session).map_err(Trouble::usage)?;
    if let Some(warning) = opened.warning {
        complain(&warning);
    }
    Ok(opened.journal)
}

pub(crate) fn compared(boot: &Boot, one: &str, other: &str, json: bool) -> Done {
    let read = |argument: &str| {
        let (file, mark) = compare::parse(argument);
        let journal = opened(boot, Path::new(file))?;
        let at = compare::place(&journal, mark).map_err(|why| Trouble::usage(format!("{file}: {why}")))?;
        Ok::<_, Trouble>((journal, at))
    };
    let ones = read(one)?;
    let (others, matching) = match gold(&ones.0, other)? {
        Some(gold) => {
            let head = gold.journal.head();
            ((gold.journal, head), gold.matching)
        }
        None => {
            let others = read(other)?;
            let matching = matching(&ones.0, &others.0);
            (others, matching)
        }
    };
    let one = compare::Side { name: one.to_owned(), journal: &ones.0, at: ones.1 };
    let other = compare::Side { name: other.to_owned(), journal: &others.0, at: others.1 };
    Ok(compare::run(&one, &other, matching, json, &mut stdout().lock())?)
}

/// What the steps of a session should come to, if the file is no session itself.
fn gold(journal: &Journal, argument: &str) -> Result<Option<gold::Gold>, Trouble> {
    let (file, mark) = compare::parse(argument);
    let Ok(text) = read_file(Path::new(file)) else { return Ok(None) };
    if text.trim_start().starts_with("{\"plantern\"") {
        return Ok(None);
    }
    let plan = &journal.session().plan;
    let goal = plan.root().map(|root| plan.text(root)).unwrap_or_default();
    let number = match mark {
        Some(('@', number)) => number.parse().ok(),
        _ => None,
    };
    let read = gold::read(&text, &goal, number);
    read.map(Some).map_err(|why| Trouble::usage(format!("{file}: {why}")))
}

/// `salvage`: one JSON object for each whole line behind the first damaged one.
pub(crate) fn salvaged(file: &Path) -> Done {
    let refused = |why: String| Trouble::usage(format!("{}: {why}", file.display()));
    let bytes = read_bytes(file).map_err(refused)?;
    let reading = line::read_session(&bytes);
    let later = line::after_the_damage(&bytes);
    // A header may be what is damaged; a file without one whole line of a session is none.
    if let Err(why) = &reading
        && later.is_empty()
    {
        return Err(refused(why.to_string()));
    }
    if reading.is_ok_and(|reading| reading.stopped.is_none()) {
        complain("this session is whole: there is nothing to salvage");
        return Ok(Ending::Done);
    }
    let out = &mut stdout().lock();
    for (line, entry) in &later {
        writeln!(out, "{}", crate::headless::json_line(&serde_json::json!({"line": line, "entry": entry})))?;
    }
    complain(&format!("{} behind the damage", counted(later.len() as u64, "whole line")));
    Ok(if later.is_empty() { Ending::NotMet } else { Ending::Done })
}

/// A file whose first line is a session's header is a session, everything else a text.
pub(crate) fn linted(boot: &Boot, file: &Path, json: bool) -> Done {
    let depth = boot.settings.limits.depth as usize;
    let out = &mut stdout().lock();
    let is_stdin = file == Path::new("-");
    let text = if is_stdin { read_stdin()? } else { read_file(file)? };
    if !is_stdin && text.trim_start().starts_with('{') {
        return Ok(lint::session(&opened(boot, file)?, depth, json, out)?);
    }
    lint::text(&text, depth, json, out)?.map_err(|why| {
        let name = if is_stdin { "stdin".into() } else { file.to_string_lossy() };
        Trouble::usage(format!("{name}: {why}"))
    })
}

/// Is this a file that no import has written, and that would be lost?
fn holds_something_else(path: &Path) -> bool {
    let plain = std::fs::metadata(path).is_ok_and(|about| about.is_file());
    let imported =
        |text: String| text.trim().is_empty() || text.starts_with("QC: ") || cases::read_cases(&text).is_ok();
    plain && !std::fs::read_to_string(path).is_ok_and(imported)
}

/// `import`: cases out of a data set, or a check of worked decompositions.
pub(crate) fn import(asked: &cli::Import) -> Done {
    let text = read_file(&asked.file)?;
    let (file, narration) = (asked.file.display().to_string(), &mut stderr());
    let Some(path) = &asked.out else {
        return Ok(import::import_file(&file, &text, &asked.format, &mut stdout().lock(), narration)?);
    };
    // Made whole in memory first, so that a refused file leaves nothing behind.
    let mut made = vec![];
    let ending = import::import_file(&file, &text, &asked.format, &mut made, narration)?;
    if ending == Ending::Done && made.is_empty() {
        let words = format!("nothing in {file} can be taken over: {} is as it was", path.display());
        return Err(Trouble { ending: Ending::NotMet, words });
    }
    if ending == Ending::Done {
        if holds_something_else(path) {
            let why = "is there and holds neither cases nor decompositions: name another file, or take it away first";
            return Err(Trouble::usage(format!("{} {why}", path.display())));
        }
        let written = std::fs::write(path, made);
        written.map_err(|error| Trouble::usage(format!("{}: {error}", path.display())))?;
    }
    Ok(ending)
}
