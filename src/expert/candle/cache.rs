//! Keys and values of a sequence, as a value: cloned in no time, cut at any position, continued independently.
//!
//! How they lie in memory is up to who computes: [`Pages`] for the lane's kernels, [`Tensors`] for candle's devices.

mod pages;
mod tensors;

pub use pages::Pages;
pub use tensors::Tensors;

use super::kernels::attention::PAGE;
use super::settings::Settings;

/// What one position takes: the same for all caches of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub layers: usize,
    /// Heads of keys and values.
    pub heads: usize,
    /// Dimensions of a head.
    pub head: usize,
}

impl Shape {
    pub fn of(settings: &Settings) -> Shape {
        let Settings { layers, key_value_heads: heads, head, .. } = *settings;
        Shape { layers, heads, head }
    }

    /// f16 numbers in a page: for each layer and head a page of keys and a page of values.
    fn page(self) -> usize {
        self.layers * self.heads * self.head * PAGE * 2
    }

    /// Bytes of a page of 64 positions.
    pub fn page_bytes(self) -> usize {
        self.page() * 2
    }
}

/// What attention remembers of a sequence.
#[derive(Clone, Debug)]
pub enum Cache {
    Pages(Pages),
    Tensors(Tensors),
}

impl Cache {
    /// Positions that are there.
    pub fn len(&self) -> usize {
        match self {
            Cache::Pages(pages) => pages.len(),
            Cache::Tensors(tensors) => tensors.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets everything from this position on; does nothing if there is less.
    pub fn truncate(&mut self, length: usize) {
        match self {
            Cache::Pages(pages) => pages.truncate(length),
            Cache::Tensors(tensors) => tensors.truncate(length),
        }
    }

    /// Identity and bytes of each piece of memory: what several caches share is found twice.
    pub fn pieces(&self) -> Vec<(usize, usize)> {
        match self {
            Cache::Pages(pages) => pages.pieces().collect(),
            Cache::Tensors(tensors) => tensors.piece().into_iter().collect(),
        }
    }
}
