//! The words of a model: text to tokens and back, read from the metadata of its GGUF file.
//!
//! Used by the chat template, the grammar and the generation. Byte-level BPE ("gpt2") and SentencePiece ("llama")
//! vocabularies. It must never turn the text of a person or a model into a special token: only
//! `encode(text, true)`, meant for the pieces of a chat template, can.

mod merge;
mod metadata;
mod split;
pub mod trie;

use candle_core::quantized::gguf_file::{Content, Value};
use merge::Joins;
use split::Splitter;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use trie::Trie;

/// All tokens of one model. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Vocabulary(Arc<Words>);

struct Words {
    tokens: Vec<Token>,
    flavour: Flavour,
    joins: Joins,
    /// Where merging starts: the token of each single byte, where the vocabulary has one.
    of_byte: [Option<u32>; 256],
    /// Stands in for a character that the vocabulary can not write.
    replacement: Vec<u32>,
    /// Special tokens by their literal text, longest first.
    specials: Vec<(String, u32)>,
    bos: Option<u32>,
    add_bos: bool,
    end_tokens: Vec<u32>,
    warning: Option<String>,
    trie: OnceLock<Trie>,
}

struct Token {
    /// As the file writes it; for ordinary byte-level tokens this is the coded form (`Ġthe`).
    literal: String,
    bytes: Vec<u8>,
    kind: Kind,
}

/// What a token is for, after the numbers of `tokenizer.ggml.token_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Normal,
    /// Steers the model, has no text: `<|im_start|>`.
    Control,
    /// Has a text, but is only made by templates: `<think>`.
    UserDefined,
    Unused,
    /// One raw byte of a SentencePiece vocabulary: `<0x0A>`.
    Byte,
}

enum Flavour {
    ByteLevel {
        splitter: Splitter,
        whole_words: bool,
    },
    /// Characters are looked up by their text; a blank opens the prompt if the flag is set.
    SentencePiece {
        characters: HashMap<char, u32>,
        space_prefix: bool,
    },
}

/// Why a vocabulary can not be read out of a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tokenizer in the model file can not be used: {0}")]
pub struct VocabularyError(pub(crate) String);

impl Vocabulary {
    pub fn from_gguf(content: &Content) -> Result<Vocabulary, VocabularyError> {
        Vocabulary::from_metadata(&content.metadata)
    }

    /// Reads the `tokenizer.ggml.*` keys. A model whose way of cutting text into words is unknown still loads, with
    /// a [`warning`](Vocabulary::warning).
    pub fn from_metadata(metadata: &HashMap<String, Value>) -> Result<Vocabulary, VocabularyError> {
        metadata::read(metadata).map(|words| Vocabulary(Arc::new(words)))
    }

    /// Tokens of the text, without any opening token.
    ///
    /// With `special` false every character stays text, `<|im_start|>` too. With `special` true the literals of
    /// special tokens become those tokens. A character that the vocabulary can not write becomes `\u{FFFD}`.
    pub fn encode(&self, text: &str, special: bool) -> Vec<u32> {
        self.encode_pieces([(text, special)])
    }

