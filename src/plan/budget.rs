//! What a task may cost, as short text that can be typed.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a task and everything below it may cost in this session; calls to functions are free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u32>,
}

impl Budget {
    /// Which part of it one more call would break, in words.
    pub fn broken(self, calls: u32, output_tokens: u32) -> Option<String> {
        match self {
            Budget { calls: Some(most), .. } if most <= calls => Some(format!("{most} calls")),
            Budget { output_tokens: Some(most), .. } if most <= output_tokens => {
                Some(format!("{most} tokens"))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = self.calls.map(|calls| format!("{calls} calls"));
        let tokens = self.output_tokens.map(|tokens| format!("{tokens} tokens"));
        f.write_str(&calls.into_iter().chain(tokens).collect::<Vec<_>>().join(", "))
    }
}

impl FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Budget, String> {
        let unknown = || format!("`{}` is no budget: write `3 calls`, `200 tokens` or both", text.trim());
        let mut budget = Budget::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (number, unit) = part.split_once(' ').ok_or_else(unknown)?;
            let number = number.parse().map_err(|_| unknown())?;
            match unit.trim() {
                "call" | "calls" => budget.calls = Some(number),
                "token" | "tokens" => budget.output_tokens = Some(number),
                _ => return Err(unknown()),
            }
        }
        if budget == Budget::default() { Err(unknown()) } else { Ok(budget) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_written_as_they_are_read() {
        for text in ["3 calls", "200 tokens", "3 calls, 200 tokens"] {
            assert_eq!(text.parse::<Budget>().unwrap().to_string(), text);
        }
        assert!("much".parse::<Budget>().is_err());
        let budget: Budget = "3 calls, 200 tokens".parse().unwrap();
        assert_eq!(budget.broken(2, 199), None);
        assert_eq!(budget.broken(3, 0).as_deref(), Some("3 calls"));
        assert_eq!(budget.broken(0, 200).as_deref(), Some("200 tokens"));
    }
}
