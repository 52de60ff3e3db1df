//! `plan-and-solve`: the whole plan in one call, open to editing before anything runs, then its steps.
//!
//! Source: "Plan-and-Solve Prompting: Improving Zero-Shot Chain-of-Thought Reasoning by Large Language Models"; here the
//! plan is few-shot and under a grammar, so that each line is a task with an expert that exists.

use super::{Next, Scene, Strategy, conclude, decomposed::one_line, exemplars, grammar};
use crate::{
    ask::{Generate, Prompt, Request, Shape},
    plan::notation::{self, END, Line},
};

/// Tokens that a whole plan may have.
const PLAN_TOKENS: u32 = 320;
/// Steps that a plan may have; the grammar grows with it.
const STEPS: usize = 8;

pub struct PlanAndSolve;

impl Strategy for PlanAndSolve {
    fn name(&self) -> &'static str {
        "plan-and-solve"
    }

    fn about(&self) -> &'static str {
        "the whole plan first, to be edited before anything runs, then step by step"
    }

    fn plans_first(&self) -> bool {
        true
    }

    fn next(&self, scene: &Scene<'_>) -> Next {
        if scene.complete {
            return conclude(scene);
        }
        match scene.reply {
            None => Next::Ask(ask(scene)),
            Some(reply) => read(&format!("QS:{}", reply.text)),
        }
    }
}

fn ask(scene: &Scene<'_>) -> Request {
    let mut prompt = scene.prompts.get("plan-and-solve/instruction").trim().to_owned();
    let family = exemplars::nearest(scene.prompts, scene.task);
    for exemplar in &family.exemplars {
        prompt.push_str(&format!("\n\nQC: {}\n", exemplar.goal));
        for (step, _) in &exemplar.steps {
            prompt.push_str(&format!("QS: {step}\n"));
        }
        prompt.push_str(&format!("QS: {END}"));
    }
    prompt.push_str(&format!("\n\nQC: {}\nQS:", one_line(scene.task)));
    let words = family.words(scene.task);
    let least = family.least_steps();
    let bounds = grammar::Bounds { task: scene.task, cards: scene.cards, words: words.as_ref(), least };
    Request::Generate(Generate {
        prompt: Prompt::Raw(prompt.trim_start().to_owned()),
        sampling: scene.sampling,
        max_tokens: PLAN_TOKENS,
        stop: vec!["\n\n".to_owned()],
        grammar: Some(Shape::Pattern(grammar::plan(&bounds, STEPS))),
        start: String::new(),
    })
}

/// Lines to steps; what is no step becomes a warning, and the rest stays.
fn read(text: &str) -> Next {
    let (mut steps, mut warnings) = (vec![], vec![]);
    for (at, line) in text.lines().enumerate() {
        match notation::read_line(line) {
            Line::Step(step) if !step.text.trim().is_empty() => steps.push(step),
            Line::End | Line::Blank => {}
            other => warnings.push(format!("line {}: no step: {other}", at + 1)),
        }
    }
    match steps.is_empty() {
        true => {
            Next::Stop("no plan in the answer: insert steps by hand, or choose another strategy".to_owned())
        }
        false => Next::Split { steps, complete: true, warnings },
    }
}
