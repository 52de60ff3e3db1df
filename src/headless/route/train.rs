//! `route train`: what routers know, made anew from the cards, files of the person's and corrections, behind the gate.

use super::{Refusal, data::RouteData, vectors::Vectors};
use crate::{
    decision::ExpertCard,
    headless::{Ending, Hands, Interrupt, json_line, table::table},
    router::{
        self, Knowledge,
        gate::{Gate, gate},
        knowledge::{Example, Origin},
    },
    workbench::{
        learning::{self, Proposal},
        ledger::Review,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

/// What there is to learn from.
pub struct Lessons<'a> {
    pub cards: &'a [ExpertCard],
    pub known: &'a Knowledge,
    /// Labelled rows of files; only those of experts that exist are taken.
    pub data: &'a RouteData,
    pub reviews: &'a [Review],
    /// Number of the new version.
    pub number: u32,
    pub seed: u64,
}

/// Makes the next version from everything there is, and compares it with the one in force.
///
/// # Errors
/// No embedding model, an interrupt, nothing to learn from.
pub async fn train(
    lessons: &Lessons<'_>,
    hands: &mut impl Hands,
    interrupt: &mut Interrupt,
    told: &mut dyn FnMut(usize, usize),
) -> Result<Proposal, Refusal> {
    let Lessons { cards, known, data, reviews, number, seed } = *lessons;
    let names: BTreeSet<&str> = cards.iter().map(|card| card.name.as_str()).collect();
    let rows: Vec<_> = data.rows.iter().filter(|row| names.contains(row.expert.as_str())).collect();
    let empty = Knowledge::default();
    // The last word on each task, the learned ones too: the version is made from the beginning.
    let corrections = learning::corrections(reviews, &empty);
    let mut texts = learning::texts(cards, &empty, &corrections);
    texts.extend(rows.iter().map(|row| row.text.clone()));
    let mut vectors = Vectors::default();
    vectors.fetch(texts.iter().map(String::as_str), hands, interrupt, told).await?;
    let by_text: BTreeMap<String, Vec<f32>> =
        texts.iter().map(|text| (text.clone(), vectors.get(text).to_vec())).collect();
    let mut examples = learning::card_examples(cards, &by_text);
    examples.extend(rows.iter().map(|row| Example {
        text: row.text.clone(),
        expert: row.expert.clone(),
        category: row.category.clone(),
        vector: vectors.get(&row.text).to_vec(),
        origin: Origin::File,
        outcomes: row.outcomes.clone(),
    }));
    let base = examples.clone();
    examples.extend(corrections.iter().filter_map(|review| learning::correction(review, &by_text)));
    let person = learning::person(cards).to_owned();
    let router =
        router::router("learned").ok_or_else(|| Refusal::new(Ending::NotMet, "no learned router"))?;
    let before = match known.is_empty() {
        true => Knowledge::fit_calibrated(base, BTreeMap::new(), cards, &person, seed),
        false => known.clone(),
    };
    let mut after = Knowledge::fit_calibrated(examples, known.table.clone(), cards, &person, seed);
    after.version = number;
    after.parent = known.version;
    let learned = after.learned().count();
    after.note = format!("{} examples, {learned} learned from a person", after.examples.len());
    // Corrections that the version before had learned are controls by now.
    let knew: BTreeSet<(&str, &str)> =
        known.learned().map(|one| (one.text.as_str(), one.expert.as_str())).collect();
    let new = |one: &Example| {
        matches!(one.origin, Origin::Correction { .. } | Origin::Preference { .. })
            && !knew.contains(&(one.text.as_str(), one.expert.as_str()))
    };
    let gate = gate(router, cards, &before, &after, &new);
    Ok(Proposal { knowledge: after, gate })
}

/// The before/after table.
pub fn show(gate: &Gate, json: bool, out: &mut dyn Write) -> io::Result<()> {
    if json {
        return writeln!(out, "{}", json_line(gate));
    }
    let rows: Vec<_> = gate
        .cases
        .iter()
        .map(|case| {
            [
                if case.corrected { "corrected" } else { "control" }.to_owned(),
                case.before.clone(),
                case.after.clone(),
                case.right.clone(),
                case.task.chars().take(70).collect(),
            ]
        })
        .collect();
    out.write_all(table(["", "before", "after", "right", "task"], &rows).as_bytes())?;
    writeln!(out, "{}", gate.words())
}

/// The ledger as CSV or JSON, with the figures it amounts to.
pub fn export(reviews: &[Review], person: &str, json: bool, out: &mut dyn Write) -> io::Result<Ending> {
    let measured = router::measure::measure(&crate::workbench::review::verdicts(reviews), person);
    if json {
        let whole = serde_json::json!({ "measured": measured, "reviews": reviews });
        writeln!(out, "{}", json_line(&whole))?;
        return Ok(Ending::Done);
    }
    let mut writer = csv::Writer::from_writer(vec![]);
    let written = reviews.iter().try_for_each(|review| writer.serialize(review_row(review)));
    written.map_err(io::Error::other)?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    out.write_all(crate::visible::visible(&String::from_utf8_lossy(&bytes)).as_bytes())?;
    Ok(Ending::Done)
}

#[derive(serde::Serialize)]
struct Row<'a> {
    session: &'a str,
    event: u32,
    task: &'a str,
    router: &'a str,
    chosen: &'a str,
    confidence: f32,
    saying: &'a str,
    expert: &'a str,
    reason: &'a str,
    blind: bool,
    repeat: bool,
    milliseconds: u64,
    at: u64,
}

fn review_row(review: &Review) -> Row<'_> {
    Row {
        session: &review.session,
        event: review.seq,
        task: &review.task,
        router: &review.router,
        chosen: &review.chosen,
        confidence: review.confidence,
        saying: review.saying.word(),
        expert: &review.expert,
        reason: &review.reason,
        blind: review.blind,
        repeat: review.repeat,
        milliseconds: review.took,
        at: review.at,
    }
}
