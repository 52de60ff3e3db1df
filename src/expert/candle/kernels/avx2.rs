//! The vocabulary for AVX2 with FMA and F16C, with or without AVX-VNNI: two registers hold the sixteen lanes.

use std::arch::x86_64::*;

use super::pack::Line;
use super::simd::{Simd, Task};

/// Proof that the instructions exist: only [`Avx2::detect`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Avx2<const VNNI: bool>(());

impl<const VNNI: bool> Avx2<VNNI> {
    pub(super) fn detect() -> Option<Avx2<VNNI>> {
        let found = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c")
            && (!VNNI || is_x86_feature_detected!("avxvnni"));
        found.then_some(Avx2(()))
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn compiled<T: Task>(simd: Avx2<false>, task: T) -> T::Output {
    task.call(simd)
}

#[target_feature(enable = "avx2,fma,f16c,avxvnni")]
fn compiled_vnni<T: Task>(simd: Avx2<true>, task: T) -> T::Output {
    task.call(simd)
}

/// An intrinsic. SAFETY, here for all uses: `self` proves that the processor has the instruction, and memory is only
/// touched through references to arrays of the size that the instruction reads or writes, by unaligned accesses.
macro_rules! sound {
    ($($call:tt)*) => { unsafe { $($call)* } };
}

/// The same instruction on both halves.
macro_rules! both {
    ($f:ident, $($x:ident),+) => { (sound!($f($($x.0),+)), sound!($f($($x.1),+))) };
}

/// Adds to each number of `sum` the products of its four unsigned with its four signed bytes, of which each pair fits sixteen bits.
#[inline(always)]
fn add_products(sum: __m256i, unsigned: __m256i, signed: __m256i) -> __m256i {
    sound!({
        let pairs = _mm256_maddubs_epi16(unsigned, signed);
        _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
    })
}

type Floats = (__m256, __m256);
type Whole = (__m256i, __m256i);

impl<const VNNI: bool> Simd for Avx2<VNNI> {
    type F = Floats;
    type I = Whole;
    const ROWS: usize = 4;
    const BIASED: bool = VNNI;
    const WIDE: bool = false;

    #[inline(always)]
    fn run<T: Task>(self, task: T) -> T::Output {
        if VNNI { sound!(compiled_vnni(Avx2(()), task)) } else { sound!(compiled(Avx2(()), task)) }
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Floats {
        let one = sound!(_mm256_set1_ps(x));
        (one, one)
    }
    #[inline(always)]
    fn load(self, from: &[f32; 16]) -> Floats {
        sound!((_mm256_loadu_ps(from.as_ptr()), _mm256_loadu_ps(from[8..].as_ptr())))
    }
    #[inline(always)]
    fn store(self, x: Floats, to: &mut [f32; 16]) {
        sound!({
            _mm256_storeu_ps(to.as_mut_ptr(), x.0);
            _mm256_storeu_ps(to[8..].as_mut_ptr(), x.1);
        })
    }
    #[inline(always)]
    fn load_half(self, from: &[u16; 16]) -> Floats {
        sound!({
            let low = _mm_loadu_si128(from.as_ptr().cast());
            let high = _mm_loadu_si128(from[8..].as_ptr().cast());
            (_mm256_cvtph_ps(low), _mm256_cvtph_ps(high))
        })
    }
    #[inline(always)]
    fn store_half(self, x: Floats, to: &mut [u16; 16]) {
        sound!({
            _mm_storeu_si128(to.as_mut_ptr().cast(), _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(x.0));
            _mm_storeu_si128(to[8..].as_mut_ptr().cast(), _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(x.1));
        })
    }
    #[inline(always)]
    fn add(self, a: Floats, b: Floats) -> Floats {
        both!(_mm256_add_ps, a, b)
    }
    #[inline(always)]
    fn sub(self, a: Floats, b: Floats) -> Floats {
        both!(_mm256_sub_ps, a, b)
    }
    #[inline(always)]
    fn mul(self, a: Floats, b: Floats) -> Floats {
        both!(_mm256_mul_ps, a, b)
    }
    #[inline(always)]
    fn div(self, a: Floats, b: Floats) -> Floats {
        both!(_mm256_div_ps, a, b)
    }
    #[inline(always)]
    fn max(self, a: Floats, b: Floats) -> Floats {
        both!(_mm256_max_ps, a, b)
    }
    #[inline(always)]
    fn abs(self, x: Floats) -> Floats {
        let sign = self.splat(-0.0);
        both!(_mm256_andnot_ps, sign, x)
    }
    #[inline(always)]
    fn fma(self, a: Floats, b: Floats, c: Floats) -> Floats {
        both!(_mm256_fmadd_ps, a, b, c)
    }
    #[inline(always)]
    fn round(self, x: Floats) -> Floats {
        const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
        sound!((_mm256_round_ps::<NEAREST>(x.0), _mm256_round_ps::<NEAREST>(x.1)))
    }
    #[inline(always)]
    fn power_of_two(self, n: Floats) -> Floats {
        let one = |n| {
            sound!({
                let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent))
            })
        };
        (one(n.0), one(n.1))
    }
    #[inline(always)]
    fn sum(self, x: Floats) -> f32 {
        let mut lanes = [0.0; 8];
        sound!(_mm256_storeu_ps(lanes.as_mut_ptr(), _mm256_add_ps(x.0, x.1)));
        ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]))
    }
    #[inline(always)]
    fn largest(self, x: Floats) -> f32 {
        let mut lanes = [0.0; 8];
        sound!(_mm256_storeu_ps(lanes.as_mut_ptr(), _mm256_max_ps(x.0, x.1)));
        lanes.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
    #[inline(always)]
    fn to_bytes(self, x: Floats) -> [i32; 4] {
        let mut out = [0; 4];
        sound!({
            let words = _mm256_packs_epi32(_mm256_cvtps_epi32(x.0), _mm256_cvtps_epi32(x.1));
            // Packing works within 128 bits: put the quarters back in order.
            let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(words);
            let bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
            _mm_storeu_si128(out.as_mut_ptr().cast(), bytes);
        });
        out
    }
    #[inline(always)]
    fn zero(self) -> Whole {
        let zero = sound!(_mm256_setzero_si256());
        (zero, zero)
    }
    #[inline(always)]
    fn to_float(self, x: Whole) -> Floats {
        both!(_mm256_cvtepi32_ps, x)
    }
    #[inline(always)]
    fn halves(self, line: &Line) -> (Whole, Whole) {
        let all = self.bytes(line);
        sound!({
            let mask = _mm256_set1_epi8(15);
            let low = (_mm256_and_si256(all.0, mask), _mm256_and_si256(all.1, mask));
            let high = (_mm256_srli_epi16::<4>(all.0), _mm256_srli_epi16::<4>(all.1));
            (low, (_mm256_and_si256(high.0, mask), _mm256_and_si256(high.1, mask)))
        })
    }
    #[inline(always)]
    fn prefetch<T>(self, from: &T) {
        sound!(_mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(from).cast()))
    }
    #[inline(always)]
    fn bytes(self, line: &Line) -> Whole {
        sound!((_mm256_loadu_si256(line.0.as_ptr().cast()), _mm256_loadu_si256(line.0[32..].as_ptr().cast())))
    }
    #[inline(always)]
    fn dot_small(self, sum: Whole, weights: Whole, activations: i32) -> Whole {
        let a = sound!(_mm256_set1_epi32(activations));
        if VNNI {
            return sound!((
                _mm256_dpbusd_avx_epi32(sum.0, weights.0, a),
                _mm256_dpbusd_avx_epi32(sum.1, weights.1, a)
            ));
        }
        // Sixteen bits hold eight pairs of products: 8 * 2 * 15 * 127 is 30,480.
        let pairs = sound!((_mm256_maddubs_epi16(weights.0, a), _mm256_maddubs_epi16(weights.1, a)));
        both!(_mm256_add_epi16, sum, pairs)
    }
    #[inline(always)]
    fn gather_small(self, sum: Whole) -> Whole {
        if VNNI {
            return sum;
        }
        let one = sound!(_mm256_set1_epi16(1));
        sound!((_mm256_madd_epi16(sum.0, one), _mm256_madd_epi16(sum.1, one)))
    }
    #[inline(always)]
    fn lift(self, half: Whole, fifth: Whole, left: i32) -> Whole {
        // In lanes of sixteen bits: what crosses from byte to byte is never bit 4.
        let one = |half, fifth| {
            sound!({
                let moved = match left {
                    4 => _mm256_slli_epi16::<4>(fifth),
                    3 => _mm256_slli_epi16::<3>(fifth),
                    2 => _mm256_slli_epi16::<2>(fifth),
                    1 => _mm256_slli_epi16::<1>(fifth),
                    0 => fifth,
                    -1 => _mm256_srli_epi16::<1>(fifth),
                    -2 => _mm256_srli_epi16::<2>(fifth),
                    _ => _mm256_srli_epi16::<3>(fifth),
                };
                _mm256_or_si256(half, _mm256_and_si256(moved, _mm256_set1_epi8(16)))
            })
        };
        (one(half.0, fifth.0), one(half.1, fifth.1))
    }
    #[inline(always)]
    fn dot_more(self, sum: Whole, weights: Whole, activations: i32) -> Whole {
        if VNNI {
            return self.dot_small(sum, weights, activations);
        }
        // Eight pairs would not fit sixteen bits: 8 * 2 * 31 * 127 is 62,992.
        let a = sound!(_mm256_set1_epi32(activations));
        (add_products(sum.0, weights.0, a), add_products(sum.1, weights.1, a))
    }
    #[inline(always)]
    fn dot_bytes(self, sum: Whole, weights: Whole, activations: i32) -> Whole {
        if VNNI {
            return self.dot_small(sum, weights, activations);
        }
        // Pairs of unsigned bytes times signed ones overflow sixteen bits, so the weights give their sign away:
        // |w| * (sign of w * a), at most 2 * 128 * 127.
        let a = sound!(_mm256_set1_epi32(activations));
        let one = |sum, weights| {
            sound!({
                let signed = _mm256_xor_si256(weights, _mm256_set1_epi8(-128));
                add_products(sum, _mm256_abs_epi8(signed), _mm256_sign_epi8(a, signed))
            })
        };
        (one(sum.0, weights.0), one(sum.1, weights.1))
    }
}
