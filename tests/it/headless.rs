//! The program as a user calls it, without a terminal: what is printed, how it ends. No model, no network.

mod models;

use crate::support::program;
use std::{
    io::Write,
    path::Path,
    process::{Output, Stdio},
};

const PLAN: &str = "\
QC: Take the last letters of \"Ada King\" and join them with a comma.
  QS: [split] What are the words in \"Ada King\"?
  QS: (project_values) [str_position] What is the last letter in \"#1\"?
  QS: [merge] Concatenate #2 using a comma.
";

/// Runs the program with a home of its own, and `input` on stdin.
fn plantern(home: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = program(home, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that ends at once reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn check(arguments: &[&str], input: &str, code: i32, out: &str, err: &str) {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("binary.jsonl"), b"\x00\xff\xfe\x00GGUF").unwrap();
    std::fs::write(home.path().join("empty.jsonl"), b"").unwrap();
    std::fs::write(home.path().join("newer.jsonl"), "{\"plantern\":99,\"title\":\"t\",\"created\":\"\"}\n")
        .unwrap();
    std::fs::write(home.path().join("bad.toml"), "strategy = \"decomposed\"\nrooter = \"tag\"\n").unwrap();
    std::fs::write(home.path().join("not.gguf"), "hello").unwrap();
    std::fs::write(home.path().join("cases.jsonl"), "{\"task\": \"a\"}\nnonsense\n").unwrap();
    let output = plantern(home.path(), arguments, input);
    let (found_out, found_err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let told = format!("{arguments:?}\nstdout:\n{found_out}\nstderr:\n{found_err}");
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(found_out.contains(out), "no {out:?} in stdout of {told}");
    assert!(found_err.contains(err), "no {err:?} in stderr of {told}");
    assert!(!found_err.contains("panicked"), "{told}");
}

#[test]
fn a_plan_of_functions_runs_without_any_model() {
    check(&["run", "--plan", "-"], PLAN, 0, "a,g", "");
    check(
        &["run", "--json", "--plan", "-"],
        PLAN,
        0,
        "{\"type\":\"result\",\"state\":\"done\",\"answer\":\"a,g\",\"calls\":0",
        "",
    );
    check(
        &["run", "--dry-run", "--plan", "-"],
        PLAN,
        0,
        "ended (dry-run): nothing was asked, nothing was written",
        "estimate: 4 tasks are left: no call to a model\ndry-run: nothing was asked",
    );
    check(&["run", "--dry-run", "--plan", "-"], PLAN, 0, "result: dry-run\ncost: 0 calls", "");
    check(
        &["run", "--estimate", "--plan", "-"],
        PLAN,
        0,
        "a,g",
        "estimate: took 0 calls (as said), 0 tokens (as said), 0.0 s (as said); estimated 0, 0, 0.0 s",
    );
    check(&["run", "--max-cost=-1", "--plan", "-"], PLAN, 2, "", "--max-cost");
    let waits = PLAN.replace("[merge]", "[person]");
    check(&["run", "--plan", "-"], &waits, 5, "", "");
    check(&["run", "--plan", "-", "--answer-person", "a and g"], &waits, 0, "a and g", "");
    check(&["run", "--plan", "-"], &PLAN.replace("[merge]", "[melt]"), 1, "", "no expert is called `melt`");
}

#[test]
fn bad_input_is_answered_with_what_where_and_what_to_do() {
    check(&["run", ""], "", 2, "", "empty");
    check(&["run", &"x".repeat(100_001)], "", 2, "", "100001 bytes");
    check(&["run", "What is it?"], "", 3, "", "plantern models pull smollm2");
    check(&["run", "--model", "nowhere.gguf", "What?"], "", 3, "", "nowhere.gguf");
    check(&["run", "--model", "not.gguf", "What?"], "", 3, "", "not.gguf");
    check(&["run", "--strategy", "decompose", "What?"], "", 2, "", "decomposed");
    check(&["run", "--router", "tags", "What?"], "", 2, "", "tag");
    check(&["--config", "bad.toml", "experts"], "", 2, "", "bad.toml:2:1");
    check(&["--config", "none.toml", "experts"], "", 2, "", "none.toml");
    check(&["show", "binary.jsonl"], "", 2, "", "binary.jsonl");
    check(&["show", "empty.jsonl"], "", 2, "", "empty.jsonl");
    check(&["show", "newer.jsonl"], "", 2, "", "99");
    check(&["show", "missing.jsonl"], "", 2, "", "missing.jsonl");
    check(&["show", "."], "", 2, "", "folder");
    check(&["open", "missing.jsonl"], "", 2, "", "terminal");
    check(&["models", "inspect", "not.gguf"], "", 3, "", "not.gguf");
    check(&["models", "add", "not.gguf"], "", 3, "", "not a GGUF file");
    check(&["models", "add", "nowhere.gguf"], "", 3, "", "no such file");
    check(&["models", "bench"], "", 3, "", "plantern models pull smollm2");
    check(&["models", "remove", "nothing"], "", 3, "", "there is no model");
    check(&["models", "remove", "not.gguf"], "", 3, "", "does not lie in the model folder");
    check(&["eval", "cases.jsonl"], "", 2, "", "2");
    check(&["runn"], "", 2, "", "plantern run");
}

#[test]
fn lists_and_help_need_nothing() {
    check(&["experts"], "", 0, "str_position", "");
    check(&["strategies"], "", 0, "plan-and-solve", "");
    check(&["routers"], "", 0, "likelihood", "");
    check(&["routers", "--json"], "", 0, "{\"name\":\"tag\"", "");
    check(&["models"], "", 0, "smollm2", "");
    check(&["doctor", "--json"], "", 0, "plantern models pull smollm2", "");
    check(&["completions", "bash"], "", 0, "_plantern", "");
    check(&["run", "--schema"], "", 0, "\"$schema\"", "");
    check(&["--version"], "", 0, env!("CARGO_PKG_VERSION"), "");
    check(&["--help"], "", 0, "Exit codes", "");
    check(&["route", "--router", "lexical", "What are the words in \"a b\"?"], "", 0, "split", "");
}

#[test]
fn a_session_is_written_shown_replayed_and_gone_on_with() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], input: &str| {
        let output = plantern(home.path(), arguments, input);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {err}");
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["run", "--plan", "-", "--session", "s.jsonl"], PLAN);
    let before = std::fs::read(home.path().join("s.jsonl")).unwrap();
    let frame = run(&["show", "s.jsonl", "--size", "80x24"], "");
    assert!(frame.contains("a,g") && frame.lines().count() == 24, "{frame}");
    let there = run(&["show", "s.jsonl", "--size", "100x30", "--keys", "j j enter tab"], "");
    assert_ne!(frame, there);
    assert!(run(&["show", "s.jsonl", "--svg"], "").starts_with("<svg"));
    let first = run(&["replay", "s.jsonl"], "");
    assert_eq!(first, run(&["replay", "s.jsonl"], ""));
    let again = run(&["replay", "--again", "s.jsonl"], "");
    assert!(again.starts_with(&first) && again.contains(" calls came out identical (0 tokens)\n"), "{again}");
    assert!(run(&["export", "s.jsonl"], "").contains("A: a,g"));
    assert_eq!(std::fs::read(home.path().join("s.jsonl")).unwrap(), before, "looking changes nothing");
    run(&["run", "--session", "s.jsonl"], "");
    let cut = &before[..before.len() - 40];
    std::fs::write(home.path().join("cut.jsonl"), cut).unwrap();
    let shown = plantern(home.path(), &["show", "cut.jsonl"], "");
    assert_eq!(shown.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&shown.stderr).contains("line"), "what was lost is said");
}

