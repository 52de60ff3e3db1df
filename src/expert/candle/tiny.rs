//! Writes a tiny, complete model file with random weights: for tests that need a real forward pass and no download.
//!
//! What it says is nonsense, but it says the same nonsense every time.

use std::io::Cursor;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What to write. The default is a llama of two layers, 64 wide, with 300 tokens and a context of 512.
#[derive(Clone, Debug)]
pub struct Tiny {
    /// `llama`, `qwen2` (with biases), `qwen3` or `qwen3moe` (with norms of queries and keys).
    pub architecture: &'static str,
    /// Experts of the network in each layer, two of which see a token; 0 for a dense model.
    pub experts: usize,
    /// Each expert has tensors of its own, as older files do.
    pub experts_apart: bool,
    /// The output has weights of its own, not those of the embedding.
    pub own_output: bool,
    /// Dimensions of a head where they are not a fourth of the width.
    pub head: Option<usize>,
    /// Writes `rope_freqs.weight`, as files of Llama 3.1 and later do.
    pub rope_factors: bool,
    /// Type of the matrices; a type of blocks of 256 makes the model 256 wide.
    pub dtype: GgmlDType,
    pub seed: u64,
    pub context: u32,
}

impl Default for Tiny {
    fn default() -> Tiny {
        Tiny {
            architecture: "llama",
            experts: 0,
            experts_apart: false,
            own_output: false,
            head: None,
            rope_factors: false,
            dtype: GgmlDType::Q4_1,
            seed: 1,
            context: 512,
        }
    }
}

/// Ids of the special tokens, which come first.
pub const END: u32 = 0;
pub const TURN_START: u32 = 1;
pub const TURN_END: u32 = 2;
const SPECIAL: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
const TOKENS: usize = 300;
const LAYERS: usize = 2;
const HEADS: usize = 4;
/// Of the angles by which heads are turned.
const BASE: f32 = 10_000.0;
/// How Llama 3.1 stretches positions: factor, factors of low and high frequency, context before (here a short one, so
/// that some pairs of dimensions are stretched, some not, and some in part).
pub const LLAMA3: [f32; 4] = [8.0, 1.0, 4.0, 32.0];
const TEMPLATE: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] \
                        + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}\
                        {{ '<|im_start|>assistant\n' }}{% endif %}";

