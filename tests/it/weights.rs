//! The real models. Without their files these tests say loudly that they were skipped; `.ci/run` makes sure they are
//! there.

use crate::support::program;
use std::{fs, path::PathBuf};

/// The folder of the model files, or words that nobody can overlook.
pub(crate) fn models() -> Option<PathBuf> {
    let named = std::env::var_os("PLANTERN_MODELS").map(PathBuf::from);
    let usual = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/plantern/models"));
    let folder = named.or(usual)?;
    let there =
        folder.join("SmolLM2-135M-Instruct.Q4_1.gguf").exists() && folder.join("all-MiniLM-L6-v2").exists();
    if !there {
        eprintln!(
            "\n*** SKIPPED: no weights in {}: `plantern models pull smollm2` and `… minilm` ***\n",
            folder.display()
        );
    }
    there.then_some(folder)
}

fn run(arguments: &[&str]) -> Option<(i32, String)> {
    let folder = models()?;
    let home = tempfile::tempdir().unwrap();
    let output = program(home.path(), arguments).env("PLANTERN_MODELS", folder).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    Some((output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap() + &err))
}

const TASK: &str =
    "Take the letters at position 2 of the words in \"Grace Hopper\" and concatenate them using a comma.";

#[test]
fn the_real_model_decomposes_and_functions_answer() {
    if let Some((code, told)) = run(&["run", "--json", TASK]) {
        assert_eq!(code, 0, "{told}");
        assert!(told.contains("\"answer\":\"r,o\""), "{told}");
    }
}

#[test]
fn the_same_seed_gives_the_same_tokens() {
    let ask =
        ["run", "--json", "--strategy", "direct", "--temperature", "1.0", "--seed", "11", "Name a river."];
    let answer = |told: &str| {
        told.lines().find(|line| line.contains("\"result\"")).map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["answer"].to_string()
        })
    };
    if let (Some((_, one)), Some((_, two))) = (run(&ask), run(&ask)) {
        assert!(answer(&one).is_some_and(|answer| answer.len() > 2), "{one}");
        assert_eq!(answer(&one), answer(&two));
    }
}

#[test]
fn both_models_route() {
    for router in ["embedding", "likelihood"] {
        if let Some((code, told)) =
            run(&["route", "--router", router, "--json", "What are the letters in \"Alan\"?"])
        {
            assert_eq!(code, 0, "{told}");
            let decision: serde_json::Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
            assert_eq!(decision["candidates"].as_array().unwrap().len(), 18, "{told}");
            if router == "embedding" {
                assert_eq!(decision["chosen"], "split", "{told}");
            }
        }
    }
}

/// A card that asks a model of its own for a city.
fn card(model: &str) -> String {
    let front = "description: Knows cities.\nexamples: [Which city is it?]\nkind: prompt\nchoices: [Paris, Rome, Madrid]";
    format!("---\nname: ask_{model}\n{front}\nmodel: {model}.gguf\n---\n## user\n{{{{ question }}}}\n")
}

#[test]
fn a_model_makes_room_for_another_and_comes_back() {
    let Some(folder) = models() else { return };
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    fs::create_dir_all(at("models")).unwrap();
    fs::create_dir_all(at("experts")).unwrap();
    for model in ["one", "two"] {
        let file = folder.join("SmolLM2-135M-Instruct.Q4_1.gguf");
        fs::copy(file, at(&format!("models/{model}.gguf"))).unwrap();
        fs::write(at(&format!("experts/{model}.md")), card(model)).unwrap();
    }
    // Each says that it needs 285 MB.
    fs::write(at("config.toml"), "model = \"one.gguf\"\nmodels_memory = 0.4\n").unwrap();
    let plan = "QC: A city\n  QS: [ask_one] What is the capital of France?\n  \
                QS: [ask_two] Which city is it, if it is not Rome but \"#1\"?\n  \
                QS: [ask_one] Which city is it, if it is not Rome but \"#2\"?\n";
    fs::write(at("plan.txt"), plan).unwrap();
    let output = program(home.path(), &["run", "--plan", "plan.txt"]).env_remove("PLANTERN_MODELS").output();
    let output = output.unwrap();
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert_eq!(told.matches(" s): Paris").count(), 3, "{told}");
    // Loaded, gone when the other one came, loaded again.
    assert_eq!(told.matches("language model: one.gguf (llama").count(), 2, "{told}");
}

#[test]
fn a_limit_stops_the_plan_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let session = folder.path().join("short.jsonl");
    let session = session.to_str().unwrap();
    if let Some((code, told)) = run(&["run", "--max-calls", "1", "--session", session, TASK]) {
        assert_eq!(code, 4, "{told}");
        assert!(told.contains("the session's budget (1 call) is spent"), "{told}");
        let (code, told) = run(&["run", "--session", session]).unwrap();
        assert_eq!(code, 4, "the session keeps its limit: {told}");
        let (code, told) = run(&["run", "--max-calls", "100", "--session", session]).unwrap();
        assert_eq!(code, 0, "but what is said now holds: {told}");
    }
}
