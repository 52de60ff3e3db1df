//! Examples and laws for `expert::candle::model`.

use std::sync::LazyLock;

use super::super::generate::{Allowed, Constraint, Job, Rules, Tokens};
use super::super::gguf::GgufFile;
use super::super::tiny::{TURN_END, Tiny};
use super::*;
use crate::ask::{Sampling, Token};
use proptest::prelude::*;

/// The tiny model's words: token 3 is byte 0, and so on; the longer ones are as good as unknown here.
struct Bytes(Vec<[u8; 1]>);

static BYTES: LazyLock<Bytes> = LazyLock::new(|| Bytes((0..=255).map(|byte| [byte]).collect()));

impl Tokens for Bytes {
    fn count(&self) -> usize {
        300
    }
    fn bytes(&self, token: u32) -> &[u8] {
        (token as usize).checked_sub(3).and_then(|byte| self.0.get(byte)).map_or(&[], |bytes| &bytes[..])
    }
    fn end_tokens(&self) -> &[u32] {
        &[TURN_END]
    }
}

fn of(text: &str) -> Vec<u32> {
    text.bytes().map(|byte| u32::from(byte) + 3).collect()
}

fn load(tiny: &Tiny) -> LanguageModel {
    LanguageModel::from_file(
        &mut GgufFile::from_bytes(tiny.bytes()).unwrap(),
        Level::best(),
        Some(2),
        &mut |_| {},
    )
    .unwrap()
}

fn rules(max_tokens: u32, sampling: Sampling) -> Rules {
    Rules { sampling, max_tokens, stop: vec![] }
}

fn warm(seed: u64) -> Sampling {
    Sampling { temperature: 1.0, top_p: 0.95, seed }
}

fn generate(model: &mut LanguageModel, prompt: &[u32], rules: Rules) -> Answer {
    let control = Control::default();
    model
        .generate(
            Job {
                prompt: prompt.to_vec(),
                start: vec![],
                rules,
                constraint: None,
                sink: Box::new(()),
                control,
            },
            &*BYTES,
        )
        .unwrap()
}

/// Without the seconds, which differ from run to run, and the cache, which may not matter.
fn said(answer: Answer) -> (String, Vec<Token>, Finish) {
    (answer.text, answer.tokens, answer.finish)
}

/// Allows words of a list, one after the other; forces what has no choice, in runs of two tokens at least.
struct Words {
    words: Vec<Vec<u32>>,
    taken: usize,
    mask: Vec<u64>,
    run: bool,
}

impl Words {
    fn new(words: &[&str], run: bool) -> Words {
        Words { words: words.iter().map(|word| of(word)).collect(), taken: 0, mask: vec![0; 5], run }
    }
}

impl Constraint for Words {
    fn allowed(&mut self) -> Allowed<'_> {
        let rest: Vec<&[u32]> = self.words.iter().filter_map(|word| word.get(self.taken..)).collect();
        if let [only] = rest[..]
            && self.run
            && only.len() > 1
        {
            return Allowed::Forced(only.to_vec());
        }
        self.mask.fill(0);
        let end = rest.iter().any(|word| word.is_empty());
        for token in rest.iter().filter_map(|word| word.first()) {
            self.mask[*token as usize / 64] |= 1 << (token % 64);
        }
        Allowed::Tokens { mask: &self.mask, end }
    }

    fn advance(&mut self, token: u32) {
        let at = self.taken;
        self.words.retain(|word| word.get(at) == Some(&token));
        self.taken += 1;
    }
}

/// Allows the letters from a to z, for ever.
struct Letters([u64; 5]);

impl Letters {
    fn new() -> Letters {
        let mut mask = [0; 5];
        of("abcdefghijklmnopqrstuvwxyz").iter().for_each(|t| mask[*t as usize / 64] |= 1 << (t % 64));
        Letters(mask)
    }
}

impl Constraint for Letters {
    fn allowed(&mut self) -> Allowed<'_> {
        Allowed::Tokens { mask: &self.0, end: false }
    }
    fn advance(&mut self, _: u32) {}
}

