//! How many tokens an answer still needs to be whole, so that one that has to be is, whatever `max_tokens` is.
//!
//! An upper bound, found backwards from the matches: every byte can be written by a token of its own, and a run that
//! nothing else can follow by the longer tokens along it.

use super::machine::{DEAD, Machine};
use super::{Guide, Mask};
use crate::expert::candle::vocabulary::trie::Trie;

/// Tokens from each state to a match.
pub(super) struct Rooms {
    needs: Vec<u32>,
    most: u32,
}

impl Rooms {
    pub(super) fn new(machine: &Machine, trie: &Trie) -> Rooms {
        let states = machine.states();
        let mut before: Vec<Vec<u32>> = vec![vec![]; states];
        for state in 0..states as u32 {
            for next in machine.nexts(state).filter(|&next| next != DEAD) {
                before[next as usize].push(state);
            }
            let (mut node, mut at) = (Trie::ROOT, state);
            while let Some((byte, next)) = machine.only_way(at) {
                let Some(below) = trie.step(node, byte) else { break };
                if !trie.tokens_at(below).is_empty() {
                    before[next as usize].push(state);
                }
                (node, at) = (below, next);
            }
        }
        let mut needs = vec![u32::MAX; states];
        let mut reached: Vec<u32> = (0..states as u32).filter(|&state| machine.is_match(state)).collect();
        reached.iter().for_each(|&state| needs[state as usize] = 0);
        let mut at = 0;
        while let Some(&state) = reached.get(at) {
            at += 1;
            for &earlier in &before[state as usize] {
                if needs[earlier as usize] == u32::MAX {
                    needs[earlier as usize] = needs[state as usize] + 1;
                    reached.push(earlier);
                }
            }
        }
        // Nobody gets to what can not end.
        let most = needs.iter().copied().filter(|&need| need != u32::MAX).max().unwrap_or(0);
        Rooms { needs, most }
    }

    fn need(&self, state: u32) -> u32 {
        self.needs.get(state as usize).copied().unwrap_or(u32::MAX)
    }
}

impl Guide {
    /// Tokens that are enough to come to an end from here.
    pub fn needs(&self) -> u32 {
        self.grammar.rooms().need(self.state)
    }

    /// Those of the tokens that may come after which `left` tokens in all are enough to end; all of them where there is
    /// room. Never empty while [`Guide::needs`] is at most `left` and above 0.
    pub fn allowed_within(&self, left: u32) -> Option<Mask> {
        let rooms = self.grammar.rooms();
        if rooms.most < left {
            return None;
        }
        let machine = &self.grammar.machine;
        let all = self.allowed().tokens;
        let mut mask = Mask { words: vec![0; all.words().len()].into(), count: 0 };
        for token in all.tokens() {
            let bytes = self.grammar.vocabulary.bytes(token);
            let next = bytes.iter().fold(self.state, |state, &byte| machine.step(state, byte));
            if rooms.need(next) < left {
                mask.insert(&[token]);
            }
        }
        Some(mask)
    }

    /// [`Guide::forced`], if there is room for it and for what follows.
    pub fn forced_within(&self, left: u32) -> Vec<u32> {
        let run = self.forced();
        let mut after = self.clone();
        let fits = run.iter().all(|&token| after.advance(token))
            && u32::try_from(run.len()).is_ok_and(|length| length.saturating_add(after.needs()) <= left);
        if fits { run } else { vec![] }
    }
}
