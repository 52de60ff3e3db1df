//! The sizes and constants of a llama-family model, read from the head of its file.
//!
//! Used by everything that computes such a model (`llama`, `device`) and by `inspect`.

use super::gguf::{GgufError, GgufFile, Header, Value};
use super::kernels::{BLOCK, LANES};
use super::weights::vector;

/// The sizes and constants of a model, as its file gives them.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub architecture: String,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Width between gate and down; of one expert of the network where there are several.
    pub feed_forward: usize,
    /// Experts of the network in each layer, and how many of them a token goes to; 0 for a dense model.
    pub experts: (usize, usize),
    pub layers: usize,
    pub heads: usize,
    pub key_value_heads: usize,
    /// Dimensions of a head, a multiple of 16.
    pub head: usize,
    /// Longest sequence.
    pub context: usize,
    pub vocabulary: usize,
    pub epsilon: f32,
    /// How far each pair of dimensions turns from one position to the next, in radians.
    pub frequencies: Vec<f32>,
}

impl Settings {
    /// The settings of a file, with what it keeps as a tensor: factors that stretch the rotation of each pair.
    pub fn of(file: &mut GgufFile) -> Result<Settings, GgufError> {
        let mut settings = Settings::read(&file.header)?;
        if file.header.tensor("rope_freqs.weight").is_some() {
            let factors = vector(file, "rope_freqs.weight", settings.head / 2)?;
            let each = settings.frequencies.iter_mut().zip(factors);
            each.for_each(|(frequency, factor)| *frequency /= factor);
        }
        Ok(settings)
    }

    /// Reads the settings out of the metadata and refuses those that this code would compute wrongly.
    pub fn read(header: &Header) -> Result<Settings, GgufError> {
        let architecture = header.architecture.clone();
        let refuse = |why: String| Err(GgufError::Unsupported(why));
        if let Some(refused) = GgufError::of_architecture(&architecture) {
            return Err(refused);
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
                return refuse(format!(
                    "the position scaling {other:?} is not supported; choose another model"
                ));
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
}
