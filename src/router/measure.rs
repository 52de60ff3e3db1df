//! How good decisions are: accuracy, confusion, calibration, cost against quality. For data sets and for one's own.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One decision beside what was right.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    pub chosen: String,
    /// Everybody who would have been right; the first is the one that counts in the confusion matrix.
    pub right: Vec<String>,
    pub confidence: f32,
}

impl Verdict {
    pub fn is_right(&self) -> bool {
        self.right.contains(&self.chosen)
    }
}

/// One bar of a reliability diagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    pub count: usize,
    /// Mean confidence of the decisions in it, 0 to 1.
    pub confidence: f32,
    /// Share of them that was right, 0 to 1.
    pub right: f32,
}

/// What the decisions amount to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Measured {
    pub decisions: usize,
    pub right: usize,
    /// Of tasks that have an expert: how many, and how many went to him.
    pub in_scope: (usize, usize),
    /// Of tasks that only a person should get: how many, and how many did.
    pub out_of_scope: (usize, usize),
    /// Ten bins of equal width in confidence.
    pub bins: Vec<Bin>,
    /// Expected calibration error: mean distance of confidence and accuracy over the bins, weighed by count.
    pub calibration_error: f32,
    pub experts: BTreeMap<String, Load>,
    /// Right expert, chosen expert, how often.
    pub confusion: BTreeMap<String, BTreeMap<String, usize>>,
}

/// What one expert got and should have got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Load {
    /// Decisions for it.
    pub chosen: usize,
    /// Of those, right ones.
    pub right: usize,
    /// Tasks that were its own.
    pub own: usize,
}

/// Bins of the reliability diagram.
pub const BINS: usize = 10;

/// Measures decisions; `person` is who gets what is out of scope.
pub fn measure(verdicts: &[Verdict], person: &str) -> Measured {
    let mut measured = Measured { bins: vec![Bin::default(); BINS], ..Measured::default() };
    for verdict in verdicts {
        let right = verdict.is_right();
        let due = verdict.right.first().map_or("", String::as_str);
        measured.decisions += 1;
        measured.right += usize::from(right);
        let scope = if due == person { &mut measured.out_of_scope } else { &mut measured.in_scope };
        scope.0 += 1;
        scope.1 += usize::from(right);
        let bin = &mut measured.bins[((verdict.confidence * BINS as f32) as usize).min(BINS - 1)];
        bin.count += 1;
        bin.confidence += verdict.confidence;
        bin.right += f32::from(u8::from(right));
        let load = measured.experts.entry(verdict.chosen.clone()).or_default();
        load.chosen += 1;
        load.right += usize::from(right);
        measured.experts.entry(due.to_owned()).or_default().own += 1;
        let row = measured.confusion.entry(due.to_owned()).or_default();
        *row.entry(verdict.chosen.clone()).or_default() += 1;
    }
    for bin in measured.bins.iter_mut().filter(|bin| 0 < bin.count) {
        bin.confidence /= bin.count as f32;
        bin.right /= bin.count as f32;
        let share = bin.count as f32 / verdicts.len() as f32;
        measured.calibration_error += share * (bin.confidence - bin.right).abs();
    }
    measured
}

impl Measured {
    /// Share of all decisions that was right, 0 to 1; 1 where nothing was decided.
    pub fn accuracy(&self) -> f32 {
        share((self.decisions, self.right))
    }
}

/// A part of a whole, 1 where there is none.
pub fn share((whole, part): (usize, usize)) -> f32 {
    if whole == 0 { 1.0 } else { part as f32 / whole as f32 }
}

/// A point of the curve of cost against quality.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Share of tasks that go to the strong expert, 0 to 1.
    pub strong: f32,
    /// Share of tasks solved, 0 to 1.
    pub quality: f32,
    /// Share of the way from the weak expert's quality to the strong one's (performance gap recovered).
    pub recovered: f32,
}

/// The curve of "RouteLLM: Learning to Route LLMs with Preference Data": tasks go to the strong expert in the order of
/// `gain`, what it is predicted to win over the weak one. Each task is (gain, weak solved it, strong solved it).
pub fn cost_quality(tasks: &[(f32, bool, bool)], points: usize) -> Vec<Point> {
    let mut order: Vec<&(f32, bool, bool)> = tasks.iter().collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let count = tasks.len().max(1) as f32;
    let solved = |strong: usize| {
        let by_strong = order[..strong].iter().filter(|task| task.2).count();
        (by_strong + order[strong..].iter().filter(|task| task.1).count()) as f32 / count
    };
    let (weak, strong) = (solved(0), solved(order.len()));
    let gap = strong - weak;
    let point = |at: usize| {
        let calls = order.len() * at / points.max(1);
        let quality = solved(calls);
        let recovered = if gap.abs() < 1e-6 { 0.0 } else { (quality - weak) / gap };
        Point { strong: calls as f32 / count, quality, recovered }
    };
    (0..=points).map(point).collect()
}

