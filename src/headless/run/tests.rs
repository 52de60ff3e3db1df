//! Runs with scripted answers and real functions, driven through the real workbench; and one on the real engine.

use super::*;
use crate::{
    engine::{Command, ModelState, ModelStatus, Report, Which, runner},
    headless::{
        Workers,
        script::{Script, block_on, plan, state, task},
    },
    workbench::Stored,
};

/// What a run said and did.
#[derive(Debug)]
struct Told {
    outcome: Outcome,
    out: String,
    narration: String,
    effects: Vec<Effect>,
}

fn play(
    state: &mut State,
    hands: &mut impl Hands,
    start: Start,
    options: &Options,
    interrupt: &mut Interrupt,
) -> Told {
    let (mut out, mut narration, mut effects) = (vec![], vec![], vec![]);
    let mut perform = |effect: Effect| {
        let messages = match &effect {
            Effect::Create { .. } => vec![Message::Stored(Stored::Created("s.jsonl".into()))],
            _ => vec![],
        };
        effects.push(effect);
        messages
    };
    let clock = std::cell::Cell::new(0);
    let now = || {
        clock.set(clock.get() + 1);
        clock.get()
    };
    let mut outside =
        Outside { perform: &mut perform, now: &now, out: &mut out, narration: &mut narration, interrupt };
    let outcome = block_on(run(state, hands, &mut outside, start, options)).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Told { outcome, out: text(out), narration: text(narration), effects }
}

fn simple(script: &str, start: Start, style: Style) -> Told {
    let options = Options { style, ..Options::default() };
    play(&mut state(), &mut Script::new(script), start, &options, &mut Interrupt::never())
}

const GOAL: &str = "Take the last letters of the words in \"Ada King\" and concatenate them using a space.";

