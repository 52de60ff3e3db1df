//! JSON schemas: the answer is JSON, and of that shape. A subset of draft 2020-12, read by our own code: the keywords that
//! say something of one value; references go to `#/$defs/…` of the same schema.

use super::{Judge, Next, Scene, says};
use crate::{decision::Ruling, literal::shortened, plan::Check};
use serde_json::Value;
use valid::{breach, fault};

mod valid;

pub(super) struct Schema;

impl Judge for Schema {
    fn name(&self) -> &'static str {
        "schema"
    }

    fn about(&self) -> &'static str {
        "schema {…}: the answer is JSON of that schema (a subset of draft 2020-12)"
    }

    fn judge(&self, scene: &Scene<'_>) -> Option<Next> {
        let Check::Schema(schema) = scene.rule else { return None };
        let schema: Value = match serde_json::from_str(schema) {
            Ok(schema) => schema,
            Err(error) => return Some(says(self, Ruling::Unsure, format!("its schema is no JSON: {error}"))),
        };
        if let Some(why) = fault(&schema) {
            return Some(says(self, Ruling::Unsure, why));
        }
        let answer = scene.answer.trim();
        Some(match serde_json::from_str::<Value>(answer) {
            Err(error) => {
                let answer = shortened(answer);
                says(self, Ruling::Fail, format!("its check wants JSON, `{answer}` is none: {error}"))
            }
            Ok(value) => match breach(&schema, &value) {
                None => says(self, Ruling::Pass, "it is JSON of the schema"),
                Some(why) => says(self, Ruling::Fail, format!("its schema does not hold: {why}")),
            },
        })
    }

    fn fault(&self, rule: &Check) -> Option<String> {
        let Check::Schema(schema) = rule else { return None };
        match serde_json::from_str(schema) {
            Ok(schema) => fault(&schema),
            Err(error) => Some(format!("the schema is no JSON: {error}")),
        }
    }
}
