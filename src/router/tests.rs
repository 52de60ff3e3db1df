//! Each router on the shipped cards; model replies are scripted.

use super::*;
use crate::ask::Prompt;
use crate::expert::roster::Roster;

const CASES: &[(&str, &str)] = &[
    ("What are the words in \"Grace Brewster Hopper\"?", "split"),
    ("What are the letters and their positions in \"Hopper\"?", "split"),
    ("What are the letters in \"Grace\"?", "split"),
    ("Split \"green ideas sleep\" into words", "split"),
    ("What is the last letter in \"Hopper\"?", "str_position"),
    ("What is the letter at position 3 of the word \"Grace\"?", "str_position"),
    ("What is the word at the position 2 in \"green ideas sleep\"?", "str_position"),
    ("What is at position 3 in \"[(G, 1), (r, 2), (a, 3)]\"?", "arr_position"),
    ("What is at the last position in [(G, 1), (r, 2)]?", "arr_position"),
    ("What is the second element of [\"pen\", \"cup\"]?", "arr_position"),
    ("Concatenate [\"e\", \"r\", \"r\"] using a space.", "merge"),
    ("Concatenate [\"Grace\", \"Hopper\"].", "merge"),
    ("Concatenate [\"y\", \"y\", \"s\"] using a semi-colon.", "merge"),
    ("Reverse the sequence \"alarm clock, purse, umbrella, case\".", "reverse"),
    ("Reverse the list [\"a\", \"b\"]", "reverse"),
    ("Remove the numbers from \"2. pen, 1. cup\".", "remove_numbers"),
    ("Remove all digits from \"r2d2\".", "remove_numbers"),
    ("\"pen, cup\" \"alarm clock, case\".", "join"),
    ("Join \"pen, cup\" and \"bin\".", "join"),
    ("How many letters are in \"Grace\"?", "count"),
    ("How many times does \"s\" occur in \"Mississippi\"?", "count"),
    ("Count the items in [\"a\", \"b\", \"c\"].", "count"),
    ("Sort the following words alphabetically: List: onus barn same", "sort"),
    ("Sort [5, 3, 9] in ascending order", "sort"),
    ("What is the value of \"year\" in {\"title\": \"Alien\", \"year\": 1979}?", "lookup"),
    ("Look up \"price\" in \"item: tea; price: 3\".", "lookup"),
    ("((6 * -6 * 8 * 1) * (-1 * 7 * -6 + -2)) =", "calculate"),
    ("What is 25% of 60?", "calculate"),
    ("What is 17 times 23?", "calculate"),
    ("How many days are between 2023-01-05 and 2023-03-01?", "date"),
    ("What date is 3 weeks after June 3, 2021?", "date"),
    ("What day of the week was 1 May 1999?", "date"),
    ("Who painted the Mona Lisa?", "answer"),
    ("Where was Alan Turing born?", "answer"),
    ("According to the passage, which movies were directed by Sapien?", "extract"),
    ("Summarise the following report in two sentences.", "summarise"),
    ("Sam has 4 balls and gives 2 to Tom. How many balls does he have now? Think step by step.", "cot"),
    ("Which of the hotels do you prefer to book?", "person"),
    (
        "Take the letters at position 2 of the words in \"Grace Hopper\" and concatenate them using a space.",
        "decompose",
    ),
];

/// Decides on the shipped cards, and checks what holds for every decision.
fn decide(router: &str, task: &str, tag: Option<&str>, reply: Option<&Answer>) -> Decision {
    let roster = Roster::default();
    let scene = RouteScene { task, tag, cards: roster.cards(), reply, knowledge: &Knowledge::default() };
    match super::router(router).unwrap().route(&scene) {
        RouteNext::Decide(decision) => {
            assert_eq!(decision.candidates.len(), roster.cards().len(), "all candidates are kept");
            assert_eq!(decision.chosen, decision.candidates[0].expert);
            assert!(decision.candidates.windows(2).all(|pair| pair[0].score >= pair[1].score), "best first");
            assert!((0.0..=1.0).contains(&decision.confidence) && decision.margin >= 0.0);
            assert!(decision.candidates.iter().all(|candidate| !candidate.reason.is_empty()));
            decision
        }
        RouteNext::Ask(request) => panic!("{router} asks {request:?}"),
    }
}

#[test]
fn words_find_the_expert() {
    let mut wrong = Vec::new();
    for (task, expected) in CASES {
        let decision = decide("lexical", task, None, None);
        if decision.chosen != *expected {
            let first = &decision.candidates[0];
            wrong.push(format!("{task}: {} ({}), not {expected}", first.expert, first.reason));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), CASES.len());
}

#[test]
fn a_task_in_unknown_words_goes_to_the_first_prompt() {
    let decision = decide("lexical", "Xyzzy plugh?", None, None);
    assert_eq!(decision.chosen, "answer");
    assert!(decision.confidence < 0.1);
    assert!(decision.candidates[0].reason.starts_with("no card has words in common"));
}

#[test]
fn a_tag_is_taken_and_a_wrong_one_is_said() {
    let task = "What are the words in \"Grace Hopper\"?";
    let check = |tag: Option<&str>, chosen: &str, confidence: Option<f32>, reason: &str| {
        let decision = decide("tag", task, tag, None);
        assert_eq!(decision.chosen, chosen, "{tag:?}");
        assert!(
            confidence.is_none_or(|expected| decision.confidence == expected),
            "{tag:?}: {}",
            decision.confidence
        );
        let told = &decision.candidates[0].reason;
        assert!(told.contains(reason), "{tag:?}: {told}");
    };
    check(Some("merge"), "merge", Some(1.0), "named by the decomposition");
    check(Some("Remove-Numbers"), "remove_numbers", Some(1.0), "named by the decomposition");
    check(Some("person"), "person", Some(1.0), "named by the decomposition");
    check(
        Some("splitter"),
        "split",
        Some(0.0),
        "the decomposition names `splitter`, which is no expert, so by words",
    );
    check(Some(" "), "split", None, "names no expert, so by words");
    check(None, "split", None, "names no expert, so by words");
}

