//! `plan-and-solve`: the whole plan in one call, open to editing before anything runs, then its steps.
//!
//! Source: "Plan-and-Solve Prompting: Improving Zero-Shot Chain-of-Thought Reasoning by Large Language Models"; here the
//! plan is few-shot and under a grammar, so that each line is a task with an expert that exists.

use super::{Next, Scene, Strategy, conclude, decomposed::one_line, exemplars, grammar};
use crate::{
    ask::{
        Finish, Generate, Request, Shape,
        part::{Origin, Part, Writing},
    },
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

    fn parts(&self, scene: &Scene<'_>) -> Vec<Part> {
        write(scene).0.parts()
    }

    fn next(&self, scene: &Scene<'_>) -> Next {
        if scene.complete {
            return conclude(scene);
        }
        match scene.reply {
            None => Next::Ask(ask(scene)),
            Some(reply) => read(&format!("QS:{}", reply.text), reply.finish == Finish::Length),
        }
    }
}

/// The prompt in its parts, and the family whose examples stand in it.
fn write(scene: &Scene<'_>) -> (Writing, exemplars::Family) {
    const INSTRUCTION: &str = "plan-and-solve/instruction";
    let mut prompt = Writing::default();
    prompt.say(Origin::Instruction(INSTRUCTION.to_owned()), scene.prompts.get(INSTRUCTION).trim());
    let (name, family) = exemplars::nearest_named(scene.prompts, scene.task);
    let of = family.exemplars.len();
    for (at, exemplar) in family.exemplars.iter().enumerate() {
        let steps = exemplar.steps.iter().map(|(step, _)| format!("QS: {step}\n")).collect::<String>();
        let origin = Origin::Exemplar { family: name.clone(), nth: at + 1, of };
        prompt.say(origin, &format!("\n\nQC: {}\n{steps}QS: {END}", exemplar.goal));
    }
    prompt.say(Origin::Notation, "\n\nQC: ");
    prompt.say(Origin::Task, &one_line(scene.task));
    prompt.say(Origin::Notation, "\nQS:");
    (prompt, family)
}

fn ask(scene: &Scene<'_>) -> Request {
    let (prompt, family) = write(scene);
    let words = family.words(scene.task);
    let least = family.least_steps();
    let bounds = grammar::Bounds { task: scene.task, cards: scene.cards, words: words.as_ref(), least };
    Request::Generate(Generate {
        prompt: prompt.prompt(),
        sampling: scene.sampling,
        max_tokens: PLAN_TOKENS,
        stop: vec!["\n\n".to_owned()],
        grammar: Some(Shape::Pattern(grammar::plan(&bounds, STEPS))),
        start: String::new(),
    })
}

/// Lines to steps; what is no step becomes a warning, and the rest stays.
fn read(text: &str, cut: bool) -> Next {
    let (mut steps, mut warnings) = (vec![], vec![]);
    if cut {
        warnings.push("the plan was cut at its token limit: read its end before you go on".to_owned());
    }
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
