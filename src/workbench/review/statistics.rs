//! All figures of a review in one value, for a file: JSON as it stands, CSV as one long table.

use super::Reviewing;
use crate::{
    decision::ExpertCard,
    router::{
        Knowledge,
        knowledge::Calibration,
        measure::{Measured, Trade},
        projection::plane,
    },
    visible::visible,
    workbench::ledger::Saying,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// What the sayings, the sessions and the version in force amount to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Statistics {
    /// The version in force, 0 for none.
    pub version: u32,
    pub sayings: BTreeMap<&'static str, usize>,
    /// Share of reviewed decisions with which the person agreed.
    pub agreement: f32,
    /// Decisions that were shown twice, and how many got the same expert again.
    pub shown_twice: usize,
    pub same_again: usize,
    /// The meter of a hand that no longer looks.
    pub accepted_in_a_row: usize,
    /// `None` before anything was judged.
    pub seconds_each: Option<f64>,
    /// Confusion, load, precision, reliability diagram, calibration error.
    pub measured: Measured,
    /// If the least sure came to the person.
    pub curve: Vec<Trade>,
    /// If the cheapest able expert were taken.
    pub by_cost: Vec<Trade>,
    /// Temperature and out-of-scope threshold of each router, as learned.
    pub calibration: BTreeMap<String, Calibration>,
    /// For each expert how often it went well and how often badly, from outcomes of the sessions.
    pub outcomes: BTreeMap<String, (usize, usize)>,
    /// The region map, as far as vectors are known.
    pub map: Vec<Spot>,
}

/// A task on the region map.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spot {
    pub task: String,
    pub chosen: String,
    pub overridden: bool,
    /// -1 to 1.
    pub x: f32,
    pub y: f32,
}

impl Reviewing {
    /// Everything the pages of the review show, as figures.
    pub fn statistics(&self, knowledge: &Knowledge) -> Statistics {
        let all = [Saying::Accept, Saying::Override, Saying::BothFine, Saying::Skip, Saying::Preferred];
        let count = |saying| self.reviews.iter().filter(|one| one.saying == saying).count();
        let ((shown_twice, same_again), (accepted_in_a_row, seconds_each)) =
            (self.consistency(), self.autopilot());
        let mut outcomes = BTreeMap::<String, (usize, usize)>::new();
        for went in self.items.iter().flat_map(|item| &item.went) {
            let tally = outcomes.entry(went.expert.clone()).or_default();
            tally.0 += usize::from(went.well);
            tally.1 += usize::from(!went.well);
        }
        Statistics {
            version: knowledge.version,
            sayings: all.into_iter().map(|saying| (saying.word(), count(saying))).collect(),
            agreement: self.measured.accuracy(),
            shown_twice,
            same_again,
            accepted_in_a_row,
            seconds_each,
            measured: self.measured.clone(),
            curve: self.curve.clone(),
            by_cost: self.by_cost.clone(),
            calibration: knowledge.calibration.clone(),
            outcomes,
            map: self.map(),
        }
    }

    fn map(&self) -> Vec<Spot> {
        let known: Vec<_> = self
            .items
            .iter()
            .filter_map(|item| Some((item, self.vectors.get(&item.text)?.as_slice())))
            .collect();
        let vectors: Vec<&[f32]> = known.iter().map(|(_, vector)| *vector).collect();
        let overridden = |session: &str, seq| {
            let said = self.reviews.iter().rev().find(|one| one.is_of(session, seq));
            said.is_some_and(|one| one.saying == Saying::Override)
        };
        let spots = known.iter().zip(plane(&vectors)).map(|((item, _), (x, y))| Spot {
            task: item.text.clone(),
            chosen: item.decision.chosen.clone(),
            overridden: item.overridden.is_some() || overridden(&item.session, item.seq),
            x,
            y,
        });
        spots.collect()
    }
}

/// A review of the sayings alone, for whoever has no screen.
pub fn without_screen(
    reviews: Vec<crate::workbench::ledger::Review>,
    items: Vec<crate::workbench::decisions::Decided>,
    cards: &[ExpertCard],
    knowledge: &Knowledge,
) -> Reviewing {
    let mut review = Reviewing { reviews, items, ..Reviewing::default() };
    let taught = knowledge.examples.iter().map(|one| (one.text.clone(), one.vector.clone()));
    review.vectors = taught.collect();
    review.measure(cards, knowledge);
    review
}

