//! The file behind a model's name: answers of another file are told apart, and hold again when the file comes back.

use crate::support::Bench;
use plantern::{
    ask::{Answer, Request},
    engine::{EMBEDDING, Report},
    router::Knowledge,
    workbench::Message,
};

const TASK: &str = "Which city has the Louvre?";

fn file(bench: &mut Bench, sha256: &str) {
    file_of(bench, "scripted", sha256);
}

fn file_of(bench: &mut Bench, model: &str, sha256: &str) {
    let (model, sha256) = (model.to_owned(), sha256.to_owned());
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

/// How often a task is compared with the examples of the cards, if the choice of its expert is made, taken back, and made
/// again with this file of the embedding model.
fn comparisons(later: &str) -> usize {
    let mut bench = Bench::new();
    bench.state.defaults.router = "embedding".to_owned();
    bench.replies.push_back(" Which city?".to_owned());
    bench.task(TASK);
    file_of(&mut bench, EMBEDDING, "aa");
    bench.press("s");
    bench.hold = true;
    bench.press("s");
    let Some(Request::Similar { examples, .. }) = bench.asked.last() else { panic!("{:?}", bench.asked) };
    let scores = (0..examples.len()).map(|at| if at == 0 { 1.0 } else { 0.0 }).collect();
    let answer = Answer { scores, ..Answer::default() };
    bench.send(Message::Report(Report::Done { call: bench.open[0], answer }));
    assert!(serde_json::to_string(&bench.written).unwrap().contains(r#""file":"aa""#));
    bench.press("z");
    file_of(&mut bench, EMBEDDING, later);
    bench.press("s");
    bench.asked.iter().filter(|request| matches!(request, Request::Similar { .. })).count()
}

#[test]
fn what_another_embedding_model_said_is_asked_again() {
    assert_eq!((comparisons("aa"), comparisons("bb")), (1, 2));
}

#[test]
fn what_was_learned_of_another_embedding_model_is_told() {
    let mut bench = Bench::new();
    let mut known = Knowledge::default();
    (known.version, known.embedding) = (2, "aa".to_owned());
    bench.state.tools.knowledge = known.into();
    for (now, told) in [("aa", 0), ("bb", 1)] {
        file(&mut bench, "of a language model");
        file_of(&mut bench, EMBEDDING, now);
        let says =
            bench.state.log.iter().filter(|line| line.text.contains("version 2 of what routers learned"));
        assert_eq!(says.count(), told);
    }
}
