//! The lane and the reference against candle-transformers: models that others wrote, in f32, on the weights of the
//! tiny files under the names that Hugging Face gives them.
//!
//! Mistral files say `llama` of themselves, so candle's mistral is asked about them too. Nothing is left out: experts
//! that a file keeps apart have the same names here as those that it keeps together.

use super::architectures::{BYTES, architectures, distance, routed, tokens};
use super::reference::{self, Reference};
use super::*;
use crate::expert::candle::tiny::LLAMA3;
use candle_core::{DType, Device, Result, Tensor};
use candle_transformers::models::mimi::candle_nn::VarBuilder; // The one place that hands on what `load` takes.
use candle_transformers::models::{llama, mistral, mixtral, qwen2, qwen3, qwen3_moe};
use serde_json::json;
use std::collections::HashMap;

/// How many tokens are read at once before the others come one by one.
const PROMPT: usize = 12;
/// Root mean square by which two ways of adding the same f32 numbers may differ: measured 6e-7 to 1.3e-6.
const ROUNDING: f32 = 1e-5;

#[test]
fn every_architecture_gives_the_logits_of_candle_transformers() {
    for (name, tiny) in architectures() {
        let (reference, chosen) = reference::logits(tiny.bytes(), &tokens());
        let families: &[&str] = match (tiny.architecture, tiny.experts) {
            ("llama", 0) if tiny.rope_factors => &["llama"],
            ("llama", 0) => &["llama", "mistral"],
            ("llama", _) => &["mixtral"],
            (architecture, _) => &[architecture],
        };
        for family in families {
            let expected = logits(&tiny.bytes(), family).unwrap();
            let off = distance(&reference[PROMPT - 1..], &expected);
            assert!(off < ROUNDING, "{name}: the reference is off {family} by {off}");
            for level in Level::available() {
                let got = routed(&tiny, level, chosen.clone());
                let off = distance(&got[PROMPT - 1..], &expected);
                assert!(off < BYTES, "{name}, {}: off {family} by {off}", level.name());
            }
        }
    }
}

/// What candle's model of this family gives after the last token of the prompt and each one that follows.
fn logits(bytes: &[u8], family: &str) -> Result<Vec<Vec<f32>>> {
    let mut file = Reference::open(bytes.to_vec());
    let (weights, config) = (weights(&mut file, family == "mixtral")?, config(&mut file));
    let mut forward = model(family, config, VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu))?;
    let tokens = tokens();
    let mut pass = |at: usize, tokens: &[u32]| {
        forward(&Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?, at)?.flatten_all()?.to_vec1()
    };
    let mut all = vec![pass(0, &tokens[..PROMPT])?];
    for (at, token) in tokens.iter().enumerate().skip(PROMPT) {
        all.push(pass(at, &[*token])?);
    }
    Ok(all)
}

/// Tokens at a position to the logits of the last of them.
type Forward = Box<dyn FnMut(&Tensor, usize) -> Result<Tensor>>;

fn model(family: &str, config: serde_json::Value, weights: VarBuilder<'static>) -> Result<Forward> {
    macro_rules! of {
        ($family:ident, $model:ident) => {{
            let config: $family::Config = serde_json::from_value(config).unwrap();
            let mut model = $family::$model::new(&config, weights)?;
            Box::new(move |tokens, at| model.forward(tokens, at))
        }};
    }
    Ok(match family {
        "llama" => {
            let config = serde_json::from_value::<llama::LlamaConfig>(config).unwrap().into_config(false);
            let mut cache = llama::Cache::new(true, DType::F32, &config, &Device::Cpu)?;
            let model = llama::Llama::load(weights, &config)?;
            Box::new(move |tokens, at| model.forward(tokens, at, &mut cache))
        }
        "mistral" => of!(mistral, Model),
        "mixtral" => of!(mixtral, Model),
        "qwen2" => of!(qwen2, ModelForCausalLM),
        "qwen3" => of!(qwen3, ModelForCausalLM),
        "qwen3moe" => of!(qwen3_moe, ModelForCausalLM),
        other => panic!("candle-transformers has no {other}"),
    })
}

