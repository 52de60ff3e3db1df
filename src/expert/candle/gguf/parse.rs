//! Reads the head of a GGUF file byte by byte and believes none of it.
//!
//! Called by `gguf` only. Keeps the bytes it has checked, so that candle parses those and no others.

use std::collections::{HashMap, HashSet};
use std::io::Read;

use super::{GgmlDType, GgufError, Header, TensorEntry, Value};

/// No known model comes near these; a damaged count does.
const MAX_HEAD: u64 = 128 << 20;
const MAX_ENTRIES: u64 = 1 << 16;
const MAX_TENSOR_NAME: u64 = 512;
const MAX_TEXT: u64 = 16 << 20;
const MAX_LIST_ELEMENTS: u64 = 4 << 20;
const MAX_LIST_DEPTH: usize = 3;
const DEFAULT_ALIGNMENT: u64 = 32;

/// What stands before the first tensor, and the bytes it was read from.
pub(super) struct Table {
    version: u32,
    pub(super) metadata: HashMap<String, Value>,
    pub(super) tensors: Vec<TensorEntry>,
    seen: Vec<u8>,
}

/// The header of a model and the bytes it was read from, up to the first tensor.
pub(super) fn head(source: &mut dyn Read, size: u64) -> Result<(Header, Vec<u8>), GgufError> {
    let Table { version, metadata, tensors, seen } = table(source, size)?;
    Ok((describe(version, size, metadata, tensors)?, seen))
}

/// What any GGUF file begins with, be it a model or not.
pub(super) fn table(source: &mut dyn Read, size: u64) -> Result<Table, GgufError> {
    let mut bytes = Bytes { source, seen: Vec::new(), size, elements: 0 };
    let magic = bytes.take("the magic number", 4)?;
    if magic != b"GGUF" {
        return Err(GgufError::Magic { found: magic.to_vec() });
    }
    let version = bytes.u32("the version")?;
    if !(2..=3).contains(&version) {
        return Err(GgufError::Version(version));
    }
    // The smallest tensor entry takes 24 bytes, the smallest metadata entry 13.
    let tensor_count = bytes.count("the number of tensors", MAX_ENTRIES, 24)?;
    let key_count = bytes.count("the number of metadata entries", MAX_ENTRIES, 13)?;

    let mut metadata = HashMap::new();
    for index in 0..key_count {
        let what = format!("metadata entry {index}");
        let at = bytes.at();
        let key = bytes.text(&what, MAX_TEXT)?;
        let kind = bytes.u32(&what)?;
        let value = bytes.value(&key, kind, 0)?;
        if metadata.insert(key.clone(), value).is_some() {
            return Err(damaged(&what, at, format!("the key {key} stands there twice")));
        }
    }
    let alignment = alignment(&metadata)?;

    let mut tensors = Vec::new();
    let mut names = HashSet::new();
    for index in 0..tensor_count {
        let at = bytes.at();
        let tensor = bytes.tensor(index, alignment)?;
        if !names.insert(tensor.name.clone()) {
            return Err(damaged(
                &format!("tensor {index}"),
                at,
                format!("the name {} is taken", tensor.name),
            ));
        }
        tensors.push(tensor);
    }
    let start = bytes.at().next_multiple_of(alignment);
    place(&mut tensors, start, size)?;
    Ok(Table { version, metadata, tensors, seen: bytes.seen })
}

fn damaged(what: &str, at: u64, why: impl Into<String>) -> GgufError {
    GgufError::Damaged { what: what.to_owned(), at, why: why.into() }
}

/// Only a power of two makes sense, and candle divides by it.
fn alignment(metadata: &HashMap<String, Value>) -> Result<u64, GgufError> {
    let found = match metadata.get("general.alignment") {
        None => return Ok(DEFAULT_ALIGNMENT),
        Some(Value::Integer(found)) => *found,
        Some(_) => return Err(GgufError::Key("general.alignment".to_owned())),
    };
    match u32::try_from(found) {
        Ok(good) if good.is_power_of_two() && good <= 1 << 20 => Ok(u64::from(good)),
        _ => Err(damaged("general.alignment", 0, format!("{found} is not a power of two up to 1048576"))),
    }
}

/// Turns offsets into places in the file and checks that no two tensors share a byte.
fn place(tensors: &mut [TensorEntry], start: u64, size: u64) -> Result<(), GgufError> {
    for tensor in tensors.iter_mut() {
        let at = tensor.start.checked_add(start);
        let end = at.and_then(|at| at.checked_add(tensor.bytes));
        match (at, end) {
            (Some(at), Some(end)) if end <= size => tensor.start = at,
            _ => {
                let left = size.saturating_sub(at.unwrap_or(u64::MAX));
                let what = format!("tensor {}", tensor.name);
                return Err(GgufError::Cut { what, at: at.unwrap_or(u64::MAX), need: tensor.bytes, left });
            }
        }
    }
    let mut order: Vec<&TensorEntry> = tensors.iter().collect();
    order.sort_by_key(|tensor| tensor.start);
    for pair in order.windows(2) {
        if pair[1].start < pair[0].start + pair[0].bytes {
            let why = format!("it lies in the bytes of {}", pair[0].name);
            return Err(damaged(&format!("tensor {}", pair[1].name), pair[1].start, why));
        }
    }
    Ok(())
}

