//! The shell: builds the parts, starts the face that was asked for, does the effects. The only floor that sees all.

mod again;
mod boot;
pub mod cli;
mod commands;
mod desk;
mod doctor;
mod editor;
mod effects;
mod floor;
mod identity;
mod input;
mod ledger;
mod models;
mod recorded;
mod routing;
mod run;
mod scholar;
mod servers;
mod settings;
mod show;
mod terminal;

use crate::headless::{Ending, lines, list};
use boot::{Boot, Trouble};
use clap::{CommandFactory, FromArgMatches};
use cli::{Cli, Command};
use commands::files;
use desk::First;
use std::{
    io::{IsTerminal, Write, stderr, stdin, stdout},
    process::ExitCode,
};

/// The whole program.
pub fn main() -> ExitCode {
    let mut command = cli::command();
    let cli = Cli::from_arg_matches(&command.get_matches_mut())
        .unwrap_or_else(|error| error.format(&mut command).exit());
    let ended = start(&cli);
    crate::store::models::end_fetching();
    match ended {
        Ok(ending) => ExitCode::from(ending.code()),
        // A reader that has seen enough is told nothing.
        Err(Trouble { ending: Ending::Done, .. }) => ExitCode::SUCCESS,
        Err(Trouble { ending, words }) => {
            complain(&words);
            ExitCode::from(ending.code())
        }
    }
}

fn start(cli: &Cli) -> Result<Ending, Trouble> {
    cli.check().map_err(Trouble::usage)?;
    if let Some(ending) = without_boot(cli)? {
        return Ok(ending);
    }
    let boot = match (Boot::new(&cli.global), &cli.command) {
        (Err(trouble), Some(Command::Doctor { json })) => {
            return doctor::without_config(&cli.global, trouble, *json);
        }
        (boot, _) => boot?,
    };
    let theme = cli.global.theme.as_deref();
    let terminal = stdin().is_terminal() && stdout().is_terminal() && !is_dumb();
    match &cli.command {
        None if cli.plain || !terminal => commands::plain(boot, cli.task.as_deref()),
        None => {
            let first = cli.task.as_ref().map_or(First::WhereItWas, |task| First::Task(task.clone()));
            desk::open(boot, &first, theme)
        }
        Some(Command::Open { .. }) if !terminal => Err(Trouble::usage(
            "there is no terminal to open it on: `plantern show` prints a screen, `plantern run --session` goes on with it",
        )),
        Some(Command::Open { file, copy }) => {
            let first = if *copy { First::Copy } else { First::File };
            desk::open(boot, &first(file.display().to_string()), theme)
        }
        Some(Command::Run(asked)) => commands::run(boot, asked),
        Some(Command::Show(asked)) => show::show(&boot, asked, theme),
        Some(Command::Replay { sessions, again: true, json }) => {
            again::again(boot, cli.global.model().is_some(), sessions, *json)
        }
        Some(Command::Replay { sessions, json, .. }) => files::replays(sessions, *json),
        Some(Command::Compare { one, other, json }) => files::compared(&boot, one, other, *json),
        Some(Command::Salvage { file }) => files::salvaged(file),
        Some(Command::Lint { file, json }) => files::linted(&boot, file, *json),
        Some(Command::Models { command, json }) => {
            models::command(&boot, command.as_ref().unwrap_or(&cli::Models::List { contact: false }), *json)
        }
        Some(Command::Experts { json }) => commands::experts(&boot, *json),
        Some(Command::Route { task, json, command }) => match (task, command) {
            (_, Some(asked)) => routing::command(boot, asked),
            (Some(task), None) => commands::decide(boot, task, *json),
            (None, None) => Err(Trouble::usage("give a TASK to route, or `eval` and a data set")),
        },
        Some(Command::Test { files, json }) => {
            commands::tested(boot, files, cli.global.model().is_some(), *json)
        }
        Some(Command::Eval(asked)) => commands::evaluate(boot, &cli.global.strategy, asked),
        Some(Command::Import(asked)) => files::import(asked),
        Some(Command::Export { session, format }) => files::exported(&boot, session, *format),
        Some(Command::Doctor { json }) => doctor::doctor(&boot, None, *json),
        Some(Command::Config { command, json }) => {
            settings::config(&boot, &cli.global, command.as_ref(), *json)
        }
        Some(Command::Strategies { .. } | Command::Routers { .. } | Command::Completions { .. }) => {
            Ok(Ending::Done)
        }
    }
}

/// Commands that say the same whatever the person has set.
fn without_boot(cli: &Cli) -> Result<Option<Ending>, Trouble> {
    let out = &mut stdout().lock();
    Ok(match &cli.command {
        Some(Command::Strategies { json }) => Some(list::strategies(*json, out)?),
        Some(Command::Routers { json }) => Some(list::routers(*json, out)?),
        Some(Command::Completions { shell }) => Some(list::completions(*shell, Cli::command(), out)?),
        Some(Command::Run(run)) if run.schema => {
            out.write_all(lines::SCHEMA.as_bytes())?;
            Some(Ending::Done)
        }
        _ => None,
    })
}

/// A terminal that can not move its cursor.
fn is_dumb() -> bool {
    std::env::var("TERM").is_ok_and(|term| term == "dumb")
}

/// Words for the person, on stderr.
fn complain(words: &str) {
    let _ = writeln!(stderr(), "plantern: {}", crate::visible::visible(words));
}
