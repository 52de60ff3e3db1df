//! Exponentials over a whole vocabulary: the normaliser of a softmax, and its weights.

use super::simd::{Simd, Task};
use super::{LANES, Level};

/// `ln(sum(e^x))` over all values, or `None` if one of them is NaN or infinite.
pub fn log_sum_exp(level: Level, values: &[f32]) -> Option<f32> {
    let sum = level.run(LogSumExp(values));
    sum.is_finite().then_some(sum)
}

/// Makes each value `e^((value - largest) * factor)`; none may be above `largest`, and the factor not negative.
pub fn exponentials(level: Level, values: &mut [f32], largest: f32, factor: f32) {
    level.run(Exponentials { values, largest, factor });
}

struct Exponentials<'a> {
    values: &'a mut [f32],
    largest: f32,
    factor: f32,
}

impl Task for Exponentials<'_> {
    type Output = ();
    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        let (largest, factor) = (simd.splat(self.largest), simd.splat(self.factor));
        let (tiles, rest) = self.values.as_chunks_mut::<LANES>();
        let mut last = [self.largest; LANES];
        last[..rest.len()].copy_from_slice(rest);
        for tile in tiles.iter_mut().chain([&mut last]) {
            simd.store(simd.exp(simd.mul(simd.sub(simd.load(tile), largest), factor)), tile);
        }
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

struct LogSumExp<'a>(&'a [f32]);

impl Task for LogSumExp<'_> {
    type Output = f32;
    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> f32 {
        let (tiles, rest) = self.0.as_chunks::<LANES>();
        let mut last = [f32::NEG_INFINITY; LANES];
        last[..rest.len()].copy_from_slice(rest);
        let mut largest = simd.load(&last);
        // Zero times anything finite is zero: what is left over tells of NaN and infinity, which `max` may lose.
        let mut finite = simd.splat(0.0);
        for tile in tiles {
            let x = simd.load(tile);
            largest = simd.max(largest, x);
            finite = simd.fma(x, simd.splat(0.0), finite);
        }
        let odd = simd.sum(finite) + rest.iter().map(|x| x * 0.0).sum::<f32>();
        let largest = simd.largest(largest);
        let mut sum = simd.splat(0.0);
        for tile in tiles {
            sum = simd.add(sum, simd.exp(simd.sub(simd.load(tile), simd.splat(largest))));
        }
        let rest: f32 = rest.iter().map(|x| (x - largest).exp()).sum();
        (simd.sum(sum) + rest).ln() + largest + odd
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_right() {
        let values: Vec<f32> = (0..37).map(|i| (i as f32 * 0.61).sin() * 9.0).collect();
        for level in Level::available() {
            let mut got = values.clone();
            exponentials(level, &mut got, 9.0, 2.0);
            for (got, value) in got.iter().zip(&values) {
                let expected = ((value - 9.0) * 2.0).exp();
                assert!((got - expected).abs() <= 1e-5 * expected, "{}: {got} for {expected}", level.name());
            }
        }
    }

    #[test]
    fn sums_are_right_and_oddities_are_seen() {
        let values: Vec<f32> = (0..1003).map(|i| (i as f32 * 0.61).sin() * 9.0).collect();
        let expected = values.iter().map(|&x| f64::from(x).exp()).sum::<f64>().ln();
        for level in Level::available() {
            let got = log_sum_exp(level, &values).unwrap();
            assert!((f64::from(got) - expected).abs() < 1e-4, "{}: {got} for {expected}", level.name());
            assert!((log_sum_exp(level, &[-500.0; 3]).unwrap() - (3f32.ln() - 500.0)).abs() < 1e-3);
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                for at in [0, 500, 1002] {
                    let mut values = values.clone();
                    values[at] = bad;
                    assert_eq!(log_sum_exp(level, &values), None, "{} {bad} {at}", level.name());
                }
            }
            assert_eq!(log_sum_exp(level, &[]), None);
        }
    }
}
