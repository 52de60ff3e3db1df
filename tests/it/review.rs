//! The review of routing, key by key: what is said is written down, what is learned has to pass the gate.

use crate::support::Bench;
use plantern::{
    ask::{Answer, Request},
    engine::Report,
    ids::{Seq, TaskId},
    router::{Knowledge, features::hash},
    workbench::{
        Effect, Message, Mode, Stored,
        decisions::Decided,
        learning,
        ledger::{Review, Saying},
        review::{Order, Page, Reviewing},
        update::review::Gathered,
    },
};
use std::sync::Arc;

/// The review of a finished plan of three decisions.
fn open() -> Bench {
    let mut bench = Bench::example();
    bench.press("c R");
    assert_eq!(bench.state.mode, Mode::Review);
    bench
}

fn review(bench: &Bench) -> &Reviewing {
    bench.state.review.as_deref().expect("a review is open")
}

/// What went to the ledger.
fn ledger(bench: &Bench) -> Vec<&Review> {
    bench
        .effects
        .iter()
        .filter_map(|one| if let Effect::AppendReview(review) = one { Some(&**review) } else { None })
        .collect()
}

/// A vector that says which words a text has, as a model's would.
fn vector(text: &str) -> Vec<f32> {
    let mut vector = [0.05_f32; 32];
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        vector[hash(&word.to_lowercase()) as usize % 32] += 1.0;
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter().map(|value| value / length).collect()
}

/// Answers the last call with vectors.
fn embed(bench: &mut Bench) {
    let Some(Request::Embed { texts }) = bench.asked.last() else { panic!("no vectors were asked for") };
    let scores = texts.iter().flat_map(|text| vector(text)).collect();
    let call = bench.open.pop().expect("an open call");
    bench.send(Message::Report(Report::Done { call, answer: Answer { scores, ..Answer::default() } }));
}

#[test]
fn each_saying_is_one_key_and_one_line() {
    let check = |keys: &str, saying: Saying, expert: &str| {
        let mut bench = open();
        let first = review(&bench).item().expect("a decision").decision.chosen.clone();
        bench.press(keys);
        let lines = ledger(&bench);
        assert_eq!(lines.len(), 1, "{keys}");
        let expert = if expert.is_empty() { &first } else { expert };
        assert_eq!((lines[0].saying, lines[0].expert.as_str()), (saying, expert), "{keys}");
        assert_eq!(review(&bench).at, 1, "the next one is on top");
        bench
    };
    check("a", Saying::Accept, "");
    check("enter", Saying::Accept, "");
    check("s", Saying::Skip, "");
    let second = review(&open()).candidates(open().state.tools.roster.cards())[1].expert.clone();
    check("j b", Saying::BothFine, &second);
    // Two that are the same are no two.
    check("b j b", Saying::BothFine, &second);
    let mut blind = open();
    blind.press("B");
    let roster = blind.state.tools.roster.cards();
    let chosen = &review(&blind).item().expect("a decision").decision.chosen;
    let down = review(&blind).candidates(roster).iter().position(|one| one.expert == *chosen).unwrap();
    check(&format!("B {}b", "j ".repeat(down)), Saying::Accept, "");
    let bench = check("j o", Saying::Override, &second);
    // The override is in the session as well, and can be undone.
    let task = TaskId(1);
    let routed = bench.state.journal.session().progress(task).routed.clone().unwrap().1;
    assert_eq!((routed.router.as_str(), routed.chosen.as_str()), ("person", second.as_str()));
    let bench = check("e 'it has two texts' enter j enter", Saying::Override, &second);
    assert_eq!(ledger(&bench)[0].reason, "it has two texts");
}

#[test]
fn keys_outside_the_review_keep_their_meaning() {
    let mut bench = open();
    bench.press("esc");
    assert_eq!(bench.state.mode, Mode::Browse);
    bench.press("R a a a");
    assert_eq!(ledger(&bench).len(), 3);
    assert!(review(&bench).item().is_none(), "all are reviewed");
    bench.press("a");
    assert!(bench.notice().starts_with("nothing is left to review"));
    bench.press("tab");
    assert_eq!(review(&bench).page, Page::Agreement);
    assert_eq!(review(&bench).measured.accuracy(), 1.0);
    assert_eq!(review(&bench).autopilot().0, 3, "three accepted in a row");
    assert_eq!(Reviewing::default().autopilot(), (0, None), "no time before the first");
    bench.press("S-tab S esc g a");
    assert!(matches!(bench.state.mode, Mode::Typing(_)), "a inserts a task again");
}

