//! Examples and laws for `expert::candle::llama`.

use super::super::gguf::GgmlDType;
use super::super::tiny::Tiny;
use super::*;
use proptest::prelude::*;

pub(in super::super) fn load(tiny: &Tiny, level: Level) -> Llama {
    let mut file = GgufFile::from_bytes(tiny.bytes()).unwrap();
    Llama::load(&mut file, level, Pool::new(2), &mut |_| {}).unwrap()
}

/// Logits after each token, fed in pieces of these sizes (the last goes on to the end).
pub(in super::super) fn in_pieces(
    model: &mut dyn Network,
    cache: &mut Cache,
    tokens: &[u32],
    sizes: &[usize],
) -> Vec<Vec<f32>> {
    let (mut rest, mut all) = (tokens, Vec::new());
    let mut sizes = sizes.iter().copied();
    while !rest.is_empty() {
        let size = sizes.next().unwrap_or(rest.len()).clamp(1, rest.len());
        let rows: Vec<Row> =
            rest[..size].iter().map(|&token| Row { cache: 0, token, logits: true }).collect();
        let logits = model.forward(&mut [cache], &rows).unwrap();
        all.extend((0..size).map(|row| row_of(&logits, row)));
        rest = &rest[size..];
    }
    all
}

/// The same from an empty cache.
pub(in super::super) fn fresh(model: &mut dyn Network, tokens: &[u32], sizes: &[usize]) -> Vec<Vec<f32>> {
    let mut cache = model.cache();
    in_pieces(model, &mut cache, tokens, sizes)
}

pub(in super::super) fn row_of(logits: &Logits<'_>, row: usize) -> Vec<f32> {
    let mut out = Vec::new();
    logits.copy_row(row, &mut out);
    out
}

fn tokens(most: usize) -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0u32..300, 1..most)
}

fn levels() -> impl Strategy<Value = Level> {
    prop::sample::select(Level::available())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn cached_equals_uncached(tokens in tokens(150), sizes in prop::collection::vec(1usize..40, 0..6), level in levels()) {
        let mut model = load(&Tiny::default(), level);
        let whole = fresh(&mut model, &tokens, &[]);
        let pieces = fresh(&mut model, &tokens, &sizes);
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn cut_and_continued_equals_fresh(first in tokens(150), second in tokens(40), cut in 0usize..150, level in levels()) {
        let mut model = load(&Tiny::default(), level);
        let mut cache = model.cache();
        in_pieces(&mut model, &mut cache, &first, &[]);
        let cut = cut.min(first.len());
        let mut branch = cache.clone();
        branch.truncate(cut);
        let continued = in_pieces(&mut model, &mut branch, &second, &[]);
        let expected = fresh(&mut model, &[&first[..cut], &second].concat(), &[]);
        prop_assert_eq!(&continued[..], &expected[cut..]);
        // The original does not notice its branch.
        let after = in_pieces(&mut model, &mut cache, &second, &[]);
        let expected = fresh(&mut model, &[&first[..], &second].concat(), &[]);
        prop_assert_eq!(&after[..], &expected[first.len()..]);
    }

    #[test]
    fn batched_equals_unbatched(
        shared in prop::collection::vec(0u32..300, 0..140),
        own in prop::collection::vec(tokens(12), 1..6),
        level in levels(),
    ) {
        let mut model = load(&Tiny::default(), level);
        let mut prefix = model.cache();
        in_pieces(&mut model, &mut prefix, &shared, &[]);
        let alone: Vec<_> = own.iter().map(|own| in_pieces(&mut model, &mut prefix.clone(), own, &[])).collect();
        // All in one pass, some as prompts, the last token of each one by one.
        let mut caches = vec![prefix; own.len()];
        let mut together = vec![Vec::new(); own.len()];
        for last in [false, true] {
            let part = |own: &Vec<u32>| if last { own[own.len() - 1..].to_vec() } else { own[..own.len() - 1].to_vec() };
            let rows: Vec<Row> = own.iter().enumerate()
                .flat_map(|(cache, own)| part(own).into_iter().map(move |token| Row { cache, token, logits: true }))
                .collect();
            let mut borrowed: Vec<&mut Cache> = caches.iter_mut().collect();
            let logits = model.forward(&mut borrowed, &rows).unwrap();
            for (index, row) in rows.iter().enumerate() {
                together[row.cache].push(row_of(&logits, index));
            }
        }
        prop_assert_eq!(together, alone);
    }
}

#[test]
fn levels_agree_on_every_architecture_and_type() {
    let tokens: Vec<u32> = (0..90).map(|i| (i * 37) % 300).collect();
    let dtypes = [GgmlDType::Q4_1, GgmlDType::Q4_0, GgmlDType::Q8_0, GgmlDType::F16, GgmlDType::Q5_0];
    let tinies = dtypes.into_iter().map(|dtype| Tiny { dtype, ..Tiny::default() });
    let wide = [GgmlDType::Q4K, GgmlDType::Q6K].map(|dtype| Tiny { dtype, ..Tiny::default() });
    let others = ["qwen2", "qwen3"].map(|architecture| Tiny { architecture, ..Tiny::default() });
    for tiny in tinies.chain(wide).chain(others) {
        let levels = Level::available();
        let mut model = load(&tiny, levels[0]);
        let expected = fresh(&mut model, &tokens, &[30, 1]);
        for level in levels {
            let mut model = load(&tiny, level);
            let got = fresh(&mut model, &tokens, &[]);
            for (got, expected) in got.iter().flatten().zip(expected.iter().flatten()) {
                // One activation on the edge between two bytes may fall either way.
                assert!((got - expected).abs() < 0.2, "{tiny:?} {}: {got} for {expected}", level.name());
            }
        }
    }
}

#[test]
fn a_pass_that_can_not_be_made_changes_nothing() {
    let mut model = load(&Tiny { context: 20, ..Tiny::default() }, Level::best());
    let mut cache = model.cache();
    in_pieces(&mut model, &mut cache, &[5; 19], &[]);
    let mut check = |rows: &[Row], expected: ForwardError| {
        assert_eq!(model.forward(&mut [&mut cache], rows).err(), Some(expected));
        assert_eq!(cache.len(), 19);
    };
    let row = |token| Row { cache: 0, token, logits: false };
    check(&[row(300)], ForwardError::Token { token: 300, vocabulary: 300 });
    check(&[row(1), row(2)], ForwardError::Context { position: 20, context: 20 });
    check(&[Row { cache: 1, ..row(1) }], ForwardError::Cache(1));
    assert!(model.forward(&mut [&mut cache], &[]).unwrap().is_empty());
}
