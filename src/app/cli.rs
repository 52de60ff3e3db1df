//! The command line: what can be typed, and the help for it. Says what was asked for; `app` does it.
//!
//! Here stand the commands, their global options and what is short; what takes many options has a file below.

mod cases;
mod models;
mod options;
mod routing;
mod running;

pub use cases::{Eval, Import};
pub use models::Models;
pub use options::command;
pub use routing::{Route, RouteEval};
pub use running::{Run, Show};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
    0  done
    1  goal not met: a task failed or is stuck, a check failed, a file is damaged
    2  usage or configuration: an unknown name, a file that can not be read
    3  a model that is needed is not available
    4  a limit on calls or tokens is reached
    5  a task waits for a person's answer
  130  interrupted";

const EXAMPLES: &str = "\
Examples:
  plantern                                  open the workbench on an example
  plantern \"What is 12% of 2,050?\"          open it on your own task
  plantern open sessions/letters.jsonl      go on with a session, or look at a recorded one
  plantern run --json \"Reverse the sequence \\\"pen, key\\\".\" | tail -1
  plantern doctor                           what is there, what is missing, how to get it";

const REPLAY_HELP: &str = "\
--again asks the models that the session was made with (or the --model you name) for every answer of the log, on all
branches. Nothing is written. Left out are answers of persons, calls that did not come to an end, and repetitions. Other
kernels, another build or another file of the model may well give other tokens. Numbers of which the router makes the same
choice, and vectors that are off by rounding alone, are close: counted apart, with how far they are off. Ends with 0 when
all are identical or close, with 1 when one differs or fails, with 3 when a model is not there.

Examples:
  plantern replay sessions/hamlet.jsonl
  plantern replay --again sessions/hamlet.jsonl
  plantern replay --again --json trip.jsonl | tail -1";

const COMPARE_HELP: &str = "\
Ends with 0 when nothing differs, with 1 when something does. Marked `first` is the first divergent step: it differs,
and nothing that it was made of does.

