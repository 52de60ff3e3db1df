//! How much memory is free, and whether a model fits into it.

use super::gguf::{GgufError, Header};

/// Refuses a model that needs more memory than is free, where the system tells how much that is.
pub(super) fn enough(header: &Header) -> Result<(), GgufError> {
    fits(header.memory_estimate(), free())
}

/// How many bytes programs can still take, where the system tells it.
pub fn free() -> Option<u64> {
    available(&std::fs::read_to_string("/proc/meminfo").ok()?)
}

/// The same by the text of Linux's `/proc/meminfo`.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes.saturating_mul(1024))
}

fn fits(need: u64, free: Option<u64>) -> Result<(), GgufError> {
    match free {
        Some(free) if free < need => Err(GgufError::Unsupported(format!(
            "the model needs about {} MiB of memory, {} MiB are free; close other programs or choose a smaller model",
            need >> 20,
            free >> 20
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::gguf::GgufFile;
    use super::super::kernels::{Level, Pool};
    use super::super::{cache::Shape, llama::Llama, network::Network, tiny::Tiny};
    use super::*;

    #[test]
    fn a_model_larger_than_memory_is_refused() {
        let meminfo = "MemTotal:       24638420 kB\nMemAvailable:    1024 kB\n";
        assert_eq!(available(meminfo), Some(1 << 20));
        assert_eq!(fits(1 << 20, available(meminfo)), Ok(()));
        let why = fits((1 << 20) + 1, available(meminfo)).unwrap_err().to_string();
        assert!(why.contains("needs about 1 MiB") && why.contains("choose a smaller model"), "{why}");
        assert_eq!(fits(u64::MAX, available("nothing known")), Ok(()));
    }

    #[test]
    fn the_estimate_is_what_weights_and_a_full_context_take() {
        let mut file = GgufFile::from_bytes(Tiny::default().bytes()).unwrap();
        let model = Llama::load(&mut file, Level::best(), Pool::new(1), &mut |_| {}).unwrap();
        let context = Shape::of(model.settings()).page_bytes() * 512 / 64;
        let need = file.header.memory_estimate() as usize;
        let taken = context + model.bytes();
        assert!(need.abs_diff(taken) < need / 10, "{need} for {taken}");
    }
}
