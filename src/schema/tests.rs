//! Examples and laws of schemas and their check: the package `jsonschema` is the judge of every keyword.

use super::*;
use proptest::prelude::*;
use serde_json::json;

#[test]
fn an_answer_that_does_not_obey_is_told_where() {
    let check = |schema: Value, value: Value, expected: &str| {
        let told = Schema::read(&schema).unwrap().check(&value).err().unwrap_or_default();
        assert_eq!(told, expected, "{schema} {value}");
        if !expected.contains("steps") {
            let judge = jsonschema::validator_for(&schema).unwrap();
            assert_eq!(judge.is_valid(&value), told.is_empty(), "{schema} {value}");
        }
    };
    let person = json!({"type": "object", "required": ["name", "ages"], "additionalProperties": false, "properties": {
        "name": {"type": "string", "maxLength": 3}, "ages": {"type": "array", "items": {"type": "integer", "maximum": 9}}}});
    check(person.clone(), json!([]), "an object was asked for, there is []");
    check(person.clone(), json!({"name": "a"}), "the property \"ages\" is missing");
    check(
        person.clone(),
        json!({"name": "abcd", "ages": []}),
        "at /name: at most 3 characters were asked for, there is \"abcd\"",
    );
    check(
        person.clone(),
        json!({"name": "a", "ages": [1, 10]}),
        "at /ages/1: a number at most 9 was asked for, there is 10",
    );
    check(
        person.clone(),
        json!({"name": "a", "ages": [1.5]}),
        "at /ages/0: a whole number was asked for, there is 1.5",
    );
    check(person, json!({"name": "a", "ages": [], "x": 1}), "no property \"x\" was asked for");
    let others =
        json!({"properties": {"a": true}, "additionalProperties": {"type": "null"}, "maxProperties": 2});
    check(others.clone(), json!({"a": 1, "b": null}), "");
    check(others.clone(), json!({"b": 1}), "at /b: null was asked for, there is 1");
    check(
        others,
        json!({"a": 1, "b": null, "c": null}),
        "at most 2 properties were asked for, there is {\"a\": 1, \"b\": null, \"c\": null}",
    );
    let pair = json!({"prefixItems": [{"type": "string"}, true], "items": false, "minItems": 1});
    check(pair.clone(), json!(["a", 1]), "");
    check(pair.clone(), json!(["a", 1, 2]), "at /2: it may not be there");
    check(pair, json!([]), "at least 1 item was asked for, there is []");
    check(json!({"contains": {"const": 1}}), json!([2, 3]), "it has no item as it has to");
    check(
        json!({"uniqueItems": true}),
        json!([{"a": 1, "b": 2}, 3, {"b": 2, "a": 1.0}]),
        "it has {\"b\": 2, \"a\": 1.0} twice",
    );
    check(json!({"uniqueItems": false}), json!([1, 1]), "");
    check(json!({"enum": ["x", [1]]}), json!([1.0]), "");
    check(json!({"enum": ["x", 1]}), json!(2), "one of \"x\", 1 was asked for, there is 2");
    check(json!({"const": 3}), json!(4), "3 was asked for, there is 4");
    check(
        json!({"type": ["string", "null"]}),
        json!(1),
        "a text in quotes or null was asked for, there is 1",
    );
    check(
        json!({"minimum": 2, "exclusiveMaximum": 5}),
        json!(5),
        "a number below 5 was asked for, there is 5",
    );
    check(json!({"minimum": 2}), json!("a text"), "");
    check(
        json!({"maximum": 9007199254740992_u64}),
        json!(9007199254740993_u64),
        "a number at most 9007199254740992 was asked for, there is 9007199254740993",
    );
    check(json!({"multipleOf": 0.1}), json!(0.3), "");
    check(json!({"multipleOf": 3}), json!(7.0), "a multiple of 3 was asked for, there is 7.0");
    check(json!({"pattern": "^a"}), json!("ba"), "a text matching ^a was asked for, there is \"ba\"");
    check(json!({"pattern": r"\bword\B"}), json!("a words"), "");
    check(json!({"pattern": r"^\p{Lu}$"}), json!("É"), "");
    check(
        json!({"anyOf": [{"type": "null"}, {"type": "string"}]}),
        json!(3),
        "null was asked for, there is 3; nor does the other way fit",
    );
    check(
        json!({"oneOf": [{"type": "number"}, {"minimum": 2}]}),
        json!(3),
        "3 fits 2 of the 2 ways, not one",
    );
    check(json!({"allOf": [{"minimum": 2}, {"maximum": 4}]}), json!(3), "");
    check(json!({"not": {"type": "null"}}), json!(null), "null is what it may not be");
    check(json!(false), json!(1), "it may not be there");
    let tree =
        json!({"$ref": "#/$defs/t", "$defs": {"t": {"type": "array", "items": {"$ref": "#/$defs/t"}}}});
    check(tree.clone(), json!([[], [[]]]), "");
    check(tree, json!([[], [1]]), "at /1/0: a list was asked for, there is 1");
    let circle = json!({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"not": {"$ref": "#/$defs/a"}}, {"$ref": "#/$defs/a"}]}}});
    check(
        circle,
        json!(1),
        "whether it obeys takes more than 100000 steps to look at, or 400 within each other",
    );
}

