//! Which of the global options a command listens to: its help lists these alone. All are taken everywhere, so that a line
//! can be changed from one command to another.

use super::Cli;
use clap::{Arg, Command, CommandFactory};

const ALL: [&str; 9] =
    ["strategy", "router", "model", "seed", "temperature", "kernels", "device", "config", "theme"];

/// What a command listens to, by its name with those above it.
fn heard(command: &str) -> &'static [&'static str] {
    match command {
        "strategies" | "routers" | "completions" | "help" => &[],
        "models" | "models list" | "models remove" => &["model", "config"],
        "models bench" | "replay" => &["model", "kernels", "device", "config"],
        "doctor" => &["model", "kernels", "device", "config", "theme"],
        "run" | "eval" | "test" | "route" => &ALL[..8],
        "" | "open" | "show" | "config" | "config show" => &ALL,
        below if below.starts_with("route ") => &["router", "model", "seed", "kernels", "config"],
        _ => &["config"],
    }
}

/// The command line, with its help cut to what each command listens to.
pub fn command() -> Command {
    let mut command = Cli::command();
    // Only now do the commands have the global options of those above them.
    command.build();
    cut(command, "")
}

fn cut(command: Command, name: &str) -> Command {
    let heard = heard(name);
    let cut = |arg: Arg| {
        let id = arg.get_id().as_str();
        let out = ALL.contains(&id) && !heard.contains(&id);
        let hidden = out || arg.is_hide_set();
        arg.hide(hidden)
    };
    command.mut_args(cut).mut_subcommands(|below| {
        let name = format!("{name} {}", below.get_name());
        self::cut(below, name.trim_start())
    })
}
