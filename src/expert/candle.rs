//! The local models: everything that touches candle, tokenizers and tensors. Tensors never leave this folder.
pub mod embedding;
pub mod grammar;
pub mod template;
pub mod vocabulary;
