//! What happens to one row between two products: norms, gates, rotation; mostly ending in quantised activations.
//!
//! Products leave their results tile by tile; [`Tiles`] reads one row out of them.

use super::activation::{Block, block};
use super::simd::{Simd, Task};
use super::{LANES, Level};

/// One row of a product: `values[tile][row][lane]`.
#[derive(Clone, Copy)]
pub struct Tiles<'a> {
    pub values: &'a [f32],
    /// How many rows the product has.
    pub rows: usize,
    pub row: usize,
}

impl<'a> Tiles<'a> {
    /// The sixteen values of a tile.
    #[inline(always)]
    fn tile(&self, tile: usize) -> &'a [f32; LANES] {
        let (all, _) = self.values.as_chunks::<LANES>();
        &all[tile * self.rows + self.row]
    }

    /// Copies the row out.
    pub fn copy_to(&self, out: &mut [f32]) {
        for (tile, out) in out.chunks_mut(LANES).enumerate() {
            out.copy_from_slice(&self.tile(tile)[..out.len()]);
        }
    }
}

/// Adds the result of a product to the residual stream, if there is one; norms the sum by its root mean square,
/// multiplies with `weight` and quantises.
///
/// Source: "Root Mean Square Layer Normalization" (Zhang and Sennrich, 2019).
pub fn add_and_norm(
    level: Level,
    residual: &mut [f32],
    add: Option<Tiles<'_>>,
    weight: &[f32],
    epsilon: f32,
    out: &mut [Block],
) {
    level.run(AddAndNorm { residual, add, weight, epsilon, out });
}

struct AddAndNorm<'a> {
    residual: &'a mut [f32],
    add: Option<Tiles<'a>>,
    weight: &'a [f32],
    epsilon: f32,
    out: &'a mut [Block],
}

impl Task for AddAndNorm<'_> {
    type Output = ();
    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        let (residual, _) = self.residual.as_chunks_mut::<LANES>();
        let (weight, _) = self.weight.as_chunks::<LANES>();
        let mut squares = simd.splat(0.0);
        for (tile, values) in residual.iter_mut().enumerate() {
            let mut x = simd.load(values);
            if let Some(add) = &self.add {
                x = simd.add(x, simd.load(add.tile(tile)));
                simd.store(x, values);
            }
            squares = simd.fma(x, x, squares);
        }
        let mean = simd.sum(squares) / (residual.len() * LANES) as f32;
        let factor = simd.splat(1.0 / (mean + self.epsilon).sqrt());
        let pairs = residual.chunks_exact(2).zip(weight.chunks_exact(2));
        for ((x, weight), out) in pairs.zip(self.out) {
            let first = simd.mul(simd.mul(simd.load(&x[0]), factor), simd.load(&weight[0]));
            let second = simd.mul(simd.mul(simd.load(&x[1]), factor), simd.load(&weight[1]));
            *out = block(simd, first, second);
        }
    }
}

/// `silu(gate) * up`, quantised, where the product holds the gate in the first half of its tiles and up in the other.
///
/// Source: "GLU Variants Improve Transformer" (Shazeer, 2020).
pub fn gate(level: Level, product: Tiles<'_>, out: &mut [Block]) {
    level.run(Gate { product, out });
}

struct Gate<'a> {
    product: Tiles<'a>,
    out: &'a mut [Block],
}

impl Task for Gate<'_> {
    type Output = ();
    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        let half = self.out.len() * 2;
        for (index, out) in self.out.iter_mut().enumerate() {
            let first = gated(simd, self.product, index * 2, half);
            let second = gated(simd, self.product, index * 2 + 1, half);
            *out = block(simd, first, second);
        }
    }
}

#[inline(always)]
fn gated<S: Simd>(simd: S, product: Tiles<'_>, tile: usize, half: usize) -> S::F {
    let gate = simd.load(product.tile(tile));
    let up = simd.load(product.tile(half + tile));
    // Beyond 80 the gate is closed for good, and the exponential would leave its range. A NaN that gets lost here
    // comes back with the product below.
    let bounded = simd.sub(simd.splat(0.0), simd.max(gate, simd.splat(-80.0)));
    let sigmoid = simd.div(simd.splat(1.0), simd.add(simd.splat(1.0), simd.exp(bounded)));
    simd.mul(simd.mul(gate, sigmoid), up)
}

