//! `eval`: strategies side by side on the same cases, each case a session of its own in memory, through the same run as
//! everything else.

use super::{
    Ending, Hands, Interrupt, Options, Outcome, Outside, Start,
    cases::{Case, Compare},
    json_line,
    lines::{Style, milli},
    progress::{Progress, span},
    run,
    switch::{Seat, Switch},
};
use crate::{visible::visible_line, workbench::State};
use futures_util::future::{Either, join, join_all, select};
use serde::Serialize;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io::{self, Write},
    pin::pin,
};
use tokio::sync::watch;

mod tally;

pub use tally::{Tally, wilson};

/// What is to be compared.
#[derive(Clone, Debug, Default)]
pub struct Job {
    pub cases: Vec<Case>,
    /// Names that exist; see `names::strategy_name`.
    pub strategies: Vec<String>,
    pub compare: Compare,
    /// One JSON object a case and a strategy instead of the table.
    pub json: bool,
    /// Narration goes to a terminal.
    pub live: bool,
    /// Cases under way together; 0 counts as 1.
    pub parallel: usize,
}

/// One case under one strategy, as `--json` tells it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename = "case")]
struct CaseLine<'a> {
    strategy: &'a str,
    /// From 1, in the order of the file.
    case: usize,
    task: &'a str,
    expected: String,
    answer: Option<&'a str>,
    right: bool,
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    calls: u32,
    prompt_tokens: u32,
    cached_tokens: u32,
    output_tokens: u32,
    seconds: f64,
}

/// Runs every strategy on every case and tells the result: lines in the order of the cases with JSON, else a table at
/// the end.
///
/// `state` is what each case starts from: settings, tools, models. Nothing is written to disk. A case that fails or
/// waits for a person is wrong. Without the model that is needed all ends at once.
///
/// # Errors
/// `out` can not be written.
pub async fn eval(
    state: &State,
    job: &Job,
    hands: &mut impl Hands,
    now: &dyn Fn() -> u64,
    interrupt: &mut Interrupt,
    out: &mut dyn Write,
    narration: &mut dyn Write,
) -> io::Result<Ending> {
    let seats = job.parallel.clamp(1, job.cases.len().max(1));
    let (switch, mut seats) = Switch::new(seats);
    let (stop, stopped) = watch::channel(false);
    let court = Court {
        job,
        now,
        state: RefCell::new(state.clone()),
        narration: RefCell::new(narration),
        out: RefCell::new(out),
        round: RefCell::new(Round::new("", job.live, 0)),
        ending: Cell::new(Ending::Done),
    };
    let cases = async {
        let mut tallies = vec![];
        for strategy in &job.strategies {
            court.round.replace(Round::new(strategy, job.live, now()));
            let workers = seats.iter_mut().map(|seat| court.work(strategy, seat, stopped.clone()));
            for ended in join_all(workers).await {
                ended?;
            }
            let round = court.round.replace(Round::new("", job.live, 0));
            if court.ending.get() != Ending::Done {
                tallies.extend((0 < round.tally.cases).then_some(round.tally));
                break;
            }
            tallies.push(court.finish(round)?);
        }
        Ok::<_, io::Error>(tallies)
    };
    let stopping = async {
        interrupt.wait().await;
        let _ = stop.send(true);
        std::future::pending::<()>().await;
    };
    let beside = pin!(join(switch.run(hands), stopping));
    let tallies = match select(pin!(cases), beside).await {
        Either::Left((tallies, _)) => tallies?,
        Either::Right(_) => vec![],
    };
    let out = court.out.into_inner();
    if !job.json && !tallies.is_empty() {
        out.write_all(tally::told(&tallies).as_bytes())?;
    }
    out.flush()?;
    Ok(court.ending.get())
}

/// What all cases under way share.
struct Court<'a> {
    job: &'a Job,
    now: &'a dyn Fn() -> u64,
    /// What the next case starts from; a model that arrived meanwhile stays.
    state: RefCell<State>,
    narration: RefCell<&'a mut dyn Write>,
    out: RefCell<&'a mut dyn Write>,
    round: RefCell<Round>,
    ending: Cell<Ending>,
}

/// One strategy on its way through the cases.
struct Round {
    tally: Tally,
    progress: Progress,
    /// When it began, in milliseconds since 1970.
    began: u64,
    /// The next case to be taken up.
    next: usize,
    /// Cases that ended before those in front of them.
    early: BTreeMap<usize, (Outcome, bool)>,
}

impl Round {
    fn new(strategy: &str, live: bool, began: u64) -> Round {
        let (tally, progress) = (Tally::new(strategy), Progress::new(live));
        Round { tally, progress, began, next: 0, early: BTreeMap::new() }
    }
}

