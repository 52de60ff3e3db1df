//! The shell: builds the parts, starts the face that was asked for, does the effects. The only floor that sees all.

pub mod cli;
