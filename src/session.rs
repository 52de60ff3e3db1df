//! The session: an append-only log of what happened, and the state it folds to.
//!
//! [`Journal`] is the log with its pointer, [`Session`] the fold up to the pointer, [`Event`] what can have happened.
//! Nothing here reads a file or a clock, and replay calls no expert: everything that can not be computed again stands
//! in the events.

pub mod amend;
mod aside;
pub mod branches;
pub mod compare;
pub mod event;
mod fold;
mod journal;
pub mod line;
pub mod merge;
mod route;

pub use amend::{Amended, Amendment};
pub use aside::{Aside, Breakpoint, Debugging, Hit, Phase, StepGrain, Watch};
pub use event::{Actor, Event, Limits, Purpose, Settings};
pub use fold::{Judged, Progress, Session, Solved};
pub use journal::{Call, Entry, Journal, JournalError, Outcome, Record};
