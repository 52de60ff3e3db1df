//! Builds a model from a checked file: reads its settings, refuses what it does not know, loads tensor by tensor.

use super::super::gguf::{GgufError, GgufFile, Header, Value};
use super::super::kernels::{BLOCK, LANES, Level, Pool};
use super::super::weights::{Linear, Part, plain, vector};
use super::mixture::Mixture;
use super::{Dense, Feed, Layer, Llama, Room, Settings};

pub(super) fn llama(
    file: &mut GgufFile,
    level: Level,
    pool: Pool,
    progress: &mut dyn FnMut(f32),
) -> Result<Llama, GgufError> {
    let mut settings = settings(&file.header)?;
    let Settings { hidden, vocabulary, layers, head, .. } = settings;
    if file.header.tensor("rope_freqs.weight").is_some() {
        let factors = vector(file, "rope_freqs.weight", head / 2)?;
        settings.frequencies.iter_mut().zip(factors).for_each(|(frequency, factor)| *frequency /= factor);
    }
    let steps = (layers + 2) as f32;
    progress(0.0);
    let table = |file: &mut GgufFile, name: &str| {
        Linear::load(file, hidden, &[Part { name, rows: vocabulary, split_heads: None, expert: None }])
    };
    let embedding = table(file, "token_embd.weight")?;
    progress(1.0 / steps);
    let own_output = file.header.tensor("output.weight").is_some();
    let output = if own_output { Some(table(file, "output.weight")?) } else { None };
    let norm = vector(file, "output_norm.weight", hidden)?;
    let mut loaded = Vec::new();
    for index in 0..layers {
        progress((index + 2) as f32 / steps);
        loaded.push(layer(file, &settings, index)?);
    }
    progress(1.0);
    Ok(Llama {
        settings,
        layers: loaded,
        embedding,
        output,
        norm,
        level,
        pool,
        room: Room::default(),
        gate_hook: None,
    })
}

fn layer(file: &mut GgufFile, settings: &Settings, index: usize) -> Result<Layer, GgufError> {
    let Settings { hidden, heads, key_value_heads, head, .. } = *settings;
    let name = |part: &str| format!("blk.{index}.{part}");
    let (queries, keys) = (heads * head, key_value_heads * head);
    // Files of the llama architecture turn neighbouring dimensions, those of qwen turn halves, as our kernels do.
    let split_heads = (settings.architecture == "llama").then_some(head);
    let mut linear = |columns: usize, parts: &[(&str, usize, Option<usize>)]| {
        let names: Vec<String> = parts.iter().map(|(part, ..)| name(part)).collect();
        let parts: Vec<Part<'_>> = names
            .iter()
            .zip(parts)
            .map(|(name, &(_, rows, split_heads))| Part { name, rows, split_heads, expert: None })
            .collect();
        Linear::load(file, columns, &parts)
    };
    let query_key_value = linear(
        hidden,
        &[
            ("attn_q.weight", queries, split_heads),
            ("attn_k.weight", keys, split_heads),
            ("attn_v.weight", keys, None),
        ],
    )?;
    let attention_output = linear(queries, &[("attn_output.weight", hidden, None)])?;
    let feed = match settings.experts {
        (0, _) => Feed::Dense(dense(file, settings, index, None)?),
        (experts, used) => {
            let router = plain(file, &name("ffn_gate_inp.weight"), experts, hidden)?;
            let each = (0..experts).map(|expert| dense(file, settings, index, Some((expert, experts))));
            Feed::Mixture(Mixture::new(router, each.collect::<Result<_, _>>()?, used))
        }
    };
    let mut optional = |part: &str, length: usize| -> Result<Option<Vec<f32>>, GgufError> {
        let name = name(part);
        file.header.tensor(&name).is_some().then(|| vector(file, &name, length)).transpose()
    };
    let bias = match optional("attn_q.bias", queries)? {
        Some(bias) => {
            let keys_bias =
                optional("attn_k.bias", keys)?.ok_or_else(|| GgufError::Tensor(name("attn_k.bias")))?;
            let values_bias =
                optional("attn_v.bias", keys)?.ok_or_else(|| GgufError::Tensor(name("attn_v.bias")))?;
            let split = |bias: Vec<f32>| if split_heads.is_some() { split_vector(&bias, head) } else { bias };
            Some([split(bias), split(keys_bias), values_bias].concat())
        }
        None => None,
    };
    let (query_norm, key_norm) =
        (optional("attn_q_norm.weight", head)?, optional("attn_k_norm.weight", head)?);
    let attention_norm = vector(file, &name("attn_norm.weight"), hidden)?;
    let feed_forward_norm = vector(file, &name("ffn_norm.weight"), hidden)?;
    Ok(Layer {
        attention_norm,
        query_key_value,
        bias,
        query_norm,
        key_norm,
        attention_output,
        feed_forward_norm,
        feed,
    })
}