#[test]
fn cases_are_tested_and_the_exit_status_tells() {
    let folder = tempfile::tempdir().unwrap();
    let plan = PLAN.replace('\n', "\\n").replace('"', "\\\"");
    let case = format!(
        "plantern_case = 1\ntask = \"letters\"\nexpected = [\"a,g\"]\nstrategy = \"decomposed\"\nrouter = \"tag\"\nmodel = \"m\"\nplan = \"{plan}\"\n"
    );
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let good = file("good.toml", &case);
    let bad = file("bad.toml", &case.replace("a,g", "a g"));
    check(&["test", &good], "", 0, "1 of 1 case passed", "");
    check(&["test", &good, &bad], "", 1, "    - a g\n    + a,g\n1 of 2 cases passed", "");
    check(&["test", &bad, "--json"], "", 1, "\"faults\":[{\"at\":\"0\"", "");
    check(&["test", &file("no.toml", "x = 1")], "", 2, "", "no.toml");
    check(&["test", &file("l.jsonl", "{\"task\": \"x\", \"answer\": 1}")], "", 1, "run it with --model", "");
    check(&["test", "nowhere.toml"], "", 2, "", "nowhere.toml");
    check(
        &["test", &file("m.toml", &case.replace("[merge]", "[answer]")), "--model", "nowhere.gguf"],
        "",
        3,
        "nowhere.gguf",
        "",
    );
}

