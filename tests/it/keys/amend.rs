//! Prompts that a person changed for one call: which call sends them, and how long; pressed.

use crate::support::{Bench, DONE, prompt};
use plantern::{engine::Amendments, ids::TaskId};

/// The finished plan; calls are counted from here.
fn done() -> Bench {
    let mut bench = Bench::done();
    bench.asked.clear();
    bench
}

fn amended(bench: &Bench, task: u32) -> Amendments {
    bench.state.survey.look(TaskId(task)).unwrap().amended
}

#[test]
fn an_edited_prompt_is_sent_by_this_call_and_by_no_other() {
    let mut bench = Bench::example();
    bench.press("C-p ' Hint: split first.' enter");
    assert_eq!(bench.asked.len(), 0, "editing asks nobody");
    assert_eq!(amended(&bench, 0), Amendments::Hold);
    bench.press("c");
    assert_eq!(bench.outline(), DONE);
    assert!(prompt(&bench.asked[0]).ends_with("\nQS: Hint: split first."), "{:?}", bench.asked[0]);
    assert!(prompt(&bench.asked[2]).ends_with("\nQS:"), "the next proposal is made as ever");
    assert_eq!((bench.model_calls(), bench.asked.len()), (4, 8));
}

#[test]
fn an_amended_call_has_a_key_of_its_own() {
    let mut bench = done();
    // A function's question is its prompt.
    bench.press("G C-p C-u 'Concatenate [\"x\", \"y\"] using a space.' enter");
    assert!(bench.outline().contains("#2 using a space. *ready* *stale*"), "{}", bench.outline());
    assert_eq!(
        bench.notice(),
        "the next call of this task sends your prompt: s asks, z takes it back; 2 of 4 tasks stale: no call to a model"
    );
    bench.press("c");
    assert_eq!(bench.outline(), DONE.replace("A: a g", "A: x y"));
    assert_eq!(bench.asked.len(), 1);
    // Undo and redo ask nobody: both answers are known.
    bench.press("z z");
    assert_eq!(bench.outline(), DONE);
    bench.press("Z Z");
    assert_eq!(bench.outline(), DONE.replace("A: a g", "A: x y"));
    // The same prompt written again is no other call; an empty text takes it back.
    bench.press("C-p C-u enter c");
    assert_eq!((bench.outline(), amended(&bench, 3)), (DONE.to_owned(), Amendments::None));
    bench.press("C-p C-u 'Concatenate [\"x\", \"y\"] using a space.' enter c");
    assert_eq!((bench.outline(), bench.asked.len()), (DONE.replace("A: a g", "A: x y"), 1));
    bench.press("C-p enter");
    assert_eq!(bench.notice(), "nothing was changed");
}

#[test]
fn an_amendment_ends_where_the_call_is_made_from_something_else() {
    let mut bench = done();
    bench.press("G C-p C-u 'Concatenate [\"x\"] using a space.' enter c");
    bench.press("g j e C-u '[split] What are the words in \"Ada Lovelace\"?' enter c");
    assert!(bench.outline().ends_with("A: a e"), "{}", bench.outline());
    assert_eq!(amended(&bench, 3), Amendments::Lapsed);
    bench.press(";");
    let sheet = bench.sheet();
    assert!(sheet.rows.iter().any(|row| row.cells[1] == "amendment"), "{:?}", sheet.rows);
    // Back at the old words it holds again, without a call.
    let asked = bench.asked.len();
    bench.press("esc g j e C-u '[split] What are the words in \"Ada King\"?' enter c");
    assert!(bench.outline().ends_with("A: x"), "{}", bench.outline());
    assert_eq!((amended(&bench, 3), bench.asked.len()), (Amendments::Hold, asked));
}

#[test]
fn an_amendment_stays_when_the_call_is_made_again() {
    let mut bench = done();
    bench.press("G C-p C-u 'Concatenate [\"x\"] using a space.' enter c C-r c");
    assert!(bench.outline().ends_with("A: x"), "{}", bench.outline());
    assert_eq!(bench.asked.len(), 2, "once amended, once more");
    assert_eq!(bench.asked[0], bench.asked[1]);
}

#[test]
fn what_can_not_be_amended_says_why() {
    let check = |keys: &str, expected: &str| {
        let mut bench = done();
        bench.press(keys);
        assert_eq!(bench.notice(), expected);
    };
    let made = "its plan is made and nothing is asked for it any more: go back in time (@), or select a part";
    check("g C-p", made);
    check(
        "G e C-u '[person] Which colour?' enter C-p",
        "this call sends no prompt that could be edited: e changes the task's words",
    );
    check("g j C-r j C-p", "it makes no call yet: waits for #1");
}