fn describe(
    version: u32,
    size: u64,
    metadata: HashMap<String, Value>,
    tensors: Vec<TensorEntry>,
) -> Result<Header, GgufError> {
    let mut bytes_by_type: HashMap<String, u64> = HashMap::new();
    for tensor in &tensors {
        *bytes_by_type.entry(format!("{:?}", tensor.dtype)).or_default() += tensor.bytes;
    }
    let quantisation = bytes_by_type.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)));
    let mut header = Header {
        version,
        architecture: String::new(),
        name: String::new(),
        quantisation: quantisation.map(|(name, _)| name).unwrap_or_default(),
        context_length: 0,
        layers: 0,
        hidden: 0,
        feed_forward: 0,
        heads: 0,
        key_value_heads: 0,
        vocabulary: 0,
        parameters: tensors.iter().map(TensorEntry::elements).sum(),
        tensor_bytes: tensors.iter().map(|tensor| tensor.bytes).sum(),
        file_bytes: size,
        metadata,
        tensors,
    };
    if header.text("general.type") == Some("adapter") {
        let why = "this is an adapter, no model: name its model first, as in `smollm2 + FILE`";
        return Err(GgufError::Unsupported(why.to_owned()));
    }
    let missing = |key: &str| GgufError::Key(key.to_owned());
    let architecture = header.text("general.architecture").ok_or_else(|| missing("general.architecture"))?;
    let architecture = architecture.to_owned();
    let number = |name: &str| {
        let key = format!("{architecture}.{name}");
        // A file of another kind has other keys: that it can not be used is the reason, not the key.
        let refused = || GgufError::of_architecture(&architecture).unwrap_or_else(|| missing(&key));
        header.integer(&key).filter(|number| (1..=1 << 24).contains(number)).ok_or_else(refused)
    };
    let (context_length, layers) = (number("context_length")?, number("block_count")?);
    let (hidden, feed_forward) = (number("embedding_length")?, number("feed_forward_length")?);
    let heads = number("attention.head_count")?;
    let key_value_heads = number("attention.head_count_kv").unwrap_or(heads);
    let tokens = match header.metadata.get("tokenizer.ggml.tokens") {
        Some(Value::List(length)) => Some(*length),
        _ => header.tensor("token_embd.weight").and_then(|tensor| tensor.shape.first().copied()),
    };
    header.name = header.text("general.name").unwrap_or_default().to_owned();
    header.vocabulary = tokens.unwrap_or_default();
    (header.context_length, header.layers, header.hidden) = (context_length, layers, hidden);
    (header.feed_forward, header.heads, header.key_value_heads) = (feed_forward, heads, key_value_heads);
    header.architecture = architecture;
    Ok(header)
}

/// Bytes of the head in order, each length held against what is left of the file.
struct Bytes<'a> {
    source: &'a mut dyn Read,
    seen: Vec<u8>,
    size: u64,
    /// List elements so far: candle spends 32 bytes on each.
    elements: u64,
}

