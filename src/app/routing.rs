//! The commands about routing: brings data, models and files to the functions of `headless::route`.

use super::{
    boot::{Boot, Trouble},
    cli,
    commands::Done,
    floor::{Floor, interrupt},
    identity,
    input::{read_bytes, read_file},
    ledger,
};
use crate::{
    headless::{
        Ending, Workers,
        names::router_name,
        route::{
            Refusal,
            data::RouteData,
            eval::{self, Job},
            tables,
            train::{self, Lessons},
            vectors::Vectors,
        },
        table::table,
    },
    router,
    workbench::{review::statistics::without_screen, update::review::retabled},
};
use std::{
    io::{Write, stderr, stdout},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Trouble {
        Trouble { ending: refusal.ending, words: refusal.why }
    }
}

pub(crate) fn command(boot: Boot, asked: &cli::Route) -> Done {
    match asked {
        cli::Route::Eval(asked) => evaluate(boot, asked),
        cli::Route::Train { files, dry, json } => train(boot, files, *dry, *json),
        cli::Route::Versions => versions(&boot),
        cli::Route::Use { version } => {
            if *version != 0 {
                ledger::read(&*boot.disk, &boot.places.routing(), *version).map_err(Trouble::usage)?;
            }
            boot.places.routing().switch(&*boot.disk, *version).map_err(Trouble::usage)?;
            Ok(Ending::Done)
        }
        cli::Route::Table { file } => categories(&boot, file.as_deref()),
        cli::Route::Review { export, ledger, json } => review(&boot, *export, *ledger, *json),
    }
}

/// Learns, shows the table, and stores the version when it passes.
fn train(boot: Boot, files: &[PathBuf], dry: bool, json: bool) -> Done {
    let mut data = RouteData::default();
    for file in files {
        data.read(&file.display().to_string(), &read_file(file)?).map_err(Trouble::usage)?;
    }
    let (disk, folder) = (Arc::clone(&boot.disk), boot.places.routing());
    let (reviews, bad) = ledger::reviews(&*disk, &folder).map_err(Trouble::usage)?;
    if 0 < bad {
        super::complain(&format!("{bad} lines of {} are no reviews", folder.reviews_file().display()));
    }
    let newest = folder.versions(&*disk).map_err(Trouble::usage)?.last().copied().unwrap_or(0);
    let decided = ledger::of_sessions(&disk, &boot.places.sessions);
    let tools = boot.tools.clone();
    let (models, embedding) = (boot.models.places.clone(), boot.embedding.clone());
    let lessons = Lessons {
        cards: tools.roster.cards(),
        known: &tools.knowledge,
        data: &data,
        reviews: &reviews,
        decided: &decided,
        number: newest + 1,
        seed: boot.settings.sampling.seed,
    };
    let mut floor = Floor::new(boot)?;
    floor.bring(false, true, true)?;
    let mut workers = Workers::new(&mut floor.engine, &mut floor.inbox);
    let mut interrupt = interrupt();
    let mut trained =
        floor.runtime.block_on(train::train(&lessons, &mut workers, &mut interrupt, &mut |_, _| {}))?;
    train::show(&trained.gate, json, &mut stdout().lock())?;
    // The very first version has nothing to be compared with but the cards it is made of.
    let first = tools.knowledge.is_empty() && trained.gate.controls.before <= trained.gate.controls.after;
    if !trained.gate.passes() && !first {
        super::complain("nothing was stored: the version in force stays");
        return Ok(Ending::NotMet);
    }
    if !dry {
        let version = trained.knowledge.version;
        trained.knowledge.embedding = identity::look(&models, &embedding).unwrap_or_default();
        folder.write(&*disk, version, &trained.knowledge.to_text()).map_err(Trouble::usage)?;
        folder.switch(&*disk, version).map_err(Trouble::usage)?;
        super::complain(&format!("version {version} is in force: {}", trained.knowledge.note));
    }
    Ok(Ending::Done)
}

fn versions(boot: &Boot) -> Done {
    let (disk, folder) = (&*boot.disk, boot.places.routing());
    let current = folder.current(disk).map_err(Trouble::usage)?;
    let rows: Vec<_> = folder
        .versions(disk)
        .map_err(Trouble::usage)?
        .into_iter()
        .map(|version| {
            let mark = if version == current { "->" } else { "" }.to_owned();
            match ledger::read(disk, &folder, version) {
                Ok(known) => [mark, version.to_string(), known.parent.to_string(), known.note],
                Err(why) => [mark, version.to_string(), String::new(), why],
            }
        })
        .collect();
    let told = table(["", ">version", ">made from", "what it is"], &rows);
    stdout().lock().write_all(told.as_bytes())?;
    Ok(Ending::Done)
}

