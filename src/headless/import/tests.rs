//! Small files of every format; the large ones are counted outside the tests.

use super::*;

const LETTERS: &str = r#"{"1": {"passage": "", "qa_pairs": [
    {"question": "Take the last letters of \"Ada King\".", "answer": {"number": "", "date": {}, "spans": ["a g"]}, "words": ["Ada", "King"]},
    {"question": "And?", "answer": {"number": "", "date": {"day": "", "month": "", "year": ""}, "spans": []}, "words": []},
    {"question": 7}
]}, "2": {"passage": "Ada was born in 1815."}}"#;

const FILMS: &str = r#"{"0": {"passage": "Ada wrote Notes.", "qa_pairs": [
    {"question": "Who wrote what?", "answer": {"number": "", "date": {}, "spans": ["Ada", "Notes"]}},
    {"question": "How many?", "answer": {"number": 2, "spans": []}},
    {"question": "When?", "answer": {"number": "", "date": {"day": "10", "month": "December", "year": 1815}, "spans": []}}
]}}"#;

const SUMS: &str = "{\"question\": \"How much?\", \"answer\": \"2 * 500 = 1,000\\n#### 1,000\"}\n\n{\"question\": \"More?\", \"answer\": \"no mark\"}\n";

const OBJECTS: &str =
    "{\"canary\": \"x\", \"examples\": [{\"input\": \"How many?\", \"target\": \"8\"}, {\"input\": \"\"}]}";

