//! The vocabulary the kernels are written in: sixteen f32 or i32 lanes, and the few things done with them.
//!
//! A value that implements [`Simd`] is a proof that its instructions exist on this processor.

use super::pack::Line;

/// Work that can be compiled for any instruction set.
pub(super) trait Task {
    type Output;
    /// Must be `#[inline(always)]`, so that it is compiled anew for each instruction set.
    fn call<S: Simd>(self, simd: S) -> Self::Output;
}

/// Code that speaks no vectors of its own.
pub(super) struct Plain<W>(pub(super) W);

impl<T, W: FnOnce() -> T> Task for Plain<W> {
    type Output = T;
    #[inline(always)]
    fn call<S: Simd>(self, _: S) -> T {
        (self.0)()
    }
}

pub(super) trait Simd: Copy {
    /// Sixteen f32.
    type F: Copy;
    /// Sixteen i32.
    type I: Copy;
    /// Activation rows that are worth multiplying at once: as many as the registers hold.
    const ROWS: usize;
    /// Whether there are 32 registers of sixteen lanes, so that more sums can be kept at once.
    const WIDE: bool;

    /// Calls the task in a function compiled with this instruction set.
    fn run<T: Task>(self, task: T) -> T::Output;

    fn splat(self, x: f32) -> Self::F;
    fn load(self, from: &[f32; 16]) -> Self::F;
    fn store(self, x: Self::F, to: &mut [f32; 16]);
    /// Sixteen f16, widened.
    fn load_half(self, from: &[u16; 16]) -> Self::F;
    /// Narrowed to f16, rounded to nearest even.
    fn store_half(self, x: Self::F, to: &mut [u16; 16]);
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    fn div(self, a: Self::F, b: Self::F) -> Self::F;
    /// The larger lane by lane. What a NaN gives is not said.
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    fn abs(self, x: Self::F) -> Self::F;
    /// `a * b + c`, fused where the machine can.
    fn fma(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// To the nearest whole number, ties to even.
    fn round(self, x: Self::F) -> Self::F;
    /// `2^n` for whole n from -126 to 127.
    fn power_of_two(self, n: Self::F) -> Self::F;
    fn sum(self, x: Self::F) -> f32;
    fn largest(self, x: Self::F) -> f32;
    /// Whole numbers from -127 to 127 as bytes, four in each number, the first in its lowest bits.
    fn to_bytes(self, x: Self::F) -> [i32; 4];

    fn zero(self) -> Self::I;
    fn to_float(self, x: Self::I) -> Self::F;
    /// Low and high half bytes of a line: rows of 4-bit weights.
    fn halves(self, line: &Line) -> (Self::I, Self::I);
    fn bytes(self, line: &Line) -> Self::I;
    /// The half bytes of a line with a fifth bit above them: that bit of each byte of `fifth` which lies `left` below bit 4
    /// (above it, if negative: -3 to 4).
    fn lift(self, half: Self::I, fifth: Self::I, left: i32) -> Self::I;
    /// Lets the processor fetch what lies there; changes nothing but the time.
    #[inline(always)]
    fn prefetch<T>(self, _: &T) {}
    /// Adds to each lane its four unsigned bytes (at most 15) times the four signed bytes of `activations` (-127 to
    /// 127). At most eight times from zero on; then [`Simd::gather_small`] must make a sum of it.
    fn dot_small(self, sum: Self::I, weights: Self::I, activations: i32) -> Self::I;
    /// The sums of up to eight calls of `dot_small`.
    fn gather_small(self, sum: Self::I) -> Self::I;
    /// Like `dot_small`, any number of times, for bytes of at most 31; what comes out is a sum already.
    fn dot_more(self, sum: Self::I, weights: Self::I, activations: i32) -> Self::I;
    /// Like `dot_small`, any number of times, where the weights are signed bytes stored with 128 added. What is added to each lane may be the
    /// product of the stored bytes or of the true ones: [`Simd::BIASED`] says which.
    fn dot_bytes(self, sum: Self::I, weights: Self::I, activations: i32) -> Self::I;
    /// Whether `dot_bytes` multiplies the bytes as stored, so that 128 times the activations is to be taken off.
    const BIASED: bool;

    /// `e^x`, relative error below 1e-6; 0 far below zero. Not for x above 88.
    #[inline(always)]
    fn exp(self, x: Self::F) -> Self::F {
        let x = self.max(x, self.splat(-87.0));
        let turns = self.mul(x, self.splat(std::f32::consts::LOG2_E));
        let whole = self.round(turns);
        let rest = self.mul(self.sub(turns, whole), self.splat(std::f32::consts::LN_2));
        let mut sum = self.splat(1.0 / 720.0);
        for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
            sum = self.fma(sum, rest, self.splat(coefficient));
        }
        self.mul(sum, self.power_of_two(whole))
    }
}
