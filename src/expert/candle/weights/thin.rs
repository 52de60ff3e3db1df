//! What an adapter adds to a linear map of the kernels: two thin products, in full precision.

use super::super::adapter::Change;
use super::super::kernels::activation::Block;
use super::super::kernels::dense::{Dense, multiply};
use super::super::kernels::{BLOCK, LANES, Level, Pool};
use super::Part;

/// `up . down`, beginning at some tile of the outputs.
pub(super) struct Thin {
    down: Dense,
    up: Dense,
    first: usize,
}

impl Thin {
    /// For the part of a linear map whose outputs begin at the tile `first`.
    pub(super) fn new(change: &Change, part: &Part<'_>, first: usize) -> Thin {
        let (rank, padded) = (change.rank, change.rank.next_multiple_of(LANES));
        let columns = change.down.len() / rank;
        let mut down = change.down.clone();
        down.resize(padded * columns, 0.0);
        let ordered = part.ordered(change);
        let outputs = part.rows.next_multiple_of(LANES);
        let mut up = vec![0.0; outputs * padded];
        for (wide, row) in up.chunks_exact_mut(padded).zip(ordered.chunks_exact(rank)) {
            wide[..rank].copy_from_slice(row);
        }
        Thin { down: Dense::new(&down, vec![0.0; padded]), up: Dense::new(&up, vec![0.0; outputs]), first }
    }

    /// Adds to `out`, which holds tiles of outputs by rows; `input` has the activations of all rows.
    pub(super) fn add(&self, level: Level, pool: &Pool, input: &[f32], rows: usize, out: &mut [f32]) {
        let mut between = vec![0.0; rows * self.down.outputs()];
        multiply(level, pool, &self.down, input, &mut between);
        let width = self.up.outputs();
        let mut added = vec![0.0; rows * width];
        multiply(level, pool, &self.up, &between, &mut added);
        let tiles = out[self.first * rows * LANES..].chunks_exact_mut(rows * LANES);
        for (tile, out) in tiles.take(width / LANES).enumerate() {
            for (out, added) in out.chunks_exact_mut(LANES).zip(added.chunks_exact(width)) {
                let added = &added[tile * LANES..][..LANES];
                out.iter_mut().zip(added).for_each(|(out, added)| *out += added);
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.down.bytes() + self.up.bytes()
    }
}

/// The numbers that activations stand for.
pub(super) fn widened(activations: &[Block]) -> Vec<f32> {
    let mut values = vec![0.0; activations.len() * BLOCK];
    let (blocks, _) = values.as_chunks_mut::<BLOCK>();
    blocks.iter_mut().zip(activations).for_each(|(values, block)| block.widen(values));
    values
}
