//! The terminal face: draws the workbench and turns keys and clicks into messages.
//!
//! Drawing reads the state and never changes it; what it has to remember between frames is in a [`Cache`]. The event
//! loop and the terminal itself are the shell's.

pub mod clean;
pub mod text;
pub mod theme;
mod paper;
