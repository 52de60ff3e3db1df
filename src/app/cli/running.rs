//! What can be said to `run` and `show`: a task, a plan or a session that goes on, a screen without a terminal.

use super::EXIT_CODES;
use clap::Args;
use std::path::PathBuf;

const RUN_HELP: &str = "\
Examples:
  plantern run \"Take the last letters of the words in \\\"Ada King\\\" and concatenate them using a space.\"
  plantern run --strategy direct --seed 7 --json TASK      JSON lines, the last one the result
  plantern run - < task.txt                                the task from stdin
  plantern run --plan plan.txt                             a plan in the notation; functions need no model
  plantern run --session trip.jsonl TASK                   write the session there
  plantern run --session trip.jsonl                        go on with it

A plan is a line with the goal and a line for each step, parts of a step deeper than it, by any width:
  QC: Take the last letters of \"Ada King\"
    QS: [split] What are the words in \"Ada King\"?
    QS: (project_values) [str_position] What is the last letter in \"#1\"?";

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
    /// The session file
    #[arg(value_name = "SESSION")]
    pub session: PathBuf,

    /// Go to this event first
    #[arg(long, value_name = "SEQ")]
    pub at: Option<u32>,

    /// Columns and rows of the screen
    #[arg(long, value_name = "COLUMNSxROWS", default_value = "120x40", value_parser = size)]
    pub size: (u16, u16),

    /// Keys to press, with spaces between them: `j`, `enter`, `C-d`; what stands in quotes is typed: `'Ada King'`
    #[arg(long, value_name = "KEYS", default_value = "")]
    pub keys: String,

    /// An SVG picture instead of text
    #[arg(long)]
    pub svg: bool,
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let read = |number: &str| number.trim().parse::<u16>().ok().filter(|number| (1..=1000).contains(number));
    text.split_once(['x', 'X'])
        .and_then(|(columns, rows)| Some((read(columns)?, read(rows)?)))
        .ok_or_else(|| "a size is columns and rows from 1 to 1000, like 120x40".to_owned())
}
