//! The ladder: who is tried next when an expert fails or is unsure, and that the person is its end.

use crate::support::Bench;
use plantern::{
    ask::{Answer, Token},
    engine::{Report, Status},
    ids::TaskId,
    session::Event,
    workbench::Message,
};

/// A plan whose routers are ladders.
fn bench(replies: &[&str]) -> Bench {
    let mut bench = Bench::new();
    bench.state.defaults.router = "ladder".to_owned();
    bench.replies = replies.iter().map(|reply| (*reply).to_owned()).collect();
    bench.task("Do it.");
    bench
}

/// Who was chosen for the task, one after the other, with the reasons.
fn chosen(bench: &Bench, task: u32) -> Vec<(String, String)> {
    let records = bench.state.journal.records();
    let routed = records.iter().filter_map(|record| match &record.event {
        Event::Routed { task: of, decision, .. } if *of == TaskId(task) => Some(decision),
        _ => None,
    });
    routed.map(|one| (one.chosen.clone(), one.candidates[0].reason.clone())).collect()
}

#[test]
fn who_fails_makes_room_for_the_next_and_the_person_is_last() {
    // Whoever is a prompt answers nothing, whoever is a function does not understand.
    let mut bench = bench(&[" [split] Say something.", "", "", ""]);
    bench.press("c");
    let chosen = chosen(&bench, 1);
    let names: Vec<&str> = chosen.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names.len(), names[0], names[3]), (4, "split", "person"), "{chosen:?}");
    assert!(chosen[0].1.starts_with("first rung, the tag"), "{chosen:?}");
    assert!(chosen[1].1.starts_with("the next rung, as split failed: "), "{chosen:?}");
    assert!(chosen[3].1.starts_with("the end of the ladder, as "), "{chosen:?}");
    assert_eq!(bench.state.survey.look(TaskId(1)).unwrap().status, Status::NeedsPerson);
    // What failed is told to whoever learns from it.
    let went: Vec<(String, bool)> = plantern::workbench::decisions::decisions("s", &bench.state.journal)
        .into_iter()
        .flat_map(|one| one.went)
        .map(|went| (went.expert, went.well))
        .collect();
    assert_eq!(went[0], ("split".to_owned(), false));
    bench.replies = [" [EOQ]".to_owned()].into();
    bench.press("j t 'mine' enter c");
    assert_eq!(bench.outline(), "QC: Do it.\nA: mine\n  QS: [person] Say something.\n  A: mine");
}

#[test]
fn an_unsure_answer_is_tried_elsewhere_and_a_sure_one_stands() {
    let check = |probability: f32, rungs: usize| {
        let mut bench = bench(&[" [answer] Who wrote it?"]);
        bench.press("s");
        bench.hold = true;
        bench.press("s s");
        let call = bench.open.pop().expect("the answer is asked for");
        let token = Token { text: "Ada".to_owned(), probability, alternatives: vec![], forced: false };
        let answer = Answer { tokens: vec![token], ..Answer::plain("Ada") };
        bench.send(Message::Report(Report::Done { call, answer }));
        bench.press("s");
        let chosen = chosen(&bench, 1);
        assert_eq!(chosen.len(), rungs, "{probability}: {chosen:?}");
        if 1 < rungs {
            assert!(chosen[1].1.contains("as answer was only 0.20 sure of its answer"), "{chosen:?}");
        }
    };
    check(0.2, 2);
    check(0.9, 1);
}

#[test]
fn an_answer_that_breaks_its_check_goes_to_the_next() {
    let mut bench = bench(&[" [answer] How many are there?", "none", "", ""]);
    bench.press("s j C 'number' enter");
    bench.press("c");
    let chosen = chosen(&bench, 1);
    assert!(chosen[1].1.contains("as answer was judged wrong: its check `number`"), "{chosen:?}");
}

#[test]
fn a_persons_choice_is_not_climbed_away_from() {
    let mut bench = bench(&[" [split] Say something.", ""]);
    bench.press("s");
    let decision = bench.state.journal.session().progress(TaskId(1)).routed.clone().unwrap().1;
    // Whoever the ladder would not have tried next.
    let name = decision.candidates[3].expert.clone();
    bench.replies.extend(["".to_owned(), " [EOQ]".to_owned()]);
    bench.press("g j r j j j enter enter c");
    let decision = bench.state.journal.session().progress(TaskId(1)).routed.clone().unwrap().1;
    assert_eq!((decision.router.as_str(), decision.chosen.as_str()), ("person", name.as_str()));
}
