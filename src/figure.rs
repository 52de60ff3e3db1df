//! Numbers as people read them.

/// A number with so many digits behind the point. What rounds to nothing has no sign: a score of -0.001 is `0.00`.
pub fn fixed(value: impl Into<f64>, places: usize) -> String {
    let text = format!("{:.places$}", value.into());
    match text.strip_prefix('-') {
        Some(nothing) if nothing.bytes().all(|byte| matches!(byte, b'0' | b'.')) => nothing.to_owned(),
        _ => text,
    }
}

/// At most four digits behind the point, and none that says nothing.
pub fn short(number: f64) -> String {
    let text = fixed(number, 4);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `1 call`, `2 calls`.
pub fn counted(count: impl Into<u64>, word: &str) -> String {
    let count = count.into();
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        let told = [0_u32, 1, 2].map(|count| counted(count, "call"));
        assert_eq!(told, ["0 calls", "1 call", "2 calls"]);
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        assert_eq!([0.05, 2.0, 100.0, 0.00001].map(short), ["0.05", "2", "100", "0"]);
    }

    #[test]
    fn nothing_has_no_sign() {
        let check = |value: f64, places: usize, expected: &str| assert_eq!(fixed(value, places), expected);
        check(-0.0, 2, "0.00");
        check(-0.004, 2, "0.00");
        check(-0.4, 0, "0");
        check(-0.006, 2, "-0.01");
        check(-10.0, 1, "-10.0");
        check(0.125, 3, "0.125");
        check(f64::NAN, 2, "NaN");
        check(f64::NEG_INFINITY, 2, "-inf");
        assert_eq!(fixed(-0.0_f32, 3), "0.000");
        assert_eq!([fixed(0.1_f32, 2), fixed(2.675_f32, 2)], ["0.10", &format!("{:.2}", 2.675_f32)]);
    }
}