fn constrained(model: &mut LanguageModel, words: &mut Words, rules: Rules) -> Answer {
    let control = Control::default();
    let job = Job {
        prompt: of("Choose: "),
        start: vec![],
        rules,
        constraint: Some(Box::new(words)),
        sink: Box::new(()),
        control,
    };
    model.generate(job, &*BYTES).unwrap()
}

#[test]
fn a_grammar_is_obeyed_and_forced_runs_change_nothing_but_the_speed() {
    let mut model = load(&Tiny::default());
    let list = ["yes, of course", "yes, maybe", "no"];
    for seed in 0..20 {
        let answers = [false, true]
            .map(|run| constrained(&mut model, &mut Words::new(&list, run), rules(50, warm(seed))));
        let [one_by_one, in_runs] = answers;
        assert!(list.contains(&in_runs.text.as_str()), "{:?}", in_runs.text);
        assert_eq!((&one_by_one.text, in_runs.finish), (&in_runs.text, Finish::Stop));
        let forced = |answer: &Answer| answer.tokens.iter().map(|token| token.forced).collect::<Vec<_>>();
        assert_eq!(forced(&one_by_one), forced(&in_runs));
        assert!(!in_runs.tokens[0].forced && in_runs.tokens[1].forced);
        for (a, b) in one_by_one.tokens.iter().zip(&in_runs.tokens) {
            assert_eq!((a.probability, &a.alternatives), (b.probability, &b.alternatives));
            assert_eq!(a.alternatives.len(), 5);
        }
    }
    // Cut in the middle of a forced run, and just at its end.
    let cut = |most| {
        constrained(&mut load(&Tiny::default()), &mut Words::new(&list[..1], true), rules(most, warm(1)))
    };
    assert_eq!((cut(5).text.as_str(), cut(5).finish), ("yes, ", Finish::Length));
    assert_eq!((cut(14).text.as_str(), cut(14).finish), (list[0], Finish::Stop));
}

#[test]
fn the_end_of_an_answer_has_a_reason() {
    let mut model = load(&Tiny { context: 40, ..Tiny::default() });
    let free = generate(&mut model, &of("One two"), rules(12, warm(3)));
    assert_eq!((free.finish, free.tokens.len(), free.usage.output_tokens), (Finish::Length, 12, 12));
    let joined: String = free.tokens.iter().map(|token| token.text.as_str()).collect();
    assert_eq!(joined, free.text);
    assert_eq!(free.usage.prompt_tokens, 7);
    // A stop string is not part of the text.
    let some = free.text.chars().nth(3).unwrap().to_string();
    let stop = [some.clone()];
    let stopped = generate(&mut model, &of("One two"), Rules { stop: stop.to_vec(), ..rules(12, warm(3)) });
    assert_eq!(stopped.finish, Finish::Stop);
    assert_eq!(stopped.text, free.text[..free.text.find(&some).unwrap()]);
    // The context is full before the tokens are.
    let full = generate(&mut model, &of("One two"), rules(1000, warm(3)));
    assert!(full.finish == Finish::Stop || full.tokens.len() == 33, "{}", full.tokens.len());
    let none = generate(&mut model, &of("One two"), rules(0, warm(3)));
    assert_eq!((none.finish, none.text.as_str()), (Finish::Length, ""));
}

#[test]
fn what_can_not_be_generated_is_named() {
    let mut model = load(&Tiny { context: 20, ..Tiny::default() });
    let mut check = |prompt: &[u32], rules: Rules, expected: ExpertError| {
        let control = Control::default();
        let job = Job {
            prompt: prompt.to_vec(),
            start: vec![],
            rules,
            constraint: None,
            sink: Box::new(()),
            control,
        };
        assert_eq!(model.generate(job, &*BYTES), Err(expected));
    };
    let good = rules(5, warm(1));
    check(&[5; 20], good.clone(), ExpertError::TooLong { prompt: 20, context: 20 });
    check(
        &[],
        good.clone(),
        ExpertError::Question("the prompt is empty: write something for the model to read".to_owned()),
    );
    let unknown = ForwardError::Token { token: 300, vocabulary: 300 };
    check(&[300], good, ExpertError::Model(unknown.to_string()));
    let cold = Sampling { temperature: -1.0, ..warm(1) };
    let why = "the temperature is -1: it must be a number from 0 to 100";
    check(&[5], rules(5, cold), ExpertError::Question(why.to_owned()));
}

