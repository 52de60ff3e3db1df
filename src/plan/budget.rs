//! What a task may cost, as short text that can be typed; what was spent of it, and what is left.

use crate::figure::{counted, short};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a task and everything below it may cost in this session; calls to functions are free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u32>,
    /// Seconds that calls took, added up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// In the currency of the configured prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}

/// What calls cost together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    pub calls: u32,
    pub output_tokens: u32,
    pub seconds: f64,
    pub cost: f64,
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, other: Spent) {
        self.calls += other.calls;
        self.output_tokens += other.output_tokens;
        self.seconds += other.seconds;
        self.cost += other.cost;
    }
}

impl Budget {
    /// Which part of it one more call would break, in words.
    pub fn broken(self, spent: Spent) -> Option<String> {
        let parts = Budget {
            calls: self.calls.filter(|most| *most <= spent.calls),
            output_tokens: self.output_tokens.filter(|most| *most <= spent.output_tokens),
            seconds: self.seconds.filter(|most| *most <= spent.seconds),
            cost: self.cost.filter(|most| *most <= spent.cost),
        };
        (parts != Budget::default()).then(|| parts.to_string())
    }

    /// What is left of each part.
    pub fn left(self, spent: Spent) -> Budget {
        Budget {
            calls: self.calls.map(|most| most.saturating_sub(spent.calls)),
            output_tokens: self.output_tokens.map(|most| most.saturating_sub(spent.output_tokens)),
            seconds: self.seconds.map(|most| (most - spent.seconds).max(0.0)),
            cost: self.cost.map(|most| (most - spent.cost).max(0.0)),
        }
    }

    /// What has been spent already and what may still be, as one budget.
    pub fn beyond(self, spent: Spent) -> Budget {
        Budget {
            calls: self.calls.map(|left| left.saturating_add(spent.calls)),
            output_tokens: self.output_tokens.map(|left| left.saturating_add(spent.output_tokens)),
            seconds: self.seconds.map(|left| left + spent.seconds),
            cost: self.cost.map(|left| left + spent.cost),
        }
    }

    /// The narrower of both in each part that this one has.
    pub fn within(self, other: Budget) -> Budget {
        fn narrow<T: PartialOrd + Copy>(own: Option<T>, other: Option<T>) -> Option<T> {
            own.map(|own| other.filter(|other| *other < own).unwrap_or(own))
        }
        Budget {
            calls: narrow(self.calls, other.calls),
            output_tokens: narrow(self.output_tokens, other.output_tokens),
            seconds: narrow(self.seconds, other.seconds),
            cost: narrow(self.cost, other.cost),
        }
    }

    /// Both: the narrower where both have a part.
    pub fn and(self, other: Budget) -> Budget {
        let all = Budget {
            calls: self.calls.or(other.calls),
            output_tokens: self.output_tokens.or(other.output_tokens),
            seconds: self.seconds.or(other.seconds),
            cost: self.cost.or(other.cost),
        };
        all.within(self).within(other)
    }

    /// The same in figures that are read at a glance: seconds to a tenth.
    pub fn rounded(self) -> Budget {
        Budget { seconds: self.seconds.map(|seconds| (10.0 * seconds).round() / 10.0), ..self }
    }

    /// Twice as much of what is spent, seconds up to the next tenth.
    pub fn raised(self, spent: Spent) -> Budget {
        Budget {
            calls: self.calls.map(|most| if most <= spent.calls { (2 * spent.calls).max(1) } else { most }),
            output_tokens: self.output_tokens.map(|most| match most <= spent.output_tokens {
                true => (2 * spent.output_tokens).max(1),
                false => most,
            }),
            seconds: self.seconds.map(|most| match most <= spent.seconds {
                true => (20.0 * spent.seconds).ceil() / 10.0,
                false => most,
            }),
            cost: self.cost.map(|most| if most <= spent.cost { 2.0 * spent.cost } else { most }),
        }
    }

    /// Without the parts that are spent; `None` when nothing is left of it.
    pub fn lifted(self, spent: Spent) -> Option<Budget> {
        let left = Budget {
            calls: self.calls.filter(|most| spent.calls < *most),
            output_tokens: self.output_tokens.filter(|most| spent.output_tokens < *most),
            seconds: self.seconds.filter(|most| spent.seconds < *most),
            cost: self.cost.filter(|most| spent.cost < *most),
        };
        (left != Budget::default()).then_some(left)
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = self.calls.map(|calls| counted(calls, "call"));
        let tokens = self.output_tokens.map(|tokens| format!("{tokens} tokens"));
        let seconds = self.seconds.map(|seconds| format!("{} s", short(seconds)));
        let cost = self.cost.map(|cost| format!("{} money", short(cost)));
        let parts: Vec<String> = [calls, tokens, seconds, cost].into_iter().flatten().collect();
        f.write_str(&parts.join(", "))
    }
}

