//! Weights repacked for the kernels: tiles of 16 rows by blocks of 32 columns, so that one load feeds 16 rows.
//!
//! Made once at load from the bytes of a file. Three formats: four and five bits with scale and offset (Q4_1 as it is, Q4_0
//! with an offset of -8 scales; Q5_0, Q5_1, Q4_K and Q5_K in `small`), and eight bits with a scale (Q8_0 as it is, all other
//! types quantised to it).

mod small;

use super::half;
use super::{BLOCK, LANES};

/// 64 bytes on a cache line: four columns of the sixteen rows of a tile.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Line(pub [u8; 64]);

/// How the weights of a [`Packed`] are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `scale * q + offset`, q from 0 to 15. Line g of a block holds columns 4g..4g+4 in its low and 16+4g.. in its
    /// high half bytes.
    Four,
    /// `scale * q + offset`, q from 0 to 31: the lines of `Four`, then one with the bits above: in byte b of its four, bit g is of
    /// column 4g + b, bit 4 + g of column 16 + 4g + b.
    Five,
    /// `scale * (q - 128)`, q from 0 to 255.
    Eight,
}

/// A matrix of weights, rows padded with zeros to whole tiles.
#[derive(Clone, Debug, PartialEq)]
pub struct Packed {
    pub format: Format,
    /// Rows that are real: outputs of the product.
    pub rows: usize,
    /// Inputs of the product, a multiple of 32.
    pub columns: usize,
    /// Tile by tile, block by block: 4 lines for `Four`, 5 for `Five`, 8 for `Eight`.
    pub(super) lines: Vec<Line>,
    /// One f16 for each row of a tile, tile by tile, block by block.
    pub(super) scales: Vec<[u16; LANES]>,
    /// The same for `Four` and `Five`, empty for `Eight`.
    pub(super) offsets: Vec<[u16; LANES]>,
}

/// Bytes of a block of 32 weights in the file.
const Q4_0: usize = 18;
const Q4_1: usize = 20;
const Q8_0: usize = 34;

impl Packed {
    /// Zeros, to be filled row by row.
    fn zeros(format: Format, rows: usize, columns: usize) -> Packed {
        assert!(columns.is_multiple_of(BLOCK), "columns come in blocks");
        let blocks = rows.div_ceil(LANES) * (columns / BLOCK);
        let (quiet, offsets) = if format == Format::Eight { (128, 0) } else { (0, blocks) };
        let lines = vec![Line([quiet; 64]); blocks * format.lines()];
        let (scales, offsets) = (vec![[0; LANES]; blocks], vec![[0; LANES]; offsets]);
        Packed { format, rows, columns, lines, scales, offsets }
    }

    pub fn tiles(&self) -> usize {
        self.rows.div_ceil(LANES)
    }

    pub(super) fn blocks(&self) -> usize {
        self.columns / BLOCK
    }

    pub fn bytes(&self) -> usize {
        self.lines.len() * 64 + (self.scales.len() + self.offsets.len()) * 2 * LANES
    }

    /// From rows of Q4_0 blocks: f16 scale, then 16 bytes of q + 8.
    pub fn from_q4_0(bytes: &[u8], columns: usize) -> Packed {
        Packed::from_blocks(Format::Four, bytes, columns, Q4_0)
    }

    /// From rows of Q4_1 blocks: f16 scale, f16 offset, then 16 bytes.
    pub fn from_q4_1(bytes: &[u8], columns: usize) -> Packed {
        Packed::from_blocks(Format::Four, bytes, columns, Q4_1)
    }

    /// From rows of Q8_0 blocks: f16 scale, then 32 signed bytes.
    pub fn from_q8_0(bytes: &[u8], columns: usize) -> Packed {
        Packed::from_blocks(Format::Eight, bytes, columns, Q8_0)
    }