/// `config.json` of a model: each family takes from it what it knows.
fn config(file: &mut Reference) -> serde_json::Value {
    let (vocabulary, hidden) = file.tensor("token_embd.weight").unwrap().dims2().unwrap();
    let heads = file.size("attention.head_count");
    let experts = file.number("expert_count").map(|count| count as usize);
    let [factor, low, high, first] = LLAMA3;
    let scaling = file.tensor("rope_freqs.weight").map(|_| {
        json!({"rope_type": "llama3", "factor": factor, "low_freq_factor": low, "high_freq_factor": high,
            "original_max_position_embeddings": first as usize})
    });
    json!({
        "vocab_size": vocabulary,
        "hidden_size": hidden,
        "hidden_act": "silu",
        "intermediate_size": file.size("feed_forward_length"),
        "num_hidden_layers": file.size("block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": file.size("attention.head_count_kv"),
        "head_dim": file.number("attention.key_length").map_or(hidden / heads, |head| head as usize),
        "attention_bias": false,
        "max_position_embeddings": file.size("context_length"),
        "rms_norm_eps": file.number("attention.layer_norm_rms_epsilon"),
        "rope_theta": file.number("rope.freq_base"),
        "rope_scaling": scaling,
        "sliding_window": file.size("context_length"),
        "use_sliding_window": false,
        "max_window_layers": 0,
        "use_flash_attn": false,
        "tie_word_embeddings": false,
        "num_experts": experts,
        "num_local_experts": experts,
        "num_experts_per_tok": file.number("expert_used_count").map(|count| count as usize),
        "moe_intermediate_size": file.number("expert_feed_forward_length").map(|width| width as usize),
        "norm_topk_prob": true,
        "decoder_sparse_step": 1,
    })
}

/// The tensors of a file as Hugging Face names and orders them.
fn weights(file: &mut Reference, mixtral: bool) -> Result<HashMap<String, Tensor>> {
    let mut weights = HashMap::new();
    let (names, heads) = (file.names(), file.size("attention.head_count"));
    let shared = file.size("attention.head_count_kv");
    for name in names {
        let tensor = file.tensor(&name).unwrap();
        let parts: Vec<&str> = name.split('.').collect();
        match parts[..] {
            ["token_embd", _] => {
                weights.entry("lm_head.weight".to_owned()).or_insert_with(|| tensor.clone());
                weights.insert("model.embed_tokens.weight".to_owned(), tensor);
            }
            ["output", _] => drop(weights.insert("lm_head.weight".to_owned(), tensor)),
            ["output_norm", _] => drop(weights.insert("model.norm.weight".to_owned(), tensor)),
            ["rope_freqs", _] => {}
            ["blk", layer, part, kind] => {
                let tensor = match part {
                    "attn_q" if file.is_llama() => halves(&tensor, heads)?,
                    "attn_k" if file.is_llama() => halves(&tensor, shared)?,
                    _ => tensor,
                };
                let together = part.strip_suffix("_exps");
                for expert in 0..together.map_or(0, |_| tensor.dims()[0]) {
                    let name = in_layer(together.unwrap(), Some(expert), mixtral);
                    weights.insert(format!("model.layers.{layer}.{name}.{kind}"), tensor.get(expert)?);
                }
                if together.is_none() {
                    let name = in_layer(part, None, mixtral);
                    weights.insert(format!("model.layers.{layer}.{name}.{kind}"), tensor);
                }
            }
            ["blk", layer, part, expert, kind] => {
                let name = in_layer(part, expert.parse().ok(), mixtral);
                weights.insert(format!("model.layers.{layer}.{name}.{kind}"), tensor);
            }
            _ => panic!("what is {name}?"),
        }
    }
    Ok(weights)
}

fn in_layer(part: &str, expert: Option<usize>, mixtral: bool) -> String {
    let block = if mixtral { "block_sparse_moe" } else { "mlp" };
    let product = |part: &str| match (part, mixtral) {
        ("ffn_gate", true) => "w1".to_owned(),
        ("ffn_down", true) => "w2".to_owned(),
        ("ffn_up", true) => "w3".to_owned(),
        _ => part.replace("ffn_", "") + "_proj",
    };
    match (part, expert) {
        ("attn_norm", _) => "input_layernorm".to_owned(),
        ("ffn_norm", _) => "post_attention_layernorm".to_owned(),
        ("attn_output", _) => "self_attn.o_proj".to_owned(),
        ("attn_q_norm" | "attn_k_norm", _) => part.replace("attn_", "self_attn."),
        ("attn_q" | "attn_k" | "attn_v", _) => part.replace("attn_", "self_attn.") + "_proj",
        ("ffn_gate_inp", _) => format!("{block}.gate"),
        (part, Some(expert)) => format!("{block}.experts.{expert}.{}", product(part)),
        (part, None) => format!("{block}.{}", product(part)),
    }
}

/// Files of llama pair neighbours of a head where Hugging Face pairs its halves.
fn halves(rows: &Tensor, heads: usize) -> Result<Tensor> {
    let (count, columns) = rows.dims2()?;
    let pairs = rows.reshape((heads, count / heads / 2, 2, columns))?;
    pairs.transpose(1, 2)?.contiguous()?.reshape((count, columns))
}
