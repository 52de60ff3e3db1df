//! The arithmetic of the lane: int8 products on packed weights, attention over f16 pages, norms; and the threads.
//!
//! Called by `llama` and `weights`. Each kernel is written once over the [`simd::Simd`] vocabulary and compiled for
//! every instruction set that speaks it; [`Level`] chooses at run time. The `unsafe` of the whole crate lives here.
//! Knows nothing of models, tokens or files.

pub mod activation;
pub mod attention;
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "intrinsics; each type can only be made where its instructions were detected")]
mod avx2;
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "intrinsics; each type can only be made where its instructions were detected")]
mod avx512;
pub mod dense;
pub mod half;
pub mod matmul;
pub mod pack;
#[expect(unsafe_code, reason = "hands pieces of one slice to several threads; each piece to exactly one")]
pub mod pool;
mod portable;
pub mod rows;
mod simd;
pub mod softmax;

pub use pool::Pool;

/// Vectors of the packed formats have sixteen lanes, whatever the machine's width: one lane for each weight row of a
/// tile.
pub const LANES: usize = 16;
/// Columns that share one scale.
pub const BLOCK: usize = 32;

/// Which instructions the kernels use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Portable(portable::Portable),
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Avx2<false>),
    #[cfg(target_arch = "x86_64")]
    AvxVnni(avx2::Avx2<true>),
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Avx512),
}

impl Level {
    /// The fastest one this processor has.
    pub fn best() -> Level {
        Level::available().pop().unwrap_or(Level(Kind::Portable(portable::Portable)))
    }

    /// All that this processor has, slowest first.
    pub fn available() -> Vec<Level> {
        let mut levels = vec![Level(Kind::Portable(portable::Portable))];
        #[cfg(target_arch = "x86_64")]
        {
            levels.extend(avx2::Avx2::<false>::detect().map(|simd| Level(Kind::Avx2(simd))));
            levels.extend(avx2::Avx2::<true>::detect().map(|simd| Level(Kind::AvxVnni(simd))));
            levels.extend(avx512::Avx512::detect().map(|simd| Level(Kind::Avx512(simd))));
        }
        levels
    }

    /// A name for logs and `doctor`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable(_) => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::AvxVnni(_) => "avx-vnni",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => "avx512-vnni",
        }
    }

    /// Calls plain code that is compiled for these instructions, if it is inlined: the compiler then makes vector code
    /// of its loops.
    pub fn compiled<T>(self, work: impl FnOnce() -> T) -> T {
        self.run(simd::Plain(work))
    }

    fn run<T: simd::Task>(self, task: T) -> T::Output {
        use simd::Simd;
        match self.0 {
            Kind::Portable(simd) => simd.run(task),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(simd) => simd.run(task),
            #[cfg(target_arch = "x86_64")]
            Kind::AvxVnni(simd) => simd.run(task),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(simd) => simd.run(task),
        }
    }
}
