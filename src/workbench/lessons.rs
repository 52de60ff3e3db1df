//! What there is to learn from: a person's word on a task, and how the experts did that were tried at it.
//!
//! The person's last word counts (a review, else an override in the session). What went well or badly without a word is an
//! outcome: a failed call, a check, an answer typed over, accepted or kept. An answer that merely was not touched is none:
//! a router that learned its own unquestioned choices would only become surer of them.

use super::{
    decisions::Decided,
    ledger::{Review, Saying},
};
use crate::router::{
    Knowledge,
    knowledge::{Example, Origin},
};
use std::collections::{BTreeMap, BTreeSet};

/// One thing to learn.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    pub task: String,
    /// Who is right; in an outcome that only tells of failures, the one who failed.
    pub expert: String,
    pub origin: Origin,
    /// Who was tried, and whether it went well.
    pub outcomes: Vec<(String, bool)>,
}

impl Lesson {
    /// Did a person choose against a router, or between two answers?
    pub fn is_correction(&self) -> bool {
        matches!(self.origin, Origin::Correction { .. } | Origin::Preference { .. })
    }

    /// As an example, if the vector of its text is there.
    pub fn example(&self, vectors: &BTreeMap<String, Vec<f32>>) -> Option<Example> {
        Some(Example {
            text: self.task.clone(),
            expert: self.expert.clone(),
            category: None,
            vector: vectors.get(&self.task)?.clone(),
            origin: self.origin.clone(),
            outcomes: self.outcomes.clone(),
            control: None,
        })
    }
}

/// All lessons of the reviews and the decisions that `known` has not learned: corrections first, in the order in which
/// they were made.
pub fn lessons(reviews: &[Review], items: &[Decided], known: &Knowledge) -> Vec<Lesson> {
    let mut said: BTreeMap<&str, &Review> = BTreeMap::new();
    for review in reviews.iter().filter(|review| review.saying != Saying::Skip) {
        said.insert(review.task.as_str(), review);
    }
    let mut last: Vec<&Review> = said.values().copied().collect();
    last.sort_by_key(|review| review.at);
    let (mut corrections, mut outcomes) = (vec![], vec![]);
    for review in last {
        let lesson = of_review(review);
        if lesson.is_correction() { corrections.push(lesson) } else { outcomes.push(lesson) }
    }
    let mut decided: BTreeMap<&str, Vec<&Decided>> = BTreeMap::new();
    for item in items.iter().filter(|item| !said.contains_key(item.text.as_str())) {
        if item.overridden.is_some() || !item.went.is_empty() {
            decided.entry(item.text.as_str()).or_default().push(item);
        }
    }
    for items in decided.into_values() {
        let Some(lesson) = of_decisions(&items) else { continue };
        if lesson.is_correction() { corrections.push(lesson) } else { outcomes.push(lesson) }
    }
    let is_known: BTreeSet<(&str, &str, bool)> =
        known.learned().map(|one| (one.text.as_str(), one.expert.as_str(), one.right().is_some())).collect();
    corrections.extend(outcomes);
    corrections.retain(|one| {
        let failed = one.outcomes.iter().any(|(expert, well)| *expert == one.expert && !well);
        let right = one.is_correction() || !failed;
        !one.expert.is_empty() && !is_known.contains(&(one.task.as_str(), one.expert.as_str(), right))
    });
    corrections
}

fn of_review(review: &Review) -> Lesson {
    let (session, seq) = (review.session.clone(), review.seq);
    let (expert, chosen) = (review.expert.clone(), review.chosen.clone());
    let differ = expert != chosen;
    let (origin, outcomes) = match review.saying {
        Saying::Preferred if differ => {
            (Origin::Preference { session, seq }, vec![(expert.clone(), true), (chosen, false)])
        }
        Saying::Override if differ => {
            (Origin::Correction { session, seq, reason: review.reason.clone() }, vec![])
        }
        Saying::BothFine if differ => {
            (Origin::Outcome { session, seq }, vec![(expert.clone(), true), (chosen, true)])
        }
        _ => (Origin::Outcome { session, seq }, vec![(expert.clone(), true)]),
    };
    Lesson { task: review.task.clone(), expert, origin, outcomes }
}

