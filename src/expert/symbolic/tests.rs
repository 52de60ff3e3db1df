//! Questions and answers of all functions, as data: `function | question | answer`.

use super::*;
use proptest::prelude::*;

mod hostile;

fn check(function: &str, cases: &[(&str, &str)]) {
    for (question, expected) in cases {
        assert_eq!(compute(function, question).as_deref(), Ok(*expected), "{function}: {question}");
    }
}

fn refused(function: &str, question: &str, why: &str) {
    match compute(function, question) {
        Err(ExpertError::Question(told)) => assert!(told.contains(why), "{function}: {question}: {told}"),
        other => panic!("{function}: {question}: {other:?}"),
    }
}

#[test]
fn splits_into_words_letters_and_items() {
    check(
        "split",
        &[
            ("What are the words in \"Grace Brewster Hopper\"?", r#"["Grace", "Brewster", "Hopper"]"#),
            ("What are the letters in \"Zoë\"?", r#"["Z", "o", "ë"]"#),
            ("What are the letters in \"e\u{301}a\"?", "[\"e\u{301}\", \"a\"]"),
            ("What are the letters and their positions in \"Ada\"?", "[(A, 1), (d, 2), (a, 3)]"),
            ("what are the words and their positions in 'Grace Hopper'.", "[(Grace, 1), (Hopper, 2)]"),
            ("What are the words in Grace Hopper?", r#"["Grace", "Hopper"]"#),
            ("What are the letters of the word \"it's\"?", r#"["i", "t", "'", "s"]"#),
            ("What are the items in \"alarm clock, pen, and cup\"?", r#"["alarm clock", "pen", "cup"]"#),
            ("Split \"a-b-c\" by \"-\".", r#"["a", "b", "c"]"#),
            ("Split \"x;y\" on a semicolon", r#"["x", "y"]"#),
            ("Split the word \"cat\" into letters", r#"["c", "a", "t"]"#),
            ("What are the sentences in \"One came. Two left!\"?", r#"["One came.", "Two left!"]"#),
            ("What are the lines in \"a b\nc\"?", r#"["a b", "c"]"#),
            (
                "What are the words in \"He said \"hi there\" twice\"?",
                r#"["He", "said", "hi", "there", "twice"]"#,
            ),
            ("What are the words in \"\"?", "[]"),
        ],
    );
    refused("split", "What is the weather?", "it knows What are the words in");
}

#[test]
fn finds_letters_and_words_by_position() {
    check(
        "str_position",
        &[
            ("What is the letter at position 2 of the word \"Grace\"?", "r"),
            ("What is the last letter of the word \"Hopper\"?", "r"),
            ("What is the last letter in \"Zoe\u{308}\"?", "e\u{308}"),
            ("What is the letter at position 3 in \"Hopper\"?", "p"),
            ("What is the word at the position 2 in \"green ideas sleep\"?", "ideas"),
            ("What is the third letter in \"Hopper\"?", "p"),
            ("What is the 2nd letter of Hopper?", "o"),
            ("What is the second to last letter of \"Hopper\"?", "e"),
            ("What is the third letter from the end of \"Hopper\"?", "p"),
            ("What are the first two letters of \"Hopper\"?", "Ho"),
            ("What is the last word in \"green ideas sleep\"?", "sleep"),
            ("What is the last letter in [\"Grace\", \"Hopper\"]?", r#"["e", "r"]"#),
            ("What are the letters at position 1 of the words in \"Grace Hopper\"?", r#"["G", "H"]"#),
        ],
    );
    refused("str_position", "What is the letter at position 9 of \"Ada\"?", "there are 3 letters");
    refused("str_position", "What is the letter at position 0 of \"Ada\"?", "counted from 1");
    refused("str_position", "What are the first and last letters of \"Ada\"?", "more than one place");
    refused(
        "str_position",
        "Take the last letters of the words in \"A B\" and concatenate them.",
        "two steps",
    );
}

#[test]
fn finds_elements_by_position() {
    check(
        "arr_position",
        &[
            ("What is at position 2 in \"[(\"green\", 1), (\"ideas\", 2)]\"?", "ideas"),
            ("What is at the last position in \"[(A, 1), (d, 2)]\"?", "d"),
            ("What is at last position in [(Grace, 1), (Hopper, 2)]?", "Hopper"),
            ("What is at the position 1 in \"[(,, 1), (b, 2)]\"?", ","),
            ("What is the last letter in \"[(M, 1), (a, 2)]\"?", "a"),
            ("What is at position three in [\"a\", \"b\", \"c\"]?", "c"),
            ("What is the second item of [10, 20]", "20"),
            ("What is at position 2 in \"pen, alarm clock, cup\"?", "alarm clock"),
        ],
    );
    refused("arr_position", "What is at position 5 in [\"a\"]?", "there are 1 items");
    refused("arr_position", "What is at position 1 in []?", "there are 0 items");
}

#[test]
fn merges_with_separators() {
    check(
        "merge",
        &[
            ("Concatenate [\"A\", \"d\", \"a\"].", "Ada"),
            ("Concatenate [\"b\", \"x\"] using a space.", "b x"),
            ("Concatenate [\"b\", \"x\"] using a comma.", "b,x"),
            ("Concatenate [\"b\", \"x\"] using a semi-colon.", "b;x"),
            ("Concatenate [b, x] using a hyphen", "b-x"),
            ("Concatenate [\"b\", \"x\"] using nothing.", "bx"),
            ("Concatenate [\"b\", \"x\"] with a comma and a space between them", "b, x"),
            ("Concatenate [\"b\", \"x\"] using \" + \".", "b + x"),
            ("Concatenate \"b\", \"x\" and \"y\" using a dash", "b-x-y"),
            ("Concatenate [\"Tom\", \"Ann\"] with and", "Tom and Ann"),
            ("Concatenate [(b, 1), (x, 2)]", "bx"),
        ],
    );
    refused("merge", "Concatenate [\"b\"] using a walrus.", "which separator");
}

#[test]
fn reverses_sequences_lists_and_letters() {
    check(
        "reverse",
        &[
            ("Reverse the sequence \"pen, alarm clock, cup\".", "cup, alarm clock, pen"),
            ("Reverse the sequence \"identity card\".", "identity card"),
            ("Reverse the sequence pen, cup.", "cup, pen"),
            ("Reverse the sequence 1 2 3", "3 2 1"),
            ("Reverse [\"a\", 2]", r#"[2, "a"]"#),
            ("Reverse the letters of \"Zoe\u{308}\".", "e\u{308}oZ"),
            ("Reverse the word stressed.", "desserts"),
            ("Reverse the words in \"green ideas sleep\".", "sleep ideas green"),
        ],
    );
}

#[test]
fn removes_numbers_and_joins() {
    check(
        "remove_numbers",
        &[
            ("Remove the numbers from \"2. pen, 1. alarm clock\".", "pen, alarm clock"),
            ("Remove the numbers from \"1. 3.5 mm plug, 2. cup\".", "3.5 mm plug, cup"),
            ("Remove the numbers from \"1) pen\n2) cup\".", "pen\ncup"),
            ("Remove the numbers from 1. pen, 2. cup.", "pen, cup"),
            ("Remove the numbers from [(A, 1), (d, 2)]", r#"["A", "d"]"#),
            ("Remove the numbers from \"pen 12, 3 cups and 4.5 plates\"", "pen, cups and plates"),
            ("Remove the digits from \"a1b2\"", "ab"),
        ],
    );
    check(
        "join",
        &[
            ("\"pen, cup\" \"alarm clock\".", "pen, cup, alarm clock"),
            ("\"pen\" \"cup\" \"bin\"", "pen, cup, bin"),
            ("Join [\"a\"] and [\"b\", 3]", r#"["a", "b", 3]"#),
            ("Join \"a, b\" and [\"c\"].", r#"["a", "b", "c"]"#),
            ("Join \"a\" and \"b\" using a semicolon", "a;b"),
        ],
    );
    refused("join", "pen, cup alarm clock", "in quotes or brackets");
}

#[test]
fn counts() {
    check(
        "count",
        &[
            ("How many words are in \"green ideas sleep\"?", "3"),
            ("How many letters are in \"O'Neil\"?", "5"),
            ("How many characters does \"a b\" have?", "3"),
            ("How many items are in [\"a\", [1, 2], \"c\"]?", "3"),
            ("How many items are in \"pen, alarm clock\"?", "2"),
            ("How many times does \"a\" occur in \"banana\"?", "3"),
            ("How many times does the word \"cat\" occur in \"A cat, a catalogue, a cat.\"?", "2"),
            ("Count the occurrences of \"a\" in [\"a\", \"b\", \"A\"]", "2"),
            ("How many r's are in strawberry?", "3"),
            ("How many letters are in the word Mississippi?", "11"),
        ],
    );
}

#[test]
fn sorts() {
    check(
        "sort",
        &[
            ("Sort the words alphabetically: \"thrill barn onus\"", "barn onus thrill"),
            ("Sort the following words alphabetically: List: thrill barn onus", "barn onus thrill"),
            ("Sort the following words alphabetically: List: yes from by an", "an by from yes"),
            ("Sort the words pear fig kiwi from longest to shortest", "pear kiwi fig"),
            ("Sort \"pen, alarm clock, Cup\" alphabetically.", "alarm clock, Cup, pen"),
            ("Sort [10, 9, 2.5]", "[2.5, 9, 10]"),
            ("Alphabetise: thrill barn onus", "barn onus thrill"),
            ("Alphabetize the following list: thrill barn onus.", "barn onus thrill"),
            ("Alphabetize \"thrill, barn\"", "barn, thrill"),
            ("Alphabetise [10, 9]", "[10, 9]"),
            ("Put the words thrill barn onus in alphabetical order", "barn onus thrill"),
            ("Put thrill barn onus into alphabetical order.", "barn onus thrill"),
            ("Put [3, 10, 2] in order, largest first", "[10, 3, 2]"),
            ("Arrange the words thrill barn onus from Z to A", "thrill onus barn"),
            ("Rank [1.5, 20, 3] from biggest to smallest", "[20, 3, 1.5]"),
            ("Sort [10, 9, 2.5] alphabetically", "[10, 2.5, 9]"),
            ("Sort the numbers \"3, -1, 1e2\" in descending order.", "1e2, 3, -1"),
            ("Sort [\"pear\", \"fig\", \"kiwi\"] by length", r#"["fig", "pear", "kiwi"]"#),
            ("Sort [\"pear\", \"fig\", \"kiwi\"] from longest to shortest", r#"["pear", "kiwi", "fig"]"#),
        ],
    );
    refused("sort", "Sort [\"a\", 2] numerically", "not every item is a number");
}

#[test]
fn looks_up() {
    check(
        "lookup",
        &[
            (r#"What is the value of "b" in {"a": 1, "b": [2, 3]}?"#, "[2,3]"),
            (r#"What is the value of a.b in {"a": {"b": "deep"}}?"#, "deep"),
            (r#"What is the year in {"title": "Zalate", "Year": 1964}?"#, "1964"),
            ("Look up \"capital\" in \"country: France; capital: Paris.\"", "Paris"),
            ("Look up award in: movie: Zalate; award: Erowid; award: Handt", r#"["Erowid", "Handt"]"#),
            ("What is the price of tea in \"item | price\ncoffee | 3\ntea | 2\"?", "2"),
            ("Look up the row \"tea\" in \"item,price\ncoffee,3\ntea,2\"", r#"{"item":"tea","price":"2"}"#),
            (r#"What is the "price" of "tea" in [{"item": "tea", "price": 2}]?"#, "2"),
            ("What is the value of d in [(A, 1), (d, 2)]?", "2"),
        ],
    );
    refused("lookup", r#"What is the value of "c" in {"a": 1}?"#, "there is no `c`; there are: a");
}

#[test]
fn unknown_functions_are_named() {
    assert!(
        matches!(compute("splat", "x"), Err(ExpertError::Missing(why)) if why.contains("there are split"))
    );
    let ask = Ask::local("merge", Request::Compute { question: "Concatenate [a, b]".into() });
    assert_eq!(Symbolic.answer(&ask, &mut (), &Control::default()).unwrap().text, "ab");
}

proptest! {
    #[test]
    fn reversing_twice_gives_the_sequence(items in prop::collection::vec("[a-z]{1,6}( [a-z]{1,6})?", 1..8)) {
        let sequence = items.join(", ");
        prop_assume!(!sequence.contains("and "));
        let once = compute("reverse", &format!("Reverse the sequence \"{sequence}\".")).unwrap();
        let twice = compute("reverse", &format!("Reverse the sequence \"{once}\".")).unwrap();
        prop_assert_eq!(twice, sequence);
    }

    #[test]
    fn split_and_merge_undo_each_other(word in "[A-Za-zäöüé]{1,12}") {
        let letters = compute("split", &format!("What are the letters in \"{word}\"?")).unwrap();
        prop_assert_eq!(compute("merge", &format!("Concatenate {letters}.")).unwrap(), word);
    }
}
