//! Reads the `tokenizer.ggml.*` keys of a GGUF file into a vocabulary. The file is not trusted: every number is
//! checked before it is used, and a fault is named with its key.

use super::merge::{Join, Joins};
use super::split::Splitter;
use super::{Flavour, Kind, Token, VocabularyError, Words};
use candle_core::quantized::gguf_file::Value;
use std::collections::HashMap;
use std::sync::OnceLock;

type Metadata = HashMap<String, Value>;

/// More than any real vocabulary has; keeps what we build from a file to a few hundred megabytes.
const MOST_TOKENS: usize = 1 << 21;
const MOST_TEXT: usize = 1 << 26;

/// Names under which models end an answer, besides the numbered end token.
const ENDS: [&str; 12] = [
    "</s>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<|return|>",
    "<|EOT|>",
    "<end_of_turn>",
    "<EOT>",
    "<|end_of_turn|>",
];

pub(super) fn read(metadata: &Metadata) -> Result<Words, VocabularyError> {
    let model = text(metadata, "model").ok_or_else(|| fault("the key tokenizer.ggml.model is missing"))?;
    let mut tokens = tokens(metadata)?;
    let number = |key: &str| number(metadata, key).filter(|&id| (id as usize) < tokens.len());
    let bos = number("bos_token_id");
    let ends = ["eos_token_id", "eot_token_id", "eom_token_id"].map(number);
    let controls = [bos, number("padding_token_id"), number("unknown_token_id")];
    for token in controls.into_iter().chain(ends).flatten() {
        let token = &mut tokens[token as usize];
        token.kind = if token.kind == Kind::Byte { Kind::Byte } else { Kind::Control };
    }
    let mut warning = None;
    let (flavour, joins) = match model {
        "gpt2" => byte_level(metadata, &mut tokens, &mut warning)?,
        "llama" => sentence_piece(metadata, &mut tokens)?,
        other => {
            return Err(fault(&format!(
                "its kind is {other:?}, known are \"gpt2\" (byte-level BPE) and \"llama\" (SentencePiece)"
            )));
        }
    };
    let of_byte = byte_tokens(&tokens);
    let bytes_of =
        |text: &str| text.bytes().map(|byte| of_byte[usize::from(byte)]).collect::<Option<Vec<u32>>>();
    let replacement = bytes_of("\u{FFFD}").or_else(|| bytes_of("?")).unwrap_or_default();
    let by_name = |token: &Token| token.kind == Kind::Control && ENDS.contains(&token.literal.as_str());
    let named = tokens.iter().enumerate().filter(|(_, token)| by_name(token)).map(|(id, _)| id as u32);
    let mut end_tokens: Vec<u32> = ends.into_iter().flatten().chain(named).collect();
    end_tokens.sort_unstable();
    end_tokens.dedup();
    let is_special = |token: &Token| matches!(token.kind, Kind::Control | Kind::UserDefined);
    let specials =
        tokens.iter().enumerate().filter(|(_, token)| is_special(token) && !token.literal.is_empty());
    let mut specials: Vec<(String, u32)> =
        specials.map(|(id, token)| (token.literal.clone(), id as u32)).collect();
    specials.sort_by_key(|(literal, _)| std::cmp::Reverse(literal.len()));
    Ok(Words {
        // SentencePiece models open a prompt with their token unless the file says no, byte-level ones if it says so.
        add_bos: flag(metadata, "add_bos_token").unwrap_or(model == "llama"),
        tokens,
        flavour,
        joins,
        of_byte,
        replacement,
        specials,
        bos,
        end_tokens,
        warning,
        trie: OnceLock::new(),
    })
}

