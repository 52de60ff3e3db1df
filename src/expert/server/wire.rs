//! What goes over the wire: an ask as the JSON of an OpenAI-compatible server, and its replies as tokens.
//!
//! Fields that are not known are passed over; fields of the wrong kind are treated as missing.

use super::{form::Form, ladder::Rung};
use crate::ask::{Finish, Generate, Prompt, Token, Usage};
use serde_json::{Map, Value, json};

/// Fields that some servers refuse; left out once one did. The rest of a request is what every server reads.
pub(super) const OPTIONAL: [&str; 7] =
    ["logprobs", "stream_options", "seed", "max_tokens", "temperature", "top_p", "stop"];

/// Stop strings that a server takes; the others are looked for here alone.
const STOPS: usize = 4;
/// Alternatives asked for at each token.
const ALTERNATIVES: usize = 5;

/// A request: the path below the server's address, and its body.
pub(super) struct Wire {
    pub(super) path: &'static str,
    pub(super) body: Value,
    /// The answer comes as `{"answer": …}`.
    pub(super) wrapped: bool,
    /// How the shape is told in it.
    pub(super) rung: Rung,
}

/// How a generation is asked for.
pub(super) struct How<'a> {
    pub(super) form: Option<&'a Form>,
    pub(super) rung: Rung,
    pub(super) model: &'a str,
    /// The prompt is continued as it stands, by `/completions`.
    pub(super) raw: bool,
    /// What was said before, and why it is not what was asked for.
    pub(super) corrections: &'a [(String, String)],
    /// Which optional fields the address takes.
    pub(super) reads: &'a dyn Fn(&'static str) -> bool,
}

/// A generation in the server's words.
pub(super) fn generate(ask: &Generate, how: &How<'_>) -> Wire {
    let How { form, rung, raw, reads, .. } = *how;
    let mut body = Map::new();
    body.insert("model".into(), json!(how.model));
    body.insert("stream".into(), json!(true));
    let mut put = |field: &'static str, value: Value| {
        if reads(field) {
            body.insert(field.into(), value);
        }
        reads(field)
    };
    put("stream_options", json!({"include_usage": true}));
    if !put("max_tokens", json!(ask.max_tokens)) {
        // The newer name, of servers that refuse the older one.
        put("max_completion_tokens", json!(ask.max_tokens));
    }
    put("temperature", json!(f64::from(ask.sampling.temperature)));
    put("top_p", json!(f64::from(ask.sampling.top_p)));
    put("seed", json!(ask.sampling.seed));
    // A stop string would end JSON at its first line.
    if !ask.stop.is_empty() && !rung.is_json() {
        put("stop", json!(ask.stop[..ask.stop.len().min(STOPS)]));
    }
    if rung == Rung::Tool {
        // The parameters of a tool have none, and llama.cpp refuses both together.
    } else if raw {
        put("logprobs", json!(ALTERNATIVES));
    } else if put("logprobs", json!(true)) {
        put("top_logprobs", json!(ALTERNATIVES));
    }
    let wrapped = form.is_some_and(|form| shape(form, rung, &mut body));
    let path = if raw { "completions" } else { "chat/completions" };
    let told = form.map(|form| form.told(rung)).unwrap_or_default();
    match &ask.prompt {
        Prompt::Raw(text) if raw => drop(body.insert("prompt".into(), json!(text))),
        prompt => drop(body.insert("messages".into(), messages(prompt, &told, how.corrections))),
    }
    Wire { path, body: Value::Object(body), wrapped, rung }
}

/// Writes the shape into a request; whether the answer comes as a property of the reply.
fn shape(form: &Form, rung: Rung, body: &mut Map<String, Value>) -> bool {
    let mut put = |field: &str, value: Value| drop(body.insert(field.to_owned(), value));
    let (schema, wrapped) = match form.schema() {
        Some((schema, wrapped)) => (schema.clone(), *wrapped),
        None => (Value::Null, false),
    };
    match rung {
        Rung::JsonSchema => {
            let schema = json!({"name": "answer", "strict": is_strict(&schema), "schema": schema});
            put("response_format", json!({"type": "json_schema", "json_schema": schema}));
        }
        Rung::JsonObject => put("response_format", json!({"type": "json_object"})),
        Rung::Tool => {
            let about = "Gives the answer.";
            let function = json!({"name": "answer", "description": about, "parameters": schema});
            put("tools", json!([{"type": "function", "function": function}]));
            put("tool_choice", json!("required"));
        }
        Rung::Grammar => put("grammar", json!(form.gbnf())),
        Rung::Regex => put("structured_outputs", json!({"regex": form.regex()})),
        Rung::Ask => {}
    }
    wrapped && matches!(rung, Rung::JsonSchema | Rung::JsonObject | Rung::Tool)
}

