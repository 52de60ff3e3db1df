//! What crosses to an expert and back, as plain data.
//!
//! Strategies, routers and the controller write an [`Ask`]; the engine carries it to the thread that can answer
//! it; an [`Answer`] comes back. Nothing here knows threads, tensors or files, so both can be logged and replayed.

pub mod key;
pub mod part;

use serde::{Deserialize, Serialize};

/// One request, complete: the same ask to the same model file gives the same answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// Name of the expert's card, or of the strategy or router that asks for itself (`decomposed`, `likelihood`).
    pub expert: String,
    /// Name of the server that is asked; `None` for the models and functions of this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Name or path of the model of this machine that is asked; `None` for the one of the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    pub request: Request,
}

impl Ask {
    /// An ask to the models and functions of this machine.
    pub fn local(expert: impl Into<String>, request: Request) -> Ask {
        Ask { expert: expert.into(), server: None, model: None, request }
    }
}

/// The kinds of work an expert can be asked for. Each kind is served by one backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Request {
    /// Text from the language model.
    Generate(Generate),
    /// Log-probability of each continuation after the prompt, from the language model.
    Score { prompt: Prompt, continuations: Vec<String> },
    /// Cosine similarity of the text to each example, from the embedding model.
    Similar { text: String, examples: Vec<String> },
    /// The vector of each text, from the embedding model: `scores` holds them one behind the other.
    Embed { texts: Vec<String> },
    /// A question to a symbolic function.
    Compute { question: String },
    /// A question to the person at the screen.
    Person { question: String },
}

impl Request {
    /// What the model reads, if a model is asked to write or to score.
    pub fn prompt(&self) -> Option<&Prompt> {
        match self {
            Request::Generate(generate) => Some(&generate.prompt),
            Request::Score { prompt, .. } => Some(prompt),
            _ => None,
        }
    }
}

/// A generation: where it starts, how tokens are drawn, what shape the text must have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generate {
    pub prompt: Prompt,
    pub sampling: Sampling,
    /// At most this many tokens come back.
    pub max_tokens: u32,
    /// Generation ends before the first of these strings; it is not part of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// The shape that the answer must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grammar: Option<Shape>,
    /// The answer begins with this text, and the model goes on from it: a partial answer that a person has edited.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub start: String,
}

/// The shape of an answer. In the log a pattern is a plain text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Shape {
    /// Matches a regular expression: anchored, whole text, syntax of the `regex` crate.
    Pattern(String),
    /// Is JSON that obeys a JSON schema; which part of the language can be held to says `expert::schema`.
    Schema { schema: serde_json::Value },
    /// Is one of these texts.
    Choices { choices: Vec<String> },
}

impl Shape {
    /// The shape in a text, for screens.
    pub fn text(&self) -> String {
        match self {
            Shape::Pattern(pattern) => pattern.clone(),
            Shape::Schema { schema } => schema.to_string(),
            Shape::Choices { choices } => choices.join(" | "),
        }
    }
}

/// What the model reads before it writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Continued as it stands: few-shot prompts.
    Raw(String),
    /// Put through the model's own chat template.
    Chat(Vec<Turn>),
}

impl Prompt {
    /// Its characters without the model's template and the names of roles.
    pub fn characters(&self) -> usize {
        match self {
            Prompt::Raw(text) => text.chars().count(),
            Prompt::Chat(turns) => turns.iter().map(|turn| turn.text.chars().count()).sum(),
        }
    }

    /// The words of the prompt without the model's template, for screens and keys.
    pub fn text(&self) -> String {
        match self {
            Prompt::Raw(text) => text.clone(),
            Prompt::Chat(turns) => turns
                .iter()
                .map(|turn| format!("{}: {}", turn.role, turn.text))
                .collect::<Vec<_>>()
                .join("\n\n"),
        }
    }
}

/// One message of a chat: role is `system`, `user` or `assistant`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    pub role: String,
    pub text: String,
}

