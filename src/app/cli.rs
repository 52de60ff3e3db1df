//! The command line: what can be typed, and the help for it. Says what was asked for; `app` does it.

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

const RUN_HELP: &str = "\
Examples:
  plantern run \"Take the last letters of the words in \\\"Ada King\\\" and concatenate them using a space.\"
  plantern run --strategy direct --seed 7 --json TASK      JSON lines, the last one the result
  plantern run - < task.txt                                the task from stdin
  plantern run --plan plan.txt                             a plan in the notation; functions need no model
  plantern run --session trip.jsonl TASK                   write the session there
  plantern run --session trip.jsonl                        go on with it

A plan is a line with the goal and a line for each step, parts of a step two spaces deeper:
  QC: Take the last letters of \"Ada King\"
    QS: [split] What are the words in \"Ada King\"?
    QS: (project_values) [str_position] What is the last letter in \"#1\"?";

const REPLAY_HELP: &str = "\
--again asks the models that the session was made with (or the --model you name) for every answer of the log, on all
branches. Nothing is written. Left out are answers of persons, calls that did not come to an end, and repetitions. Other
kernels, another build or another file of the model may well give other tokens. Ends with 0 when all are identical, with 1
when one differs or fails, with 3 when a model is not there.

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
const ROUTE_HELP: &str = "\
Examples:
  plantern route \"Reverse the sequence \\\"pen, key\\\".\" --router embedding
  plantern route eval data_small.json --table domains.json --vectors clinc.vectors
  plantern route eval gsm8k_responses.csv";

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

const EVAL_HELP: &str = "\
The file has one JSON object a line: {\"task\": \"…\", \"answer\": \"…\"}, and \"context\": \"…\" if the task needs a text.
`plantern import` makes such files from data sets. An answer that is a list is written as a JSON list.

Examples:
  plantern import n3_eg100_pos2_space.json -o letters.jsonl
  plantern eval letters.jsonl --strategy decomposed --strategy direct
  plantern eval letters.jsonl --limit 20 --json > results.jsonl";

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

