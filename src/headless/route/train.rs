//! `route train`: what routers know, made anew from the cards, files of the person's and corrections, behind the gate.

use super::{Refusal, data::RouteData, vectors::Vectors};
use crate::{
    decision::ExpertCard,
    headless::{Ending, Hands, Interrupt, json_line, table::table},
    router::{
        Knowledge,
        gate::{Gate, gate},
        knowledge::{Example, Origin},
    },
    workbench::{
        decisions::Decided,
        learning::{self, Proposal},
        ledger::Review,
        lessons,
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
    /// Decisions of the sessions, with what became of them.
    pub decided: &'a [Decided],
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
    let Lessons { cards, known, data, reviews, decided, number, seed } = *lessons;
    let names: BTreeSet<&str> = cards.iter().map(|card| card.name.as_str()).collect();
    let rows: Vec<_> = data.rows.iter().filter(|row| names.contains(row.expert.as_str())).collect();
    let empty = Knowledge::default();
    // The last word on each task, the learned ones too: the version is made from the beginning.
    let taught = lessons::lessons(reviews, decided, &empty);
    let mut texts = learning::texts(cards, &empty, &taught);
    texts.extend(rows.iter().map(|row| row.text.clone()));
    let mut vectors = Vectors::default();
    vectors.fetch(texts.iter().map(String::as_str), hands, interrupt, told).await?;
    let by_text: BTreeMap<String, Vec<f32>> =
        texts.iter().map(|text| (text.clone(), vectors.get(text).to_vec())).collect();
    let mut examples = learning::card_examples(cards, &by_text);
    examples.extend(rows.iter().map(|row| super::eval::example(row, &vectors)));
    let person = learning::person(cards).to_owned();
    let before = match known.is_empty() {
        true => Knowledge::fit_calibrated(examples.clone(), BTreeMap::new(), cards, &person, seed),
        false => known.clone(),
    };
    // Who is a control stays one.
    let dealt: BTreeMap<&str, Option<bool>> =
        before.examples.iter().map(|one| (one.text.as_str(), one.control)).collect();
    examples.extend(taught.iter().filter_map(|lesson| lesson.example(&by_text)));
    for example in &mut examples {
        example.control = dealt.get(example.text.as_str()).copied().flatten();
    }
    let mut after = Knowledge::fit_calibrated(examples, known.table.clone(), cards, &person, seed);
    after.version = number;
    after.parent = known.version;
    after.uncertain.clone_from(&before.uncertain);
    // Corrections that the version before had learned are controls by now.
    let knew: BTreeSet<(&str, &str)> =
        known.learned().map(|one| (one.text.as_str(), one.expert.as_str())).collect();
    let new = |one: &Example| {
        !matches!(one.origin, Origin::Card | Origin::File)
            && !knew.contains(&(one.text.as_str(), one.expert.as_str()))
    };
    after.note = learning::note(&after, after.learned().filter(|one| new(one)).count());
    let gate = gate(cards, &before, &after, &new);
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
                case.part.word().to_owned(),
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

/// The ledger as CSV, or a JSON object a line.
pub fn export(reviews: &[Review], json: bool, out: &mut dyn Write) -> io::Result<Ending> {
    if json {
        reviews.iter().try_for_each(|review| writeln!(out, "{}", json_line(review)))?;
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
