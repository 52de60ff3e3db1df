//! Regression cases: written with one key from what is on the screen, run again without anybody being asked.

use crate::support::Bench;
use plantern::{
    headless::{Ending, test},
    workbench::{Effect, Message, Mode, Stored, buffer::Typing, case::Case},
};

/// The case that was written last.
fn written(bench: &Bench) -> (String, Case) {
    let Some(Effect::WriteCase { path, text }) = bench.effects.last() else {
        panic!("nothing was written: {}", bench.notice())
    };
    (path.clone(), Case::read(text).unwrap())
}

/// What `plantern test` says of the case, and how it ends.
fn played(bench: &Bench, case: &Case, json: bool) -> (Ending, String) {
    let mut out = vec![];
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let cases = [("a.toml".to_owned(), case.clone())];
    let ending = runtime.block_on(test::recorded(&bench.state, &cases, &|| 0, json, &mut out)).unwrap();
    (ending, String::from_utf8(out).unwrap())
}

#[test]
fn what_is_on_the_screen_becomes_a_case_that_runs_without_a_model() {
    let mut bench = Bench::done();
    bench.press("G C 'as merge' enter + enter");
    let (path, case) = written(&bench);
    assert_eq!(path, "take-the-last-letters-of-the-words-in-ad.case.toml");
    assert_eq!(
        (case.expected.as_slice(), case.plan.as_ref(), case.replies.len()),
        (&["a g".to_owned()][..], None, 4)
    );
    assert_eq!(Case::read(&case.text()).unwrap(), case, "it is read as it was written");
    let calls = bench.asked.len();
    let (ending, told) = played(&bench, &case, false);
    assert_eq!(
        (ending, told.as_str()),
        (Ending::Done, "ok    a.toml  a g  (4 calls, 0.0 s)\n1 of 1 case passed\n")
    );
    assert_eq!(bench.asked.len(), calls);
    let (_, json) = played(&bench, &case, true);
    assert!(
        json.starts_with("{\"type\":\"case\",\"file\":\"a.toml\"")
            && json.ends_with("{\"type\":\"sum\",\"cases\":1,\"failed\":0}\n"),
        "{json}"
    );
}

#[test]
fn a_failed_case_shows_what_was_expected_and_what_came_and_where_it_began() {
    let mut bench = Bench::done();
    bench.press("+ enter");
    let (_, mut case) = written(&bench);
    case.replies[0].text = " [split] What are the words in \"Ada Lovelace\"?".to_owned();
    let (ending, told) = played(&bench, &case, false);
    assert_eq!(ending, Ending::NotMet);
    // The prompts behind the first reply are others now, so those replies are not there.
    assert!(told.contains("  step 1  What are the words in \"Ada Lovelace\"?  (the first)\n    - [\"Ada\", \"King\"]\n    + [\"Ada\", \"Lovelace\"]\n    ! the task was: What are the words in \"Ada King\"?"), "{told}");
    assert!(told.contains("no reply is recorded for [decomposed]"), "{told}");
    let (_, mut case) = written(&bench);
    case.expected = vec!["a,g".to_owned(), "A G".to_owned()];
    assert!(played(&bench, &case, false).1.contains("    - a,g\n    - A G\n    + a g\n"));
    case.ignore_case = true;
    assert_eq!(played(&bench, &case, false).0, Ending::Done);
    case.steps[0].check = Some("list of 3".parse().unwrap());
    assert!(
        played(&bench, &case, false).1.contains("! its check `list of 3` does not hold for"),
        "{}",
        case.text()
    );
    // A prompt that has changed: the reply is found by the end of what was asked.
    let (_, mut case) = written(&bench);
    case.replies[0].ask = "gone".to_owned();
    assert!(played(&bench, &case, false).1.contains("1 found by their end: the prompts have changed"));
    case.replies.clear();
    assert!(played(&bench, &case, false).1.contains("run it with --model"));
    case.strategy = "wishful".to_owned();
    assert!(played(&bench, &case, false).1.contains("no strategy is called `wishful`"));
    assert!(
        Case::read("plantern_case = 9\ntask = \"x\"\nstrategy = \"direct\"\nrouter = \"tag\"\nmodel = \"m\"")
            .is_err_and(|why| why.contains("reads 1"))
    );
    assert!(Case::read("plantern_case = 1\ntusk = 2").is_err_and(|why| why.contains("tusk")));
}

