//! Examples for `expert::candle::model`, and what all of its tests use.

use std::sync::LazyLock;

use super::super::generate::{Allowed, Constraint, Job, Rules, Tokens};
use super::super::gguf::GgufFile;
use super::super::machine::Choice;
use super::super::tiny::{TURN_END, Tiny};
use super::*;
use crate::ask::{Sampling, Token};

mod control;
mod laws;
mod real;

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
    let machine = Choice { threads: Some(2), ..Choice::from(Level::best()) };
    let mut file = GgufFile::from_bytes(tiny.bytes()).unwrap();
    LanguageModel::from_file(&mut file, &[], &machine.open().unwrap(), &mut |_| {}).unwrap()
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
    check(&[5; 20], good.clone(), ExpertError::TooLong { prompt: 20, room: 1, context: 20 });
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

#[test]
fn not_a_number_ends_in_an_error() {
    let mut bytes = Tiny::default().bytes();
    let end = bytes.len() - 64 * 4;
    // The last tensor is the output norm.
    bytes[end..end + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let mut file = GgufFile::from_bytes(bytes).unwrap();
    let machine = Choice::from(Level::best()).open().unwrap();
    let mut model = LanguageModel::from_file(&mut file, &[], &machine, &mut |_| {}).unwrap();
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
