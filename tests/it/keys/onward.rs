//! Answers that go on from where a person changed them, and the tokens at which to do it; pressed.

use crate::support::{Bench, DONE, REPLIES, prompt, token};
use plantern::{
    ask::{Answer, Request},
    engine::{Command, Report},
    expert::roster::Roster,
    ids::{CallId, TaskId},
    session::{Outcome, branches::branches},
    workbench::{Effect, Message, Mode, RowId, Tab, rows, tokens},
};

fn start(request: &Request) -> &str {
    match request {
        Request::Generate(generate) => &generate.start,
        other => panic!("no generation: {other:?}"),
    }
}

#[test]
fn a_paused_answer_is_edited_and_goes_on_from_there() {
    let mut bench = Bench::example();
    bench.hold = true;
    bench.press("s");
    let call = bench.open[0];
    let tokens = vec![token(" [merge]", 0.4, &[]), token(" What", 0.9, &[])];
    bench.send(Message::Report(Report::Tokens { call, tokens }));
    bench.press("p");
    assert_eq!(bench.state.live[&call].text(), " [merge] What", "the partial text stays");
    // Left again, it only goes on.
    bench.press("A-e enter");
    assert_eq!((bench.asked.len(), bench.state.live.len()), (1, 1));
    bench.press("A-e C-u enter");
    assert!(bench.notice().starts_with("an answer can not go on from nothing: C-r"), "{}", bench.notice());
    assert_eq!((bench.asked.len(), bench.state.live[&call].is_paused()), (1, true), "nothing is lost");
    bench.press("A-e C-u ' [split]' enter");
    assert!(bench.effects.contains(&Effect::Engine(Command::Cancel(call))), "{:?}", bench.effects);
    assert_eq!((bench.asked.len(), start(&bench.asked[1])), (2, " [split]"));
    assert_eq!(prompt(&bench.asked[0]), prompt(&bench.asked[1]));
    bench.hold = false;
    let open = bench.open[1];
    bench.answer(open);
    bench.press("c");
    assert_eq!(bench.outline(), DONE);
    assert_eq!(bench.model_calls(), 5, "the cancelled one more, and no other");
    // What was cancelled is kept.
    let kept = bench.state.journal.call(call).unwrap();
    assert!(matches!(&kept.outcome, Outcome::Stopped(partial) if partial.text == " [merge] What"));
}

#[test]
fn what_a_server_does_not_say_of_its_tokens_is_not_kept_as_zero() {
    let mut bench = Bench::example();
    bench.hold = true;
    bench.press("s");
    let call = bench.open[0];
    let tokens = vec![token(" half", f32::NAN, &[]), token(" an", f32::NAN, &[])];
    bench.send(Message::Report(Report::Tokens { call, tokens }));
    bench.press("C-x");
    let kept = bench.reopened();
    let Outcome::Stopped(partial) = &kept.call(call).unwrap().outcome else { panic!("not stopped") };
    assert_eq!(
        (partial.text.as_str(), partial.tokens.len(), partial.usage.output_tokens),
        (" half an", 0, 2)
    );
}

const ASKED: [&str; 4] = [" [answer] Who wrote the first program?", "Ada", " [EOQ]", "Ada King"];

#[test]
fn a_finished_answer_is_edited_and_goes_on_from_there() {
    let mut bench = Bench::with("Who wrote the first program?", &ASKED);
    bench.press("c G A-e ' K' enter");
    assert_eq!((bench.asked.len(), start(&bench.asked[3])), (4, "Ada K"));
    bench.press("c");
    assert!(bench.outline().ends_with("A: Ada King"), "{}", bench.outline());
    assert_eq!(
        bench.asked.len(),
        4,
        "the next proposal saw the answer, which is another one now: {}",
        bench.outline()
    );
    bench.press("z z");
    assert!(bench.outline().ends_with("A: Ada"), "{}", bench.outline());
}

#[test]
fn a_function_does_not_go_on() {
    let mut bench = Bench::done();
    bench.press("G A-e");
    assert_eq!(bench.notice(), "only what a model writes can be gone on from: t types the answer");
}

/// The finished plan; the model was unsure of its first token, and less so of the third proposal's.
fn unsure() -> Bench {
    unsure_of(" [count]")
}

