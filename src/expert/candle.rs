//! The local models: everything that touches candle, tokenizers and tensors. Tensors never leave this folder.

pub mod cache;
pub mod generate;
pub mod gguf;
pub mod kernels;
pub mod llama;
pub mod model;
pub mod prefixes;
pub mod sampler;
#[doc(hidden)]
pub mod tiny;
pub mod weights;
