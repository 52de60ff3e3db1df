//! The shape that an answer must have, in every form in which a server may want to hear of it; and the answer read out of
//! what the server made of it.

use super::{ladder::Rung, shape::Regular};
use crate::{
    ask::Shape,
    expert::schema,
    schema::{Schema, written},
};
use serde_json::{Value, json};

/// A shape that was understood.
pub(super) struct Form {
    regular: Regular,
    /// The same without the stop string at its end, which is no part of an answer.
    head: Option<Regular>,
    pattern: String,
    json: Option<Schema>,
    /// The schema of the whole reply, and whether the answer is its property `answer`.
    schema: Option<(Value, bool)>,
    gbnf: Option<String>,
}

impl Form {
    /// Understands a shape of answers that end before one of `stops`; the words say why it can not.
    pub(super) fn new(shape: &Shape, stops: &[String]) -> Result<Form, String> {
        let pattern = schema::pattern_of(shape)?;
        let json = match shape {
            Shape::Schema { schema } => Some(Schema::read(schema).map_err(|error| error.to_string())?),
            _ => None,
        };
        let regular = Regular::new(&pattern, json.is_none())?;
        let before = |stop: &String| pattern.strip_suffix(stop.as_str()).filter(|head| !head.ends_with('\\'));
        let heads = stops.iter().filter(|stop| !stop.is_empty() && matches!(shape, Shape::Pattern(_)));
        let head = heads.filter_map(before).find_map(|head| Regular::new(head, true).ok());
        let inside = match shape {
            Shape::Schema { schema } => Some(schema.clone()),
            Shape::Choices { choices } => Some(json!({"type": "string", "enum": choices})),
            Shape::Pattern(_) => {
                let text = head.as_ref().unwrap_or(&regular);
                match text.choices() {
                    Some(choices) => Some(json!({"type": "string", "enum": choices})),
                    None => text.pattern().ok().map(|pattern| json!({"type": "string", "pattern": pattern})),
                }
            }
        };
        let whole = json.as_ref().is_some_and(Schema::is_object);
        let schema = inside.map(|inside| if whole { (inside, false) } else { (wrapped(inside), true) });
        let gbnf = regular.gbnf().ok();
        Ok(Form { regular, head, pattern, json, schema, gbnf })
    }

    pub(super) fn schema(&self) -> Option<&(Value, bool)> {
        self.schema.as_ref()
    }

    pub(super) fn gbnf(&self) -> Option<&str> {
        self.gbnf.as_deref()
    }

    pub(super) fn regex(&self) -> &str {
        &self.pattern
    }

    /// Its schema says in words what is wanted: a model may hold to it by itself.
    pub(super) fn can_be_told(&self) -> bool {
        let few = |(schema, _): &(Value, bool)| schema["properties"]["answer"].get("enum").is_some();
        self.json.is_some() || self.schema.as_ref().is_some_and(few)
    }

    /// An answer that does not have it is no answer.
    pub(super) fn is_strict(&self) -> bool {
        self.json.is_some()
    }

    /// What the model itself is told, for a way that leaves it to its good will.
    pub(super) fn told(&self, rung: Rung) -> String {
        const OBEY: &str = "Answer with JSON alone, which obeys this JSON schema:";
        match (rung, &self.schema, &self.json) {
            (Rung::JsonObject, Some((schema, _)), _) => format!("{OBEY} {schema}"),
            (Rung::Ask, Some((schema, false)), Some(_)) => format!("{OBEY} {schema}"),
            (Rung::Ask, Some((schema, true)), Some(_)) => {
                format!("{OBEY} {}", schema["properties"]["answer"])
            }
            (Rung::Ask, ..) => match self.regular.choices() {
                Some(choices) => format!("Answer with exactly one of: {}", choices.join(" | ")),
                None => String::new(),
            },
            _ => String::new(),
        }
    }