/// Options that every command takes, before or behind its name.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    /// How tasks are decomposed: see `plantern strategies`
    #[arg(long, global = true, value_name = "NAME")]
    pub strategy: Vec<String>,

    /// How experts are chosen: see `plantern routers`
    #[arg(long, global = true, value_name = "NAME")]
    pub router: Option<String>,

    /// The language model: a name, or the path of a GGUF file
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

    /// Colours of the workbench
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<String>,

    /// Read this configuration file instead of the usual one
    #[arg(long, global = true, value_name = "FILE", env = "PLANTERN_CONFIG")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a task, a plan or the rest of a session without the workbench
    Run(Run),
    /// Press keys in the workbench without a terminal and print the screen
    Show(Show),
    /// Open a session in the workbench
    Open {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Leave the file as it is: the first change makes a copy among your own sessions
        #[arg(long)]
        copy: bool,
    },
    /// Fold sessions again and print the hash of what they come to; nobody is asked, or with --again everybody
    #[command(after_help = REPLAY_HELP)]
    Replay {
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
        #[arg(value_name = "A")]
        one: String,
        #[arg(value_name = "B")]
        other: String,
        /// One JSON object a task, the last one the sums
        #[arg(long)]
        json: bool,
    },
    /// Print the whole lines of a damaged session that stand behind its damage, as JSON lines
    Salvage {
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
    Strategies,
    /// List the ways to choose an expert
    Routers,
    /// Choose an expert for a task and show all candidates, without running anything
    #[command(args_conflicts_with_subcommands = true, after_help = ROUTE_HELP)]
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
    #[command(after_help = EVAL_HELP)]
    Eval(Eval),
    /// Make a file of cases from a data set, or check a file of worked decompositions
    Import(Import),
    /// Write a session in another form
    Export {
        #[arg(value_name = "SESSION")]
        session: PathBuf,
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
    Completions { shell: clap_complete::Shell },
}

#[derive(Clone, Debug, Default, Args)]
#[command(after_help = format!("{RUN_HELP}\n\n{EXIT_CODES}"))]
pub struct Run {
    /// The task in plain words; `-` reads it from stdin
    #[arg(value_name = "TASK|-", conflicts_with = "plan")]
    pub task: Option<String>,

    /// JSON lines on stdout, the last one the result
    #[arg(long, conflicts_with = "plain")]
    pub json: bool,

    /// Labelled lines and the plan with its answers (the default)
    #[arg(long)]
    pub plain: bool,

    /// Run a plan in the notation instead of a task; `-` reads it from stdin
    #[arg(long, value_name = "FILE|-")]
    pub plan: Option<PathBuf>,

    /// The session file: written when a task or plan is given, else gone on with
    #[arg(long, value_name = "FILE")]
    pub session: Option<PathBuf>,

    /// At most this many calls to models and people in the whole session
    #[arg(long, value_name = "N")]
    pub max_calls: Option<u32>,

    /// At most this many tokens written by models in the whole session
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<u32>,

    /// At most so many seconds of calls in the whole session
    #[arg(long, value_name = "SECONDS")]
    pub max_seconds: Option<f64>,

    /// At most this cost of calls in the whole session, by the configured prices
    #[arg(long, value_name = "MONEY")]
    pub max_cost: Option<f64>,

    /// Say what is left to do and what it would take, and run nothing; with --plan or --session
    #[arg(long)]
    pub dry_run: bool,

    /// Say beforehand what it would take, and afterwards how wrong that was
    #[arg(long)]
    pub estimate: bool,

    /// The answer to the next task that waits for a person; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub answer_person: Vec<String>,

    /// Print the JSON schema of the lines and exit
    #[arg(long, exclusive = true)]
    pub schema: bool,
}

#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:\n  plantern show sessions/letters.jsonl --size 140x45 --keys \"j j s r\"")]
pub struct Show {
    #[arg(value_name = "SESSION")]
    pub session: PathBuf,

    /// Go to this event first
    #[arg(long, value_name = "SEQ")]
    pub at: Option<u32>,

    /// Columns and rows of the screen
    #[arg(long, value_name = "COLUMNSxROWS", default_value = "120x40", value_parser = size)]
    pub size: (u16, u16),

    /// Keys to press, with spaces between them: `j`, `enter`, `C-d`
    #[arg(long, value_name = "KEYS", default_value = "")]
    pub keys: String,

    /// An SVG picture instead of text
    #[arg(long)]
    pub svg: bool,
}

#[derive(Clone, Debug, Subcommand)]
pub enum Models {
    /// The models that were found, those that can be fetched, and the servers (the default)
    List {
        /// Ask the servers whether they answer
        #[arg(long)]
        contact: bool,
    },
    /// Get a model
    Pull { name: String },
    /// Print where a model lies
    Path { name: String },
    /// Put a GGUF file into the model folder, after its header was checked
    Add {
        file: PathBuf,
        /// Link to the file instead of copying it
        #[arg(long)]
        link: bool,
    },
    /// Print what a GGUF file says of itself: architecture, quantisation, context, template, memory
    Inspect {
        /// A path, or a name as `models list` shows it
        file: PathBuf,
    },
    /// Take a model out of the model folder; asks first
    Remove {
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Measure how fast a model reads and writes on this machine, in one line
    Bench {
        /// The language model in use if none is named
        name: Option<String>,
    },
}

#[derive(Clone, Debug, Args)]
pub struct Eval {
    /// The file of cases, JSON lines
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Only the first N cases
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,

    /// How many cases are under way together: a model carries them through the same passes
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub parallel: u16,

    /// One JSON object a case, and one for each strategy at its end
    #[arg(long)]
    pub json: bool,

    /// Take answers as equal that differ in case only
    #[arg(long)]
    pub ignore_case: bool,

    /// Take lists as equal that differ in order only
    #[arg(long)]
    pub any_order: bool,
}

#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  plantern import test_4_normal_words.json -o reverse.jsonl\n  plantern import prompts/letters.txt      check a file in the notation"
)]
pub struct Import {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// The format of the file: auto, decomp, letter_cat, reverse, commaqa, gsm8k, bbh or notation
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub format: String,

