//! A lane: OS threads that own what answers, and take its asks in order.
//!
//! A model has one thread, which loads it, carries several asks together where it can, and lets it go ([`tended`]); a
//! server has a thread for each call that may be under way. The expert is made on the thread that will own it, so
//! loading a model blocks nobody. A panic in an expert fails its calls and nothing else.

use super::{ModelState, Report, shelf::Seat};
use crate::{
    ask::{Answer, Ask, Finish, Token},
    expert::{Control, Expert, ExpertError, Sink},
    ids::CallId,
};
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};
use tended::Tended;
use tokio::sync::mpsc::Sender;

/// Tokens are handed on about thirty times a second: a fast model can not flood the screen.
const CHUNK: Duration = Duration::from_millis(33);

/// A handle to the threads; dropping it lets them end after their last job.
#[derive(Debug)]
pub struct Lane {
    jobs: Arc<mpsc::Sender<Order>>,
    seat: Option<Seat>,
}

/// What the thread of a lane is told to do.
#[derive(Debug)]
pub(super) enum Order {
    Job(Job),
    /// Load the model, if it is not there.
    Load,
    /// Take it out of memory as soon as no call is under way.
    Unload,
    /// The same, but not if there is something to do.
    MakeRoom,
}

#[derive(Debug)]
pub(super) struct Job {
    call: CallId,
    ask: Box<Ask>,
    control: Control,
}

impl Lane {
    /// Starts a thread. `make` runs on it; when it fails, every job fails with its words.
    pub fn spawn(
        name: &str,
        reports: Sender<Report>,
        make: impl FnOnce() -> Result<Box<dyn Expert>, String> + Send + 'static,
    ) -> std::io::Result<Lane> {
        let (jobs, queue) = mpsc::channel::<Order>();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let mut expert = make();
            while let Ok(order) = queue.recv() {
                let Order::Job(job) = order else { continue };
                if !work(&mut expert, &job, &reports) {
                    return;
                }
            }
        })?;
        Ok(Lane { jobs: Arc::new(jobs), seat: None })
    }

    /// Starts the thread of a model that comes and goes: `load` runs on it whenever the model is needed and not in
    /// memory. It has to take its room of the seat before it fills it.
    pub(super) fn tend(
        name: &str,
        reports: Sender<Report>,
        seat: impl FnOnce(Weak<mpsc::Sender<Order>>) -> Seat,
        load: impl FnMut(&Seat) -> Result<(Box<dyn Expert>, ModelState), String> + Send + 'static,
    ) -> std::io::Result<Lane> {
        let (jobs, queue) = mpsc::channel::<Order>();
        let jobs = Arc::new(jobs);
        let seat = seat(Arc::downgrade(&jobs));
        let tended = seat.clone();
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || Tended { seat: tended, queue, reports }.live(load))?;
        Ok(Lane { jobs, seat: Some(seat) })
    }

    /// Starts this many threads that share one queue, each with an expert of its own.
    pub fn spawn_many(
        name: &str,
        threads: usize,
        reports: &Sender<Report>,
        make: impl Fn() -> Result<Box<dyn Expert>, String> + Clone + Send + 'static,
    ) -> std::io::Result<Lane> {
        let (jobs, queue) = mpsc::channel::<Order>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads.max(1) {
            let (queue, reports, make) = (queue.clone(), reports.clone(), make.clone());
            std::thread::Builder::new().name(name.to_owned()).spawn(move || {
                let mut expert = make();
                loop {
                    let order = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(order) = order else { return };
                    let Order::Job(job) = order else { continue };
                    if !work(&mut expert, &job, &reports) {
                        return;
                    }
                }
            })?;
        }
        Ok(Lane { jobs: Arc::new(jobs), seat: None })
    }

    /// Hands a job over; `false` when the threads are gone.
    pub fn ask(&self, call: CallId, ask: Box<Ask>, control: Control) -> bool {
        self.seat.iter().for_each(Seat::queued);
        self.jobs.send(Order::Job(Job { call, ask, control })).is_ok()
    }
}

/// One job from beginning to end; `false` when nobody hears any more.
fn work(expert: &mut Result<Box<dyn Expert>, String>, job: &Job, reports: &Sender<Report>) -> bool {
    let report = match expert {
        Ok(expert) => serve(expert.as_mut(), job, reports),
        Err(why) => Report::Failed { call: job.call, why: why.clone() },
    };
    reports.blocking_send(report).is_ok()
}

