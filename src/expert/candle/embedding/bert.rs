//! The encoder: word pieces in, one vector for each text out.
//!
//! After "BERT: Pre-training of Deep Bidirectional Transformers" (Devlin et al., 2019). candle multiplies the
//! matrices; what happens between the products is in `rows`.

use super::rows::{self, Norm};
use super::weights::Weights;
use candle_core::{CpuStorage, Device, Result as Candle, Storage, Tensor};
use serde::Deserialize;
use std::path::{Path, PathBuf};

pub(super) struct Bert {
    folder: PathBuf,
    heads: usize,
    width: usize,
    /// One row to a word piece, to a position (with the row of text type 0 added already).
    words: Vec<f32>,
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

/// Matrices are `[in, out]`, ready for row times matrix.
struct Layer {
    /// Queries, keys and values side by side.
    attention: Linear,
    output: Linear,
    output_norm: Norm,
    up: Linear,
    down: Linear,
    down_norm: Norm,
}

struct Linear {
    matrix: Tensor,
    bias: Vec<f32>,
}

/// What we need of `config.json`.
#[derive(Deserialize)]
struct Configuration {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "epsilon")]
    layer_norm_eps: f32,
    hidden_act: String,
}

fn epsilon() -> f32 {
    1e-12
}

impl Bert {
    pub(super) fn load(folder: &Path) -> Result<Bert, String> {
        let text = std::fs::read_to_string(folder.join("config.json"));
        let text = text.map_err(|error| format!("config.json: {error}"))?;
        let configuration: Configuration =
            serde_json::from_str(&text).map_err(|error| format!("config.json: {error}"))?;
        let named = |fault: String| format!("model.safetensors: {fault}");
        let weights = Weights::read(&folder.join("model.safetensors")).map_err(named)?;
        Bert::build(folder, &configuration, &weights).map_err(named)
    }

