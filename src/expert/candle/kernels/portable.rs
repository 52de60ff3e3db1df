//! The vocabulary in plain Rust: correct everywhere, and the yardstick for the fast ones.

use super::half;
use super::pack::Line;
use super::simd::{Simd, Task};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Portable;

impl Simd for Portable {
    type F = [f32; 16];
    type I = [i32; 16];
    const ROWS: usize = 2;
    const BIASED: bool = true;
    const WIDE: bool = false;

    #[inline(always)]
    fn run<T: Task>(self, task: T) -> T::Output {
        task.call(self)
    }
    #[inline(always)]
    fn splat(self, x: f32) -> [f32; 16] {
        [x; 16]
    }
    #[inline(always)]
    fn load(self, from: &[f32; 16]) -> [f32; 16] {
        *from
    }
    #[inline(always)]
    fn store(self, x: [f32; 16], to: &mut [f32; 16]) {
        *to = x;
    }
    #[inline(always)]
    fn load_half(self, from: &[u16; 16]) -> [f32; 16] {
        from.map(half::to_f32)
    }
    #[inline(always)]
    fn store_half(self, x: [f32; 16], to: &mut [u16; 16]) {
        *to = x.map(half::from_f32);
    }
    #[inline(always)]
    fn add(self, a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        std::array::from_fn(|i| a[i] + b[i])
    }
    #[inline(always)]
    fn sub(self, a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        std::array::from_fn(|i| a[i] - b[i])
    }
    #[inline(always)]
    fn mul(self, a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        std::array::from_fn(|i| a[i] * b[i])
    }
    #[inline(always)]
    fn div(self, a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        std::array::from_fn(|i| a[i] / b[i])
    }
    #[inline(always)]
    fn max(self, a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        std::array::from_fn(|i| if a[i] > b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn abs(self, x: [f32; 16]) -> [f32; 16] {
        x.map(f32::abs)
    }
    #[inline(always)]
    fn fma(self, a: [f32; 16], b: [f32; 16], c: [f32; 16]) -> [f32; 16] {
        // Not `mul_add`: without the instruction it is a slow call.
        std::array::from_fn(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    fn round(self, x: [f32; 16]) -> [f32; 16] {
        x.map(f32::round_ties_even)
    }
    #[inline(always)]
    fn power_of_two(self, n: [f32; 16]) -> [f32; 16] {
        n.map(|n| f32::from_bits(((n as i32 + 127) as u32) << 23))
    }
    #[inline(always)]
    fn sum(self, x: [f32; 16]) -> f32 {
        x.iter().sum()
    }
    #[inline(always)]
    fn largest(self, x: [f32; 16]) -> f32 {
        x.iter().copied().fold(f32::NEG_INFINITY, f32::max)
    }
    #[inline(always)]
    fn to_bytes(self, x: [f32; 16]) -> [i32; 4] {
        std::array::from_fn(|i| {
            i32::from_le_bytes(std::array::from_fn(|j| (x[i * 4 + j] as i8).cast_unsigned()))
        })
    }
    #[inline(always)]
    fn zero(self) -> [i32; 16] {
        [0; 16]
    }
    #[inline(always)]
    fn to_float(self, x: [i32; 16]) -> [f32; 16] {
        x.map(|x| x as f32)
    }
    #[inline(always)]
    fn halves(self, line: &Line) -> ([i32; 16], [i32; 16]) {
        let all = self.bytes(line);
        (all.map(|four| four & 0x0f0f_0f0f), all.map(|four| (four >> 4) & 0x0f0f_0f0f))
    }
    #[inline(always)]
    fn bytes(self, line: &Line) -> [i32; 16] {
        let (fours, _) = line.0.as_chunks::<4>();
        std::array::from_fn(|i| i32::from_le_bytes(fours[i]))
    }
    #[inline(always)]
    fn dot_small(self, sum: [i32; 16], weights: [i32; 16], activations: i32) -> [i32; 16] {
        let a = activations.to_le_bytes().map(|byte| i32::from(byte.cast_signed()));
        std::array::from_fn(|i| {
            let w = weights[i];
            let low = (w & 255) * a[0] + ((w >> 8) & 255) * a[1];
            sum[i] + low + ((w >> 16) & 255) * a[2] + ((w >> 24) & 255) * a[3]
        })
    }
    #[inline(always)]
    fn gather_small(self, sum: [i32; 16]) -> [i32; 16] {
        sum
    }
    #[inline(always)]
    fn lift(self, half: [i32; 16], fifth: [i32; 16], left: i32) -> [i32; 16] {
        let moved = |bits: i32| if left < 0 { bits >> -left } else { bits << left };
        std::array::from_fn(|i| half[i] | moved(fifth[i]) & 0x1010_1010)
    }
    #[inline(always)]
    fn dot_more(self, sum: [i32; 16], weights: [i32; 16], activations: i32) -> [i32; 16] {
        self.dot_small(sum, weights, activations)
    }
    #[inline(always)]
    fn dot_bytes(self, sum: [i32; 16], weights: [i32; 16], activations: i32) -> [i32; 16] {
        self.dot_small(sum, weights, activations)
    }
}