#[test]
fn keys_work_while_other_sessions_are_read() {
    let mut bench = open();
    let gathers = |bench: &Bench| bench.effects.iter().filter(|one| **one == Effect::GatherReviews).count();
    assert!(review(&bench).gathering.is_some());
    // One answer is given and the next one has been looked into before the sessions are read.
    bench.press("a j");
    let (on_top, said) = (review(&bench).item().unwrap().clone(), ledger(&bench)[0].clone());
    bench.press("esc R");
    assert_eq!((gathers(&bench), review(&bench).at), (1, 0), "they are read once");
    bench.press("l h j");
    let on_top_now = review(&bench).item().unwrap().clone();
    assert_eq!((on_top_now.seq, review(&bench).cursor), (on_top.seq, 1));
    let mut unsure = on_top.clone();
    (unsure.session, unsure.decision.confidence) = ("other.jsonl".into(), 0.01);
    let mut earlier = said.clone();
    (earlier.session, earlier.at) = ("other.jsonl".into(), 1);
    let found =
        Gathered { decided: vec![unsure.clone()], reviews: vec![earlier.clone()], ..Gathered::default() };
    bench.send(Message::Stored(Stored::Gathered(Box::new(found))));
    assert_eq!(review(&bench).reviews, [earlier, said], "what was said meanwhile is not lost");
    assert_eq!((review(&bench).item(), review(&bench).cursor), (Some(&on_top_now), 1), "it stays on top");
    assert_eq!((review(&bench).queue.len(), review(&bench).gathering), (3, None));
    bench.press("l");
    assert_eq!(review(&bench).item(), Some(&unsure), "the least sure one is next");
    // What can not be read is said, and read again the next time.
    bench.press("esc R");
    bench
        .send(Message::Stored(Stored::Gathered(Box::new(Gathered::failed("3 lines are no reviews".into())))));
    assert_eq!(bench.notice(), "3 lines are no reviews");
    assert_eq!((review(&bench).items.len(), review(&bench).reviews.len()), (4, 2), "nothing is lost");
    bench.press("esc R");
    assert_eq!(gathers(&bench), 3);
}

#[test]
fn orders_change_what_comes_first() {
    let mut bench = open();
    let decided = |text: &str, confidence: f32, kept: Option<bool>| {
        let mut decision = review(&open()).items[0].decision.clone();
        decision.confidence = confidence;
        Decided {
            session: "other.jsonl".into(),
            seq: Seq(confidence.to_bits()),
            task: TaskId(9),
            text: text.into(),
            decision,
            overridden: None,
            kept,
            went: vec![],
        }
    };
    let found = Gathered {
        decided: vec![decided("sure", 0.9, Some(false)), decided("unsure", 0.1, None)],
        ..Gathered::default()
    };
    bench.send(Message::Stored(Stored::Gathered(Box::new(found))));
    assert_eq!(review(&bench).items.len(), 5, "decisions of two sessions");
    assert_eq!(review(&bench).item().unwrap().text, "unsure");
    bench.press("S");
    assert_eq!(
        (review(&bench).order, review(&bench).item().unwrap().text.as_str()),
        (Order::Disagreement, "sure")
    );
    // An override in another session is for the ledger alone.
    let before = bench.state.journal.len();
    bench.press("G o");
    assert_eq!((ledger(&bench)[0].session.as_str(), bench.state.journal.len()), ("other.jsonl", before));
}

#[test]
fn blind_hides_the_choice_and_mixes_old_ones_in() {
    let mut bench = open();
    let mut more = vec![];
    for at in 0..6 {
        let mut item = review(&bench).items[0].clone();
        item.session = "other.jsonl".into();
        item.seq = Seq(at);
        item.text = format!("task {at}");
        more.push(item);
    }
    bench
        .send(Message::Stored(Stored::Gathered(Box::new(Gathered { decided: more, ..Gathered::default() }))));
    bench.press("B");
    let candidates = review(&bench).candidates(bench.state.tools.roster.cards());
    assert!(candidates.windows(2).all(|pair| pair[0].expert < pair[1].expert), "by name");
    assert!(candidates.iter().all(|one| one.score.is_nan()), "without scores");
    bench.press("a");
    assert!(bench.notice().contains("hidden"), "{}", bench.notice());
    bench.press("enter enter enter enter enter");
    assert!(review(&bench).repeat.is_some(), "after five an old one comes again");
    bench.press("enter");
    assert_eq!(review(&bench).consistency(), (1, 1));
    assert_eq!(ledger(&bench).iter().filter(|one| one.repeat).count(), 1);
    assert_eq!(review(&bench).verdicts().len(), 5, "a repeat is no new verdict on the router");
}

