//! GGUF model files: checked by ourselves before candle parses them, then read tensor by tensor.
//!
//! Called by the loader and by `models inspect`. A file is hostile until [`GgufFile::open`] has returned: every count,
//! length, shape and offset is held against the size of the file first. Nothing is mapped: a file that is cut while
//! we read it ends in an error, not in a dead process.

mod parse;

use std::collections::HashMap;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

pub use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Content;

/// Why a file is no usable model. The words are for a person: what, where, what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GgufError {
    #[error("can not read {what}: {why}")]
    Read { what: String, why: String },
    #[error(
        "not a GGUF file: it starts with {found:02x?} instead of \"GGUF\"; choose a file that ends in .gguf"
    )]
    Magic { found: Vec<u8> },
    #[error("GGUF version {0} is not supported (2 and 3 are); convert the model again with a current tool")]
    Version(u32),
    #[error(
        "the file is cut short: {what} at byte {at} needs {need} bytes, {left} are left; fetch the file again"
    )]
    Cut { what: String, at: u64, need: u64, left: u64 },
    #[error("{what} at byte {at}: {why}; the file is damaged, fetch it again")]
    Damaged { what: String, at: u64, why: String },
    #[error("the metadata key {0} is missing or has the wrong type; choose another file of this model")]
    Key(String),
    #[error("the tensor {0} is missing; choose a complete file of this model")]
    Tensor(String),
    #[error("{0}")]
    Unsupported(String),
}

impl GgufError {
    /// The refusal of an architecture that is not computed here; `None` for one that is.
    pub(super) fn of_architecture(name: &str) -> Option<GgufError> {
        (!["llama", "qwen2", "qwen3", "qwen3moe"].contains(&name)).then(|| {
            GgufError::Unsupported(format!(
                "models of the architecture {name:?} are not supported; choose a llama, mistral, mixtral, smollm, \
                 qwen2, qwen3 or qwen3moe model"
            ))
        })
    }
}

/// What a file says of itself, after every check; enough for `models inspect` and to plan memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    pub version: u32,
    pub architecture: String,
    /// `general.name`, empty if the file has none.
    pub name: String,
    /// The type that holds most of the bytes of the tensors (`Q4_1`).
    pub quantisation: String,
    /// Longest sequence in tokens the model was made for.
    pub context_length: usize,
    pub layers: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    pub feed_forward: usize,
    pub heads: usize,
    /// Heads of keys and values; fewer than `heads` when queries share them.
    pub key_value_heads: usize,
    /// Tokens in the tokenizer, or rows of the embedding if the file has no tokenizer.
    pub vocabulary: usize,
    /// Weights, counted one by one.
    pub parameters: u64,
    /// Bytes of all tensors in the file.
    pub tensor_bytes: u64,
    pub file_bytes: u64,
    /// Scalars and strings of the metadata; lists only by their length.
    pub metadata: HashMap<String, Value>,
    pub tensors: Vec<TensorEntry>,
}

/// A metadata value, widened; lists are left to candle and known here by their length.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Integer(i128),
    Float(f64),
    Bool(bool),
    Text(String),
    List(usize),
}

/// One tensor: where it lies and what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorEntry {
    pub name: String,
    pub dtype: GgmlDType,
    /// Outermost first: `[rows, columns]` of a matrix.
    pub shape: Vec<usize>,
    /// First byte in the file.
    pub start: u64,
    pub bytes: u64,
}

impl Header {
    /// Checks the head of a file of `size` bytes. Reads no further than the head, and never keeps more than 128 MiB.
    pub fn read(source: &mut dyn Read, size: u64) -> Result<Header, GgufError> {
        Ok(parse::head(source, size)?.0)
    }

    /// A whole number under this key, of any integer type.
    pub fn integer(&self, key: &str) -> Option<usize> {
        match self.metadata.get(key) {
            Some(Value::Integer(number)) => usize::try_from(*number).ok(),
            _ => None,
        }
    }

    pub fn float(&self, key: &str) -> Option<f64> {
        match self.metadata.get(key) {
            Some(Value::Float(number)) => Some(*number),
            _ => None,
        }
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        match self.metadata.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn tensor(&self, name: &str) -> Option<&TensorEntry> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// Bytes of memory the model takes when loaded, about: weights as repacked, and keys and values in f16 for a
    /// full context, though at most 8192 tokens.
    pub fn memory_estimate(&self) -> u64 {
        let head = self.integer(&format!("{}.attention.key_length", self.architecture));
        let head = head.unwrap_or(self.hidden / self.heads.max(1)) as u64;
        let product =
            |factors: &[u64]| factors.iter().fold(1u64, |product, &factor| product.saturating_mul(factor));
        let tokens = self.context_length.min(8192) as u64;
        let context = product(&[self.layers as u64, self.key_value_heads as u64, head, 4, tokens]);
        let repacked = |tensor: &TensorEntry| match (tensor.dtype, tensor.shape.len()) {
            (_, 1) | (GgmlDType::Q4_1 | GgmlDType::Q8_0, _) => tensor.bytes,
            // Four or five bits with a scale and an offset, or eight bits with a scale, for 32 weights.
            (GgmlDType::Q4_0 | GgmlDType::Q4K, _) => tensor.elements() / 32 * 20,
            (GgmlDType::Q5_0 | GgmlDType::Q5_1 | GgmlDType::Q5K, _) => tensor.elements() / 32 * 24,
            _ => tensor.elements() / 32 * 34,
        };
        self.tensors.iter().map(repacked).fold(context, u64::saturating_add)
    }
}

impl TensorEntry {
    /// How many weights it has.
    pub fn elements(&self) -> u64 {
        self.shape.iter().map(|&side| side as u64).product()
    }
}

/// A file that passed the checks, held open for reading its tensors.
pub struct GgufFile {
    pub header: Header,
    /// The same head as candle sees it: lists of the tokenizer are found here.
    pub content: Content,
    source: Box<dyn Source>,
}

trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}

