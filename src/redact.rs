//! Takes secrets out of text before it is written down or shown: the shapes that keys are known to have, and the values
//! of the key variables this program was told of.
//!
//! Called where session lines are made (`store::sessions`) and where a server's words become an error. In memory nothing
//! changes: a plan that names a key goes on working until it is closed.

use regex_automata::meta::Regex;
use std::{
    borrow::Cow,
    sync::{LazyLock, PoisonError, RwLock},
};

/// Name and shape of each kind of secret. A shape is long enough that ordinary text does not have it.
const SHAPES: [(&str, &str); 30] = [
    (
        "private key",
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?",
    ),
    ("Anthropic key", r"\bsk-ant-[A-Za-z0-9_-]{20,}"),
    ("OpenRouter key", r"\bsk-or-v1-[0-9a-f]{32,}"),
    ("OpenAI key", r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_]{20,}[A-Za-z0-9_-]*"),
    ("GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    ("GitHub token", r"\bgithub_pat_[A-Za-z0-9_]{22,}"),
    ("GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("AWS key id", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("AWS secret", r"(?i)aws_?secret_?(?:access_?)?key.{0,5}[=:].{0,3}[A-Za-z0-9/+]{40}"),
    ("Google key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("Google token", r"\bya29\.[0-9A-Za-z_-]{20,}"),
    ("Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("Slack webhook", r"hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{16,}"),
    ("Stripe key", r"\b[rsp]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("Hugging Face token", r"\bhf_[A-Za-z0-9]{30,}"),
    ("npm token", r"\bnpm_[A-Za-z0-9]{36}"),
    ("PyPI token", r"\bpypi-AgE[A-Za-z0-9_-]{50,}"),
    ("SendGrid key", r"\bSG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,50}"),
    ("Twilio key", r"\bSK[0-9a-f]{32}\b"),
    ("DigitalOcean token", r"\bdo[opr]_v1_[a-f0-9]{64}"),
    ("Telegram token", r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    ("Groq key", r"\bgsk_[A-Za-z0-9]{40,}"),
    ("xAI key", r"\bxai-[A-Za-z0-9]{40,}"),
    ("Replicate token", r"\br8_[A-Za-z0-9]{37}"),
    ("Azure key", r"AccountKey=[A-Za-z0-9+/]{86}=="),
    ("age key", r"\bAGE-SECRET-KEY-1[0-9A-Z]{58}"),
    ("JSON web token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    ("bearer token", r"(?i)\bbearer\s+[A-Za-z0-9._~+/-]{20,}=*"),
    ("password in an address", r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{1,100}:[^\s/@]{3,200}@"),
    ("API key", r#"(?i)\b(?:x-)?api[_-]?key\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?[A-Za-z0-9_-]{24,}"#),
];

static FOUND: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new_many(&SHAPES.map(|(_, shape)| shape)).ok());

/// Values that are secret whatever their shape.
static VALUES: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// The shortest value that is looked for: a shorter one would be found in half of all words.
const SHORTEST: usize = 6;

/// From now on this value is taken out wherever it stands. Very short ones can not be.
pub fn protect(value: &str) {
    let mut values = VALUES.write().unwrap_or_else(PoisonError::into_inner);
    if SHORTEST <= value.len() && !values.iter().any(|known| known == value) {
        values.push(value.to_owned());
        // Of two values of which one holds the other the longer is taken out first.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    }
}

/// The text with every secret in it replaced by what it was.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    for value in VALUES.read().unwrap_or_else(PoisonError::into_inner).iter() {
        if clean.contains(value.as_str()) {
            clean = Cow::Owned(clean.replace(value.as_str(), "[redacted: key]"));
        }
    }
    // Nothing shorter has a known shape.
    if clean.len() < 16 {
        return clean;
    }
    let Some(regex) = &*FOUND else { return clean };
    let mut made = String::new();
    let mut from = 0;
    for found in regex.find_iter(clean.as_ref()) {
        made.push_str(&clean[from..found.start()]);
        let name = SHAPES.get(found.pattern().as_usize()).map_or("secret", |(name, _)| name);
        made.push_str(&format!("[redacted: {name}]"));
        from = found.end();
    }
    if from == 0 {
        return clean;
    }
    made.push_str(&clean[from..]);
    Cow::Owned(made)
}

/// JSON with every text in it redacted; numbers and marks stay as they are, byte by byte.
pub fn redact_json(json: &str) -> Cow<'_, str> {
    let mut made = String::new();
    let (mut from, mut at) = (0, 0);
    let bytes = json.as_bytes();
    while let Some(open) = bytes[at..].iter().position(|byte| *byte == b'"').map(|open| at + open) {
        let mut end = open + 1;
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        end = (end + 1).min(bytes.len());
        at = end;
        let Some(literal) = json.get(open..end) else { continue };
        let text = match literal.contains('\\') {
            true => serde_json::from_str(literal).unwrap_or_default(),
            false => Cow::Borrowed(literal.trim_matches('"')),
        };
        if let Cow::Owned(clean) = redact(&text) {
            made.push_str(&json[from..open]);
            made.push_str(&serde_json::to_string(&clean).unwrap_or_else(|_| "\"\"".to_owned()));
            from = end;
        }
    }
    if from == 0 {
        return Cow::Borrowed(json);
    }
    made.push_str(&json[from..]);
    Cow::Owned(made)
}

#[cfg(test)]
mod tests;
