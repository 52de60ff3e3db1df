//! How many products of bytes the processor can do at all: what the kernels are measured against.

use super::simd::{Simd, Task};
use super::{LANES, Level, Pool};

/// Sums that do not wait for each other: enough to keep every unit busy.
const SUMS: usize = 12;
/// Products that a sum of `dot_small` may take before it is gathered.
const RUN: usize = 8;

/// Rounds before the same activations come again: they stay in the nearest cache, and no product is known from before.
const TURN: usize = 16;

/// Multiplies weights that are in registers already, `rounds` times on each thread; returns the operations, a product and
/// its sum counted as two.
pub fn limit(level: Level, pool: &Pool, rounds: usize) -> f64 {
    let mut kept = vec![0.0f32; pool.threads() * LANES];
    pool.chunks(&mut kept, LANES, |_, out| {
        let (out, _) = out.as_chunks_mut::<LANES>();
        level.run(Registers { rounds, out: &mut out[0] });
    });
    std::hint::black_box(&kept);
    (pool.threads() * rounds * SUMS * RUN * LANES * 4 * 2) as f64
}

struct Registers<'a> {
    rounds: usize,
    out: &'a mut [f32; LANES],
}

impl Task for Registers<'_> {
    type Output = ();
    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        let (weights, _) = simd.halves(&super::pack::Line(std::hint::black_box([0x37; 64])));
        let activations: [[[i32; SUMS]; RUN]; TURN] = std::hint::black_box(std::array::from_fn(|turn| {
            std::array::from_fn(|at| {
                std::array::from_fn(|sum| 0x0102_0301 ^ ((turn + at * 3 + sum * 5) as i32 & 0x1f))
            })
        }));
        let mut total = simd.splat(0.0);
        for round in 0..self.rounds {
            let mut sums = [simd.zero(); SUMS];
            for activations in &activations[round % TURN] {
                for (sum, activations) in sums.iter_mut().zip(activations) {
                    *sum = simd.dot_small(*sum, weights, *activations);
                }
            }
            // Looked at once in a while, so that none of them can be left out.
            let sums = std::hint::black_box(sums);
            total = simd.add(total, simd.to_float(simd.gather_small(sums[0])));
        }
        simd.store(total, self.out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_does_the_operations_it_tells() {
        let sums = |level: Level| {
            let mut out = [0.0; LANES];
            level.run(Registers { rounds: 20, out: &mut out });
            out
        };
        let expected = sums(Level::available()[0]);
        assert!(0.0 < expected[0]);
        for level in Level::available() {
            assert_eq!(sums(level), expected, "{}", level.name());
            assert_eq!(limit(level, &Pool::new(2), 3), (2 * 3 * 12 * 8 * 16 * 8) as f64);
        }
    }
}
