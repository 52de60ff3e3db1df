//! Names for things: small newtypes over numbers, the lowest course of the house.
//!
//! An id is given once and never used again, so text, edges and log entries may point at it for ever.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $mark:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($mark, "{}"), self.0)
            }
        }
    };
}

id!(
    /// One task of a plan. Stable through every edit, undo and branch.
    TaskId, "t"
);
id!(
    /// One call: one request to an expert, together with what came back.
    CallId, "c"
);
id!(
    /// The place of a record in the log: 0 is the first event of the session.
    Seq, "@"
);
