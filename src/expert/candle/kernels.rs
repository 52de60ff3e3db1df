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
pub mod limit;
pub mod matmul;
#[cfg(target_arch = "aarch64")]
#[expect(unsafe_code, reason = "intrinsics; each type can only be made where its instructions were detected")]
mod neon;
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
    #[cfg(target_arch = "aarch64")]
    Neon(neon::Neon<false>),
    #[cfg(target_arch = "aarch64")]
    NeonDot(neon::Neon<true>),
}

/// All names there are, on whatever processor.
pub const NAMES: [&str; 6] = ["portable", "avx2", "avx-vnni", "avx512-vnni", "neon", "neon-dotprod"];

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
        #[cfg(target_arch = "aarch64")]
        {
            levels.extend(neon::Neon::<false>::detect().map(|simd| Level(Kind::Neon(simd))));
            levels.extend(neon::Neon::<true>::detect().map(|simd| Level(Kind::NeonDot(simd))));
        }
        levels
    }

    /// The level of that name: one of [`NAMES`], or a beginning of one, which means the fastest that begins so.
    ///
    /// # Errors
    /// Words for a person where no level is called so, or this processor does not have it.
    pub fn named(name: &str) -> Result<Level, String> {
        let fits = |level: &Level| !name.is_empty() && level.name().starts_with(name);
        let available = Level::available();
        let exact = available.iter().find(|level| level.name() == name);
        exact.or(available.iter().rfind(|level| fits(level))).copied().ok_or_else(|| {
            let names: Vec<&str> = available.iter().map(|level| level.name()).collect();
            let why = match NAMES.iter().any(|known| !name.is_empty() && known.starts_with(name)) {
                true => format!("this processor has no instructions for the kernels `{name}`"),
                false => format!("no kernels are called `{name}`"),
            };
            format!("{why}; it can run {}", names.join(", "))
        })
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
            #[cfg(target_arch = "aarch64")]
            Kind::Neon(_) => "neon",
            #[cfg(target_arch = "aarch64")]
            Kind::NeonDot(_) => "neon-dotprod",
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
            #[cfg(target_arch = "aarch64")]
            Kind::Neon(simd) => simd.run(task),
            #[cfg(target_arch = "aarch64")]
            Kind::NeonDot(simd) => simd.run(task),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_found_by_its_name_and_refused_with_words() {
        for level in Level::available() {
            assert_eq!(Level::named(level.name()), Ok(level));
            assert!(NAMES.contains(&level.name()));
        }
        let check = |name: &str, words: &str| {
            let why = Level::named(name).expect_err(name);
            assert!(why.contains(words) && why.contains("portable"), "{why}");
        };
        check("fast", "no kernels are called `fast`");
        check("", "no kernels are called ``");
        let other = if cfg!(target_arch = "aarch64") { "avx2" } else { "neon" };
        check(other, "this processor has no instructions");
        assert_eq!(Level::named("port").map(Level::name), Ok("portable"));
    }
}
