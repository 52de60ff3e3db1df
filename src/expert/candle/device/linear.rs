//! A linear map on a device: candle's quantised matrices, as they lie in the file.

use std::borrow::Cow;
use std::sync::Arc;

use candle_core::quantized::{QMatMul, QStorage, QTensor};
use candle_core::{Device, Module, Result, Tensor};

use super::super::gguf::{GgufError, GgufFile};
use super::super::weights::{self, Part};

/// One or more matrices of the same width, their outputs one after the other.
pub(super) struct Linear {
    parts: Vec<QMatMul>,
    bytes: usize,
}

impl Linear {
    /// Reads the named tensors; neighbours of one type become one matrix. Weights that are floats are widened to f32.
    pub(super) fn load(
        file: &mut GgufFile,
        columns: usize,
        parts: &[Part<'_>],
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
        let mut linear = Linear { parts: Vec::new(), bytes: 0 };
        for (rows, count) in read {
            linear.bytes += rows.bytes.len();
            let matrix = matrix(rows, (count, columns), device);
            let name = parts.first().map_or("", |part| part.name);
            linear.parts.push(matrix.map_err(|why| {
                GgufError::Unsupported(format!("the device can not take the tensor {name}: {why}"))
            })?);
        }
        Ok(linear)
    }

    /// `[row, column]` to `[row, output]`.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match &self.parts[..] {
            [one] => one.forward(x),
            parts => {
                let products: Vec<Tensor> =
                    parts.iter().map(|part| part.forward(x)).collect::<Result<_>>()?;
                Tensor::cat(&products, 1)
            }
        }
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

fn matrix(rows: weights::Rows, shape: (usize, usize), device: &Device) -> Result<QMatMul> {
    let storage = QStorage::from_data(Cow::Owned(rows.bytes), device, rows.entry.dtype)?;
    QMatMul::from_arc(Arc::new(QTensor::new(storage, shape)?))
}
