//! A model with an adapter against the same model with the change worked into its weights; and files that do not fit.

use super::super::device::{DeviceLlama, here};
use super::super::gguf::GgufFile;
use super::super::kernels::{Level, Pool};
use super::super::llama::architectures::{BYTES, distance, tokens};
use super::super::llama::tests::fresh;
use super::super::llama::{Llama, reference};
use super::super::tiny::Tiny;
use super::*;
use candle_core::quantized::gguf_file::{self, Content, Value as Said};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use std::io::Cursor;

type Written = Vec<(String, QTensor)>;

fn kept(tensor: &Tensor, dtype: GgmlDType) -> QTensor {
    QTensor::quantize(tensor, dtype).unwrap()
}

fn written(metadata: &[(&str, Said)], tensors: &Written) -> Vec<u8> {
    let metadata: Vec<(&str, &Said)> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (&name[..], tensor)).collect();
    let mut bytes = Cursor::new(Vec::new());
    gguf_file::write(&mut bytes, &metadata, &tensors).unwrap();
    bytes.into_inner()
}

fn says(text: &str) -> Said {
    Said::String(text.to_owned())
}

fn head(architecture: &str) -> Vec<(&'static str, Said)> {
    vec![
        ("general.type", says("adapter")),
        ("general.architecture", says(architecture)),
        ("adapter.type", says("lora")),
        ("adapter.lora.alpha", Said::F32(6.0)),
    ]
}

/// Halves of a change, of rank 3, for every matrix of the model that may have one.
fn halves(base: &[u8]) -> Written {
    let mut base = Cursor::new(base);
    let content = Content::read(&mut base).unwrap();
    let mut names: Vec<&String> = content.tensor_infos.keys().collect();
    names.sort();
    let mut halves = Vec::new();
    for (seed, name) in names.into_iter().enumerate() {
        let changed = CHANGED.iter().any(|part| name.ends_with(&format!(".{part}.weight")));
        let &[rows, columns] = content.tensor_infos[name].shape.dims() else { continue };
        if changed || name == "output.weight" {
            let wave = |count: usize, size: f32| -> Vec<f32> {
                (0..count).map(|at| size * (at as f32 * 0.7 + seed as f32 * 1.3).sin()).collect()
            };
            let half = |values, shape: (usize, usize), dtype| {
                kept(&Tensor::from_vec(values, shape, &Device::Cpu).unwrap(), dtype)
            };
            halves.push((
                format!("{name}.lora_a"),
                half(wave(3 * columns, 0.15), (3, columns), GgmlDType::F16),
            ));
            halves.push((format!("{name}.lora_b"), half(wave(rows * 3, 0.15), (rows, 3), GgmlDType::F32)));
        }
    }
    halves
}

/// The model with the changes worked in, in full precision: alpha 6 by rank 3.
fn merged(base: &[u8], halves: &Written) -> Vec<u8> {
    let mut base = Cursor::new(base);
    let content = Content::read(&mut base).unwrap();
    let half = |name: String| {
        let found = halves.iter().find(|(half, _)| *half == name);
        found.map(|(_, tensor)| tensor.dequantize(&Device::Cpu).unwrap())
    };
    let names: Vec<String> = content.tensor_infos.keys().cloned().collect();
    let tensors = names.into_iter().map(|name| {
        let tensor = content.tensor(&mut base, &name, &Device::Cpu).unwrap();
        let change = half(format!("{name}.lora_b")).zip(half(format!("{name}.lora_a")));
        let tensor = match change {
            None => tensor,
            Some((up, down)) => {
                let wide = tensor.dequantize(&Device::Cpu).unwrap();
                let sum = (wide + (up.matmul(&down).unwrap() * 2.0).unwrap()).unwrap();
                kept(&sum, GgmlDType::F32)
            }
        };
        (name, tensor)
    });
    let metadata: Vec<(&str, Said)> =
        content.metadata.iter().map(|(key, value)| (&key[..], value.clone())).collect();
    written(&metadata, &tensors.collect())
}