const WORKED: &str = "\
What is lost?
QS: [qa] Who?
A: [\"Ada\"]
QS: (project_values_flat) [qa] What of #1 and #3?
QS: [EOQ]

A passage.
Q: Alone?
A: yes

QC: second
QS: (zip) [x] y
A: z
";

fn cases(text: &str, format: Option<Format>) -> (Vec<String>, Vec<String>, Format) {
    let imported = import(text, format).unwrap();
    let Found::Cases(cases) = imported.found else { panic!("no cases") };
    let told = cases.iter().map(json_line).collect();
    let lines = cases.iter().map(json_line).collect::<Vec<_>>().join("\n");
    assert_eq!(read_cases(&lines), Ok(cases), "eval reads what import writes");
    (told, imported.warnings, imported.format)
}

#[test]
fn data_sets_become_cases_and_bad_rows_are_named() {
    let check = |text: &str, format: Option<Format>, found: Format, expected: &[&str], warnings: &[&str]| {
        let (told, warned, format) = cases(text, format);
        assert_eq!(
            (told, warned, format),
            (
                expected.iter().map(|line| (*line).to_owned()).collect(),
                warnings.iter().map(|line| (*line).to_owned()).collect(),
                found,
            )
        );
    };
    let letters = r#"{"task":"Take the last letters of \"Ada King\".","answer":"a g"}"#;
    let bad = [
        "passage `1`, question 2: no answer; left out",
        "passage `1`, question 3: no text `question`; left out",
        "passage `2` has no list `qa_pairs`; left out",
    ];
    check(LETTERS, None, Format::Decomp, &[letters], &bad);
    check(LETTERS, Some(Format::LetterCat), Format::LetterCat, &[letters], &bad);
    let films = [
        r#"{"task":"Who wrote what?","answer":["Ada","Notes"],"context":"Ada wrote Notes."}"#,
        r#"{"task":"How many?","answer":"2","context":"Ada wrote Notes."}"#,
        r#"{"task":"When?","answer":"10 December 1815","context":"Ada wrote Notes."}"#,
    ];
    check(FILMS, None, Format::Decomp, &films, &[]);
    check(FILMS, Some(Format::Commaqa), Format::Commaqa, &films, &[]);
    let line = "line 3: no `question`, or no `answer` with `####`; left out";
    check(SUMS, None, Format::Gsm8k, &[r#"{"task":"How much?","answer":"1000"}"#], &[line]);
    let bad = "example 2: no `target`; left out";
    check(OBJECTS, None, Format::Bbh, &[r#"{"task":"How many?","answer":"8"}"#], &[bad]);
    let plain = r#"{"examples": [{"input": "x", "target": 5}, {"input": "y", "target": true}]}"#;
    let cases = [r#"{"task":"x","answer":"5"}"#, r#"{"task":"y","answer":"true"}"#];
    check(plain, Some(Format::Bbh), Format::Bbh, &cases, &[]);
}

#[test]
fn worked_decompositions_are_checked_line_by_line() {
    let imported = import(WORKED, None).unwrap();
    let Found::Worked { outlines, steps, questions } = imported.found else { panic!("no outlines") };
    assert_eq!((outlines.len(), steps, questions), (2, 3, 1));
    let first = "QC: What is lost?\n  QS: [qa] Who?\n  A: [\"Ada\"]\n  QS: (project_values_flat) [qa] What of #1 and #3?\n";
    assert_eq!(outlines[0], first);
    let starts = [
        "line 1: a goal without its mark",
        "line 4: `#3` names no task",
        "line 12: no operator is called `zip`",
    ];
    assert_eq!(imported.warnings.len(), starts.len(), "{:?}", imported.warnings);
    for (warning, start) in imported.warnings.iter().zip(starts) {
        assert!(warning.starts_with(start), "{warning}");
    }
}

/// As the README and `export` write plans: answers of tasks with parts stand below their parts.
const OUTLINE: &str = "\
QC: Take the last letters of \"Ada King\".
  QS: [split] What are the words in \"Ada King\"?
  A: [\"Ada\", \"King\"]
  QS: [decompose] What are the last letters of #1?
    QS: [str_position] What is the last letter in \"Ada\"?
    A: a
    QS: [str_position] What is the last letter in \"King\"?
    A: g
  A: a, g
  QS: [merge] Concatenate #2.
  A: a g
A: a g
";

#[test]
fn indented_steps_belong_to_their_goal() {
    let check = |text: &str, steps: usize, written: &[&str], warnings: &[&str]| {
        let imported = import(text, None).unwrap();
        let Found::Worked { outlines, steps: found, .. } = imported.found else { panic!("no outlines") };
        let written: Vec<String> = written.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!((outlines, found), (written, steps), "{text}");
        assert_eq!(imported.warnings, warnings, "{text}");
    };
    check(OUTLINE, 5, &[OUTLINE], &[]);
    let quoted: String = OUTLINE.lines().map(|line| format!("    {line}\n")).collect();
    check(&quoted, 5, &[OUTLINE], &[]);
    check(&format!("{OUTLINE}\n{OUTLINE}"), 10, &[OUTLINE, OUTLINE], &[]);
    check(
        "QC: a\n  QS: b\n  A: c\n  A: d\n",
        1,
        &["QC: a\n  QS: b\n  A: c\n  A: d\n"],
        &["line 4: an answer without a question above it"],
    );
    check(
        "QC: a\nQS: b\nQS: [EOQ]\nQS: c\n",
        1,
        &["QC: a\n  QS: b\n"],
        &["line 4: a step without a goal above it; left out"],
    );
    check(
        "QC: a\nQS: b\n\tQS: c\n\tA: d\nA: d\nQS: #1 e\n",
        3,
        &["QC: a\n  QS: b\n   QS: c\n   A: d\n  A: d\n  QS: #1 e\n"],
        &[],
    );
    check(
        "QC: a\n    QS: b\n  QS: c\n",
        2,
        &["QC: a\n    QS: b\n  QS: c\n"],
        &["line 3: indented by 2 spaces, while the lines above are by 0 spaces and 4 spaces"],
    );
}

#[test]
fn what_is_not_known_is_said_with_what_is() {
    let check = |text: &str, format: &str, why: &str| {
        let (mut out, mut narration) = (vec![], vec![]);
        let ending = import_file("f\x1b", text, format, &mut out, &mut narration).unwrap();
        let told = String::from_utf8(narration).unwrap();
        assert_eq!((ending, out.len()), (Ending::Usage, 0), "{told}");
        assert!(told.starts_with("plantern: f␛: ") && told.contains(why), "{told}");
    };
    let all = "decomp, letter_cat, reverse, commaqa, gsm8k, bbh, notation";
    check(LETTERS, "decom", "did you mean `decomp`? there are: auto, decomp");
    check("", "auto", &format!("the file is empty; the formats that are read are: {all}"));
    check("{\"a\": 1, \"b\": 2}", "auto", "a JSON object of an unknown format, with `a`, `b`; the formats");
    check("[{\"question\": \"a\"}]", "auto", "JSON of an unknown format; the formats");
    check("{\"x\": 1}\n{\"x\": 2}", "auto", "JSON lines of an unknown format");
    check("{\"task\": \"a\", \"answer\": \"b\"}", "auto", "cases already: `plantern eval` takes it");
    check(
        "{\"task\": \"a\", \"answer\": \"b\"}\n{\"task\": \"a\", \"answer\": \"b\"}",
        "auto",
        "cases already",
    );
    check("just words", "auto", "neither JSON nor a text with lines");
    check("\0\u{1}\u{2}", "auto", "neither JSON");
    check("just words", "notation", "no line is a goal");
    check("[1]", "decomp", "decomp is a JSON object of passages");
    check(FILMS, "letter_cat", "no case in it: passage `0`, question 1: no list `words`");
    check(FILMS, "reverse", "not a question of reverse");
    check(LETTERS, "commaqa", "no `passage`");
    check("{}", "bbh", "bbh has a list `examples`");
    let bbh = |target: &str| format!("{{\"examples\": [{{\"input\": \"x\", \"target\": {target}}}]}}");
    check(&bbh("[5]"), "bbh", "example 1: `target` is neither a text nor a number; left out");
    check(&bbh("\" \""), "bbh", "example 1: `target` is empty; left out");
    check(&"[".repeat(100_000), "auto", "neither JSON");
}

#[test]
fn cases_go_out_and_the_count_is_told() {
    let (mut out, mut narration) = (vec![], vec![]);
    let ending = import_file("l.json", LETTERS, "auto", &mut out, &mut narration).unwrap();
    assert_eq!((ending, String::from_utf8(out).unwrap().lines().count()), (Ending::Done, 1));
    let told = String::from_utf8(narration).unwrap();
    assert!(told.ends_with("l.json: read as decomp: 1 case, 3 warnings\n"), "{told}");
}
