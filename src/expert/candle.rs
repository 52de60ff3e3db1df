//! The local models: everything that touches candle, tokenizers and tensors. Tensors never leave this folder.

pub mod cache;
pub mod embedding;
pub mod generate;
pub mod gguf;
pub mod grammar;
pub mod inspect;
pub mod kernels;
pub mod language;
pub mod llama;
pub mod model;
pub mod prefixes;
pub mod sampler;
pub mod similar;
pub mod template;
#[doc(hidden)]
pub mod tiny;
pub mod vocabulary;
pub mod weights;