/// The tokens with their kinds; the bytes of ordinary ones are filled in by flavour.
fn tokens(metadata: &Metadata) -> Result<Vec<Token>, VocabularyError> {
    let literals = array(metadata, "tokens")?;
    if literals.is_empty() || literals.len() > MOST_TOKENS {
        return Err(fault(&format!("it has {} tokens, we take 1 to {MOST_TOKENS}", literals.len())));
    }
    let kinds = array(metadata, "token_type").unwrap_or(&[]);
    let mut tokens = Vec::with_capacity(literals.len());
    let mut size = 0;
    for (at, literal) in literals.iter().enumerate() {
        let Value::String(literal) = literal else {
            return Err(fault(&format!("tokenizer.ggml.tokens[{at}] is not a text")));
        };
        size += literal.len();
        if size > MOST_TEXT {
            return Err(fault("its tokens are longer than 64 MiB together"));
        }
        let kind = match kinds.get(at).and_then(integer) {
            Some(2 | 3) => Kind::Control,
            Some(4) => Kind::UserDefined,
            Some(5) => Kind::Unused,
            Some(6) => Kind::Byte,
            _ => Kind::Normal,
        };
        let bytes = if kind == Kind::UserDefined { literal.clone().into_bytes() } else { vec![] };
        tokens.push(Token { literal: literal.clone(), bytes, kind });
    }
    Ok(tokens)
}

fn byte_level(
    metadata: &Metadata,
    tokens: &mut [Token],
    warning: &mut Option<String>,
) -> Result<(Flavour, Joins), VocabularyError> {
    let alphabet = alphabet();
    for token in tokens.iter_mut().filter(|token| token.kind == Kind::Normal) {
        let decoded: Option<Vec<u8>> =
            token.literal.chars().map(|letter| alphabet.get(&letter).copied()).collect();
        // A token outside the alphabet was added to the vocabulary as plain text.
        token.bytes = decoded.unwrap_or_else(|| token.literal.clone().into_bytes());
    }
    let ids: HashMap<&str, u32> =
        tokens.iter().enumerate().map(|(id, t)| (t.literal.as_str(), id as u32)).collect();
    let mut pairs = HashMap::new();
    for (rank, merge) in array(metadata, "merges")?.iter().enumerate() {
        let pair = if let Value::String(merge) = merge { merge.split_once(' ') } else { None };
        let joined = pair.and_then(|(left, right)| {
            let joined = format!("{left}{right}");
            Some(((*ids.get(left)?, *ids.get(right)?), *ids.get(joined.as_str())?))
        });
        let Some((pair, token)) = joined else {
            return Err(fault(&format!(
                "tokenizer.ggml.merges[{rank}] ({merge:?}) does not join two of its tokens"
            )));
        };
        // No join may make a special token out of plain text.
        if tokens[token as usize].kind == Kind::Normal {
            pairs.entry(pair).or_insert(Join { rank: rank as u32, token });
        }
    }
    let name = text(metadata, "pre").unwrap_or("default");
    let splitter = match Splitter::named(name) {
        Some(splitter) => splitter,
        None => {
            *warning = Some(format!(
                "the model file asks for the pre-tokenizer {name:?}, which is not known here; \
                 text is cut into words as for GPT-2, so answers may be worse than the model's best"
            ));
            Splitter::named("default").ok_or_else(|| fault("the default splitter can not be built"))?
        }
    };
    let whole_words =
        matches!(name, "llama3" | "llama-v3" | "llama-bpe" | "falcon3" | "pixtral" | "tekken" | "lfm2");
    Ok((Flavour::ByteLevel { splitter, whole_words }, Joins::Pairs(pairs)))
}