/// Gate, up and down of a layer, or of one of its experts.
fn dense(
    file: &mut GgufFile,
    settings: &Settings,
    layer: usize,
    expert: Option<(usize, usize)>,
) -> Result<Dense, GgufError> {
    let Settings { hidden, feed_forward, .. } = *settings;
    let together = file.header.tensor(&format!("blk.{layer}.ffn_gate_exps.weight")).is_some();
    // All experts in one tensor, or, in older files, each in its own.
    let name = |part: &str| match expert {
        None => format!("blk.{layer}.ffn_{part}.weight"),
        Some(_) if together => format!("blk.{layer}.ffn_{part}_exps.weight"),
        Some((index, _)) => format!("blk.{layer}.ffn_{part}.{index}.weight"),
    };
    let names = ["gate", "up", "down"].map(name);
    let part = |at: usize, rows| Part {
        name: &names[at],
        rows,
        split_heads: None,
        expert: expert.filter(|_| together),
    };
    let gate_up = Linear::load(file, hidden, &[part(0, feed_forward), part(1, feed_forward)])?;
    Ok(Dense { gate_up, down: Linear::load(file, feed_forward, &[part(2, hidden)])? })
}

/// The order that `Part::split_heads` gives to rows, for a bias.
fn split_vector(values: &[f32], head: usize) -> Vec<f32> {
    let split = |head: &[f32]| -> Vec<f32> {
        head.iter().step_by(2).chain(head.iter().skip(1).step_by(2)).copied().collect()
    };
    values.chunks_exact(head).flat_map(split).collect()
}

/// Reads the settings out of the metadata and refuses those that this code would compute wrongly.
pub(super) fn settings(header: &Header) -> Result<Settings, GgufError> {
    let architecture = header.architecture.clone();
    let refuse = |why: String| Err(GgufError::Unsupported(why));
    if !["llama", "qwen2", "qwen3", "qwen3moe"].contains(&architecture.as_str()) {
        return refuse(format!(
            "models of the architecture {architecture:?} are not supported; choose a llama, mistral, mixtral, smollm, \
             qwen2, qwen3 or qwen3moe model"
        ));
    }
    let key = |name: &str| format!("{architecture}.{name}");
    let integer = |name: &str| header.integer(&key(name));
    let experts = (integer("expert_count").unwrap_or(0), integer("expert_used_count").unwrap_or(0));
    if 0 < experts.0 && !(1..=experts.0.min(256)).contains(&experts.1) || 4096 < experts.0 {
        return refuse(format!(
            "a token would go to {} of {} experts of the network: the file is damaged, fetch it again",
            experts.1, experts.0
        ));
    }
    let feed_forward = match integer("expert_feed_forward_length") {
        Some(width) if 0 < experts.0 => width,
        _ => header.feed_forward,
    };
    let (heads, key_value_heads, hidden) = (header.heads, header.key_value_heads, header.hidden);
    let head = integer("attention.key_length").unwrap_or(hidden / heads);
    let rotated = integer("rope.dimension_count").unwrap_or(head);
    let values = integer("attention.value_length").unwrap_or(head);
    let fits = head.is_multiple_of(LANES)
        && (LANES..=512).contains(&head)
        && rotated == head
        && values == head
        && heads <= 4096
        && heads.is_multiple_of(key_value_heads)
        && hidden.is_multiple_of(BLOCK)
        && (heads * head).is_multiple_of(BLOCK)
        && 0 < feed_forward
        && feed_forward.is_multiple_of(BLOCK);
    if !fits {
        return refuse(format!(
            "the sizes of this model are not supported: width {hidden}, {heads} heads of {head} with {values} for values \
             and {rotated} rotated, {key_value_heads} of them for keys, feed-forward {feed_forward}"
        ));
    }
    let scaling = match header.text(&key("rope.scaling.type")) {
        None | Some("none") => 1.0,
        Some("linear") => header.float(&key("rope.scaling.factor")).unwrap_or(1.0),
        Some(other) => {
            return refuse(format!("the position scaling {other:?} is not supported; choose another model"));
        }
    };
    let base = header.float(&key("rope.freq_base")).unwrap_or(10_000.0);
    let frequency = |pair: usize| (base.powf(-2.0 * pair as f64 / head as f64) / scaling) as f32;
    let epsilon = key("attention.layer_norm_rms_epsilon");
    let epsilon = header.float(&epsilon).ok_or(GgufError::Key(epsilon))? as f32;
    let vocabulary = header.tensor("token_embd.weight").and_then(|tensor| tensor.shape.first().copied());
    let vocabulary = vocabulary.ok_or_else(|| GgufError::Tensor("token_embd.weight".to_owned()))?;
    if let Some(Value::List(tokens)) = header.metadata.get("tokenizer.ggml.tokens")
        && vocabulary < *tokens
    {
        return refuse(format!(
            "the tokenizer has {tokens} tokens, the weights know {vocabulary}: the file is mixed up"
        ));
    }
    Ok(Settings {
        hidden,
        feed_forward,
        experts,
        layers: header.layers,
        heads,
        key_value_heads,
        head,
        context: header.context_length,
        vocabulary,
        epsilon,
        frequencies: (0..head / 2).map(frequency).collect(),
        architecture,
    })
}