/// The table in force, as a file has it; or the file's in its place, as a version of its own.
fn categories(boot: &Boot, file: Option<&Path>) -> Done {
    let (disk, folder) = (&*boot.disk, boot.places.routing());
    let known = &*boot.tools.knowledge;
    let Some(file) = file else {
        stdout().lock().write_all(tables::write(known).as_bytes())?;
        return Ok(Ending::Done);
    };
    let draft = tables::read(&read_file(file)?, known, boot.tools.roster.cards());
    let draft = draft.map_err(|why| Trouble::usage(format!("{}: {why}", file.display())))?;
    if draft.changed(known) == 0 {
        super::complain("the table is the same as before");
        return Ok(Ending::Done);
    }
    let newest = folder.versions(disk).map_err(Trouble::usage)?.last().copied().unwrap_or(0);
    let after = retabled(known, draft, newest.max(known.version) + 1);
    folder.write(disk, after.version, &after.to_text()).map_err(Trouble::usage)?;
    folder.switch(disk, after.version).map_err(Trouble::usage)?;
    super::complain(&format!("version {} is in force: {}", after.version, after.note));
    Ok(Ending::Done)
}

fn review(boot: &Boot, export: bool, ledger: bool, json: bool) -> Done {
    let (reviews, _) = ledger::reviews(&*boot.disk, &boot.places.routing()).map_err(Trouble::usage)?;
    let (cards, known) = (boot.tools.roster.cards(), &*boot.tools.knowledge);
    let out = &mut stdout().lock();
    if ledger {
        return Ok(train::export(&reviews, json, out)?);
    }
    let items = if export || json { ledger::of_sessions(&boot.disk, &boot.places.sessions) } else { vec![] };
    let statistics = without_screen(reviews, items, cards, known).statistics(known);
    match (export, json) {
        (_, true) => writeln!(out, "{}", statistics.json())?,
        (true, false) => write!(out, "{}", statistics.csv())?,
        (false, false) => writeln!(
            out,
            "{} reviews; agreement {:.0} % over {} decisions, calibration error {:.3}",
            statistics.sayings.values().sum::<usize>(),
            100.0 * statistics.agreement,
            statistics.measured.decisions,
            statistics.measured.calibration_error
        )?,
    }
    Ok(Ending::Done)
}

fn evaluate(boot: Boot, asked: &cli::RouteEval) -> Done {
    let mut data = RouteData::default();
    for file in &asked.files {
        data.read(&file.display().to_string(), &read_file(file)?).map_err(Trouble::usage)?;
    }
    if let Some(table) = &asked.table {
        let regrouped = data.regroup(&read_file(table)?);
        regrouped.map_err(|why| Trouble::usage(format!("{}: {why}", table.display())))?;
    }
    // Without tags there is nothing for `tag` to follow; the language model is asked only when it is wanted.
    let all = || router::routers().iter().map(|router| router.name().to_owned());
    let routers = match asked.routers.is_empty() {
        true => all().filter(|name| !matches!(name.as_str(), "tag" | "likelihood")).collect(),
        false => asked.routers.clone(),
    };
    for name in &routers {
        router_name(name).map_err(Trouble::usage)?;
    }
    let mut vectors = match asked.vectors.as_ref().filter(|path| path.exists()) {
        Some(path) => read_bytes(path)
            .and_then(|bytes| Vectors::read(&bytes))
            .map_err(|why| Trouble::usage(format!("{}: {why}", path.display())))?,
        None => Vectors::default(),
    };
    let language = routers.iter().any(|name| name == "likelihood");
    let known = vectors.len();
    let job = Job {
        data,
        part: asked.part.clone(),
        routers,
        asked: asked.asked,
        cold: asked.cold,
        curve: asked.curve.clone(),
        seed: boot.settings.sampling.seed,
        json: asked.json,
    };
    let mut floor = Floor::new(boot)?;
    floor.bring(language, true, true)?;
    let mut workers = Workers::new(&mut floor.engine, &mut floor.inbox);
    let mut interrupt = interrupt();
    let started = Instant::now();
    let (clock, out, narration) = (|| started.elapsed(), &mut stdout(), &mut stderr());
    let evaluated = floor.runtime.block_on(eval::evaluate(
        &job,
        &mut vectors,
        &mut workers,
        &mut interrupt,
        &clock,
        out,
        narration,
    ));
    // What was embedded is kept, whatever became of the rest.
    if let Some(path) = asked.vectors.as_ref().filter(|_| known < vectors.len()) {
        std::fs::write(path, vectors.to_bytes())
            .map_err(|error| Trouble::usage(format!("{}: {error}", path.display())))?;
    }
    Ok(evaluated??)
}
