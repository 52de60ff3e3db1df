//! What the shell must do. Deciding is in `update`, doing is in `app`.

use crate::{engine::Command, session::Entry};
use std::{path::PathBuf, sync::Arc};

/// One thing to do outside; data, so that tests can compare it.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Engine(Command),
    /// Make a session file with these entries and append to it from now on.
    Create {
        title: String,
        entries: Vec<Entry>,
    },
    /// Append to the session file; `sync` asks for it to be on disk before it counts as saved.
    Append {
        entries: Vec<Entry>,
    },
    /// Write the whole session to this path and append there from now on.
    SaveAs {
        path: String,
        title: String,
        entries: Vec<Entry>,
    },
    /// Write a regression case to this path (`~` allowed), unless there is a file already.
    WriteCase {
        path: String,
        text: String,
    },
    /// Say a name near this path (`~` allowed) that no file has, if one has this.
    FreeCase(String),
    /// Read a session file typed by a person (`~` allowed). The file at hand stays the one that is appended to.
    Open(String),
    /// The session that was read last is on the desk: what is appended from now on goes to its file.
    TakeUp,
    /// Read a session file (`~` allowed) and leave it as it is: the first change makes a copy.
    Look(String),
    /// Read a session file or recorded example of the list.
    OpenListed(PathBuf),
    /// Read a session of the list to compare with it; the one at hand stays.
    ReadOther(PathBuf),
    ListSessions,
    /// Put the text into the clipboard.
    Copy(String),
    /// Open the text in the person's editor; what comes back is the typed text.
    EditOutside(String),
    StopFetching,
    /// Read the decisions of all sessions and the ledger of reviews.
    GatherReviews,
    AppendReview(Box<super::ledger::Review>),
    /// Make the next version, on a thread of its own.
    Learn(Box<super::learning::Job>),
    /// Write a version of what was learned and put it in force.
    StoreKnowledge(Arc<crate::router::Knowledge>),
    /// Write the figures of the review beside the versions, as JSON and as CSV.
    Export {
        json: String,
        csv: String,
    },
    /// Put a stored version in force, 0 for none.
    UseKnowledge(u32),
    Quit,
}