impl Statistics {
    /// One object.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// One long table: `table,row,column,value`.
    pub fn csv(&self) -> String {
        let mut text = String::from("table,row,column,value\n");
        let mut put = |table: &str, row: &str, column: &str, value: String| {
            let cells = [table, row, column, &value].map(cell);
            text.push_str(&cells.join(","));
            text.push('\n');
        };
        put("summary", "version", "", self.version.to_string());
        put("summary", "agreement", "", self.agreement.to_string());
        put("summary", "decisions", "", self.measured.decisions.to_string());
        put("summary", "calibration error", "", self.measured.calibration_error.to_string());
        put("summary", "shown twice", "", self.shown_twice.to_string());
        put("summary", "same again", "", self.same_again.to_string());
        put("summary", "accepted in a row", "", self.accepted_in_a_row.to_string());
        put("summary", "seconds each", "", self.seconds_each.map(|one| one.to_string()).unwrap_or_default());
        for (saying, count) in &self.sayings {
            put("sayings", saying, "count", count.to_string());
        }
        for (name, load) in &self.measured.experts {
            put("experts", name, "chosen", load.chosen.to_string());
            put("experts", name, "right", load.right.to_string());
            put("experts", name, "own", load.own.to_string());
        }
        for (right, row) in &self.measured.confusion {
            for (chosen, count) in row {
                put("confusion", right, chosen, count.to_string());
            }
        }
        for (at, bin) in self.measured.bins.iter().enumerate() {
            let row = format!("{:.1}", at as f32 / self.measured.bins.len() as f32);
            put("reliability", &row, "count", bin.count.to_string());
            put("reliability", &row, "confidence", bin.confidence.to_string());
            put("reliability", &row, "right", bin.right.to_string());
        }
        for (name, curve) in [("curve", &self.curve), ("by cost", &self.by_cost)] {
            for (at, trade) in curve.iter().enumerate() {
                let row = at.to_string();
                put(name, &row, "bar", trade.bar.to_string());
                put(name, &row, "person", trade.person.to_string());
                put(name, &row, "cost", trade.cost.to_string());
                put(name, &row, "quality", trade.quality.to_string());
            }
        }
        for (router, calibration) in &self.calibration {
            put("calibration", router, "temperature", calibration.temperature.to_string());
            put("calibration", router, "threshold", calibration.threshold.to_string());
        }
        for (expert, (well, badly)) in &self.outcomes {
            put("outcomes", expert, "well", well.to_string());
            put("outcomes", expert, "badly", badly.to_string());
        }
        for spot in &self.map {
            put("map", &spot.task, "chosen", spot.chosen.clone());
            put("map", &spot.task, "overridden", spot.overridden.to_string());
            put("map", &spot.task, "x", spot.x.to_string());
            put("map", &spot.task, "y", spot.y.to_string());
        }
        text
    }
}

/// A cell of a CSV: in quotes where it has to be, and never the start of a formula.
fn cell(text: &str) -> String {
    let text = visible(text);
    let negative = text.parse::<f64>().is_ok();
    let formula = !negative && text.starts_with(['=', '+', '-', '@']);
    let text = if formula { format!("'{text}") } else { text.into_owned() };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{expert::roster::Roster, ids::Seq, workbench::ledger::Review};

    #[test]
    fn what_is_shown_is_exported() {
        let said = |task: &str, chosen: &str, expert: &str, saying, seq, confidence| Review {
            saying,
            confidence,
            router: "learned".to_owned(),
            ..Review::preferred("s", Seq(seq), task, expert, chosen, 1)
        };
        let reviews = vec![
            said("a", "split", "split", Saying::Accept, 1, 0.9),
            said("=b, \"c\"", "split", "merge", Saying::Override, 2, 0.4),
            said("c", "split", "merge", Saying::Preferred, 3, 0.0),
        ];
        let roster = Roster::default();
        let review = without_screen(reviews, vec![], roster.cards(), &Knowledge::default());
        let statistics = review.statistics(&Knowledge::default());
        assert_eq!((statistics.agreement, statistics.measured.decisions), (0.5, 2));
        let csv = statistics.csv();
        for line in ["confusion,merge,split,1", "sayings,preferred,count,1", "experts,split,right,1"] {
            assert!(csv.lines().any(|one| one == line), "{line}\n{csv}");
        }
        assert!(csv.contains("curve,5,quality,1"), "the unsure one comes to the person: {csv}");
        let json: serde_json::Value = serde_json::from_str(&statistics.json()).unwrap();
        assert_eq!(json["curve"].as_array().unwrap().len(), 11);
        for (text, expected) in [("-0.5", "-0.5"), ("=b", "'=b"), ("a,\"b\"", "\"a,\"\"b\"\"\"")] {
            assert_eq!(cell(text), expected);
        }
    }
}
