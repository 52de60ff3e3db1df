//! The commands about routing: brings data, models and files to the functions of `headless::route`.

use super::{
    boot::{Boot, Trouble},
    cli,
    commands::{Done, Floor, interrupt, read_file},
};
use crate::{
    headless::{
        Workers,
        names::router_name,
        route::{
            Refusal,
            data::RouteData,
            eval::{self, Job},
            vectors::Vectors,
        },
    },
    router,
};
use std::{
    io::{stderr, stdout},
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
    }
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
        Some(path) => std::fs::read(path)
            .map_err(|error| error.to_string())
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
        curve: asked.curve.clone(),
        seed: boot.settings.sampling.seed,
        json: asked.json,
    };
    let mut floor = Floor::new(boot)?;
    floor.bring(language, true)?;
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