/// Quantises a row whose values lie in several planes: `values[plane][row][width]`.
pub fn quantise_planes(
    level: Level,
    values: &[f32],
    rows: usize,
    row: usize,
    width: usize,
    out: &mut [Block],
) {
    level.run(QuantisePlanes { values, rows, row, width, out });
}

struct QuantisePlanes<'a> {
    values: &'a [f32],
    rows: usize,
    row: usize,
    width: usize,
    out: &'a mut [Block],
}

impl Task for QuantisePlanes<'_> {
    type Output = ();
    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        let (values, _) = self.values.as_chunks::<LANES>();
        let width = self.width / LANES;
        let place = |index: usize| (index / width * self.rows + self.row) * width + index % width;
        for (index, out) in self.out.iter_mut().enumerate() {
            let (first, second) = (place(index * 2), place(index * 2 + 1));
            *out = block(simd, simd.load(&values[first]), simd.load(&values[second]));
        }
    }
}

/// What is done to a query, key or value between its product and the attention.
#[derive(Clone, Copy, Default)]
pub struct Dress<'a> {
    /// Added first: as long as the head.
    pub bias: Option<&'a [f32]>,
    /// Root-mean-square norm over the head: its weights and epsilon.
    pub norm: Option<(&'a [f32], f32)>,
    /// Cosines and sines of the position, half as long as the head each.
    pub rotation: Option<(&'a [f32], &'a [f32])>,
    /// Multiplied last.
    pub scale: f32,
}

/// Takes one head out of a product, from tile `first` on, and dresses it. The head's dimensions are in split order:
/// dimension i turns together with i + half.
///
/// Source of the rotation: "RoFormer: Enhanced Transformer with Rotary Position Embedding" (Su et al., 2021).
pub fn head(level: Level, product: Tiles<'_>, first: usize, dress: Dress<'_>, out: &mut [f32]) {
    level.run(Head { product, first, dress, out });
}

struct Head<'a> {
    product: Tiles<'a>,
    first: usize,
    dress: Dress<'a>,
    out: &'a mut [f32],
}

impl Task for Head<'_> {
    type Output = ();
    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        let Head { product, first, dress, out } = self;
        let width = out.len();
        let scale = simd.splat(dress.scale);
        let (tiles, _) = out.as_chunks_mut::<LANES>();
        for (tile, out) in tiles.iter_mut().enumerate() {
            let x = simd.load(product.tile(first + tile));
            simd.store(if dress.norm.is_some() { x } else { simd.mul(x, scale) }, out);
        }
        if let Some(bias) = dress.bias {
            let factor = if dress.norm.is_some() { 1.0 } else { dress.scale };
            for (x, bias) in out.iter_mut().zip(bias) {
                *x += bias * factor;
            }
        }
        if let Some((weight, epsilon)) = dress.norm {
            let mean = out.iter().map(|x| x * x).sum::<f32>() / width as f32;
            let factor = dress.scale / (mean + epsilon).sqrt();
            for (x, weight) in out.iter_mut().zip(weight) {
                *x *= factor * weight;
            }
        }
        if let Some((cosines, sines)) = dress.rotation {
            let (left, right) = out.split_at_mut(width / 2);
            let angles = cosines.iter().zip(sines);
            for ((a, b), (cosine, sine)) in left.iter_mut().zip(right).zip(angles) {
                (*a, *b) = (*a * cosine - *b * sine, *a * sine + *b * cosine);
            }
        }
    }
}

/// Narrows a head to f16.
pub fn store_half(level: Level, values: &[f32], out: &mut [u16]) {
    level.run(StoreHalf { values, out });
}

struct StoreHalf<'a> {
    values: &'a [f32],
    out: &'a mut [u16],
}

impl Task for StoreHalf<'_> {
    type Output = ();
    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        let (values, _) = self.values.as_chunks::<LANES>();
        let (out, _) = self.out.as_chunks_mut::<LANES>();
        for (values, out) in values.iter().zip(out) {
            simd.store_half(simd.load(values), out);
        }
    }
}

#[cfg(test)]
mod tests;