    /// The answer in its shape, and whether something had to be taken away for it.
    ///
    /// # Errors
    /// It does not have the shape; the words say why.
    pub(super) fn read(&self, text: &str, wrapped: bool) -> Result<(String, bool), String> {
        let whole = || serde_json::from_str::<Value>(text.trim()).ok();
        let Some(schema) = &self.json else {
            let inside =
                whole().filter(|_| wrapped).and_then(|value| value["answer"].as_str().map(str::to_owned));
            let text = inside.as_deref().unwrap_or(text);
            if let Some(read) = self.head.as_ref().and_then(|head| head.read(text)) {
                return Ok(read);
            }
            return self
                .regular
                .read(text)
                .ok_or_else(|| "it does not have the shape that was asked for".to_owned());
        };
        let (value, mended) = match whole() {
            Some(value) => (value, false),
            None => (found(text).ok_or("it is no JSON")?, true),
        };
        // Some servers pass over the schema and obey the words.
        let inside = value.get("answer").filter(|_| wrapped).filter(|inside| schema.check(inside).is_ok());
        let value = inside.unwrap_or(&value);
        schema.check(value)?;
        Ok((written(value), mended))
    }
}

/// The schema of an object with the answer in it.
fn wrapped(mut inside: Value) -> Value {
    fn moved(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(target)) = fields.get_mut("$ref")
                    && let Some(rest) = target.strip_prefix('#')
                {
                    *target = format!("#/properties/answer{rest}");
                }
                fields.values_mut().for_each(moved);
            }
            Value::Array(items) => items.iter_mut().for_each(moved),
            _ => {}
        }
    }
    moved(&mut inside);
    json!({"type": "object", "properties": {"answer": inside}, "required": ["answer"], "additionalProperties": false})
}

/// The first object or list in a text that is talk as well.
fn found(text: &str) -> Option<Value> {
    // What a model thinks aloud is no answer.
    let text = text.rsplit_once("</think>").map_or(text, |(_, rest)| rest);
    let starts = text.char_indices().filter(|(_, c)| ['{', '['].contains(c)).take(20);
    starts.map(|(at, _)| &text[at..]).find_map(|rest| {
        serde_json::Deserializer::from_str(rest).into_iter::<Value>().next().and_then(Result::ok)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_found_in_talk_and_held_to_its_schema() {
        let object = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
        let check = |schema: &Value, text: &str, wrapped: bool, expected: Result<(&str, bool), &str>| {
            let form = Form::new(&Shape::Schema { schema: schema.clone() }, &[]).unwrap();
            let found = form.read(text, wrapped);
            assert_eq!(
                found,
                expected.map(|(text, mended)| (text.into(), mended)).map_err(Into::into),
                "{text}"
            );
        };
        check(&object, "{\"n\":1}\n", false, Ok((r#"{"n": 1}"#, false)));
        check(&object, "Sure!\n```json\n{\"n\": 1}\n```", false, Ok((r#"{"n": 1}"#, true)));
        check(&object, "<think>{\"n\": 2}</think>{\"n\": 1} I hope", false, Ok((r#"{"n": 1}"#, true)));
        check(&object, "{\"n\": 1.5}", false, Err("at /n: a whole number was asked for, there is 1.5"));
        check(&object, "{\"n\": ", false, Err("it is no JSON"));
        let list = json!({"type": "array", "items": {"type": "null"}});
        check(&list, r#"{"answer":[null]}"#, true, Ok(("[null]", false)));
        check(&list, "[null]", true, Ok(("[null]", false)));
        check(&list, r#"{"answer": 7}"#, true, Err(r#"a list was asked for, there is {"answer": 7}"#));
    }

    #[test]
    fn a_stop_string_is_no_part_of_an_answer() {
        let form = Form::new(&Shape::Pattern(" (?:a|b)+\n".into()), &["\n".into()]).unwrap();
        assert_eq!(form.schema().unwrap().0["properties"]["answer"]["pattern"], "^ (?:[a-b])+$");
        for (text, wrapped) in [(" ab", false), (r#"{"answer": " ab"}"#, true)] {
            assert_eq!(form.read(text, wrapped), Ok((" ab".into(), false)));
        }
        assert!(
            form.gbnf().unwrap().ends_with("\\n\""),
            "the end of the line ends the grammar: {:?}",
            form.gbnf()
        );
    }

    #[test]
    fn a_schema_that_is_no_object_is_wrapped_with_its_names() {
        let schema = json!({"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}});
        let form = Form::new(&Shape::Schema { schema }, &[]).unwrap();
        let (whole, wrapped) = form.schema().unwrap();
        assert!(wrapped);
        assert!(jsonschema::validator_for(whole).unwrap().is_valid(&json!({"answer": 1})));
        assert!(!jsonschema::validator_for(whole).unwrap().is_valid(&json!({"answer": "x"})));
    }
}
