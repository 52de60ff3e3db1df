//! What may not matter: neighbours, caches, guesses, a given beginning, the way a text is scored.

use super::*;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_same_seed_gives_the_same_tokens_alone_or_together_cached_or_not(
        prompts in prop::collection::vec(("[a-z ]{1,90}", any::<u64>(), 1u32..20), 1..6),
        shared in "[a-z ]{0,150}",
    ) {
        let jobs: Vec<(Vec<u32>, Rules)> = prompts
            .iter()
            .map(|(prompt, seed, most)| (of(&format!("{shared}{prompt}")), rules(*most, warm(*seed))))
            .collect();
        let alone: Vec<_> =
            jobs.iter().map(|(prompt, rules)| said(generate(&mut load(&Tiny::default()), prompt, rules.clone()))).collect();
        let mut model = load(&Tiny::default());
        let control = Control::default();
        let all = jobs.iter().map(|(prompt, rules)| Job {
            prompt: prompt.clone(),
            start: vec![],
            rules: rules.clone(),
            constraint: None,
            sink: Box::new(()),
            control: control.clone(),
        });
        let together = model.generate_all(all.collect(), &*BYTES);
        let together: Vec<_> = together.into_iter().map(|answer| said(answer.unwrap())).collect();
        prop_assert_eq!(&together, &alone);
        // Once more, with everything in the cache.
        for ((prompt, rules), expected) in jobs.iter().zip(alone) {
            let again = generate(&mut model, prompt, rules.clone());
            prop_assert_eq!(again.usage.cached_tokens as usize, prompt.len() - 1);
            prop_assert_eq!(said(again), expected);
        }
    }

    #[test]
    fn guesses_change_nothing_but_the_speed(
        word in "[a-d]{1,6}",
        prompts in prop::collection::vec(("[a-d ]{1,20}", any::<u64>(), 0usize..2), 1..4),
        rows in 1usize..20,
    ) {
        let jobs = || prompts.iter().map(|(end, seed, cold)| {
            let sampling = Sampling { temperature: [0.0, 0.3][*cold], ..warm(*seed) };
            Job {
                prompt: of(&format!("{}{end}", word.repeat(9))),
                start: vec![],
                rules: rules(40, sampling),
                constraint: None,
                sink: Box::new(()),
                control: Control::default(),
            }
        }).collect();
        let mut model = load(&Tiny::default());
        let mut run = |rows: usize| {
            model.limit_guesses(rows);
            let answers = model.generate_all(jobs(), &*BYTES);
            (answers.into_iter().map(|answer| said(answer.unwrap())).collect::<Vec<_>>(), model.work())
        };
        let (plain, slow) = run(0);
        let (guessed, fast) = run(rows);
        prop_assert_eq!(plain, guessed);
        prop_assert_eq!(slow.guessed, 0);
        prop_assert!(fast.right <= fast.guessed);
    }

    #[test]
    fn an_answer_goes_on_from_the_text_it_is_given(prompt in "[a-z ]{1,40}", cut in 0usize..12) {
        let mut model = load(&Tiny::default());
        let mut run = |start: Vec<u32>| {
            let (control, sink, constraint) = (Control::default(), Box::new(()), Box::new(Letters::new()));
            let rules = rules(12, Sampling::default());
            let job = Job { prompt: of(&prompt), start, rules, constraint: Some(constraint), sink, control };
            model.generate(job, &*BYTES).unwrap()
        };
        let whole = run(vec![]);
        // Greedy, and the same beginning: the same end.
        let again = run(of(&whole.text[..cut]));
        prop_assert_eq!((&again.text, again.finish), (&whole.text, whole.finish));
        for (at, (one, other)) in whole.tokens.iter().zip(&again.tokens).enumerate() {
            prop_assert_eq!(&one.alternatives, &other.alternatives);
            prop_assert_eq!(other.forced, at < cut);
        }
    }

    #[test]
    fn scores_are_sums_of_log_probabilities(
        prompt in "[a-z ]{1,80}",
        continuations in prop::collection::vec("[a-z]{0,70}", 0..6),
    ) {
        let mut model = load(&Tiny::default());
        let (prompt, control) = (of(&prompt), Control::default());
        let tokens: Vec<Vec<u32>> = continuations.iter().map(|text| of(text)).collect();
        let answer = model.score(&prompt, &tokens, &mut (), &control).unwrap();
        prop_assert_eq!(answer.scores.len(), tokens.len());
        for (text, score) in continuations.iter().zip(&answer.scores) {
            // The same, told by a generation that is forced to say it.
            let mut words = Words::new(&[text], true);
            let job = Job {
                prompt: prompt.clone(),
                start: vec![],
                rules: rules(100, warm(0)),
                constraint: Some(Box::new(&mut words)),
                sink: Box::new(()),
                control: control.clone(),
            };
            let said = model.generate(job, &*BYTES).unwrap();
            prop_assert_eq!(&said.text, text);
            let sum: f32 = said.tokens.iter().map(|token| token.probability.ln()).sum();
            prop_assert!((sum - score).abs() < 1e-3 * (1.0 + sum.abs()), "{} for {}", score, sum);
        }
    }
}
