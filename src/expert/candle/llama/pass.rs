//! The steps of a forward pass, in order: enter, the layers, the logits. Called by `llama` only.

use super::super::blocks::{Feed, Layer};
use super::super::cache::Pages;
use super::super::kernels::activation::Block;
use super::super::kernels::rows::{Dress, Tiles, add_and_norm, gate, head, quantise_planes, store_half};
use super::super::kernels::{BLOCK, LANES, Level, Pool};
use super::super::weights::Linear;
use super::{Llama, Logits, Row, Settings, mixture};

/// Rows that a thread takes at once in the steps between products: one alone is not worth waking anybody.
fn together(rows: usize) -> usize {
    (rows / 8).clamp(4, 16)
}

impl Llama {
    /// Embeds the tokens, and prepares what depends on their positions only.
    pub(super) fn enter(&mut self, rows: &[Row], caches: &[&mut Pages]) {
        let Settings { hidden, feed_forward, heads, key_value_heads, head, .. } = self.settings;
        let (room, count) = (&mut self.room, rows.len());
        let widest = hidden.max(heads * head).max(feed_forward) / BLOCK;
        room.residual.resize(count * hidden, 0.0);
        room.activations.resize(count * widest, Block::default());
        room.query_key_value.resize(count * (heads + 2 * key_value_heads) * head, 0.0);
        room.fresh.resize(count * key_value_heads * 2 * head, 0);
        room.attended.resize(count * heads * head, 0.0);
        room.product.resize(count * hidden, 0.0);
        room.gate_up.resize(count * 2 * feed_forward, 0.0);
        for (row, residual) in rows.iter().zip(room.residual.chunks_exact_mut(hidden)) {
            self.blocks.embedding.row(row.token as usize, residual);
        }
        room.angles.clear();
        for &position in &room.positions {
            let angles = || self.settings.frequencies.iter().map(|f| f64::from(*f) * position as f64);
            room.angles.extend(angles().map(|angle| angle.cos() as f32));
            room.angles.extend(angles().map(|angle| angle.sin() as f32));
        }
        room.groups.form(rows, caches, key_value_heads, heads / key_value_heads, head);
    }

    pub(super) fn layer(&mut self, index: usize, caches: &mut [&mut Pages], rows: &[Row]) {
        let Llama { settings, blocks, level, pool, room, gate_hook } = self;
        let Settings { hidden, feed_forward, heads, key_value_heads, head, epsilon, .. } = *settings;
        let (layer, level, count) = (&blocks.layers[index], *level, rows.len());
        let norm = Norm { level, pool, hidden, epsilon, rows: count };

        // The product of the layer before is still to be added to the residual stream.
        let before = (index > 0).then_some(&room.product[..]);
        let acts = &mut room.activations[..count * hidden / BLOCK];
        norm.apply(&mut room.residual, before, &layer.attention_norm, acts);
        layer.query_key_value.multiply(level, pool, acts, count, &mut room.query_key_value);

        dress_keys_and_values(
            layer,
            settings,
            level,
            pool,
            &room.query_key_value,
            &room.angles,
            &mut room.fresh,
        );
        let width = 2 * head;
        for (row, fresh) in room.fresh.chunks_exact(key_value_heads * width).enumerate() {
            for (index_of_head, fresh) in fresh.chunks_exact(width).enumerate() {
                caches[rows[row].cache].write(room.positions[row], index, index_of_head, fresh);
            }
        }
        room.groups.attend(
            super::attention::Scene {
                level,
                pool,
                settings,
                layer: index,
                weights: layer,
                caches,
                rows,
                positions: &room.positions,
                angles: &room.angles,
                product: &room.query_key_value,
            },
            &mut room.attended,
        );

        let acts = &mut room.activations[..count * heads * head / BLOCK];
        let (attended, width) = (&room.attended[..], heads / key_value_heads * head);
        each_row(pool, acts, count, |row, acts| quantise_planes(level, attended, count, row, width, acts));
        layer.attention_output.multiply(level, pool, acts, count, &mut room.product);

        let acts = &mut room.activations[..count * hidden / BLOCK];
        norm.apply(&mut room.residual, Some(&room.product), &layer.feed_forward_norm, acts);
        let dense = match &layer.feed {
            Feed::Dense(dense) => dense,
            Feed::Mixture(mixture) => {
                let scene = mixture::Scene {
                    level,
                    pool,
                    settings,
                    layer: index,
                    residual: &room.residual,
                    norm: &layer.feed_forward_norm,
                    activations: acts,
                };
                return mixture::forward(mixture, &scene, gate_hook, &mut room.mixture, &mut room.product);
            }
        };
        dense.gate_up.multiply(level, pool, acts, count, &mut room.gate_up);

        let acts = &mut room.activations[..count * feed_forward / BLOCK];
        let values = &room.gate_up[..];
        each_row(pool, acts, count, |row, acts| gate(level, Tiles { values, rows: count, row }, acts));
        dense.down.multiply(level, pool, acts, count, &mut room.product);
    }

