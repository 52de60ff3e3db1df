//! Files: session files, model files, themes, configuration. Knows paths, not meanings.

pub mod config;
pub mod disk;
mod error;
pub mod places;
pub mod sessions;

pub use error::StoreError;
