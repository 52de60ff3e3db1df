//! Products in full precision: f32 rows with weights kept as f16, for models that are too small to be quantised.
//!
//! Half the bytes let the weights of such a model stay in the processor's cache; sums are made in f32.

use super::pool::Grid;
use super::simd::{Simd, Task};
use super::{LANES, Level, Pool, half};

/// A matrix packed for [`multiply`]: sixteen outputs side by side, `[output / 16][input][output % 16]`, and a bias.
pub struct Dense {
    tiles: Vec<[u16; LANES]>,
    bias: Vec<f32>,
    inputs: usize,
}

impl Dense {
    /// Packs `weights`, which lie row by row: `[output][input]`. The bias has one number for each output.
    ///
    /// Panics unless the sizes fit and the number of outputs is a multiple of 16.
    pub fn new(weights: &[f32], bias: Vec<f32>) -> Dense {
        assert!(!bias.is_empty() && bias.len().is_multiple_of(LANES), "whole tiles of outputs");
        let inputs = weights.len() / bias.len();
        assert_eq!(inputs * bias.len(), weights.len(), "a row for each output");
        let tile = |tile: &[f32]| {
            let column =
                |input: usize| std::array::from_fn(|lane| half::from_f32(tile[lane * inputs + input]));
            (0..inputs).map(column).collect::<Vec<_>>()
        };
        let tiles = weights.chunks_exact((LANES * inputs).max(1)).flat_map(tile).collect();
        Dense { tiles, bias, inputs }
    }

    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.tiles[..]) + size_of_val(&self.bias[..])
    }
}

/// `out[row][output] = bias[output] + weights[output] . input[row]`, all rows one after the other.
///
/// Panics unless `input` and `out` hold the same number of whole rows.
pub fn multiply(level: Level, pool: &Pool, weights: &Dense, input: &[f32], out: &mut [f32]) {
    let outputs = weights.outputs();
    let rows = out.len() / outputs;
    assert_eq!((rows * outputs, rows * weights.inputs), (out.len(), input.len()), "whole rows");
    // Many rows are cut too, so that inputs of a piece stay close to the core that reads them.
    let high = rows.div_ceil(rows.div_ceil(192).max(1)).max(1);
    let wide = (outputs / LANES).div_ceil(12).next_multiple_of(2) * LANES;
    pool.grid(out, outputs, (high, wide), |grid| {
        level.run(Multiply { weights, input, grid });
    });
}

struct Multiply<'a, 'b> {
    weights: &'a Dense,
    input: &'a [f32],
    grid: Grid<'b, f32>,
}

impl Task for Multiply<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn call<S: Simd>(mut self, simd: S) {
        let tiles = self.grid.columns.start / LANES..self.grid.columns.end / LANES;
        for tile in tiles.clone().step_by(2) {
            let mut row = self.grid.rows.start;
            while row < self.grid.rows.end {
                let left = self.grid.rows.end - row;
                let pair = S::WIDE && tile + 1 < tiles.end;
                row += match (left, pair) {
                    (12 | 24.., true) => block::<S, 12, 2>(simd, &mut self, tile, row),
                    (10, true) => block::<S, 10, 2>(simd, &mut self, tile, row),
                    (8.., true) => block::<S, 8, 2>(simd, &mut self, tile, row),
                    (7, true) => block::<S, 7, 2>(simd, &mut self, tile, row),
                    (6, true) => block::<S, 6, 2>(simd, &mut self, tile, row),
                    (5, true) => block::<S, 5, 2>(simd, &mut self, tile, row),
                    (4, true) => block::<S, 4, 2>(simd, &mut self, tile, row),
                    (2.., true) => block::<S, 2, 2>(simd, &mut self, tile, row),
                    (_, true) => block::<S, 1, 2>(simd, &mut self, tile, row),
                    (5.., false) => both::<S, 5>(simd, &mut self, tile, row, tiles.end),
                    (3.., false) => both::<S, 3>(simd, &mut self, tile, row, tiles.end),
                    (_, false) => both::<S, 1>(simd, &mut self, tile, row, tiles.end),
                };
            }
        }
    }
}

/// Two tiles, one after the other, where there are too few registers for both at once; returns R.
#[inline(always)]
fn both<S: Simd, const R: usize>(
    simd: S,
    work: &mut Multiply<'_, '_>,
    tile: usize,
    row: usize,
    end: usize,
) -> usize {
    for tile in tile..(tile + 2).min(end) {
        block::<S, R, 1>(simd, work, tile, row);
    }
    R
}

/// R rows times T tiles from these on; returns R.
#[inline(always)]
fn block<S: Simd, const R: usize, const T: usize>(
    simd: S,
    work: &mut Multiply<'_, '_>,
    tile: usize,
    row: usize,
) -> usize {
    let Dense { tiles, bias, inputs } = work.weights;
    let (bias, _) = bias.as_chunks::<LANES>();
    let weights: [&[[u16; LANES]]; T] = std::array::from_fn(|t| &tiles[(tile + t) * inputs..][..*inputs]);
    let input: [&[f32]; R] = std::array::from_fn(|r| &work.input[(row + r) * inputs..][..*inputs]);
    let mut sums = [[simd.splat(0.0); T]; R];
    for at in 0..*inputs {
        let mut columns = [simd.splat(0.0); T];
        for t in 0..T {
            columns[t] = simd.load_half(&weights[t][at]);
        }
        for r in 0..R {
            let x = simd.splat(input[r][at]);
            for t in 0..T {
                sums[r][t] = simd.fma(columns[t], x, sums[r][t]);
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        let (out, _) = work.grid.row(row + r, tile * LANES, T * LANES).as_chunks_mut::<LANES>();
        for t in 0..T {
            simd.store(simd.add(sums[t], simd.load(&bias[tile + t])), &mut out[t]);
        }
    }
    R
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_product_is_the_sum_of_products_at_every_level(rows in 0usize..40, inputs in 1usize..50, tiles in 1usize..6) {
            let number = |at: usize| half::to_f32(half::from_f32((at as f32 * 0.37).sin()));
            let weights: Vec<f32> = (0..tiles * LANES * inputs).map(number).collect();
            let bias: Vec<f32> = (0..tiles * LANES).map(|at| at as f32 * 0.01).collect();
            let input: Vec<f32> = (0..rows * inputs).map(|at| number(at * 7 + 3)).collect();
            let dense = Dense::new(&weights, bias.clone());
            let pool = Pool::new(3);
            for level in Level::available() {
                let mut out = vec![f32::NAN; rows * bias.len()];
                multiply(level, &pool, &dense, &input, &mut out);
                for (at, got) in out.iter().enumerate() {
                    let (row, output) = (at / bias.len(), at % bias.len());
                    let pairs = input[row * inputs..].iter().zip(&weights[output * inputs..][..inputs]);
                    let expected = bias[output] + pairs.map(|(a, b)| a * b).sum::<f32>();
                    prop_assert!((got - expected).abs() < 1e-4, "{}: {got}, not {expected}", level.name());
                }
            }
        }
    }
}
