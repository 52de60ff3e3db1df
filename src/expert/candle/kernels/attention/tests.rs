//! Examples and laws for `expert::candle::kernels::attention`.

use super::super::half;
use super::*;
use proptest::prelude::*;

/// Keys and values of one head as plain rows, and as pages.
struct Memory {
    keys: Vec<Vec<f32>>,
    values: Vec<Vec<f32>>,
    pages: Vec<(Vec<u16>, Vec<u16>)>,
}

fn memory(head: usize, positions: usize, seed: f32) -> Memory {
    let row = |salt: f32, at: usize| -> Vec<f32> {
        let exact = |i: usize| ((at * head + i) as f32 * 0.37 * salt + seed).sin() * 1.5;
        (0..head).map(|i| half::to_f32(half::from_f32(exact(i)))).collect()
    };
    let keys: Vec<_> = (0..positions).map(|at| row(1.0, at)).collect();
    let values: Vec<_> = (0..positions).map(|at| row(1.7, at)).collect();
    // What was there before is not zero: a page may hold the rest of a longer, cut sequence.
    let stale = half::from_f32(99.0);
    let mut pages = vec![(vec![stale; PAGE * head], vec![stale; PAGE * head]); positions.div_ceil(PAGE)];
    for at in 0..positions {
        let (page, place) = (&mut pages[at / PAGE], at % PAGE);
        for i in 0..head {
            page.0[(place / 16 * head + i) * 16 + place % 16] = half::from_f32(keys[at][i]);
            page.1[place * head + i] = half::from_f32(values[at][i]);
        }
    }
    Memory { keys, values, pages }
}

fn plain(memory: &Memory, query: &[f32], seen: usize) -> Vec<f32> {
    let dot = |key: &Vec<f32>| key.iter().zip(query).map(|(k, q)| f64::from(k * q)).sum::<f64>();
    let scores: Vec<f64> = memory.keys[..seen].iter().map(dot).collect();
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let mix =
        |i: usize| weights.iter().zip(&memory.values).map(|(w, v)| w * f64::from(v[i])).sum::<f64>() / sum;
    (0..query.len()).map(|i| mix(i) as f32).collect()
}

fn paged(level: Level, memory: &Memory, head: usize, queries: &[f32], seen: &[usize]) -> Vec<f32> {
    let mut running = vec![Running::default(); seen.len()];
    let mut out = vec![0.0; queries.len()];
    for (index, (keys, values)) in memory.pages.iter().enumerate() {
        let visible: Vec<usize> =
            seen.iter().map(|seen| seen.saturating_sub(index * PAGE).min(PAGE)).collect();
        let next = memory.pages.get(index + 1).map_or(&[][..], |next| &next.0);
        let (running, out) = (&mut running[..], &mut out[..]);
        attend(level, Attend { head, queries, keys, values, next, visible: &visible, running, out });
    }
    finish(&running, head, &mut out);
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn pages_give_what_plain_arithmetic_gives(
        head in prop_oneof![Just(16usize), Just(32), Just(48), Just(64), Just(80), Just(128)],
        positions in 1usize..200,
        count in 1usize..=QUERIES,
        seed in 0f32..100.0,
    ) {
        let memory = memory(head, positions, seed);
        let queries: Vec<f32> = (0..count * head).map(|i| (i as f32 * 0.71 + seed).cos() * 0.4).collect();
        let seen: Vec<usize> = (0..count).map(|i| positions - (i * 7) % positions).collect();
        for level in Level::available() {
            let out = paged(level, &memory, head, &queries, &seen);
            for (row, (query, &seen)) in queries.chunks_exact(head).zip(&seen).enumerate() {
                let expected = plain(&memory, query, seen);
                for (got, expected) in out[row * head..].iter().zip(&expected) {
                    prop_assert!((got - expected).abs() < 1e-4, "{}: {got} for {expected}", level.name());
                }
                // Company does not change a query's result, not even in its last bit.
                let alone = paged(level, &memory, head, query, &[seen]);
                prop_assert_eq!(&alone[..], &out[row * head..][..head]);
            }
        }
    }
}
