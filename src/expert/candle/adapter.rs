//! LoRA adapters: files of thin matrices that are added to matrices of a model.
//!
//! Read after the model's head and held against it; `weights` and `device` put them to use. A file is one that llama.cpp's
//! converter writes: GGUF with `adapter.type` "lora", and for each changed matrix `NAME.lora_a` and `NAME.lora_b`.
//!
//! Source: "LoRA: Low-Rank Adaptation of Large Language Models" (Hu et al., 2021).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::gguf::{GgufError, Header, LooseFile, TensorEntry, Value};
use super::weights::widen;

/// More than anybody trains; a damaged file may say anything.
const MAX_RANK: usize = 1024;

/// The parts of a layer that may be changed, beside the output of the model.
const CHANGED: [&str; 7] = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];

/// What is added to one matrix: `up . down`.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Columns of `up`, rows of `down`.
    pub rank: usize,
    /// Row by row: `[rank][column of the matrix]`.
    pub down: Vec<f32>,
    /// Row by row: `[row of the matrix][rank]`; the adapter's scale is in it.
    pub up: Vec<f32>,
}

/// The changes of one file, by the name of the matrix.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Adapter(HashMap<String, Change>);

impl Adapter {
    /// Reads an adapter for the model of this head.
    ///
    /// # Errors
    /// Every change must fit a matrix of the model: words for a person where one does not.
    pub fn open(path: &Path, model: &Header) -> Result<Adapter, GgufError> {
        Adapter::read(LooseFile::open(path)?, model)
    }

    /// All of these adapters, in their order; what is wrong comes with the path of its file.
    pub fn open_all(paths: &[PathBuf], model: &Header) -> Result<Vec<Adapter>, String> {
        let open = |path: &PathBuf| {
            Adapter::open(path, model).map_err(|error| format!("{}: {error}", path.display()))
        };
        paths.iter().map(open).collect()
    }

    pub(super) fn read(mut file: LooseFile, model: &Header) -> Result<Adapter, GgufError> {
        let alpha = alpha(&file.metadata)?;
        let made_for = text(&file.metadata, "general.architecture").unwrap_or_default();
        if made_for != model.architecture {
            return refuse(format!(
                "the adapter was made for {made_for:?} models, this one is of the architecture {:?}",
                model.architecture
            ));
        }
        let mut changes = HashMap::new();
        for down in file.tensors.clone() {
            let (matrix, second) =
                match (down.name.strip_suffix(".lora_a"), down.name.strip_suffix(".lora_b")) {
                    (Some(matrix), _) => (matrix, format!("{matrix}.lora_b")),
                    (_, Some(matrix))
                        if file.tensors.iter().any(|other| other.name == format!("{matrix}.lora_a")) =>
                    {
                        continue;
                    }
                    _ => {
                        return refuse(format!(
                            "the adapter has a tensor {}, which is half of no change",
                            down.name
                        ));
                    }
                };
            let Some(up) = file.tensors.iter().find(|other| other.name == second).cloned() else {
                return Err(GgufError::Tensor(second));
            };
            let rank = fitting(matrix, &down, &up, model)?;
            let mut read = |entry: &TensorEntry| {
                let bytes = file.tensor(entry)?;
                let values = widen(entry, &bytes, entry.shape[0], entry.shape[1])?;
                match values.iter().all(|value| value.is_finite()) {
                    true => Ok(values),
                    false => {
                        refuse(format!("tensor {} of the adapter has values that are no numbers", entry.name))
                    }
                }
            };
            let (down, mut up) = (read(&down)?, read(&up)?);
            up.iter_mut().for_each(|value| *value *= alpha.map_or(1.0, |alpha| alpha / rank as f32));
            changes.insert(matrix.to_owned(), Change { rank, down, up });
        }
        match changes.is_empty() {
            true => refuse("the adapter changes nothing: it has no tensors".to_owned()),
            false => Ok(Adapter(changes)),
        }
    }

    /// What it adds to the matrix of this name.
    pub fn change(&self, matrix: &str) -> Option<&Change> {
        self.0.get(matrix)
    }

    /// How many matrices it changes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What an adapter file says of itself, in a line; `None` where a file is no adapter, or no GGUF at all.
pub fn about(path: &Path) -> Option<String> {
    let file = LooseFile::open(path).ok()?;
    let alpha = alpha(&file.metadata).ok()?;
    let rank = file.tensors.iter().filter(|tensor| tensor.name.ends_with(".lora_a"));
    let ranks: std::collections::BTreeSet<usize> =
        rank.filter_map(|tensor| tensor.shape.first().copied()).collect();
    let ranks: Vec<String> = ranks.iter().map(usize::to_string).collect();
    Some(format!(
        "LoRA adapter for {} models: {} matrices, rank {}, alpha {}; to be named behind its model, as in `smollm2 + {}`",
        text(&file.metadata, "general.architecture").unwrap_or("unnamed"),
        file.tensors.len() / 2,
        ranks.join(" and "),
        alpha.map_or_else(|| "as the rank".to_owned(), |alpha| alpha.to_string()),
        path.file_name().unwrap_or_default().to_string_lossy()
    ))
}

/// The numerator of the scale, where the file has one; refuses what is no LoRA adapter.
fn alpha(metadata: &HashMap<String, Value>) -> Result<Option<f32>, GgufError> {
    if text(metadata, "general.type") != Some("adapter") || text(metadata, "adapter.type") != Some("lora") {
        return refuse("this file is no LoRA adapter: a model is named first, adapters behind it".to_owned());
    }
    match metadata.get("adapter.lora.alpha") {
        None => Ok(None),
        Some(Value::Float(0.0)) => Ok(None),
        Some(Value::Float(alpha)) if alpha.is_finite() => Ok(Some(*alpha as f32)),
        Some(_) => Err(GgufError::Key("adapter.lora.alpha".to_owned())),
    }
}

fn text<'a>(metadata: &'a HashMap<String, Value>, key: &str) -> Option<&'a str> {
    match metadata.get(key) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// The rank of a change whose halves fit each other and the matrix.
fn fitting(matrix: &str, down: &TensorEntry, up: &TensorEntry, model: &Header) -> Result<usize, GgufError> {
    let part = matrix.strip_suffix(".weight").and_then(|name| name.rsplit('.').next()).unwrap_or_default();
    let of_layer = matrix.starts_with("blk.") && CHANGED.contains(&part) && matrix.split('.').count() == 4;
    if !of_layer && matrix != "output.weight" {
        return refuse(format!(
            "the adapter changes {matrix}: only matrices of attention and feed-forward, and the output, can be"
        ));
    }
    let Some(changed) = model.tensor(matrix) else {
        return refuse(format!("the adapter changes {matrix}, which this model does not have"));
    };
    match (&changed.shape[..], &down.shape[..], &up.shape[..]) {
        (&[rows, columns], &[rank, inputs], &[outputs, last])
            if rank == last && (rows, columns) == (outputs, inputs) && (1..=MAX_RANK).contains(&rank) =>
        {
            Ok(rank)
        }
        (of_model, down, up) => refuse(format!(
            "the adapter was made for another model: {matrix} is {of_model:?} here, its change is {up:?} by {down:?}"
        )),
    }
}

fn refuse<T>(why: String) -> Result<T, GgufError> {
    Err(GgufError::Unsupported(why))
}

#[cfg(test)]
pub(super) mod tests;