impl Bytes<'_> {
    fn at(&self) -> u64 {
        self.seen.len() as u64
    }

    fn left(&self) -> u64 {
        self.size.saturating_sub(self.at())
    }

    fn take(&mut self, what: &str, need: u64) -> Result<&[u8], GgufError> {
        let (at, left) = (self.at(), self.left());
        let cut = |left| GgufError::Cut { what: what.to_owned(), at, need, left };
        if left < need {
            return Err(cut(left));
        }
        if MAX_HEAD - at.min(MAX_HEAD) < need {
            return Err(damaged(what, at, format!("the header would be longer than {MAX_HEAD} bytes")));
        }
        let read = self.source.take(need).read_to_end(&mut self.seen);
        let got = read.map_err(|why| GgufError::Read { what: what.to_owned(), why: why.to_string() })? as u64;
        if got < need { Err(cut(got)) } else { Ok(&self.seen[at as usize..]) }
    }

    fn u32(&mut self, what: &str) -> Result<u32, GgufError> {
        Ok(self.take(what, 4)?.try_into().map(u32::from_le_bytes).unwrap_or_default())
    }

    fn u64(&mut self, what: &str) -> Result<u64, GgufError> {
        Ok(self.take(what, 8)?.try_into().map(u64::from_le_bytes).unwrap_or_default())
    }

    /// A number of things that take at least `each` bytes.
    fn count(&mut self, what: &str, most: u64, each: u64) -> Result<u64, GgufError> {
        let at = self.at();
        let found = self.u64(what)?;
        if most < found || self.left() / each < found {
            return Err(damaged(what, at, format!("{found} do not fit into a file of {} bytes", self.size)));
        }
        Ok(found)
    }

    fn text(&mut self, what: &str, most: u64) -> Result<String, GgufError> {
        let length = self.count(what, most, 1)?;
        let text = String::from_utf8_lossy(self.take(what, length)?).into_owned();
        // Candle drops trailing zeros; so do we, or keys would differ.
        Ok(text.trim_end_matches('\0').to_owned())
    }

    fn value(&mut self, key: &str, kind: u32, depth: usize) -> Result<Value, GgufError> {
        let at = self.at();
        if let Some(width) = width(kind) {
            let mut raw = [0; 8];
            raw[..width].copy_from_slice(self.take(key, width as u64)?);
            let wide = i128::from(u64::from_le_bytes(raw));
            return Ok(match kind {
                1 => Value::Integer(i128::from(raw[0].cast_signed())),
                3 => Value::Integer(i128::from(i16::from_le_bytes([raw[0], raw[1]]))),
                5 => Value::Integer(i128::from(i32::from_le_bytes([raw[0], raw[1], raw[2], raw[3]]))),
                11 => Value::Integer(i128::from(i64::from_le_bytes(raw))),
                6 => Value::Float(f64::from(f32::from_le_bytes([raw[0], raw[1], raw[2], raw[3]]))),
                12 => Value::Float(f64::from_le_bytes(raw)),
                7 if wide <= 1 => Value::Bool(wide == 1),
                7 => return Err(damaged(key, at, format!("a truth value of {wide}"))),
                _ => Value::Integer(wide),
            });
        }
        match kind {
            8 => Ok(Value::Text(self.text(key, MAX_TEXT)?)),
            9 if depth < MAX_LIST_DEPTH => self.list(key, depth),
            9 => Err(damaged(key, at, "lists are nested too deep")),
            _ => Err(damaged(key, at, format!("unknown value type {kind}"))),
        }
    }

    fn list(&mut self, key: &str, depth: usize) -> Result<Value, GgufError> {
        let at = self.at();
        let kind = self.u32(key)?;
        let each = width(kind).unwrap_or(8) as u64;
        let length = self.count(key, MAX_LIST_ELEMENTS, each)?;
        self.elements += length;
        if MAX_LIST_ELEMENTS < self.elements {
            return Err(damaged(key, at, format!("the lists have more than {MAX_LIST_ELEMENTS} elements")));
        }
        match width(kind) {
            // A truth value must be 0 or 1, so those are looked at one by one.
            Some(width) if kind != 7 => drop(self.take(key, length * width as u64)?),
            _ => {
                for _ in 0..length {
                    self.value(key, kind, depth + 1)?;
                }
            }
        }
        Ok(Value::List(length as usize))
    }

    /// An entry of the tensor table; `start` is still its offset from the first tensor.
    fn tensor(&mut self, index: u64, alignment: u64) -> Result<TensorEntry, GgufError> {
        let at = self.at();
        let name = self.text(&format!("the name of tensor {index}"), MAX_TENSOR_NAME)?;
        let what = format!("tensor {name}");
        let dimensions = self.u32(&what)?;
        if !(1..=4).contains(&dimensions) {
            return Err(damaged(&what, at, format!("{dimensions} dimensions, 1 to 4 are allowed")));
        }
        let mut shape = Vec::new();
        for _ in 0..dimensions {
            shape.push(self.u64(&what)?);
        }
        let number = self.u32(&what)?;
        let dtype = dtype(number).ok_or_else(|| {
            GgufError::Unsupported(format!(
                "{what} has the type {number}, which is not supported; choose a Q4_0, Q4_1, Q8_0, K-quant or F16 file"
            ))
        })?;
        let (block, block_bytes) = (dtype.block_size() as u64, dtype.type_size() as u64);
        let elements = shape.iter().try_fold(1u64, |product, &side| product.checked_mul(side));
        let bytes = elements.and_then(|elements| (elements / block).checked_mul(block_bytes));
        let bytes = bytes.filter(|&bytes| 0 < bytes && shape[0].is_multiple_of(block));
        let bytes = bytes.ok_or_else(|| damaged(&what, at, format!("the shape {shape:?} is impossible")))?;
        let offset = self.u64(&what)?;
        if !offset.is_multiple_of(alignment) {
            return Err(damaged(&what, at, format!("the offset {offset} is not a multiple of {alignment}")));
        }
        let shape = shape.iter().rev().map(|&side| side as usize).collect();
        Ok(TensorEntry { name, dtype, shape, start: offset, bytes })
    }
}

/// Bytes of a value of fixed width.
fn width(kind: u32) -> Option<usize> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// The numbers of the format; 9 and 15 are types of intermediate results, which no file should hold.
fn dtype(number: u32) -> Option<GgmlDType> {
    Some(match number {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}
