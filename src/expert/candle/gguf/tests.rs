//! Examples and laws for `expert::candle::gguf`.

use super::super::tiny::Tiny;
use super::*;
use std::sync::LazyLock;

static TINY: LazyLock<Vec<u8>> = LazyLock::new(|| Tiny::default().bytes());

fn head_end() -> usize {
    let (_, head) = parse::head(&mut &TINY[..], TINY.len() as u64).unwrap();
    head.len()
}

#[test]
fn a_good_file_describes_itself() {
    let mut file = GgufFile::from_bytes(TINY.clone()).unwrap();
    let header = &file.header;
    assert_eq!((header.architecture.as_str(), header.name.as_str()), ("llama", "Tiny"));
    assert_eq!((header.layers, header.hidden, header.heads, header.key_value_heads), (2, 64, 4, 2));
    assert_eq!((header.context_length, header.vocabulary, header.feed_forward), (512, 300, 128));
    assert_eq!(header.quantisation, "Q4_1");
    assert_eq!(header.file_bytes, TINY.len() as u64);
    assert!(header.tensor_bytes < header.file_bytes && header.tensor_bytes < header.memory_estimate());
    for name in header.tensors.iter().map(|tensor| tensor.name.clone()).collect::<Vec<_>>() {
        let (entry, bytes) = file.tensor(&name).unwrap();
        assert_eq!(entry.bytes, bytes.len() as u64);
    }
}

#[test]
fn a_cut_file_is_refused_wherever_it_is_cut() {
    for length in 0..head_end() {
        assert!(Header::read(&mut &TINY[..length], length as u64).is_err(), "cut at {length}");
        // The size may say more than there is to read: a file that shrinks while we look.
        assert!(Header::read(&mut &TINY[..length], TINY.len() as u64).is_err(), "cut at {length}");
    }
    // Padding may follow the last tensor; its last byte must be there.
    let end =
        GgufFile::from_bytes(TINY.clone()).unwrap().header.tensors.iter().map(|t| t.start + t.bytes).max();
    let end = usize::try_from(end.unwrap()).unwrap();
    for length in (head_end()..end).step_by(997).chain([end - 1]) {
        let error = GgufFile::from_bytes(TINY[..length].to_vec()).err().unwrap();
        assert!(matches!(error, GgufError::Cut { .. }), "cut at {length}: {error}");
    }
}

/// Puts bytes in place of others, counted from the first place where `after` stands, plus `skip`.
fn patched(after: &str, skip: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = TINY.clone();
    let found = file.windows(after.len()).position(|window| window == after.as_bytes()).unwrap();
    file[found + after.len() + skip..][..bytes.len()].copy_from_slice(bytes);
    file
}

#[test]
fn planted_faults_are_named() {
    let check = |file: Vec<u8>, expected: &str| {
        let error = GgufFile::from_bytes(file).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(expected), "{error:?} does not say {expected:?}");
    };
    let huge = (1u64 << 63).to_le_bytes();
    check(vec![], "cut short");
    check(b"GGML____".to_vec(), "not a GGUF file");
    check(patched("GGUF", 0, &[9]), "version 9");
    check(patched("GGUF", 4, &huge), "the number of tensors");
    check(patched("GGUF", 12, &huge), "the number of metadata entries");
    check(patched("general.architecture", 4, &huge), "general.architecture");
    // Its keys have other names then, which is not what is wrong with it.
    check(patched("general.architecture", 12, b"gemma"), "\"gemma\" are not supported; choose a llama");
    check(patched("tokenizer.ggml.tokens", 8, &huge), "tokenizer.ggml.tokens");
    check(patched("general.nam", 0, b"X"), "");
    check(patched("llama.block_coun", 0, b"X"), "llama.block_count");
    check(patched("llama.block_count", 4, &[0; 4]), "llama.block_count");
    // Two dimensions follow the name of a matrix: count, inner, outer, type, offset.
    check(patched("blk.0.attn_q.weight", 0, &[7]), "7 dimensions");
    check(patched("blk.0.attn_q.weight", 4, &huge), "shape");
    check(patched("blk.0.attn_q.weight", 4, &[0; 8]), "shape");
    check(patched("blk.0.attn_q.weight", 4, &63u64.to_le_bytes()), "shape");
    let both = [(1u64 << 32).to_le_bytes(), (1u64 << 32).to_le_bytes()].concat();
    check(patched("blk.0.attn_q.weight", 4, &both), "shape");
    check(patched("blk.0.attn_q.weight", 20, &[99]), "type 99");
    check(patched("blk.0.attn_q.weight", 24, &[1]), "offset");
    check(patched("blk.0.attn_q.weight", 24, &(1u64 << 62).to_le_bytes()), "cut short");
    check(patched("blk.0.attn_q.weight", 24, &[0; 8]), "lies in the bytes of");
    check(patched("blk.1.attn_q", 0, b"_weight").clone(), "");
    let mut twice = TINY.clone();
    let found = twice.windows(12).position(|window| window == b"blk.0.attn_k").unwrap();
    twice[found + 11] = b'q';
    check(twice, "is taken");
    for alignment in [0u32, 3, 48, u32::MAX] {
        // The key of the same length that matters least gives its place.
        let mut file = patched("llama.context_leng", 0, b"XX");
        let key = file.windows(20).position(|window| window == b"llama.context_lengXX").unwrap();
        let tail = file.split_off(key - 8);
        file.extend(17u64.to_le_bytes());
        file.extend(b"general.alignment");
        file.extend(4u32.to_le_bytes());
        file.extend(alignment.to_le_bytes());
        file.extend(&tail[8 + 20 + 8..]);
        check(file, "power of two");
    }
}

