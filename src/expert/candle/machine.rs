//! What local models compute on: the processor, by the lane's own kernels, or a GPU, by candle's.

use super::adapter::Adapter;
use super::gguf::{GgufError, GgufFile, Header};
use super::kernels::{Level, Pool};
use super::llama::Llama;
use super::memory;
use super::network::Network;

/// What a person chose: kernels and threads of the processor, and which device language models are to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub level: Level,
    /// Threads of a language model; as many as there are cores where nobody says.
    pub threads: Option<usize>,
    pub device: Device,
}

/// Where a language model computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// The first GPU that this build and this machine have, else the processor.
    Any,
    Processor,
    /// The CUDA device of this number.
    Cuda(usize),
    Metal,
}

impl From<Level> for Choice {
    /// The processor with these kernels on all cores.
    fn from(level: Level) -> Choice {
        Choice { level, threads: None, device: Device::Processor }
    }
}

impl Device {
    /// The device of this name: `any`, `cpu`, `cuda`, `cuda:1` or `metal`.
    ///
    /// # Errors
    /// Words for a person where no device is called so, or this program was built without it.
    pub fn named(name: &str) -> Result<Device, String> {
        let device = match name.split_once(':').unwrap_or((name, "")) {
            ("any", "") => Device::Any,
            ("cpu", "") => Device::Processor,
            ("cuda", "") => Device::Cuda(0),
            ("metal", "") => Device::Metal,
            (kind, number) => match (kind, number.parse::<u8>()) {
                ("cuda", Ok(number)) => Device::Cuda(number.into()),
                _ => return Err(format!("no device is called `{name}`: any, cpu, cuda, cuda:1 or metal")),
            },
        };
        let built = match device {
            Device::Any | Device::Processor => true,
            Device::Cuda(_) => cfg!(feature = "cuda"),
            Device::Metal => cfg!(feature = "metal"),
        };
        let feature = if device == Device::Metal { "metal" } else { "cuda" };
        match built {
            true => Ok(device),
            false => Err(format!(
                "this program was built without the feature `{feature}`: `cargo build --release --features {feature}` makes \
                 one with it"
            )),
        }
    }

    /// The device that `PLANTERN_DEVICE` names, for benches and tests; the processor where nothing is set.
    ///
    /// # Errors
    /// Those of [`Device::named`].
    pub fn of_environment() -> Result<Device, String> {
        std::env::var("PLANTERN_DEVICE").map_or(Ok(Device::Processor), |name| Device::named(&name))
    }

    /// The name by which [`Device::named`] finds it.
    pub fn name(self) -> String {
        match self {
            Device::Any => "any".to_owned(),
            Device::Processor => "cpu".to_owned(),
            Device::Cuda(number) => format!("cuda:{number}"),
            Device::Metal => "metal".to_owned(),
        }
    }
}

/// The first GPU that this build and this machine have.
pub(super) fn gpu() -> Option<candle_core::Device> {
    candle_core::Device::new_cuda(0).or_else(|_| candle_core::Device::new_metal(0)).ok()
}

/// A machine whose device answered.
pub struct Machine {
    level: Level,
    threads: Option<usize>,
    /// `None` for the processor.
    device: Option<candle_core::Device>,
}

impl Choice {
    /// Wakes the device.
    ///
    /// # Errors
    /// Words for a person where a device that was asked for by its name can not be used.
    pub fn open(self) -> Result<Machine, String> {
        let (cuda, metal) = (candle_core::Device::new_cuda, candle_core::Device::new_metal);
        let named = |opened: candle_core::Result<candle_core::Device>| {
            let name = self.device.name();
            opened.map(Some).map_err(|why| {
                format!("the device {name} can not be used: {why}; `--device cpu` goes without")
            })
        };
        let device = match self.device {
            Device::Processor => None,
            Device::Any => gpu(),
            Device::Cuda(number) => named(cuda(number))?,
            Device::Metal => named(metal(0))?,
        };
        Ok(Machine { level: self.level, threads: self.threads, device })
    }
}

impl Machine {
    /// candle's tensors on this device, be it the processor.
    #[cfg(test)]
    pub(super) fn of(device: candle_core::Device) -> Machine {
        Machine { level: Level::best(), threads: None, device: Some(device) }
    }

    pub(super) fn level(&self) -> Level {
        self.level
    }

    /// Bytes of the processor's memory that a model of this file takes, about.
    pub(super) fn memory(&self, header: &Header) -> u64 {
        if self.device.is_some() { 0 } else { header.memory_estimate() }
    }

    /// Loads a language model with adapters that were made for it. `progress` gets the part that is done, 0 to 1.
    ///
    /// One for the processor is refused where the memory that is free now does not suffice, as far as the system tells.
    pub fn load(
        &self,
        file: &mut GgufFile,
        adapters: &[Adapter],
        progress: &mut dyn FnMut(f32),
    ) -> Result<Box<dyn Network>, GgufError> {
        match &self.device {
            None => {
                memory::enough(&file.header)?;
                let pool = self.threads.map_or_else(Pool::of_this_machine, Pool::new);
                Ok(Box::new(Llama::adapted(file, adapters, self.level, pool, progress)?))
            }
            #[cfg(any(test, feature = "cuda", feature = "metal"))]
            Some(device) => Ok(Box::new(super::device::DeviceLlama::load(file, adapters, device, progress)?)),
            #[cfg(not(any(test, feature = "cuda", feature = "metal")))]
            Some(_) => Err(GgufError::Unsupported("no device but the processor was built in".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_found_by_name_or_told_to_be_missing() {
        let check = |name: &str, expected: Result<&str, &str>| match (Device::named(name), expected) {
            (Ok(device), Ok(name)) => assert_eq!(device.name(), name),
            (Err(why), Err(words)) => assert!(why.contains(words), "{why}"),
            (got, _) => panic!("{name}: {got:?}"),
        };
        check("any", Ok("any"));
        check("cpu", Ok("cpu"));
        check("gpu", Err("no device is called `gpu`"));
        check("cpu:1", Err("no device is called `cpu:1`"));
        check("cuda:x", Err("no device is called `cuda:x`"));
        let built =
            |there: bool, name, expected| check(name, if there { Ok(expected) } else { Err("--features") });
        built(cfg!(feature = "cuda"), "cuda", "cuda:0");
        built(cfg!(feature = "cuda"), "cuda:3", "cuda:3");
        built(cfg!(feature = "metal"), "metal", "metal");
    }
}