B may be gold instead of a session: an outline with answers (`A:` below each `QS:`), or JSON lines with `task` and
`steps` (answers, or {\"text\", \"answer\"}), ProcBench, GSM8K or StrategyQA; the case about the same goal is taken, or
FILE@N. Steps without words are a sequence of states: the first is held against the first task.

Examples:
  plantern compare monday.jsonl tuesday.jsonl
  plantern compare trip.jsonl#main trip.jsonl#cheaper --json
  plantern compare trip.jsonl@12 trip.jsonl                 as it was at event 12, and now
  plantern compare trip.jsonl gold.txt                      against what the steps should come to";
const TEST_HELP: &str = "\
A case holds a task, the expected answers, checks and answers of its steps, the plan if a person made it, and what the
experts said. Without --model these replies answer, functions compute, and nothing else is asked: what has changed in
strategies, functions, checks or the plan shows. With --model the model is asked anew. Ends with 0 when all pass, with 1
when one fails, with 3 when the model is not there. A failed case shows what was expected (-) and what came (+), the step
that went wrong first on top.

Examples:
  plantern test cases/*.toml
  plantern test cases/*.toml --model smollm2 --json
  plantern test letters.jsonl --model smollm2       cases as `eval` takes them, each has to be right";

/// A workbench for plans made by language models: step, edit and re-route sub-tasks, with a local model.
#[derive(Debug, Parser)]
#[command(name = "plantern", version, max_term_width = 100)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Cli {
    /// The task to open the workbench on; without a terminal it is run and told in plain lines
    #[arg(value_name = "TASK")]
    pub task: Option<String>,

    /// Labelled lines instead of the workbench, also on a terminal
    #[arg(long)]
    pub plain: bool,

    #[command(flatten)]
    pub global: Global,

    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options that every command takes, before or behind its name; `options` says who listens to which.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    /// How tasks are decomposed: see `plantern strategies`
    #[arg(long, global = true, value_name = "NAME")]
    pub strategy: Vec<String>,

    /// How experts are chosen: see `plantern routers`
    #[arg(long, global = true, value_name = "NAME")]
    pub router: Option<String>,

    /// The language model: a name, or the path of a GGUF file; LoRA adapters behind it as in "NAME + FILE"
    #[arg(long, global = true, value_name = "NAME|PATH", env = "PLANTERN_MODEL")]
    pub model: Option<String>,

    /// Seed of every random draw: same seed, same tokens
    #[arg(long, global = true, value_name = "N")]
    pub seed: Option<u64>,

    /// How freely tokens are drawn; 0 takes the likeliest
    #[arg(long, global = true, value_name = "T")]
    pub temperature: Option<f32>,

    /// The kernels of local models: portable, avx2, avx-vnni, avx512-vnni, neon or neon-dotprod; otherwise the
    /// fastest that the processor has
    #[arg(long, global = true, value_name = "NAME", env = "PLANTERN_KERNELS")]
    pub kernels: Option<String>,

    /// Where language models compute: cpu, cuda, cuda:1, metal, or any, the first GPU that is there
    #[arg(long, global = true, value_name = "NAME", env = "PLANTERN_DEVICE")]
    pub device: Option<String>,

    /// Colours of the workbench
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<String>,

    /// Read this configuration file instead of the usual one
    #[arg(long, global = true, value_name = "FILE", env = "PLANTERN_CONFIG")]
    pub config: Option<PathBuf>,
}

impl Global {
    /// The model that was named; an empty variable names none.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref().filter(|name| !name.is_empty())
    }

    /// The kernels that were named, likewise.
    pub fn kernels(&self) -> Option<&str> {
        self.kernels.as_deref().filter(|name| !name.is_empty())
    }

    /// The device that was named, likewise.
    pub fn device(&self) -> Option<&str> {
        self.device.as_deref().filter(|name| !name.is_empty())
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a task, a plan or the rest of a session without the workbench
    Run(Run),
    /// Press keys in the workbench without a terminal and print the screen
    Show(Show),
    /// Open a session in the workbench
    Open {
        /// The session file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Leave the file as it is: the first change makes a copy among your own sessions
        #[arg(long)]
        copy: bool,
    },
    /// Fold sessions again and print the hash of what they come to; nobody is asked, or with --again everybody
    #[command(after_help = REPLAY_HELP)]
    Replay {
        /// The session files
        #[arg(value_name = "SESSION", required = true)]
        sessions: Vec<PathBuf>,
        /// Make every call once more with its seed and compare it with the log, token by token
        #[arg(long)]
        again: bool,
        /// One JSON object a session; with --again one a call as well
        #[arg(long)]
        json: bool,
    },
    /// Put two sessions or branches beside each other (FILE, FILE#BRANCH, FILE@EVENT), or a session and gold
    #[command(after_help = COMPARE_HELP)]
    Compare {
        /// A session
        #[arg(value_name = "A")]
        one: String,
        /// Another session, or gold
        #[arg(value_name = "B")]
        other: String,
        /// One JSON object a task, the last one the sums
        #[arg(long)]
        json: bool,
    },
    /// Print the whole lines of a damaged session that stand behind its damage, as JSON lines
    Salvage {
        /// The damaged session
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Name what is suspicious in the plan of a session, or in a plan in the notation
    Lint {
        /// A session, or a text; `-` reads a text from stdin
        #[arg(value_name = "SESSION|PLAN|-")]
        file: PathBuf,
        /// One JSON object a finding
        #[arg(long)]
        json: bool,
    },
    /// List, get and inspect models
    Models {
        #[command(subcommand)]
        command: Option<Models>,
        /// JSON instead of a table
        #[arg(long, global = true)]
        json: bool,
    },
    /// List the experts that can answer tasks
    Experts {
        /// One JSON object an expert
        #[arg(long)]
        json: bool,
    },
    /// List the ways to decompose a task
    Strategies {
        /// One JSON object a strategy
        #[arg(long)]
        json: bool,
    },
    /// List the ways to choose an expert
    Routers {
        /// One JSON object a router
        #[arg(long)]
        json: bool,
    },
    /// Choose an expert for a task and show all candidates, without running anything
    #[command(args_conflicts_with_subcommands = true, after_help = routing::HELP)]
    Route {
        /// The task; `-` reads stdin. A tag in front, as in `[split] …`, is what the `tag` router follows
        #[arg(value_name = "TASK|-")]
        task: Option<String>,
        /// The decision as one JSON object
        #[arg(long)]
        json: bool,
        #[command(subcommand)]
        command: Option<Route>,
    },
    /// Run regression cases: from their recorded replies, or with --model anew
    #[command(after_help = TEST_HELP)]
    Test {
        /// Cases written with `+` in the workbench (TOML), or JSON lines with `task` and `answer`
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// One JSON object a case, the last one the sum
        #[arg(long)]
        json: bool,
    },
    /// Compare strategies on a file of cases
    #[command(after_help = cases::EVAL_HELP)]
    Eval(Eval),
    /// Make a file of cases from a data set, or check a file of worked decompositions
    Import(Import),
    /// Write a session in another form
    Export {
        /// The session file
        #[arg(value_name = "SESSION")]
        session: PathBuf,
        /// What is written
        #[arg(long, value_enum, default_value = "outline")]
        format: ExportFormat,
    },
    /// Look at everything the program needs and say what is missing
    Doctor {
        /// One JSON object a check
        #[arg(long)]
        json: bool,
    },
    /// Make, find and show the configuration: the files that are read, every setting and where it comes from
    Config {
        #[command(subcommand)]
        command: Option<Config>,
        /// One JSON object a file and a setting
        #[arg(long, global = true)]
        json: bool,
    },
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  plantern completions bash > ~/.local/share/bash-completion/completions/plantern"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The plan in the notation with its answers
    Outline,
    /// Plan, answers and decisions as one JSON object
    Json,
}

#[derive(Clone, Debug, Subcommand)]
pub enum Config {
    /// Write a commented configuration file where there is none
    Init,
    /// Print where the configuration is looked for
    Path,
    /// Print the files that are read, and every setting in force with where it comes from; never a key (the default)
    Show,
}

impl Cli {
    /// What clap can not see: a word that looks like a command misspelt, options that only one command takes twice.
    ///
    /// # Errors
    /// Words for the person; the exit code is 2.
    pub fn check(&self) -> Result<(), String> {
        if let Some(task) = &self.task
            && let near = nearest_command(task)
            && (is_word(task) || !task.contains(char::is_whitespace) && near.is_some())
        {
            let near = near.map(|near| format!("; did you mean `plantern {near}`?"));
            return Err(format!(
                "there is no command `{task}`{} As a task: plantern run -- {task}",
                near.as_deref().unwrap_or(": `plantern help` lists them.")
            ));
        }
        if let (Some(task), Some(_)) = (&self.task, &self.command) {
            return Err(format!("`{task}` before a command says nothing: put the task behind `run`"));
        }
        if let Some(Command::Run(run)) = &self.command
            && run.task.is_none()
            && run.plan.is_none()
            && run.session.is_none()
            && !run.schema
        {
            let help = "give a TASK (or `-` for stdin), a --plan, or a --session to go on with";
            return Err(format!("nothing to run: {help}"));
        }
        if 1 < self.global.strategy.len() && !matches!(self.command, Some(Command::Eval(_))) {
            return Err("only `plantern eval` takes more than one --strategy".to_owned());
        }
        Ok(())
    }
}

/// Is this what commands look like? No task is one word in small letters.
fn is_word(task: &str) -> bool {
    !task.is_empty() && task.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// The command that a word is a slip of the finger away from.
fn nearest_command(word: &str) -> Option<String> {
    let command = <Cli as clap::CommandFactory>::command();
    let names = command.get_subcommands().map(|command| command.get_name().to_owned());
    let away = |name: &String| strsim::levenshtein(name, word);
    names.filter(|name| away(name) <= 1 + usize::from(6 < name.len())).min_by_key(away)
}

#[cfg(test)]
mod tests;
