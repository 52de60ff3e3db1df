//! Repetitions against scripts: the same answers, other ones, none, and an interrupt.

use super::*;
use crate::{
    engine::ModelStatus,
    headless::{
        Start,
        lines::Style,
        script::{Script, block_on, plan, ran, state, task},
    },
};

const PLAN: &str = "QC: sum\n  QS: [calculate] What is 2 + 3?\n  QS: [calculate] What is #1 * 2?";

/// A session about the start, with these answers of a model.
fn session(start: Start, script: &str) -> Journal {
    let mut state = state();
    state.defaults.strategy = "direct".to_owned();
    ran(state, start, script, Style::Silent).0.journal
}

fn asked() -> Journal {
    session(task("What is the capital of France?"), "*capital* => Paris")
}

#[test]
fn every_call_comes_out_as_it_was_or_the_difference_is_named() {
    let check =
        |journal: &Journal, script: fn() -> Script, expected: Ending, words: &[&str], json: &[&str]| {
            let (all, tools) = (repetition(journal, "scripted"), Tools::default());
            for (as_json, words) in [(false, words), (true, json)] {
                let (mut out, mut narration) = (vec![], vec![]);
                let (mut hands, mut interrupt) = (script(), Interrupt::never());
                let done = again(
                    ("s.jsonl", journal, &tools),
                    &all,
                    &mut hands,
                    &mut interrupt,
                    as_json,
                    &mut out,
                    &mut narration,
                );
                assert_eq!(block_on(done).unwrap(), expected);
                let out = String::from_utf8(out).unwrap();
                assert!(words.iter().all(|word| out.contains(word)), "{words:?}\n{out}");
                assert_eq!(out.lines().count(), all.calls.len() + 1, "{out}");
                assert!(!as_json || out.lines().all(|line| line.starts_with("{\"type\":\"again")), "{out}");
            }
        };
    check(
        &session(plan(PLAN), ""),
        || Script::new(""),
        Ending::Done,
        &["c0     #1         answer [calculate] function", "identical\n", "2 of 2 calls came out identical"],
        &["\"came\":\"identical\"", "\"calls\":2,\"identical\":2"],
    );
    check(
        &asked(),
        || Script::new("*capital* => Paris"),
        Ending::Done,
        &["c0     goal ", "identical\n1 of 1 calls came out identical (0 tokens)\n"],
        &["\"seed\":0,\"came\":\"identical\"", "\"left_out\":[]"],
    );
    check(
        &asked(),
        || Script::new("*capital* => Rome"),
        Ending::NotMet,
        &["differs at token 1: \"Paris\" was, \"Rome\" is\n", "0 of 1 ", "; 1 differ, 0 failed"],
        &["\"came\":\"differs\",\"token\":1,\"was\":\"Paris\",\"is\":\"Rome\"", "\"differs\":1"],
    );
    check(
        &asked(),
        || Script::new("other => line"),
        Ending::NotMet,
        &["the script has no answer", "0 differ, 1 failed"],
        &["\"came\":\"failed\",\"why\":\"", "\"failed\":1"],
    );
    check(
        &asked(),
        || {
            let state = ModelState::Missing("no file".into());
            Script::new("other => line").with([Report::Model(ModelStatus { which: Which::Language, state })])
        },
        Ending::NoModel,
        &["1 failed"],
        &["\"failed\":1"],
    );
}

#[test]
fn an_interrupt_ends_it_and_tells_how_far_it_came() {
    let (journal, mut out, mut narration) = (asked(), vec![], vec![]);
    let mut interrupt = Interrupt::new(std::future::ready(()));
    let (all, tools) = (repetition(&journal, "scripted"), Tools::default());
    let mut script = Script::new("*capital* => Paris");
    let done =
        again(("s", &journal, &tools), &all, &mut script, &mut interrupt, false, &mut out, &mut narration);
    assert_eq!(block_on(done).unwrap(), Ending::Interrupted);
    assert_eq!(String::from_utf8(narration).unwrap(), "stopped: 0 of 1 calls were made again\n");
}

#[test]
fn what_can_not_be_asked_again_is_left_out_with_the_reason() {
    let journal = asked();
    assert_eq!(repetition(&journal, "scripted").calls.len(), 1);
    let other = repetition(&journal, "qwen3");
    assert_eq!((other.calls.len(), other.left_out), (0, vec![(1, "made with scripted".to_owned())]));
    let person = session(plan("QC: ask\n  QS: [person] Whom?"), "*nothing* => nothing");
    assert_eq!(repetition(&person, "scripted"), Repetition::default(), "nobody was asked yet");
    let cut = session(task("What is it?"), "other => line");
    assert_eq!(repetition(&cut, "scripted").left_out, [(1, "that failed".to_owned())]);
    let (language, embedding, own) = needed(&repetition(&journal, "scripted"));
    assert_eq!((language, embedding, own), (true, false, vec![]));
}
