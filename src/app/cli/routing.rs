//! What can be said to `route`: one decision, measurements, learning, versions, the table.

use clap::{Args, Subcommand};
use std::path::PathBuf;

pub(super) const HELP: &str = "\
Examples:
  plantern route \"Reverse the sequence \\\"pen, key\\\".\" --router embedding
  plantern route eval data_small.json --table domains.json --vectors clinc.vectors
  plantern route eval gsm8k_responses.csv";

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
    Use {
        /// Its number, as `route versions` shows it
        version: u32,
    },
    /// Print who answers which category, or put the table of a file in force
    #[command(
        after_help = "The file is TOML: `uncertain = \"EXPERT\"`, and under `[categories]` a line `CATEGORY = \"EXPERT\"` for each that changes."
    )]
    Table {
        /// The table to put in force; without it the one in force is printed
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
