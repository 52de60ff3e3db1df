//! What would flip a decision: the smallest change that sends the task elsewhere, and which others it would move too.

use crate::{decision::Decision, figure::fixed};
use serde::Serialize;

/// A change that flips a decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flip {
    /// Who would get the task instead.
    pub to: String,
    /// How much the score of that expert would have to rise, in the router's own unit.
    pub by: f32,
    /// In words: which score or threshold.
    pub what: String,
}

/// The smallest change: the runner-up's score, or the threshold when that is nearer.
pub fn flip(decision: &Decision, person: &str) -> Option<Flip> {
    let score = |name: &str| decision.candidates.iter().find(|one| one.expert == name).map(|one| one.score);
    let chosen = score(&decision.chosen)?;
    let next = decision.candidates.iter().filter(|one| one.expert != decision.chosen);
    let next = next.max_by(|a, b| a.score.total_cmp(&b.score))?;
    let by = (chosen - next.score).max(0.0);
    let runner =
        Flip { to: next.expert.clone(), by, what: format!("{} scores {} more", next.expert, fixed(by, 3)) };
    let Some(threshold) = decision.threshold else { return Some(runner) };
    let best = decision.candidates.iter().filter(|one| one.expert != person);
    let best = best.max_by(|a, b| a.score.total_cmp(&b.score))?;
    let by = (best.score - threshold).abs();
    let to = if decision.chosen == person { best.expert.clone() } else { person.to_owned() };
    // A person chosen by its own share is no matter of the threshold.
    let by_threshold = decision.chosen != person || best.score < threshold;
    if by_threshold && by < runner.by {
        let what = format!("the threshold {} moves to {}", fixed(threshold, 3), fixed(best.score, 3));
        return Some(Flip { to, by, what });
    }
    Some(runner)
}

/// Which of the decisions the same change would flip: those of the same pair whose lead is no larger.
pub fn flipped_too<'a, T>(
    flip: &Flip,
    decision: &Decision,
    person: &str,
    others: impl Iterator<Item = (T, &'a Decision)>,
) -> Vec<T> {
    others
        .filter(|(_, other)| {
            other.router == decision.router
                && other.chosen == decision.chosen
                && self::flip(other, person).is_some_and(|own| own.to == flip.to && own.by <= flip.by)
        })
        .map(|(which, _)| which)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Candidate;

    fn decision(scores: &[(&str, f32)], threshold: Option<f32>) -> Decision {
        let candidate = |(name, score): &(&str, f32)| Candidate {
            expert: (*name).to_owned(),
            score: *score,
            reason: String::new(),
        };
        Decision {
            router: "learned".to_owned(),
            chosen: scores[0].0.to_owned(),
            candidates: scores.iter().map(candidate).collect(),
            confidence: scores[0].1,
            margin: 0.0,
            reason: None,
            version: None,
            threshold,
        }
    }

    #[test]
    fn the_nearest_change_is_told() {
        let check = |scores: &[(&str, f32)], threshold: Option<f32>, to: &str, by: f32| {
            let flip = flip(&decision(scores, threshold), "person").unwrap();
            assert_eq!(flip.to, to, "{flip:?}");
            assert!((flip.by - by).abs() < 1e-5, "{flip:?}");
        };
        check(&[("a", 0.6), ("b", 0.3), ("person", 0.1)], None, "b", 0.3);
        check(&[("a", 0.6), ("b", 0.3), ("person", 0.1)], Some(0.5), "person", 0.1);
        check(&[("person", 0.7), ("a", 0.3)], Some(0.35), "a", 0.05);
        check(&[("a", 0.6), ("b", 0.58), ("person", 0.1)], Some(0.5), "b", 0.02);
    }

    #[test]
    fn a_change_moves_all_that_stand_nearer() {
        let near = decision(&[("a", 0.5), ("b", 0.45)], None);
        let far = decision(&[("a", 0.9), ("b", 0.1)], None);
        let here = decision(&[("a", 0.6), ("b", 0.4)], None);
        let flip = flip(&here, "person").unwrap();
        let others = [(1, &near), (2, &far)];
        assert_eq!(flipped_too(&flip, &here, "person", others.into_iter()), [1]);
    }
}