/// Cancels after some tokens, and writes down what it is told.
struct Watch {
    control: Control,
    cancel_after: usize,
    text: String,
    tokens: usize,
    prefill: Vec<(usize, usize)>,
}

impl Sink for Watch {
    fn tokens(&mut self, tokens: &[Token]) {
        self.tokens += tokens.len();
        tokens.iter().for_each(|token| self.text.push_str(&token.text));
        if self.cancel_after <= self.tokens {
            self.control.cancel();
        }
    }
    fn prefill(&mut self, done: usize, total: usize) {
        self.prefill.push((done, total));
    }
}

#[test]
fn a_cancel_leaves_what_was_there() {
    let mut model = load(&Tiny::default());
    let mut run = |cancel_after: usize| {
        let control = Control::default();
        let mut watch =
            Watch { control: control.clone(), cancel_after, text: String::new(), tokens: 0, prefill: vec![] };
        if cancel_after == 0 {
            control.cancel();
        }
        let prompt = of(&"word ".repeat(30));
        let job = Job {
            prompt: prompt.clone(),
            start: vec![],
            rules: rules(40, warm(2)),
            constraint: None,
            sink: Box::new(&mut watch),
            control: control.clone(),
        };
        let answer = model.generate(job, &*BYTES).unwrap();
        assert_eq!(answer.text, watch.text);
        (answer.finish, answer.tokens.len(), watch.prefill)
    };
    assert_eq!(run(0), (Finish::Cancelled, 0, vec![(0, 150)]));
    assert_eq!(run(3), (Finish::Cancelled, 3, vec![(0, 150), (64, 150), (128, 150), (150, 150)]));
    // The prompt is known by now, but for its last token.
    assert_eq!(run(1000), (Finish::Length, 40, vec![(149, 150), (150, 150)]));
}

/// Writes down how many tokens come at a time.
struct Told(std::sync::Arc<std::sync::Mutex<Vec<usize>>>);

impl Sink for Told {
    fn tokens(&mut self, tokens: &[Token]) {
        self.0.lock().unwrap().push(tokens.len());
    }
    fn prefill(&mut self, _: usize, _: usize) {}
}

#[test]
fn a_pause_holds_at_the_next_token_and_hands_on_what_is_there() {
    let mut model = load(&Tiny::default());
    let plain = said(generate(&mut model, &of("One two"), rules(30, warm(4))));
    let (told, control) = (std::sync::Arc::default(), Control::default());
    let job = Job {
        prompt: of("One two"),
        start: vec![],
        rules: rules(30, warm(4)),
        constraint: None,
        sink: Box::new(Told(std::sync::Arc::clone(&told))),
        control: control.clone(),
    };
    let mut flight = Flight::default();
    flight.push(1, job);
    (0..4).for_each(|_| assert!(model.advance(&mut flight, &*BYTES).is_empty()));
    control.pause();
    let before = told.lock().unwrap().clone();
    (0..5).for_each(|_| assert!(model.advance(&mut flight, &*BYTES).is_empty()));
    assert!(flight.is_held());
    assert_eq!(*told.lock().unwrap(), [&before[..], &[0]].concat(), "no token more, and the sink is told");
    control.resume();
    let answer = loop {
        if let Some((1, answer)) = model.advance(&mut flight, &*BYTES).pop() {
            break answer.unwrap();
        }
    };
    assert_eq!(said(answer), plain);
}

