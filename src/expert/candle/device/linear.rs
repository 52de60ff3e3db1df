//! A linear map on a device: candle's quantised matrices, as they lie in the file.

use std::borrow::Cow;
use std::sync::Arc;

use candle_core::quantized::{QMatMul, QStorage, QTensor};
use candle_core::{Device, Module, Result, Tensor};

use super::super::adapter::{Adapter, Change};
use super::super::gguf::{GgufError, GgufFile};
use super::super::weights::{self, Part};

/// One or more matrices of the same width, their outputs one after the other.
pub(super) struct Linear {
    parts: Vec<QMatMul>,
    thin: Vec<Thin>,
    outputs: usize,
    bytes: usize,
}

/// What an adapter adds, from some output on.
struct Thin {
    /// `[column, rank]`.
    down: Tensor,
    /// `[rank, output]`.
    up: Tensor,
    first: usize,
}

impl Linear {
    /// Reads the named tensors; neighbours of one type become one matrix. Weights that are floats are widened to f32.
    pub(super) fn load(
        file: &mut GgufFile,
        columns: usize,
        parts: &[Part<'_>],
        adapters: &[Adapter],
        device: &Device,
    ) -> std::result::Result<Linear, GgufError> {
        let mut read: Vec<(weights::Rows, usize)> = Vec::new();
        for part in parts {
            let rows = weights::rows(file, part, columns)?;
            match read.last_mut() {
                Some((last, count)) if last.entry.dtype == rows.entry.dtype => {
                    last.bytes.extend_from_slice(&rows.bytes);
                    *count += part.rows;
                }
                _ => read.push((rows, part.rows)),
            }
        }
        let mut linear = Linear { parts: Vec::new(), thin: Vec::new(), outputs: 0, bytes: 0 };
        for (rows, count) in read {
            linear.bytes += rows.bytes.len();
            let matrix = matrix(rows, (count, columns), device);
            linear.parts.push(matrix.map_err(|why| refused(parts, &why))?);
        }
        for part in parts {
            for change in adapters.iter().filter_map(|adapter| adapter.change(part.name)) {
                let thin =
                    Thin::new(change, part, linear.outputs, device).map_err(|why| refused(parts, &why))?;
                linear.bytes += (change.down.len() + change.up.len()) * size_of::<f32>();
                linear.thin.push(thin);
            }
            linear.outputs += part.rows;
        }
        Ok(linear)
    }

    /// `[row, column]` to `[row, output]`.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let product = match &self.parts[..] {
            [one] => one.forward(x)?,
            parts => {
                let products: Vec<Tensor> =
                    parts.iter().map(|part| part.forward(x)).collect::<Result<_>>()?;
                Tensor::cat(&products, 1)?
            }
        };
        self.thin.iter().try_fold(product, |product, thin| {
            let added = x.matmul(&thin.down)?.matmul(&thin.up)?;
            let after = self.outputs - thin.first - added.dim(1)?;
            product + added.pad_with_zeros(1, thin.first, after)?
        })
    }

    /// The weights of these outputs, row by row: an embedding.
    pub(super) fn rows(&self, outputs: &Tensor) -> Result<Tensor> {
        self.parts[0].embedding(outputs)
    }

    /// Bytes in the file.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Thin {
    fn new(change: &Change, part: &Part<'_>, first: usize, device: &Device) -> Result<Thin> {
        let rank = change.rank;
        let up = part.ordered(change);
        let turned = |values: Vec<f32>, rows: usize| {
            let columns = values.len() / rows;
            Tensor::from_vec(values, (rows, columns), device)?.t()?.contiguous()
        };
        Ok(Thin { down: turned(change.down.clone(), rank)?, up: turned(up, part.rows)?, first })
    }
}

fn refused(parts: &[Part<'_>], why: &candle_core::Error) -> GgufError {
    let name = parts.first().map_or("", |part| part.name);
    GgufError::Unsupported(format!("the device can not take the tensor {name}: {why}"))
}

fn matrix(rows: weights::Rows, shape: (usize, usize), device: &Device) -> Result<QMatMul> {
    let storage = QStorage::from_data(Cow::Owned(rows.bytes), device, rows.entry.dtype)?;
    QMatMul::from_arc(Arc::new(QTensor::new(storage, shape)?))
}