    fn from_blocks(format: Format, bytes: &[u8], columns: usize, block_bytes: usize) -> Packed {
        let row_bytes = columns / BLOCK * block_bytes;
        let mut packed = Packed::zeros(format, bytes.len() / row_bytes, columns);
        for (row, blocks) in bytes.chunks_exact(row_bytes).enumerate() {
            for (block, bytes) in blocks.chunks_exact(block_bytes).enumerate() {
                let scale = u16::from_le_bytes([bytes[0], bytes[1]]);
                match block_bytes {
                    Q4_0 => {
                        let offset = half::from_f32(-8.0 * half::to_f32(scale));
                        packed.put(row, block, scale, offset, &bytes[2..]);
                    }
                    Q4_1 => {
                        packed.put(row, block, scale, u16::from_le_bytes([bytes[2], bytes[3]]), &bytes[4..])
                    }
                    _ => {
                        let biased: [u8; BLOCK] = std::array::from_fn(|i| bytes[2 + i] ^ 128);
                        packed.put(row, block, scale, 0, &biased);
                    }
                }
            }
        }
        packed
    }

    /// Quantises full-precision rows to eight bits, block by block as Q8_0 does.
    pub fn from_f32(values: &[f32], columns: usize) -> Packed {
        let mut packed = Packed::zeros(Format::Eight, values.len() / columns, columns);
        for (row, values) in values.chunks_exact(columns).enumerate() {
            packed.put_f32(row, values);
        }
        packed
    }

    /// Room for rows that come in pieces through [`Packed::put_f32`].
    pub fn for_f32(rows: usize, columns: usize) -> Packed {
        Packed::zeros(Format::Eight, rows, columns)
    }

    /// Quantises one row into its place.
    pub fn put_f32(&mut self, row: usize, values: &[f32]) {
        for (block, values) in values.chunks_exact(BLOCK).enumerate() {
            let largest = values.iter().fold(0.0f32, |most, value| most.max(value.abs()));
            let scale = half::from_f32(largest / 127.0);
            let exact = half::to_f32(scale);
            let inverse = if exact > 0.0 && exact.is_finite() { 1.0 / exact } else { 0.0 };
            let whole = |value: f32| (value * inverse).round_ties_even().clamp(-127.0, 127.0) as i8;
            let biased: [u8; BLOCK] = std::array::from_fn(|i| whole(values[i]).cast_unsigned() ^ 128);
            self.put(row, block, scale, 0, &biased);
        }
    }

    /// Puts one block of a row in its place. `quants`: 16 bytes of half bytes for `Four`, 4 more for `Five`, 32 bytes for `Eight`.
    fn put(&mut self, row: usize, block: usize, scale: u16, offset: u16, quants: &[u8]) {
        let (lane, place) = (row % LANES, row / LANES * self.blocks() + block);
        self.scales[place][lane] = scale;
        if let Some(offsets) = self.offsets.get_mut(place) {
            offsets[lane] = offset;
        }
        let first = place * self.format.lines();
        for (line, four) in self.lines[first..].iter_mut().zip(quants.chunks_exact(4)) {
            line.0[lane * 4..lane * 4 + 4].copy_from_slice(four);
        }
    }

    /// One row in full precision: embeddings are read with this.
    pub fn row(&self, row: usize, into: &mut [f32]) {
        let (tile, lane) = (row / LANES, row % LANES);
        let lines = self.format.lines();
        for (block, out) in into.chunks_exact_mut(BLOCK).enumerate().take(self.blocks()) {
            let place = tile * self.blocks() + block;
            let scale = half::to_f32(self.scales[place][lane]);
            let mut quants = self.lines[place * lines..][..lines].iter().map(|line| &line.0[lane * 4..][..4]);
            match self.format {
                Format::Four | Format::Five => {
                    let offset = half::to_f32(self.offsets[place][lane]);
                    let halves: [&[u8]; 4] = std::array::from_fn(|_| quants.next().unwrap_or(&[0; 4]));
                    let fifths = quants.next().unwrap_or(&[0; 4]);
                    for (group, four) in halves.into_iter().enumerate() {
                        for (b, (&byte, fifth)) in four.iter().zip(fifths).enumerate() {
                            let (i, fifth) = (4 * group + b, fifth >> group);
                            out[i] = scale * f32::from(byte & 15 | (fifth & 1) << 4) + offset;
                            out[i + 16] = scale * f32::from(byte >> 4 | fifth & 16) + offset;
                        }
                    }
                }
                Format::Eight => {
                    for (out, &byte) in out.iter_mut().zip(quants.flatten()) {
                        *out = scale * (f32::from(byte) - 128.0);
                    }
                }
            }
        }
    }

