//! Every strategy driven by scripted answers: the cases are files in `tests/data/strategies`.
//!
//! A file is `strategy: NAME`, `task: …`, any number of `reply: …` (`\n` is a line feed), a line `---`, and the outline
//! that must come out. `UPDATE_DATA=1 cargo test` writes what came out instead.

use crate::support::Bench;
use std::{fs, path::Path};

fn run(text: &str) -> String {
    let (head, _) = text.split_once("---\n").expect("a line `---`");
    let field = |name: &str| -> Vec<String> {
        let start = format!("{name}: ");
        head.lines()
            .filter_map(|line| line.strip_prefix(&start))
            .map(|value| value.replace("\\n", "\n"))
            .collect()
    };
    let mut bench = Bench::new();
    bench.state.defaults.strategy = field("strategy")[0].clone();
    bench.replies = field("reply").into();
    bench.state.interactive = false;
    bench.task(&field("task")[0]);
    bench.press("c");
    assert!(bench.replies.is_empty(), "replies are left: {:?}", bench.replies);
    format!("{head}---\n{}\n{}\n", bench.outline(), bench.notice())
}

#[test]
fn every_strategy_makes_the_plan_of_its_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/strategies");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 6, "cases are missing");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let found = run(&text);
        if std::env::var_os("UPDATE_DATA").is_some() {
            fs::write(&file, found).unwrap();
        } else {
            assert_eq!(found, text, "{}", file.display());
        }
    }
}
