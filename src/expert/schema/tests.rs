//! Examples and laws of schemas as expressions: what an expression lets through obeys the schema.

use super::*;
use crate::schema::{tests::values, written};
use proptest::prelude::*;
use regex_automata::{Anchored, Input, meta::Regex};
use serde_json::{Value, json};

fn whole(pattern: &str) -> Regex {
    Regex::new(&format!(r"\A(?:{pattern})\z")).unwrap()
}

/// The expression of a schema, or why there is none.
fn expression(schema: &Value) -> Result<String, SchemaError> {
    pattern(&Schema::read(schema)?)
}

fn fits(regex: &Regex, text: &str) -> bool {
    regex.is_match(Input::new(text).anchored(Anchored::Yes))
}

#[test]
fn a_schema_is_written_as_texts_that_obey_it() {
    let check = |schema: Value, yes: &[&str], no: &[&str]| {
        let read = Schema::read(&schema).unwrap_or_else(|error| panic!("{schema}: {error}"));
        let regex = whole(&pattern(&read).unwrap());
        for text in yes {
            assert!(fits(&regex, text), "{schema} has to allow {text}");
            assert_eq!(read.check(&serde_json::from_str(text).unwrap()), Ok(()), "{schema}: {text}");
        }
        for text in no {
            assert!(!fits(&regex, text), "{schema} must not allow {text}");
        }
    };
    check(json!({"type": "null"}), &["null"], &["", "nul", "0"]);
    check(json!({"type": "boolean"}), &["true", "false"], &["True"]);
    check(json!({"type": "integer"}), &["0", "-7", "123456"], &["-0", "01", "1.0", "+1", "1e3"]);
    check(
        json!({"type": "integer", "minimum": -5, "maximum": 120}),
        &["-5", "-1", "0", "9", "99", "100", "120"],
        &["-6", "121", "1000", "-10"],
    );
    check(
        json!({"type": "integer", "exclusiveMinimum": 2.5, "exclusiveMaximum": 10}),
        &["3", "9"],
        &["2", "10"],
    );
    check(
        json!({"type": "number"}),
        &["0", "-1.5", "2.50", "1e-9", "6.02E+23"],
        &[".5", "1.", "1e999", "--1"],
    );
    check(
        json!({"type": "number", "minimum": 0, "maximum": 1}),
        &["0", "0.0", "0.37", "1", "1.00"],
        &["1.01", "-0.1", "2", "1e0"],
    );
    check(
        json!({"type": "number", "exclusiveMinimum": -1.25, "maximum": 0.5}),
        &["-1.2", "-1.2499", "0.5", "0.50"],
        &["-1.25", "-1.250", "-1.3", "0.51", "0.501"],
    );
    check(json!({"type": "number", "exclusiveMinimum": 0}), &["0.1", "0.01", "5"], &["0", "0.0", "-1"]);
    check(json!({"type": "number", "exclusiveMaximum": 0}), &["-0.1", "-3"], &["0", "-0", "-0.0", "1"]);
    check(
        json!({"type": "string"}),
        &[r#""""#, r#""a\"b\n""#, "\"é日😀\""],
        &["\"a", "\"\n\"", "a", r#""\x""#],
    );
    check(
        json!({"type": "string", "minLength": 1, "maxLength": 2}),
        &["\"é\"", r#""\n😀""#],
        &[r#""""#, r#""abc""#],
    );
    check(
        json!({"type": "string", "pattern": "^[A-Z]{2}-\\d+$"}),
        &[r#""AB-12""#],
        &[r#""AB-""#, r#""xAB-1""#, "\"AB-٣\""],
    );
    check(json!({"type": "string", "pattern": "b+"}), &[r#""abc""#, r#""b""#], &[r#""ac""#]);
    check(json!({"type": "string", "pattern": "^a|z$"}), &[r#""ab""#, r#""xz""#], &[r#""bza""#]);
    check(
        json!({"type": "string", "pattern": "^[^a-z]\\\\\"\\.$"}),
        &[r#""A\\\".""#],
        &[r#""A\"."#, r#""AA""#],
    );
    check(json!({"type": "string", "pattern": "^[[&]$"}), &[r#""[""#, r#""&""#], &[r#""]""#]);
    check(
        json!({"enum": ["a\"b", 1, null, {"x": [true]}]}),
        &[r#""a\"b""#, "1", "null", r#"{"x": [true]}"#],
        &["2"],
    );
    check(json!({"type": "integer", "enum": ["a", 1, 2.5]}), &["1"], &["2.5", "\"a\""]);
    check(json!({"enum": [1, 2, "a"], "not": {"const": 1}, "type": "integer"}), &["2"], &["1", "\"a\""]);
    check(json!({"const": "yes."}), &["\"yes.\""], &["\"yesx\""]);
    check(json!({"type": ["string", "null"], "maxLength": 1}), &["null", "\"a\""], &["\"ab\""]);
    check(
        json!({"type": "array", "items": {"type": "integer"}, "maxItems": 2}),
        &["[]", "[1]", "[1, 2]"],
        &["[1,2]", "[1, 2, 3]"],
    );
    check(
        json!({"type": "array", "items": {"type": "null"}, "minItems": 2}),
        &["[null, null]", "[null, null, null]"],
        &["[null]"],
    );
    check(json!({"type": "array", "maxItems": 0}), &["[]"], &["[1]"]);
    let object = json!({"type": "object", "required": ["b", "d"], "additionalProperties": false, "properties": {
        "a": {"type": "null"}, "b": {"type": "null"}, "c": {"type": "null"}, "d": {"type": "null"}}});
    check(
        object,
        &[
            r#"{"b": null, "d": null}"#,
            r#"{"a": null, "b": null, "c": null, "d": null}"#,
            r#"{"b": null, "c": null, "d": null}"#,
        ],
        &[
            r#"{"b": null}"#,
            r#"{"d": null, "b": null}"#,
            r#"{, "b": null, "d": null}"#,
            r#"{"b": null, "d": null, }"#,
        ],
    );
    let free = json!({"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "null"}}});
    check(
        free,
        &["{}", r#"{"a": null}"#, r#"{"b": null}"#, r#"{"a": null, "b": null}"#],
        &[r#"{"a": null, }"#],
    );
    check(json!({"type": "object", "additionalProperties": false}), &["{}"], &[r#"{"a": 1}"#]);
    let tree = json!({"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"}, "below": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}}});
    check(
        tree,
        &[r#"{"name": "a"}"#, r#"{"name": "a", "below": [{"name": "b", "below": []}, {"name": "c"}]}"#],
        &["{}"],
    );
    check(
        json!({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"$ref": "#"}, "maxItems": 2}]}),
        &["1", "[1, [2]]"],
        &["[1, 2, 3]"],
    );
}

#[test]
fn what_can_not_be_obeyed_is_refused_with_its_place() {
    let check = |schema: Value, expected: &str| {
        let told = expression(&schema).unwrap_or_else(|error| error.to_string());
        assert!(told.contains(expected), "{schema}: {told}");
    };
    check(json!(true), "give it a `type`");
    check(json!(false), "no value can obey");
    check(json!({}), "give it a `type`");
    check(json!({"type": "object"}), "needs `properties`");
    check(json!({"type": "array"}), "needs `items`");
    check(
        json!({"type": "object", "properties": {"a/b": {"type": "string", "format": "date", "not": {}}}}),
        "at /properties/a~1b: no answer can be held to `not`",
    );
    check(json!({"oneOf": [{"type": "null"}]}), "`oneOf` here while it is written; write anyOf");
    check(json!({"type": "integer", "allOf": [true]}), "write one schema");
    check(json!({"type": "integer", "multipleOf": 2}), "no answer can be held to `multipleOf`");
    check(json!({"type": "integer", "minLength": 2}), "no answer can be held to `minLength`");
    check(json!({"type": "integer", "minimum": 1, "exclusiveMinimum": 2}), "side by side; keep one");
    check(
        json!({"type": "object", "properties": {"a": {"type": "null"}}, "required": ["b"]}),
        "`required` names \"b\"",
    );
    check(json!({"type": "string", "minLength": 3, "maxLength": 2}), "`minLength` is above `maxLength`");
    check(json!({"type": "string", "pattern": "a+", "maxLength": 2}), "allows other lengths");
    check(json!({"type": "string", "pattern": r"\bword"}), "borders of words");
    check(json!({"type": "string", "pattern": "a^b"}), "only stand at its ends");
    check(json!({"type": "integer", "minimum": 2, "maximum": 1}), "no value can obey");
    check(json!({"type": "integer", "minimum": 1e300}), "more digits");
    check(json!({"type": "string", "enum": [1]}), "none of its values");
    check(json!({"$ref": "#"}), "no value can obey");
    check(
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/a"}}}}}),
        "no value can obey",
    );
}

#[test]
fn a_hostile_schema_is_refused_soon() {
    let check = |schema: Value| {
        let told = expression(&schema).map_or_else(|error| error.to_string(), |_| String::new());
        assert!(told.contains("too large") || told.contains("no value"), "{told}");
    };
    // Each name doubles the next one: 2^40 in all.
    let doubling = |leaf: Value| {
        let mut defs = serde_json::Map::new();
        for n in 0..40 {
            let below = json!({"$ref": format!("#/$defs/d{}", n + 1)});
            let two =
                json!({"type": "object", "required": ["a", "b"], "properties": {"a": below, "b": below}});
            defs.insert(format!("d{n}"), two);
        }
        defs.insert("d40".into(), leaf);
        json!({"$ref": "#/$defs/d0", "$defs": defs})
    };
    check(doubling(json!({"type": "null"})));
    check(doubling(json!({"$ref": "#/$defs/d40"})));
    let deep = (0..100).fold(json!({"type": "null"}), |inner, _| json!({"type": "array", "items": inner}));
    check(deep);
    let wide: serde_json::Map<_, _> = (0..5000).map(|n| (format!("p{n}"), json!({"type": "null"}))).collect();
    check(json!({"type": "object", "properties": wide}));
    let long: serde_json::Map<_, _> =
        (0..1900).map(|n| (format!("property number {n}"), json!({"type": "null"}))).collect();
    check(json!({"type": "object", "properties": long}));
}

/// Schemas of the part that can be written, three levels deep.
pub(crate) fn schemas() -> impl Strategy<Value = Value> {
    let bound = prop_oneof![
        (-3000i64..3000).prop_map(|n| json!(n)),
        (-300_000i64..300_000).prop_map(|n| json!(n as f64 / 100.0))
    ];
    let bounded = |word: &'static str| {
        let keys = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
        (keys, bound.clone(), bound.clone()).prop_map(move |((low, out, high, over), a, b)| {
            let (a, b) = if a.as_f64() <= b.as_f64() { (a, b) } else { (b, a) };
            let mut schema = json!({"type": word});
            if low {
                schema[if out { "exclusiveMinimum" } else { "minimum" }] = a;
            }
            if high {
                schema[if over { "exclusiveMaximum" } else { "maximum" }] = b;
            }
            schema
        })
    };
    let patterns = ["^[a-z]{1,3}$", "\\d\\s", "^(ab|c\")*$", "[^x\\\\]$", "^.?é$"];
    let leaf = prop_oneof![
        Just(json!({"type": "null"})),
        Just(json!({"type": "boolean"})),
        bounded("integer"),
        bounded("number"),
        (0u32..4, 0u32..6).prop_map(
            |(least, more)| json!({"type": "string", "minLength": least, "maxLength": least + more})
        ),
        Just(json!({"type": "string"})),
        (0..patterns.len()).prop_map(move |at| json!({"type": "string", "pattern": patterns[at]})),
        prop::collection::vec(any::<Option<i8>>(), 1..4).prop_map(|values| json!({"enum": values})),
        ".{0,4}".prop_map(|text| json!({"const": text})),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let properties = prop::collection::vec(("[a-c\"é]{1,2}", inner.clone(), any::<bool>()), 1..4);
        prop_oneof![
            (inner.clone(), 0u32..3, 0u32..3)
                .prop_map(|(items, least, more)| json!({"type": "array", "items": items, "minItems": least, "maxItems": least + more})),
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            prop::collection::vec(inner, 1..3).prop_map(|all| json!({"anyOf": all})),
            (properties, any::<bool>()).prop_map(|(fields, closed)| {
                let required: std::collections::BTreeSet<&String> =
                    fields.iter().filter(|(_, _, required)| *required).map(|(name, ..)| name).collect();
                let properties: serde_json::Map<_, _> =
                    fields.iter().map(|(name, schema, _)| (name.clone(), schema.clone())).collect();
                json!({"type": "object", "properties": properties, "required": required, "additionalProperties": !closed})
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_value_that_is_written_as_the_pattern_says_obeys(schema in schemas(), value in values()) {
        let read = Schema::read(&schema).unwrap();
        if let Ok(pattern) = pattern(&read) {
            let fits = fits(&whole(&pattern), &written(&value));
            let obeys = read.check(&value).is_ok();
            prop_assert!(!fits || obeys, "{schema} {value}");
        }
    }
}