    /// The rows of several matrices of one width and format as one matrix, in order.
    ///
    /// `None` if they do not fit together, or if a part other than the last does not end with a whole tile.
    pub fn stack(parts: &[Packed]) -> Option<Packed> {
        let (first, before) = (parts.first()?, &parts[..parts.len() - 1]);
        let alike = |part: &Packed| part.format == first.format && part.columns == first.columns;
        if !parts.iter().all(alike) || !before.iter().all(|part| part.rows.is_multiple_of(LANES)) {
            return None;
        }
        Some(Packed {
            format: first.format,
            rows: parts.iter().map(|part| part.rows).sum(),
            columns: first.columns,
            lines: parts.iter().flat_map(|part| &part.lines).copied().collect(),
            scales: parts.iter().flat_map(|part| &part.scales).copied().collect(),
            offsets: parts.iter().flat_map(|part| &part.offsets).copied().collect(),
        })
    }
}

impl Format {
    /// Lines of a block.
    pub(super) fn lines(self) -> usize {
        match self {
            Format::Four => 4,
            Format::Five => 5,
            Format::Eight => 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_of(packed: &Packed) -> Vec<f32> {
        let mut all = vec![0.0; packed.rows * packed.columns];
        for (row, out) in all.chunks_exact_mut(packed.columns).enumerate() {
            packed.row(row, out);
        }
        all
    }

    #[test]
    fn packing_keeps_every_weight() {
        use candle_core::quantized::{GgmlDType, QTensor};
        use candle_core::{Device, Tensor};
        let check = |dtype, columns: usize, pack: fn(&[u8], usize) -> Packed, most: f32| {
            let values = (0..21 * columns).map(|i| (i as f32 * 0.37).sin() * 2.0 + 0.3).collect();
            let tensor = Tensor::from_vec(values, (21, columns), &Device::Cpu).unwrap();
            let quantised = QTensor::quantize(&tensor, dtype).unwrap();
            let packed = pack(&quantised.data().unwrap(), columns);
            let expected = quantised.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap();
            for (got, expected) in rows_of(&packed).iter().zip(expected.to_vec1::<f32>().unwrap()) {
                assert!((got - expected).abs() < most, "{dtype:?}: {got} for {expected}");
            }
        };
        check(GgmlDType::Q4_0, 96, Packed::from_q4_0, 1e-3);
        check(GgmlDType::Q4_1, 96, Packed::from_q4_1, 1e-3);
        check(GgmlDType::Q8_0, 96, Packed::from_q8_0, 1e-3);
        check(GgmlDType::Q5_0, 96, Packed::from_q5_0, 1e-3);
        check(GgmlDType::Q5_1, 96, Packed::from_q5_1, 1e-3);
        // Steps of about 0.27 and 0.13.
        check(GgmlDType::Q4K, 512, Packed::from_q4_k, 3e-3);
        check(GgmlDType::Q5K, 512, Packed::from_q5_k, 3e-3);
    }

    #[test]
    fn full_precision_becomes_eight_bits() {
        let values: Vec<f32> = (0..3 * 64).map(|i| (i as f32 * 0.11).cos()).collect();
        for (got, expected) in rows_of(&Packed::from_f32(&values, 64)).iter().zip(&values) {
            assert!((got - expected).abs() < 0.005, "{got} for {expected}");
        }
        let zeros = Packed::from_f32(&[0.0; 32], 32);
        assert_eq!(rows_of(&zeros), [0.0; 32]);
    }
}
