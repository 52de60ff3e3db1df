//! The llama family (llama, mistral, mixtral, smollm, qwen2, qwen3, qwen3moe) by the lane's own kernels: from rows of
//! tokens to logits.
//!
//! A [`Network`], called by `model`. Knows nothing of text, sampling or what the tokens mean.

mod attention;
mod mixture;
mod pass;

use super::adapter::Adapter;
use super::blocks::Blocks;
use super::cache::{Cache, Pages, Shape};
use super::gates::GateHook;
use super::gguf::{GgufError, GgufFile};
use super::kernels::activation::Block;
use super::kernels::{Level, Pool};
use super::network::{ForwardError, Logits, Network, Row, positions};
use super::settings::Settings;
use super::weights::{Linear, Part};

/// A loaded model: weights, threads, and room for the numbers in between.
pub struct Llama {
    settings: Settings,
    blocks: Blocks<Linear>,
    level: Level,
    pool: Pool,
    room: Room,
    gate_hook: Option<GateHook>,
}

/// Everything between two layers; kept from pass to pass, so that a token allocates next to nothing.
#[derive(Default)]
struct Room {
    /// Position of each row in its sequence.
    positions: Vec<usize>,
    /// Cosines, then sines, of each row.
    angles: Vec<f32>,
    residual: Vec<f32>,
    activations: Vec<Block>,
    query_key_value: Vec<f32>,
    /// f16 keys and values of the rows, on their way into the caches.
    fresh: Vec<u16>,
    attended: Vec<f32>,
    groups: attention::Groups,
    product: Vec<f32>,
    gate_up: Vec<f32>,
    mixture: mixture::Room,
    logits: Vec<f32>,
}

impl Llama {
    /// Reads the weights of a checked file. `progress` gets the part that is done, 0 to 1.
    pub fn load(
        file: &mut GgufFile,
        level: Level,
        pool: Pool,
        progress: &mut dyn FnMut(f32),
    ) -> Result<Llama, GgufError> {
        Llama::adapted(file, &[], level, pool, progress)
    }

    /// The same, changed by adapters that were made for it.
    pub fn adapted(
        file: &mut GgufFile,
        adapters: &[Adapter],
        level: Level,
        pool: Pool,
        progress: &mut dyn FnMut(f32),
    ) -> Result<Llama, GgufError> {
        let settings = Settings::of(file)?;
        let hold = |file: &mut GgufFile, columns: usize, parts: &[Part<'_>]| {
            Ok(Linear::load(file, columns, parts)?.adapted(adapters, parts))
        };
        let blocks = Blocks::load(file, &settings, &hold, progress)?;
        Ok(Llama { settings, blocks, level, pool, room: Room::default(), gate_hook: None })
    }
}

impl Network for Llama {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn machine(&self) -> String {
        format!("{} on {} threads", self.level.name(), self.pool.threads())
    }

    fn bytes(&self) -> usize {
        self.blocks.all().map(Linear::bytes).sum()
    }

    fn chunk(&self) -> usize {
        64
    }

    fn prefix_bytes(&self) -> usize {
        256 << 20
    }

    fn cache(&self) -> Cache {
        Cache::Pages(Pages::new(Shape::of(&self.settings)))
    }

    fn forward(&mut self, caches: &mut [&mut Cache], rows: &[Row]) -> Result<Logits<'_>, ForwardError> {
        let shape = Shape::of(&self.settings);
        let own = caches.iter_mut().enumerate().map(|(index, cache)| match &mut **cache {
            Cache::Pages(pages) if pages.shape() == shape => Ok(pages),
            _ => Err(ForwardError::Cache(index)),
        });
        let mut caches = own.collect::<Result<Vec<&mut Pages>, _>>()?;
        let before: Vec<usize> = caches.iter().map(|cache| cache.len()).collect();
        let mut after = before.clone();
        positions(&self.settings, &mut after, rows, &mut self.room.positions)?;
        if rows.is_empty() {
            return Ok(Logits::tiled(&[], 0, self.settings.vocabulary));
        }
        let counts = || after.iter().zip(&before).map(|(after, before)| after - before);
        caches.iter_mut().zip(counts()).for_each(|(cache, count)| cache.reserve(count));
        self.enter(rows, &caches);
        for layer in 0..self.settings.layers {
            self.layer(layer, &mut caches, rows);
        }
        caches.iter_mut().zip(counts()).for_each(|(cache, count)| cache.advance(count));
        Ok(self.logits(rows))
    }

    fn watch_gates(&mut self, hook: Option<GateHook>) {
        self.gate_hook = hook;
    }
}

#[cfg(test)]
pub(super) mod architectures;
#[cfg(test)]
mod oracle;
#[cfg(test)]
pub(super) mod reference;
#[cfg(test)]
pub(super) mod tests;