#[test]
fn a_plan_that_a_person_made_is_kept_with_pins_and_experts() {
    let mut bench = Bench::done();
    bench.press(
        "G e C-u '[merge] Concatenate #2 using a comma.' enter c G k t C-u '[\"x\", \"y\"]' enter c + enter",
    );
    let (_, case) = written(&bench);
    assert_eq!(case.expected, ["x,y"]);
    assert!(case.plan.as_ref().unwrap().contains("QS: [merge] Concatenate #2 using a comma."));
    assert!(case.steps.iter().any(|step| step.at == "2" && step.pinned));
    assert_eq!(
        played(&bench, &case, false),
        (Ending::Done, "ok    a.toml  x,y  (0 calls, 0.0 s)\n1 of 1 case passed\n".to_owned())
    );
}

#[test]
fn a_function_judges_a_case_by_what_it_reads() {
    let case = |answer: &str| {
        let text = format!(
            "plantern_case = 1\ntask = \"g\"\nexpected = [\"{answer}\"]\nstrategy = \"plan-and-solve\"\nrouter = \"tag\"\n\
             model = \"m\"\nplan = '''\nQC: g\n  QS: [person] Say something.\n  \
             QS: [person] How many words are in \"#1\"?\n'''\n\n[[steps]]\nat = \"1\"\npinned = true\n\
             answer = '''\"I am\", she said, \"here\"'''\n\n\
             [[steps]]\nat = \"2\"\npinned = true\nanswer = \"{answer}\"\ncheck = \"as count\"\n"
        );
        Case::read(&text).unwrap()
    };
    let bench = Bench::done();
    let (ending, told) = played(&bench, &case("5"), false);
    assert_eq!(ending, Ending::Done, "{told}");
    let (ending, told) = played(&bench, &case("4"), false);
    assert!(ending == Ending::NotMet && told.contains("`count` gives `5`, the answer is `4`"), "{told}");
}

#[test]
fn an_answer_of_several_lines_is_expected_whole() {
    let story = "One.\n\nexpected: two\nthree";
    let mut bench = Bench::with("Tell me", &[" [answer] Tell it", story, " [EOQ]"]);
    bench.press("c + enter");
    assert_eq!(written(&bench).1.expected, [story], "its own proposal is taken");
    bench.press("+ ' more' enter");
    assert_eq!(written(&bench).1.expected, [format!("{story} more")]);
}

#[test]
fn what_was_called_wrong_is_not_expected() {
    let mut bench = Bench::done();
    bench.press("g ~ 'fail' enter + enter");
    assert_eq!(written(&bench).1.expected, [] as [&str; 0], "nobody said what is right");
    bench.press("& G t C-u 'a G' enter esc + enter");
    assert_eq!(written(&bench).1.expected, ["a G"], "typed in the search for the fault");
    bench.press("+ C-u 'x.toml' enter");
    assert_eq!(written(&bench).0, "x.toml");
    bench.press("+ C-u 'expected: 3' enter");
    assert!(bench.notice().contains("the first line is the path"));
}

#[test]
fn a_name_that_a_file_has_is_not_proposed_but_what_was_typed_stays() {
    let check = |typed: &[Typing], expected: &str| {
        let mut bench = Bench::done();
        bench.press("+");
        let Some(Effect::FreeCase(proposed)) = bench.effects.last().cloned() else {
            panic!("nobody is asked")
        };
        typed.iter().for_each(|typed| bench.send(Message::Typing(typed.clone())));
        bench.send(Message::Stored(Stored::CaseTaken { proposed, free: "a-2.case.toml".to_owned() }));
        let Mode::Typing(typed) = &bench.state.mode else { panic!("the box is closed") };
        assert_eq!(typed.buffer.text(), expected);
    };
    check(&[], "a-2.case.toml\nexpected: a g");
    check(&[Typing::SelectAll, Typing::Insert("mine".to_owned())], "mine");
}
