//! Reads signs by precedence and calculates on the way. Percent binds first, then powers, signs, products, sums.

use super::lex::{Sign, lex};
use super::number::{Arithmetic, whole};
use crate::expert::symbolic::Trouble;
use num_rational::BigRational;

/// Brackets and powers inside one another; more would cost stack.
const MAX_DEPTH: usize = 200;

pub(super) fn evaluate(text: &str, arithmetic: &mut Arithmetic) -> Result<BigRational, Trouble> {
    let signs = lex(text, arithmetic)?;
    if signs.is_empty() {
        return Err(Trouble::Unknown);
    }
    let mut reader = Reader { signs: &signs, at: 0, depth: 0, arithmetic };
    let value = reader.sum()?;
    match signs.get(reader.at) {
        None => Ok(value.number),
        Some((at, Sign::Close)) => {
            Err(format!("the bracket closed at character {} was never opened", at + 1).into())
        }
        Some((at, _)) => {
            Err(format!("an operator is missing at character {} of the expression", at + 1).into())
        }
    }
}

struct Value {
    number: BigRational,
    /// Is nothing but `n%`.
    percent: bool,
}

fn value(number: BigRational) -> Value {
    Value { number, percent: false }
}

struct Reader<'a> {
    signs: &'a [(usize, Sign)],
    at: usize,
    depth: usize,
    arithmetic: &'a mut Arithmetic,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Sign> {
        self.signs.get(self.at).map(|(_, sign)| sign)
    }

    fn take(&mut self, sign: &Sign) -> bool {
        let found = self.peek() == Some(sign);
        self.at += usize::from(found);
        found
    }

    fn sum(&mut self) -> Result<Value, String> {
        let mut left = self.product()?;
        loop {
            let minus = match self.peek() {
                Some(Sign::Plus) => false,
                Some(Sign::Minus) => true,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.product()?;
            if right.percent && !left.percent {
                return Err(
                    "adding a percentage has two meanings; say of what it is: 100 + 20% of 100".into()
                );
            }
            let number = match minus {
                false => self.arithmetic.add(&left.number, &right.number)?,
                true => self.arithmetic.subtract(&left.number, &right.number)?,
            };
            left = Value { number, percent: left.percent && right.percent };
        }
    }

    fn product(&mut self) -> Result<Value, String> {
        let mut left = self.signed()?;
        loop {
            let sign = match self.peek() {
                Some(sign @ (Sign::Times | Sign::Over | Sign::Modulo | Sign::Percent)) => sign.clone(),
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.signed()?;
            left = value(match sign {
                Sign::Times => self.arithmetic.multiply(&left.number, &right.number)?,
                Sign::Over => self.arithmetic.divide(&left.number, &right.number)?,
                _ => self.arithmetic.modulo(&left.number, &right.number)?,
            });
        }
    }

    fn signed(&mut self) -> Result<Value, String> {
        let mut negative = false;
        loop {
            if self.take(&Sign::Minus) {
                negative = !negative;
            } else if !self.take(&Sign::Plus) {
                break;
            }
        }
        let Value { number, percent } = self.power()?;
        Ok(Value { number: if negative { -number } else { number }, percent })
    }

    fn power(&mut self) -> Result<Value, String> {
        let base = self.measured()?;
        if !self.take(&Sign::Power) {
            return Ok(base);
        }
        self.deeper()?;
        let exponent = self.signed()?;
        self.depth -= 1;
        self.arithmetic.power(&base.number, &exponent.number).map(value)
    }

    fn measured(&mut self) -> Result<Value, String> {
        let mut inner = self.atom()?;
        loop {
            let next_is_operand =
                matches!(self.signs.get(self.at + 1), Some((_, Sign::Number(_) | Sign::Open)));
            match self.peek() {
                Some(Sign::Squared) => inner = value(self.arithmetic.power(&inner.number, &whole(2))?),
                Some(Sign::Cubed) => inner = value(self.arithmetic.power(&inner.number, &whole(3))?),
                Some(Sign::PercentWord) => inner = self.percent(&inner)?,
                Some(Sign::Percent) if !next_is_operand => inner = self.percent(&inner)?,
                _ => return Ok(inner),
            }
            self.at += 1;
        }
    }

    fn percent(&mut self, inner: &Value) -> Result<Value, String> {
        Ok(Value { number: self.arithmetic.divide(&inner.number, &whole(100))?, percent: true })
    }

    fn atom(&mut self) -> Result<Value, String> {
        let Some((at, sign)) = self.signs.get(self.at) else {
            return Err("a number is missing at the end of the expression".into());
        };
        self.at += 1;
        match sign {
            Sign::Number(number) => Ok(value(number.clone())),
            Sign::Open => {
                self.deeper()?;
                let inner = self.sum()?;
                self.depth -= 1;
                if !self.take(&Sign::Close) {
                    return Err(format!("the bracket opened at character {} is never closed", at + 1));
                }
                Ok(inner)
            }
            _ => Err(format!("a number is missing at character {} of the expression", at + 1)),
        }
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!(
                "brackets and powers are nested more than {MAX_DEPTH} deep; calculate it in parts"
            ));
        }
        Ok(())
    }
}
