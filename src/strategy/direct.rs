//! `direct`: the whole task in one call, the control arm of every comparison.
//!
//! It sees the same few-shot examples as the other strategies, without their steps, so that a comparison measures the
//! decomposition and not the examples.

use super::{Next, Scene, Strategy, decomposed::one_line, exemplars};
use crate::ask::{
    Generate, Request,
    part::{Origin, Part, Writing},
};

const ANSWER_TOKENS: u32 = 96;

pub struct Direct;

impl Strategy for Direct {
    fn name(&self) -> &'static str {
        "direct"
    }

    fn about(&self) -> &'static str {
        "the whole task in one call, without sub-tasks: the control arm"
    }

    fn parts(&self, scene: &Scene<'_>) -> Vec<Part> {
        write(scene).parts()
    }

    fn next(&self, scene: &Scene<'_>) -> Next {
        match scene.reply {
            None => Next::Ask(ask(scene)),
            Some(reply) => Next::Solve(bare(reply.text.trim()).to_owned()),
        }
    }
}

/// The prompt in its parts.
fn write(scene: &Scene<'_>) -> Writing {
    const INSTRUCTION: &str = "direct/instruction";
    let mut prompt = Writing::default();
    prompt.say(Origin::Instruction(INSTRUCTION.to_owned()), scene.prompts.get(INSTRUCTION).trim());
    let (name, family) = exemplars::nearest_named(scene.prompts, scene.task);
    let of = family.exemplars.len();
    for (at, exemplar) in family.exemplars.iter().enumerate() {
        let answer = exemplar.steps.last().map_or("", |(_, answer)| answer.as_str());
        let origin = Origin::Exemplar { family: name.clone(), nth: at + 1, of };
        prompt.say(origin, &format!("\n\nQ: {}\nA: {}", exemplar.goal, bare(answer)));
    }
    prompt.say(Origin::Notation, "\n\nQ: ");
    prompt.say(Origin::Task, &one_line(scene.task));
    prompt.say(Origin::Notation, "\nA:");
    prompt
}

fn ask(scene: &Scene<'_>) -> Request {
    Request::Generate(Generate {
        prompt: write(scene).prompt(),
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
