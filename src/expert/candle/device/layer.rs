//! One layer of a pass: attention, then the feed-forward part, each added to the residual stream.

use candle_core::{Device, Result, Tensor};
use candle_nn::ops::rms_norm;
use candle_nn::rotary_emb::rope;

use super::super::blocks;
use super::super::cache::Tensors;
use super::super::gates::GateHook;
use super::super::settings::Settings;
use super::linear::Linear;
use super::mixture::Mixture;
use super::{Pass, attention};

pub(super) struct Layer {
    attention_norm: Tensor,
    query_key_value: Linear,
    bias: Option<Tensor>,
    query_norm: Option<Tensor>,
    key_norm: Option<Tensor>,
    attention_output: Linear,
    feed_forward_norm: Tensor,
    feed: Feed,
}

enum Feed {
    Dense(blocks::Dense<Linear>),
    Mixture(Mixture),
}

impl Layer {
    pub(super) fn new(layer: blocks::Layer<Linear>, settings: &Settings, device: &Device) -> Result<Layer> {
        let vector = |values: Vec<f32>| Tensor::new(values, device);
        Ok(Layer {
            attention_norm: vector(layer.attention_norm)?,
            query_key_value: layer.query_key_value,
            bias: layer.bias.map(vector).transpose()?,
            query_norm: layer.query_norm.map(vector).transpose()?,
            key_norm: layer.key_norm.map(vector).transpose()?,
            attention_output: layer.attention_output,
            feed_forward_norm: vector(layer.feed_forward_norm)?,
            feed: match layer.feed {
                blocks::Feed::Dense(dense) => Feed::Dense(dense),
                blocks::Feed::Mixture(mixture) => Feed::Mixture(Mixture::new(mixture, settings, device)?),
            },
        })
    }

    /// `[row, column of the residual stream]` to the same.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        index: usize,
        pass: &Pass<'_>,
        caches: &mut [&mut Tensors],
        hook: &mut Option<GateHook>,
    ) -> Result<Tensor> {
        let epsilon = pass.settings.epsilon;
        let normed = rms_norm(x, &self.attention_norm, epsilon)?;
        let x = (x + self.attention(&normed, index, pass, caches)?)?;
        let normed = rms_norm(&x, &self.feed_forward_norm, epsilon)?;
        let fed = match &self.feed {
            Feed::Dense(dense) => dense.forward(&normed)?,
            Feed::Mixture(mixture) => mixture.forward(&normed, index, pass.order, hook)?,
        };
        x + fed
    }

    fn attention(
        &self,
        normed: &Tensor,
        index: usize,
        pass: &Pass<'_>,
        caches: &mut [&mut Tensors],
    ) -> Result<Tensor> {
        let Settings { heads, key_value_heads: shared, head, epsilon, .. } = *pass.settings;
        let product = self.query_key_value.forward(normed)?;
        let product = match &self.bias {
            Some(bias) => product.broadcast_add(bias)?,
            None => product,
        };
        // `[head of queries, keys and values; row; dimension]`
        let all = product.reshape(((), heads + 2 * shared, head))?.transpose(0, 1)?.contiguous()?;
        let dressed = |first: usize, count: usize, norm: &Option<Tensor>| {
            let part = all.narrow(0, first, count)?;
            let part = match norm {
                Some(norm) => rms_norm(&part, norm, epsilon)?,
                None => part,
            };
            rope(&part.unsqueeze(0)?, &pass.cosines, &pass.sines)?.squeeze(0)
        };
        let queries = (dressed(0, heads, &self.query_norm)? / (head as f64).sqrt())?;
        let keys = dressed(heads, shared, &self.key_norm)?;
        let values = all.narrow(0, heads + shared, shared)?;
        let attended = attention::attend(index, pass, [&queries, &keys, &values], caches)?;
        self.attention_output.forward(&attended)
    }
}

impl blocks::Dense<Linear> {
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let both = self.gate_up.forward(x)?;
        let half = both.dim(1)? / 2;
        let (gate, up) = (both.narrow(1, 0, half)?, both.narrow(1, half, half)?);
        self.down.forward(&(gate.silu()? * up)?)
    }
}
