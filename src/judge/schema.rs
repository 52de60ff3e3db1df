//! JSON schemas: the answer is JSON, and obeys. Which part of the language is understood says `crate::schema`.

use super::{Judge, Next, Scene, says};
use crate::{decision::Ruling, literal::shortened, plan::Check, schema};
use serde_json::Value;

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
        let schema = match read(schema) {
            Ok(schema) => schema,
            Err(why) => return Some(says(self, Ruling::Unsure, why)),
        };
        let answer = scene.answer.trim();
        Some(match serde_json::from_str::<Value>(answer) {
            Err(error) => {
                let answer = shortened(answer);
                says(self, Ruling::Fail, format!("its check wants JSON, `{answer}` is none: {error}"))
            }
            Ok(value) => match schema.check(&value) {
                Ok(()) => says(self, Ruling::Pass, "it is JSON of the schema"),
                Err(why) => says(self, Ruling::Fail, format!("its schema does not hold: {why}")),
            },
        })
    }

    fn fault(&self, rule: &Check) -> Option<String> {
        let Check::Schema(schema) = rule else { return None };
        read(schema).err()
    }
}

fn read(text: &str) -> Result<schema::Schema, String> {
    let schema = serde_json::from_str(text).map_err(|error| format!("the schema is no JSON: {error}"))?;
    schema::Schema::read(&schema).map_err(|error| error.to_string())
}
