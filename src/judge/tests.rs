//! Every judge on answers that keep its rule, break it, or leave it open.

use super::*;
use crate::ask::Answer;

fn scene<'a>(rule: &'a Check, questions: &'a [String], answer: &'a str) -> Scene<'a> {
    Scene { rule, questions, operator: None, answer, reply: None }
}

/// Name of the judge, ruling and evidence for one rule.
fn verdict(rule: &str, question: &str, answer: &str) -> Verdict {
    let rule: Check = rule.parse().unwrap();
    let questions = [question.to_owned()];
    match judge(&scene(&rule, &questions, answer)).1 {
        Next::Says(verdict) => verdict,
        Next::Asks(request) => panic!("asks {request:?}"),
    }
}

#[test]
fn rules_hold_or_not() {
    let check = |rule: &str, good: &str, bad: &str| {
        assert_eq!(verdict(rule, "", good).ruling, Ruling::Pass, "{rule}");
        let fails = verdict(rule, "", bad);
        assert_eq!(fails.ruling, Ruling::Fail, "{rule}");
        assert!(fails.evidence.contains(rule), "{}", fails.evidence);
    };
    check("number", "-3.5", "three");
    check("list", "[\"a\"]", "a, b");
    check("list of 2", "[1, 2]", "[1]");
    check("at most 2 words", "two words", "now three words");
    check("one of yes | no", "yes", "maybe");
    check("matches [a-z]+( [a-z]+)*", "a g", "a, g");
}

#[test]
fn a_function_computes_the_same_or_not_or_can_not_say() {
    let check = |rule: &str, question: &str, answer: &str, ruling: Ruling, words: &str| {
        let found = verdict(rule, question, answer);
        assert_eq!((found.judge.as_str(), found.ruling), ("recompute", ruling), "{found:?}");
        assert!(found.evidence.contains(words), "{}", found.evidence);
    };
    check("as calculate", "What is 3 times 4?", "12.0", Ruling::Pass, "`calculate` gives `12`, too");
    check("as calculate", "What is 3 times 4?", "14", Ruling::Fail, "gives `12`, the answer is `14`");
    check("as calculate", "Who wrote it?", "Ada", Ruling::Unsure, "no part of a calculation");
    check("as calculate: What is 6 times 2?", "Who?", "12", Ruling::Pass, "gives `12`");
    check("as count: How many words are in \"{answer}\"?", "", "a b", Ruling::Fail, "gives `2`");
    let rule = "as str_position".parse().unwrap();
    let questions = ["Ada", "King"].map(|word| format!("What is the last letter in \"{word}\"?"));
    let operator = Some("project_values".parse().unwrap());
    let several = Scene { operator, ..scene(&rule, &questions, "[\"a\", \"g\"]") };
    assert!(matches!(judge(&several).1, Next::Says(Verdict { ruling: Ruling::Pass, .. })));
    assert!(
        fault(&"as melt".parse().unwrap()).unwrap().contains("no function is called `melt`; there are split")
    );
    assert_eq!(fault(&"as split && should number".parse().unwrap()), None);
}

#[test]
fn schemas_name_what_does_not_fit() {
    let check = |schema: &str, answer: &str, words: &str| {
        let found = verdict(&format!("schema {schema}"), "", answer);
        let ruling = if words.is_empty() { Ruling::Pass } else { Ruling::Fail };
        assert_eq!(found.ruling, ruling, "{schema} {answer}: {}", found.evidence);
        assert!(found.evidence.contains(words), "{schema} {answer}: {}", found.evidence);
    };
    check(r#"{"type": "array", "items": {"type": "string"}}"#, r#"["a", "b"]"#, "");
    check(
        r#"{"items": {"type": "string"}}"#,
        r#"["a", 2]"#,
        "its schema does not hold: at /1: a text in quotes",
    );
    check(r#"{"uniqueItems": true, "oneOf": [true]}"#, "[1, 2, 1]", "it has 1 twice");
    check("true", "not json", "wants JSON");
}

#[test]
fn a_schema_that_can_not_be_used_is_refused_when_it_is_typed() {
    let check = |schema: &str, words: &str| {
        let found = fault(&format!("schema {schema}").parse().unwrap()).unwrap_or_default();
        assert!(found.contains(words), "{schema}: {found}");
    };
    check(r#"{"typ": "array"}"#, "`typ` is not known here; there are $ref, type");
    check(r#"{"items": 3}"#, "at /items: a schema is an object");
}

#[test]
fn the_model_is_asked_and_its_share_of_yes_decides() {
    let rule = "model".parse().unwrap();
    let questions = ["What is the capital of France?".to_owned()];
    let first = scene(&rule, &questions, "Paris");
    let Next::Asks(Request::Score { prompt, continuations }) = judge(&first).1 else {
        panic!("it asks first")
    };
    assert_eq!(continuations, [" yes", " no"]);
    assert!(
        prompt
            .text()
            .ends_with("Question: What is the capital of France?\nAnswer: Paris\nIs this answer right?")
    );
    let check = |scores: &[f32], ruling: Ruling, words: &str| {
        let reply = Answer { scores: scores.to_vec(), ..Answer::default() };
        let (by, next) = judge(&Scene { reply: Some(&reply), ..first });
        let Next::Says(found) = next else { panic!("it has its reply") };
        assert_eq!((by.name(), found.ruling), ("model", ruling), "{scores:?}");
        assert!(found.evidence.contains(words), "{}", found.evidence);
    };
    check(&[-0.1, -3.0], Ruling::Pass, "yes with 95 %");
    check(&[-3.0, -0.1], Ruling::Fail, "yes with 5 %");
    check(&[-1.0, -1.1], Ruling::Unsure, "yes with 52 %");
    check(&[f32::NAN, -1.0], Ruling::Unsure, "no numbers");
    check(&[], Ruling::Unsure, "no score");
    let own = "model: Is it a list of names?".parse().unwrap();
    let Next::Asks(Request::Score { prompt, .. }) = judge(&scene(&own, &questions, "x")).1 else { panic!() };
    assert!(prompt.text().ends_with("Answer: x\nIs it a list of names?"));
}
