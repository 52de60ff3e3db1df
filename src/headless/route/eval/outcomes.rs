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
/// fitted to the other four fifths.
pub(super) fn outcomes(job: &Job, vectors: &Vectors, out: &mut dyn Write) -> io::Result<Ending> {
    const FOLDS: usize = 5;
    const POINTS: usize = 20;
    let rows: Vec<&Row> = job.data.rows.iter().filter(|row| row.outcomes.len() == 2).collect();
    let (weak, strong) = (rows[0].outcomes[0].0.clone(), rows[0].outcomes[1].0.clone());
    let names = [weak.as_str(), strong.as_str()];
    let mut tasks: BTreeMap<&str, Vec<(f32, bool, bool)>> = BTreeMap::new();
    for fold in 0..FOLDS {
        let own = |row: &&&Row| router::features::hash(&row.group) as usize % FOLDS == fold;
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
