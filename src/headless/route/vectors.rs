//! Vectors of many texts, asked of the embedding model in batches and kept in a file the person names.

use super::{Refusal, reply};
use crate::{
    ask::{Ask, Request},
    engine::Command,
    headless::{Ending, Hands, Interrupt},
    ids::CallId,
    router::features::hash,
};
use std::collections::BTreeMap;

/// Texts in one ask.
const BATCH: usize = 256;

/// Vectors by text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vectors {
    known: BTreeMap<String, Vec<f32>>,
}

impl Vectors {
    pub fn get(&self, text: &str) -> &[f32] {
        self.known.get(text).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn len(&self) -> usize {
        self.known.len()
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The texts as lines of JSON, then for each its vector as little-endian numbers: what [`Vectors::read`] takes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let texts: Vec<&String> = self.known.keys().collect();
        let head = serde_json::to_string(&texts).unwrap_or_default();
        let width = self.known.values().next().map_or(0, Vec::len);
        let mut bytes = format!("plantern vectors {width} {} {}\n", head.len(), hash(&head)).into_bytes();
        bytes.extend_from_slice(head.as_bytes());
        for value in self.known.values().flatten() {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        bytes
    }

    /// # Errors
    /// When the bytes are not what was written.
    pub fn read(bytes: &[u8]) -> Result<Vectors, String> {
        let damaged =
            || "it is no file of vectors, or a damaged one: delete it to have it made anew".to_owned();
        let line = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
        let head = std::str::from_utf8(&bytes[..line]).map_err(|_| damaged())?;
        let figures: Vec<usize> = head
            .strip_prefix("plantern vectors ")
            .map(|rest| rest.split(' ').filter_map(|word| word.parse().ok()).collect())
            .ok_or_else(damaged)?;
        let [width, length, sum] = figures[..] else { return Err(damaged()) };
        let rest = &bytes[line + 1..];
        let texts =
            rest.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).ok_or_else(damaged)?;
        if hash(texts) as usize != sum {
            return Err(damaged());
        }
        let texts: Vec<String> = serde_json::from_str(texts).map_err(|_| damaged())?;
        let values: Vec<f32> = rest[length..]
            .chunks_exact(4)
            .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            .collect();
        if values.len() != width * texts.len() || values.iter().any(|value| !value.is_finite()) {
            return Err(damaged());
        }
        let rows = values.chunks(width.max(1)).map(<[f32]>::to_vec);
        Ok(Vectors { known: texts.into_iter().zip(rows).collect() })
    }

    /// Asks for the vectors that are not known yet; `told` hears how many are there. How many were asked for comes back.
    ///
    /// # Errors
    /// No embedding model; an interrupt.
    pub async fn fetch(
        &mut self,
        texts: impl IntoIterator<Item = &str>,
        hands: &mut impl Hands,
        interrupt: &mut Interrupt,
        told: &mut dyn FnMut(usize, usize),
    ) -> Result<usize, Refusal> {
        let mut open: Vec<&str> = texts.into_iter().filter(|text| !self.known.contains_key(*text)).collect();
        open.sort_unstable();
        open.dedup();
        for (at, batch) in open.chunks(BATCH).enumerate() {
            told(at * BATCH, open.len());
            let texts: Vec<String> = batch.iter().map(|text| (*text).to_owned()).collect();
            let call = CallId(at as u32);
            let ask = Box::new(Ask::local("embedding", Request::Embed { texts }));
            hands.perform(Command::Ask { call, ask });
            let answer = reply(call, hands, interrupt).await?;
            let width = answer.scores.len() / batch.len().max(1);
            if width == 0 || answer.scores.len() != width * batch.len() {
                return Err(Refusal::new(Ending::NoModel, "the embedding model gave no vectors"));
            }
            let rows = answer.scores.chunks(width).map(<[f32]>::to_vec);
            self.known.extend(batch.iter().map(|text| (*text).to_owned()).zip(rows));
        }
        told(open.len(), open.len());
        Ok(open.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_damage_is_noticed() {
        let known = [("a\nb".to_owned(), vec![1.0, 2.5]), ("é".to_owned(), vec![-1.0, 0.0])];
        let vectors = Vectors { known: known.into_iter().collect() };
        let bytes = vectors.to_bytes();
        assert_eq!(Vectors::read(&bytes), Ok(vectors));
        for cut in [0, 5, 20, bytes.len() - 1] {
            assert!(Vectors::read(&bytes[..cut]).is_err(), "{cut}");
        }
    }
}
