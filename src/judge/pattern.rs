//! Regular expressions: the whole answer matches, or it does not.

use super::{Judge, Next, Scene, holds, says};
use crate::{
    decision::Ruling,
    plan::{Check, whole},
};

pub(super) struct Pattern;

impl Judge for Pattern {
    fn name(&self) -> &'static str {
        "pattern"
    }

    fn about(&self) -> &'static str {
        "matches REGEX: the whole answer matches the regular expression"
    }

    fn judge(&self, scene: &Scene<'_>) -> Option<Next> {
        let Check::Matches(pattern) = scene.rule else { return None };
        Some(match whole(pattern) {
            Ok(regex) => holds(self, scene, regex.is_match(scene.answer.trim())),
            Err(why) => says(self, Ruling::Unsure, why),
        })
    }
}
