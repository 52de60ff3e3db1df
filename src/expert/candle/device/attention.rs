//! Attention of the rows of each sequence over all its positions.

use candle_core::{Device, Result, Tensor};
use candle_nn::ops::softmax_last_dim;

use super::super::cache::Tensors;
use super::super::settings::Settings;
use super::Pass;

/// `[row, position]`: nothing for what a row sees, minus infinity for what comes later. `known` positions are there
/// already, `count` rows follow.
pub(super) fn mask(known: usize, count: usize, device: &Device) -> Result<Option<Tensor>> {
    if count == 1 {
        return Ok(None);
    }
    let sees = |at: usize| at % (known + count) <= known + at / (known + count);
    let values = (0..count * (known + count)).map(|at| if sees(at) { 0.0 } else { f32::NEG_INFINITY });
    Tensor::from_vec(values.collect(), (count, known + count), device).map(Some)
}

/// Queries `[head, row, dimension]`, already scaled, over the keys and values of their sequences, to which those of the
/// rows are added: `[row, head and dimension]`.
pub(super) fn attend(
    layer: usize,
    pass: &Pass<'_>,
    [queries, keys, values]: [&Tensor; 3],
    caches: &mut [&mut Tensors],
) -> Result<Tensor> {
    let Settings { heads, key_value_heads: shared, head, .. } = *pass.settings;
    let mut attended = Vec::with_capacity(pass.sequences.len());
    for sequence in &pass.sequences {
        let of = |all: &Tensor| all.narrow(1, sequence.start, sequence.count)?.contiguous();
        let [keys, values] = caches[sequence.cache].write(layer, [&of(keys)?, &of(values)?])?;
        // Heads of queries that share a head of keys stand below each other: one product serves them all.
        let together = (shared, heads / shared * sequence.count, head);
        let scores = of(queries)?.reshape(together)?.matmul(&keys.t()?)?;
        let scores = match &sequence.mask {
            None => scores,
            Some(mask) => {
                let apart = (heads, sequence.count, keys.dim(1)?);
                let masked = scores.reshape(apart)?.broadcast_add(mask)?;
                masked.reshape(scores.shape())?
            }
        };
        let mixed = softmax_last_dim(&scores)?.matmul(&values)?;
        let rows = mixed.reshape((heads, sequence.count, head))?.transpose(0, 1)?;
        attended.push(rows.contiguous()?.reshape((sequence.count, heads * head))?);
    }
    match &attended[..] {
        [one] => Ok(one.clone()),
        all => Tensor::cat(all, 0),
    }
}