fn serve(expert: &mut dyn Expert, job: &Job, reports: &Sender<Report>) -> Report {
    let call = job.call;
    if job.control.is_cancelled() {
        return cancelled(call);
    }
    let started = Started::now(&job.control);
    let mut stream = Stream::new(call, reports);
    let answer = catch_unwind(AssertUnwindSafe(|| expert.answer(&job.ask, &mut stream, &job.control)));
    stream.flush();
    match answer {
        Ok(answer) => ended(call, answer, &started),
        Err(panic) => panicked(call, &*panic),
    }
}

fn cancelled(call: CallId) -> Report {
    Report::Done { call, answer: Answer { finish: Finish::Cancelled, ..Answer::default() } }
}

/// When a call was taken up; the time in which it is held is not its own.
struct Started {
    at: Instant,
    control: Control,
    /// How long it had been held before, while it waited.
    held: Duration,
}

impl Started {
    fn now(control: &Control) -> Started {
        // In this order: what passes while one waits for the other is nobody's time.
        let held = control.held();
        Started { at: Instant::now(), held, control: control.clone() }
    }

    /// How long it has worked.
    fn worked(&self) -> Duration {
        self.at.elapsed().saturating_sub(self.control.held().saturating_sub(self.held))
    }
}

fn ended(call: CallId, answer: Result<Answer, ExpertError>, started: &Started) -> Report {
    match answer {
        Ok(mut answer) => {
            answer.usage.seconds = started.worked().as_secs_f64();
            finite(&mut answer);
            Report::Done { call, answer }
        }
        Err(error) => Report::Failed { call, why: error.to_string() },
    }
}

fn panicked(call: CallId, panic: &(dyn Any + Send)) -> Report {
    let why = panic.downcast_ref::<String>().map(String::as_str);
    let why = why.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    Report::Failed { call, why: ExpertError::Model(format!("it panicked: {why}")).to_string() }
}

/// What is no number can not be written down: an impossible continuation scores as low as a number can.
fn finite(answer: &mut Answer) {
    answer.scores.iter_mut().filter(|score| !score.is_finite()).for_each(|score| *score = f32::MIN);
    for token in &mut answer.tokens {
        let alternatives = token.alternatives.iter_mut().map(|(_, probability)| probability);
        let all = alternatives.chain([&mut token.probability]);
        all.filter(|probability| !probability.is_finite()).for_each(|probability| *probability = 0.0);
    }
}

/// Joins tokens to chunks. A full channel slows the model, never the keys.
struct Stream {
    call: CallId,
    reports: Sender<Report>,
    waiting: Vec<Token>,
    sent: Instant,
    /// Counts what is written, if anybody asks.
    written: Option<Arc<AtomicU64>>,
    /// Why it waits, as it was told last.
    waits: String,
}

impl Stream {
    fn new(call: CallId, reports: &Sender<Report>) -> Stream {
        Stream {
            call,
            reports: reports.clone(),
            waiting: vec![],
            sent: Instant::now(),
            written: None,
            waits: String::new(),
        }
    }

    fn flush(&mut self) {
        if !self.waiting.is_empty() {
            let tokens = std::mem::take(&mut self.waiting);
            // A closed channel means that the workbench has gone; the call ends by its control.
            let _ = self.reports.blocking_send(Report::Tokens { call: self.call, tokens });
        }
        self.sent = Instant::now();
    }
}

impl Sink for Stream {
    fn tokens(&mut self, tokens: &[Token]) {
        self.waiting.extend_from_slice(tokens);
        if let Some(written) = &self.written {
            written.fetch_add(tokens.len() as u64, Ordering::Relaxed);
        }
        if tokens.is_empty() || CHUNK <= self.sent.elapsed() {
            self.flush();
        }
    }

    fn prefill(&mut self, done: usize, total: usize) {
        let _ = self.reports.blocking_send(Report::Prefill { call: self.call, done, total });
    }

    fn waits(&mut self, why: &str) {
        if self.waits != why {
            why.clone_into(&mut self.waits);
            let _ = self.reports.blocking_send(Report::Waits { call: self.call, why: why.to_owned() });
        }
    }
}

/// Nothing is held back when a call ends.
impl Drop for Stream {
    fn drop(&mut self) {
        self.flush();
    }
}

mod tended;
#[cfg(test)]
mod tests;
