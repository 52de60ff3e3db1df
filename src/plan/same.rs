//! When two answers count as the same one.

use serde_json::Value;

/// When two answers are the same.
///
/// White space and quotes around an answer do not count. Lists are compared item by item, in order; a list with one item
/// is that item. Case counts, and so does everything inside an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compare {
    /// Upper and lower case are the same.
    pub ignore_case: bool,
    /// Lists with the same items in another order are the same.
    pub any_order: bool,
}

impl Compare {
    pub fn same(self, one: &str, other: &str) -> bool {
        self.items(one) == self.items(other)
    }

    /// The items of an answer, one for a plain text.
    fn items(self, answer: &str) -> Vec<String> {
        let mut items = match serde_json::from_str(answer.trim()) {
            Ok(Value::Array(items)) => items.iter().map(|item| self.bare(&super::show(item))).collect(),
            _ => vec![self.bare(answer)],
        };
        if self.any_order {
            items.sort();
        }
        items
    }

    fn bare(self, text: &str) -> String {
        const QUOTES: [(char, char); 4] = [('"', '"'), ('\'', '\''), ('“', '”'), ('`', '`')];
        let text = text.trim();
        let inside = QUOTES.iter().find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close));
        let text = match serde_json::from_str(text) {
            Ok(Value::String(text)) => text.trim().to_owned(),
            _ => inside.unwrap_or(text).trim().to_owned(),
        };
        if self.ignore_case { text.to_lowercase() } else { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_are_compared_as_people_would() {
        let check = |one: &str, other: &str, ignore_case: bool, any_order: bool, same: bool| {
            let compare = Compare { ignore_case, any_order };
            assert_eq!(compare.same(one, other), same, "{one} {other}");
            assert_eq!(compare.same(other, one), same, "{other} {one}");
        };
        check(" a g\n", "\"a g\"", false, false, true);
        check("'a g'", "“a g”", false, false, true);
        check("a  g", "a g", false, false, false);
        check("A g", "a g", false, false, false);
        check("A g", "a g", true, false, true);
        check("[\"a\",\"b\"]", "[\"a\", \"b\"]", false, false, true);
        check("[\"a\",\"b\"]", "[\"b\", \"a\"]", false, false, false);
        check("[\"a\",\"B\"]", "[\"b\", \"a\"]", true, true, true);
        check("[\"a\"]", "a", false, false, true);
        check("[]", "", false, false, false);
        check("[1, 2]", "[\"1\", \"2\"]", false, false, true);
        check("42", "\"42\"", false, false, true);
        check("\"", "\"\"", false, false, false);
    }

    proptest! {
        #[test]
        fn every_answer_is_the_same_as_itself(text in "\\PC{0,12}", ignore_case in any::<bool>(), any_order in any::<bool>()) {
            let compare = Compare { ignore_case, any_order };
            prop_assert!(compare.same(&text, &text));
            let wide = format!("  {text} ");
            prop_assert!(compare.same(&text, &wide));
        }
    }
}
