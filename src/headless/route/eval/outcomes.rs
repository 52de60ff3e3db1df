//! Two experts, a weak and a strong one: what each router recovers of the gap between them.

use super::{
    super::{
        data::{OUT_OF_SCOPE, Row},
        vectors::Vectors,
    },
    Job, example,
};
use crate::{
    headless::{Ending, json_line, table::table},
    router::{
        self, Knowledge,
        measure::{Point, cost_quality},
    },
};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// Two experts, weak and strong: what each router recovers of the gap between them. Every row is decided by what was
/// fitted to the other four fifths. Of more experts those are taken that solve least and most.
pub(super) fn outcomes(job: &Job, vectors: &Vectors, out: &mut dyn Write) -> io::Result<Ending> {
    const FOLDS: usize = 5;
    const POINTS: usize = 20;
    let (rows, names) = extremes(&job.data.rows);
    let [weak, strong] = [names[0].as_str(), names[1].as_str()];
    let names = [weak, strong];
    let mut tasks: BTreeMap<&str, Vec<(f32, bool, bool)>> = BTreeMap::new();
    for fold in 0..FOLDS {
        let own = |row: &&Row| router::features::hash(&row.group) as usize % FOLDS == fold;
        let examples = rows.iter().filter(|row| !own(row)).map(|row| example(row, vectors)).collect();
        let knowledge = Knowledge::fit(examples, BTreeMap::new(), OUT_OF_SCOPE, job.seed);
        for row in rows.iter().filter(own) {
            let vector = vectors.get(&row.text);
            let features = router::features::Features::new(&row.text, vector);
            let gains = [
                ("ability", {
                    let success = knowledge.ability.success(&names, vector);
                    success[1] - success[0]
                }),
                ("ability, weak alone", -knowledge.ability.success(&names, vector)[0]),
                ("learned", {
                    let logits = knowledge.by_category(&names, &features);
                    logits[1] - logits[0]
                }),
                ("embedding", {
                    let logits = knowledge.by_examples(&names, vector);
                    logits[1] - logits[0]
                }),
                ("centroid", {
                    let logits = knowledge.by_centroid(&names, vector);
                    logits[1] - logits[0]
                }),
                ("longest first", row.text.len() as f32),
                ("by chance", router::features::hash(&format!("{}{}", job.seed, row.text)) as f32),
                ("perfect", f32::from(i8::from(row.outcomes[1].1) - i8::from(row.outcomes[0].1))),
            ];
            for (name, gain) in gains {
                tasks.entry(name).or_default().push((gain, row.outcomes[0].1, row.outcomes[1].1));
            }
        }
    }
    let curves: BTreeMap<&str, Vec<Point>> =
        tasks.iter().map(|(name, tasks)| (*name, cost_quality(tasks, POINTS))).collect();
    if job.json {
        writeln!(out, "{}", json_line(&curves))?;
        return Ok(Ending::Done);
    }
    let at = |curve: &[Point], share: usize| curve[POINTS * share / 100];
    let first = curves.values().next().map(Vec::as_slice).unwrap_or_default();
    writeln!(
        out,
        "{} rows; {weak} alone solves {:.1} %, {strong} alone {:.1} %\n",
        rows.len(),
        100.0 * first[0].quality,
        100.0 * first[POINTS].quality
    )?;
    let lines: Vec<_> = curves
        .iter()
        .map(|(name, curve)| {
            let mean = curve.iter().map(|point| point.recovered).sum::<f32>() / curve.len() as f32;
            [
                (*name).to_owned(),
                format!("{:.1} %", 100.0 * at(curve, 25).quality),
                format!("{:.1} %", 100.0 * at(curve, 25).recovered),
                format!("{:.1} %", 100.0 * at(curve, 50).quality),
                format!("{:.1} %", 100.0 * at(curve, 50).recovered),
                format!("{:.3}", mean),
            ]
        })
        .collect();
    let head = ["router", ">solved at 25 %", ">recovered", ">solved at 50 %", ">recovered", ">mean"];
    out.write_all(table(head, &lines).as_bytes())?;
    Ok(Ending::Done)
}

/// The rows in which the expert that solves least and the one that solves most of them both tried, with these two outcomes in
/// this order, and their names. The first of the file where two are alike.
fn extremes(all: &[Row]) -> (Vec<Row>, [String; 2]) {
    let mut solved: Vec<(&str, usize)> = vec![];
    for (name, right) in all.iter().flat_map(|row| &row.outcomes) {
        let at = solved.iter().position(|(known, _)| known == name);
        let at = at.unwrap_or_else(|| {
            solved.push((name, 0));
            solved.len() - 1
        });
        solved[at].1 += usize::from(*right);
    }
    let weak = solved.iter().min_by_key(|(_, count)| *count).map_or("", |(name, _)| *name);
    let others = solved.iter().filter(|(name, _)| *name != weak);
    let strong = others.rev().max_by_key(|(_, count)| *count).map_or("", |(name, _)| *name);
    let of = |row: &Row, name: &str| row.outcomes.iter().find(|(known, _)| known == name).cloned();
    let rows = all.iter().filter_map(|row| {
        let outcomes = vec![of(row, weak)?, of(row, strong)?];
        Some(Row { outcomes, ..row.clone() })
    });
    (rows.collect(), [weak.to_owned(), strong.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headless::route::data::RouteData;

    #[test]
    fn of_many_models_the_weakest_and_the_strongest_are_held_against_each_other() {
        let check = |table: &str, expected: [&str; 2], count: usize| {
            let mut data = RouteData::default();
            data.read("file", table).unwrap();
            let (rows, names) = extremes(&data.rows);
            assert_eq!((names.each_ref().map(String::as_str), rows.len()), (expected, count));
            assert!(rows.iter().all(|row| row.outcomes[0].0 == names[0] && row.outcomes[1].0 == names[1]));
        };
        check("prompt,big,small\na,1,0\nb,1,1", ["small", "big"], 2);
        check("prompt,one,two,three\na,0,1,0\nb,0,1,1", ["one", "two"], 2);
        check("prompt,one,two\na,1,1\nb,0,0", ["one", "two"], 2);
    }
}
