//! Plantern: a terminal workbench for plans made by language models.
//!
//! The modules are the floors of a house, lowest first; an arrow may only point down. ARCHITECTURE.md tells why.
//! To understand the program read `session::event`, then `engine::controller`, then `workbench::update`.

pub mod ids;

pub mod ask;
pub mod condition;
pub mod decision;
pub mod figure;
pub(crate) mod literal;
pub mod redact;
pub mod schema;
pub mod visible;

pub mod plan;

pub mod session;

pub mod expert;
pub mod router;
pub mod store;
pub mod strategy;

pub mod judge;

pub mod engine;

pub mod workbench;

pub mod headless;
pub mod tui;

pub mod app;
