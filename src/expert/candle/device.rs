//! The llama family by candle's tensors on one of its devices, for machines with a GPU.
//!
//! A [`Network`] like `llama`, and held to the same reference; its tests run it on the processor where there is no GPU.
//! Products take the weights as they lie in the file (candle's kernels for quantised matrices); keys and values are kept
//! as f16, everything between is f32.

mod attention;
mod layer;
mod linear;
mod mixture;

use candle_core::{Device, Result, Tensor};
use candle_nn::ops::rms_norm;

use self::layer::Layer;
use self::linear::Linear;
use super::adapter::Adapter;
use super::blocks::Blocks;
use super::cache::{Cache, Shape, Tensors};
use super::gates::GateHook;
use super::gguf::{GgufError, GgufFile};
use super::network::{ForwardError, Logits, Network, Row, positions};
use super::settings::Settings;
use super::weights::Part;

/// A model in the memory of a device.
pub struct DeviceLlama {
    settings: Settings,
    device: Device,
    embedding: Linear,
    /// `None` where the embedding serves as output too.
    output: Option<Linear>,
    norm: Tensor,
    layers: Vec<Layer>,
    bytes: usize,
    /// Of the last pass, row after row.
    logits: Vec<f32>,
    gate_hook: Option<GateHook>,
}

/// What all layers of a pass share.
struct Pass<'a> {
    settings: &'a Settings,
    /// `[row, pair of dimensions]`.
    cosines: Tensor,
    sines: Tensor,
    sequences: Vec<Sequence>,
    /// Where the rows of the pass stand in the tensors.
    order: &'a [usize],
}

/// The rows of one cache: they stand together.
struct Sequence {
    cache: usize,
    start: usize,
    count: usize,
    /// What is added to the scores of each row, so that none sees a later one; one row alone needs none.
    mask: Option<Tensor>,
}

impl DeviceLlama {
    /// Reads the weights of a checked file, with adapters that were made for it, and brings them to the device. `progress` gets the part that is done, 0 to 1.
    pub fn load(
        file: &mut GgufFile,
        adapters: &[Adapter],
        device: &Device,
        progress: &mut dyn FnMut(f32),
    ) -> std::result::Result<DeviceLlama, GgufError> {
        let settings = Settings::of(file)?;
        let hold = |file: &mut GgufFile, columns: usize, parts: &[Part<'_>]| {
            Linear::load(file, columns, parts, adapters, device)
        };
        let blocks = Blocks::load(file, &settings, &hold, progress)?;
        let bytes = blocks.all().map(Linear::bytes).sum();
        let failed =
            |why: candle_core::Error| GgufError::Unsupported(format!("the device can not hold it: {why}"));
        let layers = blocks.layers.into_iter().map(|layer| Layer::new(layer, &settings, device));
        Ok(DeviceLlama {
            layers: layers.collect::<Result<_>>().map_err(failed)?,
            norm: Tensor::new(blocks.norm, device).map_err(failed)?,
            embedding: blocks.embedding,
            output: blocks.output,
            settings,
            device: device.clone(),
            bytes,
            logits: Vec::new(),
            gate_hook: None,
        })
    }

