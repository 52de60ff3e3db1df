//! Readers of data sets. A row that can not be taken is named and left out; the rest stays.

use super::{Case, Format, Found};
use serde_json::Value;

type Read = Result<(Found, Vec<String>), String>;

/// DecomP: `{name: {passage, qa_pairs: [{question, answer: {spans, number, date}}]}}`.
///
/// Source: "Decomposed Prompting: A Modular Approach for Solving Complex Tasks".
pub(super) fn decomp(text: &str, format: Format) -> Read {
    let Ok(Value::Object(passages)) = serde_json::from_str(text) else {
        return Err(format!("{} is a JSON object of passages with `qa_pairs`; this is none", format.name()));
    };
    let (mut cases, mut warnings) = (vec![], vec![]);
    for (name, passage) in &passages {
        let context = passage.get("passage").and_then(Value::as_str).unwrap_or_default();
        let Some(pairs) = passage.get("qa_pairs").and_then(Value::as_array) else {
            warnings.push(format!("passage `{name}` has no list `qa_pairs`; left out"));
            continue;
        };
        for (at, pair) in pairs.iter().enumerate() {
            match question(pair, context, format) {
                Ok(case) => cases.push(case),
                Err(why) => warnings.push(format!("passage `{name}`, question {}: {why}; left out", at + 1)),
            }
        }
    }
    Ok((Found::Cases(cases), warnings))
}

fn question(pair: &Value, context: &str, format: Format) -> Result<Case, String> {
    let question = pair.get("question").and_then(Value::as_str).map(str::trim).unwrap_or_default();
    if question.is_empty() {
        return Err("no text `question`".to_owned());
    }
    match format {
        Format::LetterCat if !pair.get("words").is_some_and(Value::is_array) => {
            return Err("no list `words`, which letter_cat has".to_owned());
        }
        Format::Reverse if !question.starts_with("Reverse the sequence") => {
            return Err("not a question of reverse".to_owned());
        }
        Format::Commaqa if context.is_empty() => return Err("no `passage`, which commaqa has".to_owned()),
        _ => {}
    }
    let answer = pair.get("answer").ok_or("no `answer`")?;
    let context = Some(context.to_owned()).filter(|context| !context.trim().is_empty());
    Ok(Case { task: question.to_owned(), answer: drop_answer(answer)?, context })
}

/// An answer in the shape of the data set DROP: spans, or a number, or a date. Several spans are a list.
fn drop_answer(answer: &Value) -> Result<Value, String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    if let Some(spans) = answer.get("spans").and_then(Value::as_array)
        && !spans.is_empty()
    {
        let read: Option<Vec<String>> = spans.iter().map(text).collect();
        let mut read = read.ok_or("a span of `answer` is not a text")?;
        return Ok(if read.len() == 1 { read.remove(0).into() } else { read.into() });
    }
    if let Some(number) = answer.get("number").and_then(text) {
        return Ok(number.into());
    }
    let date = answer.get("date").unwrap_or(&Value::Null);
    let date: Vec<String> =
        ["day", "month", "year"].iter().filter_map(|part| text(date.get(part)?)).collect();
    if date.is_empty() { Err("no answer".to_owned()) } else { Ok(date.join(" ").into()) }
}

/// GSM8K: JSON lines; the answer stands behind `####` at the end of its solution.
///
/// Source: "Training Verifiers to Solve Math Word Problems".
pub(super) fn gsm8k(text: &str) -> Read {
    let (mut cases, mut warnings) = (vec![], vec![]);
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let row: Value = serde_json::from_str(line).unwrap_or_default();
        let field = |name: &str| row.get(name).and_then(Value::as_str);
        let question = field("question").filter(|question| !question.trim().is_empty());
        let answer = field("answer").and_then(|solution| Some(solution.rsplit_once("####")?.1.trim()));
        match question.zip(answer.filter(|answer| !answer.is_empty())) {
            // Thousands are written with a comma there, and a model may leave it out.
            Some((question, answer)) => cases.push(Case::new(question, answer.replace(',', ""))),
            None => {
                warnings.push(format!("line {}: no `question`, or no `answer` with `####`; left out", at + 1))
            }
        }
    }
    Ok((Found::Cases(cases), warnings))
}

/// BIG-Bench Hard: `{examples: [{input, target}]}`.
///
/// Source: "Challenging BIG-Bench Tasks and Whether Chain-of-Thought Can Solve Them".
pub(super) fn bbh(text: &str) -> Read {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let examples =
        value.get("examples").and_then(Value::as_array).ok_or("bbh has a list `examples`; this has none")?;
    let (mut cases, mut warnings) = (vec![], vec![]);
    for (at, example) in examples.iter().enumerate() {
        match bbh_case(example) {
            Ok(case) => cases.push(case),
            Err(why) => warnings.push(format!("example {}: {why}; left out", at + 1)),
        }
    }
    Ok((Found::Cases(cases), warnings))
}

/// A target may be a number or a truth value, too: it is compared as it is written.
fn bbh_case(example: &Value) -> Result<Case, String> {
    let field = |name: &str| example.get(name).filter(|value| !value.is_null()).ok_or(format!("no `{name}`"));
    let input = field("input")?.as_str().ok_or("`input` is no text")?;
    let target = match field("target")? {
        Value::String(text) => text.clone(),
        value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
        _ => return Err("`target` is neither a text nor a number".to_owned()),
    };
    match (input.trim().is_empty(), target.trim().is_empty()) {
        (true, _) => Err("`input` is empty".to_owned()),
        (_, true) => Err("`target` is empty".to_owned()),
        _ => Ok(Case::new(input, target)),
    }
}
