//! What happens to each row of numbers between the matrix products: normalisation, attention, GELU. Plain slices,
//! written so that the compiler makes vector code of them for the instructions at hand, and shared among threads.

use super::super::kernels::{Level, Pool};

/// Rows of this many numbers together are worth another thread.
const WORTH_A_THREAD: usize = 1 << 13;

/// Where the work is done.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) level: Level,
    pub(super) pool: &'a Pool,
}

impl Place<'_> {
    /// Each row of `x` plus that of `y`, brought to mean 0 and variance 1, then scaled and shifted.
    ///
    /// After "Layer Normalization" (Ba, Kiros, Hinton, 2016).
    pub(super) fn add_and_normalize(self, x: &mut [f32], y: &[f32], norm: &Norm) {
        let width = norm.scale.len();
        let piece = (WORTH_A_THREAD / width).max(1) * width;
        self.pool.chunks(x, piece, |index, x| {
            self.level.compiled(|| {
                let rows = x.chunks_exact_mut(width).zip(y[index * piece..].chunks_exact(width));
                for (x, y) in rows {
                    x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
                    norm.apply(x);
                }
            });
        });
    }

    /// GELU of each number. After "Gaussian Error Linear Units" (Hendrycks, Gimpel, 2016).
    pub(super) fn gelu(self, x: &mut [f32]) {
        self.pool.chunks(x, WORTH_A_THREAD, |_, x| {
            self.level.compiled(|| {
                for x in x {
                    *x = 0.5 * *x * (1.0 + erf(*x * std::f32::consts::FRAC_1_SQRT_2));
                }
            });
        });
    }

    /// Attention of each text to itself, all heads. `three` is `[row, 3, head, depth]` (queries, keys, values), `out`
    /// `[row, head, depth]`; the rows of the texts stand one after the other.
    ///
    /// After "Attention Is All You Need" (Vaswani et al., 2017).
    pub(super) fn attend(
        self,
        three: &[f32],
        lengths: &[usize],
        width: usize,
        heads: usize,
        out: &mut [f32],
    ) {
        let depth = width / heads;
        let rows = out.len() / width;
        self.pool.grid(out, width, (rows, depth), |mut grid| {
            let from = grid.columns.start;
            self.level.compiled(|| {
                let (mut keys, mut scores) = (vec![], vec![]);
                let mut first = 0;
                for &length in lengths {
                    let row = |row: usize, part: usize| {
                        &three[((first + row) * 3 + part) * width + from..][..depth]
                    };
                    keys.clear();
                    keys.resize(depth * length, 0.0);
                    for at in 0..length {
                        row(at, 1).iter().enumerate().for_each(|(d, key)| keys[d * length + at] = *key);
                    }
                    for at in 0..length {
                        scores.clear();
                        scores.resize(length, 0.0);
                        for (query, keys) in row(at, 0).iter().zip(keys.chunks_exact(length)) {
                            add_scaled(&mut scores, *query, keys);
                        }
                        softmax(&mut scores, (depth as f32).sqrt().recip());
                        let out = grid.row(first + at, from, depth);
                        out.fill(0.0);
                        for (other, share) in scores.iter().enumerate() {
                            add_scaled(out, *share, row(other, 2));
                        }
                    }
                    first += length;
                }
            });
        });
    }
}

/// Adds `factor` times `y` to `x`.
#[inline(always)]
fn add_scaled(x: &mut [f32], factor: f32, y: &[f32]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x += factor * y);
}

/// Softmax of the numbers times `scale`.
#[inline(always)]
fn softmax(x: &mut [f32], scale: f32) {
    let most = x.iter().copied().fold(f32::MIN, f32::max);
    x.iter_mut().for_each(|x| *x = exp((*x - most) * scale));
    let factor = sum(x, |x| x).recip();
    x.iter_mut().for_each(|x| *x *= factor);
}

/// Scale, shift and smallest variance of a layer normalisation.
pub(super) struct Norm {
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
    pub(super) epsilon: f32,
}

