//! Takes tensors out of a GGUF file: as their bytes, as plain numbers, or in the shape the kernels want.
//!
//! Called by the models of this folder. For the kernels Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K and Q8_0 keep their bits. All
//! other types (Q2_K, Q3_K, Q6_K, F16, BF16, F32) are widened to f32, by candle or here, and quantised to eight bits a
//! weight.

mod thin;

use std::borrow::Cow;

use candle_core::Device;
use candle_core::quantized::{GgmlDType, QStorage, QTensor};

use super::adapter::{Adapter, Change};
use super::gguf::{GgufError, GgufFile, TensorEntry};
use super::kernels::activation::Block;
use super::kernels::pack::Packed;
use super::kernels::{BLOCK, LANES, Level, Pool, half, matmul};
use thin::Thin;

/// A linear map without bias: one or more matrices of the same width, their outputs one after the other.
pub struct Linear {
    parts: Vec<Packed>,
    /// What adapters add.
    thin: Vec<Thin>,
}

/// One tensor of a [`Linear`]: its name, and the size of a head if its rows are to be reordered.
pub struct Part<'a> {
    pub name: &'a str,
    pub rows: usize,
    /// Dimensions 2i and 2i + 1 of each head of this size go to i and i + half: what llama files need, so that the
    /// rotation works on whole vectors.
    pub split_heads: Option<usize>,
    /// Which of how many matrices, where the tensor holds one for each expert of the network.
    pub expert: Option<(usize, usize)>,
}

impl Part<'_> {
    /// The rows of a change of it, in the order in which its own rows are kept.
    pub(super) fn ordered(&self, change: &Change) -> Vec<f32> {
        match self.split_heads {
            Some(head) => split_heads(&change.up, head * change.rank, change.rank),
            None => change.up.clone(),
        }
    }
}

