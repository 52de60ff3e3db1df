//! What can be said to `eval` and `import`: files of cases, and where they come from.

use clap::Args;
use std::path::PathBuf;

pub(super) const EVAL_HELP: &str = "\
The file has one JSON object a line: {\"task\": \"…\", \"answer\": \"…\"}, and \"context\": \"…\" if the task needs a text.
The text stands above the task in the goal, a blank line between them, so the decomposer sees both. Of the experts that
answer sub-tasks those see it whose card says {{ context }}; none that comes with the program does.
`plantern import` makes such files from data sets. An answer that is a list is written as a JSON list.

Examples:
  plantern import n3_eg100_pos2_space.json -o letters.jsonl
  plantern eval letters.jsonl --strategy decomposed --strategy direct
  plantern eval letters.jsonl --limit 20 --json > results.jsonl";

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
    /// The data set
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// The format of the file: auto, decomp, letter_cat, reverse, commaqa, gsm8k, bbh or notation
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub format: String,

    /// Write here instead of stdout
    #[arg(short, long, value_name = "OUT")]
    pub out: Option<PathBuf>,
}
