//! What is there: experts, strategies, routers, models; and what is missing: `doctor`. Facts come in, text goes out.

use super::{Ending, json_line, progress::bytes, table::table};
use crate::{decision::ExpertCard, router, strategy};
use serde::Serialize;
use std::io::{self, Write};

pub mod doctor;
pub mod settings;

/// The experts as a table, or their cards as JSON lines.
pub fn experts(cards: &[ExpertCard], json: bool, out: &mut dyn Write) -> io::Result<Ending> {
    if json {
        cards.iter().try_for_each(|card| writeln!(out, "{}", json_line(card)))?;
        return Ok(Ending::Done);
    }
    let row = |card: &ExpertCard| {
        let may = if card.permissions.is_empty() { "-".to_owned() } else { card.permissions.join(", ") };
        [
            card.name.clone(),
            match &card.server {
                Some(server) => format!("{} at {server}", card.kind.word()),
                None => card.kind.word().to_owned(),
            },
            format!("{}", card.cost),
            may,
            card.origin.clone(),
            card.description.clone(),
        ]
    };
    let rows: Vec<_> = cards.iter().map(row).collect();
    out.write_all(table(["name", "kind", ">cost", "may use", "from", "good for"], &rows).as_bytes())?;
    Ok(Ending::Done)
}

/// The strategies, the default first.
pub fn strategies(json: bool, out: &mut dyn Write) -> io::Result<Ending> {
    ways(strategy::strategies().iter().map(|strategy| (strategy.name(), strategy.about())), json, out)
}

/// The routers, the default first.
pub fn routers(json: bool, out: &mut dyn Write) -> io::Result<Ending> {
    ways(router::routers().iter().map(|router| (router.name(), router.about())), json, out)
}

/// Names with what is behind them.
fn ways<'a>(
    ways: impl Iterator<Item = (&'a str, &'a str)>,
    json: bool,
    out: &mut dyn Write,
) -> io::Result<Ending> {
    #[derive(Serialize)]
    struct Way<'a> {
        name: &'a str,
        about: &'a str,
    }
    let mut ways = ways.map(|(name, about)| Way { name, about });
    if json {
        ways.try_for_each(|way| writeln!(out, "{}", json_line(&way)))?;
        return Ok(Ending::Done);
    }
    let rows: Vec<_> = ways.map(|way| [way.name.to_owned(), way.about.to_owned()]).collect();
    out.write_all(table(["name", "what it does"], &rows).as_bytes())?;
    Ok(Ending::Done)
}

/// A model that was found or that can be fetched.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelFact {
    /// The name for `--model` and `models pull`.
    pub name: String,
    /// What it is for: `language` or `embedding`.
    pub kind: String,
    /// Where it lies; `None` when it is not here.
    pub path: Option<String>,
    pub bytes: Option<u64>,
    /// Whether this one is used when none is named.
    pub default: bool,
    /// Parameters, quantisation, licence, where it comes from.
    pub about: String,
}

/// The models as a table, or as JSON lines.
pub fn models(models: &[ModelFact], json: bool, out: &mut dyn Write) -> io::Result<Ending> {
    if json {
        models.iter().try_for_each(|model| writeln!(out, "{}", json_line(model)))?;
        return Ok(Ending::Done);
    }
    if models.is_empty() {
        writeln!(out, "no model was found; `plantern doctor` says where was looked and how to get one")?;
        return Ok(Ending::Done);
    }
    let row = |model: &ModelFact| {
        let name = if model.default { format!("{} *", model.name) } else { model.name.clone() };
        let size = model.bytes.map(bytes).unwrap_or_default();
        let place =
            model.path.clone().unwrap_or_else(|| format!("not here: plantern models pull {}", model.name));
        [name, model.kind.clone(), size, place, model.about.clone()]
    };
    let rows: Vec<_> = models.iter().map(row).collect();
    out.write_all(table(["name", "kind", ">size", "place", "about"], &rows).as_bytes())?;
    if models.iter().any(|model| model.default) {
        writeln!(out, "\n* used when none is named")?;
    }
    Ok(Ending::Done)
}

/// What is known of one thing: a row each, or one JSON object.
pub fn facts_of(rows: &[(&str, String)], json: bool, out: &mut dyn Write) -> io::Result<Ending> {
    if json {
        let object: std::collections::BTreeMap<_, _> = rows.iter().cloned().collect();
        writeln!(out, "{}", json_line(&object))?;
        return Ok(Ending::Done);
    }
    let rows: Vec<_> = rows.iter().map(|(what, text)| [(*what).to_owned(), text.clone()]).collect();
    let [head, rest @ ..] = &rows[..] else { return Ok(Ending::Done) };
    out.write_all(table([&head[0], &head[1]], rest).as_bytes())?;
    Ok(Ending::Done)
}

/// The completion script of a shell for a command line.
pub fn completions(
    shell: clap_complete::Shell,
    mut command: clap::Command,
    out: &mut dyn Write,
) -> io::Result<Ending> {
    // The generator panics when its writer fails; a buffer never does.
    let mut script = vec![];
    clap_complete::generate(shell, &mut command, "plantern", &mut script);
    out.write_all(&script)?;
    Ok(Ending::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expert::roster::Roster;

    fn text(write: impl Fn(&mut dyn Write) -> io::Result<Ending>) -> String {
        let mut out = vec![];
        assert_eq!(write(&mut out).unwrap(), Ending::Done);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn experts_are_listed_for_people_and_programs() {
        let roster = Roster::default();
        let told = text(|out| experts(roster.cards(), false, out));
        assert!(told.starts_with("name  "), "{told}");
        assert!(roster.names().all(|name| told.lines().any(|line| line.starts_with(name))), "{told}");
        let json = text(|out| experts(roster.cards(), true, out));
        let cards: Vec<ExpertCard> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(cards, roster.cards());
    }

    #[test]
    fn strategies_and_routers_are_listed_with_what_they_do() {
        let told = text(|out| strategies(false, out));
        assert!(strategy::strategies().iter().all(|strategy| told.contains(strategy.name())), "{told}");
        let told = text(|out| routers(false, out));
        assert!(router::routers().iter().all(|router| told.contains(router.name())), "{told}");
        for told in [text(|out| strategies(true, out)), text(|out| routers(true, out))] {
            for line in told.lines() {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                assert!(["name", "about"].iter().all(|key| line[key].is_string()), "{line}");
            }
        }
    }

    #[test]
    fn a_model_that_is_not_here_says_how_to_get_it() {
        let model = |path: Option<&str>| ModelFact {
            name: "SmolLM2-135M-Instruct".into(),
            kind: "language".into(),
            path: path.map(str::to_owned),
            bytes: path.map(|_| 94_000_000),
            default: true,
            about: "135M, Q4_1".into(),
        };
        let told = text(|out| models(&[model(None), model(Some("/m.gguf"))], false, out));
        assert!(told.contains("SmolLM2-135M-Instruct *"), "{told}");
        assert!(told.contains("plantern models pull SmolLM2"), "{told}");
        assert!(told.contains("94.0 MB  /m.gguf"), "{told}");
        assert!(text(|out| models(&[], false, out)).contains("plantern doctor"));
        assert_eq!(text(|out| models(&[model(None)], true, out)).lines().count(), 1);
    }

    #[test]
    fn every_shell_gets_a_completion_script() {
        use clap::ValueEnum;
        for shell in clap_complete::Shell::value_variants() {
            let command = || clap::Command::new("plantern").subcommand(clap::Command::new("replay"));
            let script = text(|out| completions(*shell, command(), out));
            assert!(script.contains("replay"), "{shell}");
        }
    }
}
