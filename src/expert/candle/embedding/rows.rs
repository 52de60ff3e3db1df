//! What happens to each row of numbers between the matrix products: normalisation, softmax, GELU, heads apart and
//! together again. Plain slices, written so that the compiler makes vector code of them, rows shared among threads.

use rayon::prelude::*;

/// Rows of at least this many numbers together are worth another thread.
const WORTH_A_THREAD: usize = 1 << 14;

/// Each row of `x` plus that of `y` plus `bias`, brought to mean 0 and variance 1, then scaled and shifted.
///
/// After "Layer Normalization" (Ba, Kiros, Hinton, 2016).
pub(super) fn add_and_normalize(x: &mut [f32], y: &[f32], bias: &[f32], norm: &Norm) {
    let width = norm.scale.len();
    let row = |(x, y): (&mut [f32], &[f32])| {
        for ((x, y), bias) in x.iter_mut().zip(y).zip(bias) {
            *x += y + bias;
        }
        norm.apply(x);
    };
    let rows = (WORTH_A_THREAD / width).max(1);
    x.par_chunks_mut(width).zip(y.par_chunks(width)).with_min_len(rows).for_each(row);
}

/// Scale, shift and smallest variance of a layer normalisation.
pub(super) struct Norm {
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
    pub(super) epsilon: f32,
}

impl Norm {
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

/// GELU of each number plus the bias of its column. After "Gaussian Error Linear Units" (Hendrycks, Gimpel, 2016).
pub(super) fn gelu(x: &[f32], bias: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; x.len()];
    let rows = (WORTH_A_THREAD / bias.len()).max(1);
    let row = |(out, x): (&mut [f32], &[f32])| {
        for ((out, x), bias) in out.iter_mut().zip(x).zip(bias) {
            let x = x + bias;
            *out = 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2));
        }
    };
    out.par_chunks_mut(bias.len()).zip(x.par_chunks(bias.len())).with_min_len(rows).for_each(row);
    out
}

/// Softmax of the first `lengths[b]` numbers of every row that belongs to text b, times `scale`; 0 after them.
///
/// `x` is `[text, head, row, column]` with `side` rows and columns.
pub(super) fn softmax(x: &[f32], lengths: &[usize], heads: usize, side: usize, scale: f32) -> Vec<f32> {
    let mut out = vec![0.0; x.len()];
    let row = |(at, (out, x)): (usize, (&mut [f32], &[f32]))| {
        let length = lengths[at / (heads * side)];
        let (out, x) = (&mut out[..length], &x[..length]);
        let most = x.iter().copied().fold(f32::MIN, f32::max);
        for (out, x) in out.iter_mut().zip(x) {
            *out = exp((x - most) * scale);
        }
        let factor = sum(out, |x| x).recip();
        out.iter_mut().for_each(|x| *x *= factor);
    };
    let rows = (WORTH_A_THREAD / side).max(1);
    out.par_chunks_mut(side).zip(x.par_chunks(side)).enumerate().with_min_len(rows).for_each(row);
    out
}

/// Takes queries, keys and values apart: `x` is `[text, row, 3, head, depth]`, `bias` `[3, head, depth]`; the parts
/// come as `[text, head, row, depth]`, the keys as `[text, head, depth, row]`.
pub(super) fn part_heads(x: &[f32], bias: &[f32], side: usize, heads: usize, depth: usize) -> [Vec<f32>; 3] {
    let width = heads * depth;
    let mut parts = [0; 3].map(|_| vec![0.0; x.len() / 3]);
    let [queries, keys, values] = &mut parts;
    let block = side * width;
    let texts =
        queries.par_chunks_mut(block).zip(keys.par_chunks_mut(block)).zip(values.par_chunks_mut(block));
    texts.zip(x.par_chunks(3 * block)).for_each(|(((queries, keys), values), x)| {
        for (at, row) in x.chunks_exact(3 * width).enumerate() {
            for head in 0..heads {
                let start = (head * side + at) * depth;
                let from = head * depth;
                let add = |out: &mut [f32], from: usize| {
                    let numbers = row[from..from + depth].iter().zip(&bias[from..from + depth]);
                    out.iter_mut().zip(numbers).for_each(|(out, (x, bias))| *out = x + bias);
                };
                add(&mut queries[start..start + depth], from);
                add(&mut values[start..start + depth], 2 * width + from);
                let column = &mut keys[head * side * depth..(head + 1) * side * depth];
                for at_depth in 0..depth {
                    let key = width + from + at_depth;
                    column[at_depth * side + at] = row[key] + bias[key];
                }
            }
        }
    });
    parts
}

/// Puts heads together: `[text, head, row, depth]` to `[text, row, head, depth]`.
pub(super) fn join_heads(x: &[f32], side: usize, heads: usize, depth: usize) -> Vec<f32> {
    let mut out = vec![0.0; x.len()];
    let block = side * heads * depth;
    out.par_chunks_mut(block).zip(x.par_chunks(block)).for_each(|(out, x)| {
        for (at, row) in x.chunks_exact(depth).enumerate() {
            let to = (at % side * heads + at / side) * depth;
            out[to..to + depth].copy_from_slice(row);
        }
    });
    out
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
#[inline]
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
#[inline]
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
        let norm = Norm { scale: vec![1.0, 2.0], shift: vec![0.0, 1.0], epsilon: 0.0 };
        let mut x = vec![1.0, 2.0, 0.0, 0.0];
        add_and_normalize(&mut x, &[0.0, 0.0, 1.0, 2.0], &[1.0, 2.0], &norm);
        assert_eq!(x, [-1.0, 3.0, -1.0, 3.0]);
        let shares = softmax(&[0.0, 0.0, 9.0, 5.0, 5.0, 5.0, 1.0, 1.0, 1.0], &[2], 1, 3, 1.0);
        assert_eq!(shares, [0.5, 0.5, 0.0, 0.5, 0.5, 0.0, 0.5, 0.5, 0.0]);
        assert!((gelu(&[0.0, 2.0], &[1.0])[0] - 0.841_345).abs() < 1e-6);
        // Two rows of two heads of one number: queries 0.., keys 10.., values 20..
        let x = [0.0, 1.0, 10.0, 11.0, 20.0, 21.0, 2.0, 3.0, 12.0, 13.0, 22.0, 23.0];
        let [queries, keys, values] = part_heads(&x, &[0.0; 6], 2, 2, 1);
        assert_eq!((&queries[..], &keys[..]), (&[0.0, 2.0, 1.0, 3.0][..], &[10.0, 12.0, 11.0, 13.0][..]));
        assert_eq!(join_heads(&values, 2, 2, 1), [20.0, 21.0, 22.0, 23.0]);
    }
}
