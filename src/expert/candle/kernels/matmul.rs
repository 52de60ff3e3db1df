//! Products of packed weights with quantised activations, for one row of activations or many.
//!
//! Results lie tile by tile: `out[tile][row][lane]`, so that each tile is a piece of its own for the threads.

use super::activation::Block;
use super::pack::{Format, Line, Packed};
use super::simd::{Simd, Task};
use super::{LANES, Level, Pool};

/// Blocks of weights that are on their way from memory while one row is multiplied: some 5 KiB.
const AHEAD: usize = 16;

/// `out[tile][row][lane] = weights[16 * tile + lane] . activations[row]`.
///
/// `activations` holds `rows` rows of `weights.columns / 32` blocks; `out` holds `weights.tiles() * rows * 16` sums.
/// A row's result does not depend on how many rows there are.
pub fn multiply(
    level: Level,
    pool: &Pool,
    weights: &Packed,
    activations: &[Block],
    rows: usize,
    out: &mut [f32],
) {
    let (tiles, blocks) = (weights.tiles(), weights.blocks());
    assert_eq!(activations.len(), rows * blocks, "rows of activations as wide as the weights");
    assert_eq!(out.len(), tiles * rows * LANES, "room for every product");
    // Pieces small enough that a thread that loses its core holds up little.
    let piece = (tiles / if rows == 1 { 12 } else { 24 }).max(1);
    pool.chunks(out, piece * rows * LANES, |index, out| {
        let (out, _) = out.as_chunks_mut::<LANES>();
        level.run(Multiply { weights, first: index * piece, activations, rows, out });
    });
}

struct Multiply<'a> {
    weights: &'a Packed,
    first: usize,
    activations: &'a [Block],
    rows: usize,
    out: &'a mut [[f32; LANES]],
}

/// One tile of weights.
#[derive(Clone, Copy)]
struct Tile<'a> {
    lines: &'a [Line],
    scales: &'a [[u16; LANES]],
    offsets: &'a [[u16; LANES]],
    ahead: Ahead<'a>,
}

/// Which blocks to fetch from memory meanwhile: those that the same thread most likely comes to next. Lines of `Eight`
/// come fast enough by themselves: there it only cost time.
#[derive(Clone, Copy)]
struct Ahead<'a> {
    weights: &'a Packed,
    /// Where in the matrix the blocks begin.
    first: usize,
    /// Of these, fetch one in so many,
    every: usize,
    /// beginning with this one; groups of rows of the same tile share the work.
    turn: usize,
}

impl Ahead<'_> {
    #[inline(always)]
    fn fetch<S: Simd>(&mut self, simd: S, block: usize) {
        if block != self.turn {
            return;
        }
        self.turn += self.every;
        let (lines, place) = (self.weights.format.lines(), self.first + block);
        if let Some(lines) = self.weights.lines.get(place * lines..(place + 1) * lines) {
            lines.iter().for_each(|line| simd.prefetch(line));
        }
        self.weights.scales.get(place).into_iter().for_each(|scales| simd.prefetch(scales));
        self.weights.offsets.get(place).into_iter().for_each(|offsets| simd.prefetch(offsets));
    }
}

impl Task for Multiply<'_> {
    type Output = ();
    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        let (weights, blocks) = (self.weights, self.weights.blocks());
        let lines = blocks * weights.format.lines();
        for (index, out) in self.out.chunks_exact_mut(self.rows).enumerate() {
            let tile = self.first + index;
            let four = weights.format == Format::Four;
            let groups = self.rows.div_ceil(S::ROWS);
            let distance = if groups == 1 { blocks.min(AHEAD) } else { blocks };
            let ahead = Ahead { weights, first: tile * blocks + distance, every: groups, turn: 0 };
            let mut tile = Tile {
                lines: &weights.lines[tile * lines..][..lines],
                scales: &weights.scales[tile * blocks..][..blocks],
                offsets: if four { &weights.offsets[tile * blocks..][..blocks] } else { &[] },
                ahead,
            };
            let mut row = 0;
            while row < self.rows {
                tile.ahead.turn = row / S::ROWS;
                let (acts, out) = (&self.activations[row * blocks..], &mut out[row..]);
                row += match (self.rows - row).min(S::ROWS) {
                    8.. => rows::<S, 8>(simd, weights.format, tile, acts, out),
                    4.. => rows::<S, 4>(simd, weights.format, tile, acts, out),
                    2.. => rows::<S, 2>(simd, weights.format, tile, acts, out),
                    _ => rows::<S, 1>(simd, weights.format, tile, acts, out),
                }
            }
        }
    }
}

