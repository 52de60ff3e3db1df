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
            let shifted = weights.format != Format::Eight;
            let groups = self.rows.div_ceil(S::ROWS);
            let distance = if groups == 1 { blocks.min(AHEAD) } else { blocks };
            let ahead = Ahead { weights, first: tile * blocks + distance, every: groups, turn: 0 };
            let mut tile = Tile {
                lines: &weights.lines[tile * lines..][..lines],
                scales: &weights.scales[tile * blocks..][..blocks],
                offsets: if shifted { &weights.offsets[tile * blocks..][..blocks] } else { &[] },
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
        Format::Four => small::<S, M, 4>(simd, tile, acts, out),
        Format::Five => small::<S, M, 5>(simd, tile, acts, out),
        Format::Eight => eight::<S, M>(simd, tile, acts, out),
    }
    M
}

/// Weights of four bits, or of five: then a fifth line of a block has the last bit of all of them.
#[inline(always)]
fn small<S: Simd, const M: usize, const LINES: usize>(
    simd: S,
    mut tile: Tile<'_>,
    acts: &[Block],
    out: &mut [[f32; LANES]],
) {
    let blocks = tile.scales.len();
    let (lines, _) = tile.lines.as_chunks::<LINES>();
    let (lines, offsets, acts) = (&lines[..blocks], &tile.offsets[..blocks], &acts[..M * blocks]);
    let mut sums = [simd.splat(0.0); M];
    for block in 0..blocks {
        tile.ahead.fetch(simd, block);
        let scale = simd.load_half(&tile.scales[block]);
        let offset = simd.load_half(&offsets[block]);
        let fifth = lines[block].get(4).map(|line| simd.bytes(line));
        let mut dots = [simd.zero(); M];
        for (group, line) in lines[block][..4].iter().enumerate() {
            let (mut low, mut high) = simd.halves(line);
            if let Some(fifth) = fifth {
                // Bit `group` of a byte belongs to the low half bytes, the one four above it to the high ones.
                low = simd.lift(low, fifth, 4 - group as i32);
                high = simd.lift(high, fifth, -(group as i32));
            }
            for row in 0..M {
                let quants = &acts[row * blocks + block].quants;
                if LINES == 4 {
                    dots[row] = simd.dot_small(dots[row], low, quants[group]);
                    dots[row] = simd.dot_small(dots[row], high, quants[group + 4]);
                } else {
                    dots[row] = simd.dot_more(dots[row], low, quants[group]);
                    dots[row] = simd.dot_more(dots[row], high, quants[group + 4]);
                }
            }
        }
        for row in 0..M {
            let act = &acts[row * blocks + block];
            let both = simd.mul(scale, simd.splat(act.scale));
            let dot = if LINES == 4 { simd.gather_small(dots[row]) } else { dots[row] };
            sums[row] = simd.fma(simd.to_float(dot), both, sums[row]);
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
mod tests;
