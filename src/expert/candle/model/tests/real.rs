//! The real weights say what everybody knows.

use super::*;

/// The real weights, if they are on this computer.
fn real(machine: &Machine) -> Option<(LanguageModel, tokenizers::Tokenizer)> {
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
    Some((LanguageModel::from_file(&mut file, &[], machine, &mut |_| {}).unwrap(), tokenizer))
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
    capital_of_france(&Choice::from(Level::best()).open().unwrap());
}

#[test]
fn real_weights_on_a_device_know_the_capital_of_france() {
    capital_of_france(&Machine::of(crate::expert::candle::device::here()));
}

fn capital_of_france(machine: &Machine) {
    let Some((mut model, tokenizer)) = real(machine) else { return };
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
