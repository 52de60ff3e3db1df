//! The plan: a graph of tasks with *part* edges (task to sub-task, ordered) and *needs* edges (answer to question).
//!
//! Everybody above speaks `TaskId`. A plan is acyclic by construction: an edit that would close a circle is refused with
//! the circle named. A copy of a plan shares what it holds, so old states, branches and trials are kept whole.

mod budget;
mod check;
mod circles;
mod context;
mod edit;
mod exact;
mod graph;
pub mod lint;
mod margins;
pub mod notation;
mod operator;
mod outline;
mod phrase;
mod redraft;
mod rework;
mod same;
mod task;
mod value;

pub use budget::{Budget, Spent};
pub use check::{CHECKS, Check, whole};
pub use edit::Edit;
pub use exact::{check_question, function_pieces, questions};
pub use graph::{Difference, Plan, PlanError};
pub(crate) use margins::{Margins, cut_margin};
pub use operator::{Operator, Over};
pub use outline::{Reading, outline, read_outline};
pub use phrase::{Phrase, Piece};
pub use redraft::{Changed, Redraft, outline_of, redraft};
pub use rework::{Reworked, rewritten};
pub use same::Compare;
pub use task::{Draft, Task};
pub use value::{bind, fill, fill_pieces, items, join, show};