impl Norm {
    #[inline(always)]
    pub(super) fn apply(&self, row: &mut [f32]) {
        let count = row.len() as f32;
        let mean = sum(row, |x| x) / count;
        let variance = sum(row, |x| (x - mean) * (x - mean)) / count;
        let factor = (variance + self.epsilon).sqrt().recip();
        for ((x, scale), shift) in row.iter_mut().zip(&self.scale).zip(&self.shift) {
            *x = (*x - mean) * factor * scale + shift;
        }
    }
}

/// Sum of products. For vectors of length 1 their cosine.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut parts = [0.0; 8];
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        for ((part, a), b) in parts.iter_mut().zip(a).zip(b) {
            *part += a * b;
        }
    }
    parts.iter().sum()
}

/// Sum in sixteen parts: quicker and closer than one after the other.
#[inline(always)]
fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut parts = [0.0; 16];
    let (whole, rest) = row.as_chunks::<16>();
    for chunk in whole {
        for (part, &x) in parts.iter_mut().zip(chunk) {
            *part += of(x);
        }
    }
    parts.iter().sum::<f32>() + rest.iter().map(|&x| of(x)).sum::<f32>()
}

/// e to the x, relative error below 3e-7 where the result is a normal number; 0 or the largest power outside.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to a whole number, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    // ln 2 in two parts, the first with few bits, so that the difference is exact.
    let rest = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    let series = 1.0 / 720.0;
    let series = series * rest + 1.0 / 120.0;
    let series = series * rest + 1.0 / 24.0;
    let series = series * rest + 1.0 / 6.0;
    let series = series * rest + 0.5;
    let series = series * rest + 1.0;
    (series * rest + 1.0) * power
}

/// The error function, within 5e-7: formula 7.1.26 of "Handbook of Mathematical Functions" (Abramowitz, Stegun).
#[inline(always)]
fn erf(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * size);
    let series = 1.061_405_4;
    let series = series * t - 1.453_152_1;
    let series = series * t + 1.421_413_8;
    let series = series * t - 0.284_496_72;
    let series = series * t + 0.254_829_6;
    (1.0 - series * t * exp(-size * size)).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_close_to_the_true_ones() {
        for at in -8700..=8800 {
            let x = at as f32 / 100.0;
            let truth = f64::from(x).exp();
            assert!((f64::from(exp(x)) / truth - 1.0).abs() < 3e-7, "exp {x}");
        }
        // From tables of the error function.
        for (x, truth) in
            [(0.0, 0.0), (0.1, 0.112_462_92), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (2.0, 0.995_322_3)]
        {
            assert!((erf(x) - truth).abs() < 5e-7 && (erf(-x) + truth).abs() < 5e-7, "erf {x}");
        }
        assert_eq!((erf(30.0), erf(-30.0)), (1.0, -1.0));
    }

    #[test]
    fn rows_are_treated_one_by_one() {
        for level in Level::available() {
            let place = Place { level, pool: &Pool::new(2) };
            let norm = Norm { scale: vec![1.0, 2.0], shift: vec![0.0, 1.0], epsilon: 0.0 };
            let mut x = vec![1.0, 2.0, 0.0, 0.0];
            place.add_and_normalize(&mut x, &[1.0, 2.0, 2.0, 4.0], &norm);
            assert_eq!(x, [-1.0, 3.0, -1.0, 3.0]);
            let mut x = [1.0];
            place.gelu(&mut x);
            assert!((x[0] - 0.841_345).abs() < 1e-6);
            // Texts of two rows and of one, two heads of one number: queries, keys, values.
            let half = 2f32.ln();
            let first = [[1.0, 0.0, 0.0, 5.0, 10.0, 20.0], [half, 1.0, 1.0, 5.0, 40.0, 80.0]];
            let other = [9.0, 9.0, 9.0, 9.0, 7.0, 8.0];
            let mut out = [f32::NAN; 6];
            place.attend(&[&first[0][..], &first[1], &other].concat(), &[2, 1], 2, 2, &mut out);
            let share = 1.0 / (1.0 + std::f32::consts::E);
            let expected = [10.0 * share + 40.0 * (1.0 - share), 50.0, 30.0, 50.0, 7.0, 8.0];
            for (got, expected) in out.iter().zip(expected) {
                assert!((got - expected).abs() < 1e-4, "{}: {out:?}", level.name());
            }
        }
    }
}
