//! A model of random weights under shapes: whatever it would like to say, what it says obeys.

use super::*;
use crate::{
    ask::{Sampling, Shape},
    expert::{
        candle::{kernels::Level, tiny::Tiny},
        schema::tests::schemas,
    },
};
use proptest::prelude::*;
use std::{cell::RefCell, io::Write};

fn ask(shape: Shape, max_tokens: u32, seed: u64) -> Ask {
    let sampling = Sampling { temperature: 1.2, top_p: 1.0, seed };
    let generate = Generate {
        prompt: Prompt::Raw("Say".into()),
        sampling,
        max_tokens,
        stop: vec![],
        grammar: Some(shape),
        start: String::new(),
    };
    Ask::local("answer", Request::Generate(generate))
}

thread_local! {
    static EXPERT: RefCell<LanguageExpert> = RefCell::new({
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&Tiny { context: 1024, ..Tiny::default() }.bytes()).unwrap();
        LanguageExpert::load(file.path(), &[], Level::best().into(), &|_| Ok(()), &mut |_| {}).unwrap()
    });
}

fn say(shape: Shape, max_tokens: u32, seed: u64) -> Result<Answer, ExpertError> {
    let ask = ask(shape, max_tokens, seed);
    EXPERT.with_borrow_mut(|expert| expert.answer(&ask, &mut (), &Control::default()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_answer_under_a_schema_obeys(schema in schemas(), max_tokens in 10u32..200, seed: u64) {
        match say(Shape::Schema { schema: schema.clone() }, max_tokens, seed) {
            Ok(answer) => {
                let value: serde_json::Value = serde_json::from_str(&answer.text).unwrap_or_else(|error| panic!("{schema}: {answer:?}: {error}"));
                prop_assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&value), "{} {}", schema, answer.text);
                prop_assert!(answer.usage.output_tokens <= max_tokens && answer.finish == Finish::Stop, "{:?}", answer);
                let joined: String = answer.tokens.iter().map(|token| token.text.as_str()).collect();
                prop_assert_eq!(joined, answer.text);
            }
            // A schema that nothing obeys, or too little room for the shortest answer.
            Err(ExpertError::Grammar(_) | ExpertError::Question(_)) => {}
            Err(error) => panic!("{schema}: {error}"),
        }
    }
}

#[test]
fn what_the_schema_decides_is_fed_at_once_and_marked() {
    let schema = serde_json::json!({"type": "object", "properties": {"yes": {"type": "boolean"}}, "required": ["yes"]});
    let answer = say(Shape::Schema { schema: schema.clone() }, 60, 1).unwrap();
    let free: Vec<&str> =
        answer.tokens.iter().filter(|token| !token.forced).map(|token| token.text.as_str()).collect();
    assert!(["{\"yes\": true}", "{\"yes\": false}"].contains(&answer.text.as_str()), "{}", answer.text);
    assert_eq!(free.len(), 1, "{free:?}");
    let why = say(Shape::Schema { schema }, 3, 1).unwrap_err().to_string();
    assert!(why.contains("raise its max_tokens"), "{why}");
}

#[test]
fn one_of_the_choices_is_taken_whole() {
    let choices = vec!["yes".to_owned(), "no (never)".to_owned(), "yes, but".to_owned()];
    for seed in 0..8 {
        let answer = say(Shape::Choices { choices: choices.clone() }, 20, seed).unwrap();
        assert!(choices.contains(&answer.text), "{}", answer.text);
    }
}
