//! Numbers between bounds, as regular expressions over their decimal digits.
//!
//! Digits are compared as texts, so a bound holds exactly. What is written has at most 15 digits before and 15 behind
//! the point; where a bound itself is out, few enough that no reader of doubles rounds onto it.

use std::fmt::Write;

/// Digits before and behind the point that are written.
const DIGITS: usize = 15;

/// A decimal number of at most [`DIGITS`] digits before and behind the point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    whole: i128,
    /// Digits behind the point, without zeros at the end.
    fraction: Vec<u8>,
}

/// One end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    None,
    At { at: Decimal, exclusive: bool },
}

impl Decimal {
    /// Reads a JSON number; `None` if it has too many digits.
    pub(super) fn read(text: &str) -> Option<Decimal> {
        let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i32 = exponent.parse().ok()?;
        let (negative, number) = number.strip_prefix('-').map_or((false, number), |number| (true, number));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if 64 < exponent.unsigned_abs() as usize || 64 < number.len() {
            return None;
        }
        let digits: Vec<u8> =
            whole.bytes().chain(fraction.bytes()).map(|digit| digit.wrapping_sub(b'0')).collect();
        let point = whole.len() as i32 + exponent;
        // The digit at a place; places before and behind are zeros.
        let digit = |at: i32| usize::try_from(at).ok().and_then(|at| digits.get(at)).copied().unwrap_or(0);
        let whole = (0.min(point)..point)
            .fold(0i128, |sum, at| sum.saturating_mul(10).saturating_add(digit(at).into()));
        let mut fraction: Vec<u8> = (point..(digits.len() as i32).max(point)).map(digit).collect();
        while fraction.last() == Some(&0) {
            fraction.pop();
        }
        let fits = whole < 10i128.pow(DIGITS as u32) && fraction.len() <= DIGITS;
        let zero = whole == 0 && fraction.is_empty();
        fits.then_some(Decimal { negative: negative && !zero, whole, fraction })
    }
}

impl Bound {
    /// The whole number at or inside of a lower (`side` 1) or upper (-1) bound.
    fn whole(&self, side: i128) -> i128 {
        match self {
            Bound::None => -side * (10i128.pow(DIGITS as u32) - 1),
            Bound::At { at, exclusive } => {
                let towards_zero = if at.negative { -at.whole } else { at.whole };
                match at.fraction.is_empty() {
                    true if *exclusive => towards_zero + side,
                    true => towards_zero,
                    // 2.5 as a lower bound is 3, -2.5 is -2.
                    false if at.negative == (side < 0) => towards_zero + side,
                    false => towards_zero,
                }
            }
        }
    }
}

/// The whole numbers between two bounds; `None` if there are none.
pub(super) fn integer(low: &Bound, high: &Bound) -> Option<String> {
    let (low, high) = (low.whole(1), high.whole(-1));
    let mut ways = vec![];
    if low < 0 {
        let magnitudes = whole((-high).max(1), -low);
        ways.extend(magnitudes.map(|digits| format!("-(?:{digits})")));
    }
    ways.extend(whole(low.max(0), high));
    (low <= high).then(|| any(&ways)).flatten()
}

/// The numbers between two bounds; `None` if there are none.
pub(super) fn number(low: &Bound, high: &Bound) -> Option<String> {
    if (low, high) == (&Bound::None, &Bound::None) {
        return Some(format!(
            "-?(?:0|[1-9][0-9]{{0,{}}})(?:\\.[0-9]{{1,{DIGITS}}})?(?:[eE][+-]?[0-9]{{1,2}})?",
            DIGITS - 1
        ));
    }
    // A bound that is itself out must not be met by rounding: no more than 15 digits in all.
    let digits = |bound: &Bound| match bound {
        Bound::At { at, exclusive: true } => DIGITS - at.whole.to_string().len(),
        _ => DIGITS,
    };
    let places = digits(low).min(digits(high)).max(1);
    let zero = || Edge { whole: 0, fraction: vec![], out: false };
    let most = || Edge { whole: 10i128.pow(DIGITS as u32) - 1, fraction: vec![9; DIGITS], out: false };
    let edge = |bound: &Bound| match bound {
        Bound::At { at, exclusive } => {
            Some((at.negative, Edge { whole: at.whole, fraction: at.fraction.clone(), out: *exclusive }))
        }
        Bound::None => None,
    };
    let (low, high) = (edge(low), edge(high));
    let mut ways = vec![];
    // Below zero the magnitudes run from that of the upper bound to that of the lower one.
    let from = match &high {
        Some((true, edge)) => Some(edge.clone()),
        Some((false, edge)) if edge.is_zero() => Some(edge.clone()),
        _ => Some(zero()),
    };
    let to = match &low {
        None => Some(most()),
        Some((true, edge)) => Some(edge.clone()),
        Some((false, _)) => None,
    };
    if let (Some(from), Some(to)) = (from, to) {
        ways.extend(magnitude(&from, &to, places).map(|digits| format!("-(?:{digits})")));
    }
    let from = match &low {
        Some((false, edge)) => edge.clone(),
        _ => zero(),
    };
    let to = match &high {
        None => Some(most()),
        Some((false, edge)) => Some(edge.clone()),
        Some((true, _)) => None,
    };
    ways.extend(to.and_then(|to| magnitude(&from, &to, places)));
    any(&ways)
}

/// One end of a range of numbers that are not negative.
#[derive(Clone, Debug)]
struct Edge {
    whole: i128,
    fraction: Vec<u8>,
    /// It does not belong to the range.
    out: bool,
}

