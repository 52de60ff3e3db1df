//! `import`: files of data sets become cases for `eval`; files of worked decompositions are checked and written as plans.

use super::{
    Ending,
    cases::{Case, read_cases},
    json_line,
    names::known,
};
use crate::{figure, visible::visible_line};
use serde_json::Value;
use std::io::{self, Write};

mod datasets;
mod worked;

/// What a file can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON of DecomP: passages with questions, answers as spans. The next three are kinds of it.
    Decomp,
    LetterCat,
    Reverse,
    Commaqa,
    /// JSON lines with `question`, and `answer` ending in `#### 18`.
    Gsm8k,
    /// JSON with `examples` of `input` and `target`.
    Bbh,
    /// Worked decompositions: `QC: …`, `QS: [expert] …`, `A: …`.
    Notation,
}

impl Format {
    pub const ALL: [Format; 7] = [
        Format::Decomp,
        Format::LetterCat,
        Format::Reverse,
        Format::Commaqa,
        Format::Gsm8k,
        Format::Bbh,
        Format::Notation,
    ];

    /// The name for `--format`.
    pub fn name(self) -> &'static str {
        match self {
            Format::Decomp => "decomp",
            Format::LetterCat => "letter_cat",
            Format::Reverse => "reverse",
            Format::Commaqa => "commaqa",
            Format::Gsm8k => "gsm8k",
            Format::Bbh => "bbh",
            Format::Notation => "notation",
        }
    }

    /// The format of that name; `None` for `auto`.
    ///
    /// # Errors
    /// No format has the name; the nearest and all are named.
    pub fn named(name: &str) -> Result<Option<Format>, String> {
        let names = ["auto"].into_iter().chain(Format::ALL.map(Format::name));
        let name = known("format", name, names)?;
        Ok(Format::ALL.into_iter().find(|format| format.name() == name))
    }
}

/// What came out of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    pub format: Format,
    pub found: Found,
    /// What could not be taken as it stands, each with its place.
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    Cases(Vec<Case>),
    /// Outlines with answers, and how many: goals, steps, questions without steps.
    Worked {
        outlines: Vec<String>,
        steps: usize,
        questions: usize,
    },
}

/// Reads a file, as the given format or as what it looks like.
///
/// # Errors
/// It is of no format that is known, or nothing in it can be taken.
pub fn import(text: &str, format: Option<Format>) -> Result<Imported, String> {
    let text = text.trim_start_matches('\u{FEFF}');
    let format = match format {
        Some(format) => format,
        None => detect(text)?,
    };
    let (found, warnings) = match format {
        Format::Notation => worked::read(text)?,
        Format::Gsm8k => datasets::gsm8k(text)?,
        Format::Bbh => datasets::bbh(text)?,
        Format::Decomp | Format::LetterCat | Format::Reverse | Format::Commaqa => {
            datasets::decomp(text, format)?
        }
    };
    if let Found::Cases(cases) = &found
        && cases.is_empty()
    {
        let first = warnings.first().map(|warning| format!(": {warning}")).unwrap_or_default();
        return Err(format!("read as {}, there is no case in it{first}", format.name()));
    }
    Ok(Imported { format, found, warnings })
}

/// What a text looks like.
fn detect(text: &str) -> Result<Format, String> {
    let known = Format::ALL.map(Format::name).join(", ");
    let unknown = |what: &str| Err(format!("{what}; the formats that are read are: {known}"));
    if text.trim().is_empty() {
        return unknown("the file is empty");
    }
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(map)) if map.get("examples").is_some_and(Value::is_array) => return Ok(Format::Bbh),
        Ok(Value::Object(map)) if map.values().any(|value| value.get("qa_pairs").is_some()) => {
            return Ok(Format::Decomp);
        }
        // A single line of JSON lines is one object too.
        Ok(Value::Object(map)) if !map.contains_key("answer") => {
            let keys = map.keys().take(5).map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            return unknown(&format!("a JSON object of an unknown format, with {keys}"));
        }
        Ok(Value::Object(_)) | Err(_) => {}
        Ok(_) => return unknown("JSON of an unknown format"),
    }
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    match serde_json::from_str::<Value>(first) {
        Ok(Value::Object(map)) => {
            let text = |name: &str| map.get(name).and_then(Value::as_str);
            if text("question").is_some() && text("answer").is_some_and(|answer| answer.contains("####")) {
                return Ok(Format::Gsm8k);
            }
            if read_cases(first).is_ok() {
                return Err("it is a file of cases already: `plantern eval` takes it as it is".to_owned());
            }
            return unknown("JSON lines of an unknown format");
        }
        Ok(Value::Array(_)) => return unknown("JSON of an unknown format"),
        _ => {}
    }
    let marked = |line: &str| ["QC: ", "QS: ", "Q: "].iter().any(|mark| line.trim_start().starts_with(mark));
    if text.lines().any(marked) {
        return Ok(Format::Notation);
    }
    unknown("neither JSON nor a text with lines `QC: `, `QS: ` or `Q: `")
}

/// Reads the text of a file and writes what came out: cases as JSON lines, decompositions as outlines.
pub fn import_file(
    file: &str,
    text: &str,
    format: &str,
    out: &mut dyn Write,
    narration: &mut dyn Write,
) -> io::Result<Ending> {
    let file = visible_line(file);
    let imported = match Format::named(format).and_then(|format| import(text, format)) {
        Ok(imported) => imported,
        Err(why) => {
            let _ = writeln!(narration, "plantern: {file}: {}", visible_line(&why));
            return Ok(Ending::Usage);
        }
    };
    for warning in &imported.warnings {
        let _ = writeln!(narration, "warning: {file}: {}", visible_line(warning));
    }
    let told = match &imported.found {
        Found::Cases(cases) => {
            cases.iter().try_for_each(|case| writeln!(out, "{}", json_line(case)))?;
            counted(cases.len(), "case")
        }
        Found::Worked { outlines, steps, questions } => {
            out.write_all(outlines.join("\n").as_bytes())?;
            let (goals, steps) = (counted(outlines.len(), "worked decomposition"), counted(*steps, "step"));
            format!("{goals} with {steps}, {} without steps", counted(*questions, "question"))
        }
    };
    out.flush()?;
    let count = counted(imported.warnings.len(), "warning");
    let _ = writeln!(narration, "{file}: read as {}: {told}, {count}", imported.format.name());
    Ok(Ending::Done)
}

fn counted(count: usize, word: &str) -> String {
    figure::counted(count as u64, word)
}

#[cfg(test)]
mod tests;
