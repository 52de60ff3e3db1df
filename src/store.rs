//! Files: session files, model files, configuration. Knows paths, not meanings.

pub mod config;
pub mod disk;
mod error;
pub mod models;
pub mod places;
pub mod routing;
pub mod sessions;

pub use error::StoreError;