/// The prompt ends where the next step is to be written, so the end tells how far it is.
const LETTERS: &str = "\
*A: \"a g\"\\nQS:* => [EOQ]
*A: [\"a\", \"g\"]\\nQS:* => [merge] Concatenate #2 using a space.
*A: [\"Ada\", \"King\"]\\nQS:* => (project_values) [str_position] What is the last letter in \"#1\"?
*\"Ada King\" and concatenate them using a space.\\nQS:* => [split] What are the words in \"Ada King\"?
";

#[test]
fn a_task_is_decomposed_answered_and_told_in_plain_lines() {
    let told = simple(LETTERS, task(GOAL), Style::Plain);
    assert_eq!(told.outcome.ending, Ending::Done, "{told:#?}");
    assert_eq!(told.outcome.answer.as_deref(), Some("a g"));
    assert_eq!((told.outcome.calls, told.outcome.usage.output_tokens, told.outcome.code()), (4, 24, 0));
    let end = format!(
        "QC: {GOAL}\n  QS: [split] What are the words in \"Ada King\"?\n  A: [\"Ada\", \"King\"]\n  \
         QS: (project_values) [str_position] What is the last letter in \"#1\"?\n  A: [\"a\", \"g\"]\n  \
         QS: [merge] Concatenate #2 using a space.\n  A: a g\nA: a g\nresult: done\nanswer: a g\n\
         cost: 4 calls, 0 prompt tokens, 24 output tokens, "
    );
    assert!(told.out.contains(&end), "{}", told.out);
    assert!(told.out.contains("\nsolved 2: [\"a\", \"g\"]\n"), "{}", told.out);
    assert!(told.narration.ends_with("session: s.jsonl\n"), "{}", told.narration);
    assert!(matches!(&told.effects[..], [Effect::Create { .. }, Effect::Append { .. }, ..]));
}

#[test]
fn a_plan_in_the_notation_runs_without_a_model() {
    let text = "QC: letters\n  QS: [split] What are the words in \"Ada King\"?\n  \
                QS: (project_values) [str_position] What is the last letter in \"#1\"?\n  QS: [count] How many items are in #2?";
    let mut state = state();
    state.models.clear();
    let mut script = Script::new("");
    let told = play(&mut state, &mut script, plan(text), &Options::default(), &mut Interrupt::never());
    assert_eq!((told.outcome.ending, told.outcome.answer.as_deref()), (Ending::Done, Some("2")), "{told:#?}");
    assert_eq!(told.outcome.calls, 0, "functions are no calls");
    assert_eq!(script.asked.len(), 4);
}

#[test]
fn the_real_engine_runs_a_plan() {
    let (mut engine, mut inbox) = runner::Engine::new();
    let start = plan("QC: sum\nQS: [calculate] What is 2 + 3?");
    let mut hands = Workers::new(&mut engine, &mut inbox);
    let told = play(&mut state(), &mut hands, start, &Options::default(), &mut Interrupt::never());
    assert_eq!((told.outcome.ending, told.outcome.answer.as_deref()), (Ending::Done, Some("5")), "{told:#?}");
}

#[test]
fn every_way_to_end_has_its_state_and_code() {
    let check = |start: Start, change: fn(&mut State), ending: Ending, why: &str| {
        let mut state = state();
        change(&mut state);
        let options = Options { style: Style::Json, ..Options::default() };
        let told = play(&mut state, &mut Script::new(LETTERS), start, &options, &mut Interrupt::never());
        assert_eq!(told.outcome.ending, ending, "{told:#?}");
        assert!(told.outcome.why.as_deref().unwrap_or_default().contains(why), "{told:#?}");
        let last =
            format!("{{\"type\":\"result\",\"state\":\"{}\",\"answer\":null,\"calls\":", ending.word());
        assert!(told.out.lines().last().unwrap().starts_with(&last), "{}", told.out);
        assert!(told.narration.contains(why), "{}", told.narration);
    };
    check(task("  "), |_| (), Ending::Usage, "empty task");
    check(task(&"x".repeat(100_001)), |_| (), Ending::Usage, "100001 bytes");
    check(plan("hello"), |_| (), Ending::Usage, "p: no plan in it (line 1: neither a goal");
    check(Start::Session, |_| (), Ending::Usage, "no task");
    check(task(GOAL), |state| state.models.clear(), Ending::NoModel, "there is no language model");
    check(task("What else?"), |_| (), Ending::NotMet, "no answer for");
    check(plan("QC: a\nQS: [person] Who?"), |_| (), Ending::NeedsPerson, "answer: Who?");
    check(plan("QC: a\nQS: [count] Sing!"), |_| (), Ending::NotMet, "`count` does not understand");
    check(plan("QC: a\nQS: [nobody] Who?"), |_| (), Ending::NotMet, "no expert is called `nobody`");
    check(
        task(GOAL),
        |state| state.defaults.limits.calls = 2,
        Ending::Budget,
        "the session's budget (2 calls) is spent",
    );
    check(
        task(GOAL),
        |state| state.defaults.limits.output_tokens = 5,
        Ending::Budget,
        "budget (5 tokens) is spent",
    );
}

#[test]
fn answers_of_a_person_are_taken_in_order() {
    let text = "QC: a\nQS: [person] Who?\nQS: [person] And who with #1?\nQS: [merge] Concatenate [\"#1\", \"#2\"] using a comma.";
    let start = plan(text);
    let options = |answers: &[&str]| Options {
        answers: answers.iter().map(|answer| (*answer).to_owned()).collect(),
        ..Options::default()
    };
    let play = |answers: &[&str]| {
        play(&mut state(), &mut Script::new(""), start.clone(), &options(answers), &mut Interrupt::never())
    };
    let told = play(&["Ada", "Alan"]);
    assert_eq!(told.outcome.answer.as_deref(), Some("Ada,Alan"), "{told:#?}");
    let told = play(&["Ada"]);
    assert_eq!((told.outcome.ending, told.outcome.task), (Ending::NeedsPerson, Some(TaskId(2))), "{told:#?}");
    assert!(told.narration.contains("or open it: plantern open s.jsonl"), "{}", told.narration);
}

#[test]
fn an_interrupt_ends_the_run_and_keeps_the_session() {
    // Somebody who never answers.
    struct Silence;
    impl Hands for Silence {
        fn perform(&mut self, _: Command) {}
        async fn next(&mut self) -> Option<Report> {
            std::future::pending().await
        }
    }
    let mut state = state();
    let mut interrupt = Interrupt::new(async {});
    let told = play(&mut state, &mut Silence, task(GOAL), &Options::default(), &mut interrupt);
    assert_eq!((told.outcome.ending, told.outcome.code()), (Ending::Interrupted, 130));
    assert!(interrupt.came() && state.live.is_empty());
    assert!(told.out.contains("stopped 0 at decomposed"), "{}", told.out);
    // The session goes on from there.
    let told = play(
        &mut state,
        &mut Script::new(LETTERS),
        Start::Session,
        &Options::default(),
        &mut Interrupt::never(),
    );
    assert_eq!(told.outcome.answer.as_deref(), Some("a g"), "{told:#?}");
    assert!(told.out.starts_with("session: Take the last letters"), "{}", told.out);
}

#[test]
fn a_model_that_is_being_fetched_is_waited_for() {
    let model = |state: ModelState| Report::Model(ModelStatus { which: Which::Language, state });
    let fetching = |done: u64| ModelState::Fetching { done, total: 94_000_000, rate: 1e6 };
    let mut state = state();
    state.models.insert(Which::Language, fetching(0));
    let mut script = Script::new(LETTERS).with([
        model(fetching(9_000_000)),
        model(fetching(47_000_000)),
        model(ModelState::Loading(0.5)),
        model(ModelState::Ready { name: "small".into(), about: "94 MB".into() }),
    ]);
    let told = play(&mut state, &mut script, task(GOAL), &Options::default(), &mut Interrupt::never());
    assert_eq!(told.outcome.ending, Ending::Done, "{told:#?}");
    for words in
        ["language model: 47.0 MB of 94.0 MB, 1.0 MB/s, 47 s left\n", "language model: small (94 MB)\n"]
    {
        assert!(told.narration.contains(words), "{}", told.narration);
    }
}

#[test]
fn a_model_that_does_not_come_is_named() {
    let missing = ModelState::Missing("no network: get the file by hand".into());
    let mut state = state();
    state.models.insert(Which::Language, ModelState::Fetching { done: 0, total: 1, rate: 0.0 });
    let status = ModelStatus { which: Which::Language, state: missing };
    let mut script = Script::new("").with([Report::Model(status)]);
    let told = play(&mut state, &mut script, task(GOAL), &Options::default(), &mut Interrupt::never());
    assert_eq!((told.outcome.ending, told.outcome.code()), (Ending::NoModel, 3), "{told:#?}");
    assert!(told.narration.contains("no network: get the file by hand"), "{told:#?}");
}

#[test]
fn why_a_model_can_not_be_loaded_is_told_once_in_each_stream() {
    let why = "m.gguf: the file is cut short";
    let status = ModelStatus { which: Which::Language, state: ModelState::Missing(why.into()) };
    let failed = Report::Failed { call: crate::ids::CallId(0), why: why.into() };
    let mut state = state();
    state.models.insert(Which::Language, ModelState::Loading(0.0));
    let mut script = Script::new("").with([Report::Model(status), failed]);
    let told = play(&mut state, &mut script, task(GOAL), &Options::default(), &mut Interrupt::never());
    assert_eq!((told.outcome.ending, told.outcome.why.as_deref()), (Ending::NoModel, Some(why)), "{told:#?}");
    assert_eq!((told.out.matches(why).count(), told.narration.matches(why).count()), (1, 1), "{told:#?}");
    assert!(told.out.contains("\nended at 0 (no-model)\n"), "{}", told.out);
}

#[test]
fn trouble_with_the_disk_loses_nothing_and_is_no_success() {
    let (mut out, mut narration) = (vec![], vec![]);
    let mut perform = |effect: Effect| match effect {
        Effect::Create { .. } => {
            let why = "no space left on the disk".into();
            vec![Message::Stored(Stored::Trouble { why, again: true })]
        }
        _ => vec![],
    };
    let mut state = state();
    let mut interrupt = Interrupt::never();
    let mut outside = Outside {
        perform: &mut perform,
        now: &|| 0,
        out: &mut out,
        narration: &mut narration,
        interrupt: &mut interrupt,
    };
    let mut script = Script::new(LETTERS);
    let outcome =
        block_on(run(&mut state, &mut script, &mut outside, task(GOAL), &Options::default())).unwrap();
    assert_eq!((outcome.ending, outcome.code()), (Ending::Done, 1));
    let narration = String::from_utf8(narration).unwrap();
    assert!(narration.contains("error: the session is not saved: no space left on the disk"), "{narration}");
}

#[test]
fn a_closed_pipe_ends_the_run() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (mut state, mut interrupt, mut script) = (state(), Interrupt::never(), Script::new(LETTERS));
    let mut outside = Outside {
        perform: &mut |_| vec![],
        now: &|| 0,
        out: &mut Closed,
        narration: &mut vec![],
        interrupt: &mut interrupt,
    };
    let ended = block_on(run(&mut state, &mut script, &mut outside, task(GOAL), &Options::default()));
    assert_eq!(ended.map_err(|error| error.kind()), Err(io::ErrorKind::BrokenPipe));
    assert!(state.live.is_empty() && !state.journal.is_empty());
}

#[test]
fn hostile_words_of_a_model_stay_words() {
    let hostile = "\x1b]52;c;aGk=\x07\u{202E}\u{9b}2J";
    for style in [Style::Plain, Style::Json] {
        let start = plan(&format!("QC: a{hostile}\nQS: [person] b{hostile}?"));
        let options = Options { style, answers: vec![hostile.to_owned()], ..Options::default() };
        let told = play(&mut state(), &mut Script::new(""), start, &options, &mut Interrupt::never());
        assert_eq!(told.outcome.ending, Ending::Done, "{told:#?}");
        let bad = |c: char| (c.is_control() && c != '\n') || crate::visible::is_hidden(c);
        assert_eq!(told.out.chars().find(|c| bad(*c)), None, "{:?}", told.out);
        assert_eq!(told.narration.chars().find(|c| bad(*c)), None, "{:?}", told.narration);
    }
}