#[test]
fn a_file_that_is_cut_or_replaced_while_it_is_read_ends_in_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    let load = |file: &mut GgufFile| {
        let (level, pool) = (super::super::kernels::Level::best(), super::super::kernels::Pool::new(1));
        super::super::llama::Llama::load(file, level, pool, &mut |_| {}).map(drop)
    };
    std::fs::write(&path, &*TINY).unwrap();
    let mut file = GgufFile::open(&path).unwrap();
    let half = TINY.len() as u64 / 2;
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(half).unwrap();
    let error = load(&mut file).unwrap_err();
    assert!(matches!(error, GgufError::Cut { .. }), "{error}");
    // Another file under the same name: the one that was checked stays the one that is read.
    std::fs::write(&path, &*TINY).unwrap();
    let mut file = GgufFile::open(&path).unwrap();
    let other = folder.path().join("other");
    std::fs::write(&other, "nonsense").unwrap();
    #[cfg(unix)]
    {
        std::fs::rename(other, &path).unwrap();
        assert_eq!(load(&mut file), Ok(()));
    }
    assert!(GgufFile::open(&path).is_err() || cfg!(not(unix)));
}

#[test]
fn a_loaded_model_needs_its_file_no_more() {
    use super::super::{
        kernels::{Level, Pool},
        llama::Llama,
        network::{Network, Row},
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    std::fs::write(&path, &*TINY).unwrap();
    let mut file = GgufFile::open(&path).unwrap();
    let mut model = Llama::load(&mut file, Level::best(), Pool::new(2), &mut |_| {}).unwrap();
    let mut logits = || {
        let mut cache = model.cache();
        let row = |token| Row { cache: 0, token, logits: true };
        let all = model.forward(&mut [&mut cache], &[row(5), row(7), row(9)]).unwrap();
        let mut out = vec![];
        all.copy_row(2, &mut out);
        out
    };
    let before = logits();
    // Were it mapped, the next look at it would end the process (SIGBUS), or see other weights.
    let writer = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    writer.set_len(0).unwrap();
    assert_eq!(logits(), before);
    writer.set_len(TINY.len() as u64).unwrap();
    assert_eq!(logits(), before);
}

#[test]
fn a_tokenizer_of_another_model_is_said_before_anything_is_loaded() {
    let mut header = GgufFile::from_bytes(TINY.clone()).unwrap().header;
    assert!(super::super::settings::Settings::read(&header).is_ok());
    header.metadata.insert("tokenizer.ggml.tokens".to_owned(), Value::List(301));
    let error = super::super::settings::Settings::read(&header).unwrap_err().to_string();
    assert!(error.contains("has 301 tokens, the weights know 300"), "{error}");
}