    /// Write here instead of stdout
    #[arg(short, long, value_name = "OUT")]
    pub out: Option<PathBuf>,
}

#[derive(Clone, Debug, Subcommand)]
pub enum Route {
    /// Measure routers on data sets: accuracy, out of scope, calibration, time, learning, cost against quality
    Eval(RouteEval),
    /// Learn anew from cards, files and your corrections; taken only when the before/after table passes
    Train {
        /// Files of tasks with the right expert, as `route eval` reads them
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Show the table and store nothing
        #[arg(long)]
        dry: bool,
        /// The table as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// List the versions of what was learned
    Versions,
    /// Put a version in force; 0 switches learning off
    Use { version: u32 },
    /// Print who answers which category, or put the table of a file in force
    #[command(
        after_help = "The file is TOML: `uncertain = \"EXPERT\"`, and under `[categories]` a line `CATEGORY = \"EXPERT\"` for each that changes."
    )]
    Table {
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Your reviews and what they amount to
    Review {
        /// Write out all figures: one long CSV table, or one JSON object with --json
        #[arg(long)]
        export: bool,
        /// Write out the reviews themselves, a line each
        #[arg(long)]
        ledger: bool,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Debug, Args)]
pub struct RouteEval {
    /// Data sets: CLINC150 JSON, BREAK or RouteLLM CSV, StrategyQA JSON, or JSON lines with `task` and `expert`
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Which expert answers which categories: JSON `{"expert": ["category", …]}`
    #[arg(long, value_name = "FILE")]
    pub table: Option<PathBuf>,

    /// The part that is decided; `val`, `dev` or `test` if not said
    #[arg(long, value_name = "NAME")]
    pub part: Option<String>,

    /// Routers to measure, with commas between; all that ask no language model if not said
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub routers: Vec<String>,

    /// Keep the vectors of the texts in this file, for the next time
    #[arg(long, value_name = "FILE")]
    pub vectors: Option<PathBuf>,

    /// Rows for a router that asks the language model
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub asked: usize,

    /// Embed so many texts one by one as well, and tell how long that takes
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub cold: usize,

    /// Measure the learned router after so many simulated overrides
    #[arg(long, value_name = "N,N", value_delimiter = ',')]
    pub curve: Vec<usize>,

    /// One JSON object a router
    #[arg(long)]
    pub json: bool,
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

fn size(text: &str) -> Result<(u16, u16), String> {
    let read = |number: &str| number.trim().parse::<u16>().ok().filter(|number| (1..=1000).contains(number));
    text.split_once(['x', 'X'])
        .and_then(|(columns, rows)| Some((read(columns)?, read(rows)?)))
        .ok_or_else(|| "a size is columns and rows from 1 to 1000, like 120x40".to_owned())
}

impl Cli {
    /// What clap can not see: a word that looks like a command misspelt, options that only one command takes twice.
    ///
    /// # Errors
    /// Words for the person; the exit code is 2.
    pub fn check(&self) -> Result<(), String> {
        if let Some(task) = &self.task
            && !task.contains(char::is_whitespace)
            && let Some(near) = nearest_command(task)
        {
            return Err(format!(
                "there is no command `{task}`; did you mean `plantern {near}`? As a task: plantern run -- {task}"
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

/// The command that a word is a slip of the finger away from.
fn nearest_command(word: &str) -> Option<String> {
    let command = <Cli as clap::CommandFactory>::command();
    let names = command.get_subcommands().map(|command| command.get_name().to_owned());
    let away = |name: &String| strsim::levenshtein(name, word);
    names.filter(|name| away(name) <= 1 + usize::from(6 < name.len())).min_by_key(away)
}

#[cfg(test)]
mod tests;
