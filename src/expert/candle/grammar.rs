//! Answers that must match a regular expression: which tokens may come next, and which must.
//!
//! The generation asks a [`Guide`] before every token. Knows bytes and tokens; knows nothing of logits or prompts.
//! After "Efficient Guided Generation for Large Language Models" (Willard and Louf, 2023).

mod machine;
mod room;

use super::vocabulary::Vocabulary;
use super::vocabulary::trie::Trie;
use lru::LruCache;
use machine::{DEAD, Machine};
use room::Rooms;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A pattern made ready for one vocabulary. Shared by all generations under it.
pub struct Grammar {
    machine: Machine,
    vocabulary: Vocabulary,
    /// Made when first asked for: the walk costs about as much as sampling does.
    masks: Mutex<HashMap<u32, Arc<Mask>>>,
    /// Made when first asked for.
    rooms: OnceLock<Rooms>,
}

/// Why a pattern can not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GrammarError(String);

/// A bit for each token of the vocabulary: 1 for those that may come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    words: Box<[u64]>,
    count: usize,
}

/// What may come next.
#[derive(Clone, Debug)]
pub struct Allowed {
    pub tokens: Arc<Mask>,
    /// The text so far matches: an end token may come.
    pub end: bool,
}

/// Masks kept for one grammar, 6 KiB each for 49,152 tokens.
const MOST_MASKS: usize = 1024;
/// Grammars kept by a [`Grammars`].
const MOST_GRAMMARS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(31);

impl Grammar {
    /// Compiles a pattern (syntax of the `regex` crate, anchored at both ends, over UTF-8 text).
    ///
    /// Fails if it is no regular expression, needs look-around, is too large, or matches no text that this
    /// vocabulary can write.
    pub fn new(pattern: &str, vocabulary: &Vocabulary) -> Result<Grammar, GrammarError> {
        let mut writable = [false; 256];
        for byte in 0..=255 {
            writable[usize::from(byte)] = vocabulary.trie().find(&[byte]).is_some();
        }
        let machine = Machine::compile(pattern, &writable)?;
        Ok(Grammar {
            machine,
            vocabulary: vocabulary.clone(),
            masks: Mutex::default(),
            rooms: OnceLock::new(),
        })
    }

    /// A guide at the beginning of an answer.
    pub fn guide(self: &Arc<Grammar>) -> Guide {
        Guide { state: self.machine.start(), grammar: Arc::clone(self) }
    }

    fn rooms(&self) -> &Rooms {
        self.rooms.get_or_init(|| Rooms::new(&self.machine, self.vocabulary.trie()))
    }

    fn mask(&self, state: u32) -> Arc<Mask> {
        let held = |grammar: &Grammar| {
            grammar.masks.lock().unwrap_or_else(PoisonError::into_inner).get(&state).cloned()
        };
        if let Some(mask) = held(self) {
            return mask;
        }
        let mask = Arc::new(self.walk(state));
        let mut masks = self.masks.lock().unwrap_or_else(PoisonError::into_inner);
        if masks.len() >= MOST_MASKS {
            masks.clear();
        }
        masks.insert(state, Arc::clone(&mask));
        mask
    }

    /// Goes down the tree of tokens and the machine at once; a dead state cuts off the whole branch.
    fn walk(&self, state: u32) -> Mask {
        let mut mask = Mask { words: vec![0; self.vocabulary.len().div_ceil(64)].into(), count: 0 };
        self.vocabulary.trie().descend(Trie::ROOT, state, self.live_step(), |tokens| {
            mask.insert(tokens);
            true
        });
        mask
    }

    /// Whether some token goes on below a node of the tree from a state.
    fn goes_on(&self, node: u32, state: u32) -> bool {
        let mut found = false;
        self.vocabulary.trie().descend(node, state, self.live_step(), |tokens| {
            found = !tokens.is_empty();
            !found
        });
        found
    }

    fn live_step(&self) -> impl Fn(u32, u8) -> Option<u32> {
        |state, byte| Some(self.machine.step(state, byte)).filter(|&next| next != DEAD)
    }
}

