//! Cuts text into the words that byte-level BPE never joins across, the way each model family was trained.
//!
//! The patterns are part of the published tokenizers of the models; a GGUF only names them (`tokenizer.ggml.pre`).

use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};

/// A way of cutting text into words. The words in a row are the text, no byte is lost.
pub(super) struct Splitter {
    /// Pattern 0 is a word, pattern 1 a run of blanks.
    words: Regex,
    /// Digits and other number characters are words of their own, and text ends before them.
    numbers_apart: bool,
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+";
const LLAMA3: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+";
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+";
const TEKKEN: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+",
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*",
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+"
);

impl Splitter {
    /// The splitter of a family, by the name that GGUF files use; `None` for an unknown name.
    pub(super) fn named(name: &str) -> Option<Splitter> {
        let (pattern, numbers_apart) = match name {
            "default" | "gpt-2" | "gpt2" | "phi-2" | "mpt" | "olmo" | "roberta-bpe" | "trillion" => {
                (GPT2, false)
            }
            "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" | "exaone" | "minerva-7b" => {
                (GPT2, true)
            }
            "llama3" | "llama-v3" | "llama-bpe" | "smaug-bpe" | "falcon3" | "lfm2" | "dbrx" | "pixtral" => {
                (LLAMA3, false)
            }
            "qwen2" | "deepseek-r1-qwen" | "stablelm2" | "hunyuan" | "megrez" => (QWEN2, false),
            "tekken" => (TEKKEN, false),
            _ => return None,
        };
        let words = Regex::builder().build_many(&[pattern, r"\s+"]).ok()?;
        Some(Splitter { words, numbers_apart })
    }

    /// Hands out the words of the text in order.
    pub(super) fn split<'text>(&self, text: &'text str, each: &mut dyn FnMut(&'text str)) {
        if !self.numbers_apart {
            return self.split_run(text, each);
        }
        let mut from = 0;
        for (at, number) in text.char_indices().filter(|(_, character)| character.is_numeric()) {
            self.split_run(&text[from..at], each);
            from = at + number.len_utf8();
            each(&text[at..from]);
        }
        self.split_run(&text[from..], each);
    }

    fn split_run<'text>(&self, text: &'text str, each: &mut dyn FnMut(&'text str)) {
        let mut at = 0;
        while at < text.len() {
            let input = Input::new(text).range(at..).anchored(Anchored::Yes);
            // The patterns cover every character; should one not, it is a word by itself.
            let one = || at + text[at..].chars().next().map_or(1, char::len_utf8);
            let end = match self.words.find(input) {
                Some(found) if found.is_empty() => one(),
                Some(found) if found.pattern().as_usize() == 1 => without_last_blank(text, at, found.end()),
                Some(found) => found.end(),
                None => one(),
            };
            each(&text[at..end]);
            at = end;
        }
    }
}

/// The published patterns say `\s+(?!\S)|\s+`: before a word, a run of blanks leaves its last one to the word.
fn without_last_blank(text: &str, start: usize, end: usize) -> usize {
    match text[start..end].char_indices().next_back() {
        Some((last, _)) if last > 0 && end < text.len() => start + last,
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words<'text>(name: &str, text: &'text str) -> Vec<&'text str> {
        let mut words = vec![];
        Splitter::named(name).unwrap().split(text, &mut |word| words.push(word));
        words
    }

    #[test]
    fn each_family_cuts_its_own_way() {
        let text = "Hello'Ve world 123\n\n  foo";
        assert_eq!(words("gpt-2", text), ["Hello", "'", "Ve", " world", " 123", "\n\n ", " foo"]);
        assert_eq!(
            words("smollm", text),
            ["Hello", "'", "Ve", " world", " ", "1", "2", "3", "\n\n ", " foo"]
        );
        assert_eq!(words("llama-bpe", text), ["Hello", "'Ve", " world", " ", "123", "\n\n", " ", " foo"]);
        assert_eq!(words("qwen2", text), ["Hello", "'Ve", " world", " ", "1", "2", "3", "\n\n", " ", " foo"]);
        assert_eq!(words("tekken", "HelloWorld it's"), ["Hello", "World", " it", "'s"]);
        assert_eq!(words("smollm", "a  1   "), ["a", "  ", "1", "   "]);
        assert!(Splitter::named("new-and-unheard-of").is_none());
    }

    proptest! {
        #[test]
        fn no_byte_is_lost(text in any::<String>()) {
            for name in ["gpt-2", "smollm", "llama3", "qwen2", "tekken"] {
                prop_assert_eq!(words(name, &text).concat(), text.as_str());
            }
        }
    }
}