impl Tiny {
    /// The bytes of the file.
    ///
    /// # Panics
    /// If candle can not write it, which would be a fault of this file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let (metadata, tensors) = (self.metadata(), self.tensors());
        let metadata: Vec<(&str, &Value)> =
            metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let tensors: Vec<(&str, &QTensor)> =
            tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        gguf_file::write(&mut file, &metadata, &tensors).expect("a tiny model can be written");
        file.into_inner()
    }

    fn hidden(&self) -> usize {
        self.dtype.block_size().max(64)
    }

    fn metadata(&self) -> Vec<(String, Value)> {
        let (tokens, merges) = vocabulary();
        let kinds = (0..tokens.len()).map(|id| Value::I32(if id < SPECIAL.len() { 3 } else { 1 }));
        let number = |number: usize| Value::U32(u32::try_from(number).unwrap_or(u32::MAX));
        let text = |text: &str| Value::String(text.to_owned());
        let texts = |texts: Vec<String>| Value::Array(texts.into_iter().map(Value::String).collect());
        let own = |key: &str| format!("{}.{key}", self.architecture);
        let hidden = self.hidden();
        let mut metadata = vec![
            ("general.architecture".to_owned(), text(self.architecture)),
            ("general.name".to_owned(), text("Tiny")),
            (own("context_length"), Value::U32(self.context)),
            (own("block_count"), number(LAYERS)),
            (own("embedding_length"), number(hidden)),
            (own("feed_forward_length"), number(2 * hidden)),
            (own("attention.head_count"), number(HEADS)),
            (own("attention.head_count_kv"), number(HEADS / 2)),
            (own("attention.layer_norm_rms_epsilon"), Value::F32(1e-5)),
            (own("rope.freq_base"), Value::F32(BASE)),
            ("tokenizer.ggml.model".to_owned(), text("gpt2")),
            ("tokenizer.ggml.pre".to_owned(), text("gpt-2")),
            ("tokenizer.ggml.tokens".to_owned(), texts(tokens)),
            ("tokenizer.ggml.token_type".to_owned(), Value::Array(kinds.collect())),
            ("tokenizer.ggml.merges".to_owned(), texts(merges)),
            ("tokenizer.ggml.bos_token_id".to_owned(), Value::U32(TURN_START)),
            ("tokenizer.ggml.eos_token_id".to_owned(), Value::U32(TURN_END)),
            ("tokenizer.ggml.add_bos_token".to_owned(), Value::Bool(false)),
            ("tokenizer.chat_template".to_owned(), text(TEMPLATE)),
        ];
        if let Some(head) = self.head {
            for part in ["attention.key_length", "attention.value_length"] {
                metadata.push((own(part), number(head)));
            }
        }
        if 0 < self.experts {
            metadata.push((own("expert_count"), number(self.experts)));
            metadata.push((own("expert_used_count"), number(2)));
            metadata.push((own("expert_feed_forward_length"), number(2 * hidden)));
        }
        metadata
    }

    fn tensors(&self) -> Vec<(String, QTensor)> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let mut tensors = Vec::new();
        let hidden = self.hidden();
        let head = self.head.unwrap_or(hidden / HEADS);
        let (queries, keys) = (head * HEADS, head * HEADS / 2);
        let mut add = |name: String, rows: usize, columns: usize, dtype: GgmlDType| {
            tensors.push((name, tensor(&mut random, &[rows, columns], dtype)));
        };
        add("token_embd.weight".to_owned(), TOKENS, hidden, GgmlDType::Q8_0);
        if self.own_output {
            add("output.weight".to_owned(), TOKENS, hidden, GgmlDType::Q8_0);
        }
        for layer in 0..LAYERS {
            let name = |part: &str| format!("blk.{layer}.{part}");
            for norm in ["attn_norm.weight", "ffn_norm.weight"] {
                add(name(norm), 1, hidden, GgmlDType::F32);
            }
            for (part, rows, columns) in [
                ("attn_q", queries, hidden),
                ("attn_k", keys, hidden),
                ("attn_v", keys, hidden),
                ("attn_output", hidden, queries),
            ] {
                add(name(&format!("{part}.weight")), rows, columns, self.dtype);
            }
            if self.architecture == "qwen2" {
                for (part, length) in [("attn_q", queries), ("attn_k", keys), ("attn_v", keys)] {
                    add(name(&format!("{part}.bias")), 1, length, GgmlDType::F32);
                }
            }
            if self.architecture.starts_with("qwen3") {
                for part in ["attn_q_norm", "attn_k_norm"] {
                    add(name(&format!("{part}.weight")), 1, head, GgmlDType::F32);
                }
            }
        }
        for layer in 0..LAYERS {
            self.feed_forward(layer, &mut random, &mut tensors);
        }
        let norm = tensor(&mut random, &[1, hidden], GgmlDType::F32);
        tensors.push(("output_norm.weight".to_owned(), norm));
        if self.rope_factors {
            tensors.push(("rope_freqs.weight".to_owned(), rope_factors(head)));
        }
        tensors
    }

    fn feed_forward(&self, layer: usize, random: &mut ChaCha8Rng, tensors: &mut Vec<(String, QTensor)>) {
        let (hidden, wide) = (self.hidden(), 2 * self.hidden());
        if 0 < self.experts {
            let router = tensor(random, &[self.experts, hidden], GgmlDType::F32);
            tensors.push((format!("blk.{layer}.ffn_gate_inp.weight"), router));
        }
        for (part, rows, columns) in [("gate", wide, hidden), ("up", wide, hidden), ("down", hidden, wide)] {
            let mut add = |name: String, shape: &[usize]| {
                tensors.push((
                    format!("blk.{layer}.ffn_{part}{name}.weight"),
                    tensor(random, shape, self.dtype),
                ));
            };
            match self.experts {
                0 => add(String::new(), &[rows, columns]),
                experts if self.experts_apart => {
                    (0..experts).for_each(|expert| add(format!(".{expert}"), &[rows, columns]));
                }
                experts => add("_exps".to_owned(), &[experts, rows, columns]),
            }
        }
    }
}

