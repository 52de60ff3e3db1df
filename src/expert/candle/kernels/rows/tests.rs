//! Examples and laws for `expert::candle::kernels::rows`.

use super::super::activation::Block;
use super::*;

fn values(count: usize, seed: f32) -> Vec<f32> {
    (0..count).map(|i| ((i as f32 + seed) * 0.37).sin() * 3.0).collect()
}

fn widened(blocks: &[Block]) -> Vec<f32> {
    let bytes = blocks.iter().flat_map(|block| block.quants.iter().map(move |four| (four, block.scale)));
    bytes
        .flat_map(|(four, scale)| four.to_le_bytes().map(|byte| f32::from(byte.cast_signed()) * scale))
        .collect()
}

fn close(got: &[f32], expected: &[f32], most: f32, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        assert!((got - expected).abs() <= most, "{what} at {i}: {got} for {expected}");
    }
}

/// Lays rows out as a product would.
fn tiled(rows: &[Vec<f32>]) -> Vec<f32> {
    let tiles = rows[0].len() / LANES;
    let place = |tile: usize| rows.iter().flat_map(move |row| row[tile * LANES..][..LANES].to_vec());
    (0..tiles).flat_map(place).collect()
}

#[test]
fn norm_adds_norms_and_quantises() {
    let add = [values(64, 1.0), values(64, 2.0), values(64, 3.0)];
    let tiles = tiled(&add);
    let (start, weight) = (values(64, 4.0), values(64, 5.0));
    let sum: Vec<f32> = start.iter().zip(&add[1]).map(|(a, b)| a + b).collect();
    let mean = sum.iter().map(|x| x * x).sum::<f32>() / 64.0;
    let expected: Vec<f32> = sum.iter().zip(&weight).map(|(x, w)| x / (mean + 1e-5).sqrt() * w).collect();
    for level in Level::available() {
        let mut residual = start.clone();
        let mut out = [Block::default(); 2];
        let product = Tiles { values: &tiles, rows: 3, row: 1 };
        add_and_norm(level, &mut residual, Some(product), &weight, 1e-5, &mut out);
        close(&residual, &sum, 1e-6, level.name());
        close(&widened(&out), &expected, 0.03, level.name());
    }
}

#[test]
fn gates_open_and_close() {
    let mut gates = values(32, 1.0);
    (gates[3], gates[4]) = (-1000.0, 1000.0);
    let ups = values(32, 9.0);
    let silu = |x: f32| x / (1.0 + (-x).exp());
    let mut expected: Vec<f32> = gates.iter().zip(&ups).map(|(gate, up)| silu(*gate) * up).collect();
    expected[3] = 0.0;
    let tiles = tiled(&[[gates, ups].concat()]);
    for level in Level::available() {
        let mut out = [Block::default()];
        gate(level, Tiles { values: &tiles, rows: 1, row: 0 }, &mut out);
        let most = expected.iter().fold(0.0f32, |most, x| most.max(x.abs())) / 127.0;
        close(&widened(&out), &expected, most, level.name());
    }
}

#[test]
fn planes_are_read_row_by_row() {
    // Two planes of two rows, sixteen wide: the second row is 16..32 of each plane.
    let all = values(64, 0.0);
    let expected = [&all[16..32], &all[48..64]].concat();
    for level in Level::available() {
        let mut out = [Block::default()];
        quantise_planes(level, &all, 2, 1, 16, &mut out);
        close(&widened(&out), &expected, 0.02, level.name());
    }
}

#[test]
fn heads_are_biased_normed_turned_and_scaled() {
    let (row, bias, weight) = (values(32, 0.0), values(32, 7.0), values(32, 8.0));
    let (cosines, sines): (Vec<f32>, Vec<f32>) =
        (0..16).map(|i| ((i as f32).cos(), (i as f32).sin())).unzip();
    let dress = Dress {
        bias: Some(&bias),
        norm: Some((&weight, 1e-6)),
        rotation: Some((&cosines, &sines)),
        scale: 0.5,
    };
    let mut expected: Vec<f32> = row.iter().zip(&bias).map(|(x, b)| x + b).collect();
    let mean = expected.iter().map(|x| x * x).sum::<f32>() / 32.0;
    for (x, w) in expected.iter_mut().zip(&weight) {
        *x *= 0.5 * w / (mean + 1e-6).sqrt();
    }
    for i in 0..16 {
        let (a, b) = (expected[i], expected[i + 16]);
        expected[i] = a * cosines[i] - b * sines[i];
        expected[i + 16] = a * sines[i] + b * cosines[i];
    }
    for level in Level::available() {
        let mut out = vec![0.0; 32];
        head(level, Tiles { values: &row, rows: 1, row: 0 }, 0, dress, &mut out);
        close(&out, &expected, 1e-5, level.name());
    }
}

#[test]
fn halves_are_stored_rounded() {
    for level in Level::available() {
        let mut out = vec![0u16; 32];
        store_half(level, &values(32, 2.0), &mut out);
        let expected: Vec<u16> = values(32, 2.0).into_iter().map(super::super::half::from_f32).collect();
        assert_eq!(out, expected, "{}", level.name());
    }
}
