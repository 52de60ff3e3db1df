//! The shell: builds the parts, starts the face that was asked for, does the effects. The only floor that sees all.

mod boot;
pub mod cli;
mod desk;
mod editor;
mod effects;
mod models;
mod recorded;
mod run;
mod terminal;

use boot::{Boot, Trouble};
use clap::Parser;
use desk::First;
use std::{io::IsTerminal, process::ExitCode};

/// The whole program.
pub fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match start(&cli) {
        Ok(ending) => ExitCode::from(ending.code()),
        Err(Trouble { ending, words }) => {
            complain(&words);
            ExitCode::from(ending.code())
        }
    }
}

fn start(cli: &cli::Cli) -> Result<crate::headless::Ending, Trouble> {
    cli.check().map_err(Trouble::usage)?;
    let boot = Boot::new(&cli.global)?;
    let first = match &cli.task {
        Some(task) => First::Task(task.clone()),
        None => First::WhereItWas,
    };
    let _ = std::io::stdout().is_terminal();
    desk::open(boot, &first, cli.global.theme.as_deref())
}

/// Words for the person, on stderr.
fn complain(words: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "plantern: {}", crate::visible::visible(words));
}
