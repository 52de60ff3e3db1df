//! The weights of a llama-family model, taken from its file by their names, tensor by tensor.
//!
//! Whoever computes the model says how a linear map is held (`L`): packed for the lane's kernels, or on a device.

use super::gguf::{GgufError, GgufFile};
use super::settings::Settings;
use super::weights::{Part, plain, vector};

/// All weights of a model.
pub(super) struct Blocks<L> {
    pub(super) embedding: L,
    /// `None` where the embedding serves as output too.
    pub(super) output: Option<L>,
    pub(super) norm: Vec<f32>,
    pub(super) layers: Vec<Layer<L>>,
}

pub(super) struct Layer<L> {
    pub(super) attention_norm: Vec<f32>,
    /// Queries, keys and values in one product.
    pub(super) query_key_value: L,
    pub(super) bias: Option<Vec<f32>>,
    pub(super) query_norm: Option<Vec<f32>>,
    pub(super) key_norm: Option<Vec<f32>>,
    pub(super) attention_output: L,
    pub(super) feed_forward_norm: Vec<f32>,
    pub(super) feed: Feed<L>,
}

/// The second half of a layer.
pub(super) enum Feed<L> {
    Dense(Dense<L>),
    Mixture(Mixture<L>),
}

impl<L> Feed<L> {
    fn all(&self) -> Vec<&L> {
        match self {
            Feed::Dense(dense) => vec![&dense.gate_up, &dense.down],
            Feed::Mixture(mixture) => {
                mixture.experts.iter().flat_map(|dense| [&dense.gate_up, &dense.down]).collect()
            }
        }
    }
}

pub(super) struct Dense<L> {
    /// Gate and up in one product.
    pub(super) gate_up: L,
    pub(super) down: L,
}

/// Router and experts of one layer.
pub(super) struct Mixture<L> {
    /// Row by row: an expert's row has the width of the residual stream.
    pub(super) router: Vec<f32>,
    pub(super) experts: Vec<Dense<L>>,
    /// How many of them a token goes to.
    pub(super) used: usize,
}

/// Makes a linear map of so many columns out of named parts of a file.
pub(super) type Hold<'h, L> = dyn Fn(&mut GgufFile, usize, &[Part<'_>]) -> Result<L, GgufError> + 'h;

impl<L> Blocks<L> {
    /// Reads the weights of a checked file; `progress` gets the part that is done, 0 to 1.
    pub(super) fn load(
        file: &mut GgufFile,
        settings: &Settings,
        hold: &Hold<'_, L>,
        progress: &mut dyn FnMut(f32),
    ) -> Result<Blocks<L>, GgufError> {
        let Settings { hidden, vocabulary, layers, .. } = *settings;
        let steps = (layers + 2) as f32;
        progress(0.0);
        let table = |file: &mut GgufFile, name: &str| {
            hold(file, hidden, &[Part { name, rows: vocabulary, split_heads: None, expert: None }])
        };
        let embedding = table(file, "token_embd.weight")?;
        progress(1.0 / steps);
        let own_output = file.header.tensor("output.weight").is_some();
        let output = if own_output { Some(table(file, "output.weight")?) } else { None };
        let norm = vector(file, "output_norm.weight", hidden)?;
        let mut loaded = Vec::new();
        for index in 0..layers {
            progress((index + 2) as f32 / steps);
            loaded.push(Reader { file, settings, hold, index }.layer()?);
        }
        progress(1.0);
        Ok(Blocks { embedding, output, norm, layers: loaded })
    }

    /// Every linear map.
    pub(super) fn all(&self) -> impl Iterator<Item = &L> {
        let layers = self.layers.iter().flat_map(|layer| {
            [&layer.query_key_value, &layer.attention_output].into_iter().chain(layer.feed.all())
        });
        std::iter::once(&self.embedding).chain(&self.output).chain(layers)
    }
}

/// Reads one layer.
struct Reader<'a, L> {
    file: &'a mut GgufFile,
    settings: &'a Settings,
    hold: &'a Hold<'a, L>,
    index: usize,
}

