//! Keys and values as candle's tensors, on whatever device: f16, `[head, position, dimension]` for each layer.
//!
//! A sequence that nobody shares is written in place; one that is shared is copied first.

use std::sync::Arc;

use candle_core::{DType, Device, Result, Tensor};

use super::Shape;

/// What attention remembers of a sequence, in memory of a device.
#[derive(Clone, Debug)]
pub struct Tensors {
    shape: Shape,
    device: Device,
    held: Option<Arc<Held>>,
    length: usize,
}

#[derive(Debug)]
struct Held {
    /// Keys and values of each layer.
    layers: Vec<[Tensor; 2]>,
    /// Positions that there is room for.
    room: usize,
}

impl Tensors {
    pub fn new(shape: Shape, device: Device) -> Tensors {
        Tensors { shape, device, held: None, length: 0 }
    }

    pub fn len(&self) -> usize {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Forgets everything from this position on; does nothing if there is less.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Identity and bytes of the memory, if there is any.
    pub fn piece(&self) -> Option<(usize, usize)> {
        let held = self.held.as_ref()?;
        let Shape { layers, heads, head } = self.shape;
        Some((Arc::as_ptr(held) as usize, layers * 2 * heads * held.room * head * DType::F16.size_in_bytes()))
    }

    /// Makes room for positions to be written with [`Tensors::write`], in memory that nobody else sees.
    pub fn reserve(&mut self, count: usize) -> Result<()> {
        let needed = self.length + count;
        if let Some(held) = &mut self.held
            && Arc::get_mut(held).is_some_and(|held| needed <= held.room)
        {
            return Ok(());
        }
        let Shape { layers, heads, head } = self.shape;
        // Half as much again: a sequence that grows token by token is copied seldom.
        let room = (needed + self.length / 2).next_multiple_of(64);
        let mut grown = Vec::with_capacity(layers);
        for layer in 0..layers {
            let fresh = || Tensor::zeros((heads, room, head), DType::F16, &self.device);
            let fresh = [fresh()?, fresh()?];
            if let (Some(held), 1..) = (&self.held, self.length) {
                for (fresh, old) in fresh.iter().zip(&held.layers[layer]) {
                    fresh.slice_set(&old.narrow(1, 0, self.length)?.contiguous()?, 1, 0)?;
                }
            }
            grown.push(fresh);
        }
        self.held = Some(Arc::new(Held { layers: grown, room }));
        Ok(())
    }

    /// Writes keys and values, each `[head, new position, dimension]`, behind those that are there, and returns all of
    /// them in f32. They count as there only after [`Tensors::advance`].
    pub fn write(&self, layer: usize, fresh: [&Tensor; 2]) -> Result<[Tensor; 2]> {
        let Some(held) = &self.held else { candle_core::bail!("nothing was reserved") };
        let end = self.length + fresh[0].dim(1)?;
        let whole = |at: usize| {
            let all = &held.layers[layer][at];
            all.slice_set(&fresh[at].to_dtype(DType::F16)?.contiguous()?, 1, self.length)?;
            all.narrow(1, 0, end)?.to_dtype(DType::F32)
        };
        Ok([whole(0)?, whole(1)?])
    }

    /// Counts written positions as there.
    pub fn advance(&mut self, count: usize) {
        let room = self.held.as_ref().map_or(0, |held| held.room);
        self.length = (self.length + count).min(room);
    }
}
