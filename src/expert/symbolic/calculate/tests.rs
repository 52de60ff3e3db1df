//! Examples and laws for `expert::symbolic::calculate`.

use crate::expert::ExpertError;
use crate::expert::symbolic::compute;
use proptest::prelude::*;

fn check(cases: &[(&str, &str)]) {
    for (question, expected) in cases {
        assert_eq!(compute("calculate", question).as_deref(), Ok(*expected), "{question}");
    }
}

fn refused(question: &str, why: &str) {
    match compute("calculate", question) {
        Err(ExpertError::Question(told)) => assert!(told.contains(why), "{question}: {told}"),
        other => panic!("{question}: {other:?}"),
    }
}

#[test]
fn calculates_exactly() {
    check(&[
        ("((-1 + 2 + 9 * 5) - (-2 + -4 + -4 * -7)) =", "24"),
        ("What is 0.1 + 0.2?", "0.3"),
        ("1/3", "1/3 (about 0.3333333333)"),
        ("-2/3", "-2/3 (about -0.6666666667)"),
        ("2/3 * 3", "2"),
        ("1/8", "0.125"),
        ("10 / 4", "2.5"),
        ("2^10", "1024"),
        ("2**-2", "0.25"),
        ("-2^2", "-4"),
        ("2^3^2", "512"),
        ("(-1)^99999999999999999999", "-1"),
        ("(2/3)^-2", "2.25"),
        ("1,234,567.5 * 2", "2469135"),
        ("1e3 + 2.5e-1", "1000.25"),
        ("17 % 5", "2"),
        ("-7 mod 3", "2"),
        ("3 × 4 ÷ 2 − 1", "5"),
        ("3x4", "12"),
        ("$5 + $2.50", "7.5"),
        ("1 - 1", "0"),
        ("100000000000000000000 * 100000000000000000000", "10000000000000000000000000000000000000000"),
    ]);
}

#[test]
fn reads_words() {
    check(&[
        ("What is 12 divided by 5?", "2.4"),
        ("How much is three times twenty-one?", "63"),
        ("What is two hundred and five plus one thousand?", "1205"),
        ("Calculate 15% of 80.", "12"),
        ("What is 20 percent of 45?", "9"),
        ("20%", "0.2"),
        ("5% + 3%", "0.08"),
        ("half of 9", "4.5"),
        ("3 squared plus 4 squared", "25"),
        ("What is 2 to the power of 5?", "32"),
        ("What is minus 3 times minus 4?", "12"),
        ("What is the sum of 3, 4 and 5?", "12"),
        ("the sum of 1,000 and 5", "1005"),
        ("What is the sum of [1, 2, 3]?", "6"),
        ("What is the sum of [\"1\", \"2\"]?", "3"),
        ("the product of 3 and 4", "12"),
        ("What is the difference between 10 and 4?", "6"),
        ("the average of [3, 4, 8]", "5"),
        ("What is the largest number in [3, 11, 8]?", "11"),
        ("Subtract 3 from 10", "7"),
        ("Divide 9 by 2", "4.5"),
        ("Add 3 and 4.", "7"),
    ]);
}

#[test]
fn says_why_not() {
    refused("1 / 0", "division by zero");
    refused("1 / (2 - 2)", "division by zero");
    refused("5 mod 0", "division by zero");
    refused("0^-1", "division by zero");
    refused("2^0.5", "whole exponent");
    refused("10^100001", "100,000 digits");
    refused("9^9^9", "100,000 digits");
    refused("(3 + 4", "opened at character 1");
    refused("3 + 4)", "never opened");
    refused("3 +", "missing at the end");
    refused("3 4", "operator is missing");
    refused("3,5 + 1", "comma");
    refused("100 + 20%", "two meanings");
    refused("3 apples + 2", "`apples` is no part of a calculation; write numbers in digits");
    refused("x + 2", "missing");
    refused(&"(".repeat(5_000), "nested more than 200 deep");
    refused("What is the difference between 1, 2 and 3?", "two numbers");
}

#[test]
fn long_results_are_whole() {
    let answer = compute("calculate", "7^100000").unwrap();
    assert_eq!(answer.len(), 84_510);
    assert_eq!(compute("calculate", "10^99999 - 10^99999 + 1").as_deref(), Ok("1"));
    let tail = compute("calculate", "0.5^1000").unwrap();
    assert_eq!(tail.len(), 1002);
    assert_eq!(compute("calculate", "0.5^100000").unwrap().len(), 100_002);
}

proptest! {
    #[test]
    fn agrees_with_machine_integers(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000, c in 1_i64..1000) {
        let asked = format!("({a} + {b}) * {c} - {b}");
        prop_assert_eq!(compute("calculate", &asked).unwrap(), ((a + b) * c - b).to_string());
    }

    #[test]
    fn division_undoes_multiplication(a in -100_000_i64..100_000, b in 1_i64..100_000) {
        let asked = format!("{a} / {b} * {b}");
        prop_assert_eq!(compute("calculate", &asked).unwrap(), a.to_string());
    }
}