#[test]
fn a_version_is_taken_only_through_the_gate_and_rolled_back() {
    let mut bench = open();
    bench.press("L");
    assert!(bench.notice().starts_with("there is nothing new to learn"));
    let at = {
        let candidates = review(&bench).candidates(bench.state.tools.roster.cards());
        candidates.iter().position(|one| one.expert == "person").unwrap()
    };
    bench.press(&format!("g {} o", "j ".repeat(at)));
    bench.hold = true;
    bench.press("L");
    embed(&mut bench);
    let proposal = review(&bench).proposal.clone().expect("a proposal");
    assert_eq!(proposal.gate.corrected.all, 1);
    assert!(10 < proposal.gate.controls.all, "{:?}", proposal.gate.controls);
    assert!(proposal.gate.passes(), "{:?}", proposal.gate.words());
    assert_eq!(bench.state.tools.knowledge.version, 0, "nothing is taken yet");
    bench.press("enter");
    assert_eq!(bench.state.tools.knowledge.version, 1);
    let stored = bench.effects.iter().find_map(|effect| match effect {
        Effect::StoreKnowledge(known) if known.version == 1 => Some(known.to_text()),
        _ => None,
    });
    let read = plantern::router::Knowledge::from_text(&stored.expect("it is stored")).unwrap();
    assert_eq!(read.learned().count(), 1, "the learned example is in it, with its origin");
    assert_eq!(read.to_text(), bench.state.tools.knowledge.to_text());
    bench.press("V");
    assert!(matches!(bench.effects.last(), Some(Effect::UseKnowledge(0))));
    // Leaving a proposal changes nothing.
    bench.send(Message::Stored(Stored::Knows(Box::default())));
    bench.press("L esc");
    assert!(review(&bench).proposal.is_none());
    assert_eq!(bench.state.tools.knowledge.version, 0);
}

#[test]
fn the_table_is_changed_by_keys_and_put_in_force() {
    let mut bench = open();
    bench.press("S-tab S-tab l");
    assert_eq!(review(&bench).page, Page::Table);
    assert!(bench.notice().contains("no categories yet"), "{}", bench.notice());
    let cards = bench.state.tools.roster.cards().to_vec();
    let texts = learning::texts(&cards, &Knowledge::default(), &[]);
    let vectors = texts.into_iter().map(|text| (text.clone(), vector(&text))).collect();
    let known = Knowledge::fit(learning::card_examples(&cards, &vectors), Default::default(), "person", 0);
    bench.state.tools.knowledge = Arc::new(known.clone());
    let first = known.table.keys().next().unwrap().clone();
    bench.press("g l");
    assert_eq!(review(&bench).table.as_ref().unwrap().changed(&known), 1);
    bench.press("esc");
    assert_eq!((bench.notice(), review(&bench).table.is_none()), ("the table is as it was", true));
    bench.press("l h");
    assert!(review(&bench).table.is_none(), "there and back is no change");
    bench.press("enter");
    assert!(bench.notice().starts_with("nothing is changed"));
    bench.press("l G h enter");
    let now = Arc::clone(&bench.state.tools.knowledge);
    assert_eq!((now.version, now.parent), (1, 0));
    assert_ne!(now.table[&first], known.table[&first]);
    assert_ne!(now.uncertain, "person");
    assert!(now.note.starts_with(&format!("table: {first} to {}", now.table[&first])), "{}", now.note);
    assert!(matches!(bench.effects.last(), Some(Effect::StoreKnowledge(stored)) if stored.version == 1));
    bench.press("V");
    assert!(matches!(bench.effects.last(), Some(Effect::UseKnowledge(0))));
}

#[test]
fn all_figures_go_to_files() {
    let mut bench = open();
    bench.press("a j o x");
    let Some(Effect::Export { json, csv }) = bench.effects.last() else { panic!("no export") };
    assert!(csv.contains("sayings,accept,count,1\n") && csv.contains("sayings,override,count,1\n"), "{csv}");
    assert!(json.contains("\"agreement\": 0.5"), "{json}");
    bench.press("tab tab tab");
    assert_eq!((review(&bench).page, review(&bench).curve.len()), (Page::Cost, 11));
}

#[test]
fn a_preference_goes_to_the_ledger_and_is_learned() {
    let mut bench = open();
    let task = TaskId(1);
    let effects = plantern::workbench::update::review::prefer(&mut bench.state, task, "person", "split");
    bench.take(effects);
    let line = ledger(&bench)[0].clone();
    assert_eq!(
        (line.saying, line.expert.as_str(), line.chosen.as_str()),
        (Saying::Preferred, "person", "split")
    );
    assert_eq!(line.task, "What are the words in \"Ada King\"?");
    assert_eq!(review(&bench).verdicts().len(), 0, "it judges no router");
    assert!(review(&bench).item().is_some_and(|item| !review(&bench).reviewed(item)));
    bench.hold = true;
    bench.press("L");
    embed(&mut bench);
    let proposal = review(&bench).proposal.clone().expect("a proposal");
    assert_eq!((proposal.gate.corrected.all, proposal.knowledge.learned().count()), (1, 1));
}