/// One answer on its way through a grammar.
#[derive(Clone)]
pub struct Guide {
    grammar: Arc<Grammar>,
    state: u32,
}

impl Guide {
    /// The tokens that may come next. Never empty unless `end` is set: every state on the way has a byte to go on
    /// with, and a token of just that byte.
    pub fn allowed(&self) -> Allowed {
        Allowed { tokens: self.grammar.mask(self.state), end: self.is_complete() }
    }

    /// The tokens that write the only way on, as the model itself would cut them; empty if there is a choice.
    ///
    /// A token at the end of the way that could be the beginning of a longer one is kept back: the choice between
    /// them is the model's.
    pub fn forced(&self) -> Vec<u32> {
        let machine = &self.grammar.machine;
        let (mut state, mut run) = (self.state, vec![]);
        while let Some((byte, next)) = machine.only_way(state) {
            run.push(byte);
            state = next;
        }
        // Half a character at either end is left to the model.
        let whole = run.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
        run.truncate(whole);
        let Ok(text) = std::str::from_utf8(&run) else { return vec![] };
        let end = run.iter().fold(self.state, |state, &byte| machine.step(state, byte));
        let vocabulary = &self.grammar.vocabulary;
        let mut tokens = vocabulary.encode(text, false);
        let mut start = 0;
        for at in 0..tokens.len() {
            let node = vocabulary.trie().walk(&run[start..]);
            if node.is_some_and(|node| self.grammar.goes_on(node, end)) {
                tokens.truncate(at);
                break;
            }
            start += vocabulary.bytes(tokens[at]).len();
        }
        tokens
    }

    /// Takes a token that was generated. False, and nothing changes, if the grammar does not allow it.
    pub fn advance(&mut self, token: u32) -> bool {
        let bytes = self.grammar.vocabulary.bytes(token);
        let next = bytes.iter().fold(self.state, |state, &byte| self.grammar.machine.step(state, byte));
        let taken = next != DEAD && !bytes.is_empty() && !self.grammar.vocabulary.is_special(token);
        if taken {
            self.state = next;
        }
        taken
    }

    /// The text so far matches the whole pattern.
    pub fn is_complete(&self) -> bool {
        self.grammar.machine.is_match(self.state)
    }
}

impl Mask {
    pub fn contains(&self, token: u32) -> bool {
        self.words.get(token as usize / 64).is_some_and(|word| word >> (token % 64) & 1 == 1)
    }

    /// 64 tokens to a word, the lowest number in the lowest bit.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// How many tokens may come.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The tokens that may come, ascending.
    pub fn tokens(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let rest = |word: &u64| Some(word & (word - 1)).filter(|&word| word != 0);
            let words = std::iter::successors(Some(word).filter(|&word| word != 0), rest);
            words.map(move |word| at as u32 * 64 + word.trailing_zeros())
        })
    }

    fn insert(&mut self, tokens: &[u32]) {
        for &token in tokens {
            self.words[token as usize / 64] |= 1 << (token % 64);
        }
        self.count += tokens.len();
    }
}

/// The grammars of one model, compiled once each: the same few come again and again.
pub struct Grammars {
    vocabulary: Vocabulary,
    compiled: LruCache<String, Arc<Grammar>>,
}

impl Grammars {
    pub fn new(vocabulary: &Vocabulary) -> Grammars {
        Grammars { vocabulary: vocabulary.clone(), compiled: LruCache::new(MOST_GRAMMARS) }
    }

    /// The grammar of a pattern, from the last 32 different ones or compiled now.
    pub fn get(&mut self, pattern: &str) -> Result<Arc<Grammar>, GrammarError> {
        if let Some(grammar) = self.compiled.get(pattern) {
            return Ok(Arc::clone(grammar));
        }
        let grammar = Arc::new(Grammar::new(pattern, &self.vocabulary)?);
        self.compiled.put(pattern.to_owned(), Arc::clone(&grammar));
        Ok(grammar)
    }
}

#[cfg(test)]
mod tests;
