//! The encoder: word pieces in, one vector for each text out.
//!
//! After "BERT: Pre-training of Deep Bidirectional Transformers" (Devlin et al., 2019). The products are the kernels',
//! what happens between them is in `rows`. Texts stand one after the other, with nothing in between.

use super::super::kernels::dense::{Dense, multiply};
use super::super::kernels::{LANES, Level, Pool};
use super::rows::{self, Norm, Place};
use super::weights::Weights;
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
    level: Level,
    pool: Pool,
}

struct Layer {
    /// Queries, keys and values side by side.
    attention: Dense,
    output: Dense,
    output_norm: Norm,
    up: Dense,
    down: Dense,
    down_norm: Norm,
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

impl Configuration {
    /// Reads it and refuses what this code would compute wrongly.
    fn read(folder: &Path) -> Result<Configuration, String> {
        let named = |fault: String| format!("config.json: {fault}");
        let text = std::fs::read_to_string(folder.join("config.json"));
        let text = text.map_err(|error| named(error.to_string()))?;
        let read: Configuration = serde_json::from_str(&text).map_err(|error| named(error.to_string()))?;
        let (width, middle, heads) = (read.hidden_size, read.intermediate_size, read.num_attention_heads);
        if read.hidden_act != "gelu" {
            return Err(named(format!("its activation is {:?}, we know \"gelu\"", read.hidden_act)));
        }
        if width == 0 || middle == 0 || heads == 0 || !width.is_multiple_of(heads) {
            return Err(named(format!("{heads} heads do not share a width of {width}")));
        }
        if !width.is_multiple_of(LANES) || !middle.is_multiple_of(LANES) {
            return Err(named(format!("its widths {width} and {middle} are not multiples of {LANES}")));
        }
        Ok(read)
    }
}

/// What the configuration in a folder says, in a few words; no weights are read.
pub(super) fn about(folder: &Path) -> Result<String, String> {
    let read = Configuration::read(folder)?;
    Ok(format!("{} layers, {} numbers a text", read.num_hidden_layers, read.hidden_size))
}

impl Bert {
    pub(super) fn load(folder: &Path, level: Level) -> Result<Bert, String> {
        let configuration = Configuration::read(folder)?;
        let named = |fault: String| format!("model.safetensors: {fault}");
        let weights = Weights::read(&folder.join("model.safetensors")).map_err(named)?;
        Bert::build(folder, level, &configuration, &weights).map_err(named)
    }

    fn build(
        folder: &Path,
        level: Level,
        configuration: &Configuration,
        weights: &Weights,
    ) -> Result<Bert, String> {
        let &Configuration {
            hidden_size: width, num_attention_heads: heads, intermediate_size: middle, ..
        } = configuration;
        let norm = |name: &str| -> Result<Norm, String> {
            Ok(Norm {
                scale: weights.take(&format!("{name}.LayerNorm.weight"), &[width])?,
                shift: weights.take(&format!("{name}.LayerNorm.bias"), &[width])?,
                epsilon: configuration.layer_norm_eps,
            })
        };
        let linear = |names: &[String], from: usize, to: usize| -> Result<Dense, String> {
            let (mut rows, mut bias) = (vec![], vec![]);
            for name in names {
                rows.extend(weights.take(&format!("{name}.weight"), &[to, from])?);
                bias.extend(weights.take(&format!("{name}.bias"), &[to])?);
            }
            Ok(Dense::new(&rows, bias))
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
        Ok(Bert {
            folder: folder.to_owned(),
            heads,
            width,
            words,
            positions,
            norm,
            layers,
            level,
            pool: Pool::of_this_machine(),
        })
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
        let mut x = self.first_rows(texts)?;
        let mut room = Room::default();
        for layer in &self.layers {
            self.pass(layer, &mut x, &lengths, &mut room);
        }
        let mut rest = x.as_slice();
        let vectors = lengths.iter().map(|&length| {
            let (text, after) = rest.split_at(length * self.width);
            rest = after;
            mean(text, self.width)
        });
        let vectors: Vec<Vec<f32>> = vectors.collect();
        match vectors.iter().flatten().all(|x| x.is_finite()) {
            true => Ok(vectors),
            false => Err("its numbers are not finite: the weights are broken".to_owned()),
        }
    }

    /// Word plus position, normalised.
    fn first_rows(&self, texts: &[&[u32]]) -> Result<Vec<f32>, String> {
        let width = self.width;
        let mut x = vec![0.0; texts.iter().map(|text| text.len()).sum::<usize>() * width];
        let places = texts.iter().flat_map(|text| text.iter().enumerate());
        for (row, (at, &piece)) in x.chunks_mut(width).zip(places) {
            let word = self.words.chunks(width).nth(piece as usize);
            let position = self.positions.chunks(width).nth(at);
            let (Some(word), Some(position)) = (word, position) else {
                return Err(format!(
                    "no row for word piece {piece} at place {at}: the tokenizer does not fit"
                ));
            };
            let both = word.iter().zip(position);
            row.iter_mut().zip(both).for_each(|(x, (word, position))| *x = word + position);
            self.norm.apply(row);
        }
        Ok(x)
    }

    /// Carries the rows through a layer.
    fn pass(&self, layer: &Layer, x: &mut [f32], lengths: &[usize], room: &mut Room) {
        let Bert { level, width, heads, ref pool, .. } = *self;
        let place = Place { level, pool };
        let rows = x.len() / width;
        let product = |weights: &Dense, input: &[f32], out: &mut Vec<f32>| {
            out.resize(rows * weights.outputs(), 0.0);
            multiply(level, pool, weights, input, out);
        };
        product(&layer.attention, x, &mut room.wide);
        room.narrow.resize(x.len(), 0.0);
        place.attend(&room.wide, lengths, width, heads, &mut room.narrow);
        product(&layer.output, &room.narrow, &mut room.result);
        place.add_and_normalize(x, &room.result, &layer.output_norm);
        product(&layer.up, x, &mut room.wide);
        place.gelu(&mut room.wide);
        product(&layer.down, &room.wide, &mut room.result);
        place.add_and_normalize(x, &room.result, &layer.down_norm);
    }
}

/// What stands between the products of a layer, kept from layer to layer.
#[derive(Default)]
struct Room {
    wide: Vec<f32>,
    narrow: Vec<f32>,
    result: Vec<f32>,
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