impl GgufFile {
    /// Opens and checks a file.
    pub fn open(path: &Path) -> Result<GgufFile, GgufError> {
        let (file, size) = opened(path)?;
        GgufFile::check(Box::new(file), size)
    }

    /// Checks a file that is in memory already.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<GgufFile, GgufError> {
        let size = bytes.len() as u64;
        GgufFile::check(Box::new(Cursor::new(bytes)), size)
    }

    fn check(mut source: Box<dyn Source>, size: u64) -> Result<GgufFile, GgufError> {
        let (header, head) = parse::head(&mut std::io::BufReader::with_capacity(1 << 16, &mut source), size)?;
        // Candle gets the very bytes that were checked, so a file swapped in between changes nothing.
        let content = Content::read(&mut Cursor::new(head)).map_err(|why| GgufError::Damaged {
            what: "the header".to_owned(),
            at: 0,
            why: why.to_string(),
        })?;
        Ok(GgufFile { header, content, source })
    }

    /// The entry of a tensor that must be there.
    pub fn entry(&self, name: &str) -> Result<TensorEntry, GgufError> {
        self.header.tensor(name).cloned().ok_or_else(|| GgufError::Tensor(name.to_owned()))
    }

    /// The raw bytes of a tensor; their number is the `bytes` of its entry.
    pub fn tensor(&mut self, name: &str) -> Result<(TensorEntry, Vec<u8>), GgufError> {
        let entry = self.entry(name)?;
        let bytes = self.slice(&entry, 0, entry.bytes)?;
        Ok((entry, bytes))
    }

    /// Some of the bytes of a tensor: `need` of them, from byte `from` of the tensor on.
    pub fn slice(&mut self, entry: &TensorEntry, from: u64, need: u64) -> Result<Vec<u8>, GgufError> {
        slice(&mut *self.source, entry, from, need)
    }
}

/// A file that is no model by itself: what it says, and its tensors.
pub struct LooseFile {
    pub metadata: HashMap<String, Value>,
    pub tensors: Vec<TensorEntry>,
    source: Box<dyn Source>,
}

impl LooseFile {
    /// Opens a file and makes every check that does not ask what it is for.
    pub fn open(path: &Path) -> Result<LooseFile, GgufError> {
        let (file, size) = opened(path)?;
        LooseFile::check(Box::new(file), size)
    }

    #[cfg(test)]
    pub(super) fn from_bytes(bytes: Vec<u8>) -> Result<LooseFile, GgufError> {
        let size = bytes.len() as u64;
        LooseFile::check(Box::new(Cursor::new(bytes)), size)
    }

    fn check(mut source: Box<dyn Source>, size: u64) -> Result<LooseFile, GgufError> {
        let table = parse::table(&mut std::io::BufReader::with_capacity(1 << 16, &mut source), size)?;
        Ok(LooseFile { metadata: table.metadata, tensors: table.tensors, source })
    }

    /// The raw bytes of a tensor.
    pub fn tensor(&mut self, entry: &TensorEntry) -> Result<Vec<u8>, GgufError> {
        slice(&mut *self.source, entry, 0, entry.bytes)
    }
}

/// A file and its size.
fn opened(path: &Path) -> Result<(std::fs::File, u64), GgufError> {
    let unreadable =
        |why: std::io::Error| GgufError::Read { what: path.display().to_string(), why: why.to_string() };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    Ok((file, size))
}

fn slice(source: &mut dyn Source, entry: &TensorEntry, from: u64, need: u64) -> Result<Vec<u8>, GgufError> {
    let what = format!("tensor {}", entry.name);
    let at = entry.start.saturating_add(from);
    if entry.bytes < from.saturating_add(need) {
        return Err(GgufError::Cut { what, at, need, left: entry.bytes.saturating_sub(from) });
    }
    let unreadable = |why: std::io::Error| GgufError::Read { what: what.clone(), why: why.to_string() };
    source.seek(SeekFrom::Start(at)).map_err(unreadable)?;
    let mut bytes = Vec::new();
    source.take(need).read_to_end(&mut bytes).map_err(unreadable)?;
    let left = bytes.len() as u64;
    if left < need { Err(GgufError::Cut { what, at, need, left }) } else { Ok(bytes) }
}

#[cfg(test)]
mod mutations;
#[cfg(test)]
mod tests;
