//! `decomposed`: one sub-question at a time, tagged with the expert that must answer it, until `[EOQ]`.
//!
//! Source: "Decomposed Prompting: A Modular Approach for Solving Complex Tasks". The few-shot examples are those of the
//! family nearest to the task; the grammar lets a step name only experts and answers that exist, and quote only what the
//! task quotes.

use super::{Next, Scene, Strategy, conclude, exemplars, grammar, written};
use crate::{
    ask::{
        Generate, Request, Shape,
        part::{Origin, Part, Writing},
    },
    plan::notation::{self, Line},
};

/// Tokens that one step may have.
const STEP_TOKENS: u32 = 96;

pub struct Decomposed;

impl Strategy for Decomposed {
    fn name(&self) -> &'static str {
        "decomposed"
    }

    fn about(&self) -> &'static str {
        "one sub-question at a time, each tagged with its expert, until nothing is left to ask"
    }

    fn parts(&self, scene: &Scene<'_>) -> Vec<Part> {
        write(scene).0.parts()
    }

    fn next(&self, scene: &Scene<'_>) -> Next {
        if scene.complete {
            return conclude(scene);
        }
        let Some(reply) = scene.reply else { return Next::Ask(ask(scene)) };
        let line = format!("QS: {}", reply.text.trim());
        match notation::read_line(&line) {
            Line::End => Next::Split { steps: vec![], complete: true, warnings: vec![] },
            Line::Step(step) if !step.text.trim().is_empty() => {
                let cut = reply.finish == crate::ask::Finish::Length;
                let warning = "the step was cut at its token limit: read it before you go on";
                let warnings = cut.then(|| warning.to_owned()).into_iter().collect();
                Next::Split { steps: vec![step], complete: false, warnings }
            }
            _ => Next::Stop(
                "the model proposed no step: insert one by hand, or choose another strategy".to_owned(),
            ),
        }
    }
}

/// The prompt in its parts, and the family whose examples stand in it.
fn write(scene: &Scene<'_>) -> (Writing, exemplars::Family) {
    const INSTRUCTION: &str = "decomposed/instruction";
    let mut prompt = Writing::default();
    prompt.say(Origin::Instruction(INSTRUCTION.to_owned()), scene.prompts.get(INSTRUCTION).trim());
    let (name, family) = exemplars::nearest_named(scene.prompts, scene.task);
    let of = family.exemplars.len();
    for (at, exemplar) in family.exemplars.iter().enumerate() {
        let origin = Origin::Exemplar { family: name.clone(), nth: at + 1, of };
        prompt.say(origin, &format!("\n\n{exemplar}"));
    }
    prompt.say(Origin::Notation, "\n\nQC: ");
    prompt.say(Origin::Task, &one_line(scene.task));
    prompt.say(Origin::Notation, "\n");
    for (at, done) in scene.steps.iter().enumerate() {
        prompt.say(Origin::Step(at + 1), &format!("QS: {}\n", done.step));
        prompt.say(Origin::StepAnswer(at + 1), &format!("A: {}\n", written(&done.answer)));
    }
    prompt.say(Origin::Notation, "QS:");
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
        max_tokens: STEP_TOKENS,
        stop: vec!["\n".to_owned()],
        grammar: Some(Shape::Pattern(grammar::step(&bounds, scene.steps.len()))),
        start: String::new(),
    })
}

/// The notation has one line for a question.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