/// What one bar costs and brings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Trade {
    /// The bar: what is surer than this goes on; for experts, the chance of success that is enough.
    pub bar: f32,
    /// Share of tasks that come to the person, 0 to 1.
    pub person: f32,
    /// Mean cost of a call, as the cards have it; the person's tasks cost nothing here.
    pub cost: f32,
    /// Share of tasks in the right hands, 0 to 1; the person's own are.
    pub quality: f32,
}

/// What it would bring if only the surest decisions went on and the others came to the person, in `points` steps of
/// equal share. Each decision is (confidence, cost of the chosen expert, was it right).
pub fn trade_offs(decisions: &[(f32, f32, bool)], points: usize) -> Vec<Trade> {
    let mut order: Vec<&(f32, f32, bool)> = decisions.iter().collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = decisions.len();
    if count == 0 {
        return vec![];
    }
    let point = |at: usize| {
        let person = (count * at).div_ceil(points.max(1)).min(count);
        let rest = &order[person..];
        let right = rest.iter().filter(|one| one.2).count();
        Trade {
            bar: rest.first().map_or(1.0, |one| one.0),
            person: person as f32 / count as f32,
            // The sum of nothing would be -0.
            cost: rest.iter().fold(0.0, |sum, one| sum + one.1) / count as f32,
            quality: (person + right) as f32 / count as f32,
        }
    };
    (0..=points).map(point).collect()
}

/// Names that occur, as right or as chosen.
pub fn names(measured: &Measured) -> Vec<String> {
    let mut names: BTreeSet<&String> = measured.experts.keys().collect();
    names.extend(measured.confusion.keys());
    names.into_iter().filter(|name| !name.is_empty()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(chosen: &str, right: &str, confidence: f32) -> Verdict {
        Verdict { chosen: chosen.to_owned(), right: vec![right.to_owned()], confidence }
    }

    #[test]
    fn figures_agree_with_a_count_by_hand() {
        let verdicts = [
            verdict("a", "a", 0.95),
            verdict("a", "b", 0.95),
            verdict("b", "b", 0.55),
            verdict("person", "person", 0.35),
            verdict("a", "person", 0.35),
        ];
        let measured = measure(&verdicts, "person");
        assert_eq!((measured.decisions, measured.right), (5, 3));
        assert_eq!((measured.in_scope, measured.out_of_scope), ((3, 2), (2, 1)));
        // Bins: 0.95 half right, 0.55 all right, 0.35 half right.
        let expected = 0.4 * 0.45 + 0.2 * 0.45 + 0.4 * 0.15;
        assert!((measured.calibration_error - expected).abs() < 1e-5, "{}", measured.calibration_error);
        assert_eq!(measured.experts["a"], Load { chosen: 3, right: 1, own: 1 });
        assert_eq!(measured.confusion["b"]["a"], 1);
    }

    #[test]
    fn the_least_sure_come_to_the_person_first() {
        let curve =
            trade_offs(&[(0.9, 1.0, true), (0.2, 3.0, false), (0.5, 2.0, true), (0.7, 0.0, false)], 4);
        let shown: Vec<(f32, f32, f32)> =
            curve.iter().map(|one| (one.person, one.cost, one.quality)).collect();
        let expected =
            [(0.0, 1.5, 0.5), (0.25, 0.75, 0.75), (0.5, 0.25, 0.75), (0.75, 0.25, 1.0), (1.0, 0.0, 1.0)];
        assert_eq!(shown, expected);
        assert_eq!((curve[1].bar, curve[4].bar), (0.5, 1.0));
        assert_eq!(trade_offs(&[], 4), []);
    }

    #[test]
    fn the_curve_begins_at_the_weak_and_ends_at_the_strong() {
        let tasks = [(0.9, false, true), (0.1, true, true), (0.5, false, false), (0.2, true, false)];
        let curve = cost_quality(&tasks, 4);
        let quality: Vec<f32> = curve.iter().map(|point| point.quality).collect();
        assert_eq!(quality, [0.5, 0.75, 0.75, 0.5, 0.5]);
        assert_eq!(curve[0].strong, 0.0);
        assert_eq!(curve[4].strong, 1.0);
    }
}
