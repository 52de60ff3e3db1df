//! The second half of a layer with several experts of the network: a router sends each row to a few of them.
//!
//! Called by `pass` only. An expert sees the rows that chose it as one product; what a row gets does not depend on the
//! rows beside it. The choice can be watched and changed through a [`GateHook`].

use super::super::blocks::Mixture;
use super::super::gates::{Gate, GateHook, choose};
use super::super::kernels::activation::Block;
use super::super::kernels::rows::{Tiles, gate};
use super::super::kernels::{BLOCK, LANES, Level, Pool};
use super::super::weights::Linear;
use super::Settings;
use super::pass::each_row;

/// What a pass through the experts reads.
pub(super) struct Scene<'a> {
    pub(super) level: Level,
    pub(super) pool: &'a Pool,
    pub(super) settings: &'a Settings,
    pub(super) layer: usize,
    pub(super) residual: &'a [f32],
    pub(super) norm: &'a [f32],
    /// The normed rows, quantised.
    pub(super) activations: &'a [Block],
}

/// Kept from pass to pass.
#[derive(Default)]
pub(super) struct Room {
    gates: Vec<Gate>,
    /// The rows of the expert at work, with their weights.
    rows: Vec<(usize, f32)>,
    taken: Vec<Block>,
    gate_up: Vec<f32>,
    between: Vec<Block>,
    product: Vec<f32>,
}

/// Writes the answer for every row into `out`, tile by tile.
pub(super) fn forward(
    layer: &Mixture<Linear>,
    scene: &Scene<'_>,
    hook: &mut Option<GateHook>,
    room: &mut Room,
    out: &mut [f32],
) {
    let Scene { level, pool, settings, activations, .. } = *scene;
    let (hidden, feed_forward) = (settings.hidden, settings.feed_forward);
    let (width, count) = (hidden / BLOCK, activations.len() / (hidden / BLOCK));
    gates(layer, scene, count, &mut room.gates);
    if let Some(hook) = hook {
        let each = room.gates.chunks_exact_mut(layer.used).enumerate();
        each.for_each(|(row, gates)| hook(scene.layer, row, gates));
    }
    out.fill(0.0);
    for (index, expert) in layer.experts.iter().enumerate() {
        let Room { gates, rows, taken, gate_up, between, product } = room;
        rows.clear();
        let chosen = gates.iter().enumerate().filter(|(_, gate)| gate.expert == index);
        rows.extend(chosen.map(|(at, gate)| (at / layer.used, gate.weight)));
        if rows.is_empty() {
            continue;
        }
        taken.clear();
        rows.iter().for_each(|(row, _)| taken.extend_from_slice(&activations[row * width..][..width]));
        gate_up.resize(rows.len() * 2 * feed_forward, 0.0);
        expert.gate_up.multiply(level, pool, taken, rows.len(), gate_up);
        between.resize(rows.len() * feed_forward / BLOCK, Block::default());
        let (values, of) = (&gate_up[..], rows.len());
        each_row(pool, between, of, |row, acts| gate(level, Tiles { values, rows: of, row }, acts));
        product.resize(rows.len() * hidden, 0.0);
        expert.down.multiply(level, pool, between, rows.len(), product);
        let tiles = out.chunks_exact_mut(count * LANES).zip(product.chunks_exact(of * LANES));
        for (out, product) in tiles {
            for ((row, weight), values) in rows.iter().zip(product.chunks_exact(LANES)) {
                let out = &mut out[row * LANES..][..LANES];
                out.iter_mut().zip(values).for_each(|(out, value)| *out += weight * value);
            }
        }
    }
}

/// The gates of all rows. In full precision: an activation rounded to a byte could tip the balance.
fn gates(layer: &Mixture<Linear>, scene: &Scene<'_>, count: usize, gates: &mut Vec<Gate>) {
    let Settings { hidden, epsilon, .. } = *scene.settings;
    gates.resize(count * layer.used, Gate { expert: 0, weight: 0.0 });
    scene.pool.chunks(gates, layer.used, |row, gates| {
        let residual = &scene.residual[row * hidden..][..hidden];
        let mean = residual.iter().map(|x| x * x).sum::<f32>() / hidden as f32;
        let factor = 1.0 / (mean + epsilon).sqrt();
        let normed: Vec<f32> = residual.iter().zip(scene.norm).map(|(x, norm)| x * factor * norm).collect();
        choose(layer.router.chunks_exact(hidden).map(|router| dot(router, &normed)), gates);
    });
}

/// Sixteen sums side by side, which the compiler makes a vector of.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (a, b) = (a.as_chunks::<LANES>().0, b.as_chunks::<LANES>().0);
    for (a, b) in a.iter().zip(b) {
        (0..LANES).for_each(|lane| sums[lane] += a[lane] * b[lane]);
    }
    sums.iter().sum()
}
