//! Arithmetic that can not run away: every result is measured before it is computed.
//!
//! Numbers are exact fractions. Whole numbers may have 100,000 digits; real fractions a few thousand, because
//! reducing them costs the square of their length.

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Pow, Signed, ToPrimitive, Zero};

/// 100,000 decimal digits.
const MAX_BITS: u64 = 332_193;
/// About 6,000 decimal digits.
const MAX_FRACTION_BITS: u64 = 20_000;
/// Products of 64-bit words that one question may cost.
const MAX_WORK: u64 = 60_000_000;
/// Significant digits of a rounded fraction.
const ROUNDED: i64 = 10;

const TOO_LONG: &str = "the result has more than 100,000 digits, which is the limit";
const TOO_FINE: &str = "the fraction has more than 6,000 digits above and below, which is the limit";

/// Calculates, and counts what it costs.
#[derive(Default)]
pub(super) struct Arithmetic {
    spent: u64,
}

type Result<T> = std::result::Result<T, String>;

pub(super) fn whole(number: impl Into<BigInt>) -> BigRational {
    BigRational::from_integer(number.into())
}

impl Arithmetic {
    pub(super) fn add(&mut self, a: &BigRational, b: &BigRational) -> Result<BigRational> {
        if a.is_integer() && b.is_integer() {
            self.spend(words(a.numer()).max(words(b.numer())))?;
            return fits(a.numer() + b.numer()).map(whole);
        }
        let left = self.product(a.numer(), b.denom())?;
        let right = self.product(b.numer(), a.denom())?;
        let below = self.product(a.denom(), b.denom())?;
        self.reduced(left + right, below)
    }

    pub(super) fn subtract(&mut self, a: &BigRational, b: &BigRational) -> Result<BigRational> {
        self.add(a, &-b)
    }

    pub(super) fn multiply(&mut self, a: &BigRational, b: &BigRational) -> Result<BigRational> {
        let above = self.product(a.numer(), b.numer())?;
        let below = self.product(a.denom(), b.denom())?;
        self.reduced(above, below)
    }

    pub(super) fn divide(&mut self, a: &BigRational, b: &BigRational) -> Result<BigRational> {
        if b.is_zero() {
            return Err("division by zero".into());
        }
        let above = self.product(a.numer(), b.denom())?;
        let below = self.product(a.denom(), b.numer())?;
        self.reduced(above, below)
    }

    /// The remainder with the sign of `b`, as in number theory: -7 mod 3 is 2.
    pub(super) fn modulo(&mut self, a: &BigRational, b: &BigRational) -> Result<BigRational> {
        let times = self.divide(a, b).map_err(|why| why.replace("division", "remainder of a division"))?;
        self.spend(words(times.numer()) * words(times.denom()))?;
        let whole_times = whole(times.numer().div_floor(times.denom()));
        let taken = self.multiply(b, &whole_times)?;
        self.subtract(a, &taken)
    }

    pub(super) fn power(&mut self, base: &BigRational, exponent: &BigRational) -> Result<BigRational> {
        if !exponent.is_integer() {
            return Err("powers need a whole exponent; roots are not exact".into());
        }
        if base.is_zero() && exponent.is_negative() {
            return Err("division by zero: 0 to a negative power".into());
        }
        let odd = exponent.numer().is_odd();
        if exponent.is_zero()
            || base.is_one()
            || (base.is_integer() && base.numer().magnitude().is_one() && !odd)
        {
            return Ok(BigRational::one());
        }
        if base.is_zero() || (base.is_integer() && base.numer().magnitude().is_one()) {
            return Ok(base.clone());
        }
        let times = exponent.numer().magnitude().to_u32().ok_or(TOO_LONG)?;
        let bits = base.numer().bits().max(base.denom().bits());
        // A number of n bits has at least (n - 1) * times bits when raised.
        if (bits - 1).saturating_mul(u64::from(times)) > MAX_BITS {
            return Err(TOO_LONG.into());
        }
        let result_words = bits * u64::from(times) / 64 + 1;
        self.spend(result_words * result_words / 8)?;
        let (above, below) = (fits(base.numer().pow(times))?, fits(base.denom().pow(times))?);
        Ok(match (exponent.is_negative(), above.sign()) {
            (false, _) => BigRational::new_raw(above, below),
            (true, Sign::Minus) => BigRational::new_raw(-below, -above),
            (true, _) => BigRational::new_raw(below, above),
        })
    }

    /// As text: whole, as an exact decimal when it ends, else as fraction with the rounded decimal.
    pub(super) fn write(&mut self, number: &BigRational) -> Result<String> {
        if number.is_integer() {
            return Ok(number.numer().to_string());
        }
        let twos = number.denom().trailing_zeros().unwrap_or(0);
        let mut rest = number.denom() >> twos;
        let mut fives = 0_u64;
        self.spend(words(&rest).pow(2) / 16)?;
        for (block, count) in [(BigInt::from(5_u64.pow(27)), 27), (BigInt::from(5), 1)] {
            loop {
                let (quotient, left_over) = rest.div_rem(&block);
                if !left_over.is_zero() {
                    break;
                }
                rest = quotient;
                fives += count;
            }
        }
        if rest.is_one() {
            let places = twos.max(fives);
            let shifted = ten_to(places)? / number.denom() * number.numer();
            return Ok(with_point(&shifted, places));
        }
        // Each bit is 0.30103 of a digit; one too many or too few digits does no harm.
        let magnitude = (number.numer().bits() as i64 - number.denom().bits() as i64) * 30_103 / 100_000;
        let places = (ROUNDED - magnitude).clamp(0, 100_000) as u64;
        self.spend(words(number.numer()) * words(number.denom()))?;
        let double: BigInt = number.numer().abs() * ten_to(places)? * 2_u32;
        let rounded = (double + number.denom()).div_floor(&(number.denom() * 2_u32));
        let sign = if number.is_negative() { "-" } else { "" };
        let about = with_point(&rounded, places);
        Ok(format!("{}/{} (about {sign}{about})", number.numer(), number.denom()))
    }