/// Whether every object of a schema is closed and wants all that it names: strict servers refuse others.
fn is_strict(schema: &Value) -> bool {
    match schema {
        Value::Object(fields) => {
            let whole = fields.get("properties").and_then(Value::as_object).is_none_or(|properties| {
                let required = fields.get("required").and_then(Value::as_array).map_or(0, Vec::len);
                fields.get("additionalProperties") == Some(&json!(false)) && required == properties.len()
            });
            whole && fields.values().all(is_strict)
        }
        Value::Array(items) => items.iter().all(is_strict),
        _ => true,
    }
}

/// The turns of a chat; a text that is to be continued becomes a request to do so.
fn messages(prompt: &Prompt, told: &str, corrections: &[(String, String)]) -> Value {
    const CONTINUE: &str = "Continue the text from the point where it ends. Write only what comes next, on one line, in \
                            the form of the examples. Do not repeat anything.";
    let mut turns: Vec<(String, String)> = match prompt {
        Prompt::Raw(text) => {
            vec![("system".into(), CONTINUE.into()), ("user".into(), text.clone())]
        }
        Prompt::Chat(turns) => turns.iter().map(|turn| (turn.role.clone(), turn.text.clone())).collect(),
    };
    if let (Some((_, text)), false) = (turns.last_mut(), told.is_empty()) {
        text.push_str("\n\n");
        text.push_str(told);
    }
    for (said, why) in corrections {
        turns.push(("assistant".into(), said.clone()));
        turns.push((
            "user".into(),
            format!("That is not what was asked for: {why}. Write it again, the JSON alone."),
        ));
    }
    turns.iter().map(|(role, text)| json!({"role": role, "content": text})).collect()
}

/// What one event of a stream, or a whole reply, says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Chunk {
    pub(super) tokens: Vec<Token>,
    /// The tokens have probabilities.
    pub(super) weighed: bool,
    pub(super) finish: Option<End>,
    pub(super) usage: Option<Usage>,
    pub(super) model: Option<String>,
    /// A piece of the parameters of a tool that it calls.
    pub(super) tool: String,
    /// A piece of the words with which it refuses to answer.
    pub(super) refusal: String,
}

/// Why the server ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    Finish(Finish),
    /// In the server's own word; the answer is not what was asked for.
    Else(String),
}

/// Reads one event or reply; the words say what is wrong, an error of the server's among it.
pub(super) fn read(data: &str) -> Result<Chunk, String> {
    let value: Value =
        serde_json::from_str(data).map_err(|_| format!("it sent what is no JSON: {}", short(data)))?;
    if let Some(error) = error(&value) {
        return Err(format!("it reports an error: {error}"));
    }
    if !value.is_object() {
        return Err(format!("it sent what is no reply: {}", short(data)));
    }
    // One answer is asked for; of several the first is taken, wherever it stands.
    let choices = value["choices"].as_array().map(Vec::as_slice).unwrap_or_default();
    let first = |choice: &&Value| choice["index"].as_u64().unwrap_or(0) == 0;
    let choice = choices.iter().find(first).unwrap_or(&Value::Null);
    let text = ["delta", "message"].iter().find_map(|part| content(&choice[*part]["content"]));
    let text = text.or(choice["text"].as_str().map(str::to_owned)).unwrap_or_default();
    let tokens = tokens(&choice["logprobs"], &text);
    let refusal = ["delta", "message"].iter().find_map(|part| choice[*part]["refusal"].as_str());
    let called = |part: &str| choice[part]["tool_calls"][0]["function"]["arguments"].as_str();
    let tool = ["delta", "message"].into_iter().find_map(called).unwrap_or_default().to_owned();
    let finish = choice["finish_reason"].as_str().map(|reason| match reason {
        "stop" | "eos" | "end_turn" | "stop_sequence" => End::Finish(Finish::Stop),
        "length" | "max_tokens" => End::Finish(Finish::Length),
        other => End::Else(short(other)),
    });
    let model = value["model"].as_str().filter(|model| !model.is_empty()).map(short);
    let weighed = tokens.is_some();
    let plain = || {
        // How sure it was is not said: that is no number, and certainly not 0.
        let token = Token { text: text.clone(), probability: f32::NAN, alternatives: vec![], forced: false };
        if text.is_empty() { vec![] } else { vec![token] }
    };
    Ok(Chunk {
        tokens: tokens.unwrap_or_else(plain),
        weighed,
        finish,
        usage: usage(&value["usage"]),
        model,
        tool,
        refusal: refusal.unwrap_or_default().to_owned(),
    })
}

