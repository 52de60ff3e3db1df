//! Examples for `redact`: each shape with a value of its own, and text that must stay as it is.

use super::*;

/// One value for each shape, in its order. Made up, and put together here so that no scanner takes them for real.
fn values() -> Vec<String> {
    let (a, d) = (|n: usize| "aB3dE6gH".repeat(n), |n: usize| "0123abcd".repeat(n));
    vec![
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----".into(),
        format!("sk-ant-api03-{}", a(5)),
        format!("sk-or-v1-{}", d(8)),
        format!("sk-proj-{}-x", a(5)),
        format!("ghp_{}aaaa", a(4)),
        format!("github_pat_{}_{}", a(3), a(3)),
        format!("glpat-{}", a(3)),
        format!("AKIA{}", "ABCDEFGH01234567"),
        format!("aws_secret_access_key = {}", a(5)),
        format!("AIza{}abc", a(4)),
        format!("ya29.{}", a(4)),
        format!("xoxb-{}", a(3)),
        format!("hooks.slack.com/services/T0000000/B0000000/{}", a(3)),
        format!("sk_live_{}", a(3)),
        format!("hf_{}", a(4)),
        format!("npm_{}abcd", a(4)),
        format!("pypi-AgEIcHlwaS5vcmc{}", a(7)),
        format!("SG.{}ab.{}abc", a(3).split_at(20).0, a(5)),
        format!("SK{}", d(4)),
        format!("dop_v1_{}", d(8)),
        format!("123456789:AA{}a", a(4)),
        format!("gsk_{}", a(6)),
        format!("xai-{}", a(6)),
        format!("r8_{}abcde", a(4)),
        format!("AccountKey={}abcdef==", a(10)),
        format!("AGE-SECRET-KEY-1{}AB", "QPZRY9X8".repeat(7)),
        format!("eyJ{}.eyJ{}.{}", a(2), a(2), a(2)),
        format!("Authorization: Bearer {}", a(3)),
        "postgres://ada:lovelace@db.example/x".into(),
        format!("api_key: \"{}\"", a(4)),
    ]
}

#[test]
fn every_shape_is_taken_out_and_named() {
    for ((name, shape), value) in SHAPES.iter().zip(values()) {
        let told = redact(&format!("before {value} after")).into_owned();
        assert!(told.contains(&format!("[redacted: {name}]")), "{shape} in {value}: {told}");
        assert!(told.starts_with("before ") && told.ends_with(" after"), "{told}");
    }
    assert_eq!(values().len(), SHAPES.len());
}

#[test]
fn ordinary_text_stays() {
    let check = |text: &str| assert!(matches!(redact(text), Cow::Borrowed(_)), "{text}");
    check("Take the last letters of the words in \"Ada Byron Lovelace\"");
    check("sk-learn is a library; ask-me-anything-about-the-long-name-of-it");
    check("key 9f0c1b22aabbccddeeff0011, crc 00aa11bb");
    check("the bearer of this letter may pass; http://localhost:8080/v1/models");
    check("see https://user@example.com/path and mailto:ada@example.com");
    check("password: hunter2");
}

#[test]
fn a_protected_value_goes_whatever_it_looks_like() {
    protect("open sesame, please");
    protect("tiny");
    assert_eq!(redact("say open sesame, please!"), "say [redacted: key]!");
    assert_eq!(redact("tiny"), "tiny", "too short to be told from a word");
}

#[test]
fn json_keeps_its_shape() {
    let secret = format!("sk-{}", "abcd1234".repeat(4));
    let check = |json: String, expected: &str| {
        assert_eq!(redact_json(&json), expected);
        serde_json::from_str::<serde_json::Value>(&redact_json(&json)).unwrap();
    };
    check(
        format!(r#"{{"a":0.1,"b":"x\n{secret}","c":["\""]}}"#),
        r#"{"a":0.1,"b":"x\n[redacted: OpenAI key]","c":["\""]}"#,
    );
    check(r#"{"a":"\\","b":"\u00e9"}"#.to_owned(), r#"{"a":"\\","b":"\u00e9"}"#);
    assert!(matches!(redact_json(r#"{"a":"fine"}"#), Cow::Borrowed(_)));
    for broken in ["\"", "\"abc\\", "{\"é", ""] {
        assert_eq!(redact_json(broken), broken, "what is no JSON is left alone");
    }
}
