//! Cases for `eval`: reading a file of them.

use crate::plan;
pub use crate::plan::Compare;
use serde::Serialize;
use serde_json::Value;

/// A task with the answer it should get.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Case {
    pub task: String,
    /// A text, a number, true or false, or a list of those.
    pub answer: Value,
    /// A text that the task is about; put before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}

impl Case {
    pub fn new(task: impl Into<String>, answer: impl Into<Value>) -> Case {
        Case { task: task.into(), answer: answer.into(), context: None }
    }

    /// The words a strategy gets.
    pub fn question(&self) -> String {
        match &self.context {
            Some(context) => format!("{context}\n\n{}", self.task),
            None => self.task.clone(),
        }
    }

    /// The answer as text, lists as JSON.
    pub fn expected(&self) -> String {
        plan::show(&self.answer)
    }
}

/// Reads JSON lines; blank lines are passed over.
///
/// # Errors
/// Every line that is no case, by number, and why; or that there is none.
pub fn read_cases(text: &str) -> Result<Vec<Case>, Vec<String>> {
    let (mut cases, mut bad) = (vec![], vec![]);
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_start_matches('\u{FEFF}').trim();
        if line.is_empty() {
            continue;
        }
        match read_case(line) {
            Ok(case) => cases.push(case),
            Err(why) => bad.push(format!("line {}: {why}", at + 1)),
        }
    }
    if cases.is_empty() && bad.is_empty() {
        bad.push("there are no cases in it: one JSON object a line is expected".to_owned());
    }
    if bad.is_empty() { Ok(cases) } else { Err(bad) }
}

fn read_case(line: &str) -> Result<Case, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    let Value::Object(mut fields) = value else {
        return Err("not an object like {\"task\": \"…\", \"answer\": \"…\"}".to_owned());
    };
    let task = match fields.remove("task") {
        Some(Value::String(task)) if !task.trim().is_empty() => task,
        Some(_) => return Err("`task` is not a text with words in it".to_owned()),
        None => return Err("`task` is missing".to_owned()),
    };
    let answer = match fields.remove("answer") {
        Some(answer) if is_plain(&answer) => answer,
        Some(Value::Array(items)) if items.iter().all(is_plain) => Value::Array(items),
        Some(_) => return Err("`answer` is not a text, a number, true, false, or a list of those".to_owned()),
        None => return Err("`answer` is missing".to_owned()),
    };
    let context = match fields.remove("context") {
        None | Some(Value::Null) => None,
        Some(Value::String(context)) => Some(context).filter(|context| !context.trim().is_empty()),
        Some(_) => return Err("`context` is not a text".to_owned()),
    };
    Ok(Case { task, answer, context })
}

fn is_plain(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bad_lines_are_named_by_number() {
        let check = |text: &str, expected: Result<usize, &[&str]>| match (read_cases(text), expected) {
            (Ok(cases), Ok(count)) => assert_eq!(cases.len(), count),
            (Err(bad), Err(starts)) => {
                assert_eq!(bad.len(), starts.len(), "{bad:?}");
                assert!(bad.iter().zip(starts).all(|(bad, start)| bad.starts_with(start)), "{bad:?}");
            }
            (read, _) => panic!("{read:?}"),
        };
        let good = "{\"task\": \"a\", \"answer\": \"b\"}";
        check(&format!("\u{FEFF}{good}\n\n{good}\r\n"), Ok(2));
        check("{\"task\": \"a\", \"answer\": [1, true, \"x\"], \"context\": \"\"}", Ok(1));
        check("", Err(&["there are no cases"]));
        check(&format!("{good}\n{{\n[]\n{good}"), Err(&["line 2: not JSON", "line 3: not an object"]));
        check("{\"task\": \" \", \"answer\": 1}", Err(&["line 1: `task` is not a text with words"]));
        check("{\"answer\": 1}", Err(&["line 1: `task` is missing"]));
        check("{\"task\": \"a\"}", Err(&["line 1: `answer` is missing"]));
        check("{\"task\": \"a\", \"answer\": {}}", Err(&["line 1: `answer` is not a text"]));
        check("{\"task\": \"a\", \"answer\": 1, \"context\": 3}", Err(&["line 1: `context` is not a text"]));
        check(&"[".repeat(100_000), Err(&["line 1: not JSON"]));
    }

    proptest! {
        #[test]
        fn every_case_is_read_as_it_was_written(text in "\\PC{0,12}") {
            let case = Case::new("q", text.clone());
            let line = serde_json::to_string(&case).unwrap();
            prop_assert_eq!(read_cases(&line), Ok(vec![case]));
        }
    }
}