impl FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Budget, String> {
        let unknown = || {
            let text = text.trim();
            format!(
                "`{text}` is no budget: write `3 calls`, `200 tokens`, `30 s`, `0.05 money`, with commas between"
            )
        };
        let mut budget = Budget::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (number, unit) = part.split_once(' ').ok_or_else(unknown)?;
            let whole = || number.parse().map_err(|_| unknown());
            let amount = || {
                let amount = number.parse::<f64>().ok().filter(|amount| amount.is_finite() && 0.0 <= *amount);
                amount.ok_or_else(unknown)
            };
            match unit.trim() {
                "call" | "calls" => budget.calls = Some(whole()?),
                "token" | "tokens" => budget.output_tokens = Some(whole()?),
                "s" | "second" | "seconds" => budget.seconds = Some(amount()?),
                "min" | "minute" | "minutes" => budget.seconds = Some(60.0 * amount()?),
                "money" | "cost" => budget.cost = Some(amount()?),
                _ => return Err(unknown()),
            }
        }
        if budget == Budget::default() { Err(unknown()) } else { Ok(budget) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn budget(text: &str) -> Budget {
        text.parse().unwrap()
    }

    #[test]
    fn budgets_are_written_as_they_are_read() {
        for text in
            ["3 calls", "200 tokens", "1 call, 200 tokens", "2.5 s", "3 calls, 200 tokens, 30 s, 0.05 money"]
        {
            assert_eq!(budget(text).to_string(), text);
        }
        assert_eq!(budget("2 min").to_string(), "120 s");
        for text in ["much", "3", "-1 s", "inf s", "3 apples", ""] {
            assert!(text.parse::<Budget>().is_err(), "{text}");
        }
    }

    #[test]
    fn each_part_is_spent_by_itself() {
        let all = budget("3 calls, 200 tokens, 10 s, 0.5 money");
        let check = |calls, output_tokens, seconds, cost, expected: Option<&str>| {
            assert_eq!(all.broken(Spent { calls, output_tokens, seconds, cost }).as_deref(), expected);
        };
        check(2, 199, 9.9, 0.4, None);
        check(3, 0, 0.0, 0.0, Some("3 calls"));
        check(0, 200, 0.0, 0.0, Some("200 tokens"));
        check(0, 0, 12.0, 0.0, Some("10 s"));
        check(3, 0, 0.0, 0.5, Some("3 calls, 0.5 money"));
        let spent = Spent { calls: 3, output_tokens: 50, seconds: 4.0, cost: 0.1 };
        assert_eq!(all.left(spent).to_string(), "0 calls, 150 tokens, 6 s, 0.4 money");
        assert_eq!(all.raised(spent).to_string(), "6 calls, 200 tokens, 10 s, 0.5 money");
        assert_eq!(all.lifted(spent).unwrap().to_string(), "200 tokens, 10 s, 0.5 money");
        assert_eq!(budget("3 calls").lifted(spent), None);
        let spent = Spent { seconds: 9.9134, ..spent };
        assert_eq!(budget("6 s").raised(spent).to_string(), "19.9 s");
        assert_eq!(budget("28.6101 s").left(spent).rounded().to_string(), "18.7 s");
    }

    #[test]
    fn a_budget_is_narrowed_and_never_widened() {
        assert_eq!(budget("9 calls, 5 s").within(budget("3 calls, 7 tokens")).to_string(), "3 calls, 5 s");
        assert_eq!(
            budget("9 calls, 5 s").and(budget("3 calls, 7 tokens")).to_string(),
            "3 calls, 7 tokens, 5 s"
        );
    }

    proptest! {
        #[test]
        fn what_is_within_another_breaks_no_later(own in 0u32..9, other in 0u32..9, calls in 0u32..9) {
            let of = |calls| Budget { calls: Some(calls), ..Budget::default() };
            let spent = Spent { calls, ..Spent::default() };
            let broken = of(own).within(of(other)).broken(spent).is_some();
            prop_assert_eq!(broken, of(own).broken(spent).is_some() || of(other).broken(spent).is_some());
            prop_assert_eq!(of(own).left(spent).beyond(spent).calls, Some(own.max(calls)));
        }
    }
}
