//! What is learned: it decides, it is taken up one by one, it is written and read bit for bit.

use super::*;
use crate::{
    ask::{Answer, Request},
    decision::{Decision, ExpertCard, ExpertKind},
    router::{RouteNext, RouteScene, gate::gate, router},
};
use proptest::prelude::*;

const WIDTH: usize = 16;

/// A vector that says which words a text has, as a model's would.
fn vector(text: &str) -> Vec<f32> {
    let mut vector = vec![0.1_f32; WIDTH];
    for word in text.split_whitespace() {
        vector[crate::router::features::hash(word) as usize % WIDTH] += 1.0;
    }
    let length = dot(&vector, &vector).sqrt();
    vector.iter().map(|value| value / length).collect()
}

fn example(text: &str, expert: &str, origin: Origin) -> Example {
    let (text, expert, vector) = (text.to_owned(), expert.to_owned(), vector(text));
    Example { text, expert, category: None, vector, origin, outcomes: vec![], control: None }
}

fn card(name: &str, kind: ExpertKind, cost: f32) -> ExpertCard {
    ExpertCard { description: format!("does {name}"), cost, ..ExpertCard::new(name, kind) }
}

fn cards() -> Vec<ExpertCard> {
    vec![
        card("sort", ExpertKind::Symbolic, 1.0),
        card("sum", ExpertKind::Symbolic, 3.0),
        card("tell", ExpertKind::Prompt, 2.0),
        card("person", ExpertKind::Person, 9.0),
    ]
}

fn examples() -> Vec<Example> {
    let kinds = [
        ("sort", ["order these", "sort the", "arrange by size the"]),
        ("sum", ["add up the", "what do they make together:", "total of the"]),
        ("tell", ["who painted the", "where is the", "tell me of the"]),
        ("person", ["shall we buy the", "may i keep the", "do you like the"]),
    ];
    let things = ["apples", "boats", "chairs", "dogs", "eggs", "flags", "gates", "hats"];
    let row = |(expert, starts): &(&str, [&str; 3])| {
        let texts: Vec<Example> = starts
            .iter()
            .flat_map(|start| things.iter().map(move |thing| format!("{start} {thing}")))
            .map(|text| example(&text, expert, Origin::Card))
            .collect();
        texts
    };
    kinds.iter().flat_map(row).collect()
}

fn knowledge() -> Knowledge {
    Knowledge::fit_calibrated(examples(), BTreeMap::new(), &cards(), "person", 7)
}

fn decide(name: &str, knowledge: &Knowledge, text: &str) -> Decision {
    let (cards, reply) = (cards(), Answer { scores: vector(text), ..Answer::default() });
    let scene = RouteScene { task: text, tag: None, cards: &cards, reply: Some(&reply), knowledge };
    match router(name).unwrap().route(&scene) {
        RouteNext::Decide(decision) => decision,
        RouteNext::Ask(request) => panic!("{name} asks again: {request:?}"),
    }
}

const LEARNING: [&str; 8] =
    ["learned", "table", "ability", "cost", "centroid", "ladder", "ensemble", "embedding"];

#[test]
fn every_learning_router_decides_what_it_was_told() {
    let knowledge = knowledge();
    for name in LEARNING {
        for (text, expert) in
            [("sort the lamps", "sort"), ("add up the lamps", "sum"), ("who painted the lamps", "tell")]
        {
            let decision = decide(name, &knowledge, text);
            assert_eq!(decision.chosen, expert, "{name}: {text}: {decision:?}");
            assert_eq!(decision.router, name);
            assert_eq!(decision.candidates.len(), 4, "all candidates are kept");
            assert_eq!(decision.candidates[0].expert, decision.chosen);
            assert!(decision.candidates.windows(2).all(|pair| pair[0].score >= pair[1].score), "{name}");
            assert!((0.0..=1.0).contains(&decision.confidence), "{name}");
            assert_eq!(decision.version, Some(0), "{name}");
        }
        assert_eq!(decide(name, &knowledge, "shall we buy the lamps").chosen, "person", "{name}");
    }
}

#[test]
fn what_fits_nothing_goes_to_the_person_by_the_threshold() {
    let mut knowledge = knowledge();
    let strange = "zzz qqq";
    let shares = decide("learned", &knowledge, strange);
    let best = shares.candidates.iter().filter(|one| one.expert != "person").map(|one| one.score);
    let best = best.fold(0.0, f32::max);
    let mut calibration = knowledge.calibration("learned");
    calibration.threshold = (best + 0.01).min(0.95);
    knowledge.calibration.insert("learned".to_owned(), calibration);
    let decision = decide("learned", &knowledge, strange);
    assert_eq!(decision.chosen, "person");
    assert_eq!(decision.threshold, Some(calibration.threshold));
}