impl Court<'_> {
    /// Takes up case after case until none is left or all has to end.
    async fn work(&self, strategy: &str, seat: &mut Seat, stopped: watch::Receiver<bool>) -> io::Result<()> {
        while let Some((at, case)) = self.take_up() {
            let mut fresh = {
                let state = self.state.borrow();
                let mut fresh = State::new(state.tools.clone(), state.defaults.clone());
                fresh.defaults.strategy = strategy.to_owned();
                fresh.models.clone_from(&state.models);
                fresh
            };
            let mut stopped = stopped.clone();
            let mut interrupt = Interrupt::new(async move {
                let _ = stopped.wait_for(|stopped| *stopped).await;
            });
            let mut outside = Outside {
                perform: &mut |_| vec![],
                now: self.now,
                out: &mut io::sink(),
                narration: &mut Narration(seat.is_first().then_some(&self.narration)),
                interrupt: &mut interrupt,
            };
            let options =
                Options { style: Style::Silent, live: self.job.live, quiet: true, ..Options::default() };
            let start = Start::Task(case.question());
            let outcome = run(&mut fresh, seat, &mut outside, start, &options).await?;
            self.state.borrow_mut().models = fresh.models;
            self.ended(strategy, at, case, outcome)?;
        }
        Ok(())
    }

    fn take_up(&self) -> Option<(usize, &Case)> {
        let mut round = self.round.borrow_mut();
        let at = round.next;
        let case = self.job.cases.get(at).filter(|_| self.ending.get() == Ending::Done)?;
        self.show(&mut round);
        round.next += 1;
        Some((at, case))
    }

    fn ended(&self, strategy: &str, at: usize, case: &Case, outcome: Outcome) -> io::Result<()> {
        let mut round = self.round.borrow_mut();
        if let Ending::Interrupted | Ending::NoModel = outcome.ending {
            if self.ending.replace(outcome.ending) == Ending::Done {
                let narration = &mut **self.narration.borrow_mut();
                round.progress.clear(narration);
                let why = outcome.why.as_deref().unwrap_or_default();
                let _ = writeln!(narration, "{}: {}", outcome.ending.word(), visible_line(why));
            }
            return Ok(());
        }
        let same = |answer: &String| self.job.compare.same(answer, &case.expected());
        let right = outcome.answer.as_ref().is_some_and(same);
        round.early.insert(at, (outcome, right));
        let mut number = round.tally.cases;
        while let (Some((outcome, right)), Some(case)) =
            (round.early.remove(&number), self.job.cases.get(number))
        {
            if self.job.json {
                let line = json_line(&case_line(strategy, number, case, &outcome, right));
                writeln!(self.out.borrow_mut(), "{line}")?;
            }
            number += 1;
            round.tally.count(number, case, &outcome, right);
        }
        round.tally.seconds = (self.now)().saturating_sub(round.began) as f64 / 1000.0;
        Ok(())
    }

    fn show(&self, round: &mut Round) {
        let Round { tally, progress, .. } = round;
        let of = self.job.cases.len();
        progress.show(tally.cases as u64, of as u64, &so_far(tally, of), &mut **self.narration.borrow_mut());
    }

    fn finish(&self, mut round: Round) -> io::Result<Tally> {
        self.show(&mut round);
        round.progress.clear(&mut **self.narration.borrow_mut());
        if self.job.json {
            writeln!(self.out.borrow_mut(), "{}", json_line(&round.tally.line()))?;
        }
        Ok(round.tally)
    }
}

/// The narration, lent out write by write; `None` for all but one seat, as what they hear of models is the same.
struct Narration<'a, 'b>(Option<&'a RefCell<&'b mut dyn Write>>);

impl Write for Narration<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.map_or(Ok(bytes.len()), |narration| narration.borrow_mut().write(bytes))
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.map_or(Ok(()), |narration| narration.borrow_mut().flush())
    }
}

fn so_far(tally: &Tally, of: usize) -> String {
    let Tally { strategy, cases, right, seconds, .. } = tally;
    if *cases == 0 {
        return format!("{strategy}: 0/{of}");
    }
    let each = seconds / *cases as f64;
    let left = span(each * (of - cases) as f64);
    format!("{strategy}: {cases}/{of}, {right} right, {each:.1} s a case, {left} left")
}

fn case_line<'a>(
    strategy: &'a str,
    at: usize,
    case: &'a Case,
    outcome: &'a Outcome,
    right: bool,
) -> CaseLine<'a> {
    CaseLine {
        strategy,
        case: at + 1,
        task: &case.task,
        expected: case.expected(),
        answer: outcome.answer.as_deref(),
        right,
        state: outcome.ending.word(),
        why: outcome.why.as_deref(),
        calls: outcome.calls,
        prompt_tokens: outcome.usage.prompt_tokens,
        cached_tokens: outcome.usage.cached_tokens,
        output_tokens: outcome.usage.output_tokens,
        seconds: milli(outcome.seconds),
    }
}

/// The cases to run and the strategies to compare, checked: what a command line and a file say.
///
/// # Errors
/// Lines that are no cases, unknown strategies; one error a line. Exit 2.
pub fn job(
    text: &str,
    strategies: &[String],
    default: &str,
    limit: Option<usize>,
) -> Result<Job, Vec<String>> {
    let mut cases = super::cases::read_cases(text)?;
    cases.truncate(limit.unwrap_or(usize::MAX));
    if cases.is_empty() {
        return Err(vec!["--limit 0 leaves no case".to_owned()]);
    }
    let mut names: Vec<String> = vec![];
    let wanted = if strategies.is_empty() { vec![default.to_owned()] } else { strategies.to_vec() };
    for name in wanted {
        let name = super::names::strategy_name(&name).map_err(|why| vec![why])?.to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(Job { cases, strategies: names, ..Job::default() })
}

#[cfg(test)]
mod tests;