fn opened(adapter: Vec<u8>, model: &Header) -> Result<Adapter, GgufError> {
    Adapter::read(LooseFile::from_bytes(adapter)?, model)
}

#[test]
fn an_adapter_does_what_its_change_worked_into_the_weights_does() {
    let plain = Tiny { dtype: GgmlDType::F16, ..Tiny::default() };
    for (architecture, own_output) in [("llama", true), ("llama", false), ("qwen2", false), ("qwen3", false)]
    {
        let base = Tiny { architecture, own_output, ..plain.clone() }.bytes();
        let halves = halves(&base);
        let (expected, _) = reference::logits(merged(&base, &halves), &tokens());
        let (unchanged, _) = reference::logits(base.clone(), &tokens());
        let mut file = GgufFile::from_bytes(base).unwrap();
        let adapter = opened(written(&head(architecture), &halves), &file.header).unwrap();
        assert_eq!(adapter.len(), 14 + usize::from(own_output));
        let adapters = [adapter];
        let far = distance(&unchanged, &expected);
        assert!(4.0 * BYTES < far, "{architecture}: the change is to be seen, it is {far}");
        let check = |network: &mut dyn super::super::network::Network| {
            let off = distance(&fresh(network, &tokens(), &[]), &expected);
            assert!(off < BYTES, "{architecture}, {}: off by {off}", network.machine());
        };
        for level in Level::available() {
            check(&mut Llama::adapted(&mut file, &adapters, level, Pool::new(2), &mut |_| {}).unwrap());
        }
        check(&mut DeviceLlama::load(&mut file, &adapters, &here(), &mut |_| {}).unwrap());
    }
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let base = Tiny::default().bytes();
    let header = GgufFile::from_bytes(base.clone()).unwrap().header;
    let check = |head: Vec<(&str, Said)>, halves: Written, words: &str| {
        let error = opened(written(&head, &halves), &header).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let wrong = |change: fn(&mut Written)| {
        let mut halves = halves(&base);
        change(&mut halves);
        halves
    };
    let of = |rows: usize, columns: usize, value: f32| {
        kept(&Tensor::full(value, (rows, columns), &Device::Cpu).unwrap(), GgmlDType::F32)
    };
    check(head("qwen2"), halves(&base), "was made for \"qwen2\" models");
    check(vec![("general.architecture", says("llama"))], halves(&base), "is no LoRA adapter");
    check(head("llama"), vec![], "changes nothing");
    let strange = [&head("llama")[..3], &[("adapter.lora.alpha", says("x"))]].concat();
    check(strange, halves(&base), "adapter.lora.alpha");
    check(head("llama"), wrong(|all| drop(all.remove(1))), "lora_b is missing");
    check(head("llama"), wrong(|all| drop(all.remove(0))), "half of no change");
    check(head("llama"), wrong(|all| all[0].0 = "rope.lora_a".to_owned()), "rope.lora_b is missing");
    let named = |name: &str| {
        vec![(format!("{name}.lora_a"), of(2, 64, 0.1)), (format!("{name}.lora_b"), of(64, 2, 0.1))]
    };
    check(head("llama"), named("token_embd.weight"), "only matrices of attention");
    check(head("llama"), named("blk.7.attn_q.weight"), "which this model does not have");
    check(head("llama"), named("blk.0.ffn_up.weight"), "made for another model");
    check(
        head("llama"),
        vec![
            ("blk.0.attn_q.weight.lora_a".to_owned(), of(2, 64, f32::NAN)),
            ("blk.0.attn_q.weight.lora_b".to_owned(), of(64, 2, 0.1)),
        ],
        "no numbers",
    );
    let whole = written(&head("llama"), &halves(&base));
    let alone = GgufFile::from_bytes(whole.clone()).err().unwrap().to_string();
    assert!(alone.contains("name its model first"), "{alone}");
    for length in (0..whole.len() - 32).step_by(97) {
        assert!(opened(whole[..length].to_vec(), &header).is_err(), "cut at {length}");
    }
}
