//! Grammars on a small vocabulary of our own, and on the real one where its file is there.

use super::*;
use crate::expert::candle::vocabulary::real;
use candle_core::quantized::gguf_file::Value;
use proptest::prelude::*;
use regex_automata::meta::Regex;
use std::collections::BTreeMap;

/// Every printable ASCII character and the newline, and some longer tokens.
fn vocabulary() -> Vocabulary {
    let longer =
        [("a", "b"), ("ab", "c"), ("Ġ", "["), ("s", "p"), (")", "Ġ"), ("Ã", "©"), ("l", "i"), ("sp", "li")];
    let mut tokens: Vec<String> = (b'!'..=b'~').map(|byte| char::from(byte).to_string()).collect();
    tokens.extend(["Ġ", "Ċ", "Ã", "©"].map(str::to_owned));
    tokens.extend(longer.iter().map(|(left, right)| format!("{left}{right}")));
    let merges: Vec<String> = longer.iter().map(|(left, right)| format!("{left} {right}")).collect();
    let strings = |items: Vec<String>| Value::Array(items.into_iter().map(Value::String).collect());
    let entries =
        [("model", Value::String("gpt2".into())), ("tokens", strings(tokens)), ("merges", strings(merges))];
    let metadata = entries.into_iter().map(|(key, value)| (format!("tokenizer.ggml.{key}"), value)).collect();
    Vocabulary::from_metadata(&metadata).unwrap()
}

/// Compiled once for all tests of a vocabulary, so that its masks are walked once.
fn guide(pattern: &str, vocabulary: &Vocabulary) -> Guide {
    static COMPILED: Mutex<BTreeMap<(String, usize), Arc<Grammar>>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let made = || Arc::new(Grammar::new(pattern, vocabulary).unwrap());
    compiled.entry((pattern.to_owned(), vocabulary.len())).or_insert_with(made).guide()
}

fn take(guide: &mut Guide, vocabulary: &Vocabulary, text: &str) {
    for token in vocabulary.encode(text, false) {
        assert!(guide.advance(token), "{text:?}");
    }
}

#[test]
fn only_tokens_that_can_still_match_are_allowed() {
    let vocabulary = vocabulary();
    let check = |pattern: &str, text: &str, expected: &[&str], end: bool| {
        let mut guide = guide(pattern, &vocabulary);
        take(&mut guide, &vocabulary, text);
        let allowed = guide.allowed();
        let mut texts: Vec<String> =
            allowed.tokens.tokens().map(|token| vocabulary.decode(&[token])).collect();
        texts.sort_unstable();
        assert_eq!(
            (texts, allowed.end),
            (expected.iter().map(|&text| text.to_owned()).collect(), end),
            "{pattern}"
        );
        assert_eq!(allowed.tokens.count(), expected.len());
    };
    check("abc", "", &["a", "ab", "abc"], false);
    check("abc", "a", &["b"], false);
    check("abc", "abc", &[], true);
    check("ab?", "a", &["b"], true);
    check("a|abcd", "", &["a", "ab", "abc"], false);
    check("a|abcd", "a", &["b"], true);
    check("(a|b|ab)*", "a", &["a", "ab", "b"], true);
    check("", "", &[], true);
    check("x{2}", "x", &["x"], false);
    check("^a$", "", &["a"], false);
    // é has its bytes, and as a token; ü has one byte without a token.
    check("[éü]", "", &["é", "\u{FFFD}"], false);
    check("a(b|ü)", "a", &["b"], false);
}