fn sentence_piece(metadata: &Metadata, tokens: &mut [Token]) -> Result<(Flavour, Joins), VocabularyError> {
    for (at, token) in tokens.iter_mut().enumerate() {
        token.bytes =
            match token.kind {
                Kind::Normal => token.literal.replace('▁', " ").into_bytes(),
                Kind::Byte => {
                    let hex = token.literal.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
                    let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
                    vec![byte.ok_or_else(|| {
                        fault(&format!("tokenizer.ggml.tokens[{at}] is no byte like <0x0A>"))
                    })?]
                }
                _ => continue,
            };
    }
    let scores = array(metadata, "scores")?;
    if scores.len() != tokens.len() {
        return Err(fault(&format!("it has {} tokens and {} scores", tokens.len(), scores.len())));
    }
    let score = |id: usize| if let Value::F32(score) = scores[id] { score } else { f32::MIN };
    let mut order: Vec<usize> = (0..tokens.len()).filter(|&id| tokens[id].kind == Kind::Normal).collect();
    order.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
    let mut by_text = HashMap::with_capacity(order.len());
    let mut characters = HashMap::new();
    let mut rank: u32 = 0;
    for (place, &id) in order.iter().enumerate() {
        // Equal scores are equal ranks: then the leftmost pair joins first.
        if place > 0 && score(order[place - 1]) != score(id) {
            rank += 1;
        }
        let bytes = &tokens[id].bytes;
        by_text.entry(bytes.clone()).or_insert(Join { rank, token: id as u32 });
        let mut letters = std::str::from_utf8(bytes).unwrap_or_default().chars();
        if let (Some(letter), None) = (letters.next(), letters.next()) {
            characters.entry(letter).or_insert(id as u32);
        }
    }
    let space_prefix = flag(metadata, "add_space_prefix").unwrap_or(true);
    let text = |token: &Token| if token.kind == Kind::Normal { token.bytes.clone() } else { vec![] };
    let texts = tokens.iter().map(text).collect();
    Ok((Flavour::SentencePiece { characters, space_prefix }, Joins::Texts { by_text, texts }))
}

/// Where merging starts. A token of kind byte comes before an ordinary one of one byte.
fn byte_tokens(tokens: &[Token]) -> [Option<u32>; 256] {
    let mut of_byte = [None; 256];
    for kind in [Kind::Normal, Kind::Byte] {
        for (id, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == kind) {
            if let [byte] = token.bytes[..] {
                of_byte[usize::from(byte)] = Some(id as u32);
            }
        }
    }
    of_byte
}

/// The letters that byte-level BPE writes for bytes: printable Latin-1 as itself, the other 68 from U+0100 on.
fn alphabet() -> HashMap<char, u8> {
    let itself = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let mut others = 0x100..;
    let letter =
        |byte: u8| if itself(byte) { Some(char::from(byte)) } else { others.next().and_then(char::from_u32) };
    let letters: Vec<Option<char>> = (0..=255).map(letter).collect();
    letters.into_iter().zip(0..=255).filter_map(|(letter, byte)| Some((letter?, byte))).collect()
}

fn fault(what: &str) -> VocabularyError {
    VocabularyError(what.to_owned())
}

fn value<'a>(metadata: &'a Metadata, key: &str) -> Option<&'a Value> {
    metadata.get(&format!("tokenizer.ggml.{key}"))
}

fn text<'a>(metadata: &'a Metadata, key: &str) -> Option<&'a str> {
    if let Some(Value::String(text)) = value(metadata, key) { Some(text) } else { None }
}

fn flag(metadata: &Metadata, key: &str) -> Option<bool> {
    if let Some(Value::Bool(flag)) = value(metadata, key) { Some(*flag) } else { None }
}

fn number(metadata: &Metadata, key: &str) -> Option<u32> {
    value(metadata, key).and_then(integer).and_then(|number| u32::try_from(number).ok())
}

fn integer(value: &Value) -> Option<i64> {
    match *value {
        Value::U8(number) => Some(number.into()),
        Value::I8(number) => Some(number.into()),
        Value::U16(number) => Some(number.into()),
        Value::I16(number) => Some(number.into()),
        Value::U32(number) => Some(number.into()),
        Value::I32(number) => Some(number.into()),
        Value::U64(number) => i64::try_from(number).ok(),
        Value::I64(number) => Some(number),
        _ => None,
    }
}

fn array<'a>(metadata: &'a Metadata, key: &str) -> Result<&'a [Value], VocabularyError> {
    match value(metadata, key) {
        Some(Value::Array(values)) => Ok(values),
        Some(_) => Err(fault(&format!("the key tokenizer.ggml.{key} is not a list"))),
        None => Err(fault(&format!("the key tokenizer.ggml.{key} is missing"))),
    }
}
