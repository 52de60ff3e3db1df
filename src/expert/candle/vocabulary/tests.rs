//! Small vocabularies written by hand, and the real one of SmolLM2 where its file is there.

use super::*;
use proptest::prelude::*;

fn strings(items: &[&str]) -> Value {
    Value::Array(items.iter().map(|item| Value::String((*item).to_owned())).collect())
}

fn metadata(entries: Vec<(&str, Value)>) -> HashMap<String, Value> {
    entries.into_iter().map(|(key, value)| (format!("tokenizer.ggml.{key}"), value)).collect()
}

/// `<|end|>` is 0, a to e and the blank are 1 to 6, "ab" is 7, " ab" is 8, "<" to ">" spell the special token.
fn byte_level() -> HashMap<String, Value> {
    let tokens = ["<|end|>", "a", "b", "c", "d", "e", "Ġ", "ab", "Ġab", "<", "|", "n", ">", "ï", "¿", "½"];
    let kinds = (0..tokens.len()).map(|at| Value::I32(if at == 0 { 3 } else { 1 })).collect();
    metadata(vec![
        ("model", Value::String("gpt2".into())),
        ("pre", Value::String("gpt-2".into())),
        ("tokens", strings(&tokens)),
        ("token_type", Value::Array(kinds)),
        ("merges", strings(&["a b", "Ġ ab"])),
        ("eos_token_id", Value::U32(0)),
    ])
}

#[test]
fn text_never_becomes_a_special_token_unless_a_template_asks() {
    let vocabulary = Vocabulary::from_metadata(&byte_level()).unwrap();
    let check = |text: &str, special: bool, tokens: &[u32], back: &str| {
        assert_eq!(vocabulary.encode(text, special), tokens, "{text:?}");
        assert_eq!(vocabulary.decode(tokens), back);
    };
    check("", true, &[], "");
    check("ab ab", false, &[7, 8], "ab ab");
    check("ab<|end|>c", true, &[7, 0, 3], "abc");
    check("ab<|end|>c", false, &[7, 9, 10, 5, 11, 4, 10, 12, 3], "ab<|end|>c");
    check("<|end|", true, &[9, 10, 5, 11, 4, 10], "<|end|");
    check("aéa", false, &[1, 13, 14, 15, 1], "a\u{FFFD}a");
    assert_eq!(vocabulary.end_tokens(), [0]);
    assert_eq!((vocabulary.bytes(0), vocabulary.literal(0)), (&b""[..], "<|end|>"));
    assert_eq!((vocabulary.bytes(8), vocabulary.bytes(99)), (&b" ab"[..], &b""[..]));
    assert!(vocabulary.is_special(0) && !vocabulary.is_special(1) && !vocabulary.is_special(99));
    assert_eq!(vocabulary.warning(), None);
}

#[test]
fn sentence_piece_joins_by_score_and_falls_back_to_bytes() {
    let tokens = ["<unk>", "<s>", "</s>", "<0xC3>", "<0xA9>", "▁", "a", "b", "ab", "▁ab", "ba"];
    let kinds = [2, 3, 3, 6, 6, 1, 1, 1, 1, 1, 1].map(Value::I32);
    let scores = [0.0, 0.0, 0.0, 0.0, 0.0, -9.0, -9.0, -9.0, -2.0, -3.0, -1.0].map(Value::F32);
    let vocabulary = Vocabulary::from_metadata(&metadata(vec![
        ("model", Value::String("llama".into())),
        ("tokens", strings(&tokens)),
        ("token_type", Value::Array(kinds.to_vec())),
        ("scores", Value::Array(scores.to_vec())),
        ("bos_token_id", Value::U32(1)),
        ("eos_token_id", Value::U32(2)),
    ]))
    .unwrap();
    assert_eq!(vocabulary.encode("ab", false), [8]);
    assert_eq!(vocabulary.prompt("ab"), [1, 9]);
    assert_eq!(vocabulary.encode("aba", false), [6, 10]);
    assert_eq!(vocabulary.encode("é</s>", true), [3, 4, 2]);
    assert_eq!(vocabulary.decode(&[9, 3, 4, 2]), " abé");
}

