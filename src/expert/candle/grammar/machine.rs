//! A regular expression as a table over bytes, from which everything that can not end in a match is cut away.
//!
//! Matching is regex-automata's; the cutting is ours, because a guide must never lead into a dead end: some bytes
//! that UTF-8 allows have no token in some vocabularies.

use super::GrammarError;
use regex_automata::dfa::{Automaton, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind, nfa::thompson};
use std::collections::HashMap;

/// The state from which no match can be reached.
pub(super) const DEAD: u32 = u32::MAX;

/// Bytes a compiled pattern may take: about half a second of compiling.
const LARGEST: usize = 16 << 20;

pub(super) struct Machine {
    start: u32,
    /// Bytes that the pattern never tells apart share a class.
    class_of: [u8; 256],
    classes: usize,
    /// State after each class, `classes` entries to a state; `DEAD` where no match can follow.
    next: Vec<u32>,
    matches: Vec<bool>,
    ways: Vec<Ways>,
}

/// How many writable bytes lead on from a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ways {
    None,
    One(u8),
    Many,
}

impl Machine {
    /// `writable` says for each byte whether the vocabulary has a token of just that byte.
    pub(super) fn compile(pattern: &str, writable: &[bool; 256]) -> Result<Machine, GrammarError> {
        let dense = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .start_kind(regex_automata::dfa::StartKind::Anchored)
                    // All ways on stay open, whatever alternative the pattern would prefer.
                    .match_kind(MatchKind::All)
                    .accelerate(false)
                    .dfa_size_limit(Some(LARGEST))
                    .determinize_size_limit(Some(LARGEST)),
            )
            .thompson(thompson::Config::new().nfa_size_limit(Some(LARGEST)))
            .build(pattern)
            .map_err(|error| refusal(pattern, &error))?;
        let first = dense
            .start_state(&start::Config::new().anchored(Anchored::Yes))
            .map_err(|error| GrammarError(error.to_string()))?;
        let mut machine = Machine::explore(&dense, first, writable);
        if machine.states() * machine.classes * size_of::<u32>() > LARGEST {
            return Err(too_large(pattern));
        }
        machine.cut_dead_ends(writable);
        if machine.start == DEAD {
            return Err(GrammarError(format!("no text that the model can write matches {}", shown(pattern))));
        }
        Ok(machine)
    }

    pub(super) fn start(&self) -> u32 {
        self.start
    }

    pub(super) fn states(&self) -> usize {
        self.matches.len()
    }

    /// The state after a byte; `DEAD` after `DEAD`.
    #[inline]
    pub(super) fn step(&self, state: u32, byte: u8) -> u32 {
        let at = state as usize * self.classes + usize::from(self.class_of[usize::from(byte)]);
        if state == DEAD { DEAD } else { self.next[at] }
    }

    /// The state after each class of bytes; `DEAD` among them.
    pub(super) fn nexts(&self, state: u32) -> impl Iterator<Item = u32> + '_ {
        let at = state as usize * self.classes;
        self.next.get(at..at + self.classes).unwrap_or_default().iter().copied()
    }

    /// The text that led here is a match.
    pub(super) fn is_match(&self, state: u32) -> bool {
        self.matches.get(state as usize).copied().unwrap_or(false)
    }

    /// The byte that must come next and the state after it; `None` where there is a choice, ending included.
    pub(super) fn only_way(&self, state: u32) -> Option<(u8, u32)> {
        match self.ways.get(state as usize)? {
            Ways::One(byte) if !self.is_match(state) => Some((*byte, self.step(state, *byte))),
            _ => None,
        }
    }

    /// Copies what can be reached from the first state into a plain table.
    fn explore(dense: &dense::DFA<Vec<u32>>, first: StateID, writable: &[bool; 256]) -> Machine {
        // Classes of the pattern, split by whether a byte can be written at all.
        let mut class_of = [0; 256];
        let mut samples: Vec<u8> = vec![];
        let mut known = HashMap::new();
        for byte in 0..=255 {
            let kind = (dense.byte_classes().get(byte), writable[usize::from(byte)]);
            class_of[usize::from(byte)] = *known.entry(kind).or_insert_with(|| {
                samples.push(byte);
                (samples.len() - 1) as u8
            });
        }
        let mut machine = Machine {
            start: 0,
            class_of,
            classes: samples.len(),
            next: vec![],
            matches: vec![],
            ways: vec![],
        };
        let mut number = HashMap::from([(first, 0)]);
        let mut found = vec![first];
        let mut at = 0;
        while let Some(&state) = found.get(at) {
            at += 1;
            machine.matches.push(dense.is_match_state(dense.next_eoi_state(state)));
            for &byte in &samples {
                let next = dense.next_state(state, byte);
                if dense.is_dead_state(next) || dense.is_quit_state(next) || !writable[usize::from(byte)] {
                    machine.next.push(DEAD);
                    continue;
                }
                machine.next.push(*number.entry(next).or_insert_with(|| {
                    found.push(next);
                    (found.len() - 1) as u32
                }));
            }
        }
        machine
    }

    /// Makes every way that can not end in a match lead to `DEAD`, then counts what is left.
    fn cut_dead_ends(&mut self, writable: &[bool; 256]) {
        let states = self.states();
        let mut before: Vec<Vec<u32>> = vec![vec![]; states];
        for (at, &next) in self.next.iter().enumerate().filter(|&(_, &next)| next != DEAD) {
            before[next as usize].push((at / self.classes) as u32);
        }
        let mut live = self.matches.clone();
        let mut open: Vec<u32> = (0..states as u32).filter(|&state| live[state as usize]).collect();
        while let Some(state) = open.pop() {
            for &earlier in &before[state as usize] {
                if !live[earlier as usize] {
                    live[earlier as usize] = true;
                    open.push(earlier);
                }
            }
        }
        for next in &mut self.next {
            *next = if *next != DEAD && live[*next as usize] { *next } else { DEAD };
        }
        if !live.first().copied().unwrap_or(false) {
            self.start = DEAD;
        }
        // For each class: its only writable byte, if it has but one.
        let mut members = vec![Ways::None; self.classes];
        for byte in (0..=255).filter(|&byte| writable[usize::from(byte)]) {
            let ways = &mut members[usize::from(self.class_of[usize::from(byte)])];
            *ways = if *ways == Ways::None { Ways::One(byte) } else { Ways::Many };
        }
        let open = |nexts: &[u32]| {
            let classes =
                nexts.iter().zip(&members).filter(|&(&next, _)| next != DEAD).map(|(_, &ways)| ways);
            classes.fold(Ways::None, |ways, more| if ways == Ways::None { more } else { Ways::Many })
        };
        self.ways = self.next.chunks(self.classes).map(open).collect();
    }
}

fn refusal(pattern: &str, error: &dense::BuildError) -> GrammarError {
    // The parser draws the pattern with a mark under the fault; its last line says what is wrong.
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let text = cause.to_string();
    // regex-automata counts the two steps of compiling apart and tells only one of them by a function.
    if error.is_size_limit_exceeded() || text.contains("exceeded") {
        return too_large(pattern);
    }
    let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
    GrammarError(format!("{}: {reason}", shown(pattern)))
}

fn too_large(pattern: &str) -> GrammarError {
    GrammarError(format!(
        "{} is too large: its table would take more than {} MiB; repeat less, or use smaller classes than \\p{{L}}",
        shown(pattern),
        LARGEST >> 20
    ))
}

/// The pattern, or its beginning.
fn shown(pattern: &str) -> String {
    match pattern.char_indices().nth(80) {
        Some((end, _)) => format!("{:?}...", &pattern[..end]),
        None => format!("{pattern:?}"),
    }
}
