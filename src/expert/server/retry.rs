//! How long to wait before another try: what the server asks for, else a growing time with chance in it.

use jiff::fmt::rfc2822;
use rand_chacha::rand_core::RngCore;
use std::time::Duration;

/// Tries of one call, the first among them.
pub(super) const TRIES: u32 = 4;
/// A server that asks for more than this is not waited for: the person decides.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// What a `Retry-After` header asks for, seconds or a date; `None` for nonsense. `now` is time since 1970.
///
/// As RFC 9110 says; the older date formats that it lets a server write are not read.
pub(super) fn retry_after(header: &str, now: Duration) -> Option<Duration> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number holds is longer than anybody waits.
        return Some(Duration::from_secs(header.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let date = rfc2822::parse(header).ok()?.timestamp();
    let at = u64::try_from(date.as_second()).ok()?;
    Some(Duration::from_secs(at).saturating_sub(now))
}

/// The wait after so many failures in a row: half a second, doubled each time, and between half and all of it.
pub(super) fn backoff(failures: u32, chance: &mut impl RngCore) -> Duration {
    let whole = Duration::from_millis(500).saturating_mul(1 << failures.saturating_sub(1).min(6));
    let share = f64::from(chance.next_u32()) / f64::from(u32::MAX);
    whole.mul_f64(0.5 + 0.5 * share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    #[test]
    fn what_a_server_asks_for_is_read() {
        // 2026-11-21 08:00:00 UTC
        let now = Duration::from_secs(1_795_248_000);
        let check = |header: &str, seconds: Option<u64>| {
            assert_eq!(retry_after(header, now), seconds.map(Duration::from_secs), "{header:?}");
        };
        check("0", Some(0));
        check(" 17 ", Some(17));
        check("315360000", Some(315_360_000));
        check("99999999999999999999999999", Some(u64::from(u32::MAX)));
        check("Sat, 21 Nov 2026 08:00:30 GMT", Some(30));
        check("Sat, 21 Nov 2026 07:00:00 GMT", Some(0));
        check("Fri, 21 Nov 2036 08:00:00 GMT", Some(315_619_200));
        for nonsense in ["", "soon", "-5", "1.5", "30s", "Sat, 41 Nov 2026 08:00:30 GMT", "\u{0}"] {
            check(nonsense, None);
        }
    }

    #[test]
    fn waits_grow_and_differ() {
        let mut chance = ChaCha8Rng::seed_from_u64(7);
        for failures in 1..40 {
            let whole = Duration::from_millis(500 << (failures - 1).min(6));
            let wait = backoff(failures, &mut chance);
            assert!(whole / 2 <= wait && wait <= whole, "{failures}: {wait:?}");
        }
        let [one, other] = [1, 1].map(|failures| backoff(failures, &mut chance));
        assert_ne!(one, other);
    }
}