/// How the next token is drawn. Temperature 0 takes the likeliest token and needs no seed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    pub temperature: f32,
    /// Keep the smallest set of tokens whose probabilities add up to this (nucleus sampling), 0 < top_p <= 1.
    pub top_p: f32,
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Sampling {
        Sampling { temperature: 0.0, top_p: 1.0, seed: 0 }
    }
}

/// What came back from an expert.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The answer as text; empty for scores.
    pub text: String,
    /// One figure for each continuation or example of a `Score` or `Similar` request, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<f32>,
    /// The generated tokens in order; their texts joined are `text` plus, maybe, a stop string.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<Token>,
    #[serde(default)]
    pub usage: Usage,
    #[serde(default)]
    pub finish: Finish,
    /// SHA-256 of the model file that answered, in hexadecimal digits, when it was a model of this machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// Model and server that answered, when it was a server: `qwen3 at big`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// What it cost, in the currency of the configured prices; 0 for what runs here.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cost: f64,
    /// What was not as it should be: why the text is cut, what had to be done to read it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

impl Answer {
    /// An answer that no model wrote: from a function, a person or a test.
    pub fn plain(text: impl Into<String>) -> Answer {
        Answer { text: text.into(), ..Answer::default() }
    }

    /// How sure the model was of the whole: the geometric mean of the probabilities of the tokens that the grammar left
    /// open, 0 to 1; `None` where no model wrote it.
    pub fn certainty(&self) -> Option<f32> {
        let open: Vec<f32> =
            self.tokens.iter().filter(|token| !token.forced).map(|token| token.probability).collect();
        let sum: f32 = open.iter().map(|probability| probability.max(1e-9).ln()).sum();
        (!open.is_empty()).then(|| (sum / open.len() as f32).exp())
    }

    /// The least certain token that the grammar left open: its place in `tokens` and its probability.
    pub fn weakest(&self) -> Option<(usize, f32)> {
        let open = self.tokens.iter().enumerate().filter(|(_, token)| !token.forced);
        open.map(|(at, token)| (at, token.probability)).min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// One generated token and what the model thought of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    pub text: String,
    /// Probability that the model gave this token at temperature 1, before any grammar, 0 to 1.
    pub probability: f32,
    /// The five likeliest tokens at this place, likeliest first, with their probabilities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<(String, f32)>,
    /// The grammar allowed nothing else here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forced: bool,
}

impl Token {
    /// Entropy in bits of the choice that was made here, from the likeliest tokens; the rest of the probability counts as
    /// one more. A lower bound, therefore. `None` when the alternatives were not recorded.
    pub fn entropy(&self) -> Option<f32> {
        let rest = 1.0 - self.alternatives.iter().map(|(_, probability)| probability).sum::<f32>();
        let all = self.alternatives.iter().map(|(_, probability)| *probability).chain([rest]);
        let bits = |p: f32| if 0.0 < p { -p * p.log2() } else { 0.0 };
        (!self.alternatives.is_empty()).then(|| all.map(bits).sum())
    }
}

/// What an answer cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt, those found in the prefix cache included.
    pub prompt_tokens: u32,
    /// Tokens of the prompt that were found in the prefix cache and not computed again.
    pub cached_tokens: u32,
    pub output_tokens: u32,
    /// Wall-clock seconds from taking up the ask to the last token.
    pub seconds: f64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Usage) {
        self.prompt_tokens += other.prompt_tokens;
        self.cached_tokens += other.cached_tokens;
        self.output_tokens += other.output_tokens;
        self.seconds += other.seconds;
    }
}

/// Why a generation ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model, a stop string or the grammar ended it, or no model was involved.
    #[default]
    Stop,
    /// `max_tokens` or the context of the model was reached.
    Length,
    /// A person cancelled it; the text is what was there by then.
    Cancelled,
    /// The connection or the server gave out before the end; the text is what had come by then, and no answer.
    Cut,
    /// What it was asked for changed meanwhile, so nobody would have used it; the text is what was there by then.
    Lapsed,
}
