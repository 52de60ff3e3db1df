//! Plantern: a terminal workbench for plans made by language models.
//!
//! The modules are the floors of a house, lowest first; an arrow may only point down. ARCHITECTURE.md tells why.
//! To understand the program read `session::event`, then `engine::controller`, then `workbench::update`.

pub mod ask;
pub mod decision;
pub mod visible;

pub mod app;
pub mod engine;
pub mod expert;
pub mod headless;
pub mod ids;
pub mod plan;
pub mod router;
pub mod session;
pub mod store;
pub mod strategy;
pub mod workbench;
