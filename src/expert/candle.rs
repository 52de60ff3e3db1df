//! The local models: everything that touches candle, tokenizers and tensors. Tensors never leave this folder.
pub mod template;
pub mod vocabulary;
