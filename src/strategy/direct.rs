//! `direct`: the whole task in one call, the control arm of every comparison.
//!
//! It sees the same few-shot examples as the other strategies, without their steps, so that a comparison measures the
//! decomposition and not the examples.

use super::{Next, Scene, Strategy, decomposed::one_line, exemplars};
use crate::ask::{Generate, Prompt, Request};

const ANSWER_TOKENS: u32 = 96;

pub struct Direct;

impl Strategy for Direct {
    fn name(&self) -> &'static str {
        "direct"
    }

    fn about(&self) -> &'static str {
        "the whole task in one call, without sub-tasks: the control arm"
    }

    fn next(&self, scene: &Scene<'_>) -> Next {
        match scene.reply {
            None => Next::Ask(ask(scene)),
            Some(reply) => Next::Solve(bare(reply.text.trim()).to_owned()),
        }
    }
}

fn ask(scene: &Scene<'_>) -> Request {
    let mut prompt = scene.prompts.get("direct/instruction").trim().to_owned();
    let family = exemplars::nearest(scene.prompts, scene.task);
    for exemplar in &family.exemplars {
        let answer = exemplar.steps.last().map_or("", |(_, answer)| answer.as_str());
        prompt.push_str(&format!("\n\nQ: {}\nA: {}", exemplar.goal, bare(answer)));
    }
    prompt.push_str(&format!("\n\nQ: {}\nA:", one_line(scene.task)));
    Request::Generate(Generate {
        prompt: Prompt::Raw(prompt.trim_start().to_owned()),
        sampling: scene.sampling,
        max_tokens: ANSWER_TOKENS,
        stop: vec!["\n".to_owned()],
        grammar: None,
        start: String::new(),
    })
}

/// Without the quotes around the whole.
fn bare(answer: &str) -> &str {
    answer.strip_prefix('"').and_then(|answer| answer.strip_suffix('"')).unwrap_or(answer)
}
