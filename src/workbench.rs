//! The workbench: everything the screen shows, nothing of how. Pure: [`update`] turns a [`Message`] into a new [`State`]
//! and [`Effect`]s; faces draw the state, the shell does the effects.

pub mod action;
pub mod buffer;
pub mod case;
pub mod chord;
pub mod clock;
pub mod debug;
pub mod decisions;
pub mod effect;
pub mod figures;
pub mod keymap;
pub mod learning;
pub mod ledger;
pub mod lessons;
pub mod lines;
pub mod mode;
pub mod review;
pub mod rows;
pub mod sheet;
pub mod state;
pub mod tokens;
pub mod ui;
pub mod update;
pub mod votes;

pub use action::Action;
pub use chord::{Chord, Key};
pub use effect::Effect;
pub use mode::Mode;
pub use state::{Live, Message, Notice, Run, SessionFile, State, Stored, Summary, Weight};
pub use ui::{Figure, Focus, Place, RowId, Tab, Target, TokenCursor, Ui};
pub use update::update;