/// The text of a message: as it stands, or in parts, of which those that are no text are left out.
fn content(content: &Value) -> Option<String> {
    let part = |part: &Value| part["text"].as_str().or(part.as_str()).map(str::to_owned);
    match content {
        Value::Array(parts) => Some(parts.iter().filter_map(part).collect()),
        content => content.as_str().map(str::to_owned),
    }
}

/// Tokens with probabilities, of the chat's form or the older one; `None` unless they make up the text.
fn tokens(logprobs: &Value, text: &str) -> Option<Vec<Token>> {
    let probability = |logprob: &Value| (logprob.as_f64().unwrap_or(-1e4) as f32).exp().clamp(0.0, 1.0);
    let found: Vec<Token> = if let Some(content) = logprobs["content"].as_array() {
        let read = |entry: &Value| {
            let tops = entry["top_logprobs"].as_array().map(Vec::as_slice).unwrap_or_default();
            let top = |top: &Value| Some((top["token"].as_str()?.to_owned(), probability(&top["logprob"])));
            Some(Token {
                text: entry["token"].as_str()?.to_owned(),
                probability: probability(&entry["logprob"]),
                alternatives: tops.iter().take(ALTERNATIVES).filter_map(top).collect(),
                forced: false,
            })
        };
        content.iter().map(read).collect::<Option<_>>()?
    } else {
        let words = logprobs["tokens"].as_array()?;
        let read = |(at, word): (usize, &Value)| {
            let tops = logprobs["top_logprobs"][at].as_object();
            let mut alternatives: Vec<(String, f32)> = tops
                .into_iter()
                .flatten()
                .map(|(word, logprob)| (word.clone(), probability(logprob)))
                .collect();
            alternatives.sort_by(|a, b| b.1.total_cmp(&a.1));
            alternatives.truncate(ALTERNATIVES);
            let probability = probability(&logprobs["token_logprobs"][at]);
            Some(Token { text: word.as_str()?.to_owned(), probability, alternatives, forced: false })
        };
        words.iter().enumerate().map(read).collect::<Option<_>>()?
    };
    let joined: String = found.iter().map(|token| token.text.as_str()).collect();
    (!found.is_empty() && joined == text).then_some(found)
}

fn usage(value: &Value) -> Option<Usage> {
    let count = |value: &Value| value.as_u64().map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    Some(Usage {
        prompt_tokens: count(&value["prompt_tokens"])?,
        cached_tokens: count(&value["prompt_tokens_details"]["cached_tokens"]).unwrap_or(0),
        output_tokens: count(&value["completion_tokens"]).unwrap_or(0),
        seconds: 0.0,
    })
}

/// The words of an error that a server sends, in one of the forms that are about.
pub(super) fn error(value: &Value) -> Option<String> {
    let error = value.get("error").filter(|error| !error.is_null())?;
    let words = error["message"].as_str().or(error.as_str()).or(value["message"].as_str());
    Some(words.map_or_else(|| short(&error.to_string()), short))
}

/// A stranger's words on one short line, secrets taken out.
pub(super) fn short(words: &str) -> String {
    let cut: String = words.chars().take(600).collect();
    let line = crate::redact::redact(&cut).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = crate::visible::visible_line(&line).chars().take(200).collect();
    if short.chars().count() == 200 {
        short.push('…');
    }
    short
}

/// The vectors of an embeddings reply, in the order of the texts.
pub(super) fn vectors(data: &str, count: usize) -> Result<Vec<Vec<f32>>, String> {
    let value: Value =
        serde_json::from_str(data).map_err(|_| format!("it sent what is no JSON: {}", short(data)))?;
    if let Some(error) = error(&value) {
        return Err(format!("it reports an error: {error}"));
    }
    let rows = value["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut vectors = vec![vec![]; count];
    for (at, row) in rows.iter().enumerate() {
        let at = row["index"].as_u64().map_or(at, |index| usize::try_from(index).unwrap_or(usize::MAX));
        let numbers = row["embedding"].as_array().map(Vec::as_slice).unwrap_or_default();
        if let Some(vector) = vectors.get_mut(at) {
            *vector = numbers.iter().map(|number| number.as_f64().unwrap_or(f64::NAN) as f32).collect();
        }
    }
    let width = vectors.first().map_or(0, Vec::len);
    let whole = |vector: &Vec<f32>| vector.len() == width && vector.iter().all(|number| number.is_finite());
    match 0 < width && vectors.iter().all(whole) {
        true => Ok(vectors),
        false => Err("its embeddings are not one list of numbers for each text".to_owned()),
    }
}

#[cfg(test)]
mod tests;
