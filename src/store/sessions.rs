//! Session files: made, opened, appended to, listed. Called by `app`; what the entries mean is `session`'s business.
//!
//! One [`Claim`] is the right to write one file; the [`SessionWriter`] is the thread that has it. What it acknowledges
//! survives a crash, a power cut and a failing disk. Times come in as milliseconds since 1970.

mod claim;
mod create;
mod list;
mod open;
mod writer;

pub use claim::Claim;
pub use create::{create, save_as};
pub use list::{Listed, Title, latest, list};
pub use open::{OpenSession, open, read};
pub use writer::{Saving, SessionWriter};

/// What session files end in; other files of the folder are not listed.
pub const EXTENSION: &str = "jsonl";

/// The largest session file that is read or written, in bytes.
pub const MOST_BYTES: u64 = 2 << 30;

/// A time in UTC, to the second.
fn moment(milliseconds: u64) -> jiff::Timestamp {
    let time = i64::try_from(milliseconds).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

/// RFC 3339, UTC, to the second: the `created` of headers.
fn stamp(milliseconds: u64) -> String {
    moment(milliseconds).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests;
