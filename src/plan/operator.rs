//! The operators of Decomposed Prompting: how one question is asked of the answers it refers to.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How a task takes the answers it refers to.
///
/// Source: "Decomposed Prompting: A Modular Approach for Solving Complex Tasks".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Operator {
    /// The whole answers enter one question.
    Select,
    /// The question is asked once for each item of the first answer it refers to.
    Project {
        over: Over,
        /// List answers are laid end to end.
        flat: bool,
        /// Of equal items only the first stays.
        unique: bool,
    },
}

/// Which half of a list of pairs, or of an object, is asked about. A plain list has values only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Over {
    Values,
    Keys,
}

impl Operator {
    /// All there are, `select` first.
    pub const ALL: [Operator; 9] = {
        const fn project(over: Over, flat: bool, unique: bool) -> Operator {
            Operator::Project { over, flat, unique }
        }
        [
            Operator::Select,
            project(Over::Values, false, false),
            project(Over::Values, true, false),
            project(Over::Values, false, true),
            project(Over::Values, true, true),
            project(Over::Keys, false, false),
            project(Over::Keys, true, false),
            project(Over::Keys, false, true),
            project(Over::Keys, true, true),
        ]
    };
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operator::Select => f.write_str("select"),
            Operator::Project { over, flat, unique } => {
                f.write_str(if *over == Over::Values { "project_values" } else { "project_keys" })?;
                f.write_str(if *flat { "_flat" } else { "" })?;
                f.write_str(if *unique { "_unique" } else { "" })
            }
        }
    }
}

impl FromStr for Operator {
    type Err = String;

    fn from_str(name: &str) -> Result<Operator, String> {
        Operator::ALL.into_iter().find(|operator| operator.to_string() == name).ok_or_else(|| {
            let known = Operator::ALL.map(|operator| operator.to_string()).join(", ");
            format!("no operator is called `{name}`; there are {known}")
        })
    }
}

impl TryFrom<String> for Operator {
    type Error = String;

    fn try_from(name: String) -> Result<Operator, String> {
        name.parse()
    }
}

impl From<Operator> for String {
    fn from(operator: Operator) -> String {
        operator.to_string()
    }
}
