//! Knowledge as text: JSON with numbers in hexadecimal, so that what is read is bit for bit what was written.

use super::{Calibration, Example, Index, Knowledge};
use crate::router::{ability::Ability, softmax::Softmax};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// Says which form this is; another number is refused.
/// What form 1 lacks is taken as empty.
const FORM: u32 = 2;

#[derive(Serialize, Deserialize)]
struct Stored {
    form: u32,
    version: u32,
    parent: u32,
    note: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    embedding: String,
    person: String,
    uncertain: String,
    table: BTreeMap<String, String>,
    calibration: BTreeMap<String, Calibration>,
    mix: BTreeMap<String, f32>,
    classes: Vec<String>,
    width: usize,
    dense: String,
    words: BTreeMap<u32, String>,
    /// The weights that never saw a control.
    #[serde(default)]
    trial: String,
    #[serde(default)]
    trial_words: BTreeMap<u32, String>,
    experts: Vec<String>,
    theta: Vec<String>,
    hard: String,
    examples: Vec<Example>,
}

impl Knowledge {
    /// The whole of it as one line of JSON.
    pub fn to_text(&self) -> String {
        let (softmax, ability) = (&self.softmax, &self.ability);
        let stored = Stored {
            form: FORM,
            version: self.version,
            parent: self.parent,
            note: self.note.clone(),
            embedding: self.embedding.clone(),
            person: self.person.clone(),
            uncertain: self.uncertain.clone(),
            table: self.table.clone(),
            calibration: self.calibration.clone(),
            mix: self.mix.clone(),
            classes: softmax.classes.clone(),
            width: softmax.width,
            dense: hex(&softmax.dense),
            words: softmax.rows().map(|(key, row)| (key, hex(row))).collect(),
            trial: hex(&self.trial.dense),
            trial_words: self.trial.rows().map(|(key, row)| (key, hex(row))).collect(),
            experts: ability.experts.clone(),
            theta: ability.theta.iter().map(|row| hex(row)).collect(),
            hard: hex(&ability.hard),
            examples: self.examples.iter().map(|one| (**one).clone()).collect(),
        };
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// Reads what [`Knowledge::to_text`] wrote.
    ///
    /// # Errors
    /// What is wrong with it, in words: another form, a number that is none, rows that do not fit.
    pub fn from_text(text: &str) -> Result<Knowledge, String> {
        let stored: Stored =
            serde_json::from_str(text).map_err(|error| format!("not what was written: {error}"))?;
        if !(1..=FORM).contains(&stored.form) {
            return Err(format!("it has form {}, this program reads form {FORM}", stored.form));
        }
        let unreadable = || "the weights do not fit each other".to_owned();
        let rows = |rows: Vec<String>| rows.iter().map(|row| unhex(row)).collect::<Option<Vec<_>>>();
        let softmax = |dense: &str, words: BTreeMap<u32, String>| {
            let words: Option<Vec<_>> =
                words.into_iter().map(|(key, row)| Some((key, unhex(&row)?))).collect();
            Softmax::restored(stored.classes.clone(), stored.width, unhex(dense)?, words?)
        };
        let trial = match stored.trial.is_empty() {
            true => Softmax::default(),
            false => softmax(&stored.trial, stored.trial_words).ok_or_else(unreadable)?,
        };
        let softmax = softmax(&stored.dense, stored.words).ok_or_else(unreadable)?;
        let theta = rows(stored.theta).ok_or_else(unreadable)?;
        let hard = unhex(&stored.hard).ok_or_else(unreadable)?;
        let ability = Ability::restored(stored.experts, stored.width, theta, hard).ok_or_else(unreadable)?;
        if stored.examples.iter().any(|one| one.vector.len() != stored.width) {
            return Err("an example has a vector of another length".to_owned());
        }
        Ok(Knowledge {
            version: stored.version,
            parent: stored.parent,
            note: stored.note,
            embedding: stored.embedding,
            person: stored.person,
            uncertain: stored.uncertain,
            table: stored.table,
            calibration: stored.calibration,
            mix: stored.mix,
            softmax,
            trial,
            ability,
            index: Index::of(&stored.examples),
            examples: stored.examples.into_iter().map(Arc::new).collect(),
        })
    }
}

fn hex(values: &[f32]) -> String {
    let mut text = String::with_capacity(values.len() * 8);
    values.iter().for_each(|value| text.push_str(&format!("{:08x}", value.to_bits())));
    text
}

fn unhex(text: &str) -> Option<Vec<f32>> {
    if !text.is_ascii() || !text.len().is_multiple_of(8) {
        return None;
    }
    let number = |at: usize| u32::from_str_radix(&text[at..at + 8], 16).ok().map(f32::from_bits);
    (0..text.len()).step_by(8).map(number).collect()
}

/// A vector as hexadecimal text.
pub mod vector {
    use super::{hex, unhex};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(vector: &[f32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex(vector))
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Vec<f32>, D::Error> {
        let text = String::deserialize(from)?;
        unhex(&text)
            .filter(|vector| vector.iter().all(|value| value.is_finite()))
            .ok_or_else(|| D::Error::custom("a vector is no row of numbers"))
    }
}
