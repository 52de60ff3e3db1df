//! The vocabulary for AVX-512 with VNNI: one register holds all sixteen lanes.

use std::arch::x86_64::*;

use super::pack::Line;
use super::simd::{Simd, Task};

/// Proof that the instructions exist: only [`Avx512::detect`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Avx512(());

impl Avx512 {
    pub(super) fn detect() -> Option<Avx512> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c");
        found.then_some(Avx512(()))
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c")]
fn compiled<T: Task>(simd: Avx512, task: T) -> T::Output {
    task.call(simd)
}

/// An intrinsic. SAFETY, here for all uses: `self` proves that the processor has the instruction, and memory is only
/// touched through references to arrays of the size that the instruction reads or writes, by unaligned accesses.
macro_rules! sound {
    ($($call:tt)*) => { unsafe { $($call)* } };
}

impl Simd for Avx512 {
    type F = __m512;
    type I = __m512i;
    const ROWS: usize = 8;
    const BIASED: bool = true;
    const WIDE: bool = true;

    #[inline(always)]
    fn run<T: Task>(self, task: T) -> T::Output {
        sound!(compiled(self, task))
    }
    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        sound!(_mm512_set1_ps(x))
    }
    #[inline(always)]
    fn load(self, from: &[f32; 16]) -> __m512 {
        sound!(_mm512_loadu_ps(from.as_ptr()))
    }
    #[inline(always)]
    fn store(self, x: __m512, to: &mut [f32; 16]) {
        sound!(_mm512_storeu_ps(to.as_mut_ptr(), x))
    }
    #[inline(always)]
    fn load_half(self, from: &[u16; 16]) -> __m512 {
        sound!(_mm512_cvtph_ps(_mm256_loadu_si256(from.as_ptr().cast())))
    }
    #[inline(always)]
    fn store_half(self, x: __m512, to: &mut [u16; 16]) {
        sound!(_mm256_storeu_si256(to.as_mut_ptr().cast(), _mm512_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(x)))
    }
    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        sound!(_mm512_add_ps(a, b))
    }
    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        sound!(_mm512_sub_ps(a, b))
    }
    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        sound!(_mm512_mul_ps(a, b))
    }
    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        sound!(_mm512_div_ps(a, b))
    }
    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        sound!(_mm512_max_ps(a, b))
    }
    #[inline(always)]
    fn abs(self, x: __m512) -> __m512 {
        sound!(_mm512_abs_ps(x))
    }
    #[inline(always)]
    fn fma(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        sound!(_mm512_fmadd_ps(a, b, c))
    }
    #[inline(always)]
    fn round(self, x: __m512) -> __m512 {
        sound!(_mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(x))
    }
    #[inline(always)]
    fn power_of_two(self, n: __m512) -> __m512 {
        sound!(_mm512_scalef_ps(_mm512_set1_ps(1.0), n))
    }
    #[inline(always)]
    fn sum(self, x: __m512) -> f32 {
        sound!(_mm512_reduce_add_ps(x))
    }
    #[inline(always)]
    fn largest(self, x: __m512) -> f32 {
        sound!(_mm512_reduce_max_ps(x))
    }
    #[inline(always)]
    fn to_bytes(self, x: __m512) -> [i32; 4] {
        let mut out = [0; 4];
        sound!(_mm_storeu_si128(out.as_mut_ptr().cast(), _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(x))));
        out
    }
    #[inline(always)]
    fn zero(self) -> __m512i {
        sound!(_mm512_setzero_si512())
    }
    #[inline(always)]
    fn to_float(self, x: __m512i) -> __m512 {
        sound!(_mm512_cvtepi32_ps(x))
    }
    #[inline(always)]
    fn halves(self, line: &Line) -> (__m512i, __m512i) {
        let all = self.bytes(line);
        sound!({
            let mask = _mm512_set1_epi8(15);
            (_mm512_and_si512(all, mask), _mm512_and_si512(_mm512_srli_epi16::<4>(all), mask))
        })
    }
    #[inline(always)]
    fn prefetch<T>(self, from: &T) {
        sound!(_mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(from).cast()))
    }
    #[inline(always)]
    fn bytes(self, line: &Line) -> __m512i {
        sound!(_mm512_loadu_si512(line.0.as_ptr().cast()))
    }
    #[inline(always)]
    fn dot_small(self, sum: __m512i, weights: __m512i, activations: i32) -> __m512i {
        sound!(_mm512_dpbusd_epi32(sum, weights, _mm512_set1_epi32(activations)))
    }
    #[inline(always)]
    fn gather_small(self, sum: __m512i) -> __m512i {
        sum
    }
    #[inline(always)]
    fn lift(self, half: __m512i, fifth: __m512i, left: i32) -> __m512i {
        // In lanes of sixteen bits: what crosses from byte to byte is never bit 4.
        sound!({
            let moved = match left {
                4 => _mm512_slli_epi16::<4>(fifth),
                3 => _mm512_slli_epi16::<3>(fifth),
                2 => _mm512_slli_epi16::<2>(fifth),
                1 => _mm512_slli_epi16::<1>(fifth),
                0 => fifth,
                -1 => _mm512_srli_epi16::<1>(fifth),
                -2 => _mm512_srli_epi16::<2>(fifth),
                _ => _mm512_srli_epi16::<3>(fifth),
            };
            _mm512_or_si512(half, _mm512_and_si512(moved, _mm512_set1_epi8(16)))
        })
    }
    #[inline(always)]
    fn dot_more(self, sum: __m512i, weights: __m512i, activations: i32) -> __m512i {
        self.dot_small(sum, weights, activations)
    }
    #[inline(always)]
    fn dot_bytes(self, sum: __m512i, weights: __m512i, activations: i32) -> __m512i {
        self.dot_small(sum, weights, activations)
    }
}
