//! Times as screens tell them: UTC, since the zone of the screen is nobody's to know here.

/// `10:43:12`; where that was on another day than `now`, `2026-11-20 10:43:12`. Both are milliseconds since 1970.
pub fn clock(at: u64, now: u64) -> String {
    let time = |at: u64| jiff::Timestamp::from_millisecond(i64::try_from(at).ok()?).ok();
    let Some(told) = time(at) else { return "--:--:--".to_owned() };
    let day = |time: jiff::Timestamp| time.strftime("%Y-%m-%d").to_string();
    let format = if time(now).map(day) == Some(day(told)) { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
    told.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_is_told_of_another_day() {
        let check = |at: u64, now: u64, expected: &str| assert_eq!(clock(at, now), expected);
        let day = 86_400_000;
        check(1_000, 5_000, "00:00:01");
        check(day - 1, 0, "23:59:59");
        check(day - 1, day, "1970-01-01 23:59:59");
        check(day, day - 1, "1970-01-02 00:00:00");
        check(u64::MAX, 0, "--:--:--");
    }
}