    fn build(folder: &Path, configuration: &Configuration, weights: &Weights) -> Result<Bert, String> {
        let &Configuration {
            hidden_size: width, num_attention_heads: heads, intermediate_size: middle, ..
        } = configuration;
        if configuration.hidden_act != "gelu" {
            return Err(format!("its activation is {:?}, we know \"gelu\"", configuration.hidden_act));
        }
        if width == 0 || middle == 0 || heads == 0 || !width.is_multiple_of(heads) {
            return Err(format!("{heads} heads do not share a width of {width}"));
        }
        let norm = |name: &str| -> Result<Norm, String> {
            Ok(Norm {
                scale: weights.take(&format!("{name}.LayerNorm.weight"), &[width])?,
                shift: weights.take(&format!("{name}.LayerNorm.bias"), &[width])?,
                epsilon: configuration.layer_norm_eps,
            })
        };
        let linear = |names: &[String], from: usize, to: usize| -> Result<Linear, String> {
            let (mut rows, mut bias) = (vec![], vec![]);
            for name in names {
                rows.extend(weights.take(&format!("{name}.weight"), &[to, from])?);
                bias.extend(weights.take(&format!("{name}.bias"), &[to])?);
            }
            let turned = || Tensor::from_vec(rows, (names.len() * to, from), &Device::Cpu)?.t()?.contiguous();
            Ok(Linear { matrix: turned().map_err(|error| error.to_string())?, bias })
        };
        let vocabulary =
            weights.shape("embeddings.word_embeddings.weight").and_then(|shape| shape.first().copied());
        let words = weights.take("embeddings.word_embeddings.weight", &[vocabulary.unwrap_or(0), width])?;
        let shape = [configuration.max_position_embeddings, width];
        let mut positions = weights.take("embeddings.position_embeddings.weight", &shape)?;
        let kinds =
            weights.shape("embeddings.token_type_embeddings.weight").and_then(|shape| shape.first().copied());
        let kinds = weights.take("embeddings.token_type_embeddings.weight", &[kinds.unwrap_or(0), width])?;
        for row in positions.chunks_mut(width) {
            row.iter_mut().zip(&kinds).for_each(|(x, kind)| *x += kind);
        }
        let mut layers = vec![];
        // A layer that the file does not have is an error, so a wild number ends here soon.
        for at in 0..configuration.num_hidden_layers {
            let name = |rest: &str| format!("encoder.layer.{at}.{rest}");
            let heads = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
            layers.push(Layer {
                attention: linear(&heads, width, width)?,
                output: linear(&[name("attention.output.dense")], width, width)?,
                output_norm: norm(&name("attention.output"))?,
                up: linear(&[name("intermediate.dense")], width, middle)?,
                down: linear(&[name("output.dense")], middle, width)?,
                down_norm: norm(&name("output"))?,
            });
        }
        let norm = norm("embeddings")?;
        Ok(Bert { folder: folder.to_owned(), heads, width, words, positions, norm, layers })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The most word pieces a text may have.
    pub(super) fn longest(&self) -> usize {
        self.positions.len() / self.width
    }

    /// A vector of length 1 for each text. Texts are numbers of word pieces with the marks at both ends.
    pub(super) fn embed(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>, String> {
        let lengths: Vec<usize> = texts.iter().map(|text| text.len()).collect();
        let side = lengths.iter().copied().max().unwrap_or(0);
        if side == 0 {
            return Ok(vec![vec![0.0; self.width]; texts.len()]);
        }
        let mut x = self.first_rows(texts, side)?;
        for layer in &self.layers {
            x = layer.pass(x, &lengths, side, self.heads).map_err(|error| error.to_string())?;
        }
        let text = |(rows, &length): (&[f32], &usize)| mean(&rows[..length * self.width], self.width);
        let vectors: Vec<Vec<f32>> = x.chunks(side * self.width).zip(&lengths).map(text).collect();
        match vectors.iter().flatten().all(|x| x.is_finite()) {
            true => Ok(vectors),
            false => Err("its numbers are not finite: the weights are broken".to_owned()),
        }
    }

    /// Word plus position, normalised; rows beyond the end of a text are 0.
    fn first_rows(&self, texts: &[&[u32]], side: usize) -> Result<Vec<f32>, String> {
        let width = self.width;
        let mut x = vec![0.0; texts.len() * side * width];
        for (rows, text) in x.chunks_mut(side * width).zip(texts) {
            for (at, (row, &piece)) in rows.chunks_mut(width).zip(*text).enumerate() {
                let word = self.words.chunks(width).nth(piece as usize);
                let position = self.positions.chunks(width).nth(at);
                let (Some(word), Some(position)) = (word, position) else {
                    return Err(format!(
                        "no row for word piece {piece} at place {at}: the tokenizer does not fit"
                    ));
                };
                row.iter_mut()
                    .zip(word.iter().zip(position))
                    .for_each(|(x, (word, position))| *x = word + position);
                self.norm.apply(row);
            }
        }
        Ok(x)
    }
}

impl Layer {
    /// `x` is `[text, row, width]` with `side` rows to a text.
    fn pass(&self, mut x: Vec<f32>, lengths: &[usize], side: usize, heads: usize) -> Candle<Vec<f32>> {
        let (texts, width) = (lengths.len(), self.output.bias.len());
        let (depth, count) = (width / heads, texts * side);
        let input = Tensor::from_slice(&x, (count, width), &Device::Cpu)?;
        let [queries, keys, values] = with_numbers(&input.matmul(&self.attention.matrix)?, |x| {
            rows::part_heads(x, &self.attention.bias, side, heads, depth)
        })?;
        let batch = texts * heads;
        let queries = Tensor::from_vec(queries, (batch, side, depth), &Device::Cpu)?;
        let keys = Tensor::from_vec(keys, (batch, depth, side), &Device::Cpu)?;
        let values = Tensor::from_vec(values, (batch, side, depth), &Device::Cpu)?;
        let scale = (depth as f32).sqrt().recip();
        let shares =
            with_numbers(&queries.matmul(&keys)?, |x| rows::softmax(x, lengths, heads, side, scale))?;
        let shares = Tensor::from_vec(shares, (batch, side, side), &Device::Cpu)?;
        let mixed = with_numbers(&shares.matmul(&values)?, |x| rows::join_heads(x, side, heads, depth))?;
        let mixed = Tensor::from_vec(mixed, (count, width), &Device::Cpu)?;
        with_numbers(&mixed.matmul(&self.output.matrix)?, |y| {
            rows::add_and_normalize(&mut x, y, &self.output.bias, &self.output_norm);
        })?;
        let input = Tensor::from_slice(&x, (count, width), &Device::Cpu)?;
        let middle = with_numbers(&input.matmul(&self.up.matrix)?, |x| rows::gelu(x, &self.up.bias))?;
        let middle = Tensor::from_vec(middle, (count, self.up.bias.len()), &Device::Cpu)?;
        with_numbers(&middle.matmul(&self.down.matrix)?, |y| {
            rows::add_and_normalize(&mut x, y, &self.down.bias, &self.down_norm);
        })?;
        Ok(x)
    }
}

/// Hands the numbers of a product to a function without copying them.
fn with_numbers<T>(tensor: &Tensor, read: impl FnOnce(&[f32]) -> T) -> Candle<T> {
    let (storage, layout) = tensor.storage_and_layout();
    match (&*storage, layout.contiguous_offsets()) {
        (Storage::Cpu(CpuStorage::F32(numbers)), Some((from, to))) => Ok(read(&numbers[from..to])),
        _ => Err(candle_core::Error::Msg("a product is not in plain memory".to_owned())),
    }
}

/// Mean of the rows, brought to length 1.
fn mean(rows: &[f32], width: usize) -> Vec<f32> {
    let mut mean = vec![0.0; width];
    for row in rows.chunks(width) {
        mean.iter_mut().zip(row).for_each(|(mean, x)| *mean += x);
    }
    let length = rows::dot(&mean, &mean).sqrt();
    if length > 0.0 {
        mean.iter_mut().for_each(|x| *x /= length);
    }
    mean
}