#[test]
fn a_model_larger_than_memory_is_refused() {
    let meminfo = "MemTotal:       24638420 kB\nMemAvailable:    1024 kB\n";
    assert_eq!(fits(1 << 20, meminfo), Ok(()));
    let why = fits((1 << 20) + 1, meminfo).unwrap_err().to_string();
    assert!(why.contains("needs about 1 MiB") && why.contains("choose a smaller model"), "{why}");
    assert_eq!(fits(u64::MAX, "nothing known"), Ok(()));
    let header = GgufFile::from_bytes(Tiny::default().bytes()).unwrap().header;
    let cache = load(&Tiny::default()).model.cache();
    let context = cache.shape().page_bytes() * 512 / 64;
    let (weights, _) = load(&Tiny::default()).bytes();
    let need = header.memory_estimate() as usize;
    assert!(need.abs_diff(context + weights) < need / 10, "{need} for {context} + {weights}");
}

#[test]
fn not_a_number_ends_in_an_error() {
    let mut bytes = Tiny::default().bytes();
    let end = bytes.len() - 64 * 4;
    // The last tensor is the output norm.
    bytes[end..end + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let mut file = GgufFile::from_bytes(bytes).unwrap();
    let mut model = LanguageModel::from_file(&mut file, Level::best(), Some(1), &mut |_| {}).unwrap();
    let control = Control::default();
    let job = Job {
        prompt: of("x"),
        start: vec![],
        rules: rules(3, warm(1)),
        constraint: None,
        sink: Box::new(()),
        control: control.clone(),
    };
    assert!(matches!(model.generate(job, &*BYTES), Err(ExpertError::Model(_))));
}

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

/// The real weights, if they are on this machine.
fn real() -> Option<(LanguageModel, tokenizers::Tokenizer)> {
    use candle_core::quantized::tokenizer::TokenizerFromGguf;
    let named = std::env::var_os("PLANTERN_TEST_GGUF").map(std::path::PathBuf::from);
    let usual = std::env::var_os("HOME").map(|home| {
        std::path::Path::new(&home).join(".cache/plantern/models/SmolLM2-135M-Instruct.Q4_1.gguf")
    });
    let Some(path) = named.or(usual).filter(|path| path.exists()) else {
        eprintln!("SKIPPED: no real weights; set PLANTERN_TEST_GGUF to SmolLM2-135M-Instruct.Q4_1.gguf");
        return None;
    };
    let mut file = GgufFile::open(&path).unwrap();
    let tokenizer = tokenizers::Tokenizer::from_gguf(&file.content).unwrap();
    Some((LanguageModel::from_file(&mut file, Level::best(), None, &mut |_| {}).unwrap(), tokenizer))
}

struct Real(Vec<Vec<u8>>);

impl Tokens for Real {
    fn count(&self) -> usize {
        self.0.len()
    }
    fn bytes(&self, token: u32) -> &[u8] {
        &self.0[token as usize]
    }
    fn end_tokens(&self) -> &[u32] {
        &[0, 2]
    }
}

#[test]
fn real_weights_know_the_capital_of_france() {
    let Some((mut model, tokenizer)) = real() else { return };
    // The byte-level letters of plain ASCII words are enough here.
    let written =
        |id: u32| tokenizer.id_to_token(id).unwrap_or_default().replace('Ġ', " ").replace('Ċ', "\n");
    let words = Real((0..model.settings().vocabulary as u32).map(|id| written(id).into_bytes()).collect());
    let encode = |text: &str| tokenizer.encode_fast(text, false).unwrap().get_ids().to_vec();
    let control = Control::default();
    let prompt: Vec<u32> = encode("The capital of France is").into_iter().filter(|id| *id != 216).collect();
    let job = Job {
        prompt: prompt.clone(),
        start: vec![],
        rules: rules(8, Sampling::default()),
        constraint: None,
        sink: Box::new(()),
        control: control.clone(),
    };
    let answer = model.generate(job, &words).unwrap();
    assert!(answer.text.starts_with(" Paris"), "{:?} {:?}", answer.text, answer.tokens[0]);
    let scores =
        model.score(&prompt, &[encode("Paris"), encode("Berlin"), encode("cheese")], &mut (), &control);
    let scores = scores.unwrap().scores;
    assert!(scores[0] > scores[1] && scores[1] > scores[2], "{scores:?}");
}
