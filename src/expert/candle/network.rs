//! What carries rows of tokens to logits: the lane's own kernels (`llama`), or candle's tensors on a GPU (`device`).
//!
//! A row is a token of some sequence; rows of many sequences go through one pass together, prompts and single tokens
//! mixed. `model` speaks to a [`Network`] and does not know which one it is.

use super::cache::Cache;
use super::gates::GateHook;
use super::kernels::rows::Tiles;
use super::settings::Settings;

/// One token on its way through the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which of the caches it continues. Rows of one cache stand in the order of their positions.
    pub cache: usize,
    pub token: u32,
    /// Whether the logits after this token are wanted.
    pub logits: bool,
}

/// Why a forward pass was not made. The caches are as they were.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForwardError {
    #[error("there is no token {token}: the vocabulary has {vocabulary}")]
    Token { token: u32, vocabulary: usize },
    #[error("position {position} is beyond the model's context of {context} tokens")]
    Context { position: usize, context: usize },
    #[error("there is no cache {0}, or it was made for another model")]
    Cache(usize),
    #[error("the device failed: {0}; `--device cpu` computes on the processor")]
    Device(String),
}

/// A loaded model.
pub trait Network: Send {
    fn settings(&self) -> &Settings;

    /// What computes, in a few words for a person.
    fn machine(&self) -> String;

    /// Bytes of the weights.
    fn bytes(&self) -> usize;

    /// Rows of a prompt in one pass: many enough to be fast, few enough that a cancel is felt at once.
    fn chunk(&self) -> usize;

    /// Bytes of keys and values of finished sequences that it is well to remember.
    fn prefix_bytes(&self) -> usize;

    /// An empty cache of the right shape.
    fn cache(&self) -> Cache;

    /// Carries the rows through the model, writes their keys and values into the caches, all of which are of this model,
    /// and returns the logits of those rows that want them. What a row gives does not depend on the other sequences in the
    /// batch: by the lane's kernels exactly, on a device but for rounding, which has other kernels for other numbers of rows.
    fn forward(&mut self, caches: &mut [&mut Cache], rows: &[Row]) -> Result<Logits<'_>, ForwardError>;

    /// From now on `hook` sees which experts of the network each row goes to, layer by layer, and may change it;
    /// `None` ends that. A dense model never calls it.
    fn watch_gates(&mut self, hook: Option<GateHook>);
}

/// Logits of the rows that wanted them, in the order of the rows.
pub struct Logits<'a> {
    values: &'a [f32],
    rows: usize,
    vocabulary: usize,
    /// Sixteen logits of each row, then the next sixteen; otherwise row after row.
    tiled: bool,
}

impl<'a> Logits<'a> {
    /// As the lane's products leave them.
    pub(super) fn tiled(values: &'a [f32], rows: usize, vocabulary: usize) -> Logits<'a> {
        Logits { values, rows, vocabulary, tiled: true }
    }

    /// Row after row.
    #[cfg(any(test, feature = "cuda", feature = "metal"))]
    pub(super) fn plain(values: &'a [f32], vocabulary: usize) -> Logits<'a> {
        Logits { values, rows: values.len() / vocabulary.max(1), vocabulary, tiled: false }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Copies the logits of one row into `out`, which gets the length of the vocabulary.
    pub fn copy_row(&self, row: usize, out: &mut Vec<f32>) {
        out.resize(self.vocabulary, 0.0);
        match self.tiled {
            true => Tiles { values: self.values, rows: self.rows, row }.copy_to(out),
            false => out.copy_from_slice(&self.values[row * self.vocabulary..][..self.vocabulary]),
        }
    }
}

/// The position of each row in its sequence, or why these rows can not be carried. `lengths` says how many positions each
/// cache has, and afterwards how many it will have.
pub(super) fn positions(
    settings: &Settings,
    lengths: &mut [usize],
    rows: &[Row],
    positions: &mut Vec<usize>,
) -> Result<(), ForwardError> {
    let Settings { vocabulary, context, .. } = *settings;
    positions.clear();
    for row in rows {
        let position = *lengths.get(row.cache).ok_or(ForwardError::Cache(row.cache))?;
        if vocabulary <= row.token as usize {
            return Err(ForwardError::Token { token: row.token, vocabulary });
        }
        if context <= position {
            return Err(ForwardError::Context { position, context });
        }
        positions.push(position);
        lengths[row.cache] += 1;
    }
    Ok(())
}
