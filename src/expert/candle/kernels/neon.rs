//! The vocabulary for 64-bit ARM: four NEON registers hold the sixteen lanes, with or without the dot product
//! instruction of ARMv8.2.

use std::arch::aarch64::*;
use std::arch::asm;
use std::array::from_fn;

use super::pack::Line;
use super::simd::{Simd, Task};

/// Proof that the instructions exist: only [`Neon::detect`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Neon<const DOT: bool>(());

impl<const DOT: bool> Neon<DOT> {
    pub(super) fn detect() -> Option<Neon<DOT>> {
        let found = std::arch::is_aarch64_feature_detected!("neon")
            && (!DOT || std::arch::is_aarch64_feature_detected!("dotprod"));
        found.then_some(Neon(()))
    }
}

#[target_feature(enable = "neon")]
fn compiled<T: Task>(simd: Neon<false>, task: T) -> T::Output {
    task.call(simd)
}

#[target_feature(enable = "neon,dotprod")]
fn compiled_dot<T: Task>(simd: Neon<true>, task: T) -> T::Output {
    task.call(simd)
}

/// An intrinsic. SAFETY, here for all uses: `self` proves that the processor has the instruction, and memory is only
/// touched through references to arrays of the size that the instruction reads or writes, by unaligned accesses.
macro_rules! sound {
    ($($call:tt)*) => { unsafe { $($call)* } };
}

type Floats = [float32x4_t; 4];
type Whole = [int32x4_t; 4];

/// To each of the four lanes the products of its four signed bytes: the instruction, as there is no stable intrinsic.
#[inline(always)]
fn sdot(mut sum: int32x4_t, weights: int8x16_t, activations: int8x16_t) -> int32x4_t {
    sound!(asm!(
        ".arch_extension dotprod",
        "sdot {sum:v}.4s, {weights:v}.16b, {activations:v}.16b",
        sum = inout(vreg) sum,
        weights = in(vreg) weights,
        activations = in(vreg) activations,
        options(pure, nomem, nostack, preserves_flags),
    ));
    sum
}

impl<const DOT: bool> Neon<DOT> {
    #[inline(always)]
    fn dot(self, sum: Whole, weights: [int8x16_t; 4], activations: i32) -> Whole {
        let a = sound!(vreinterpretq_s8_s32(vdupq_n_s32(activations)));
        from_fn(|i| {
            if DOT {
                return sdot(sum[i], weights[i], a);
            }
            sound!({
                let low = vmull_s8(vget_low_s8(weights[i]), vget_low_s8(a));
                let high = vmull_high_s8(weights[i], a);
                // Pairs of products fit sixteen bits: 2 * 128 * 127 is 32,512.
                vpadalq_s16(sum[i], vpaddq_s16(low, high))
            })
        })
    }
}

impl<const DOT: bool> Simd for Neon<DOT> {
    type F = Floats;
    type I = Whole;
    const ROWS: usize = 4;
    const BIASED: bool = false;
    const WIDE: bool = false;