#[test]
fn the_cheapest_that_is_able_is_taken() {
    let mut knowledge = knowledge();
    let bar = |knowledge: &mut Knowledge, threshold: f32| {
        knowledge.calibration.insert("cost".to_owned(), Calibration { temperature: 1.0, threshold });
    };
    bar(&mut knowledge, 1.0e-9);
    assert_eq!(decide("cost", &knowledge, "who painted the hats").chosen, "sort", "anybody is able enough");
    bar(&mut knowledge, 0.6);
    assert_eq!(decide("cost", &knowledge, "who painted the hats").chosen, "tell");
}

#[test]
fn a_table_is_edited_without_learning_anew() {
    let mut knowledge = knowledge();
    knowledge.table.insert("sum".to_owned(), "tell".to_owned());
    assert_eq!(decide("table", &knowledge, "add up the eggs").chosen, "tell");
    assert_eq!(decide("learned", &knowledge, "add up the eggs").chosen, "tell");
    knowledge.uncertain = "tell".to_owned();
    knowledge.calibration.insert("table".to_owned(), Calibration { temperature: 1.0, threshold: 0.95 });
    assert_eq!(decide("table", &knowledge, "zzz qqq").chosen, "tell", "the uncertain goes to whom is named");
}

#[test]
fn one_correction_moves_its_like_and_leaves_the_rest() {
    let before = knowledge();
    let mut after = before.clone();
    let origin = Origin::Correction { session: "s".into(), seq: 3, reason: String::new() };
    for text in ["rank the apples", "rank the boats", "rank the gates"] {
        after.learn(example(text, "sum", origin.clone()));
    }
    assert_eq!(decide("learned", &after, "rank the hats").chosen, "sum");
    let new = |one: &Example| one.origin == origin;
    let gate = gate(&cards(), &before, &after, &new);
    assert_eq!((gate.corrected.all, gate.corrected.after), (3, 3), "{}", gate.words());
    assert_eq!(gate.controls.before, gate.controls.after, "{}", gate.words());
    assert_eq!(gate.controls.all, 20, "five of each expert's 24 are held back");
    assert_eq!(after.learned().count(), 3);
    let told = &decide("learned", &after, "rank the hats").candidates[0].reason;
    assert!(told.contains("rank the"), "the correction is the evidence: {told}");
}

#[test]
fn controls_are_never_learned_by_the_weights_that_judge() {
    let mut known = knowledge();
    let trial = known.trial.clone();
    let mut control = example("rank the gates", "sum", Origin::File);
    control.control = Some(true);
    known.learn(control);
    assert_eq!(known.trial, trial, "a control moves the other weights only");
    known.learn(example("rank the hats", "sum", Origin::File));
    assert_ne!(known.trial, trial);
    let held = known.examples.iter().filter(|one| one.control == Some(true)).count();
    assert_eq!(held, 21);
    // What the version before was fitted to is no control, even if the version after holds it back.
    let mut seen: Vec<Example> = examples();
    seen.iter_mut().for_each(|one| one.control = Some(false));
    let before = Knowledge::fit(seen, BTreeMap::new(), "person", 7);
    assert_eq!(gate(&cards(), &before, &known, &|_| false).controls.all, 1);
}

#[test]
fn a_version_shares_what_it_did_not_change() {
    let before = knowledge();
    let mut after = before.clone();
    after.learn(example("rank the hats", "sum", Origin::File));
    let same = before.examples.iter().zip(&after.examples).all(|(a, b)| std::sync::Arc::ptr_eq(a, b));
    assert!(same && after.examples.len() == before.examples.len() + 1);
}

#[test]
fn the_quick_choice_is_the_decision() {
    let known = knowledge();
    for one in &known.examples {
        let features = Features::new(&one.text, &one.vector);
        let decision = decide("learned", &known, &one.text);
        let (chosen, sure) = crate::router::learned::choice(&known, &cards(), &features);
        assert_eq!((chosen, sure), (decision.chosen, decision.confidence), "{}", one.text);
    }
}

#[test]
fn large_groups_are_searched_by_their_cells() {
    let texts: Vec<String> =
        (0..900).map(|at| format!("word{} thing{} item{at}", at % 30, at % 17)).collect();
    let all = texts.iter().map(|text| example(text, "sort", Origin::File)).collect();
    let known = Knowledge::fit(all, BTreeMap::new(), "person", 0);
    let near = |vector: &[f32]| {
        let cosines = known.examples.iter().map(|one| dot(&one.vector, vector));
        cosines.fold(f32::NEG_INFINITY, f32::max)
    };
    let found = texts.iter().filter(|text| {
        let vector = vector(&format!("{text} more"));
        known.nearest("sort", &vector).unwrap().1 >= near(&vector) - 1e-5
    });
    let found = found.count();
    assert!(850 <= found, "{found} of 900 found the very nearest");
}