#[test]
fn model_text_can_not_drive_the_terminal() {
    let plan = "QC: a\x1b]52;c;aGk=\x07b\n  QS: [join] \"\x1b[2Jx\u{202e}\" \"y\"\n";
    let home = tempfile::tempdir().unwrap();
    for style in ["--plain", "--json"] {
        let output = plantern(home.path(), &["run", style, "--plan", "-"], plan);
        let all = [output.stdout, output.stderr].concat();
        assert!(!all.contains(&0x1b) && !String::from_utf8_lossy(&all).contains('\u{202e}'), "{style}");
    }
}

#[test]
fn sessions_and_branches_are_compared_plans_are_linted_and_damaged_files_read_on() {
    let shipped = |name: &str| format!("{}/sessions/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let merged = shipped("merged");
    let side = |mark: &str| format!("{merged}{mark}");
    check(&["compare", &merged, &merged], "", 0, "no task differs", "");
    let then = side("@31");
    check(
        &["compare", &then, &side("#comma")],
        "",
        1,
        "2 of 4 tasks differ, the first divergent step is line 4",
        "",
    );
    check(&["compare", &then, &merged], "", 1, "(only there; first)", "");
    check(&["compare", "--json", &then, &merged], "", 1, "\"differing\":", "");
    check(&["compare", &side("#nobody"), &merged], "", 2, "", "no branch is called `nobody`; there are");
    check(&["compare", &side("@9999"), &merged], "", 2, "", "there is no event 9999");
    check(&["lint", &shipped("split")], "", 0, "nothing suspicious", "");
    check(&["lint", "-"], PLAN, 0, "nothing suspicious", "");
    check(&["lint", "-"], &format!("\u{FEFF}{}", PLAN.replace('\n', "\r\n")), 0, "nothing suspicious", "");
    check(
        &["lint", "-"],
        "QC: a\n  QS: b #2\n  QS: TODO #1",
        1,
        "line 2: circle: these wait for each other",
        "",
    );
    check(&["lint", "--json", "-"], "QC: a\n  QS: TODO", 1, "\"rule\":\"placeholder\"", "");
    let gold = tempfile::NamedTempFile::new().unwrap();
    let states = "{\"task\": \"other\", \"steps\": []}\n{\"task\": \"x\", \"steps\": [[\"Ada\", \"Byron\", \"Lovelace\"], [\"a\", \"d\", \"e\"]]}\n";
    std::fs::write(gold.path(), states).unwrap();
    let letters = shipped("letters");
    let second = format!("{}@2", gold.path().display());
    check(
        &["compare", &letters, &gold.path().display().to_string()],
        "",
        2,
        "",
        "none of its 2 cases is about",
    );
    check(
        &["compare", &letters, &second],
        "",
        1,
        "2 of 4 tasks differ, the first divergent step is line 3",
        "",
    );
    let home = tempfile::tempdir().unwrap();
    let mut bytes = std::fs::read(shipped("split")).unwrap();
    let third = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(3).unwrap().0;
    bytes[third + 30] ^= 1;
    std::fs::write(home.path().join("hurt.jsonl"), &bytes).unwrap();
    check(&["salvage", "bad.toml"], "", 2, "", "bad.toml: not a Plantern session");
    let output = plantern(home.path(), &["salvage", "hurt.jsonl"], "");
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).lines().count(),
        lines - 5,
        "all behind the damaged one"
    );
    bytes[3] ^= 1;
    std::fs::write(home.path().join("headless.jsonl"), &bytes).unwrap();
    let output = plantern(home.path(), &["salvage", "headless.jsonl"], "");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), lines - 2, "a header is a line too");
}

