//! The tables of an evaluation.

use super::{Job, Scored, curve::Learning};
use crate::{
    headless::{Ending, json_line, table::table},
    router::{Knowledge, measure::Measured},
};
use std::io::{self, Write};

pub(super) fn tell(
    job: &Job,
    results: &[Scored],
    details: &[(String, Measured)],
    curve: &[Learning],
    knowledge: &Knowledge,
    out: &mut dyn Write,
) -> io::Result<Ending> {
    if job.json {
        for (result, (_, measured)) in results.iter().zip(details) {
            let mut value = serde_json::to_value(result).unwrap_or_default();
            value["bins"] = serde_json::to_value(&measured.bins).unwrap_or_default();
            value["confusion"] = serde_json::to_value(&measured.confusion).unwrap_or_default();
            writeln!(out, "{}", json_line(&value))?;
        }
        curve.iter().try_for_each(|point| writeln!(out, "{}", json_line(point)))?;
        return Ok(Ending::Done);
    }
    let percent = |share: f32| format!("{:.2} %", 100.0 * share);
    let out_of_scope = details.iter().any(|(_, measured)| 0 < measured.out_of_scope.0);
    let rows: Vec<_> = results
        .iter()
        .map(|one| {
            [
                one.router.clone(),
                one.decisions.to_string(),
                percent(one.in_scope),
                if out_of_scope { percent(one.out_of_scope) } else { "-".to_owned() },
                format!("{:.4}", one.calibration_error),
                format!("{:.0}", one.microseconds),
                format!("{:.2}", one.temperature),
                format!("{:.3}", one.threshold),
            ]
        })
        .collect();
    let head = ["router", ">rows", ">in scope", ">out of scope", ">ECE", ">us", ">temperature", ">threshold"];
    out.write_all(table(head, &rows).as_bytes())?;
    let mix: Vec<String> = knowledge.mix.iter().map(|(name, weight)| format!("{name} {weight:.2}")).collect();
    writeln!(out, "\nensemble: {}", mix.join(", "))?;
    if !curve.is_empty() {
        let rows: Vec<_> = curve
            .iter()
            .map(|point| {
                [
                    point.overrides.to_string(),
                    percent(point.in_scope),
                    percent(point.out_of_scope),
                    format!("{:.4}", point.calibration_error),
                    format!("{:.2}", point.milliseconds_each),
                    point.taken.to_string(),
                    point.refused.to_string(),
                    format!("{:.2}", point.worst),
                ]
            })
            .collect();
        writeln!(out)?;
        let head = [
            "overrides",
            ">in scope",
            ">out of scope",
            ">ECE",
            ">ms each",
            ">batches taken",
            ">refused",
            ">worst loss",
        ];
        out.write_all(table(head, &rows).as_bytes())?;
    }
    Ok(Ending::Done)
}