/// A tile times the first M rows of activations; returns M.
#[inline(always)]
fn rows<S: Simd, const M: usize>(
    simd: S,
    format: Format,
    tile: Tile<'_>,
    acts: &[Block],
    out: &mut [[f32; LANES]],
) -> usize {
    match format {
        Format::Four => four::<S, M>(simd, tile, acts, out),
        Format::Eight => eight::<S, M>(simd, tile, acts, out),
    }
    M
}

#[inline(always)]
fn four<S: Simd, const M: usize>(simd: S, mut tile: Tile<'_>, acts: &[Block], out: &mut [[f32; LANES]]) {
    let blocks = tile.scales.len();
    let (lines, _) = tile.lines.as_chunks::<4>();
    let (lines, offsets, acts) = (&lines[..blocks], &tile.offsets[..blocks], &acts[..M * blocks]);
    let mut sums = [simd.splat(0.0); M];
    for block in 0..blocks {
        tile.ahead.fetch(simd, block);
        let scale = simd.load_half(&tile.scales[block]);
        let offset = simd.load_half(&offsets[block]);
        let mut dots = [simd.zero(); M];
        for (group, line) in lines[block].iter().enumerate() {
            let (low, high) = simd.halves(line);
            for row in 0..M {
                let quants = &acts[row * blocks + block].quants;
                dots[row] = simd.dot_small(dots[row], low, quants[group]);
                dots[row] = simd.dot_small(dots[row], high, quants[group + 4]);
            }
        }
        for row in 0..M {
            let act = &acts[row * blocks + block];
            let both = simd.mul(scale, simd.splat(act.scale));
            let dot = simd.to_float(simd.gather_small(dots[row]));
            sums[row] = simd.fma(dot, both, sums[row]);
            sums[row] = simd.fma(offset, simd.splat(act.sum), sums[row]);
        }
    }
    for row in 0..M {
        simd.store(sums[row], &mut out[row]);
    }
}