    /// Tokens of a text that comes in pieces, each with its own `special` as in [`encode`](Vocabulary::encode).
    /// Words may reach across pieces; special tokens may not.
    pub fn encode_pieces<'a>(&self, pieces: impl IntoIterator<Item = (&'a str, bool)>) -> Vec<u32> {
        let (mut tokens, mut plain) = (vec![], String::new());
        for (text, special) in pieces {
            if !special {
                plain.push_str(text);
                continue;
            }
            let (mut from, mut at) = (0, 0);
            while at < text.len() {
                match self.special_at(&text[at..]) {
                    Some((length, token)) => {
                        plain.push_str(&text[from..at]);
                        self.encode_plain(&plain, &mut tokens);
                        plain.clear();
                        tokens.push(token);
                        at += length;
                        from = at;
                    }
                    None => at += text[at..].chars().next().map_or(1, char::len_utf8),
                }
            }
            plain.push_str(&text[from..]);
        }
        self.encode_plain(&plain, &mut tokens);
        tokens
    }

    /// Tokens of a raw prompt: its text with `special` false, after what this model wants at the start of every
    /// prompt (the opening token, the blank of SentencePiece).
    pub fn prompt(&self, text: &str) -> Vec<u32> {
        let mut tokens: Vec<u32> = self.bos().filter(|_| self.0.add_bos).into_iter().collect();
        match &self.0.flavour {
            Flavour::SentencePiece { space_prefix: true, .. } => {
                self.encode_plain(&format!(" {text}"), &mut tokens)
            }
            _ => self.encode_plain(text, &mut tokens),
        }
        tokens
    }

    /// The text of the tokens: their bytes joined, broken UTF-8 replaced, control tokens left out.
    pub fn decode(&self, tokens: &[u32]) -> String {
        let bytes: Vec<u8> = tokens.iter().flat_map(|&token| self.bytes(token)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The bytes that a token adds to the text. Empty for control and unused tokens and for numbers outside the
    /// vocabulary; the literal for user-defined ones.
    pub fn bytes(&self, token: u32) -> &[u8] {
        self.0.tokens.get(token as usize).map_or(&[], |token| &token.bytes)
    }

    /// The token as the model file writes it, for screens that show special tokens.
    pub fn literal(&self, token: u32) -> &str {
        self.0.tokens.get(token as usize).map_or("", |token| &token.literal)
    }

    /// Whether only a template can make this token.
    pub fn is_special(&self, token: u32) -> bool {
        let kind = self.0.tokens.get(token as usize).map(|token| token.kind);
        matches!(kind, Some(Kind::Control | Kind::UserDefined | Kind::Unused))
    }

    /// How many tokens there are: the width of the logits, unless the model pads them.
    pub fn len(&self) -> usize {
        self.0.tokens.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.tokens.is_empty()
    }

    /// The opening token, if the file names one.
    pub fn bos(&self) -> Option<u32> {
        self.0.bos
    }

    /// Whether the model wants its opening token before every prompt.
    pub fn adds_bos(&self) -> bool {
        self.0.add_bos
    }

    /// The tokens that end an answer: end of text, of turn, of message. Ascending, may be empty.
    pub fn end_tokens(&self) -> &[u32] {
        &self.0.end_tokens
    }

    /// What a person should know before the first token: the file says something about its tokenizer that we do
    /// not know, so answers may be worse than the model's best.
    pub fn warning(&self) -> Option<&str> {
        self.0.warning.as_deref()
    }

    /// All tokens that have text and may be generated, as a tree over their bytes. Built at the first call.
    pub fn trie(&self) -> &Trie {
        self.0.trie.get_or_init(|| {
            let plain = |token: &Token| matches!(token.kind, Kind::Normal | Kind::Byte);
            let tokens = self.0.tokens.iter().enumerate().filter(|(_, token)| plain(token));
            Trie::new(tokens.map(|(id, token)| (token.bytes.as_slice(), id as u32)))
        })
    }

    fn special_at(&self, text: &str) -> Option<(usize, u32)> {
        let found = self.0.specials.iter().find(|(literal, _)| text.starts_with(literal.as_str()));
        found.map(|(literal, token)| (literal.len(), *token))
    }

    fn encode_plain(&self, text: &str, tokens: &mut Vec<u32>) {
        match &self.0.flavour {
            Flavour::ByteLevel { splitter, whole_words } => {
                splitter.split(text, &mut |word| self.encode_word(word, *whole_words, tokens))
            }
            Flavour::SentencePiece { characters, .. } => {
                let mut symbols = Vec::with_capacity(text.len());
                for character in text.chars() {
                    match characters.get(&character) {
                        Some(&token) => symbols.push(token),
                        None => self.push_bytes(character, &mut symbols),
                    }
                }
                tokens.extend(self.0.joins.merge(symbols));
            }
        }
    }

    fn encode_word(&self, word: &str, whole_words: bool, tokens: &mut Vec<u32>) {
        if whole_words && let Some(token) = self.trie().find(word.as_bytes()) {
            tokens.push(token);
            return;
        }
        let mut symbols = Vec::with_capacity(word.len());
        for character in word.chars() {
            self.push_bytes(character, &mut symbols);
        }
        tokens.extend(self.0.joins.merge(symbols));
    }

    /// The byte tokens of a character, or of the replacement where a byte has no token.
    fn push_bytes(&self, character: char, symbols: &mut Vec<u32>) {
        let mut buffer = [0; 4];
        let bytes = character.encode_utf8(&mut buffer).as_bytes();
        let before = symbols.len();
        for &byte in bytes {
            match self.0.of_byte[usize::from(byte)] {
                Some(token) => symbols.push(token),
                None => {
                    symbols.truncate(before);
                    symbols.extend(&self.0.replacement);
                    return;
                }
            }
        }
    }
}

/// Puts the bytes of generated tokens together into text, holding back the beginning of a character until its end
/// has come.
#[derive(Clone, Debug, Default)]
pub struct TextStream(Vec<u8>);

impl TextStream {
    /// The text that these further bytes make whole; empty while a character is incomplete.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.0.extend_from_slice(bytes);
        let incomplete = match self.0.utf8_chunks().last() {
            // An unfinished character at the very end may yet be finished; anything else broken stays broken.
            Some(chunk) if could_continue(chunk.invalid()) => chunk.invalid().len(),
            _ => 0,
        };
        let rest = self.0.split_off(self.0.len() - incomplete);
        let whole = std::mem::replace(&mut self.0, rest);
        String::from_utf8_lossy(&whole).into_owned()
    }

    /// What is left at the end of a generation: nothing, or `\u{FFFD}` for a cut character.
    pub fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.0)).into_owned()
    }
}

/// Whether a broken chunk at the end of the bytes is the true beginning of a longer character.
fn could_continue(chunk: &[u8]) -> bool {
    let wanted = match chunk.first() {
        Some(0xC2..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..=0xF4) => 4,
        _ => return false,
    };
    chunk.len() < wanted
}

#[cfg(test)]
pub(crate) mod real;
#[cfg(test)]
mod tests;