    #[inline(always)]
    fn run<T: Task>(self, task: T) -> T::Output {
        if DOT { sound!(compiled_dot(Neon(()), task)) } else { sound!(compiled(Neon(()), task)) }
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Floats {
        [sound!(vdupq_n_f32(x)); 4]
    }
    #[inline(always)]
    fn load(self, from: &[f32; 16]) -> Floats {
        from_fn(|i| sound!(vld1q_f32(from[4 * i..].as_ptr())))
    }
    #[inline(always)]
    fn store(self, x: Floats, to: &mut [f32; 16]) {
        for (i, x) in x.into_iter().enumerate() {
            sound!(vst1q_f32(to[4 * i..].as_mut_ptr(), x));
        }
    }
    #[inline(always)]
    fn load_half(self, from: &[u16; 16]) -> Floats {
        from_fn(|i| sound!(vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from[4 * i..].as_ptr())))))
    }
    #[inline(always)]
    fn store_half(self, x: Floats, to: &mut [u16; 16]) {
        for (i, x) in x.into_iter().enumerate() {
            sound!(vst1_u16(to[4 * i..].as_mut_ptr(), vreinterpret_u16_f16(vcvt_f16_f32(x))));
        }
    }
    #[inline(always)]
    fn add(self, a: Floats, b: Floats) -> Floats {
        from_fn(|i| sound!(vaddq_f32(a[i], b[i])))
    }
    #[inline(always)]
    fn sub(self, a: Floats, b: Floats) -> Floats {
        from_fn(|i| sound!(vsubq_f32(a[i], b[i])))
    }
    #[inline(always)]
    fn mul(self, a: Floats, b: Floats) -> Floats {
        from_fn(|i| sound!(vmulq_f32(a[i], b[i])))
    }
    #[inline(always)]
    fn div(self, a: Floats, b: Floats) -> Floats {
        from_fn(|i| sound!(vdivq_f32(a[i], b[i])))
    }
    #[inline(always)]
    fn max(self, a: Floats, b: Floats) -> Floats {
        from_fn(|i| sound!(vmaxq_f32(a[i], b[i])))
    }
    #[inline(always)]
    fn abs(self, x: Floats) -> Floats {
        x.map(|x| sound!(vabsq_f32(x)))
    }
    #[inline(always)]
    fn fma(self, a: Floats, b: Floats, c: Floats) -> Floats {
        from_fn(|i| sound!(vfmaq_f32(c[i], a[i], b[i])))
    }
    #[inline(always)]
    fn round(self, x: Floats) -> Floats {
        x.map(|x| sound!(vrndnq_f32(x)))
    }
    #[inline(always)]
    fn power_of_two(self, n: Floats) -> Floats {
        n.map(|n| {
            sound!({
                let exponent = vaddq_s32(vcvtnq_s32_f32(n), vdupq_n_s32(127));
                vreinterpretq_f32_s32(vshlq_n_s32::<23>(exponent))
            })
        })
    }
    #[inline(always)]
    fn sum(self, x: Floats) -> f32 {
        sound!(vaddvq_f32(vaddq_f32(vaddq_f32(x[0], x[2]), vaddq_f32(x[1], x[3]))))
    }
    #[inline(always)]
    fn largest(self, x: Floats) -> f32 {
        sound!(vmaxvq_f32(vmaxq_f32(vmaxq_f32(x[0], x[2]), vmaxq_f32(x[1], x[3]))))
    }
    #[inline(always)]
    fn to_bytes(self, x: Floats) -> [i32; 4] {
        let mut out = [0; 4];
        sound!({
            let narrow = |x| vqmovn_s32(vcvtnq_s32_f32(x));
            let low = vcombine_s16(narrow(x[0]), narrow(x[1]));
            let high = vcombine_s16(narrow(x[2]), narrow(x[3]));
            let bytes = vcombine_s8(vqmovn_s16(low), vqmovn_s16(high));
            vst1q_s32(out.as_mut_ptr(), vreinterpretq_s32_s8(bytes));
        });
        out
    }
    #[inline(always)]
    fn zero(self) -> Whole {
        [sound!(vdupq_n_s32(0)); 4]
    }
    #[inline(always)]
    fn to_float(self, x: Whole) -> Floats {
        x.map(|x| sound!(vcvtq_f32_s32(x)))
    }
    #[inline(always)]
    fn halves(self, line: &Line) -> (Whole, Whole) {
        let all = self.bytes(line).map(|x| sound!(vreinterpretq_u8_s32(x)));
        let low = all.map(|x| sound!(vreinterpretq_s32_u8(vandq_u8(x, vdupq_n_u8(15)))));
        (low, all.map(|x| sound!(vreinterpretq_s32_u8(vshrq_n_u8::<4>(x)))))
    }
    #[inline(always)]
    fn bytes(self, line: &Line) -> Whole {
        from_fn(|i| sound!(vreinterpretq_s32_u8(vld1q_u8(line.0[16 * i..].as_ptr()))))
    }
    #[inline(always)]
    fn dot_small(self, sum: Whole, weights: Whole, activations: i32) -> Whole {
        // At most 15: the same number signed or not.
        self.dot(sum, weights.map(|w| sound!(vreinterpretq_s8_s32(w))), activations)
    }
    #[inline(always)]
    fn gather_small(self, sum: Whole) -> Whole {
        sum
    }
    #[inline(always)]
    fn lift(self, half: Whole, fifth: Whole, left: i32) -> Whole {
        from_fn(|i| {
            sound!({
                let moved = vshlq_u8(vreinterpretq_u8_s32(fifth[i]), vdupq_n_s8(left as i8));
                let bit = vandq_u8(moved, vdupq_n_u8(16));
                vreinterpretq_s32_u8(vorrq_u8(vreinterpretq_u8_s32(half[i]), bit))
            })
        })
    }
    #[inline(always)]
    fn dot_more(self, sum: Whole, weights: Whole, activations: i32) -> Whole {
        self.dot_small(sum, weights, activations)
    }
    #[inline(always)]
    fn dot_bytes(self, sum: Whole, weights: Whole, activations: i32) -> Whole {
        let sign = sound!(vdupq_n_s8(-128));
        self.dot(sum, weights.map(|w| sound!(veorq_s8(vreinterpretq_s8_s32(w), sign))), activations)
    }
}