#[test]
fn the_configuration_tells_every_value_with_its_place_and_no_key() {
    let home = tempfile::tempdir().unwrap();
    let text = "model = \"mine.gguf\"\n[sampling]\ntemperature = 0.25\nseed = 3\n[servers.big]\n\
                urls = [\"http://127.0.0.1:9/v1\"]\nmodel = \"m\"\nkey_env = \"PATH\"\n";
    std::fs::write(home.path().join("config.toml"), text).unwrap();
    std::fs::create_dir(home.path().join("experts")).unwrap();
    let card = "---\nname: mine\ndescription: Mine.\n---\n{{ question }}";
    std::fs::write(home.path().join("experts/mine.md"), card).unwrap();
    let told = |arguments: &[&str]| {
        let output = plantern(home.path(), arguments, "");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let plain = told(&["config", "--seed", "9"]);
    let place = home.path().join("config.toml").display().to_string();
    for line in [
        format!("model = mine.gguf    ({place}:1:9)"),
        format!("sampling.temperature = 0.25    ({place}:3:15)"),
        "sampling.seed = 9    (--seed)".to_owned(),
        "limits.calls = 1000    (default)".to_owned(),
        format!("servers.big.key_env = PATH, which is set    ({place}:8:11)"),
    ] {
        assert!(plain.lines().any(|found| found == line), "no {line:?} in {plain}");
    }
    let cards = plain.lines().find(|line| line.starts_with("expert cards")).unwrap();
    assert!(cards.contains("1 card") && cards.ends_with("experts"), "{cards}");
    // The value of the variable stands in for a key.
    assert!(!plain.contains(&std::env::var("PATH").unwrap()));
    let json = told(&["config", "show", "--json"]);
    assert!(!json.contains(&std::env::var("PATH").unwrap()));
    let lines: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seed = lines.iter().find(|line| line["key"] == "sampling.seed").unwrap();
    assert_eq!((&seed["value"], &seed["origin"]), (&"3".into(), &format!("{place}:4:8").into()));
    assert!(lines.iter().any(|line| line["type"] == "file" && line["what"] == "configuration"));
}

#[test]
fn import_writes_over_what_was_imported_and_over_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("data.json"), r#"{"examples": [{"input": "1 + 1 is", "target": "2"}]}"#).unwrap();
    std::fs::write(path("none.txt"), "Q: Who wrote Hamlet?\nA: Shakespeare\n").unwrap();
    let check = |from: &str, there: Option<&str>, expected: (i32, &str)| {
        let out = path("out.jsonl");
        let _ = std::fs::remove_file(&out);
        there.into_iter().for_each(|text| std::fs::write(&out, text).unwrap());
        let (from, out) = (path(from), out.to_str().unwrap().to_owned());
        let ended = program(folder.path(), &["import", from.to_str().unwrap(), "-o", &out]).output().unwrap();
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(expected.0), "{told}");
        assert!(told.contains(expected.1), "{told}");
        let now = std::fs::read_to_string(&out).ok();
        assert_eq!(now.as_deref() == there, expected.0 != 0, "{now:?}");
    };
    check("data.json", None, (0, "1 case"));
    check("data.json", Some("{\"task\": \"a\", \"answer\": \"b\"}\n"), (0, "1 case"));
    check(
        "data.json",
        Some("{\"plantern\":1,\"title\":\"mine\"}\n"),
        (2, "holds neither cases nor decompositions: name another file"),
    );
    check("none.txt", Some("{\"task\": \"a\", \"answer\": \"b\"}\n"), (1, "is as it was"));
}

#[test]
fn a_dry_run_of_a_session_writes_nothing_whatever_is_asked_of_it() {
    let home = tempfile::tempdir().unwrap();
    let session = home.path().join("plan.jsonl");
    let session = session.to_str().unwrap();
    let made = plantern(home.path(), &["run", "--plan", "-", "--session", session], PLAN);
    assert_eq!(made.status.code(), Some(0));
    let before = std::fs::read(session).unwrap();
    let check = |arguments: &[&str], stays: bool| {
        let arguments = [&["run", "--session", session, "--max-calls", "3"], arguments].concat();
        let ended = plantern(home.path(), &arguments, "");
        assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
        assert_eq!(std::fs::read(session).unwrap() == before, stays, "{arguments:?}");
    };
    check(&["--dry-run"], true);
    check(&[], false);
}
