//! What was chosen, among what, and why: expert cards, routing decisions, verdicts on answers.
//!
//! Routers make decisions, the session keeps them whole, the route tab shows them.

use serde::{Deserialize, Serialize};

/// What everybody may know of an expert without running it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpertCard {
    /// 1 to 64 letters, digits, `_` or `-`; unique in the roster.
    pub name: String,
    /// What it is good for, in a sentence or two. Routers read this.
    pub description: String,
    /// Questions it answers well. Routers compare a task with these.
    pub examples: Vec<String>,
    pub kind: ExpertKind,
    /// Name of the server that answers; `None` for the local model. Only `Prompt` experts have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Name or path of the local model that answers; `None` for the one of the settings. Only `Prompt` experts have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Relative price of one call; 0 for a function, 1 for the default local model.
    pub cost: f32,
    /// What the expert may touch beyond its question (`network`, `files`, `commands`); empty for nothing.
    pub permissions: Vec<String>,
    /// At most this many tokens are asked of the model; only `Prompt` experts read it.
    #[serde(default = "default_max_tokens")]
    pub max_tokens: u32,
    /// The model's answer ends before the first of these strings; only `Prompt` experts read it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// The JSON schema that the model's answer obeys; only `Prompt` experts read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<serde_json::Value>,
    /// The model's answer is one of these; only `Prompt` experts read it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Template of the prompt (minijinja, variable `question`) for `Prompt` experts; help text for the others.
    pub body: String,
    /// First 12 hex digits of the SHA-256 of the card's text: changes when the card does.
    pub version: String,
    /// The file it was read from, or `built in`.
    pub origin: String,
}

impl ExpertCard {
    /// An expert of that name and kind of which nothing else is said; it costs as much as the default local model.
    pub fn new(name: impl Into<String>, kind: ExpertKind) -> ExpertCard {
        ExpertCard {
            name: name.into(),
            description: String::new(),
            examples: vec![],
            kind,
            server: None,
            model: None,
            cost: 1.0,
            permissions: vec![],
            max_tokens: default_max_tokens(),
            stop: vec![],
            schema: None,
            choices: vec![],
            body: String::new(),
            version: String::new(),
            origin: String::new(),
        }
    }
}

/// What a card that names no `max_tokens` gets.
const fn default_max_tokens() -> u32 {
    200
}

/// Who does the work behind a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpertKind {
    /// A function of ours: exact, instant, needs no model.
    Symbolic,
    /// A prompt on the language model.
    Prompt,
    /// The person at the screen: the plan waits for the typed answer.
    Person,
    /// The task is decomposed again by a strategy (a decomposer as a handler).
    Plan,
}

impl ExpertKind {
    pub fn word(self) -> &'static str {
        match self {
            ExpertKind::Symbolic => "symbolic",
            ExpertKind::Prompt => "prompt",
            ExpertKind::Person => "person",
            ExpertKind::Plan => "plan",
        }
    }
}

/// A router's choice with everything it weighed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Name of the router, or `person` for an override.
    pub router: String,
    pub chosen: String,
    /// Every expert that was considered, best first.
    pub candidates: Vec<Candidate>,
    /// Probability-like trust in the choice, 0 to 1, as the router defines it.
    pub confidence: f32,
    /// Score of the chosen one less that of the runner-up, in the router's own unit; 0 with one candidate.
    pub margin: f32,
    /// Why a person overrode the router, if one did and said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Version of what was learned that decided, 0 for none; absent where nothing learned takes part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The share or bar below which the task would have gone elsewhere, for routers that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
}

/// One expert as the router saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    pub expert: String,
    /// Higher is better; the unit is the router's (BM25 score, cosine, log-probability).
    pub score: f32,
    /// The evidence in words: the nearest example, the matching terms.
    pub reason: String,
}

/// What a judge says of one answer, with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Name of the judge, or `person`.
    pub judge: String,
    pub ruling: Ruling,
    /// Why, in words.
    pub evidence: String,
    /// How probable it is that the answer is right, 0 to 1, where the judge knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f32>,
}

/// Does the answer count?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    Pass,
    Unsure,
    Fail,
}

impl Ruling {
    pub fn word(self) -> &'static str {
        match self {
            Ruling::Pass => "pass",
            Ruling::Unsure => "unsure",
            Ruling::Fail => "fail",
        }
    }

    /// The mark beside the word.
    pub fn glyph(self) -> &'static str {
        match self {
            Ruling::Pass => "✓",
            Ruling::Unsure => "≈",
            Ruling::Fail => "✗",
        }
    }
}
