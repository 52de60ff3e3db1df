//! Data sets of routing: texts with the expert that is right, or with who solved them.
//!
//! Read: CLINC150 (`{"train": [[text, intent], …], "val": …}`), BREAK (a CSV of questions with the operator of each step),
//! StrategyQA (steps with their evidence), RouteLLM (a CSV with a true/false column for each model), and JSON lines
//! `{"task": "…", "expert": "…", "category": "…", "part": "train"}`. Nothing is known of any row.

use crate::router::features::hash;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A text and who is right for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub text: String,
    pub expert: String,
    pub category: Option<String>,
    /// Which expert solved it, where the data says so.
    pub outcomes: Vec<(String, bool)>,
    /// The part of the data set; empty where there are none.
    pub part: String,
    /// Rows of one group (steps of one question) are never on both sides of a split.
    pub group: String,
}

/// Everything read from the files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteData {
    pub rows: Vec<Row>,
    /// What was strange in rows that are left out.
    pub faults: Vec<String>,
}

/// What stands for a task that no expert has.
pub const OUT_OF_SCOPE: &str = "person";

impl RouteData {
    /// Reads one file more; `name` is for messages.
    ///
    /// # Errors
    /// What the file would have to be.
    pub fn read(&mut self, name: &str, text: &str) -> Result<(), String> {
        let text = text.trim_start_matches('\u{FEFF}');
        let before = self.rows.len();
        match text.trim_start().chars().next() {
            Some('{') if text.trim_start().starts_with("{\"task\"") => self.lines(name, text),
            Some('{') => match serde_json::from_str::<Value>(text) {
                Ok(Value::Object(parts)) => self.pairs(name, &parts),
                Ok(_) => return Err(format!("{name}: not an object of parts")),
                Err(_) => self.lines(name, text),
            },
            Some('[') => {
                let steps: Value =
                    serde_json::from_str(text).map_err(|error| format!("{name}: not JSON: {error}"))?;
                self.evidence(name, &steps);
            }
            Some(_) => self.table(name, text)?,
            None => {}
        }
        if self.rows.len() == before {
            let why = self.faults.first().map(|fault| format!(" ({fault})")).unwrap_or_default();
            return Err(format!(
                "{name}: no rows in it{why}; what is read: CLINC JSON, BREAK or RouteLLM CSV, StrategyQA JSON, JSON lines with `task` and `expert`"
            ));
        }
        Ok(())
    }

    /// Puts experts in the place of categories: `{"expert": ["category", …]}` or `{"category": "expert"}`.
    ///
    /// # Errors
    /// When it is no such table.
    pub fn regroup(&mut self, text: &str) -> Result<(), String> {
        let table: BTreeMap<String, Value> =
            serde_json::from_str(text).map_err(|error| format!("not a table of categories: {error}"))?;
        let mut expert_of = BTreeMap::new();
        for (key, value) in table {
            match value {
                Value::String(expert) => {
                    expert_of.insert(key, expert);
                }
                Value::Array(categories) => {
                    for category in categories.iter().filter_map(Value::as_str) {
                        expert_of.insert(category.to_owned(), key.clone());
                    }
                }
                _ => return Err(format!("`{key}` has neither an expert nor a list of categories")),
            }
        }
        for row in self.rows.iter_mut().filter(|row| row.expert != OUT_OF_SCOPE) {
            if let Some(expert) = expert_of.get(&row.expert) {
                row.category = Some(std::mem::replace(&mut row.expert, expert.clone()));
            }
        }
        Ok(())
    }

    /// Rows to learn from and rows to be decided. Named parts that begin with or contain `train` are learned from and
    /// `part` is decided; without parts three of ten groups are, by a hash of their names.
    pub fn split(&self, part: Option<&str>) -> (Vec<&Row>, Vec<&Row>) {
        let names: BTreeSet<&str> = self.rows.iter().map(|row| row.part.as_str()).collect();
        let train = |row: &Row| match row.part.as_str() {
            "" => hash(&row.group) % 10 >= 3,
            part => part.contains("train"),
        };
        let fallback =
            ["val", "dev", "test"].into_iter().find(|name| names.iter().any(|part| part.contains(name)));
        let wanted = part.or(fallback).unwrap_or("");
        let test = |row: &Row| match row.part.as_str() {
            "" => !train(row),
            part => !train(row) && part.split('_').any(|word| word == wanted),
        };
        (
            self.rows.iter().filter(|row| train(row)).collect(),
            self.rows.iter().filter(|row| test(row)).collect(),
        )
    }