#[inline(always)]
fn eight<S: Simd, const M: usize>(simd: S, tile: Tile<'_>, acts: &[Block], out: &mut [[f32; LANES]]) {
    let blocks = tile.scales.len();
    let (lines, _) = tile.lines.as_chunks::<8>();
    let (lines, acts) = (&lines[..blocks], &acts[..M * blocks]);
    let mut sums = [simd.splat(0.0); M];
    for block in 0..blocks {
        let scale = simd.load_half(&tile.scales[block]);
        let mut dots = [simd.zero(); M];
        for (group, line) in lines[block].iter().enumerate() {
            let bytes = simd.bytes(line);
            for row in 0..M {
                let quants = &acts[row * blocks + block].quants;
                dots[row] = simd.dot_bytes(dots[row], bytes, quants[group]);
            }
        }
        for row in 0..M {
            let act = &acts[row * blocks + block];
            let mut dot = simd.mul(simd.to_float(dots[row]), simd.splat(act.scale));
            if S::BIASED {
                dot = simd.sub(dot, simd.splat(128.0 * act.sum));
            }
            sums[row] = simd.fma(dot, scale, sums[row]);
        }
    }
    for row in 0..M {
        simd.store(sums[row], &mut out[row]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::activation::quantise;
    use super::*;
    use proptest::prelude::*;

    fn packed(format: Format, rows: usize, columns: usize, seed: u32) -> Packed {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state
        };
        match format {
            Format::Eight => {
                let values: Vec<f32> = (0..rows * columns).map(|_| next() as f32 / 2e9 - 1.0).collect();
                Packed::from_f32(&values, columns)
            }
            Format::Four => {
                let mut bytes: Vec<u8> =
                    (0..rows * columns / 32 * 20).map(|_| (next() >> 24) as u8).collect();
                for block in bytes.chunks_exact_mut(20) {
                    // Scale and offset of ordinary size: 0x2c00 is 1/16.
                    (block[1], block[3]) = (0x2c, 0xb0 | (block[3] & 7));
                }
                Packed::from_q4_1(&bytes, columns)
            }
        }
    }

    fn product(level: Level, weights: &Packed, values: &[f32], rows: usize) -> Vec<f32> {
        let mut acts = vec![Block::default(); values.len() / 32];
        quantise(level, values, &mut acts);
        let mut out = vec![0.0; weights.tiles() * rows * LANES];
        multiply(level, &Pool::new(2), weights, &acts, rows, &mut out);
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn every_level_agrees_with_plain_arithmetic(
            format in prop_oneof![Just(Format::Four), Just(Format::Eight)],
            weight_rows in 1usize..70,
            blocks in 1usize..6,
            rows in 1usize..20,
            seed: u32,
        ) {
            let weights = packed(format, weight_rows, blocks * 32, seed);
            let values: Vec<f32> =
                (0..rows * blocks * 32).map(|i| ((i as f32 + seed as f32 % 97.0) * 0.7).sin()).collect();
            let mut dense = vec![0.0; blocks * 32];
            for level in Level::available() {
                let out = product(level, &weights, &values, rows);
                for weight_row in 0..weight_rows {
                    weights.row(weight_row, &mut dense);
                    for row in 0..rows {
                        let activations = &values[row * blocks * 32..][..blocks * 32];
                        let expected: f32 = dense.iter().zip(activations).map(|(w, a)| w * a).sum();
                        let norm: f32 = dense.iter().map(|w| w.abs()).sum();
                        let got = out[(weight_row / 16 * rows + row) * 16 + weight_row % 16];
                        // Half a step of the activations' bytes, times the weights.
                        prop_assert!((got - expected).abs() <= norm / 250.0 + 1e-4,
                            "{}: {got} for {expected}", level.name());
                    }
                }
            }
        }

        #[test]
        fn a_row_gives_the_same_alone_and_among_others(
            format in prop_oneof![Just(Format::Four), Just(Format::Eight)],
            rows in 1usize..20,
            seed: u32,
        ) {
            let weights = packed(format, 48, 64, seed);
            let values: Vec<f32> = (0..rows * 64).map(|i| ((i as f32 + seed as f32 % 89.0) * 0.3).cos()).collect();
            for level in Level::available() {
                let together = product(level, &weights, &values, rows);
                for row in 0..rows {
                    let alone = product(level, &weights, &values[row * 64..][..64], 1);
                    for tile in 0..3 {
                        prop_assert_eq!(&alone[tile * 16..][..16], &together[(tile * rows + row) * 16..][..16]);
                    }
                }
            }
        }
    }

    #[test]
    fn fast_levels_agree_with_the_portable_one_to_rounding() {
        for format in [Format::Four, Format::Eight] {
            let weights = packed(format, 33, 576, 7);
            let values: Vec<f32> = (0..9 * 576).map(|i| (i as f32 * 0.7).sin()).collect();
            let levels = Level::available();
            let expected = product(levels[0], &weights, &values, 9);
            for &level in &levels[1..] {
                for (got, expected) in product(level, &weights, &values, 9).iter().zip(&expected) {
                    assert!(
                        (got - expected).abs() < 1e-3,
                        "{} {format:?}: {got} for {expected}",
                        level.name()
                    );
                }
            }
        }
    }
}