#[test]
fn the_only_way_on_comes_as_the_model_would_cut_it() {
    let vocabulary = vocabulary();
    let check = |pattern: &str, text: &str, expected: &[&str]| {
        let mut guide = guide(pattern, &vocabulary);
        take(&mut guide, &vocabulary, text);
        let forced: Vec<String> = guide.forced().iter().map(|&token| vocabulary.decode(&[token])).collect();
        assert_eq!(forced, expected, "{pattern:?} after {text:?}");
    };
    check("abcd", "", &["abc", "d"]);
    check("abcd", "a", &["b", "c", "d"]);
    check("[ab]c", "", &[]);
    check("xa*", "", &["x"]);
    check("xy?z", "x", &[]);
    // "a" may yet become "ab" or "abc", so it is kept back; so is the blank, for " [" is a token.
    check("xya(bc|d)", "", &["x", "y"]);
    check(r"select\) (\[|x)", "", &["s", "e", "l", "e", "c", "t", ")"]);
    check(r"split (\[|x)", "", &["spli", "t"]);
    // An end is a choice, and at the very end nothing is kept back.
    check("xa", "", &["x", "a"]);
    check("xab?", "", &["x"]);
    check("(éa)+é", "", &["é", "a", "é"]);
    check("x(é|é!)", "", &["x", "é"]);
}

