//! A second forward pass for the tests to compare with: full precision, one sequence, no cache, candle's own tensors
//! and candle's own reading of the file. It shares no line with the lane. Unlike candle-transformers, which `oracle`
//! holds it against, it gives the logits of a whole text at once and tells which experts each row went to.

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{D, DType, Device, Tensor};
use std::io::Cursor;

/// A file as candle reads it.
pub(super) struct Reference {
    content: Content,
    bytes: Cursor<Vec<u8>>,
    architecture: String,
}

/// What each row went to, layer by layer: experts and their weights, heaviest first.
pub(in super::super) type Chosen = Vec<Vec<Vec<(usize, f32)>>>;

/// The logits after each of the tokens, and the experts each row went to.
pub(in super::super) fn logits(bytes: Vec<u8>, tokens: &[u32]) -> (Vec<Vec<f32>>, Chosen) {
    Reference::open(bytes).forward(tokens).unwrap()
}

type Computed<T> = candle_core::Result<T>;

/// Which experts a row goes to, each with its share.
type Shares = Vec<(usize, f32)>;

impl Reference {
    pub(super) fn open(bytes: Vec<u8>) -> Reference {
        let mut bytes = Cursor::new(bytes);
        let content = Content::read(&mut bytes).unwrap();
        let architecture = content.metadata["general.architecture"].to_string().unwrap().clone();
        Reference { content, bytes, architecture }
    }

    /// Of all tensors.
    pub(super) fn names(&self) -> Vec<String> {
        self.content.tensor_infos.keys().cloned().collect()
    }

    /// Llama and what calls itself so: a head turns pairs of neighbours.
    pub(super) fn is_llama(&self) -> bool {
        self.architecture == "llama"
    }

    pub(super) fn number(&self, key: &str) -> Option<f64> {
        match self.content.metadata.get(&format!("{}.{key}", self.architecture))? {
            Value::U32(number) => Some(f64::from(*number)),
            Value::F32(number) => Some(f64::from(*number)),
            other => panic!("{key} is {other:?}"),
        }
    }

    pub(super) fn size(&self, key: &str) -> usize {
        self.number(key).unwrap() as usize
    }

    pub(super) fn tensor(&mut self, name: &str) -> Option<Tensor> {
        self.content.tensor_infos.get(name)?;
        Some(
            self.content
                .tensor(&mut self.bytes, name, &Device::Cpu)
                .unwrap()
                .dequantize(&Device::Cpu)
                .unwrap(),
        )
    }

    /// `x` by the weights of this name, plus its bias where there is one.
    fn linear(&mut self, x: &Tensor, name: &str) -> Computed<Tensor> {
        let product = x.matmul(&self.tensor(&format!("{name}.weight")).unwrap().t()?)?;
        match self.tensor(&format!("{name}.bias")) {
            Some(bias) => product.broadcast_add(&bias),
            None => Ok(product),
        }
    }

    fn norm(&mut self, x: &Tensor, name: &str) -> Computed<Tensor> {
        let mean = x.sqr()?.mean_keepdim(D::Minus1)?;
        let epsilon = self.number("attention.layer_norm_rms_epsilon").unwrap();
        let normed = x.broadcast_div(&(mean + epsilon)?.sqrt()?)?;
        normed.broadcast_mul(&self.tensor(&format!("{name}.weight")).unwrap())
    }

    fn forward(&mut self, tokens: &[u32]) -> Computed<(Vec<Vec<f32>>, Chosen)> {
        let embedding = self.tensor("token_embd.weight").unwrap();
        let mut x = embedding.index_select(&Tensor::new(tokens, &Device::Cpu)?, 0)?;
        let mut chosen = Vec::new();
        for layer in 0..self.size("block_count") {
            let name = |part: &str| format!("blk.{layer}.{part}");
            let normed = self.norm(&x, &name("attn_norm"))?;
            x = (x + self.attention(&normed, layer)?)?;
            let normed = self.norm(&x, &name("ffn_norm"))?;
            let (fed, experts) = self.feed_forward(&normed, layer)?;
            chosen.push(experts);
            x = (x + fed)?;
        }
        let x = self.norm(&x, "output_norm")?;
        let output = self.tensor("output.weight").unwrap_or(embedding);
        Ok((x.matmul(&output.t()?)?.to_vec2()?, chosen))
    }

