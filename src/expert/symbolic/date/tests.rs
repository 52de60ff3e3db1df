//! Examples and laws for `expert::symbolic::date`.

use crate::expert::ExpertError;
use crate::expert::symbolic::compute;
use proptest::prelude::*;

fn check(cases: &[(&str, &str)]) {
    for (question, expected) in cases {
        assert_eq!(compute("date", question).as_deref(), Ok(*expected), "{question}");
    }
}

fn refused(question: &str, why: &str) {
    match compute("date", question) {
        Err(ExpertError::Question(told)) => assert!(told.contains(why), "{question}: {told}"),
        other => panic!("{question}: {other:?}"),
    }
}

#[test]
fn counts_between_dates() {
    check(&[
        ("How many days are there between 2024-02-28 and 2024-03-01?", "2"),
        ("How many days are between March 1, 2024 and 28 February 2024?", "2"),
        ("How many days from 03/01/2024 to 02/28/2024?", "-2"),
        ("How many weeks are there between 2024-01-01 and 2024-01-15?", "2"),
        ("How many weeks are there between 2024-01-01 and 2024-01-12?", "1 (and 4 days)"),
        ("How many years are there from 10 May 1912 to 1st of June 1954?", "42 (and 22 days)"),
        ("What is the difference between Jan 1 2024 and Feb 1 2024 in months?", "1"),
        ("How long is it from 2024-01-01 until 2024-01-31?", "30"),
        ("Which is earlier, 2024-05-01 or April 30, 2024?", "2024-04-30"),
    ]);
}

#[test]
fn adds_and_names_days() {
    check(&[
        ("What date is 30 days after 2024-02-28?", "2024-03-29"),
        ("What is the date 2 weeks before 1 January 2025?", "2024-12-18"),
        ("2024-01-31 plus 1 month", "2024-02-29"),
        ("What date is one year and 2 months after March 12th, 2023?", "2024-05-12"),
        ("Add 10 days to 12/25/2023.", "2024-01-04"),
        ("What is the day after 2024-02-28?", "2024-02-29"),
        ("What date was a week before 2024/03/01?", "2024-02-23"),
        ("What day of the week was July 4, 1976?", "Sunday"),
        ("What day was 4 July 1976?", "Sunday"),
        ("What weekday is 3 days after July 4, 1976?", "Wednesday"),
        ("Write 03/12/2024 in ISO format.", "2024-03-12"),
        ("Is 2024 a leap year?", "yes"),
        ("Is 1900 a leap year?", "no"),
        ("How many days are in February 2023?", "28"),
    ]);
}

#[test]
fn says_why_not() {
    refused("What day of the week is today?", "no clock");
    refused("What day was 2024-02-30?", "no date 2024-02-30");
    refused("What day was 13/12/2024?", "the month comes first");
    refused("What date is 99999999 years after 2024-01-01?", "calendar");
    refused("How many business days are between 2024-01-01 and 2024-02-01?", "working days");
    refused("Tell me about 2024-01-01", "it knows");
}

proptest! {
    #[test]
    fn adding_days_and_counting_them_agree(days in 0_i32..100_000, year in 1600_i16..2400, month in 1_i8..=12, day in 1_i8..=28) {
        let from = format!("{year:04}-{month:02}-{day:02}");
        let to = compute("date", &format!("What date is {days} days after {from}?")).unwrap();
        let counted = compute("date", &format!("How many days are there between {from} and {to}?")).unwrap();
        prop_assert_eq!(counted, days.to_string());
    }
}
