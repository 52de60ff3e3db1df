//! The local models: everything that touches candle, tokenizers and tensors. Tensors never leave this folder.

pub mod adapter;
mod blocks;
pub mod cache;
#[cfg(any(test, feature = "cuda", feature = "metal"))]
pub mod device;
pub mod embedding;
pub mod gates;
pub mod generate;
pub mod gguf;
pub mod grammar;
pub mod inspect;
pub mod kernels;
pub mod language;
pub mod llama;
pub mod machine;
pub mod memory;
pub mod model;
pub mod network;
pub mod prefixes;
pub mod sampler;
pub mod settings;
pub mod similar;
pub mod template;
#[doc(hidden)]
pub mod tiny;
pub mod vocabulary;
pub mod weights;