#[test]
fn a_schema_that_can_not_be_used_is_refused_with_its_place() {
    let check = |schema: Value, expected: &str| {
        let told = Schema::read(&schema).map_or_else(|error| error.to_string(), |read| format!("{read:?}"));
        assert!(told.contains(expected), "{schema}: {told}");
    };
    check(json!(3), "a schema is an object, true or false");
    check(json!({"items": 3}), "the JSON schema at /items: a schema is an object");
    check(json!({"typ": "array"}), "`typ` is not known here; there are $ref, type");
    check(json!({"type": "list"}), "\"list\" is no type; `type` is one or a list of null, boolean");
    check(json!({"type": []}), "[] is no type");
    check(json!({"items": {"minItems": "two"}}), "at /items: `minItems` has to be a whole number");
    check(json!({"minLength": -1}), "`minLength` has to be a whole number");
    check(json!({"minimum": "1"}), "`minimum` has to be a number");
    check(json!({"multipleOf": 0}), "`multipleOf` has to be a number above 0");
    check(json!({"uniqueItems": 1}), "`uniqueItems` has to be true or false");
    check(json!({"enum": []}), "`enum` has to be a list of 1 to 1000 values");
    check(json!({"oneOf": []}), "`oneOf` has to be a list of schemas");
    check(json!({"required": [1]}), "`required` has to be a list of names");
    check(json!({"properties": []}), "`properties` has to be an object of schemas");
    check(json!({"properties": {"a~/b": {"if": true}}}), "at /properties/a~0~1b: `if` is not known");
    check(json!({"$ref": "http://elsewhere/x"}), "a place of this schema");
    check(json!({"$ref": "#/$defs/x"}), "which is not there");
    check(json!({"pattern": r"(a)\1"}), "refers back");
    check(json!({"pattern": "(?=a)"}), "only (?:");
    check(json!({"pattern": "(?i)a"}), "only (?:");
    check(json!({"pattern": "(a"}), "unclosed group");
    check(json!({"pattern": "a".repeat(3000)}), "has 3000 bytes, at most 2000 are read");
    check((0..100).fold(json!(true), |inner, _| json!({"not": inner})), "too large: at most 64 levels");
    let wide: serde_json::Map<_, _> = (0..5000).map(|n| (format!("p{n}"), json!(true))).collect();
    check(json!({"properties": wide}), "2000 schemas within it");
}

