//! `date`: days between dates, dates plus spans, weekdays. There is no clock here: the same question always has
//! the same answer, so `today` is refused.

mod scan;

use super::Trouble;
use super::numeral::cardinal;
use crate::{figure::counted, literal::tokens};
use jiff::civil::Date;
use jiff::{Span, Unit};
use scan::{Found, scan};

pub(super) const PHRASINGS: &str = "How many days are there between 2024-03-01 and 12 April 2024? (also weeks, months, \
    years), What date is 30 days after 03/12/2024 (month first)?, What day of the week was July 4, 1976?, Is 2024 a \
    leap year?, How many days are in February 2024?";

pub(super) fn date(question: &str) -> Result<String, Trouble> {
    let lower = question.to_lowercase();
    let Found { dates, months, rest } = scan(&lower)?;
    let words: Vec<&str> = tokens(&rest).collect();
    let has = |any: &[&str]| words.iter().any(|word| any.contains(word));
    if dates.is_empty() && has(&["today", "now", "tomorrow", "yesterday", "ago"]) {
        return Err("there is no clock here, so that a run can be repeated; write the date out".into());
    }
    if has(&["business", "working", "workdays"]) {
        return Err("working days are not known here; ask for days".into());
    }
    match dates.as_slice() {
        [] if has(&["leap"]) => leap(&rest, &months),
        [] => match months.as_slice() {
            [(year, month)] if has(&["days", "long"]) => {
                let first = Date::new(*year, *month, 1).map_err(|_| "there is no such month")?;
                Ok(first.days_in_month().to_string())
            }
            _ => Err(Trouble::Unknown),
        },
        [date] => one(*date, &rest, &words),
        [from, to] => two(*from, *to, &words),
        _ => Err("ask about one or two dates at a time".into()),
    }
}

fn leap(rest: &str, months: &[(i16, i8)]) -> Result<String, Trouble> {
    let said = tokens(rest).filter(|token| token.len() == 4).find_map(|token| token.parse::<i16>().ok());
    let year = said.or_else(|| months.first().map(|(year, _)| *year)).ok_or(Trouble::Unknown)?;
    let first = Date::new(year, 1, 1).map_err(|_| "there is no such year")?;
    Ok(if first.in_leap_year() { "yes" } else { "no" }.to_owned())
}

fn one(date: Date, rest: &str, words: &[&str]) -> Result<String, Trouble> {
    let has = |any: &[&str]| words.iter().any(|word| any.contains(word));
    let weekday = has(&["weekday"]) || rest.contains("day of the week") || rest.contains("day of week");
    let back = has(&["before", "minus", "subtract", "earlier", "prior"]);
    let forth = has(&["after", "plus", "add", "later", "from", "following", "past", "since"]);
    if let Some(span) = span(words).filter(|_| back || forth)? {
        let span = if back { span.negate() } else { span };
        let there = date.checked_add(span).map_err(|_| "the result lies outside the years -9999 to 9999")?;
        return Ok(if weekday { weekday_of(there) } else { there.to_string() });
    }
    let asks_day = ["what day", "which day", "on what day"].iter().any(|said| rest.contains(said));
    if weekday || asks_day {
        return Ok(weekday_of(date));
    }
    if has(&["leap"]) {
        return Ok(if date.in_leap_year() { "yes" } else { "no" }.to_owned());
    }
    if has(&["iso", "format", "write", "yyyy-mm-dd"]) {
        return Ok(date.to_string());
    }
    Err(Trouble::Unknown)
}

fn weekday_of(date: Date) -> String {
    format!("{:?}", date.weekday())
}

/// `30 days`, `a week`, `2 months and 3 days`; the bare `day after` is one day.
fn span(words: &[&str]) -> SpanResult {
    let mut span = Span::new();
    let mut any = false;
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or("");
        let next = words.get(at + 1).copied().unwrap_or("");
        let count = match before {
            "a" | "an" => 1,
            "the" if matches!(next, "after" | "before") => 1,
            _ => match cardinal(before) {
                Some(count) => i64::try_from(count).unwrap_or(i64::MAX),
                None => continue,
            },
        };
        let longer = match *word {
            "day" | "days" => span.try_days(i64::from(span.get_days()).saturating_add(count)),
            "week" | "weeks" => span.try_weeks(i64::from(span.get_weeks()).saturating_add(count)),
            "month" | "months" => span.try_months(i64::from(span.get_months()).saturating_add(count)),
            "year" | "years" => span.try_years(i64::from(span.get_years()).saturating_add(count)),
            _ => continue,
        };
        match longer {
            Ok(longer) => span = longer,
            Err(_) => return SpanResult(Err(format!("{count} {word} lead outside the calendar"))),
        }
        any = true;
    }
    SpanResult(Ok(any.then_some(span)))
}

/// A span, none, or one too long; too long only matters when a span is asked for.
struct SpanResult(Result<Option<Span>, String>);

impl SpanResult {
    fn filter(self, keep: impl Fn(&Span) -> bool) -> Result<Option<Span>, String> {
        self.0.map(|span| span.filter(keep))
    }
}

fn two(from: Date, to: Date, words: &[&str]) -> Result<String, Trouble> {
    let has = |any: &[&str]| words.iter().any(|word| any.contains(word));
    if has(&["earlier", "first", "earliest"]) {
        return Ok(from.min(to).to_string());
    }
    if has(&["later", "last", "latest"]) {
        return Ok(from.max(to).to_string());
    }
    let unit = words.iter().find_map(|word| match *word {
        "day" | "days" => Some(Unit::Day),
        "week" | "weeks" => Some(Unit::Week),
        "month" | "months" => Some(Unit::Month),
        "year" | "years" | "old" => Some(Unit::Year),
        _ => None,
    });
    if unit.is_none() && !has(&["between", "long", "difference", "until", "time"]) {
        return Err(Trouble::Unknown);
    }
    // `between` has no direction; `from` and `to` have.
    let (from, to) = if has(&["between", "difference"]) && to < from { (to, from) } else { (from, to) };
    let unit = unit.unwrap_or(Unit::Day);
    let apart = from.until((unit, to)).map_err(|error| error.to_string())?;
    let parts = [
        (i64::from(apart.get_years()), "year"),
        (i64::from(apart.get_months()), "month"),
        (i64::from(apart.get_weeks()), "week"),
        (i64::from(apart.get_days()), "day"),
    ];
    let name = match unit {
        Unit::Year => "year",
        Unit::Month => "month",
        Unit::Week => "week",
        _ => "day",
    };
    let whole = parts.iter().find(|(_, part)| *part == name).map_or(0, |(count, _)| *count);
    let left = parts.iter().filter(|(count, part)| *part != name && *count != 0).map(|(count, part)| {
        let sign = if *count < 0 { "-" } else { "" };
        format!("{sign}{}", counted(count.unsigned_abs(), part))
    });
    let left = left.collect::<Vec<_>>().join(", ");
    Ok(if left.is_empty() { whole.to_string() } else { format!("{whole} (and {left})") })
}

#[cfg(test)]
mod tests;