    pub(super) fn logits(&mut self, rows: &[Row]) -> Logits<'_> {
        let Llama { settings, blocks, level, pool, room, .. } = self;
        let Settings { hidden, vocabulary, epsilon, .. } = *settings;
        let output = blocks.output.as_ref().unwrap_or(&blocks.embedding);
        let wanted = rows.iter().filter(|row| row.logits).count();
        let acts = &mut room.activations[..wanted * hidden / BLOCK];
        let which = rows.iter().enumerate().filter(|(_, row)| row.logits);
        for ((row, _), acts) in which.zip(acts.chunks_exact_mut(hidden / BLOCK)) {
            let residual = &mut room.residual[row * hidden..][..hidden];
            let last = Tiles { values: &room.product, rows: rows.len(), row };
            add_and_norm(*level, residual, Some(last), &blocks.norm, epsilon, acts);
        }
        room.logits.resize(wanted * output.outputs(), 0.0);
        if 0 < wanted {
            output.multiply(*level, pool, acts, wanted, &mut room.logits);
        }
        Logits::tiled(&room.logits, wanted, vocabulary)
    }
}

#[derive(Clone, Copy)]
struct Norm<'a> {
    level: Level,
    pool: &'a Pool,
    hidden: usize,
    epsilon: f32,
    rows: usize,
}

impl Norm<'_> {
    /// Adds the product to the residual stream, if there is one, and norms all rows.
    fn apply(self, residual: &mut [f32], product: Option<&[f32]>, weight: &[f32], acts: &mut [Block]) {
        let Norm { level, pool, hidden, epsilon, rows } = self;
        let (piece, blocks) = (together(rows), hidden / BLOCK);
        pool.pairs((residual, piece * hidden), (acts, piece * blocks), |index, residual, acts| {
            let each = residual.chunks_exact_mut(hidden).zip(acts.chunks_exact_mut(blocks));
            for (offset, (residual, acts)) in each.enumerate() {
                let row = index * piece + offset;
                let add = product.map(|values| Tiles { values, rows, row });
                add_and_norm(level, residual, add, weight, epsilon, acts);
            }
        });
    }
}

/// Calls `work` with each row's activations.
pub(super) fn each_row(
    pool: &Pool,
    acts: &mut [Block],
    rows: usize,
    work: impl Fn(usize, &mut [Block]) + Sync,
) {
    let (piece, blocks) = (together(rows), acts.len() / rows);
    pool.chunks(acts, piece * blocks, |index, acts| {
        for (offset, acts) in acts.chunks_exact_mut(blocks).enumerate() {
            work(index * piece + offset, acts);
        }
    });
}

/// Keys and values of all rows as f16: `[row][head][key, value]`.
fn dress_keys_and_values(
    layer: &Layer<Linear>,
    settings: &Settings,
    level: Level,
    pool: &Pool,
    product: &[f32],
    angles: &[f32],
    fresh: &mut [u16],
) {
    let Settings { heads, key_value_heads, head: width, epsilon, .. } = *settings;
    let per_row = key_value_heads * 2 * width;
    let rows = fresh.len() / per_row;
    let piece = together(rows);
    // The heads of a row in the product: queries, keys, values.
    let bias = |index: usize| layer.bias.as_deref().map(|bias| &bias[index * width..][..width]);
    pool.chunks(fresh, piece * per_row, |index, fresh| {
        let mut wide = vec![0.0; width];
        for (offset, fresh) in fresh.chunks_exact_mut(per_row).enumerate() {
            let row = index * piece + offset;
            let product = Tiles { values: product, rows, row };
            for (index, fresh) in fresh.chunks_exact_mut(2 * width).enumerate() {
                let (key, value) = fresh.split_at_mut(width);
                let at = heads + index;
                let norm = layer.key_norm.as_deref().map(|weight| (weight, epsilon));
                let rotation = Some(angles[row * width..][..width].split_at(width / 2));
                let dress = Dress { bias: bias(at), norm, rotation, scale: 1.0 };
                head(level, product, at * width / LANES, dress, &mut wide);
                store_half(level, &wide, key);
                let at = at + key_value_heads;
                let dress = Dress { bias: bias(at), norm: None, rotation: None, scale: 1.0 };
                head(level, product, at * width / LANES, dress, &mut wide);
                store_half(level, &wide, value);
            }
        }
    });
}
