//! The commands without a screen: brings the parts to the functions of `headless`, which do the talking. Those that only
//! look at files stand in `files`.

pub(super) mod files;

use super::{
    boot::{Boot, Trouble},
    cli, complain,
    desk::EXAMPLE,
    effects::now,
    floor::{Floor, interrupt},
    input::{read_cases, read_file, read_stdin},
};
use crate::headless::{
    Ending, Overrides, Start, Workers, eval, lines::Style, list, route, run::Options, test,
};
use std::{
    io::{self, IsTerminal, stderr, stdout},
    path::{Path, PathBuf},
};

pub(super) type Done = Result<Ending, Trouble>;

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Trouble {
        // A reader that has seen enough (`| head`) is nobody's fault.
        let ending = if error.kind() == io::ErrorKind::BrokenPipe { Ending::Done } else { Ending::NotMet };
        Trouble { ending, words: format!("the output could not be written: {error}") }
    }
}

/// `run`, and the bare program without a terminal.
pub(crate) fn run(boot: Boot, asked: &cli::Run) -> Done {
    let mut boot = boot;
    boot.asked = Overrides {
        max_calls: asked.max_calls,
        max_tokens: asked.max_tokens,
        max_seconds: asked.max_seconds,
        max_cost: asked.max_cost,
        ..boot.asked
    };
    boot.settings = boot.asked.over(&boot.settings).map_err(Trouble::usage)?;
    let start = match (&asked.task, &asked.plan) {
        (Some(task), _) => Start::Task(if task == "-" { read_stdin()? } else { task.clone() }),
        (None, Some(plan)) if plan == Path::new("-") => {
            Start::Plan { text: read_stdin()?, origin: "stdin".to_owned() }
        }
        (None, Some(plan)) => Start::Plan { text: read_file(plan)?, origin: plan.display().to_string() },
        (None, None) => Start::Session,
    };
    let style = if asked.json { Style::Json } else { Style::Plain };
    let options = Options {
        style,
        live: stderr().is_terminal(),
        answers: asked.answer_person.clone(),
        quiet: false,
        dry: asked.dry_run,
        estimate: asked.estimate,
    };
    Floor::new(boot)?.run(start, &options, asked.session.as_deref())
}

/// The example, or the task given, in plain lines.
pub(crate) fn plain(boot: Boot, task: Option<&str>) -> Done {
    let task = task.unwrap_or(EXAMPLE).to_owned();
    run(boot, &cli::Run { task: Some(task), ..cli::Run::default() })
}

pub(crate) fn evaluate(boot: Boot, strategies: &[String], asked: &cli::Eval) -> Done {
    let text = read_cases(&asked.file)?;
    let mut job = eval::job(&text, strategies, &boot.settings.strategy, asked.limit)
        .map_err(|faults| Trouble::usage(format!("{}:\n  {}", asked.file.display(), faults.join("\n  "))))?;
    job.json = asked.json;
    job.parallel = asked.parallel.into();
    job.live = stderr().is_terminal();
    job.compare.ignore_case = asked.ignore_case;
    job.compare.any_order = asked.any_order;
    let mut floor = Floor::new(boot)?;
    floor.bring_models(true)?;
    let mut workers = Workers::new(&mut floor.engine, &mut floor.inbox);
    let mut interrupt = interrupt();
    let (out, narration) = (&mut stdout(), &mut stderr());
    let eval = eval::eval(&floor.state, &job, &mut workers, &now, &mut interrupt, out, narration);
    Ok(floor.runtime.block_on(eval)?)
}

/// `test`: cases from their replies, or with the model that was named.
pub(crate) fn tested(boot: Boot, files: &[PathBuf], live: bool, json: bool) -> Done {
    let mut cases = vec![];
    for file in files {
        let wrong = |why: String| Trouble::usage(format!("{}: {why}", file.display()));
        let read = test::read(&read_cases(file)?, &boot.settings).map_err(wrong)?;
        let name = |at: usize| match read.len() {
            1 => file.display().to_string(),
            _ => format!("{}:{}", file.display(), at + 1),
        };
        cases.extend(read.iter().enumerate().map(|(at, case)| (name(at), case.clone())));
    }
    let mut floor = Floor::new(boot)?;
    let out = &mut stdout();
    if !live {
        return Ok(floor.runtime.block_on(test::recorded(&floor.state, &cases, &now, json, out))?);
    }
    let embeds =
        cases.iter().any(|(_, case)| !matches!(case.router.as_str(), "tag" | "lexical" | "likelihood"));
    floor.bring(true, embeds, true)?;
    let mut workers = Workers::new(&mut floor.engine, &mut floor.inbox);
    let mut interrupt = interrupt();
    let live = test::live(&floor.state, &cases, &mut workers, &now, &mut interrupt, json, out);
    Ok(floor.runtime.block_on(live)?)
}

pub(crate) fn decide(boot: Boot, task: &str, json: bool) -> Done {
    let task = if task == "-" { read_stdin()? } else { task.to_owned() };
    let router = boot.settings.router.clone();
    let mut floor = Floor::new(boot)?;
    if !matches!(router.as_str(), "tag" | "lexical") {
        let language = router == "likelihood";
        floor.bring(language, !language, true)?;
    }
    let (tools, model) = (floor.state.tools.clone(), floor.state.settings().model.clone());
    let mut workers = Workers::new(&mut floor.engine, &mut floor.inbox);
    let mut interrupt = interrupt();
    let decision =
        floor.runtime.block_on(route::decide(&task, &router, &tools, &model, &mut workers, &mut interrupt));
    let decision = decision.map_err(|refusal| Trouble { ending: refusal.ending, words: refusal.why })?;
    Ok(route::show(&decision, json, &mut stdout().lock())?)
}

pub(crate) fn experts(boot: &Boot, json: bool) -> Done {
    boot.warnings.all().for_each(|warning| complain(warning));
    Ok(list::experts(boot.tools.roster.cards(), json, &mut stdout().lock())?)
}