impl Linear {
    /// Reads the named tensors. Each must have this many columns, and all but the last whole tiles of 16 rows.
    pub fn load(file: &mut GgufFile, columns: usize, parts: &[Part<'_>]) -> Result<Linear, GgufError> {
        let mut packed = Vec::new();
        for part in parts {
            packed.push(matrix(file, part, columns)?);
        }
        let parts = match Packed::stack(&packed) {
            Some(one) => vec![one],
            None => packed,
        };
        Ok(Linear { parts, thin: Vec::new() })
    }

    /// With what these adapters add to its parts, which are those it was loaded from.
    pub fn adapted(mut self, adapters: &[Adapter], parts: &[Part<'_>]) -> Linear {
        let mut first = 0;
        for part in parts {
            let changes = adapters.iter().filter_map(|adapter| adapter.change(part.name));
            self.thin.extend(changes.map(|change| Thin::new(change, part, first)));
            first += part.rows.div_ceil(LANES);
        }
        self
    }

    /// Outputs, rounded up to whole tiles part by part.
    pub fn outputs(&self) -> usize {
        self.parts.iter().map(|part| part.tiles() * LANES).sum()
    }

    /// Tiles of outputs by rows of activations: see [`matmul::multiply`].
    pub fn multiply(&self, level: Level, pool: &Pool, activations: &[Block], rows: usize, out: &mut [f32]) {
        let mut rest = &mut *out;
        for part in &self.parts {
            let (out, after) = rest.split_at_mut(part.tiles() * LANES * rows);
            matmul::multiply(level, pool, part, activations, rows, out);
            rest = after;
        }
        if !self.thin.is_empty() {
            let input = thin::widened(activations);
            self.thin.iter().for_each(|thin| thin.add(level, pool, &input, rows, out));
        }
    }

    /// The weights of one output: an embedding.
    pub fn row(&self, row: usize, into: &mut [f32]) {
        if let Some(part) = self.parts.first() {
            part.row(row, into);
        }
    }

    pub fn bytes(&self) -> usize {
        self.parts.iter().map(Packed::bytes).sum::<usize>() + self.thin.iter().map(Thin::bytes).sum::<usize>()
    }
}

/// A vector in full precision: norms and biases.
pub fn vector(file: &mut GgufFile, name: &str, length: usize) -> Result<Vec<f32>, GgufError> {
    let (entry, bytes) = file.tensor(name)?;
    expect_shape(&entry, &[length])?;
    widen(&entry, &bytes, 1, length)
}

/// A small matrix in full precision, row by row: the router of a mixture of experts.
pub fn plain(file: &mut GgufFile, name: &str, rows: usize, columns: usize) -> Result<Vec<f32>, GgufError> {
    let (entry, bytes) = file.tensor(name)?;
    expect_shape(&entry, &[rows, columns])?;
    widen(&entry, &bytes, rows, columns)
}

/// The rows of a part as they lie in the file, heads split.
pub(super) struct Rows {
    pub(super) entry: TensorEntry,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn rows(file: &mut GgufFile, part: &Part<'_>, columns: usize) -> Result<Rows, GgufError> {
    let entry = file.entry(part.name)?;
    match part.expert {
        None => expect_shape(&entry, &[part.rows, columns])?,
        Some((_, experts)) => expect_shape(&entry, &[experts, part.rows, columns])?,
    }
    if !columns.is_multiple_of(BLOCK) {
        let why =
            format!("tensor {} has {columns} columns: only multiples of {BLOCK} are supported", part.name);
        return Err(GgufError::Unsupported(why));
    }
    let row_bytes = row_bytes(&entry, columns);
    let need = (part.rows * row_bytes) as u64;
    let from = part.expert.map_or(0, |(index, _)| need * index as u64);
    let bytes = file.slice(&entry, from, need)?;
    let split = part.split_heads.map(|head| split_heads(&bytes, head * row_bytes, row_bytes));
    Ok(Rows { entry, bytes: split.unwrap_or(bytes) })
}

/// The checks of the file make this exact: whole blocks in each row.
fn row_bytes(entry: &TensorEntry, columns: usize) -> usize {
    columns / entry.dtype.block_size() * entry.dtype.type_size()
}

fn matrix(file: &mut GgufFile, part: &Part<'_>, columns: usize) -> Result<Packed, GgufError> {
    let Rows { entry, bytes } = rows(file, part, columns)?;
    let row_bytes = row_bytes(&entry, columns);
    Ok(match entry.dtype {
        GgmlDType::Q4_0 => Packed::from_q4_0(&bytes, columns),
        GgmlDType::Q4_1 => Packed::from_q4_1(&bytes, columns),
        GgmlDType::Q5_0 => Packed::from_q5_0(&bytes, columns),
        GgmlDType::Q5_1 => Packed::from_q5_1(&bytes, columns),
        GgmlDType::Q4K => Packed::from_q4_k(&bytes, columns),
        GgmlDType::Q5K => Packed::from_q5_k(&bytes, columns),
        GgmlDType::Q8_0 => Packed::from_q8_0(&bytes, columns),
        _ => {
            let mut packed = Packed::for_f32(part.rows, columns);
            // In pieces: the whole embedding of a large model in f32 would be gigabytes.
            let together = (1 << 20) / columns + 1;
            for (piece, bytes) in bytes.chunks(together * row_bytes).enumerate() {
                let values = widen(&entry, bytes, bytes.len() / row_bytes, columns)?;
                for (row, values) in values.chunks_exact(columns).enumerate() {
                    packed.put_f32(piece * together + row, values);
                }
            }
            packed
        }
    })
}

fn expect_shape(entry: &TensorEntry, expected: &[usize]) -> Result<(), GgufError> {
    if entry.shape == expected {
        return Ok(());
    }
    let why = format!("the shape is {:?}, the metadata asks for {expected:?}", entry.shape);
    Err(GgufError::Damaged { what: format!("tensor {}", entry.name), at: entry.start, why })
}

/// Even rows of each head first, then the odd ones; `head` and `row` are lengths.
fn split_heads<T: Copy>(values: &[T], head: usize, row: usize) -> Vec<T> {
    let mut split = Vec::with_capacity(values.len());
    for head in values.chunks_exact(head) {
        for parity in 0..2 {
            head.chunks_exact(row).skip(parity).step_by(2).for_each(|row| split.extend_from_slice(row));
        }
    }
    split
}

/// The numbers that the bytes of these rows stand for.
pub(super) fn widen(
    entry: &TensorEntry,
    bytes: &[u8],
    rows: usize,
    columns: usize,
) -> Result<Vec<f32>, GgufError> {
    let (twos, _) = bytes.as_chunks::<2>();
    let (fours, _) = bytes.as_chunks::<4>();
    match entry.dtype {
        GgmlDType::F32 => Ok(fours.iter().map(|four| f32::from_le_bytes(*four)).collect()),
        GgmlDType::F16 => Ok(twos.iter().map(|two| half::to_f32(u16::from_le_bytes(*two))).collect()),
        GgmlDType::BF16 => {
            Ok(twos.iter().map(|two| f32::from_bits(u32::from(u16::from_le_bytes(*two)) << 16)).collect())
        }
        dtype => {
            let by_candle = || {
                // A copy of its own is aligned as candle's blocks need it.
                let storage = QStorage::from_data(Cow::Owned(bytes.to_vec()), &Device::Cpu, dtype)?;
                QTensor::new(storage, (rows, columns))?
                    .dequantize(&Device::Cpu)?
                    .flatten_all()?
                    .to_vec1::<f32>()
            };
            by_candle().map_err(|why| GgufError::Damaged {
                what: format!("tensor {}", entry.name),
                at: entry.start,
                why: why.to_string(),
            })
        }
    }
}
