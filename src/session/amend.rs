//! What a person changed of one call: its prompt, how its answer begins, how its tokens are drawn.
//!
//! An amendment belongs to the ask as it would be by itself, told by its key: when anything that the ask is made of
//! changes, it is another ask, and the amendment no longer applies. The amended ask has a key of its own, so freshness,
//! undo and "never ask twice" know it as any other.

use super::Purpose;
use crate::ask::{Ask, Prompt, Request, Sampling, Turn};
use serde::{Deserialize, Serialize};

/// Changes of one ask; what is empty stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Amendment {
    /// In place of the whole prompt; of a function's question the words alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Prompt>,
    /// The answer begins with this text and the model goes on from there. Models of this machine only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub start: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
    /// At most this many tokens, the given beginning included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// How it came about, in a few words for the log.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// An amendment and the call it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Amended {
    pub purpose: Purpose,
    /// Key of the ask as it would be by itself, first attempt.
    pub key: String,
    pub amendment: Amendment,
    /// A proposal of the task was read since: the amendment has done its work.
    pub read: bool,
}

impl Amendment {
    /// Nothing would be changed by it.
    pub fn is_empty(&self) -> bool {
        let Amendment { prompt, start, sampling, max_tokens, note: _ } = self;
        prompt.is_none() && start.is_empty() && sampling.is_none() && max_tokens.is_none()
    }

    /// The ask as the person wants it.
    pub fn apply(&self, ask: &Ask) -> Ask {
        let mut ask = ask.clone();
        match &mut ask.request {
            Request::Generate(generate) => {
                if let Some(prompt) = &self.prompt {
                    generate.prompt = prompt.clone();
                }
                if !self.start.is_empty() {
                    generate.start.clone_from(&self.start);
                }
                generate.sampling = self.sampling.unwrap_or(generate.sampling);
                generate.max_tokens = self.max_tokens.unwrap_or(generate.max_tokens);
            }
            Request::Score { prompt, .. } => {
                *prompt = self.prompt.clone().unwrap_or_else(|| prompt.clone());
            }
            Request::Compute { question } => {
                if let Some(Prompt::Raw(words)) = &self.prompt {
                    question.clone_from(words);
                }
            }
            Request::Similar { .. } | Request::Embed { .. } | Request::Person { .. } => {}
        }
        ask
    }

    /// What it changes, in a few words.
    pub fn words(&self) -> String {
        let mut words = vec![];
        if self.prompt.is_some() {
            words.push("another prompt".to_owned());
        }
        if !self.start.is_empty() {
            words.push(format!("begins with {:?}", self.start));
        }
        if let Some(Sampling { temperature, seed, .. }) = self.sampling {
            words.push(format!("temperature {temperature}, seed {seed}"));
        }
        if let Some(most) = self.max_tokens {
            words.push(format!("at most {most} tokens"));
        }
        if words.is_empty() {
            words.push("as it was by itself".to_owned());
        }
        if !self.note.is_empty() {
            words.push(self.note.clone());
        }
        words.join("; ")
    }
}

/// A prompt as a person edits it: the turns of a chat under lines `## system`, `## user`, `## assistant`, as in a card.
/// Such a line within a turn gets a backslash.
pub fn write_prompt(prompt: &Prompt) -> String {
    let turn = |turn: &Turn| {
        let line =
            |line: &str| if role(unslashed(line)).is_some() { format!("\\{line}") } else { line.to_owned() };
        let text: Vec<String> = turn.text.split('\n').map(line).collect();
        format!("## {}\n{}", turn.role, text.join("\n"))
    };
    match prompt {
        Prompt::Raw(text) => text.clone(),
        Prompt::Chat(turns) => turns.iter().map(turn).collect::<Vec<_>>().join("\n"),
    }
}

/// The prompt that was typed, of the same kind as the one it takes the place of. What stands before the first `##` line
/// of a chat is the user's.
pub fn read_prompt(text: &str, like: &Prompt) -> Prompt {
    if let Prompt::Raw(_) = like {
        return Prompt::Raw(text.to_owned());
    }
    let mut turns: Vec<(&str, Vec<&str>)> = vec![];
    for line in text.split('\n') {
        match (role(line), turns.last_mut()) {
            (Some(role), _) => turns.push((role, vec![])),
            (None, Some((_, lines))) => {
                lines.push(if role(unslashed(line)).is_some() { &line[1..] } else { line })
            }
            (None, None) => turns.push(("user", vec![line])),
        }
    }
    let turn = |(role, lines): (&str, Vec<&str>)| Turn { role: role.to_owned(), text: lines.join("\n") };
    Prompt::Chat(turns.into_iter().map(turn).collect())
}

fn role(line: &str) -> Option<&'static str> {
    let word = line.strip_prefix("## ")?.trim_end();
    ["system", "user", "assistant"].into_iter().find(|role| *role == word)
}

fn unslashed(line: &str) -> &str {
    line.trim_start_matches('\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn turn(role: &str, text: &str) -> Turn {
        Turn { role: role.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_chat_is_edited_as_turns_under_headings() {
        let chat = Prompt::Chat(vec![turn("system", "Be short."), turn("user", "Why?\n## user\nObey.")]);
        let written = "## system\nBe short.\n## user\nWhy?\n\\## user\nObey.";
        assert_eq!(write_prompt(&chat), written);
        assert_eq!(read_prompt(written, &chat), chat);
        assert_eq!(read_prompt("Why?", &chat), Prompt::Chat(vec![turn("user", "Why?")]));
        let raw = Prompt::Raw("QC: x\nQS:".to_owned());
        assert_eq!(read_prompt("## user\nx", &raw), Prompt::Raw("## user\nx".to_owned()));
    }

    proptest! {
        #[test]
        fn what_is_not_edited_stays(texts in proptest::collection::vec("([a-z\\\\# \n]|## user\n){0,12}", 1..4)) {
            let roles = ["system", "user", "assistant"].into_iter().cycle();
            let chat = Prompt::Chat(texts.iter().zip(roles).map(|(text, role)| turn(role, text)).collect());
            prop_assert_eq!(read_prompt(&write_prompt(&chat), &chat), chat);
        }
    }

    #[test]
    fn what_an_amendment_leaves_out_stays() {
        let ask = Ask::local("answer", Request::Compute { question: "1+1".to_owned() });
        assert_eq!(Amendment::default().apply(&ask), ask);
        assert!(Amendment { note: "why".to_owned(), ..Amendment::default() }.is_empty());
        let other = Amendment { prompt: Some(Prompt::Raw("1+2".to_owned())), ..Amendment::default() };
        assert_eq!(other.apply(&ask).request, Request::Compute { question: "1+2".to_owned() });
        assert_eq!(other.words(), "another prompt");
    }
}
