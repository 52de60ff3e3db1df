//! How far a text goes along with the shape that an answer must have: for those who want to know before they ask.
//!
//! The local model's own grammar (`candle/grammar`) is made for its vocabulary; this one needs none.

use super::schema::pattern_of;
use crate::ask::Shape;
use regex_automata::{
    Anchored, MatchKind,
    hybrid::{
        LazyStateID,
        dfa::{Cache, Config, DFA},
    },
    nfa::thompson,
    util::start,
};

/// Bytes that the compiled pattern may take.
const LARGEST: usize = 16 << 20;

/// How many bytes of the text an answer of this shape can begin with: all of them, when the text can be gone on from or is
/// whole. `None` where that can not be said: a shape that is not understood or too large.
pub fn fits(shape: &Shape, text: &str) -> Option<usize> {
    let pattern = pattern_of(shape).ok()?;
    // All ways on stay open, whatever alternative the pattern would prefer.
    let config = Config::new().match_kind(MatchKind::All).skip_cache_capacity_check(true);
    let dfa = DFA::builder()
        .configure(config)
        .thompson(thompson::Config::new().nfa_size_limit(Some(LARGEST)))
        .build(&pattern)
        .ok()?;
    let mut cache = dfa.create_cache();
    let mut state = dfa.start_state(&mut cache, &start::Config::new().anchored(Anchored::Yes)).ok()?;
    if !goes_on(&dfa, &mut cache, state)? {
        return Some(0);
    }
    for (at, byte) in text.bytes().enumerate() {
        state = dfa.next_state(&mut cache, state, byte).ok()?;
        if state.is_quit() {
            return None;
        }
        if state.is_dead() || !goes_on(&dfa, &mut cache, state)? {
            return Some(text.floor_char_boundary(at));
        }
    }
    Some(text.len())
}

/// Does an answer end here, or can it go on? A match is told one byte late, so a state may be alive only to tell it.
fn goes_on(dfa: &DFA, cache: &mut Cache, state: LazyStateID) -> Option<bool> {
    if dfa.next_eoi_state(cache, state).ok()?.is_match() {
        return Some(true);
    }
    for byte in 0..=255 {
        if !dfa.next_state(cache, state, byte).ok()?.is_dead() {
            return Some(true);
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_text_fits_as_far_as_an_answer_can_begin_with_it() {
        let pattern = |text: &str| Shape::Pattern(text.to_owned());
        let check = |shape: &Shape, text: &str, expected: Option<usize>| {
            assert_eq!(fits(shape, text), expected, "{text:?} under {shape:?}");
        };
        let step = pattern(r" (\[EOQ\]|\[(split|merge)\] [^\n]+)");
        check(&step, "", Some(0));
        check(&step, " [spl", Some(5));
        check(&step, " [split] What?", Some(14));
        check(&step, " [EOQ]", Some(6));
        check(&step, " [EOQ] ", Some(6));
        check(&step, " [answer", Some(2));
        check(&step, "[split]", Some(0));
        check(&step, " [split] Wh\nat", Some(11));
        check(&pattern("é|日本"), "日x", Some(3));
        check(&pattern("é|日本"), "è", Some(0));
        check(&pattern("a+"), "aaaa", Some(4));
        check(&pattern("a+"), "aab", Some(2));
        check(&Shape::Choices { choices: vec!["yes".into(), "yes.".into(), "no".into()] }, "yes.", Some(4));
        check(&Shape::Choices { choices: vec!["yes".into(), "no".into()] }, "yet", Some(2));
        let schema = json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}});
        check(&Shape::Schema { schema }, "{\"n\": 12x", Some(8));
        check(&pattern("("), "a", None);
        check(&Shape::Schema { schema: json!({"type": "void"}) }, "a", None);
    }

    proptest! {
        #[test]
        fn what_matches_fits_and_nothing_fits_that_is_no_beginning(text in "[ab]{0,6}", shape in "[ab]{1,4}[?*+]?") {
            let all: Vec<String> = (0..7u32)
                .flat_map(|length| (0..1u32 << length).map(move |bits| {
                    (0..length).map(|at| if bits >> at & 1 == 0 { 'a' } else { 'b' }).collect()
                }))
                .collect();
            let pattern = regex_automata::meta::Regex::new(&format!("^(?:{shape})$")).unwrap();
            // Six letters are enough: four, and what repeats has one more.
            let begins = |part: &str| {
                part.len() > 6 || all.iter().any(|whole| whole.starts_with(part) && pattern.is_match(whole.as_str()))
            };
            let expected = (0..=text.len().min(5)).take_while(|end| begins(&text[..*end])).last().unwrap_or(0);
            let found = fits(&Shape::Pattern(shape.clone()), &text[..text.len().min(5)]).unwrap();
            prop_assert_eq!(found, expected, "{} under {}", text, shape);
        }
    }
}
