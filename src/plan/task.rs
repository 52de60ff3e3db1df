//! One task: what it asks, how it takes its inputs, who was named to answer it.

use super::{Budget, Check, Operator, Phrase};
use crate::ids::TaskId;
use serde::{Deserialize, Serialize};

/// One node of the plan. Its answer and state are not here: they are what the session made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    pub id: TaskId,
    #[serde(flatten)]
    pub draft: Draft,
    /// How often a person asked for a fresh attempt; part of every key, so that a repeat is a new call.
    #[serde(default)]
    pub attempt: u32,
    /// Answered by one direct call; its parts are kept and sleep.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub collapsed: bool,
}

/// A task before it has a place in the plan: what a strategy proposes, a person types, a file holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    pub phrase: Phrase,
    /// How answers of other tasks enter the question. `None` reads as `select`, and is written as nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    /// The expert named by the decomposition or by a person; the router may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expert: Option<String>,
    /// The strategy for this task; `None` inherits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// The router that chooses the experts of this task and of all below it; `None` inherits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub router: Option<String>,
    /// What its answer must be like to count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// What it and all below it may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
}

impl Draft {
    /// A task that is text alone.
    pub fn text(text: impl Into<String>) -> Draft {
        Draft { phrase: Phrase::text(text), ..Draft::default() }
    }
}