    fn attention(&mut self, x: &Tensor, layer: usize) -> Computed<Tensor> {
        let (heads, shared) = (self.size("attention.head_count"), self.size("attention.head_count_kv"));
        let count = x.dim(0)?;
        let mut parts = Vec::new();
        for (part, heads) in [("q", heads), ("k", shared), ("v", shared)] {
            let product = self.linear(x, &format!("blk.{layer}.attn_{part}"))?;
            let mut part_heads = product.reshape((count, heads, ()))?;
            let norm = format!("blk.{layer}.attn_{part}_norm");
            if self.tensor(&format!("{norm}.weight")).is_some() {
                part_heads = self.norm(&part_heads, &norm)?;
            }
            if part != "v" {
                part_heads = self.rotate(&part_heads)?;
            }
            // Each head of keys serves as many heads of queries.
            let repeated: Vec<Tensor> = (0..self.size("attention.head_count"))
                .map(|head| {
                    part_heads.narrow(
                        1,
                        if part == "q" { head } else { head * shared / (self.size("attention.head_count")) },
                        1,
                    )
                })
                .collect::<Computed<_>>()?;
            parts.push(Tensor::cat(&repeated, 1)?.transpose(0, 1)?.contiguous()?);
        }
        let scale = 1.0 / (parts[0].dim(2)? as f64).sqrt();
        let scores = (parts[0].matmul(&parts[1].transpose(1, 2)?.contiguous()?)? * scale)?;
        let later = |at: usize| if at / count < at % count { f32::NEG_INFINITY } else { 0.0 };
        let mask: Vec<f32> = (0..count * count).map(later).collect();
        let scores = scores.broadcast_add(&Tensor::from_vec(mask, (count, count), &Device::Cpu)?)?;
        let attended = softmax(&scores)?.matmul(&parts[2])?;
        let attended = attended.transpose(0, 1)?.contiguous()?.reshape((count, ()))?;
        self.linear(&attended, &format!("blk.{layer}.attn_output"))
    }

    /// `[row][head][dimension]`, turned by the position: neighbours in files of llama, halves in those of qwen.
    fn rotate(&mut self, heads: &Tensor) -> Computed<Tensor> {
        let (_, _, width) = heads.dims3()?;
        let base = self.number("rope.freq_base").unwrap();
        let factors = self.tensor("rope_freqs.weight").map(|factors| factors.to_vec1::<f32>()).transpose()?;
        let mut values: Vec<Vec<Vec<f32>>> = heads.to_vec3()?;
        for (position, row) in values.iter_mut().enumerate() {
            for head in row {
                for pair in 0..width / 2 {
                    let factor = factors.as_ref().map_or(1.0, |factors| f64::from(factors[pair]));
                    let angle = position as f64 * base.powf(-2.0 * pair as f64 / width as f64) / factor;
                    let (sine, cosine) = (angle.sin() as f32, angle.cos() as f32);
                    let (a, b) =
                        if self.is_llama() { (2 * pair, 2 * pair + 1) } else { (pair, pair + width / 2) };
                    (head[a], head[b]) =
                        (head[a] * cosine - head[b] * sine, head[a] * sine + head[b] * cosine);
                }
            }
        }
        Tensor::new(values, &Device::Cpu)
    }

    fn feed_forward(&mut self, x: &Tensor, layer: usize) -> Computed<(Tensor, Vec<Shares>)> {
        let experts = self.number("expert_count").unwrap_or(0.0) as usize;
        if experts == 0 {
            let weights =
                ["gate", "up", "down"].map(|part| self.tensor(&format!("blk.{layer}.ffn_{part}.weight")));
            return Ok((gated(x, &weights.map(Option::unwrap))?, Vec::new()));
        }
        let shares: Vec<Vec<f32>> =
            softmax(&self.linear(x, &format!("blk.{layer}.ffn_gate_inp"))?)?.to_vec2()?;
        let (mut rows, mut chosen) = (Vec::new(), Vec::new());
        for (row, shares) in shares.iter().enumerate() {
            let x = x.narrow(0, row, 1)?;
            let mut order: Vec<usize> = (0..experts).collect();
            order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]));
            order.truncate(self.size("expert_used_count"));
            let sum: f32 = order.iter().map(|&expert| shares[expert]).sum();
            let mut out = x.zeros_like()?;
            let order: Vec<(usize, f32)> =
                order.into_iter().map(|expert| (expert, shares[expert] / sum)).collect();
            for &(expert, share) in &order {
                let weights = ["gate", "up", "down"].map(|part| {
                    let together = self.tensor(&format!("blk.{layer}.ffn_{part}_exps.weight"));
                    let of_expert = |all: Tensor| all.get(expert).unwrap();
                    let apart = format!("blk.{layer}.ffn_{part}.{expert}.weight");
                    together.map(of_expert).or_else(|| self.tensor(&apart)).unwrap()
                });
                out = (out + (gated(&x, &weights)? * f64::from(share))?)?;
            }
            rows.push(out);
            chosen.push(order);
        }
        Ok((Tensor::cat(&rows, 0)?, chosen))
    }
}

fn gated(x: &Tensor, [gate, up, down]: &[Tensor; 3]) -> Computed<Tensor> {
    let between = (x.matmul(&gate.t()?)?.silu()? * x.matmul(&up.t()?)?)?;
    between.matmul(&down.t()?)
}

fn softmax(scores: &Tensor) -> Computed<Tensor> {
    let scores = scores.to_dtype(DType::F32)?;
    let shares = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
    shares.broadcast_div(&shares.sum_keepdim(D::Minus1)?)
}