/// The texts that the embedding router asks for, and a reply with `near` scores for the examples that contain a word.
fn similar(near: &[(&str, f32)]) -> Answer {
    let roster = Roster::default();
    let scene = RouteScene {
        task: "x",
        tag: None,
        cards: roster.cards(),
        reply: None,
        knowledge: &Knowledge::default(),
    };
    let RouteNext::Ask(Request::Similar { text, examples }) = router("embedding").unwrap().route(&scene)
    else {
        panic!("it asks for similarities");
    };
    assert_eq!(text, "x");
    let all: usize = roster.cards().iter().map(|card| card.examples.len()).sum();
    assert_eq!(examples.len(), all);
    let score = |example: &String| {
        near.iter().find(|(part, _)| example.contains(part)).map_or(0.1, |(_, score)| *score)
    };
    Answer { scores: examples.iter().map(score).collect(), ..Answer::default() }
}

#[test]
fn meaning_goes_by_the_two_nearest_examples() {
    let one_lucky = similar(&[("banana", 0.9), ("Concatenate", 0.7)]);
    let decision = decide("embedding", "x", None, Some(&one_lucky));
    assert_eq!(decision.chosen, "merge");
    assert!(decision.candidates[0].reason.starts_with("nearest example, at 0.70: Concatenate ["));
    assert!(decision.confidence > 0.9);

    let a_little_personal = similar(&[("approve", 0.6), ("budget", 0.6), ("Concatenate", 0.5)]);
    let decision = decide("embedding", "x", None, Some(&a_little_personal));
    assert_eq!(decision.chosen, "merge");
    let person = decision.candidates.iter().find(|candidate| candidate.expert == "person").unwrap();
    assert!(person.reason.contains("held back, as a person costs time"));

    let clearly_personal = similar(&[("approve", 0.9), ("budget", 0.8), ("Concatenate", 0.5)]);
    assert_eq!(decide("embedding", "x", None, Some(&clearly_personal)).chosen, "person");
}

#[test]
fn likelihood_is_taken_per_letter() {
    let roster = Roster::default();
    let scene = RouteScene {
        task: "Join\nthem",
        tag: None,
        cards: roster.cards(),
        reply: None,
        knowledge: &Knowledge::default(),
    };
    let RouteNext::Ask(Request::Score { prompt: Prompt::Raw(prompt), continuations }) =
        router("likelihood").unwrap().route(&scene)
    else {
        panic!("it asks for scores");
    };
    assert!(prompt.ends_with("Task: Join them\nExpert:"), "{prompt}");
    assert!(prompt.len() < 8_000, "{} bytes", prompt.len());
    assert_eq!(continuations[0], " split");
    let reply = |of: &dyn Fn(&str) -> f32| Answer {
        scores: continuations.iter().map(|name| of(name.trim())).collect(),
        ..Answer::default()
    };
    // Ten nats for fourteen letters are better than six for four.
    let scores = reply(&|name| match name {
        "remove_numbers" => -10.0,
        "join" => -6.0,
        _ => -30.0,
    });
    let decision = decide("likelihood", "x", None, Some(&scores));
    assert_eq!(decision.chosen, "remove_numbers");
    assert!(decision.candidates[0].reason.starts_with("log-probability of the name -10.00"));
    let impossible = reply(&|name| if name == "sort" { -1.0 } else { f32::NEG_INFINITY });
    let decision = decide("likelihood", "x", None, Some(&impossible));
    assert_eq!(decision.chosen, "sort");
    assert!(decision.candidates.iter().all(|candidate| candidate.score.is_finite()));
}

#[test]
fn a_useless_reply_is_said_and_words_decide() {
    let task = "Concatenate [\"a\", \"b\"] using a comma.";
    let nan = |count: usize| Answer { scores: vec![f32::NAN; count], ..Answer::default() };
    for name in ["embedding", "likelihood"] {
        for reply in [Answer::default(), nan(1), nan(18), nan(100)] {
            let decision = decide(name, task, None, Some(&reply));
            assert_eq!((decision.router.as_str(), decision.chosen.as_str()), (name, "merge"));
            assert!(
                decision.candidates[0].reason.contains("usable scores"),
                "{}",
                decision.candidates[0].reason
            );
        }
    }
}

#[test]
fn without_cards_nobody_is_chosen() {
    for router in routers() {
        let reply = Answer::default();
        let scene = RouteScene {
            task: "x",
            tag: Some("split"),
            cards: &[],
            reply: Some(&reply),
            knowledge: &Knowledge::default(),
        };
        let RouteNext::Decide(decision) = router.route(&scene) else { panic!("{} asks", router.name()) };
        assert_eq!((decision.chosen.as_str(), decision.confidence), ("", 0.0), "{}", router.name());
    }
}

#[test]
fn decisions_survive_any_task() {
    for task in [
        "",
        "\u{0}",
        &"[".repeat(100_000),
        &"\"".repeat(100_000),
        &"1*".repeat(50_000),
        &"a/b/".repeat(25_000),
    ] {
        decide("lexical", task, None, None);
        decide("tag", task, Some(task), None);
    }
}
