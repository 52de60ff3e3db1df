//! Every line that can be written fits the shipped schema; the schema is read here, not repeated.

use super::*;
use crate::headless::{
    Ending,
    script::{ran, state, task},
};
use serde_json::{Value, json};

/// Why a value does not fit a schema, for the words of schema that ours uses.
fn misfit(value: &Value, schema: &Value, root: &Value) -> Option<String> {
    let fault = |what: &str| Some(format!("{what}: {value} against {schema}"));
    for word in schema.as_object()?.keys() {
        let known =
            "$ref const enum type pattern minimum items properties required additionalProperties description";
        assert!(known.split(' ').any(|known| known == word), "the test does not know `{word}`");
    }
    if let Some(name) = schema["$ref"].as_str() {
        let definition = &root["$defs"][name.rsplit('/').next()?];
        assert!(definition.is_object(), "{name} is not defined");
        return misfit(value, definition, root);
    }
    if schema.get("const").is_some_and(|only| only != value) {
        return fault("not the constant");
    }
    if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
        return fault("none of these");
    }
    let is = |name: &Value| match name.as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        other => panic!("unknown type {other:?}"),
    };
    match &schema["type"] {
        Value::Null => {}
        Value::Array(names) if names.iter().any(is) => {}
        name @ Value::String(_) if is(name) => {}
        _ => return fault("wrong type"),
    }
    if schema["minimum"].as_i64().zip(value.as_i64()).is_some_and(|(least, value)| value < least) {
        return fault("too small");
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        let pattern = regex_automata::meta::Regex::new(pattern).unwrap();
        if !pattern.is_match(value.as_str()?) {
            return fault("pattern");
        }
    }
    if let Some(items) = value.as_array() {
        return items.iter().find_map(|item| misfit(item, &schema["items"], root));
    }
    let object = value.as_object()?;
    let properties = schema["properties"].as_object()?;
    let required = schema["required"].as_array()?.iter().filter_map(Value::as_str);
    if let Some(name) = required.into_iter().find(|name| !object.contains_key(*name)) {
        return fault(&format!("`{name}` is missing"));
    }
    object.iter().find_map(|(name, value)| match properties.get(name) {
        Some(schema) => misfit(value, schema, root),
        None => fault(&format!("`{name}` is unknown")),
    })
}

fn check(line: &str) -> String {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let kind = value["type"].as_str().unwrap().to_owned();
    let of_kind = |schema: &&Value| schema["properties"]["type"]["const"] == value["type"];
    let found = schema["oneOf"].as_array().unwrap().iter().find(of_kind);
    let found = found.unwrap_or_else(|| panic!("the schema has no line `{kind}`"));
    assert_eq!(misfit(&value, found, &schema), None);
    kind
}

/// One line of every kind.
fn samples() -> Vec<Line> {
    let (task, number, call) = ("t1".to_owned(), "1.2".to_owned(), "c0".to_owned());
    let (expert, text) = ("split".to_owned(), "a\u{202E}b".to_owned());
    let reason = "near".to_owned();
    vec![
        Line::Session {
            title: text.clone(),
            strategy: "direct".into(),
            router: "tag".into(),
            model: "m".into(),
            seed: u64::MAX,
            temperature: 0.7,
        },
        Line::Task {
            task: task.clone(),
            number: number.clone(),
            text: text.clone(),
            operator: Some("select".into()),
            expert: None,
        },
        Line::Edited { task: task.clone(), number: number.clone(), what: "removed".into() },
        Line::Proposed {
            task: task.clone(),
            number: number.clone(),
            strategy: "direct".into(),
            parts: 2,
            complete: false,
            warnings: vec![text.clone()],
        },
        Line::Routed {
            task: task.clone(),
            number: number.clone(),
            router: "tag".into(),
            expert: expert.clone(),
            confidence: 1.0,
            margin: f32::NAN,
            candidates: vec![Candidate { expert: expert.clone(), score: f32::NEG_INFINITY, reason }],
        },
        Line::Asked {
            task: task.clone(),
            number: number.clone(),
            call: call.clone(),
            purpose: "route".into(),
            expert: expert.clone(),
            question: Some(text.clone()),
        },
        Line::Answered {
            task: task.clone(),
            number: number.clone(),
            call: call.clone(),
            expert: expert.clone(),
            answer: text.clone(),
            finish: Finish::Length,
            prompt_tokens: 1,
            cached_tokens: 1,
            output_tokens: 1,
            seconds: 0.25,
        },
        Line::Failed {
            task: task.clone(),
            number: number.clone(),
            call: call.clone(),
            expert: expert.clone(),
            why: text.clone(),
        },
        Line::Stopped {
            task: task.clone(),
            number: number.clone(),
            call,
            expert: expert.clone(),
            answer: text.clone(),
            finish: Finish::Cut,
            why: Some(text.clone()),
        },
        Line::Solved {
            task: task.clone(),
            number: number.clone(),
            text: text.clone(),
            expert,
            answer: text.clone(),
        },
        Line::Pinned { task: task.clone(), number: number.clone(), answer: None },
        Line::Judged {
            task: task.clone(),
            number: number.clone(),
            ruling: Some(Ruling::Fail),
            reason: Some(text.clone()),
        },
        Line::Amended {
            task: task.clone(),
            number: number.clone(),
            purpose: "answer".into(),
            what: text.clone(),
        },
        Line::Ended { state: "budget".into(), task: Some(task), number: Some(number), why: text },
        Line::Result {
            state: "done".into(),
            answer: None,
            calls: 0,
            prompt_tokens: 0,
            output_tokens: 0,
            seconds: 0.0,
            cost: Some(0.5),
        },
    ]
}

