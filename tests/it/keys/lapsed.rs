//! Calls under way whose answer nobody would use any more; pressed.

use crate::support::{Bench, prompt};
use plantern::{
    ask::{Answer, Finish},
    engine::{Command, Report},
    ids::CallId,
    session::Outcome,
    workbench::{Effect, Message, Run, rows},
};

/// A run with the answer of its first sub-task under way, on which a second one waits.
fn writing() -> (Bench, CallId) {
    let mut bench = Bench::with("Who wrote it?", &[" [answer] Who was it?"]);
    bench.hold = true;
    bench.press("c");
    let open = bench.open[0];
    bench.answer(open);
    bench.press("G a '[answer] When was #1 born?' enter k");
    assert_eq!((bench.asked.len(), bench.open.len()), (2, 1), "{}", bench.notice());
    let call = bench.open[0];
    (bench, call)
}

/// Was the call taken back?
fn ended(bench: &Bench, call: CallId) -> bool {
    let told = bench.effects.contains(&Effect::Engine(Command::Cancel(call)));
    let kept = matches!(&bench.state.journal.call(call).unwrap().outcome,
        Outcome::Stopped(partial) if partial.finish == Finish::Lapsed);
    assert_eq!((told, told), (kept, !bench.state.live.contains_key(&call)));
    told
}

#[test]
fn a_call_of_words_that_were_changed_ends_at_once_and_the_run_goes_on() {
    let (mut bench, call) = writing();
    bench.press("e C-u '[answer] Who was she?' enter");
    assert!(ended(&bench, call));
    assert!(bench.notice().ends_with("; the call under way is ended"), "{}", bench.notice());
    assert_eq!((bench.asked.len(), bench.state.live.len(), bench.state.run), (3, 1, Run::All));
    assert!(prompt(&bench.asked[2]).ends_with("Who was she?"), "{}", prompt(&bench.asked[2]));
    // What it still says is nobody's answer.
    bench.send(Message::Report(Report::Done { call, answer: Answer::plain("him") }));
    assert!(!bench.outline().contains("him"), "{}", bench.outline());
    // The old words again: nobody had cancelled their call, it is made again.
    bench.press("e C-u '[answer] Who was it?' enter");
    assert_eq!((bench.asked.len(), bench.state.live.len()), (4, 1), "{}", bench.outline());
    bench.replies.extend(["Ada", "1815", " [EOQ]"].map(str::to_owned));
    bench.hold = false;
    let open = *bench.open.last().unwrap();
    bench.answer(open);
    assert!(bench.outline().starts_with("QC: Who wrote it?\nA: 1815"), "{}", bench.outline());
}

#[test]
fn a_call_ends_when_its_task_is_gone_sleeps_or_waits_again_and_at_nothing_else() {
    let cases = [
        ("d", true),
        ("g minus", true),
        ("C-r", true),
        ("g e C-u 'Who painted it?' enter", false),
        ("G e C-u '[answer] Where was #1 born?' enter", false),
        ("K a '[answer] Who else?' enter", false),
        ("t 'Grace' enter", false),
    ];
    for (keys, expected) in cases {
        let (mut bench, call) = writing();
        bench.press(keys);
        assert_eq!(ended(&bench, call), expected, "{keys}: {}", bench.notice());
    }
    // Of the second one while the answer of the first is made anew.
    let (mut bench, call) = writing();
    bench.replies.extend(["Ada".to_owned()]);
    bench.answer(call);
    let second = bench.open[0];
    bench.press("G k e C-u '[answer] Who was she?' enter");
    assert!(ended(&bench, second), "{}", bench.notice());
    // It says the same: the second is asked again without a word from the person.
    bench.replies.extend(["Ada".to_owned()]);
    let open = *bench.open.last().unwrap();
    bench.answer(open);
    assert_eq!(prompt(&bench.asked[4]), prompt(&bench.asked[2]), "{}", bench.outline());
}

#[test]
fn what_was_paused_waits_for_the_person() {
    let (mut bench, call) = writing();
    bench.press("p e C-u '[answer] Who was she?' enter");
    assert!(ended(&bench, call));
    assert!(bench.notice().ends_with("; the call under way is ended: c goes on"), "{}", bench.notice());
    assert_eq!((bench.asked.len(), bench.state.run), (2, Run::Idle));
    assert_eq!(rows::row_of(&bench.state, bench.state.ui.cursor.unwrap()).unwrap().state, "ready");
    bench.press("c");
    assert_eq!(bench.asked.len(), 3);
}
