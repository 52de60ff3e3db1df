//! The local models: everything that touches candle, tokenizers and tensors. Tensors never leave this folder.

pub mod cache;
pub mod gguf;
pub mod kernels;
pub mod llama;
#[doc(hidden)]
pub mod tiny;
pub mod weights;
