//! Judges: each looks at one rule of a task's check and says whether the answer keeps it, with evidence.
//!
//! A judge is pure, like a strategy: it says at once, or it says what to ask and reads the reply. So a model that judges
//! is asked by the controller as everybody else is: stepped, counted, recorded, found again by its key. Called by the
//! survey. Adding one means a file here and a line in [`judges`].

mod model;
mod pattern;
mod recompute;
mod rule;
mod schema;

use crate::{
    ask::{Answer, Request},
    decision::{Ruling, Verdict},
    ids::TaskId,
    plan::{self, Check, Draft, Operator},
};
use std::borrow::Cow;

/// What a judge has to go by.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// One rule.
    pub rule: &'a Check,
    /// The questions as asked, one for each item of a projection.
    pub questions: &'a [String],
    pub operator: Option<Operator>,
    pub answer: &'a str,
    /// What came back on the judge's own ask, if it has made one.
    pub reply: Option<&'a Answer>,
}

/// What a judge does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    Says(Verdict),
    /// It wants this asked first.
    Asks(Request),
}

/// Gives verdicts on answers.
pub trait Judge: Sync {
    fn name(&self) -> &'static str;
    /// What it goes by, in a line.
    fn about(&self) -> &'static str;
    /// `None` when the rule is not one of its own.
    fn judge(&self, scene: &Scene<'_>) -> Option<Next>;
    /// What is wrong with a rule of its own before any answer is there; `None` when nothing is, or it is not its own.
    fn fault(&self, _: &Check) -> Option<String> {
        None
    }
}

/// All judges.
pub fn judges() -> &'static [&'static dyn Judge] {
    &[&rule::Rule, &pattern::Pattern, &schema::Schema, &recompute::Recompute, &model::Model]
}

/// The next of the judge whose rule it is. There is one for every rule.
pub fn judge(scene: &Scene<'_>) -> (&'static dyn Judge, Next) {
    let mut all = judges().iter();
    let found = all.find_map(|judge| Some((*judge, judge.judge(scene)?)));
    found.unwrap_or_else(|| {
        let first = judges()[0];
        let evidence = format!("nobody judges `{}`", scene.rule);
        (first, says(first, Ruling::Unsure, evidence))
    })
}

/// The questions that a rule is judged by: those that were asked, or, where a function answers them again, as it reads them.
pub fn judged_by<'a>(
    rule: &Check,
    draft: &Draft,
    asked: &'a [String],
    answer: impl Fn(TaskId) -> Option<String>,
) -> Cow<'a, [String]> {
    match rule {
        Check::Computes { question: None, .. } => plan::questions(draft, answer, true).into(),
        _ => asked.into(),
    }
}

/// What is wrong with a check before any answer is there, in words.
pub fn fault(check: &Check) -> Option<String> {
    check.rules().into_iter().find_map(|(rule, _)| judges().iter().find_map(|judge| judge.fault(rule)))
}

/// The hardest ruling of all of them; `None` of none.
pub fn hardest<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Option<Ruling> {
    verdicts.into_iter().map(|verdict| verdict.ruling).max()
}

fn says(judge: &dyn Judge, ruling: Ruling, evidence: impl Into<String>) -> Next {
    let (judge, evidence) = (judge.name().to_owned(), evidence.into());
    Next::Says(Verdict { judge, ruling, evidence, probability: None })
}

/// Pass or fail by whether the rule holds.
fn holds(judge: &dyn Judge, scene: &Scene<'_>, holds: bool) -> Next {
    let (rule, answer) = (scene.rule, crate::literal::shortened(scene.answer.trim()));
    match holds {
        true => says(judge, Ruling::Pass, format!("`{rule}` holds")),
        false => says(judge, Ruling::Fail, format!("its check `{rule}` does not hold for `{answer}`")),
    }
}

#[cfg(test)]
mod tests;