#[test]
fn every_kind_of_line_fits_the_schema_and_no_other_is_in_it() {
    let kinds: Vec<String> = samples().iter().map(|line| check(&json_line(line))).collect();
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let lines = schema["oneOf"].as_array().unwrap();
    let names: Vec<&str> =
        lines.iter().map(|line| line["properties"]["type"]["const"].as_str().unwrap()).collect();
    assert_eq!(kinds, names);
    let states = &lines.last().unwrap()["properties"]["state"]["enum"];
    assert_eq!(*states, json!(Ending::ALL.map(Ending::word)));
}

#[test]
fn the_check_finds_what_does_not_fit() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let last = schema["oneOf"].as_array().unwrap().last().unwrap();
    let good = json!({"type": "result", "state": "done", "answer": "a", "calls": 1, "prompt_tokens": 0, "output_tokens": 0, "seconds": 0.5});
    assert_eq!(misfit(&good, last, &schema), None);
    for (name, bad) in
        [("calls", json!(-1)), ("answer", json!(3)), ("state", json!("fine")), ("more", json!(1))]
    {
        let mut line = good.clone();
        line[name] = bad;
        assert!(misfit(&line, last, &schema).is_some(), "{line}");
    }
}

#[test]
fn no_plain_line_has_escapes_or_boxes() {
    for line in samples() {
        let text = plain::line(&line, "");
        let drawn =
            |c: char| ('\u{2500}'..='\u{259F}').contains(&c) || ('\u{2800}'..='\u{28FF}').contains(&c);
        let bad = text
            .chars()
            .find(|c| drawn(*c) || (c.is_control() && *c != '\n') || crate::visible::is_hidden(*c));
        assert_eq!(bad, None, "{text}");
        assert!(text.lines().all(|line| line.contains(' ')), "{text}");
    }
}

#[test]
fn the_lines_of_a_run_tell_its_story() {
    let script = "*A: 5\\nQS:* => [EOQ]\n*A year and a day\\nQS:* => [calculate] What is 2 + 3?\n";
    let (_, out) = ran(state(), task("A year and a day"), script, Style::Json);
    let kinds: Vec<String> = out.lines().map(check).collect();
    let story = "session task asked answered proposed task routed asked answered solved asked answered proposed solved result";
    assert_eq!(kinds.join(" "), story);
}

/// What is written for a call that broke off with this text.
fn broken_off(style: Style, answer: &str) -> String {
    let (task, number, call, expert) = ("t1".into(), "1".into(), "c0".into(), "big".into());
    let (answer, finish, why) = (answer.to_owned(), Finish::Cut, Some("the stream was closed".to_owned()));
    let mut out = vec![];
    let line = Line::Stopped { task, number, call, expert, answer, finish, why };
    Teller::new(style).write(&line, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn why_an_answer_broke_off_is_told_with_what_came() {
    assert_eq!(broken_off(Style::Plain, "half"), "stopped 1 at big: the stream was closed; by then: half\n");
    let json = broken_off(Style::Json, "half");
    assert!(
        json.contains("\"answer\":\"half\",\"finish\":\"cut\",\"why\":\"the stream was closed\""),
        "{json}"
    );
}

#[test]
fn what_looks_like_a_key_is_not_printed_nor_any_piece_of_it() {
    for style in [Style::Plain, Style::Json] {
        for before in [0, 150] {
            let told = broken_off(style, &format!("{} sk-proj-abcdefghijklmnopqrstuvwx", "x".repeat(before)));
            assert!(!told.contains("sk-p"), "{told}");
        }
    }
}