/// What each pair of dimensions turns slower by: short waves not at all, long ones by the whole factor.
fn rope_factors(head: usize) -> QTensor {
    let [factor, low, high, first] = LLAMA3;
    let of_pair = |pair: usize| {
        let wave = std::f32::consts::TAU * BASE.powf(2.0 * pair as f32 / head as f32);
        let short = ((first / wave - low) / (high - low)).clamp(0.0, 1.0);
        1.0 / ((1.0 - short) / factor + short)
    };
    let factors: Vec<f32> = (0..head / 2).map(of_pair).collect();
    Tensor::new(factors, &Device::Cpu)
        .and_then(|factors| QTensor::quantize(&factors, GgmlDType::F32))
        .expect("a few numbers can be kept as they are")
}

/// Random values of a size that keeps a forward pass lively: vectors around 1, matrices around 0.
fn tensor(random: &mut ChaCha8Rng, shape: &[usize], dtype: GgmlDType) -> QTensor {
    let (rows, columns) = (shape[..shape.len() - 1].iter().product(), shape[shape.len() - 1]);
    let mut uniform = || random.next_u32() as f32 / (1u64 << 31) as f32 - 1.0;
    let spread = 2.5 / (columns as f32).sqrt();
    let values: Vec<f32> = match rows {
        1 => (0..columns).map(|_| 1.0 + 0.3 * uniform()).collect(),
        _ => (0..rows * columns).map(|_| spread * uniform()).collect(),
    };
    let tensor = match rows {
        1 => Tensor::from_vec(values, columns, &Device::Cpu),
        _ => Tensor::from_vec(values, shape, &Device::Cpu),
    };
    tensor.and_then(|tensor| QTensor::quantize(&tensor, dtype)).expect("a tiny tensor can be quantised")
}

/// Tokens and merges of a byte-level BPE: the special tokens, all bytes, and a few pairs.
fn vocabulary() -> (Vec<String>, Vec<String>) {
    let mut tokens: Vec<String> = SPECIAL.map(str::to_owned).to_vec();
    tokens.extend((0..=255).map(|byte| letter(byte).to_string()));
    let pairs = [
        "t h", "h e", "i n", "a n", "e r", "o n", "r e", "e n", "o r", "e s", "a t", "i s", "o u", "a l",
        "i t", "l e", "Ġ t", "Ġ a", "Ġ s", "Ġ w", "Ġ c", "Ġ o", "Ġ b", "th e", "Ġt he", "in g", "an d",
        "Ġa nd", "Ġ o f", "t o", "Ġ to", "Ġ i", "Ġi s", "Ġ f", "Ġ p", "Ġ d", "Ġ m", "Ġ h", "Ġ n", "Ġ in",
        "Ġ re", "s t", "v e", "l l",
    ];
    let mut merges = Vec::new();
    for pair in pairs {
        let parts: Vec<&str> = pair.split(' ').collect();
        let joined = parts.concat();
        let known = parts.iter().all(|part| tokens.iter().any(|token| token == part));
        if parts.len() == 2 && known && !tokens.contains(&joined) && tokens.len() < TOKENS {
            tokens.push(joined);
            merges.push(pair.to_owned());
        }
    }
    while tokens.len() < TOKENS {
        tokens.push(format!("[unused{}]", tokens.len()));
    }
    (tokens, merges)
}

/// The visible letter that stands for a byte in GPT-2's vocabulary files.
fn letter(byte: u8) -> char {
    let visible = |byte: &u8| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    if visible(&byte) {
        return char::from(byte);
    }
    let hidden_before = (0..byte).filter(|other| !visible(other)).count();
    char::from_u32(256 + hidden_before as u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}
