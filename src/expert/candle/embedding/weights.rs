//! Reads a safetensors file that nobody vouches for: every offset and shape is checked before a byte is used.

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A file in memory with the places of its tensors.
pub(super) struct Weights {
    bytes: Vec<u8>,
    /// Where the data begins; offsets count from here.
    data: usize,
    tensors: HashMap<String, Place>,
}

struct Place {
    dtype: DType,
    shape: Vec<usize>,
    from: usize,
    to: usize,
}

/// As the header writes it.
#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

const LARGEST: u64 = 4 << 30;
const LARGEST_HEADER: usize = 16 << 20;

impl Weights {
    pub(super) fn read(path: &Path) -> Result<Weights, String> {
        let mut file = File::open(path).map_err(|error| error.to_string())?;
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        if length > LARGEST {
            return Err(format!("the file has {length} bytes, we take {LARGEST}"));
        }
        let mut bytes = Vec::with_capacity(length as usize);
        // Never more than the length that was checked, should the file grow.
        file.by_ref().take(length).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        Weights::parse(bytes)
    }

    pub(super) fn parse(bytes: Vec<u8>) -> Result<Weights, String> {
        let size = bytes.first_chunk::<8>().map(|size| u64::from_le_bytes(*size));
        let size = size.and_then(|size| usize::try_from(size).ok()).filter(|&size| size <= LARGEST_HEADER);
        let size = size.ok_or("it does not begin with the size of a safetensors header")?;
        let header = bytes.get(8..8 + size).ok_or("its header is longer than the file")?;
        let entries: HashMap<String, serde_json::Value> = serde_json::from_slice(header)
            .map_err(|error| format!("its header is not what it should be: {error}"))?;
        let data = 8 + size;
        let mut tensors = HashMap::new();
        for (name, entry) in entries.into_iter().filter(|(name, _)| name != "__metadata__") {
            let fault = |what: &str| format!("tensor {name:?}: {what}");
            let entry = Entry::deserialize(entry).map_err(|error| fault(&error.to_string()))?;
            let dtype = match entry.dtype.as_str() {
                "F32" => DType::F32,
                "F16" => DType::F16,
                "BF16" => DType::BF16,
                // Position numbers and the like: not needed, so not looked at.
                _ => continue,
            };
            let [from, to] = entry.data_offsets;
            let count =
                entry.shape.iter().try_fold(dtype.size_in_bytes(), |size, &side| size.checked_mul(side));
            if from > to || to > bytes.len() - data {
                return Err(fault(&format!("its bytes {from} to {to} are not in the file")));
            }
            if count != Some(to - from) {
                return Err(fault(&format!(
                    "its shape {:?} does not fit its {} bytes",
                    entry.shape,
                    to - from
                )));
            }
            tensors.insert(name, Place { dtype, shape: entry.shape, from, to });
        }
        Ok(Weights { bytes, data, tensors })
    }

    /// A tensor of exactly this shape as 32-bit floats in row order. Models saved as `BertModel` or inside another
    /// (`bert.` before each name) are both understood.
    pub(super) fn take(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let place = self.tensors.get(name).or_else(|| self.tensors.get(&format!("bert.{name}")));
        let place = place.ok_or_else(|| format!("the tensor {name:?} is missing"))?;
        if place.shape != shape {
            return Err(format!("tensor {name:?} has the shape {:?}, expected {shape:?}", place.shape));
        }
        let bytes = &self.bytes[self.data + place.from..self.data + place.to];
        let read = || -> candle_core::Result<Vec<f32>> {
            let raw = Tensor::from_raw_buffer(bytes, place.dtype, shape, &Device::Cpu)?;
            raw.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
        };
        read().map_err(|error| format!("tensor {name:?}: {error}"))
    }

    /// The sides of a tensor, if it is there.
    pub(super) fn shape(&self, name: &str) -> Option<&[usize]> {
        let place = self.tensors.get(name).or_else(|| self.tensors.get(&format!("bert.{name}")))?;
        Some(&place.shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(header: &str, data: usize) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend((0..data).map(|at| at as u8));
        bytes
    }

    const GOOD: &str = r#"{"__metadata__":{"format":"pt"},"n":{"dtype":"I64","shape":[9],"data_offsets":[0,9]},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#;

    #[test]
    fn a_tensor_comes_out_as_it_went_in() {
        let weights = Weights::parse(file(GOOD, 8)).unwrap();
        let expected = [f32::from_le_bytes([0, 1, 2, 3]), f32::from_le_bytes([4, 5, 6, 7])];
        assert_eq!(weights.take("a", &[1, 2]).unwrap(), expected);
        assert!(weights.take("a", &[2]).unwrap_err().contains("shape [1, 2]"));
        assert!(weights.take("n", &[9]).unwrap_err().contains("missing"));
    }

    #[test]
    fn a_broken_file_is_refused_by_name() {
        let check = |header: &str, data: usize, expected: &str| {
            let error = Weights::parse(file(header, data)).err().unwrap();
            assert!(error.contains(expected), "{error}");
        };
        let tensor = |rest: &str| format!(r#"{{"a":{{"dtype":"F32",{rest}}}}}"#);
        check("{", 0, "header is not what it should be");
        check(&"[".repeat(100_000), 0, "header is not what it should be");
        check(&tensor(r#""shape":[2],"data_offsets":[0,8]"#), 7, "not in the file");
        check(&tensor(r#""shape":[2],"data_offsets":[8,0]"#), 8, "not in the file");
        check(&tensor(r#""shape":[3],"data_offsets":[0,8]"#), 8, "does not fit");
        check(&tensor(r#""shape":[4294967296,4294967296],"data_offsets":[0,0]"#), 8, "does not fit");
        check(&tensor(r#""shape":[-1],"data_offsets":[0,8]"#), 8, "invalid value");
        check(&tensor(r#""shape":[2]"#), 8, "data_offsets");
        assert!(Weights::parse(vec![0; 7]).is_err());
        assert!(Weights::parse(vec![255; 64]).is_err());
        assert!(
            Weights::parse(200_u64.to_le_bytes().to_vec()).err().unwrap().contains("longer than the file")
        );
    }

    proptest! {
        #[test]
        fn no_change_to_a_file_makes_us_panic(at in 0..160_usize, byte in any::<u8>(), cut in 0..200_usize) {
            let mut bytes = file(GOOD, 8);
            let (at, cut) = (at % bytes.len(), cut.min(bytes.len()));
            bytes[at] = byte;
            bytes.truncate(cut);
            if let Ok(weights) = Weights::parse(bytes) {
                let _ = weights.take("a", &[1, 2]);
            }
        }
    }
}
