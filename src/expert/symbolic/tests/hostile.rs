//! Texts that hurt parsers: every function ends quickly on each, and none panics.

use super::*;
use std::time::{Duration, Instant};

fn hostile() -> Vec<String> {
    let many = |text: &str, count: usize| text.repeat(count);
    vec![
        many("[", 100_000),
        many("{", 100_000),
        many("(", 100_000),
        many("\"", 100_000),
        many("' '", 30_000),
        many("[\"a\",", 20_000),
        many("{\"a\":", 20_000),
        many("[(", 50_000),
        format!("{}1{}", many("(", 40_000), many(")", 40_000)),
        many("-", 100_000),
        many("2^", 50_000),
        many("1e99999+", 12_000),
        many("9", 100_000),
        many("1/3+1/7-", 12_000),
        (2..9_000).map(|n| format!("1/{n}+")).collect(),
        "9^9^9^9^9".into(),
        "99999999^99999999".into(),
        "(10^90000)*(10^90000)".into(),
        "7^118000 * 3^100 / 11^96000".into(),
        "0.1^300000".into(),
        many("12 march ", 10_000),
        many("march ", 20_000),
        "99999999999999999999 days after 2024-01-01".into(),
        many("e\u{301}\u{302}", 20_000),
        many("a, ", 33_000),
        many("1. a, ", 16_000),
        many("first last ", 9_000),
        many("the sum of ", 9_000),
        "\u{0}\u{202e}\u{feff}".into(),
    ]
}

#[test]
fn hostile_questions_end_quickly() {
    let lead = |name: &str| match name {
        "split" | "str_position" => "What are the first words in ",
        "arr_position" => "What is at position 2 in ",
        "merge" | "join" => "Concatenate ",
        "reverse" => "Reverse the sequence ",
        "remove_numbers" => "Remove the numbers from ",
        "count" => "How many times does \"a\" occur in ",
        "sort" => "Sort ",
        "lookup" => "Look up a in ",
        _ => "",
    };
    let mut slowest = (Duration::ZERO, String::new());
    for text in hostile() {
        for name in names() {
            let question = format!("{}{text}", lead(name));
            let start = Instant::now();
            let _ = compute(name, &question);
            slowest =
                slowest.max((start.elapsed(), format!("{name}: {}", crate::literal::shortened(&question))));
        }
    }
    // Without optimisation and on a busy machine; a release build needs a tenth of this.
    assert!(slowest.0 < Duration::from_secs(1), "{slowest:?}");
}

proptest! {
    #[test]
    fn no_question_panics(question in "(What|Sort|Reverse|Concatenate|Look up|How many) [\\[\\](){}\"', a-zäé0-9./:^%#-]{0,60}") {
        for name in names() {
            let _ = compute(name, &question);
        }
    }

    #[test]
    fn any_text_is_survived(question in "\\PC{0,40}") {
        for name in names() {
            let _ = compute(name, &question);
        }
    }
}
