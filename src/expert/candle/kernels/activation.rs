//! Activations as the integer kernels want them: signed bytes in blocks of 32 with one scale.

use super::simd::{Simd, Task};
use super::{BLOCK, Level};

/// 32 activations: `scale * q`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Block {
    /// Four signed bytes in each number, the first in its lowest bits.
    pub(super) quants: [i32; 8],
    pub(super) scale: f32,
    /// The scale times the sum of the bytes: what a constant added to all weights brings.
    pub(super) sum: f32,
}

impl Block {
    /// The numbers that it stands for.
    pub fn widen(&self, out: &mut [f32; BLOCK]) {
        for (out, quants) in out.as_chunks_mut::<4>().0.iter_mut().zip(&self.quants) {
            let bytes = quants.to_le_bytes().map(|byte| f32::from(byte.cast_signed()));
            *out = bytes.map(|byte| self.scale * byte);
        }
    }
}

/// Quantises a row; its length is 32 times that of `out`.
///
/// A row with NaN or infinity gets NaN scales where they stand, so that they are not lost on the way to the logits.
pub fn quantise(level: Level, values: &[f32], out: &mut [Block]) {
    level.run(Quantise { values, out });
}

struct Quantise<'a> {
    values: &'a [f32],
    out: &'a mut [Block],
}

impl Task for Quantise<'_> {
    type Output = ();
    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        let (blocks, _) = self.values.as_chunks::<BLOCK>();
        for (values, out) in blocks.iter().zip(self.out) {
            let (halves, _) = values.as_chunks::<16>();
            *out = block(simd, simd.load(&halves[0]), simd.load(&halves[1]));
        }
    }
}

#[inline(always)]
pub(super) fn block<S: Simd>(simd: S, first: S::F, second: S::F) -> Block {
    let largest = simd.largest(simd.max(simd.abs(first), simd.abs(second)));
    let (scale, inverse) = match largest {
        0.0 => (0.0, 0.0),
        most if most > 0.0 && most < f32::INFINITY => (most / 127.0, 127.0 / most),
        _ => (f32::NAN, 0.0),
    };
    let inverse = simd.splat(inverse);
    let first = simd.round(simd.mul(first, inverse));
    let second = simd.round(simd.mul(second, inverse));
    let (a, b) = (simd.to_bytes(first), simd.to_bytes(second));
    let quants = [a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3]];
    Block { quants, scale, sum: scale * simd.sum(simd.add(first, second)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_quantises_alike() {
        let values: Vec<f32> = (0..96).map(|i| ((i * i) as f32 * 0.13).sin() * i as f32).collect();
        let check = |level: Level| {
            let mut blocks = [Block::default(); 3];
            quantise(level, &values, &mut blocks);
            for (block, values) in blocks.iter().zip(values.as_chunks::<BLOCK>().0) {
                let mut wide = [0.0; BLOCK];
                block.widen(&mut wide);
                for (wide, value) in wide.iter().zip(values) {
                    assert!((wide - value).abs() <= block.scale * 0.5001, "{} {value}", level.name());
                }
            }
            blocks
        };
        let expected = check(Level::available()[0]);
        for level in Level::available() {
            assert_eq!(check(level), expected, "{}", level.name());
        }
    }

    #[test]
    fn what_is_not_a_number_is_not_lost() {
        for level in Level::available() {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut blocks = [Block::default()];
                quantise(level, &[bad; 32], &mut blocks);
                assert!(blocks[0].scale.is_nan() && blocks[0].sum.is_nan(), "{} {bad}", level.name());
            }
        }
    }
}
