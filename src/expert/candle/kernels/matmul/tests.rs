//! Products of every format by every set of instructions, against plain arithmetic.

use super::super::activation::quantise;
use super::*;
use proptest::prelude::*;

fn packed(format: Format, rows: usize, columns: usize, seed: u32) -> Packed {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state
    };
    match format {
        Format::Eight => {
            let values: Vec<f32> = (0..rows * columns).map(|_| next() as f32 / 2e9 - 1.0).collect();
            Packed::from_f32(&values, columns)
        }
        Format::Four | Format::Five => {
            let bytes = if format == Format::Four { 20 } else { 24 };
            let mut blocks: Vec<u8> =
                (0..rows * columns / 32 * bytes).map(|_| (next() >> 24) as u8).collect();
            for block in blocks.chunks_exact_mut(bytes) {
                // Scale and offset of ordinary size: 0x2c00 is 1/16.
                (block[1], block[3]) = (0x2c, 0xb0 | (block[3] & 7));
            }
            match format {
                Format::Four => Packed::from_q4_1(&blocks, columns),
                _ => Packed::from_q5_1(&blocks, columns),
            }
        }
    }
}

fn product(level: Level, weights: &Packed, values: &[f32], rows: usize) -> Vec<f32> {
    let mut acts = vec![Block::default(); values.len() / 32];
    quantise(level, values, &mut acts);
    let mut out = vec![0.0; weights.tiles() * rows * LANES];
    multiply(level, &Pool::new(2), weights, &acts, rows, &mut out);
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_level_agrees_with_plain_arithmetic(
        format in prop_oneof![Just(Format::Four), Just(Format::Five), Just(Format::Eight)],
        weight_rows in 1usize..70,
        blocks in 1usize..6,
        rows in 1usize..20,
        seed: u32,
    ) {
        let weights = packed(format, weight_rows, blocks * 32, seed);
        let values: Vec<f32> =
            (0..rows * blocks * 32).map(|i| ((i as f32 + seed as f32 % 97.0) * 0.7).sin()).collect();
        let mut dense = vec![0.0; blocks * 32];
        for level in Level::available() {
            let out = product(level, &weights, &values, rows);
            for weight_row in 0..weight_rows {
                weights.row(weight_row, &mut dense);
                for row in 0..rows {
                    let activations = &values[row * blocks * 32..][..blocks * 32];
                    let expected: f32 = dense.iter().zip(activations).map(|(w, a)| w * a).sum();
                    let norm: f32 = dense.iter().map(|w| w.abs()).sum();
                    let got = out[(weight_row / 16 * rows + row) * 16 + weight_row % 16];
                    // Half a step of the activations' bytes, times the weights.
                    prop_assert!((got - expected).abs() <= norm / 250.0 + 1e-4,
                        "{}: {got} for {expected}", level.name());
                }
            }
        }
    }

    #[test]
    fn a_row_gives_the_same_alone_and_among_others(
        format in prop_oneof![Just(Format::Four), Just(Format::Five), Just(Format::Eight)],
        rows in 1usize..20,
        seed: u32,
    ) {
        let weights = packed(format, 48, 64, seed);
        let values: Vec<f32> = (0..rows * 64).map(|i| ((i as f32 + seed as f32 % 89.0) * 0.3).cos()).collect();
        for level in Level::available() {
            let together = product(level, &weights, &values, rows);
            for row in 0..rows {
                let alone = product(level, &weights, &values[row * 64..][..64], 1);
                for tile in 0..3 {
                    prop_assert_eq!(&alone[tile * 16..][..16], &together[(tile * rows + row) * 16..][..16]);
                }
            }
        }
    }
}

#[test]
fn fast_levels_agree_with_the_portable_one_to_rounding() {
    for format in [Format::Four, Format::Five, Format::Eight] {
        let weights = packed(format, 33, 576, 7);
        let values: Vec<f32> = (0..9 * 576).map(|i| (i as f32 * 0.7).sin()).collect();
        let levels = Level::available();
        let expected = product(levels[0], &weights, &values, 9);
        for &level in &levels[1..] {
            for (got, expected) in product(level, &weights, &values, 9).iter().zip(&expected) {
                assert!((got - expected).abs() < 1e-3, "{} {format:?}: {got} for {expected}", level.name());
            }
        }
    }
}
