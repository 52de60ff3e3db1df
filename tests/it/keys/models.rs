//! The screen of models, pressed: what is loaded goes, what is not comes, and the list follows what the engine says.

use crate::support::Bench;
use plantern::{
    engine::{Command, Held, ModelState, ModelStatus, Report, Which},
    workbench::{Effect, Message, Mode},
};

fn held(name: &str, state: ModelState, queue: usize) -> Held {
    let bytes = if matches!(state, ModelState::Ready { .. }) { 100_000_000 } else { 0 };
    Held { name: name.to_owned(), which: None, state, bytes, queue, leaving: false, waits: false, rate: 0.0 }
}

fn ready() -> ModelState {
    ModelState::Ready { name: "file.gguf".to_owned(), about: String::new() }
}

/// The cells of the open list.
fn rows(bench: &Bench) -> Vec<String> {
    bench.sheet().rows.iter().map(|row| row.cells.join("|")).collect()
}

#[test]
fn a_model_is_unloaded_and_loaded_by_a_key() {
    let mut bench = Bench::new();
    let tell = |bench: &mut Bench, all: Vec<Held>| bench.send(Message::Report(Report::Held(all)));
    bench.press("U");
    assert_eq!(rows(&bench).len(), 0, "nothing has a thread yet");
    bench.press("enter d esc");
    tell(&mut bench, vec![held("a", ready(), 0), held("b", ModelState::Unknown, 0)]);
    bench.effects.clear();
    bench.press("U");
    assert_eq!(rows(&bench), ["a|by a card|ready|100 MB||", "b|by a card|not in memory|||"]);
    // What is so already is said, and nothing is asked of the engine.
    bench.press("enter");
    assert_eq!((bench.notice(), bench.effects.len()), ("a is loaded already", 0));
    bench.press("j d");
    assert_eq!((bench.notice(), bench.effects.len()), ("b is not in memory", 0));
    bench.press("enter k d");
    let asked: Vec<Effect> = bench.effects.drain(..).collect();
    let wanted = [Command::Load("b".to_owned()), Command::Unload("a".to_owned())];
    assert_eq!(asked, wanted.map(Effect::Engine));
    // The list follows, and stays where it is.
    tell(
        &mut bench,
        vec![held("a", ModelState::Asleep("a".to_owned()), 0), held("b", ModelState::Loading(0.5), 3)],
    );
    assert_eq!(rows(&bench), ["a|by a card|not in memory|||", "b|by a card|loading 50 %|||3"]);
    bench.press("j enter");
    assert_eq!(bench.notice(), "b is on its way");
    let waits = Held { waits: true, ..held("b", ModelState::Loading(0.0), 3) };
    tell(&mut bench, vec![held("a", ready(), 1), waits]);
    assert_eq!(rows(&bench)[1], "b|by a card|waits for room|||3");
    tell(&mut bench, vec![held("a", ModelState::Unknown, 0), held("b", ready(), 2)]);
    bench.press("d");
    assert_eq!(bench.notice(), "b goes when its calls have ended");
    // It was taken at its word, and is to stay after all.
    let leaving = Held { leaving: true, ..held("b", ready(), 2) };
    tell(&mut bench, vec![held("a", ModelState::Unknown, 0), leaving]);
    assert_eq!(rows(&bench)[1], "b|by a card|at work, goes|100 MB||2");
    bench.effects.clear();
    bench.press("enter");
    assert_eq!(bench.notice(), "b stays in memory");
    assert_eq!(bench.effects, [Effect::Engine(Command::Load("b".to_owned()))]);
    // What was said to be on its way and can not come is not said to be coming for ever.
    bench.press("k enter");
    let broken = ModelState::Missing("the file is cut short".to_owned());
    tell(&mut bench, vec![held("a", broken, 0), held("b", ready(), 0)]);
    assert_eq!(bench.notice(), "a can not be loaded: the file is cut short");
    tell(&mut bench, vec![held("a", ModelState::Unknown, 0), held("b", ready(), 0)]);
    bench.press("j");
    // What was said to be on its way is said to have come.
    tell(&mut bench, vec![held("a", ModelState::Unknown, 0), held("b", ready(), 0)]);
    bench.press("k enter");
    assert_eq!(bench.notice(), "loading a");
    tell(&mut bench, vec![held("a", ready(), 0), held("b", ready(), 0)]);
    assert_eq!(bench.notice(), "a is in memory");
    bench.press("esc");
    assert_eq!(bench.state.mode, Mode::Browse);
    // It follows prompts as they are read, too; and the model of the settings says what it is there for.
    let usual = Held { which: Some(Which::Language), rate: 123.4, ..held("smollm2", ready(), 0) };
    tell(&mut bench, vec![usual]);
    bench.press("U");
    assert_eq!(rows(&bench), ["smollm2|language|ready|100 MB|123 tok/s|"]);
}

#[test]
fn a_model_that_can_not_be_loaded_covers_no_answer_to_a_key() {
    let mut bench = Bench::new();
    bench.task("What is 1 + 1?");
    let missing = |bench: &mut Bench, which: Which| {
        let state = ModelState::Missing("there is no such file".to_owned());
        bench.send(Message::Report(Report::Model(ModelStatus { which, state })));
        bench.notice().to_owned()
    };
    assert_eq!(missing(&mut bench, Which::Language), "no language model: there is no such file");
    bench.press("s");
    let stuck = bench.notice().to_owned();
    assert!(stuck.contains("there is no language model"), "{stuck}");
    assert_eq!(missing(&mut bench, Which::Embedding), stuck);
    let last = bench.state.log.last().map(|line| line.text.as_str());
    assert_eq!(last, Some("no embedding model: there is no such file"), "the log has it all the same");
}
