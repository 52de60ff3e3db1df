//! The llama family (llama, mistral, mixtral, smollm, qwen2, qwen3, qwen3moe): from rows of tokens to logits.
//!
//! Called by `model`. A row is a token of some sequence; rows of many sequences go through one forward pass together,
//! prompts and single tokens mixed. Knows nothing of text, sampling or what the tokens mean.

mod attention;
mod load;
mod mixture;
mod pass;

use super::cache::{Cache, Shape};
use super::gguf::{GgufError, GgufFile, Header};
use super::kernels::activation::Block;
use super::kernels::rows::Tiles;
use super::kernels::{Level, Pool};
use super::weights::Linear;
pub use mixture::{Gate, GateHook};

/// The sizes and constants of a model, as its file gives them.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub architecture: String,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Width between gate and down; of one expert of the network where there are several.
    pub feed_forward: usize,
    /// Experts of the network in each layer, and how many of them a token goes to; 0 for a dense model.
    pub experts: (usize, usize),
    pub layers: usize,
    pub heads: usize,
    pub key_value_heads: usize,
    /// Dimensions of a head, a multiple of 16.
    pub head: usize,
    /// Longest sequence.
    pub context: usize,
    pub vocabulary: usize,
    pub epsilon: f32,
    /// How far each pair of dimensions turns from one position to the next, in radians.
    pub frequencies: Vec<f32>,
}

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
}

/// A loaded model: weights, threads, and room for the numbers in between.
pub struct Llama {
    settings: Settings,
    layers: Vec<Layer>,
    embedding: Linear,
    /// `None` where the embedding serves as output too.
    output: Option<Linear>,
    norm: Vec<f32>,
    level: Level,
    pool: Pool,
    room: Room,
    gate_hook: Option<GateHook>,
}

struct Layer {
    attention_norm: Vec<f32>,
    /// Queries, keys and values in one product.
    query_key_value: Linear,
    bias: Option<Vec<f32>>,
    query_norm: Option<Vec<f32>>,
    key_norm: Option<Vec<f32>>,
    attention_output: Linear,
    feed_forward_norm: Vec<f32>,
    feed: Feed,
}

/// The second half of a layer.
enum Feed {
    Dense(Dense),
    Mixture(mixture::Mixture),
}

struct Dense {
    /// Gate and up in one product.
    gate_up: Linear,
    down: Linear,
}

impl Dense {
    fn bytes(&self) -> usize {
        self.gate_up.bytes() + self.down.bytes()
    }
}

/// Everything between two layers; kept from pass to pass, so that a token allocates next to nothing.
#[derive(Default)]
struct Room {
    /// Position of each row in its sequence.
    positions: Vec<usize>,
    /// Cosines, then sines, of each row.
    angles: Vec<f32>,
    residual: Vec<f32>,
    activations: Vec<Block>,
    query_key_value: Vec<f32>,
    /// f16 keys and values of the rows, on their way into the caches.
    fresh: Vec<u16>,
    attended: Vec<f32>,
    groups: attention::Groups,
    product: Vec<f32>,
    gate_up: Vec<f32>,
    mixture: mixture::Room,
    logits: Vec<f32>,
}

/// Logits of the rows that wanted them, in the order of the rows.
pub struct Logits<'a> {
    tiles: &'a [f32],
    rows: usize,
    vocabulary: usize,
}

impl Logits<'_> {
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
        Tiles { values: self.tiles, rows: self.rows, row }.copy_to(out);
    }
}

impl Llama {
    /// Reads the weights of a checked file. `progress` gets the part that is done, 0 to 1.
    pub fn load(
        file: &mut GgufFile,
        level: Level,
        pool: Pool,
        progress: &mut dyn FnMut(f32),
    ) -> Result<Llama, GgufError> {
        load::llama(file, level, pool, progress)
    }

    /// What the head of a file says, or why this code would compute that model wrongly.
    pub fn settings_of(header: &Header) -> Result<Settings, GgufError> {
        load::settings(header)
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub fn level(&self) -> Level {
        self.level
    }

    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// Bytes of the weights in memory.
    pub fn bytes(&self) -> usize {
        let layer = |layer: &Layer| {
            let feed = match &layer.feed {
                Feed::Dense(dense) => dense.bytes(),
                Feed::Mixture(mixture) => mixture.bytes(),
            };
            layer.query_key_value.bytes() + layer.attention_output.bytes() + feed
        };
        let output = self.output.as_ref().map_or(0, Linear::bytes);
        self.layers.iter().map(layer).sum::<usize>() + self.embedding.bytes() + output
    }

    /// From now on `hook` sees which experts of the network each row goes to, layer by layer, and may change it;
    /// `None` ends that. A dense model never calls it.
    pub fn watch_gates(&mut self, hook: Option<GateHook>) {
        self.gate_hook = hook;
    }

    /// An empty cache of the right shape.
    pub fn cache(&self) -> Cache {
        Cache::new(self.shape())
    }

    fn shape(&self) -> Shape {
        let Settings { layers, key_value_heads, head, .. } = self.settings;
        Shape { layers, heads: key_value_heads, head }
    }

    /// Carries the rows through the model, writes their keys and values into the caches, and returns the logits of
    /// those rows that want them. What a row gives does not depend on the other sequences in the batch.
    pub fn forward(&mut self, caches: &mut [&mut Cache], rows: &[Row]) -> Result<Logits<'_>, ForwardError> {
        self.check(caches, rows)?;
        if rows.is_empty() {
            return Ok(Logits { tiles: &[], rows: 0, vocabulary: self.settings.vocabulary });
        }
        let counts: Vec<usize> =
            (0..caches.len()).map(|cache| rows.iter().filter(|row| row.cache == cache).count()).collect();
        for (cache, &count) in caches.iter_mut().zip(&counts) {
            cache.reserve(count);
        }
        self.enter(rows, caches);
        for layer in 0..self.layers.len() {
            self.layer(layer, caches, rows);
        }
        for (cache, &count) in caches.iter_mut().zip(&counts) {
            cache.advance(count);
        }
        Ok(self.logits(rows))
    }

    fn check(&mut self, caches: &[&mut Cache], rows: &[Row]) -> Result<(), ForwardError> {
        let Settings { vocabulary, context, .. } = self.settings;
        let mut next: Vec<usize> = caches.iter().map(|cache| cache.len()).collect();
        self.room.positions.clear();
        for row in rows {
            let fits = caches.get(row.cache).is_some_and(|cache| cache.shape() == self.shape());
            if !fits {
                return Err(ForwardError::Cache(row.cache));
            }
            if vocabulary <= row.token as usize {
                return Err(ForwardError::Token { token: row.token, vocabulary });
            }
            let position = next[row.cache];
            if context <= position {
                return Err(ForwardError::Context { position, context });
            }
            self.room.positions.push(position);
            next[row.cache] += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod architectures;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