    fn push(&mut self, text: &str, expert: &str, part: &str, group: &str) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() || expert.is_empty() {
            let which = if group.is_empty() { "a row".to_owned() } else { format!("a row of `{group}`") };
            return self.faults.push(format!("{which} has no text or no label"));
        }
        let expert = if matches!(expert, "oos" | "out_of_scope") { OUT_OF_SCOPE } else { expert }.to_owned();
        let (part, group) = (part.to_owned(), group.to_owned());
        self.rows.push(Row { text, expert, category: None, outcomes: vec![], part, group });
    }

    /// `{"part": [[text, label], …]}`.
    fn pairs(&mut self, name: &str, parts: &serde_json::Map<String, Value>) {
        for (part, rows) in parts {
            let Some(rows) = rows.as_array() else {
                self.faults.push(format!("{name}: `{part}` is no list"));
                continue;
            };
            for (at, row) in rows.iter().enumerate() {
                match (row.get(0).and_then(Value::as_str), row.get(1).and_then(Value::as_str)) {
                    (Some(text), Some(label)) => self.push(text, label, part, text),
                    _ => self.faults.push(format!("{name}: {part} {at} is no pair of text and label")),
                }
            }
        }
    }

    fn lines(&mut self, name: &str, text: &str) {
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let Ok(row) = serde_json::from_str::<Value>(line) else {
                self.faults.push(format!("{name}, line {}: not JSON", at + 1));
                continue;
            };
            let field = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let before = self.rows.len();
            if field("task").trim().is_empty() || field("expert").trim().is_empty() {
                self.faults.push(format!("{name}, line {}: no `task` or no `expert`", at + 1));
                continue;
            }
            self.push(&field("task"), &field("expert"), &field("part"), &field("task"));
            if before < self.rows.len() {
                let category = field("category");
                self.rows[before].category = Some(category).filter(|category| !category.is_empty());
            }
        }
    }

    /// Steps of questions, each with its evidence by the first annotator.
    fn evidence(&mut self, name: &str, questions: &Value) {
        for question in questions.as_array().into_iter().flatten() {
            let id = question.get("qid").and_then(Value::as_str).unwrap_or_default();
            let steps = question.get("decomposition").and_then(Value::as_array);
            let evidence = question.get("evidence").and_then(|all| all.get(0)).and_then(Value::as_array);
            let (Some(steps), Some(evidence)) = (steps, evidence) else {
                self.faults.push(format!("{name}: question `{id}` has no decomposition or no evidence"));
                continue;
            };
            if steps.len() != evidence.len() {
                self.faults.push(format!("{name}: question `{id}` has more steps than evidence, or fewer"));
            }
            for (step, evidence) in steps.iter().zip(evidence) {
                let found = evidence.as_array().map(Vec::as_slice).unwrap_or_default();
                let operation = found.iter().any(|one| one.as_str() == Some("operation"));
                let paragraphs = found.iter().any(Value::is_array);
                let label = match (operation, paragraphs) {
                    (true, false) => "operation",
                    (false, true) => "retrieval",
                    (true, true) => "both",
                    (false, false) => "none",
                };
                self.push(step.as_str().unwrap_or_default(), label, "", id);
            }
        }
    }

    fn table(&mut self, name: &str, text: &str) -> Result<(), String> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let head: Vec<String> =
            reader.headers().map_err(|error| format!("{name}: {error}"))?.iter().map(str::to_owned).collect();
        let column = |wanted: &str| head.iter().position(|name| name == wanted);
        let mut rows: Vec<csv::StringRecord> = vec![];
        for row in reader.records() {
            match row {
                Ok(row) => rows.push(row),
                Err(error) => self.faults.push(format!("{name}: {error}: left out")),
            }
        }
        if let (Some(steps), Some(operators)) = (column("decomposition"), column("operators")) {
            let id = column("question_id").unwrap_or(0);
            for row in &rows {
                let labels: Vec<&str> = row[operators].split('\'').skip(1).step_by(2).collect();
                let texts: Vec<&str> = row[steps].split(';').map(str::trim).collect();
                if labels.len() != texts.len() {
                    self.faults.push(format!(
                        "{name}: `{}` has {} steps and {} operators",
                        &row[id],
                        texts.len(),
                        labels.len()
                    ));
                    continue;
                }
                for (text, label) in texts.iter().zip(labels) {
                    self.push(text, label, "", &row[id]);
                }
            }
            return Ok(());
        }
        let Some(prompt) = column("prompt").or(column("task")) else {
            return Err(format!("{name}: a CSV needs a column `prompt`, or `decomposition` and `operators`"));
        };
        let flag = |text: &str| match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        };
        // The models are the columns in which most rows say true or false.
        let says = |at: usize| {
            rows.iter().filter(|row| row.get(at).is_some_and(|cell| flag(cell).is_some())).count()
        };
        let models: Vec<usize> = (0..head.len())
            .filter(|at| *at != prompt && !head[*at].is_empty() && rows.len() < 2 * says(*at))
            .collect();
        if models.len() < 2 {
            return Err(format!(
                "{name}: a CSV of outcomes needs a true/false column for each of two models or more"
            ));
        }
        for row in &rows {
            let neither = models.iter().find(|at| flag(&row[**at]).is_none());
            if let Some(&at) = neither {
                let line = row.position().map_or(0, csv::Position::line);
                let words = format!(
                    "{name}, line {line}: `{}` says {:?}, neither true nor false: left out",
                    head[at], &row[at]
                );
                self.faults.push(words);
                continue;
            }
            let outcomes: Vec<(String, bool)> =
                models.iter().map(|at| (head[*at].clone(), flag(&row[*at]).unwrap_or_default())).collect();
            let (first, last) = (&outcomes[0], &outcomes[outcomes.len() - 1]);
            // The first that solved it; the last, as the dearest, when nobody did.
            let label =
                outcomes.iter().find(|(_, solved)| *solved).unwrap_or(if last.1 { last } else { first });
            let (label, text) = (label.0.clone(), row[prompt].to_owned());
            let before = self.rows.len();
            self.push(&text, &label, "", &text);
            if before < self.rows.len() {
                self.rows[before].outcomes = outcomes;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_known_by_its_shape() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let mut data = RouteData::default();
            data.read("file", text).unwrap();
            let rows: Vec<(&str, &str)> =
                data.rows.iter().map(|row| (row.text.as_str(), row.expert.as_str())).collect();
            assert_eq!(rows, expected, "{:?}", data.faults);
        };
        check(
            "{\"val\": [[\"pay  my bill\", \"pay\"]], \"oos_val\": [[\"hm\", \"oos\"]]}",
            &[("pay my bill", "pay"), ("hm", "person")],
        );
        check(
            "{\"task\": \"a b\", \"expert\": \"x\"}\n{\"task\": \"c\", \"expert\": \"y\"}",
            &[("a b", "x"), ("c", "y")],
        );
        check(
            "question_id,question_text,decomposition,operators,split\nq1,t,return a ;return #1,\"['select', 'filter']\",dev",
            &[("return a", "select"), ("return #1", "filter")],
        );
        check("prompt,weak,strong,weak_response\nwhy?,False,True,\"a, b\"", &[("why?", "strong")]);
        check(
            "[{\"qid\": \"1\", \"decomposition\": [\"a?\", \"b?\"], \"evidence\": [[[[\"P-1\"]], [\"operation\"]]]}]",
            &[("a?", "retrieval"), ("b?", "operation")],
        );
        let mut data = RouteData::default();
        data.read("file", "prompt,a,b\nwhy?,True,False\nhm,,True\nwho?,1,0\nx,1\n").unwrap();
        assert_eq!(data.rows.len(), 2, "{:?}", data.faults);
        assert!(
            data.faults[1].contains("line 3: `a` says \"\", neither true nor false"),
            "{:?}",
            data.faults
        );
        let mut data = RouteData::default();
        assert!(data.read("file", "").unwrap_err().contains("no rows"));
        assert!(data.read("file", "a,b\n1,2").unwrap_err().contains("needs a column `prompt`"));
        assert!(data.read("file", "{\"task\": \"a\", \"answer\": 1}").unwrap_err().starts_with(
            "file: no rows in it (file, line 1: no `task` or no `expert`); what is read: CLINC JSON, BREAK"
        ));
    }

    #[test]
    fn parts_are_kept_apart_and_groups_together() {
        let mut data = RouteData::default();
        data.read("file", "{\"train\": [[\"a\", \"pay\"]], \"val\": [[\"b\", \"pay\"]], \"oos_val\": [[\"c\", \"oos\"]], \"test\": [[\"d\", \"pay\"]]}").unwrap();
        data.regroup("{\"bank\": [\"pay\"]}").unwrap();
        let (train, test) = data.split(None);
        assert_eq!((train.len(), test.len()), (1, 2));
        assert_eq!((train[0].expert.as_str(), train[0].category.as_deref()), ("bank", Some("pay")));
        assert_eq!(data.split(Some("test")).1[0].text, "d");
    }
}
