//! Files: session files, model files, themes, configuration. Knows paths, not meanings.
pub mod models;
