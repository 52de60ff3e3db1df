//! Inside a generation: prompts and answers changed in the middle, pressed.

use crate::support::{Bench, DONE, REPLIES};
use plantern::{
    ask::{Answer, Prompt, Request, Token, Usage},
    engine::{Amendments, Command, Report},
    expert::roster::Roster,
    ids::{CallId, TaskId},
    plan::{Draft, Edit},
    session::{Actor, Event, Outcome, branches::branches},
    workbench::{Effect, Message, Mode, RowId, Tab, rows, tokens},
};

fn done() -> Bench {
    let mut bench = Bench::done();
    bench.asked.clear();
    bench
}

fn amended(bench: &Bench, task: u32) -> Amendments {
    bench.state.survey.look(TaskId(task)).unwrap().amended
}

fn prompt(request: &Request) -> &str {
    match request {
        Request::Generate(generate) => match &generate.prompt {
            Prompt::Raw(text) => text,
            Prompt::Chat(turns) => &turns.last().unwrap().text,
        },
        Request::Compute { question } => question,
        other => panic!("no prompt: {other:?}"),
    }
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

/// A token with its probability and what else could have stood there.
fn token(text: &str, probability: f32, others: &[(&str, f32)]) -> Token {
    let own = [(text.to_owned(), probability)];
    let others = others.iter().map(|(text, p)| ((*text).to_owned(), *p));
    Token {
        text: text.to_owned(),
        probability,
        alternatives: own.into_iter().chain(others).collect(),
        forced: false,
    }
}

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
    let mut bench = done();
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

/// The head of the sheet at hand, and the cells of its rows.
fn sheet(bench: &Bench) -> (String, Vec<Vec<String>>) {
    let sheet = bench.sheet();
    let head: Vec<&str> = sheet.head.iter().map(|(_, words)| words.as_str()).collect();
    (head.join("\n"), sheet.rows.iter().map(|row| row.cells.clone()).collect())
}

#[test]
fn a_prompt_tells_what_its_parts_cost_in_tokens_as_far_as_somebody_counted() {
    let mut bench = Bench::example();
    bench.press("Q");
    let (head, rows) = sheet(&bench);
    assert!(head.contains("characters; its tokens are known once the model has read it"), "{head}");
    assert!(head.ends_with("no prompt of this session was counted yet"), "{head}");
    assert!(rows.iter().all(|cells| cells.len() == 4), "{rows:?}");
    // The first proposal is made, and its prompt is said to be 500 tokens, by the model.
    bench.hold = true;
    bench.press("esc s");
    let (call, written) = (bench.open.remove(0), prompt(&bench.asked[0]).chars().count() as f64);
    let usage = Usage { prompt_tokens: 500, cached_tokens: 20, ..Usage::default() };
    let answer = Answer { text: REPLIES[0].to_owned(), usage, ..Answer::default() };
    bench.send(Message::Report(Report::Done { call, answer }));
    bench.press("s g Q");
    let (head, rows) = sheet(&bench);
    let each = written / 500.0;
    assert!(
        head.contains(&format!(" tok at {each:.1} characters a token, as in 1 call of decomposed here")),
        "{head}"
    );
    assert!(head.contains("not asked yet"), "{head}");
    let about = |cells: &Vec<String>| format!("about {:.0} tok", cells[1].parse::<f64>().unwrap() / each);
    let task = rows.iter().find(|cells| cells[3] == "the task's words").unwrap();
    assert_eq!(task[2], about(task));
    // What was read is told exactly, and its parts share that sum.
    bench.hold = false;
    bench.replies.pop_front();
    bench.press("esc c g");
    assert_eq!(bench.outline(), DONE);
    bench.state.ui.token.call = Some(call);
    bench.press("Q");
    let (head, rows) = sheet(&bench);
    assert!(
        head.contains(&format!(" {written} characters, 500 tokens in all, 20 of them known before")),
        "{head}"
    );
    let task = rows.iter().find(|cells| cells[3] == "the task's words").unwrap();
    assert_eq!(task[2], about(task));
    // A function reads no tokens, whatever a model counted here.
    bench.state.ui.token.call = None;
    bench.press("esc j Q");
    let (head, rows) = sheet(&bench);
    assert!(head.ends_with("characters\nno language model reads this: it costs no tokens"), "{head}");
    assert!(rows.iter().all(|cells| cells.len() == 4), "{rows:?}");
}

#[test]
fn a_card_that_asks_for_it_sees_the_text_that_the_goal_is_about() {
    let card = "---\nname: qa\ndescription: Looks it up in the text.\n---\n{{ context }}\nQ: {{ question }}";
    let mut bench = Bench::new();
    bench.state.tools.roster = Roster::load([(card, "qa.md")]).0;
    let replies = [" [qa] Who wrote the notes?", "Ada", " [EOQ]"];
    bench.replies = replies.map(str::to_owned).into();
    bench.task("Ada wrote the notes in 1843.\n\nWho wrote the notes?");
    bench.press("c");
    assert_eq!(prompt(&bench.asked[1]), "Ada wrote the notes in 1843.\nQ: Who wrote the notes?");
    bench.press("j Q");
    let (_, rows) = sheet(&bench);
    let told: Vec<&str> = rows.iter().map(|cells| cells[2].as_str()).collect();
    assert_eq!(told, ["the goal's text", "card of qa", "the task's words"]);
    // Another text makes the answer stale; another question does not.
    bench.replies = replies.map(str::to_owned).into();
    let text = |context: &str, question: &str| {
        vec![Edit::SetPhrase {
            task: TaskId(0),
            phrase: Draft::text(format!("{context}\n\n{question}")).phrase,
        }]
    };
    let mut stale = |context: &str, question: &str| {
        let event = Event::Edited { by: Actor::Person, edits: text(context, question), reason: None };
        bench.state.journal.record(event, 1).unwrap();
        bench.state.look();
        bench.state.survey.look(TaskId(1)).unwrap().stale
    };
    assert!(!stale("Ada wrote the notes in 1843.", "Who wrote them?"));
    assert!(stale("Emmy wrote the notes.", "Who wrote them?"));
    assert!(!stale("Ada wrote the notes in 1843.", "Who?"));
}