    /// The logits of the rows that want them, row after row. `caches` have room for the rows.
    fn pass(&mut self, caches: &mut [&mut Tensors], rows: &[Row], positions: &[usize]) -> Result<Vec<f32>> {
        // Rows of one cache next to each other; where the n-th row of the pass went.
        let mut sorted: Vec<usize> = (0..rows.len()).collect();
        sorted.sort_by_key(|&row| rows[row].cache);
        let mut order = vec![0; rows.len()];
        sorted.iter().enumerate().for_each(|(place, &row)| order[row] = place);
        let tokens: Vec<u32> = sorted.iter().map(|&row| rows[row].token).collect();
        let turned = |of: fn(f64) -> f64| {
            let each = sorted.iter().flat_map(|&row| {
                let turn = move |f: &f32| of(f64::from(*f) * positions[row] as f64) as f32;
                self.settings.frequencies.iter().map(turn)
            });
            Tensor::from_vec(each.collect(), (rows.len(), self.settings.head / 2), &self.device)
        };
        let mut sequences = Vec::new();
        for (cache, held) in caches.iter_mut().enumerate() {
            let count = rows.iter().filter(|row| row.cache == cache).count();
            if 0 < count {
                held.reserve(count)?;
                let start = sequences.last().map_or(0, |last: &Sequence| last.start + last.count);
                let mask = attention::mask(held.len(), count, &self.device)?;
                sequences.push(Sequence { cache, start, count, mask });
            }
        }
        let pass = Pass {
            settings: &self.settings,
            cosines: turned(f64::cos)?,
            sines: turned(f64::sin)?,
            sequences,
            order: &order,
        };
        let mut x = self.embedding.rows(&Tensor::new(tokens, &self.device)?)?;
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&x, index, &pass, caches, &mut self.gate_hook)?;
        }
        let wanted = rows.iter().zip(&order).filter(|(row, _)| row.logits);
        let wanted: Vec<u32> = wanted.map(|(_, &place)| place as u32).collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let x = x.index_select(&Tensor::new(wanted, &self.device)?, 0)?;
        let x = rms_norm(&x, &self.norm, self.settings.epsilon)?;
        self.output.as_ref().unwrap_or(&self.embedding).forward(&x)?.flatten_all()?.to_vec1()
    }
}

impl Network for DeviceLlama {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn machine(&self) -> String {
        match self.device.location() {
            candle_core::DeviceLocation::Cpu => "candle on the processor".to_owned(),
            candle_core::DeviceLocation::Cuda { gpu_id } => format!("candle on CUDA device {gpu_id}"),
            candle_core::DeviceLocation::Metal { gpu_id } => format!("candle on Metal device {gpu_id}"),
        }
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    /// More than the processor takes: a launch costs the same for one row and for many.
    fn chunk(&self) -> usize {
        256
    }

    /// More than the processor keeps: sequences that begin alike share nothing here once they part.
    fn prefix_bytes(&self) -> usize {
        1 << 30
    }

    fn cache(&self) -> Cache {
        Cache::Tensors(Tensors::new(Shape::of(&self.settings), self.device.clone()))
    }

    fn forward(
        &mut self,
        caches: &mut [&mut Cache],
        rows: &[Row],
    ) -> std::result::Result<Logits<'_>, ForwardError> {
        let shape = Shape::of(&self.settings);
        let own = caches.iter_mut().enumerate().map(|(index, cache)| match &mut **cache {
            Cache::Tensors(tensors) if tensors.shape() == shape => Ok(tensors),
            _ => Err(ForwardError::Cache(index)),
        });
        let mut caches = own.collect::<std::result::Result<Vec<&mut Tensors>, _>>()?;
        let before: Vec<usize> = caches.iter().map(|cache| cache.len()).collect();
        let (mut after, mut places) = (before.clone(), Vec::new());
        positions(&self.settings, &mut after, rows, &mut places)?;
        self.logits = match rows {
            [] => Vec::new(),
            rows => {
                let pass = self.pass(&mut caches, rows, &places);
                pass.map_err(|why| ForwardError::Device(why.to_string()))?
            }
        };
        let counts = after.iter().zip(&before).map(|(after, before)| after - before);
        caches.iter_mut().zip(counts).for_each(|(cache, count)| cache.advance(count));
        Ok(Logits::plain(&self.logits, self.settings.vocabulary))
    }

    fn watch_gates(&mut self, hook: Option<GateHook>) {
        self.gate_hook = hook;
    }
}

/// For tests: a GPU if this build and this computer have one, else the processor.
#[cfg(test)]
pub(super) fn here() -> Device {
    super::machine::gpu().unwrap_or(Device::Cpu)
}

#[cfg(test)]
mod tests;