    fn product(&mut self, a: &BigInt, b: &BigInt) -> Result<BigInt> {
        if a.bits() + b.bits() > MAX_BITS + 1 {
            return Err(TOO_LONG.into());
        }
        self.spend(words(a) * words(b))?;
        fits(a * b)
    }

    fn reduced(&mut self, above: BigInt, below: BigInt) -> Result<BigRational> {
        let (above, below) = if below.is_negative() { (-above, -below) } else { (fits(above)?, below) };
        if below.is_one() {
            return Ok(whole(above));
        }
        self.spend(words(&above) * words(&below))?;
        let (quotient, left_over) = above.div_rem(&below);
        if left_over.is_zero() {
            return Ok(whole(quotient));
        }
        if below.bits() > MAX_FRACTION_BITS {
            return Err(TOO_FINE.into());
        }
        // The common divisor takes one step per bit.
        self.spend(below.bits() * words(&below))?;
        let common = below.gcd(&left_over);
        Ok(BigRational::new_raw(above / &common, below / common))
    }

    fn spend(&mut self, work: u64) -> Result<()> {
        self.spent = self.spent.saturating_add(work + 1);
        if self.spent > MAX_WORK {
            return Err("the calculation is too long; do it in parts".into());
        }
        Ok(())
    }
}

fn words(number: &BigInt) -> u64 {
    number.bits() / 64 + 1
}

fn fits(number: BigInt) -> Result<BigInt> {
    if number.bits() > MAX_BITS { Err(TOO_LONG.into()) } else { Ok(number) }
}

fn ten_to(places: u64) -> Result<BigInt> {
    let places = u32::try_from(places).ok().filter(|places| *places <= 200_000).ok_or(TOO_LONG)?;
    Ok(BigInt::from(10).pow(places))
}

fn with_point(shifted: &BigInt, places: u64) -> String {
    let sign = if shifted.is_negative() { "-" } else { "" };
    let digits = shifted.magnitude().to_string();
    let places = usize::try_from(places).unwrap_or(0);
    // By hand, because the width of a format ends at 65,535.
    let digits = "0".repeat((places + 1).saturating_sub(digits.len())) + &digits;
    let (front, behind) = digits.split_at(digits.len() - places);
    let behind = behind.trim_end_matches('0');
    if behind.is_empty() { format!("{sign}{front}") } else { format!("{sign}{front}.{behind}") }
}

/// A number without sign at the start of the text, and its length: `1,234.5`, `.5`, `3e6`.
pub(super) fn read_number(text: &str, arithmetic: &mut Arithmetic) -> Result<(BigRational, usize)> {
    let bytes = text.as_bytes();
    let digits_from = |start: usize| bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = digits_from(0);
    let mut digits = text[..at].to_owned();
    let grouped = (1..=3).contains(&at);
    // Thousands: a comma and exactly three digits.
    while grouped && bytes.get(at) == Some(&b',') && digits_from(at + 1) == 3 {
        digits.push_str(&text[at + 1..at + 4]);
        at += 4;
    }
    let mut places = 0_i64;
    if bytes.get(at) == Some(&b'.') && digits_from(at + 1) > 0 {
        let count = digits_from(at + 1);
        let fraction = text[at + 1..at + 1 + count].trim_end_matches('0');
        digits.push_str(fraction);
        places = fraction.len() as i64;
        at += 1 + count;
        if bytes.get(at) == Some(&b'.') && digits_from(at + 1) > 0 {
            return Err("a number has one decimal point only".into());
        }
    }
    if digits.is_empty() {
        return Err("a point stands alone; write 0.5".into());
    }
    if bytes.get(at) == Some(&b'e') {
        let signed = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let count = digits_from(at + 1 + signed);
        if count > 0 {
            let exponent: i64 = text[at + 1..at + 1 + signed + count].parse().map_err(|_| TOO_LONG)?;
            places = places.saturating_sub(exponent);
            at += 1 + signed + count;
        }
    }
    if digits.len() > 100_000 || places.unsigned_abs() > 100_000 {
        return Err(TOO_LONG.into());
    }
    // Reading digits costs the square of their length.
    arithmetic.spend((digits.len() as u64 + places.unsigned_abs()).pow(2) / 700)?;
    let number = digits.parse::<BigInt>().map_err(|_| "a number can not be read")?;
    let scale = ten_to(places.unsigned_abs())?;
    let number = if places > 0 { arithmetic.reduced(number, scale)? } else { whole(fits(number * scale)?) };
    Ok((number, at))
}

/// The whole text as one number with sign (`-3.5`, `1,200`, `20%`), else `None`.
pub(in crate::expert::symbolic) fn plain_number(text: &str) -> Option<BigRational> {
    let (negative, rest) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let rest = rest.trim_start_matches(['$', '€', '£']);
    // Lists may hold thousands of numbers, so each has to be short.
    let huge = rest.len() > 400 || rest.split_once('e').is_some_and(|(_, exponent)| exponent.len() > 4);
    let starts = rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') && !huge;
    let (number, length) = starts.then(|| read_number(rest, &mut Arithmetic::default()).ok()).flatten()?;
    let number = match &rest[length..] {
        "" => number,
        "%" => number / BigInt::from(100),
        _ => return None,
    };
    Some(if negative { -number } else { number })
}
