//! Why this prompt: where its words came from and what they cost; pressed.

use crate::support::{Bench, DONE, REPLIES, prompt};
use plantern::{
    ask::{Answer, Prompt, Request, Usage},
    engine::Report,
    expert::roster::Roster,
    ids::TaskId,
    plan::{Draft, Edit},
    session::{Actor, Event},
    workbench::{Message, RowId},
};

#[test]
fn the_parts_of_a_prompt_joined_are_the_prompt() {
    let mut bench = Bench::example();
    let mut seen = 0;
    let mut check = |bench: &Bench| {
        for task in bench.state.journal.session().plan.walk() {
            for asking in bench.state.survey.asks(&bench.state.journal, task) {
                let joined: String = asking.parts.iter().map(|part| part.text.as_str()).collect();
                let whole = match &asking.ask.request {
                    Request::Generate(generate) => match &generate.prompt {
                        Prompt::Raw(text) => text.clone(),
                        Prompt::Chat(turns) => turns.iter().map(|turn| turn.text.as_str()).collect(),
                    },
                    Request::Compute { question } => question.clone(),
                    other => panic!("{other:?}"),
                };
                assert_eq!(joined, whole);
                seen += 1;
            }
        }
    };
    for _ in 0..8 {
        check(&bench);
        bench.press("s");
    }
    let mut other = Bench::with("Who?", &[" [answer] Who wrote the first program?", "Ada", " [EOQ]"]);
    other.press("c");
    check(&other);
    assert!(12 < seen, "{seen}");
}

#[test]
fn every_part_of_a_prompt_says_where_it_came_from() {
    let mut bench = Bench::example();
    bench.press("c g Q");
    let origins = bench.column(2);
    assert_eq!(origins[0], "instruction decomposed/instruction");
    assert!(origins[1].starts_with("example 1 of "), "{origins:?}");
    assert!(origins[1].ends_with(": decomposed/families/letters_at_ends"), "{origins:?}");
    let last = [
        "the task's words",
        "notation",
        "step #1",
        "answer of #1",
        "step #2",
        "answer of #2",
        "step #3",
        "answer of #3",
        "notation",
    ];
    assert_eq!(origins[origins.len() - last.len()..], last);
    let shares: f64 =
        bench.column(0).iter().map(|share| share.trim_end_matches(" %").parse::<f64>().unwrap()).sum();
    assert!((shares - 100.0).abs() < 10.0, "{shares}");
    // A part leads to its task.
    bench.press("G k k k enter");
    assert_eq!(
        bench.state.ui.cursor,
        Some(RowId::task(TaskId(2))),
        "the step #3, its answer and the notation are below"
    );
    bench.press("G Q");
    assert_eq!(bench.column(2), ["the task's words", "answer of #2", "the task's words"]);
    // What a person changed is told apart.
    bench.press("esc C-p '!' enter Q");
    assert_eq!(bench.column(2).last().unwrap(), "yours: an amendment");
    assert_eq!(bench.model_calls(), 4, "looking asks nobody");
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
