//! The table of categories as a file that a person can change.
//!
//! ```toml
//! uncertain = "person"
//!
//! [categories]
//! travel = "search"
//! ```

use crate::{decision::ExpertCard, router::Knowledge, workbench::review::TableDraft};
use std::fmt::Write;

/// The table in force.
pub fn write(known: &Knowledge) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut text = format!(
        "# Who answers which category; version {}. Change it and give it to `plantern route table FILE`.\n\n\
         # Who gets a task whose category is uncertain.\nuncertain = {}\n\n[categories]\n",
        known.version,
        quoted(&known.uncertain)
    );
    for (class, expert) in &known.table {
        let _ = writeln!(text, "{} = {}", quoted(class), quoted(expert));
    }
    text
}

/// The table of a file over the one in force: categories that it does not name stay.
///
/// # Errors
/// What is no table, no category or no expert, by name.
pub fn read(text: &str, known: &Knowledge, cards: &[ExpertCard]) -> Result<TableDraft, String> {
    let file: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let mut draft = TableDraft::of(known);
    if known.table.is_empty() {
        return Err("there are no categories yet: `plantern route train` makes them".to_owned());
    }
    let expert = |value: &toml::Value, of: &str| -> Result<String, String> {
        let name = value.as_str().ok_or_else(|| format!("`{of}` needs the name of an expert in quotes"))?;
        match cards.iter().any(|card| card.name == name) {
            true => Ok(name.to_owned()),
            false => {
                let names: Vec<&str> = cards.iter().map(|card| card.name.as_str()).collect();
                Err(format!("`{of}`: no expert is called `{name}`; there are {}", names.join(", ")))
            }
        }
    };
    for (key, value) in &file {
        match (key.as_str(), value) {
            ("uncertain", value) => draft.uncertain = expert(value, key)?,
            ("categories", toml::Value::Table(rows)) => {
                for (class, value) in rows {
                    let name = expert(value, class)?;
                    let place = draft.table.get_mut(class);
                    *place.ok_or_else(|| format!("there is no category `{class}`"))? = name;
                }
            }
            _ => return Err(format!("`{key}` is not known: `uncertain` and `[categories]` are")),
        }
    }
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expert::roster::Roster;

    #[test]
    fn a_table_is_read_as_it_was_written_and_changed() {
        let roster = Roster::default();
        let table = [("sums", "calculate"), ("word lists", "split")];
        let mut known = Knowledge::default();
        known.table.extend(table.map(|(class, expert)| (class.to_owned(), expert.to_owned())));
        known.uncertain = "person".to_owned();
        let check = |text: &str, expected: Result<(&str, &str, &str), &str>| match (
            read(text, &known, roster.cards()),
            expected,
        ) {
            (Ok(draft), Ok((sums, lists, uncertain))) => {
                assert_eq!((draft.table["sums"].as_str(), draft.table["word lists"].as_str()), (sums, lists));
                assert_eq!(draft.uncertain, uncertain);
            }
            (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
            other => panic!("{text}: {other:?}"),
        };
        check(&write(&known), Ok(("calculate", "split", "person")));
        check("uncertain = \"answer\"", Ok(("calculate", "split", "answer")));
        check("[categories]\nsums = \"count\"", Ok(("count", "split", "person")));
        check("[categories]\nsums = \"cuont\"", Err("no expert is called `cuont`"));
        check("[categories]\nsum = \"count\"", Err("there is no category `sum`"));
        check("[categories]\nsums = 3", Err("needs the name of an expert"));
        check("fallback = \"count\"", Err("`fallback` is not known"));
        check("sums", Err("expected"));
        assert!(read("", &Knowledge::default(), roster.cards()).unwrap_err().contains("no categories yet"));
    }
}
