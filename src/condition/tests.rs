//! The language by examples: what holds, what is unknown, where mistakes are.

use super::*;

fn known(name: &str) -> Option<Value> {
    Some(match name {
        "margin" => Value::Number(0.25),
        "tokens" => Value::Number(12.0),
        "expert" => Value::Text("sort".to_owned()),
        "answer" => Value::Text("I am sorry, 42".to_owned()),
        "changed" => Value::Truth(true),
        _ => return None,
    })
}

#[test]
fn conditions_hold_fail_or_are_unknown() {
    let check = |text: &str, expected: Option<bool>| {
        let condition = Condition::new(text).unwrap_or_else(|mistake| panic!("{text}: {mistake}"));
        assert_eq!(condition.holds(&known), Ok(expected), "{text}");
    };
    check("margin < 0.3", Some(true));
    check("margin<0.3 and expert=\"sort\"", Some(true));
    check("margin >= 0.25 and not changed", Some(false));
    check("expert != 'count'", Some(true));
    check("answer ~ \"(?i)SORRY\"", Some(true));
    check("answer ~ \"^\\d+$\"", Some(false));
    check("tokens / 2 - 1 = 5 and 2 + 2 * 3 = 8", Some(true));
    check("-(tokens) < -11", Some(true));
    check("words(answer) = 4 and length(expert) = 4 and lower('A') = 'a'", Some(true));
    check("not not changed", Some(true));
    check("(tokens > 20 or margin < 0.3) and true", Some(true));
    // Unknown is neither, but does not hide what is decided anyway.
    check("entropy > 2", None);
    check("not entropy > 2", None);
    check("entropy > 2 or changed", Some(true));
    check("entropy > 2 and not changed", Some(false));
    check("changed and entropy > 2", None);
    check("answer = \"say \\\"x\\\"\"", Some(false));
}

#[test]
fn mistakes_say_where_and_what() {
    let check = |text: &str, at: usize, what: &str| {
        let mistake = Condition::new(text).expect_err(text);
        assert_eq!(mistake.at, at, "{text}: {mistake}");
        assert!(mistake.what.contains(what), "{text}: {mistake}");
    };
    check("", 0, "missing at the end");
    check("margin <", 8, "missing at the end");
    check("marg < 1", 0, "`margin`?");
    check("probabilty < 1", 0, "`probability`?");
    check("xyzzy = 1", 0, "no fact is called `xyzzy`");
    check("margin < \"a\"", 7, "a number can not be compared with a text");
    check("margin", 0, "not a condition");
    check("margin and changed", 18, "`and` wants conditions");
    check("answer ~ margin", 9, "regular expression in quotes");
    check("answer ~ \"(\"", 9, "no regular expression");
    check("tokens ~ \"1\"", 7, "searches a text");
    check("answer = \"abc", 9, "no end");
    check("(changed", 8, "`)` is missing");
    check("changed)", 7, "not expected");
    check("1.2.3 = 1", 0, "no number");
    check("über > 1", 0, "no fact");
    check("changed § 1", 8, "means nothing");
    check("words answer > 1", 6, "parentheses");
    check("words(tokens) > 1", 6, "wants a text");
    check("changed < true", 8, "not conditions");
    check(&"(".repeat(100), 64, "nested");
    check(&format!("{}1 = 1", "-".repeat(100)), 63, "nested");
    check(&"x".repeat(5000), 0, "at most");
}

#[test]
fn a_mistake_can_come_while_it_is_looked_at() {
    let condition = Condition::new("number(answer) > 3").unwrap();
    let mistake = condition.holds(&known).unwrap_err();
    assert_eq!(mistake.to_string(), "column 1: \"I am sorry, 42\" is no number");
    let zero = Condition::new("tokens / (tokens - 12) > 1").unwrap();
    assert_eq!(zero.holds(&known).unwrap_err().what, "division by zero");
}

#[test]
fn expressions_show_their_value() {
    let check = |text: &str, expected: &str| {
        let value = Condition::expression(text).unwrap().value(&known).unwrap();
        assert_eq!(value.map_or("unknown".to_owned(), |value| value.to_string()), expected, "{text}");
    };
    check("margin", "0.250");
    check("tokens * 2", "24");
    check("expert", "\"sort\"");
    check("changed", "true");
    check("last", "unknown");
    check("margin / 1000", "2.50e-4");
}

#[test]
fn words_are_completed() {
    let check = |before: &str, expected: (usize, &[&str])| {
        assert_eq!(completions(before), (expected.0, expected.1.to_vec()), "{before}");
    };
    check("mar", (3, &["margin"]));
    check("margin < 0.1 and pro", (3, &["prompt", "probability"]));
    check("answer ~ \"pro", (0, &[]));
    check("tokens", (6, &[]));
}

#[test]
fn the_page_names_every_fact() {
    let page = include_str!("../../docs/conditions.md");
    for fact in FACTS {
        assert!(page.contains(&format!("| `{}` | {} |", fact.name, fact.help)), "{}", fact.name);
    }
}

proptest::proptest! {
    /// Whatever is typed is read or refused with a place inside of it.
    #[test]
    fn nothing_typed_breaks_it(text in "[a-z0-9<>=!~()+*/ \"'.\\\\-]{0,60}") {
        match Condition::new(&text) {
            Ok(condition) => drop(condition.holds(&known)),
            Err(mistake) => proptest::prop_assert!(mistake.at <= text.chars().count()),
        }
    }
}