#[test]
fn a_new_expert_is_learned_in_place() {
    let mut knowledge = knowledge();
    for text in ["paint it red", "paint it blue", "paint it green"] {
        knowledge.learn(example(text, "brush", Origin::File));
    }
    let features = Features::new("paint it white", &vector("paint it white"));
    let logits = knowledge.by_category(&["sort", "sum", "tell", "person", "brush"], &features);
    assert!(logits[..4].iter().all(|other| *other < logits[4]), "{logits:?}");
}

#[test]
fn vectors_of_another_embedding_model_are_told() {
    let check = |learned: &str, now: Option<&str>, told: Option<&str>| {
        let version = Knowledge { embedding: learned.to_owned(), version: 3, ..knowledge() };
        let read = Knowledge::from_text(&version.to_text()).unwrap();
        assert_eq!(read.embedding, learned);
        let why = read.is_of_another_model(now.map(str::to_owned).as_ref());
        assert_eq!(why.is_some(), told.is_some(), "{why:?}");
        assert!(told.is_none_or(|told| why.unwrap().contains(told)));
    };
    check("", Some("bb"), None);
    check("aa", None, None);
    check("aa", Some("aa"), None);
    check(
        "aa",
        Some("bb"),
        Some("version 3 of what routers learned is of another embedding model (aa, now bb)"),
    );
}

#[test]
fn nothing_learned_or_a_useless_reply_is_said() {
    fn scene<'a>(
        cards: &'a [ExpertCard],
        knowledge: &'a Knowledge,
        reply: Option<&'a Answer>,
    ) -> RouteScene<'a> {
        RouteScene { task: "sort", tag: None, cards, reply, knowledge }
    }
    let (cards, empty) = (cards(), Knowledge::default());
    let known = knowledge();
    for name in LEARNING.into_iter().filter(|name| *name != "embedding") {
        let RouteNext::Decide(decision) = router(name).unwrap().route(&scene(&cards, &empty, None)) else {
            panic!("{name} asks although nothing was learned")
        };
        assert!(decision.candidates[0].reason.contains("nothing was learned yet"), "{name}");
        let asked = router(name).unwrap().route(&scene(&cards, &known, None));
        assert_eq!(asked, RouteNext::Ask(Request::Embed { texts: vec!["sort".to_owned()] }), "{name}");
        for scores in [vec![], vec![f32::NAN; WIDTH], vec![1.0; 3]] {
            let reply = Answer { scores, ..Answer::default() };
            let RouteNext::Decide(decision) =
                router(name).unwrap().route(&scene(&cards, &known, Some(&reply)))
            else {
                panic!("{name} asks twice")
            };
            assert!(decision.candidates[0].reason.contains("usable scores"), "{name}: {decision:?}");
        }
    }
}

#[test]
fn what_is_written_is_read_bit_for_bit() {
    let knowledge = knowledge();
    let text = knowledge.to_text();
    let read = Knowledge::from_text(&text).unwrap();
    assert_eq!(read.to_text(), text);
    for name in LEARNING {
        assert_eq!(decide(name, &read, "sort the lamps"), decide(name, &knowledge, "sort the lamps"));
    }
    for (from, to) in
        [("\"form\":2", "\"form\":9"), ("\"width\":16", "\"width\":15"), ("\"dense\":\"", "\"dense\":\"zz")]
    {
        assert!(Knowledge::from_text(&text.replacen(from, to, 1)).is_err(), "{to}");
    }
    assert!(Knowledge::from_text("").is_err());
}

#[test]
fn the_same_examples_give_the_same_weights() {
    assert_eq!(knowledge().to_text(), knowledge().to_text());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_text_is_decided(text in "\\PC{0,60}", noise in prop::collection::vec(-2.0_f32..2.0, WIDTH)) {
        let (cards, knowledge) = (cards(), knowledge_once());
        let reply = Answer { scores: noise, ..Answer::default() };
        for name in LEARNING {
            let scene = RouteScene { task: &text, tag: None, cards: &cards, reply: Some(&reply), knowledge };
            let RouteNext::Decide(decision) = router(name).unwrap().route(&scene) else { panic!() };
            prop_assert!(decision.candidates.iter().all(|one| one.score.is_finite()), "{name}");
            prop_assert_eq!(&decision.chosen, &decision.candidates[0].expert);
        }
    }
}

fn knowledge_once() -> &'static Knowledge {
    static ONCE: std::sync::LazyLock<Knowledge> = std::sync::LazyLock::new(knowledge);
    &ONCE
}