#[test]
fn a_broken_tokenizer_is_refused_by_name() {
    let check = |key: &str, value: Option<Value>, expected: &str| {
        let mut metadata = byte_level();
        let key = format!("tokenizer.ggml.{key}");
        match value {
            Some(value) => metadata.insert(key, value),
            None => metadata.remove(&key),
        };
        let error =
            Vocabulary::from_metadata(&metadata).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(expected), "{error}");
    };
    check("model", None, "tokenizer.ggml.model is missing");
    check("model", Some(Value::String("rwkv".into())), "its kind is \"rwkv\"");
    check("tokens", Some(Value::U8(1)), "tokens is not a list");
    check("tokens", Some(Value::Array(vec![])), "0 tokens");
    check("tokens", Some(Value::Array(vec![Value::U8(1)])), "tokens[0] is not a text");
    check("merges", Some(strings(&["a b", "a z"])), "merges[1]");
    check("merges", Some(strings(&["ab"])), "merges[0]");
    let mut metadata = byte_level();
    metadata.insert("tokenizer.ggml.pre".into(), Value::String("brand-new".into()));
    metadata.insert("tokenizer.ggml.eos_token_id".into(), Value::U32(u32::MAX));
    let vocabulary = Vocabulary::from_metadata(&metadata).unwrap();
    assert!(vocabulary.warning().unwrap().contains("brand-new"));
}

#[test]
fn a_character_cut_across_tokens_waits_for_its_end() {
    let check = |parts: &[&[u8]], expected: &[&str], rest: &str| {
        let mut stream = TextStream::default();
        let texts: Vec<String> = parts.iter().map(|part| stream.push(part)).collect();
        assert_eq!(texts, expected);
        assert_eq!(stream.finish(), rest);
    };
    check(&[b"a", b"b"], &["a", "b"], "");
    check(&[b"a\xC3", b"\xA9b"], &["a", "éb"], "");
    check(&[b"\xF0", b"\x9F\x8C", b"\xB1"], &["", "", "🌱"], "");
    check(&[b"\xF0\x9F", b"a"], &["", "\u{FFFD}a"], "");
    check(&[b"\xFF", b"\xC3"], &["\u{FFFD}", ""], "\u{FFFD}");
    check(&[b"\xC3\xA9\xE2\x82"], &["é"], "\u{FFFD}");
}

#[test]
fn the_real_vocabulary_writes_every_text_as_the_reference_does() {
    let Some(vocabulary) = crate::expert::candle::vocabulary::real::vocabulary() else { return };
    // Token numbers of the reference tokenizer (tokenizers 0.23 with the published tokenizer.json of the model).
    let check = |text: &str, special: bool, expected: &[u32]| {
        assert_eq!(vocabulary.encode(text, special), expected, "{text:?}");
    };
    check(
        "QS: (select) [split] What are the letters in \"Augusta Ada King\"?\n",
        true,
        &[
            65, 67, 42, 365, 11710, 25, 933, 5916, 77, 1812, 359, 260, 5073, 281, 476, 17411, 81, 34099,
            3261, 17455, 198,
        ],
    );
    check("Hello'Ve world 123\n\n  foo", false, &[19556, 23, 25917, 905, 216, 33, 34, 35, 8866, 29856]);
    check(
        "don't  STOP!!! http://a.b/c?d=e&f",
        true,
        &[12420, 982, 216, 5022, 7627, 29646, 3622, 1742, 81, 30, 82, 31, 83, 47, 84, 45, 85, 22, 86],
    );
    check(
        "日本語 テスト한국어",
        false,
        &[
            23274, 115, 40993, 179, 120, 248, 216, 11100, 224, 10391, 134, 11100, 226, 33085, 246, 181, 130,
            251, 183, 240, 129,
        ],
    );
    check("<|im_start|>user\n", true, &[1, 4093, 198]);
    assert_eq!(vocabulary.len(), 49152);
    assert_eq!(vocabulary.end_tokens(), [0, 2]);
    for text in [
        "<|im_start|>system\nYou are<|im_end|>",
        "a\u{202E}b\u{200B}c \u{1F1E6}\u{1F469}\u{200D}\u{1F52C}",
        "\r\n\t  \u{A0}\u{3000}x  ",
        "\u{1B}]0;title\u{7}\0\u{7F}",
        "Z\u{335}\u{32E}\u{351}algo 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ﷽ 12345 ½ Ⅷ",
    ] {
        let tokens = vocabulary.encode(text, false);
        assert_eq!(vocabulary.decode(&tokens), text);
        assert!(tokens.iter().all(|&token| !vocabulary.is_special(token)));
    }
    assert_eq!(vocabulary.decode(&vocabulary.encode("a\u{4}b", false)), "a\u{FFFD}b");
}

proptest! {
    #[test]
    fn real_round_trips_are_exact(text in any::<String>()) {
        if let Some(vocabulary) = crate::expert::candle::vocabulary::real::vocabulary() {
            let writable = |c: char| c.to_string().bytes().all(|b| vocabulary.0.of_byte[usize::from(b)].is_some());
            let text: String = text.chars().filter(|&c| writable(c)).collect();
            let tokens = vocabulary.encode(&text, false);
            prop_assert_eq!(vocabulary.decode(&tokens), text);
            prop_assert!(tokens.iter().all(|&token| !vocabulary.is_special(token)));
        }
    }
}
