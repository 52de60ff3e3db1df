//! Comparisons with scripted models.

use super::*;
use crate::{
    engine::Report,
    headless::{
        cases::read_cases,
        script::{Script, block_on, state},
    },
};

/// `direct` knows two of three; `decomposed` gets the first by a function and fails else.
const SCRIPT: &str = "\
*Q: What is two and three?\\nA:* => 5
*Q: Who?\\nA:* => \"Ada\"
*Q: What\x1b[2J now?\\nA:* => nothing\x1b[2J
*A: 5\\nQS:* => [EOQ]
*QC: What is two and three?\\nQS:* => [calculate] What is 2 + 3?
";

const CASES: &str = "{\"task\": \"What is two and three?\", \"answer\": 5}\n\
    {\"task\": \"Who?\", \"answer\": [\"Ada\"]}\n\
    {\"task\": \"What\\u001b[2J now?\", \"answer\": \"lunch\"}\n";

fn play(json: bool, change: impl Fn(&mut State), interrupt: &mut Interrupt) -> (Ending, String, String) {
    let mut state = state();
    change(&mut state);
    let both = ["direct".to_owned(), "decomposed".to_owned()];
    let job = Job { json, ..job(CASES, &both, "direct", None).unwrap() };
    let (mut out, mut narration) = (vec![], vec![]);
    let mut script = Script::new(SCRIPT);
    let ending = block_on(eval(&state, &job, &mut script, &|| 0, interrupt, &mut out, &mut narration));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (ending.unwrap(), text(out), text(narration))
}

#[test]
fn strategies_are_compared_on_the_same_cases() {
    let (ending, out, narration) = play(false, |_| (), &mut Interrupt::never());
    assert_eq!(ending, Ending::Done);
    let flat = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = out.lines().map(flat).collect();
    assert_eq!(lines[1], "direct 3 2 66.7 % 20.8 to 93.9 % 3 0 (0) 9 0.0", "{out}");
    assert_eq!(lines[2], "decomposed 3 1 33.3 % 6.1 to 79.2 % 2 0 (0) 9 0.0", "{out}");
    let wrong = "wrong with direct (1 of 1):\n  case 3: What␛[2J now?\n    expected: lunch\n    came out: nothing␛[2J\n";
    assert!(out.contains(wrong), "{out}");
    assert!(out.contains("wrong with decomposed (2 of 2):\n  case 2: Who?\n    expected: [\"Ada\"]\n    came out: no answer (failed): "), "{out}");
    assert!(narration.contains("direct: 1/3, 1 right, 0.0 s a case, 0 s left\n"), "{narration}");
    assert!(!narration.contains("failed: "), "{narration}");
}

#[test]
fn cases_that_run_together_come_to_the_same() {
    let both = ["direct".to_owned(), "decomposed".to_owned()];
    let played = |parallel: usize| {
        let job = Job { json: true, parallel, ..job(CASES, &both, "direct", None).unwrap() };
        let (state, mut script, mut interrupt) = (state(), Script::new(SCRIPT), Interrupt::never());
        let (mut out, mut narration) = (vec![], io::sink());
        let run = eval(&state, &job, &mut script, &|| 0, &mut interrupt, &mut out, &mut narration);
        assert_eq!(block_on(run).unwrap(), Ending::Done);
        out
    };
    let alone = String::from_utf8(played(1)).unwrap();
    assert_eq!(alone.lines().count(), 8);
    for parallel in [0, 2, 3, 100] {
        assert_eq!(String::from_utf8(played(parallel)).unwrap(), alone, "{parallel} at once");
    }
}

#[test]
fn json_has_a_line_for_each_case_and_strategy() {
    let (_, out, _) = play(true, |_| (), &mut Interrupt::never());
    let lines: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["case", "case", "case", "summary", "case", "case", "case", "summary"]);
    assert_eq!(lines[1]["right"], true);
    assert_eq!(lines[5]["state"], "failed");
    assert_eq!((&lines[3]["accuracy"], &lines[3]["right"]), (&0.6667.into(), &2.into()));
    assert_eq!(lines[2]["case"], 3);
}

#[test]
fn what_stops_one_case_for_good_stops_all() {
    let (ending, out, narration) = play(false, |state| state.models.clear(), &mut Interrupt::never());
    assert_eq!((ending, out.as_str()), (Ending::NoModel, ""));
    assert!(narration.contains("no-model: there is no language model"), "{narration}");
    let (ending, out, _) = play(true, |_| (), &mut Interrupt::new(async {}));
    assert_eq!((ending, out.as_str()), (Ending::Interrupted, ""));
}

#[test]
fn a_model_that_comes_during_the_first_case_stays() {
    use crate::engine::{ModelState, ModelStatus, Which};
    let ready = ModelState::Ready { name: "m".into(), about: "a".into() };
    let report = Report::Model(ModelStatus { which: Which::Language, state: ready });
    let mut state = state();
    state.models.insert(Which::Language, ModelState::Fetching { done: 0, total: 1, rate: 0.0 });
    let job = job(CASES, &[], "direct", Some(2)).unwrap();
    let (mut out, mut script) = (vec![], Script::new(SCRIPT).with([report]));
    let mut interrupt = Interrupt::never();
    let ending =
        block_on(eval(&state, &job, &mut script, &|| 0, &mut interrupt, &mut out, &mut io::sink())).unwrap();
    assert_eq!(ending, Ending::Done);
    assert!(String::from_utf8(out).unwrap().contains("100.0 %"));
}

#[test]
fn a_job_is_checked_before_anything_runs() {
    let check =
        |text: &str, strategies: &[&str], limit: Option<usize>, expected: Result<(usize, &[&str]), &str>| {
            let strategies: Vec<String> = strategies.iter().map(|name| (*name).to_owned()).collect();
            match (job(text, &strategies, "direct", limit), expected) {
                (Ok(job), Ok((cases, names))) => assert_eq!(
                    (job.cases.len(), job.strategies),
                    (cases, names.iter().map(|name| (*name).to_owned()).collect())
                ),
                (Err(bad), Err(why)) => assert!(bad[0].contains(why), "{bad:?}"),
                (job, _) => panic!("{job:?}"),
            }
        };
    check(CASES, &[], None, Ok((3, &["direct"])));
    check(CASES, &["decomposed", "direct", "decomposed"], Some(2), Ok((2, &["decomposed", "direct"])));
    check(CASES, &["drect"], None, Err("no strategy is called `drect`; did you mean `direct`?"));
    check(CASES, &[], Some(0), Err("--limit 0"));
    check("{}", &[], None, Err("line 1: `task` is missing"));
    assert_eq!(read_cases(CASES).unwrap()[1].expected(), "[\"Ada\"]");
}
