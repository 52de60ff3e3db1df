//! Examples for `wire`: what strangers send.

use super::*;

#[test]
fn whatever_comes_is_a_chunk_or_an_error() {
    let check = |data: &str, expected: Result<(&str, Option<End>), &str>| {
        let found = read(data);
        let text = |chunk: &Chunk| chunk.tokens.iter().map(|token| token.text.as_str()).collect::<String>();
        match (&found, expected) {
            (Ok(chunk), Ok((words, end))) => {
                assert_eq!((text(chunk).as_str(), &chunk.finish), (words, &end), "{data}")
            }
            (Err(why), Err(words)) => assert!(why.contains(words), "{data}: {why}"),
            _ => panic!("{data}: {found:?}"),
        }
    };
    check("{}", Ok(("", None)));
    check(r#"{"choices":[]}"#, Ok(("", None)));
    check(r#"{"choices":{"delta":7}}"#, Ok(("", None)));
    check(r#"{"choices":[{"delta":{"content":null}}]}"#, Ok(("", None)));
    check(
        r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"tool_calls"}]}"#,
        Ok(("a", Some(End::Else("tool_calls".into())))),
    );
    check(r#"{"choices":[{"text":"a","finish_reason":"stop"}]}"#, Ok(("a", Some(End::Finish(Finish::Stop)))));
    check(
        r#"{"choices":[{"delta":{"content":"a"},"logprobs":{"content":[{"token":"b","logprob":0}]}}]}"#,
        Ok(("a", None)),
    );
    check(
        r#"{"choices":[{"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":1e400}]}}]}"#,
        Err("no JSON"),
    );
    // Parts, and more than was asked for.
    check(
        r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"x"},"b"]}}]}"#,
        Ok(("ab", None)),
    );
    check(
        r#"{"choices":[{"index":1,"delta":{"content":"B"}},{"index":0,"delta":{"content":"A"}}]}"#,
        Ok(("A", None)),
    );
    check(r#"{"choices":[{"index":1,"delta":{"content":"B"},"finish_reason":"stop"}]}"#, Ok(("", None)));
    check(r#"{"usage":{"prompt_tokens":1e99,"completion_tokens":-1}}"#, Ok(("", None)));
    check(r#"{"error":{"message":"no\u001b]0;x\u0007"}}"#, Err("reports an error: no"));
    check(r#"{"error":null}"#, Ok(("", None)));
    check("[1]", Err("no reply"));
    check("", Err("no JSON"));
}

#[test]
fn how_sure_it_was_is_not_made_up() {
    let plain = read(r#"{"choices":[{"delta":{"content":"a"}}]}"#).unwrap();
    assert!(!plain.weighed && plain.tokens[0].probability.is_nan());
}

#[test]
fn a_strangers_words_are_short_and_harmless() {
    let told = short(&format!("\u{1b}[2J{} sk-{}", "x".repeat(50), "a1b2c3d4".repeat(5)));
    assert!(!told.contains('\u{1b}') && told.contains("[redacted: OpenAI key]"), "{told}");
    assert!(short(&"y".repeat(1000)).chars().count() <= 201);
}