#[test]
fn a_pattern_that_can_not_be_used_is_refused_with_its_reason() {
    let vocabulary = vocabulary();
    let check = |pattern: &str, expected: &str| {
        let error = Grammar::new(pattern, &vocabulary).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("(a", "unclosed group");
    check(r"(?=a)b", "look-around");
    check(r"\bword\b", "word boundar");
    check(r"a[^\s\S]", "no text that the model can write");
    check("日本", "no text that the model can write");
    check(&format!("({})", r"\p{L}{1,90}".repeat(90)), "too large");
    check(".{5000000}", "too large");
    check(&"(".repeat(100_000), "");
    check(&"((a{1,99}){1,99}){1,99}".repeat(4), "too large");
}

#[test]
fn the_same_pattern_is_compiled_once() {
    let mut grammars = Grammars::new(&vocabulary());
    let first = grammars.get("a+").unwrap();
    assert!(Arc::ptr_eq(&first, &grammars.get("a+").unwrap()));
    assert!(grammars.get("(").is_err());
    for at in 0..40 {
        grammars.get(&format!("a{{{at}}}")).unwrap();
    }
    assert!(!Arc::ptr_eq(&first, &grammars.get("a+").unwrap()));
}

/// Generates by taking the `choices`-th allowed token, ending when the choice says so and it may.
fn write_freely(pattern: &str, vocabulary: &Vocabulary, choices: &[u32]) -> (String, bool) {
    let mut guide = guide(pattern, vocabulary);
    let mut tokens = vec![];
    let mut choices = choices.iter().copied();
    loop {
        let forced = guide.forced();
        for &token in &forced {
            assert!(guide.advance(token), "a forced token is allowed");
        }
        tokens.extend(&forced);
        let allowed = guide.allowed();
        let Some(choice) = choices.next() else { return (vocabulary.decode(&tokens), guide.is_complete()) };
        let count = allowed.tokens.count() + usize::from(allowed.end);
        assert!(count > 0, "no dead ends");
        let Some(token) = allowed.tokens.tokens().nth(choice as usize % count) else { break };
        assert!(guide.advance(token));
        tokens.push(token);
    }
    (vocabulary.decode(&tokens), guide.is_complete())
}

const PATTERNS: [&str; 7] = [
    r#" (\((select|project_values)\) )?\[(split|merge|str_position)\] [^\n"]{1,80}\n"#,
    r#"\{"name": "[a-z ]{1,12}", "score": (0|[1-9][0-9]?)\}"#,
    r"(yes|no|unsure)( because [^\n]{3,40})?",
    r"[\p{L}\p{M} ]{2,9}",
    r".*",
    r"(a|ab|abc)*!?",
    r"QS: .{5,20}\?\nA: (#[1-9]\n)+",
];

proptest! {
    #[test]
    fn whatever_is_chosen_matches_in_the_end(at in 0..PATTERNS.len(), choices in prop::collection::vec(any::<u32>(), 60)) {
        let own = vocabulary();
        for vocabulary in std::iter::once(&own).chain(real::vocabulary()) {
            let (text, complete) = write_freely(PATTERNS[at], vocabulary, &choices);
            let whole = Regex::new(&format!(r"\A(?:{})\z", PATTERNS[at])).unwrap();
            if complete {
                prop_assert!(whole.is_match(&text), "{:?} {text:?}", PATTERNS[at]);
            }
        }
    }

    #[test]
    fn every_match_can_be_written(at in 0..PATTERNS.len(), choices in prop::collection::vec(any::<u32>(), 60)) {
        // The canonical tokens of a matching text are allowed one after the other.
        if let Some(vocabulary) = real::vocabulary() {
            let (text, complete) = write_freely(PATTERNS[at], vocabulary, &choices);
            if complete && !text.contains('\u{FFFD}') {
                let mut guide = guide(PATTERNS[at], vocabulary);
                for token in vocabulary.encode(&text, false) {
                    prop_assert!(guide.allowed().tokens.contains(token));
                    guide.advance(token);
                }
                prop_assert!(guide.is_complete());
            }
        }
    }
}

/// As the expert guides: forced runs where there is room, then the `choices`-th of what may come, `left` tokens at most.
fn write_within(pattern: &str, vocabulary: &Vocabulary, mut left: u32, choices: &[u32]) -> String {
    let grammar = Arc::new(Grammar::new(pattern, vocabulary).unwrap());
    let mut guide = grammar.guide();
    assert!(guide.needs() <= left);
    let (mut tokens, mut at) = (vec![], 0);
    loop {
        let forced = guide.forced_within(left);
        let allowed = guide.allowed();
        let mask = guide.allowed_within(left);
        let open = mask.as_ref().unwrap_or(&allowed.tokens);
        let token = match forced.first() {
            Some(&token) => token,
            None => {
                let count = open.count() + usize::from(allowed.end);
                assert!(count > 0, "no dead ends");
                at += 1;
                match open.tokens().nth(choices[at % choices.len()] as usize % count) {
                    Some(token) => token,
                    None => return vocabulary.decode(&tokens),
                }
            }
        };
        assert!(left > 0 && guide.advance(token));
        left -= 1;
        assert!(guide.needs() <= left, "there is always room for an end");
        tokens.push(token);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_a_model_says_obeys_the_schema(
        schema in crate::expert::schema::tests::schemas(),
        more in 0u32..40,
        choices in prop::collection::vec(any::<u32>(), 30),
    ) {
        let Ok(read) = crate::schema::Schema::read(&schema) else { return Ok(()) };
        let own = vocabulary();
        let Ok(pattern) = crate::expert::schema::pattern(&read) else { return Ok(()) };
        let Ok(grammar) = Grammar::new(&pattern, &own) else { return Ok(()) };
        let text = write_within(&pattern, &own, Arc::new(grammar).guide().needs() + more, &choices);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{schema}: {text}: {error}"));
        prop_assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&value), "{} {}", schema, text);
        prop_assert_eq!(read.check(&value), Ok(()));
    }
}

#[test]
fn an_answer_is_whole_within_its_room() {
    let vocabulary = vocabulary();
    let check = |pattern: &str, needs: u32| {
        let grammar = Arc::new(Grammar::new(pattern, &vocabulary).unwrap());
        assert_eq!(grammar.guide().needs(), needs, "{pattern}");
    };
    check("", 0);
    check("x*", 0);
    check("abc", 1);
    check("(abc|x)yy", 3);
    check("split \\[", 3);
    check("x{3}", 3);
    assert_eq!(write_within("a[d-k]*z", &vocabulary, 2, &[1, 2, 3]), "az");
    // With room the letters go on; the last one is kept for the end.
    assert_eq!(write_within("a(x|y)*z", &vocabulary, 9, &[0]).len(), 9);
}
