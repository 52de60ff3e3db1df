//! Super-blocks of 256 weights taken apart into blocks of 32.

use super::super::{BLOCK, half};
use super::{Format, Packed};

/// Bytes and weights of a super-block in the file.
const Q4_K: usize = 144;
const WEIGHTS: usize = 256;

impl Packed {
    /// From rows of Q4_K super-blocks: f16 scale, f16 offset, twelve bytes with six bits of both for each of its blocks of 32, then
    /// 128 bytes. Scale and offset of a block are rounded to f16, which moves a weight by less than a hundredth of a step.
    pub fn from_q4_k(bytes: &[u8], columns: usize) -> Packed {
        let row_bytes = columns / WEIGHTS * Q4_K;
        let mut packed = Packed::zeros(Format::Four, bytes.len() / row_bytes, columns);
        for (row, bytes) in bytes.chunks_exact(row_bytes).enumerate() {
            for (index, bytes) in bytes.as_chunks::<Q4_K>().0.iter().enumerate() {
                let number = |at: usize| half::to_f32(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
                let (scale, offset) = (number(0), number(2));
                for block in 0..WEIGHTS / BLOCK {
                    let (scales, offsets) = six_bits(&bytes[4..16], block);
                    let scale = half::from_f32(scale * f32::from(scales));
                    let offset = half::from_f32(-offset * f32::from(offsets));
                    // Two blocks share 32 bytes, one in their low and one in their high half bytes.
                    let (shared, shift) = (&bytes[16 + block / 2 * BLOCK..][..BLOCK], block % 2 * 4);
                    let quant = |i: usize| shared[i] >> shift & 15;
                    let quants: [u8; BLOCK / 2] = std::array::from_fn(|i| quant(i) | quant(i + 16) << 4);
                    packed.put(row, index * (WEIGHTS / BLOCK) + block, scale, offset, &quants);
                }
            }
        }
        packed
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