impl<L> Reader<'_, L> {
    fn layer(&mut self) -> Result<Layer<L>, GgufError> {
        let Settings { hidden, heads, key_value_heads, head, .. } = *self.settings;
        let (queries, keys) = (heads * head, key_value_heads * head);
        // Files of the llama architecture turn neighbouring dimensions, those of qwen turn halves, as we do.
        let split_heads = (self.settings.architecture == "llama").then_some(head);
        let query_key_value = self.linear(
            hidden,
            &[("attn_q", queries, split_heads), ("attn_k", keys, split_heads), ("attn_v", keys, None)],
        )?;
        let attention_output = self.linear(queries, &[("attn_output", hidden, None)])?;
        let feed = match self.settings.experts {
            (0, _) => Feed::Dense(self.dense(None)?),
            (experts, used) => {
                let router = plain(self.file, &self.name("ffn_gate_inp.weight"), experts, hidden)?;
                let each = (0..experts).map(|expert| self.dense(Some((expert, experts))));
                Feed::Mixture(Mixture { router, experts: each.collect::<Result<_, _>>()?, used })
            }
        };
        Ok(Layer {
            query_key_value,
            attention_output,
            feed,
            bias: self.bias(queries, keys, split_heads)?,
            query_norm: self.optional("attn_q_norm.weight", head)?,
            key_norm: self.optional("attn_k_norm.weight", head)?,
            attention_norm: vector(self.file, &self.name("attn_norm.weight"), hidden)?,
            feed_forward_norm: vector(self.file, &self.name("ffn_norm.weight"), hidden)?,
        })
    }

    fn name(&self, part: &str) -> String {
        format!("blk.{}.{part}", self.index)
    }

    /// Parts of this layer: their names, rows, and the size of a head where heads are to be split.
    fn linear(&mut self, columns: usize, parts: &[(&str, usize, Option<usize>)]) -> Result<L, GgufError> {
        let names: Vec<String> =
            parts.iter().map(|(part, ..)| self.name(&format!("{part}.weight"))).collect();
        let parts: Vec<Part<'_>> = names
            .iter()
            .zip(parts)
            .map(|(name, &(_, rows, split_heads))| Part { name, rows, split_heads, expert: None })
            .collect();
        (self.hold)(self.file, columns, &parts)
    }

    fn optional(&mut self, part: &str, length: usize) -> Result<Option<Vec<f32>>, GgufError> {
        let name = self.name(part);
        self.file.header.tensor(&name).is_some().then(|| vector(self.file, &name, length)).transpose()
    }

    /// What is added to queries, keys and values: all of them or none.
    fn bias(
        &mut self,
        queries: usize,
        keys: usize,
        split: Option<usize>,
    ) -> Result<Option<Vec<f32>>, GgufError> {
        let Some(queries) = self.optional("attn_q.bias", queries)? else { return Ok(None) };
        let mut other =
            |part: &str| self.optional(part, keys)?.ok_or_else(|| GgufError::Tensor(self.name(part)));
        let (keys, values) = (other("attn_k.bias")?, other("attn_v.bias")?);
        let ordered = |bias: Vec<f32>| split.map_or_else(|| bias.clone(), |head| split_vector(&bias, head));
        Ok(Some([ordered(queries), ordered(keys), values].concat()))
    }

    /// Gate, up and down of the layer, or of one of its experts.
    fn dense(&mut self, expert: Option<(usize, usize)>) -> Result<Dense<L>, GgufError> {
        let Settings { hidden, feed_forward, .. } = *self.settings;
        let together = self.file.header.tensor(&self.name("ffn_gate_exps.weight")).is_some();
        // All experts in one tensor, or, in older files, each in its own.
        let names = ["gate", "up", "down"].map(|part| {
            self.name(&match expert {
                None => format!("ffn_{part}.weight"),
                Some(_) if together => format!("ffn_{part}_exps.weight"),
                Some((index, _)) => format!("ffn_{part}.{index}.weight"),
            })
        });
        let part = |at: usize, rows| Part {
            name: &names[at],
            rows,
            split_heads: None,
            expert: expert.filter(|_| together),
        };
        let gate_up = (self.hold)(self.file, hidden, &[part(0, feed_forward), part(1, feed_forward)])?;
        let down = (self.hold)(self.file, feed_forward, &[part(2, hidden)])?;
        Ok(Dense { gate_up, down })
    }
}

/// The order that `Part::split_heads` gives to rows, for a bias.
fn split_vector(values: &[f32], head: usize) -> Vec<f32> {
    let split = |head: &[f32]| -> Vec<f32> {
        head.iter().step_by(2).chain(head.iter().skip(1).step_by(2)).copied().collect()
    };
    values.chunks_exact(head).flat_map(split).collect()
}