/// Of all decisions on one text, oldest first.
fn of_decisions(items: &[&Decided]) -> Option<Lesson> {
    let item = items.last()?;
    let (session, seq) = (item.session.clone(), item.seq.0);
    // The last of what became of each expert.
    let mut outcomes: Vec<(String, bool)> = vec![];
    for went in items.iter().flat_map(|item| &item.went) {
        outcomes.retain(|(expert, _)| *expert != went.expert);
        outcomes.push((went.expert.clone(), went.well));
    }
    if let Some((expert, reason)) = items.iter().rev().find_map(|item| item.overridden.as_ref()) {
        let broken = outcomes.iter().any(|(other, well)| other == expert && !well);
        if !broken {
            let origin = Origin::Correction { session, seq, reason: reason.clone() };
            if !outcomes.is_empty() && !outcomes.iter().any(|(other, _)| other == expert) {
                outcomes.push((expert.clone(), true));
            }
            return Some(Lesson { task: item.text.clone(), expert: expert.clone(), origin, outcomes });
        }
    }
    let well = outcomes.iter().rev().find(|(_, well)| *well);
    let expert = well.or(outcomes.last()).map(|(expert, _)| expert.clone()).unwrap_or_default();
    Some(Lesson { task: item.text.clone(), expert, origin: Origin::Outcome { session, seq }, outcomes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        decision::Decision,
        ids::{Seq, TaskId},
        workbench::decisions::Went,
    };

    fn review(task: &str, chosen: &str, expert: &str, saying: Saying, at: u64) -> Review {
        let router = "learned".to_owned();
        Review { router, saying, ..Review::preferred("s", Seq(1), task, expert, chosen, at) }
    }

    fn decided(text: &str, chosen: &str, over: Option<&str>, went: &[(&str, bool)]) -> Decided {
        let went = went.iter().map(|(expert, well)| Went {
            expert: (*expert).to_owned(),
            well: *well,
            why: String::new(),
        });
        Decided {
            session: "s".into(),
            seq: Seq(2),
            task: TaskId(1),
            text: text.into(),
            decision: Decision {
                router: "learned".into(),
                chosen: chosen.into(),
                candidates: vec![],
                confidence: 0.5,
                margin: 0.0,
                reason: None,
                version: None,
                threshold: None,
            },
            overridden: over.map(|over| (over.to_owned(), String::new())),
            kept: None,
            went: went.collect(),
        }
    }

    #[test]
    fn the_last_word_counts() {
        let reviews = [
            review("a", "x", "y", Saying::Override, 1),
            review("a", "x", "z", Saying::Override, 2),
            review("b", "x", "x", Saying::Accept, 3),
            review("c", "x", "y", Saying::Override, 4),
            review("c", "x", "x", Saying::Accept, 5),
            review("d", "x", "y", Saying::BothFine, 6),
            review("e", "x", "x", Saying::Skip, 7),
            review("f", "x", "y", Saying::Preferred, 8),
        ];
        let open = lessons(&reviews, &[], &Knowledge::default());
        let told: Vec<(&str, &str, bool)> =
            open.iter().map(|one| (one.task.as_str(), one.expert.as_str(), one.is_correction())).collect();
        let expected =
            [("a", "z", true), ("f", "y", true), ("b", "x", false), ("c", "x", false), ("d", "y", false)];
        assert_eq!(told, expected);
        let vectors: BTreeMap<String, Vec<f32>> = [("f".to_owned(), vec![1.0, 0.0])].into_iter().collect();
        let example = open[1].example(&vectors).unwrap();
        assert_eq!(example.origin, Origin::Preference { session: "s".into(), seq: 1 });
        assert_eq!(example.outcomes, [("y".to_owned(), true), ("x".to_owned(), false)]);
        let known = Knowledge::fit(vec![example; 6], BTreeMap::new(), "person", 0);
        assert_eq!(lessons(&reviews, &[], &known).len(), 4, "the preference is known by now");
        let success = known.ability.success(&["x", "y"], &[1.0, 0.0]);
        assert!(success[0] < 0.5 && 0.5 < success[1], "{success:?}");
        assert!(known.nearest("y", &[1.0, 0.0]).is_some(), "an exemplar for the router by examples");
    }

    #[test]
    fn what_became_of_an_answer_is_a_lesson() {
        let check = |item: Decided, expert: &str, correction: bool, outcomes: &[(&str, bool)]| {
            let open = lessons(&[], &[item], &Knowledge::default());
            let told: Vec<(&str, bool)> =
                open[0].outcomes.iter().map(|(expert, well)| (expert.as_str(), *well)).collect();
            assert_eq!((open[0].expert.as_str(), open[0].is_correction()), (expert, correction));
            assert_eq!(told, outcomes);
        };
        check(decided("a", "x", None, &[("x", false)]), "x", false, &[("x", false)]);
        check(decided("a", "x", None, &[("x", false), ("x", true)]), "x", false, &[("x", true)]);
        check(
            decided("a", "x", None, &[("x", false), ("y", true)]),
            "y",
            false,
            &[("x", false), ("y", true)],
        );
        check(decided("a", "x", Some("y"), &[]), "y", true, &[]);
        check(decided("a", "x", Some("y"), &[("x", false)]), "y", true, &[("x", false), ("y", true)]);
        check(decided("a", "x", Some("y"), &[("y", false)]), "y", false, &[("y", false)]);
        assert!(lessons(&[], &[decided("a", "x", None, &[])], &Knowledge::default()).is_empty());
        let said = [review("a", "x", "x", Saying::Accept, 1)];
        let open = lessons(&said, &[decided("a", "x", Some("y"), &[])], &Knowledge::default());
        assert_eq!((open.len(), open[0].expert.as_str()), (1, "x"), "a review is the last word");
    }

    #[test]
    fn a_failure_speaks_against_one_and_for_nobody() {
        let example =
            |text: &str, expert: &str, vector: [f32; 2], origin: Origin, outcomes: Vec<(String, bool)>| {
                let (text, expert, vector) = (text.to_owned(), expert.to_owned(), vector.to_vec());
                Example { text, expert, category: None, vector, origin, outcomes, control: None }
            };
        let mut all = vec![];
        for at in 0..6 {
            all.push(example(&format!("sort {at}"), "sort", [1.0, 0.0], Origin::Card, vec![]));
            all.push(example(&format!("sum {at}"), "sum", [0.0, 1.0], Origin::Card, vec![]));
        }
        let before = Knowledge::fit(all, BTreeMap::new(), "person", 0);
        let mut after = before.clone();
        let failed = vec![("sort".to_owned(), false)];
        let origin = Origin::Outcome { session: "s".into(), seq: 1 };
        let failure = example("rank them", "sort", [0.8, 0.6], origin, failed);
        assert_eq!(failure.right(), None);
        after.learn(failure);
        let share = |known: &Knowledge| {
            let features = crate::router::features::Features::new("rank them", &[0.8, 0.6]);
            known.by_category(&["sort"], &features)[0]
        };
        assert!(share(&after) < share(&before), "{} {}", share(&after), share(&before));
        let success = |known: &Knowledge| known.ability.success(&["sort"], &[0.8, 0.6])[0];
        assert!(success(&after) < success(&before));
        let near = after.nearest("sort", &[0.8, 0.6]).unwrap().0;
        assert_ne!(near.text, "rank them", "it is no example of what sort can do");
    }
}
