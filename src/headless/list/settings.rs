//! `config`: the files that are read, and every setting with its value and where that comes from. Keys of servers are not
//! among the facts: all that is said of them is the variable that holds them.

use crate::{
    headless::{Ending, json_line, table::table},
    visible::visible_line,
};
use serde::Serialize;
use std::io::{self, Write};

/// A file or folder that is read at the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileFact {
    /// What it is for.
    pub what: String,
    pub path: String,
    /// What was found there: `read`, `2 cards`, `not there`.
    pub found: String,
}

/// A setting in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingFact {
    /// With dots: `limits.calls`.
    pub key: String,
    pub value: String,
    /// `default`, an option of the command line, a variable, or file, line and column.
    pub origin: String,
}

/// Files, then settings: tables, or a JSON object a line.
pub fn settings(
    files: &[FileFact],
    settings: &[SettingFact],
    json: bool,
    out: &mut dyn Write,
) -> io::Result<Ending> {
    #[derive(Serialize)]
    struct Line<'a, F> {
        r#type: &'a str,
        #[serde(flatten)]
        fact: &'a F,
    }
    if json {
        for fact in files {
            writeln!(out, "{}", json_line(&Line { r#type: "file", fact }))?;
        }
        for fact in settings {
            writeln!(out, "{}", json_line(&Line { r#type: "setting", fact }))?;
        }
        return Ok(Ending::Done);
    }
    let rows: Vec<_> =
        files.iter().map(|file| [file.what.clone(), file.found.clone(), file.path.clone()]).collect();
    out.write_all(table(["what", "found", "where"], &rows).as_bytes())?;
    writeln!(out)?;
    for SettingFact { key, value, origin } in settings {
        writeln!(out, "{} = {}    ({})", visible_line(key), visible_line(value), visible_line(origin))?;
    }
    Ok(Ending::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_first_and_every_setting_says_where_it_comes_from() {
        let file = FileFact {
            what: "configuration".into(),
            path: "/c/config.toml".into(),
            found: "not there".into(),
        };
        let setting = SettingFact { key: "model".into(), value: "a\x1b[2J".into(), origin: "--model".into() };
        let told = |json: bool| {
            let mut out = vec![];
            settings(std::slice::from_ref(&file), std::slice::from_ref(&setting), json, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let plain = told(false);
        assert!(plain.contains("configuration  not there  /c/config.toml\n\n"), "{plain}");
        assert!(plain.ends_with("model = a␛[2J    (--model)\n"), "{plain}");
        let json = told(true);
        let lines: Vec<serde_json::Value> =
            json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&lines[0]["type"], &lines[0]["found"]), (&"file".into(), &"not there".into()));
        assert_eq!((&lines[1]["type"], &lines[1]["value"]), (&"setting".into(), &"a\x1b[2J".into()));
    }
}
