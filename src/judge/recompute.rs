//! The symbolic check: a function answers the question, too, and both answers are the same or not.

use super::{Judge, Next, Scene, says};
use crate::{
    decision::Ruling,
    expert::symbolic,
    literal::shortened,
    plan::{Check, Compare, Operator, check_question, join},
};

pub(super) struct Recompute;

impl Judge for Recompute {
    fn name(&self) -> &'static str {
        "recompute"
    }

    fn about(&self) -> &'static str {
        "as FUNCTION: a function answers the same question, or one of yours, and gives the same answer"
    }

    fn judge(&self, scene: &Scene<'_>) -> Option<Next> {
        let Check::Computes { function, question } = scene.rule else { return None };
        let asked =
            |question: &String| symbolic::compute(function, question).map_err(|error| error.to_string());
        let computed = match question {
            Some(question) => {
                let first = scene.questions.first().map_or("", String::as_str);
                asked(&check_question(question, first, scene.answer.trim()))
            }
            None => {
                scene.questions.iter().map(asked).collect::<Result<Vec<_>, _>>().map(|answers| {
                    match scene.operator.unwrap_or(Operator::Select) {
                        Operator::Select => answers.concat(),
                        operator => join(operator, &answers),
                    }
                })
            }
        };
        let answer = scene.answer.trim();
        Some(match computed {
            Ok(computed) if alike(&computed, answer) => {
                says(self, Ruling::Pass, format!("`{function}` gives `{}`, too", shortened(&computed)))
            }
            Ok(computed) => {
                let (computed, answer) = (shortened(&computed), shortened(answer));
                says(self, Ruling::Fail, format!("`{function}` gives `{computed}`, the answer is `{answer}`"))
            }
            // It is no fault of the answer that the function can not read the question.
            Err(why) => says(self, Ruling::Unsure, why),
        })
    }

    fn fault(&self, rule: &Check) -> Option<String> {
        let Check::Computes { function, .. } = rule else { return None };
        let known: Vec<&str> = symbolic::names().collect();
        let missing = !known.contains(&function.as_str());
        missing.then(|| format!("no function is called `{function}`; there are {}", known.join(", ")))
    }
}

/// Equal as answers, or as numbers.
fn alike(one: &str, other: &str) -> bool {
    let number = |text: &str| text.trim().replace(',', "").parse::<f64>().ok().filter(|it| it.is_finite());
    Compare::default().same(one, other) || number(one).is_some_and(|one| Some(one) == number(other))
}