/// The same with another second choice.
fn unsure_of(alternative: &str) -> Bench {
    let mut bench = Bench::example();
    bench.hold = true;
    bench.press("c");
    for (at, reply) in REPLIES.iter().enumerate() {
        let call = bench.open.remove(0);
        let (head, rest) = reply.split_at(reply.find(']').unwrap() + 1);
        let sure = [0.3, 0.9, 0.5, 0.8][at];
        let tokens = vec![token(head, sure, &[(alternative, 0.2)]), token(rest, 0.95, &[])];
        let answer = Answer { text: (*reply).to_owned(), tokens, ..Answer::default() };
        bench.send(Message::Report(Report::Done { call, answer }));
    }
    assert_eq!(bench.outline(), DONE);
    bench.hold = false;
    bench.replies.clear();
    bench.asked.clear();
    bench
}

#[test]
fn the_weakest_point_is_one_key_away() {
    let mut bench = unsure();
    bench.press("G !");
    assert_eq!(bench.notice(), "weak point 1 of 4: token 1 \" [split]\" of goal at 30.0 %; ! goes on");
    assert_eq!((bench.state.ui.cursor.unwrap().task, bench.state.ui.tab), (TaskId(0), Tab::Tokens));
    let (call, _, at) = tokens::shown(&bench.state).unwrap();
    assert_eq!((call, at), (CallId(0), 0), "of the first proposal, not of the last");
    bench.press("A-w");
    assert_eq!(bench.notice(), "rows tell the lowest probability of a token");
    let row = rows::row_of(&bench.state, RowId::task(TaskId(0))).unwrap();
    assert_eq!(row.figure, "30 %");
    assert_eq!(rows::row_of(&bench.state, RowId::task(TaskId(3))).unwrap().figure, "");
    assert!(Bench::example().model_calls() == 0);
}

#[test]
fn another_token_is_a_branch_that_goes_on_from_it() {
    let mut bench = unsure();
    let head = bench.state.journal.head();
    bench.replies.push_back(" [count] How many words are in \"Ada King\"?".to_owned());
    bench.press("! w l enter");
    assert_eq!((bench.asked.len(), start(&bench.asked[0])), (1, " [count]"), "nothing else is asked again");
    assert!(bench.outline().contains("[count] How many words are in \"Ada King\"?"), "{}", bench.outline());
    assert!(!bench.outline().contains("[split]"), "the plan below is another one from here on");
    let all = branches(&bench.state.journal);
    let here: Vec<&str> =
        all.iter().filter(|branch| branch.here).map(|branch| branch.name.as_str()).collect();
    assert_eq!((all.len(), here), (2, vec!["goal token 1"]));
    // The old branch is as it was, and costs nothing.
    let old = all.iter().find(|branch| !branch.here).unwrap();
    assert_eq!(Some(old.tip), head);
    bench.press("C-b j enter");
    assert_eq!((bench.outline(), bench.asked.len()), (DONE.to_owned(), 1));
    // The token that was taken is no other one.
    bench.press("w G ! w enter");
    assert!(bench.notice().starts_with("this is the token that was taken"), "{}", bench.notice());
    bench.press("k G j l h esc");
    assert_eq!(bench.asked.len(), 1);
}

#[test]
fn what_one_of_a_few_texts_can_not_be_is_refused_with_those_texts() {
    let mut bench = Bench::new();
    let card = "---\nname: sure\ndescription: Says yes or no.\nkind: prompt\nchoices: [yes, no]\n---\n{{ question }}";
    bench.state.tools.roster = Roster::load([(card, "sure.md")]).0;
    bench.task("Is it?");
    bench.hold = true;
    bench.press("A '[sure] Is it so?' enter s");
    let call = bench.open.remove(0);
    let answer = Answer { tokens: vec![token("no", 0.04, &[("1", 0.5)])], ..Answer::plain("no") };
    bench.send(Message::Report(Report::Done { call, answer }));
    bench.press("G ! w l enter");
    assert_eq!(
        bench.notice(),
        "the grammar of this call allows no \"1\" here, an answer is one of \"yes\", \"no\": choose another one"
    );
}

#[test]
fn what_the_grammar_forbids_is_refused_before_anything_is_done() {
    let mut bench = unsure_of(" Ada");
    let (head, events) = (bench.state.journal.head(), bench.state.journal.len());
    bench.press("! w l enter");
    assert_eq!(
        bench.notice(),
        "the grammar of this call allows no \" Ada\" here, only what begins with \" \": choose another one"
    );
    // A text that was typed is kept to be mended.
    bench.press("w A-e C-u ' [split] words of Ada' enter");
    assert_eq!((bench.state.journal.head(), bench.state.journal.len()), (head, events));
    assert!(bench.asked.is_empty());
    let Mode::Typing(typing) = &bench.state.mode else { panic!("{}", bench.notice()) };
    assert_eq!(typing.buffer.text(), " [split] words of Ada");
    assert!(bench.notice().ends_with(": edit what follows"), "{}", bench.notice());
}
