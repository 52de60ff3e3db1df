//! Rules on the form of an answer: a number, a list, a few words, one of some texts.

use super::{Judge, Next, Scene, holds};
use crate::plan::Check;

pub(super) struct Rule;

impl Judge for Rule {
    fn name(&self) -> &'static str {
        "rule"
    }

    fn about(&self) -> &'static str {
        "the form of the answer: number, list, list of N, at most N words, one of A | B"
    }

    fn judge(&self, scene: &Scene<'_>) -> Option<Next> {
        let answer = scene.answer.trim();
        let kept = match scene.rule {
            Check::Number => answer.parse::<f64>().is_ok_and(f64::is_finite),
            Check::List(length) => match serde_json::from_str::<Vec<serde_json::Value>>(answer) {
                Ok(items) => length.is_none_or(|length| items.len() == length),
                Err(_) => false,
            },
            Check::Words(most) => answer.split_whitespace().count() <= *most,
            Check::OneOf(texts) => texts.iter().any(|text| text == answer),
            _ => return None,
        };
        Some(holds(self, scene, kept))
    }
}