impl Edge {
    fn is_zero(&self) -> bool {
        self.whole == 0 && self.fraction.is_empty()
    }
}

fn magnitude(from: &Edge, to: &Edge, places: usize) -> Option<String> {
    if to.whole < from.whole {
        return None;
    }
    let lower = Some(Tail { digits: &from.fraction, out: from.out });
    let upper = Some(Tail { digits: &to.fraction, out: to.out });
    if from.whole == to.whole {
        return fraction(lower, upper, places).map(|rest| format!("{}{rest}", from.whole));
    }
    let mut ways = vec![];
    ways.extend(fraction(lower, None, places).map(|rest| format!("{}{rest}", from.whole)));
    let between = whole(from.whole + 1, to.whole - 1);
    ways.extend(between.zip(fraction(None, None, places)).map(|(whole, rest)| format!("(?:{whole}){rest}")));
    ways.extend(fraction(None, upper, places).map(|rest| format!("{}{rest}", to.whole)));
    any(&ways)
}

/// The rest of a bound's digits behind the point.
#[derive(Clone, Copy)]
struct Tail<'a> {
    digits: &'a [u8],
    out: bool,
}

impl Tail<'_> {
    fn is_zero(&self) -> bool {
        self.digits.iter().all(|digit| *digit == 0)
    }

    fn first(&self) -> u8 {
        self.digits.first().copied().unwrap_or(0)
    }

    fn rest(self) -> Self {
        Tail { digits: self.digits.get(1..).unwrap_or_default(), ..self }
    }
}

/// Point and digits, or nothing, that lie within the tails of two bounds.
fn fraction(low: Option<Tail<'_>>, high: Option<Tail<'_>>, places: usize) -> Option<String> {
    let some = some_digits(low, high, places).map(|digits| format!("\\.{digits}"));
    match (some, ends(low, high)) {
        (Some(some), true) => Some(format!("(?:{some})?")),
        (Some(some), false) => Some(some),
        (None, true) => Some(String::new()),
        (None, false) => None,
    }
}

/// Zeros without end lie between the two.
fn ends(low: Option<Tail<'_>>, high: Option<Tail<'_>>) -> bool {
    low.is_none_or(|low| low.is_zero() && !low.out) && high.is_none_or(|high| !high.is_zero() || !high.out)
}

/// One to `left` digits between the two.
fn some_digits(low: Option<Tail<'_>>, high: Option<Tail<'_>>, left: usize) -> Option<String> {
    // Nothing is below zeros.
    let low = low.filter(|low| low.out || !low.is_zero());
    if left == 0 {
        return None;
    }
    if low.is_none() && high.is_none() {
        return Some(format!("[0-9]{{1,{left}}}"));
    }
    let mut ways = vec![];
    let mut free: Vec<u8> = vec![];
    for digit in 0..10u8 {
        let lower = match low {
            Some(low) if digit < low.first() => continue,
            Some(low) if digit == low.first() => Some(low.rest()),
            _ => None,
        };
        let upper = match high {
            Some(high) if high.first() < digit => continue,
            Some(high) if high.first() == digit => Some(high.rest()),
            _ => None,
        };
        if lower.is_none() && upper.is_none() {
            free.push(digit);
            continue;
        }
        let more = some_digits(lower, upper, left - 1);
        match (more, ends(lower, upper)) {
            (Some(more), true) => ways.push(format!("{digit}(?:{more})?")),
            (Some(more), false) => ways.push(format!("{digit}(?:{more})")),
            (None, true) => ways.push(digit.to_string()),
            (None, false) => {}
        }
    }
    if let (Some(first), Some(last)) = (free.first(), free.last()) {
        ways.push(format!("[{first}-{last}][0-9]{{0,{}}}", left - 1));
    }
    any(&ways)
}

/// The whole numbers from `low` to `high`, both at least 0, without zeros before them.
fn whole(low: i128, high: i128) -> Option<String> {
    let mut ways = vec![];
    let mut from = low;
    while from <= high {
        // As far as the number of digits stays the same.
        let digits = from.to_string();
        let to = high.min(10i128.checked_pow(digits.len() as u32).map_or(i128::MAX, |next| next - 1));
        let mut way = String::new();
        of_one_length(digits.as_bytes(), to.to_string().as_bytes(), &mut way);
        ways.push(way);
        from = to.saturating_add(1);
    }
    any(&ways)
}

fn of_one_length(low: &[u8], high: &[u8], to: &mut String) {
    let (Some((first, low)), Some((last, high))) = (low.split_first(), high.split_first()) else { return };
    let (all_low, all_high) =
        (low.iter().all(|digit| *digit == b'0'), high.iter().all(|digit| *digit == b'9'));
    let digit = char::from;
    if first == last {
        to.push(digit(*first));
        of_one_length(low, high, to);
    } else if all_low && all_high {
        let _ = write!(to, "[{}-{}]", digit(*first), digit(*last));
        if !low.is_empty() {
            let _ = write!(to, "[0-9]{{{}}}", low.len());
        }
    } else {
        let (zeros, nines) = (vec![b'0'; low.len()], vec![b'9'; low.len()]);
        let _ = write!(to, "(?:{}", digit(*first));
        of_one_length(low, &nines, to);
        if first + 1 < *last {
            let _ = write!(to, "|[{}-{}][0-9]{{{}}}", digit(first + 1), digit(last - 1), low.len());
        }
        let _ = write!(to, "|{}", digit(*last));
        of_one_length(&zeros, high, to);
        to.push(')');
    }
}

/// One of several expressions.
fn any(ways: &[String]) -> Option<String> {
    match ways {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(format!("(?:{})", many.join("|"))),
    }
}
