//! The types of a file that are put into the formats of four and five bits: Q5_0 and Q5_1 bit by bit, and super-blocks of
//! 256 weights (Q4_K, Q5_K) taken apart into blocks of 32.

use super::super::{BLOCK, half};
use super::{Format, Packed};

/// Bytes of a block of 32 weights in the file.
const Q5_0: usize = 22;
const Q5_1: usize = 24;
/// Bytes and weights of a super-block.
const Q4_K: usize = 144;
const Q5_K: usize = 176;
const WEIGHTS: usize = 256;

impl Packed {
    /// From rows of Q5_0 blocks: f16 scale, 32 fifth bits, then 16 bytes; q + 16 in all.
    pub fn from_q5_0(bytes: &[u8], columns: usize) -> Packed {
        Packed::from_fives::<Q5_0>(bytes, columns)
    }

    /// From rows of Q5_1 blocks: f16 scale, f16 offset, 32 fifth bits, then 16 bytes.
    pub fn from_q5_1(bytes: &[u8], columns: usize) -> Packed {
        Packed::from_fives::<Q5_1>(bytes, columns)
    }

    fn from_fives<const BYTES: usize>(bytes: &[u8], columns: usize) -> Packed {
        let row_bytes = columns / BLOCK * BYTES;
        let mut packed = Packed::zeros(Format::Five, bytes.len() / row_bytes, columns);
        for (row, bytes) in bytes.chunks_exact(row_bytes).enumerate() {
            for (block, bytes) in bytes.as_chunks::<BYTES>().0.iter().enumerate() {
                let scale = u16::from_le_bytes([bytes[0], bytes[1]]);
                let (offset, bytes) = match BYTES {
                    Q5_1 => (u16::from_le_bytes([bytes[2], bytes[3]]), &bytes[4..]),
                    _ => (half::from_f32(-16.0 * half::to_f32(scale)), &bytes[2..]),
                };
                let fifth = |i: usize| bytes[i / 8] >> (i % 8) << 4 & 16;
                let quant = |i: usize| bytes[4 + i % 16] >> (i / 16 * 4) & 15 | fifth(i);
                packed.put_small(row, block, scale, offset, &quant);
            }
        }
        packed
    }

    /// From rows of Q4_K super-blocks: f16 scale, f16 offset, twelve bytes with six bits of both for each of its blocks of 32,
    /// then 128 bytes. Scale and offset of a block are rounded to f16, which moves a weight by less than a hundredth of a step.
    pub fn from_q4_k(bytes: &[u8], columns: usize) -> Packed {
        Packed::from_super_blocks::<Q4_K>(Format::Four, bytes, columns)
    }

    /// From rows of Q5_K super-blocks: as Q4_K, with 32 bytes of fifth bits before the last part.
    pub fn from_q5_k(bytes: &[u8], columns: usize) -> Packed {
        Packed::from_super_blocks::<Q5_K>(Format::Five, bytes, columns)
    }

    fn from_super_blocks<const BYTES: usize>(format: Format, bytes: &[u8], columns: usize) -> Packed {
        let row_bytes = columns / WEIGHTS * BYTES;
        let mut packed = Packed::zeros(format, bytes.len() / row_bytes, columns);
        for (row, bytes) in bytes.chunks_exact(row_bytes).enumerate() {
            for (index, bytes) in bytes.as_chunks::<BYTES>().0.iter().enumerate() {
                let number = |at: usize| half::to_f32(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
                let (scale, offset) = (number(0), number(2));
                let (fifths, halves) = bytes[16..].split_at(BYTES - Q4_K);
                for block in 0..WEIGHTS / BLOCK {
                    let (scales, offsets) = six_bits(&bytes[4..16], block);
                    let scale = half::from_f32(scale * f32::from(scales));
                    let offset = half::from_f32(-offset * f32::from(offsets));
                    // Two blocks share 32 bytes, one in their low and one in their high half bytes.
                    let (shared, shift) = (&halves[block / 2 * BLOCK..][..BLOCK], block % 2 * 4);
                    let fifth = |i: usize| fifths.get(i).map_or(0, |bits| bits >> block << 4 & 16);
                    let quant = |i: usize| shared[i] >> shift & 15 | fifth(i);
                    packed.put_small(row, index * (WEIGHTS / BLOCK) + block, scale, offset, &quant);
                }
            }
        }
        packed
    }

    /// Puts one block of a row in its place; `quant` tells its 32 numbers.
    fn put_small(&mut self, row: usize, block: usize, scale: u16, offset: u16, quant: &dyn Fn(usize) -> u8) {
        let fifth = |i: usize| quant(i) >> 4;
        let folded: [u8; 20] = std::array::from_fn(|i| match i {
            0..16 => quant(i) & 15 | quant(i + 16) << 4,
            _ => (0..4).fold(0, |bits, group| {
                let column = 4 * group + i - 16;
                bits | fifth(column) << group | fifth(column + 16) << (4 + group)
            }),
        });
        let bytes = self.format.lines() * 4;
        self.put(row, block, scale, offset, &folded[..bytes]);
    }
}

/// How many scales and offsets of the super-block a block has, 0 to 63 each.
fn six_bits(bytes: &[u8], block: usize) -> (u8, u8) {
    match block {
        0..4 => (bytes[block] & 63, bytes[block + 4] & 63),
        _ => {
            let (low, high) = (bytes[block + 4], |at: usize| bytes[at] >> 6 << 4);
            (low & 15 | high(block - 4), low >> 4 | high(block))
        }
    }
}