/// Schemas of every keyword that is known, three levels deep; most rules say nothing of most values.
fn schemas() -> impl Strategy<Value = Value> {
    let number =
        || prop_oneof![(-9i64..9).prop_map(Value::from), (-90i64..90).prop_map(|n| json!(n as f64 / 10.0))];
    let words = ["null", "boolean", "integer", "number", "string", "array", "object"];
    let patterns = ["^[a-c]{1,3}$", "\\d", "^(ab|c\")*$", "[^1\\\\]$", "^.?é$"];
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        prop::sample::subsequence(words.to_vec(), 1..3).prop_map(|words| json!({"type": words})),
        (prop::sample::select(vec!["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), number())
            .prop_map(|(key, bound)| json!({key: bound})),
        prop::sample::select(vec![json!(2), json!(3), json!(0.5)])
            .prop_map(|step| json!({"multipleOf": step})),
        (
            prop::sample::select(vec![
                "minLength",
                "maxLength",
                "minItems",
                "maxItems",
                "minProperties",
                "maxProperties",
            ]),
            0u32..4
        )
            .prop_map(|(key, count)| json!({key: count})),
        prop::sample::select(patterns.to_vec()).prop_map(|pattern| json!({"pattern": pattern})),
        Just(json!({"uniqueItems": true})),
        prop::collection::vec(values(), 1..4).prop_map(|values| json!({"enum": values})),
        values().prop_map(|value| json!({"const": value})),
        prop::collection::vec("[a-cé]", 0..3).prop_map(|names| {
            json!({"required": names.into_iter().collect::<std::collections::BTreeSet<_>>()})
        }),
        Just(json!({"$ref": "#/$defs/named"})),
    ];
    let whole = leaf.prop_recursive(3, 16, 4, |inner| {
        let several = prop::collection::vec(inner.clone(), 1..4);
        let named = prop::collection::btree_map("[a-cé]", inner.clone(), 1..4);
        prop_oneof![
            (prop::sample::select(vec!["anyOf", "oneOf", "allOf"]), several.clone())
                .prop_map(|(key, all)| json!({key: all})),
            (prop::sample::select(vec!["not", "items", "contains", "additionalProperties"]), inner.clone())
                .prop_map(|(key, one)| json!({key: one})),
            (several, inner.clone()).prop_map(|(first, rest)| json!({"prefixItems": first, "items": rest})),
            (named, inner.clone())
                .prop_map(|(named, rest)| json!({"properties": named, "additionalProperties": rest})),
            (inner.clone(), inner).prop_map(|(one, other)| match (one, other) {
                (Value::Object(mut one), Value::Object(other)) => {
                    one.extend(other);
                    Value::Object(one)
                }
                (one, _) => one,
            }),
        ]
    });
    whole.prop_map(|schema| match schema {
        Value::Object(mut fields) => {
            fields.insert(
                "$defs".into(),
                json!({"named": {"type": ["string", "object"], "items": {"$ref": "#/$defs/named"}}}),
            );
            Value::Object(fields)
        }
        plain => plain,
    })
}

/// JSON that is not made for any schema.
pub(crate) fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9i64..9).prop_map(Value::from),
        (-3000i64..3000).prop_map(Value::from),
        (-9i64..9).prop_map(|n| json!(n as f64)),
        (-3000f64..3000.0).prop_map(|n| json!((n * 100.0).round() / 100.0)),
        "[a-c\"é\\\\ 1]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c\"é]{1,2}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_check_judges_as_the_package_does(schema in schemas(), value in values()) {
        let read = Schema::read(&schema).unwrap();
        let judge = jsonschema::validator_for(&schema).unwrap();
        prop_assert_eq!(read.check(&value).is_ok(), judge.is_valid(&value), "{} {}", schema, value);
    }

    #[test]
    fn what_can_be_written_is_judged_as_the_package_does(schema in crate::expert::schema::tests::schemas(), value in values()) {
        let read = Schema::read(&schema).unwrap();
        let judge = jsonschema::validator_for(&schema).unwrap();
        prop_assert_eq!(read.check(&value).is_ok(), judge.is_valid(&value), "{} {}", schema, value);
    }
}
