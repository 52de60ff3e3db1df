//! The model as a judge: how probable it finds `yes` and `no` behind a question about the answer. One call that writes
//! nothing, so it is cheap; a small model is a weak judge, and says so by a probability near one half.

use super::{Judge, Next, Scene, says};
use crate::{
    ask::{Prompt, Request},
    decision::{Ruling, Verdict},
    plan::Check,
};

/// From here on the answer passes; below one less this it fails.
const SURE: f32 = 0.7;

/// What is asked when the check has no question of its own.
const RIGHT: &str = "Is this answer right?";

pub(super) struct Model;

impl Judge for Model {
    fn name(&self) -> &'static str {
        "model"
    }

    fn about(&self) -> &'static str {
        "model, model: QUESTION: the language model finds `yes` more probable than `no`; unsure near one half"
    }

    fn judge(&self, scene: &Scene<'_>) -> Option<Next> {
        let Check::Model(question) = scene.rule else { return None };
        let question = question.as_deref().unwrap_or(RIGHT);
        let Some(reply) = scene.reply else {
            let continuations = vec![" yes".to_owned(), " no".to_owned()];
            let prompt = Prompt::Raw(prompt(scene, question));
            return Some(Next::Asks(Request::Score { prompt, continuations }));
        };
        let [yes, no] = reply.scores[..] else {
            return Some(says(self, Ruling::Unsure, "the model gave no score for `yes` and `no`"));
        };
        let share = 1.0 / (1.0 + (no - yes).exp());
        if !share.is_finite() {
            return Some(says(self, Ruling::Unsure, "the model's scores are no numbers"));
        }
        let ruling = match share {
            share if SURE <= share => Ruling::Pass,
            share if share <= 1.0 - SURE => Ruling::Fail,
            _ => Ruling::Unsure,
        };
        let evidence = format!("\"{question}\" yes with {:.0} %", 100.0 * share);
        let (judge, probability) = (self.name().to_owned(), Some(share));
        Some(Next::Says(Verdict { judge, ruling, evidence, probability }))
    }
}

/// A right and a wrong answer as examples, then the one in question.
fn prompt(scene: &Scene<'_>, question: &str) -> String {
    let first = scene.questions.first().map_or("", String::as_str);
    let (asked, answer) = (long(first), long(scene.answer.trim()));
    let mut text = String::new();
    if question == RIGHT {
        for (asked, answer, said) in
            [("What is 3 plus 4?", "7", "yes"), ("Which word is a colour: table, green, sing?", "sing", "no")]
        {
            text.push_str(&format!("Question: {asked}\nAnswer: {answer}\n{RIGHT} {said}\n\n"));
        }
    }
    text.push_str(&format!("Question: {asked}\nAnswer: {answer}\n{question}"));
    text
}

/// On one line, at most so long that no answer fills the context.
fn long(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(2000) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
