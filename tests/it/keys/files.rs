//! The file behind a model's name: answers of another file are told apart, and hold again when the file comes back.

use crate::support::Bench;
use plantern::{engine::Report, workbench::Message};

const TASK: &str = "Which city has the Louvre?";

fn file(bench: &mut Bench, sha256: &str) {
    let (model, sha256) = ("scripted".to_owned(), sha256.to_owned());
    bench.send(Message::Report(Report::File { model, sha256 }));
}

fn answered(bench: &Bench, by: &str, stale: bool) {
    let outline = bench.outline();
    assert!(
        outline.contains(&format!("QS: [answer] Which city?{}", if stale { " *ready* *stale*" } else { "" })),
        "{outline}"
    );
    assert!(outline.contains(&format!("A: {by}")), "{outline}");
}

fn run() -> Bench {
    let replies = [" [answer] Which city?", "of the first file", " [EOQ]", "of the second file"];
    Bench::with(TASK, &replies)
}

#[test]
fn answers_of_another_file_are_stale_until_the_file_is_back() {
    let mut bench = run();
    file(&mut bench, "aa");
    bench.press("c");
    answered(&bench, "of the first file", false);
    assert_eq!(bench.model_calls(), 3);
    let written = serde_json::to_string(&bench.written).unwrap();
    assert!(written.contains(r#""file":"aa""#), "the session says which file answered");

    file(&mut bench, "bb");
    answered(&bench, "of the first file", true);
    let notes: Vec<&str> = bench.state.log.iter().map(|line| line.text.as_str()).collect();
    assert!(
        notes.iter().any(|note| note.contains("is another one now: 3 answers of this session")),
        "{notes:?}"
    );
    bench.press("c");
    answered(&bench, "of the second file", false);

    let calls = bench.model_calls();
    file(&mut bench, "aa");
    bench.press("c");
    answered(&bench, "of the first file", false);
    assert_eq!(bench.model_calls(), calls, "both are remembered");
}

#[test]
fn answers_that_do_not_say_their_file_hold() {
    let mut bench = run();
    bench.press("c");
    file(&mut bench, "aa");
    answered(&bench, "of the first file", false);
}
