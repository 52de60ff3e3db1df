//! A lane: one OS thread that owns one expert for life, and takes its asks in order.
//!
//! The expert is made on the thread that will own it, so loading a model blocks nobody. A panic in an expert fails its
//! call and nothing else.

use super::Report;
use crate::{
    ask::{Answer, Ask, Token},
    expert::{Control, Expert, ExpertError, Sink},
    ids::CallId,
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    time::{Duration, Instant},
};
use tokio::sync::mpsc::Sender;

/// Tokens are handed on about thirty times a second: a fast model can not flood the screen.
const CHUNK: Duration = Duration::from_millis(33);

/// A handle to the thread; dropping it lets the thread end after its last job.
#[derive(Debug)]
pub struct Lane {
    jobs: mpsc::Sender<Job>,
}

#[derive(Debug)]
struct Job {
    call: CallId,
    ask: Ask,
    control: Control,
}

impl Lane {
    /// Starts the thread. `make` runs on it; when it fails, every job fails with its words.
    pub fn spawn(
        name: &str,
        reports: Sender<Report>,
        make: impl FnOnce() -> Result<Box<dyn Expert>, String> + Send + 'static,
    ) -> std::io::Result<Lane> {
        let (jobs, queue) = mpsc::channel::<Job>();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let mut expert = make();
            for job in queue {
                let report = match &mut expert {
                    Ok(expert) => serve(expert.as_mut(), &job, &reports),
                    Err(why) => Report::Failed { call: job.call, why: why.clone() },
                };
                if reports.blocking_send(report).is_err() {
                    return;
                }
            }
        })?;
        Ok(Lane { jobs })
    }

    /// Hands a job over; `false` when the thread is gone.
    pub fn ask(&self, call: CallId, ask: Ask, control: Control) -> bool {
        self.jobs.send(Job { call, ask, control }).is_ok()
    }
}

fn serve(expert: &mut dyn Expert, job: &Job, reports: &Sender<Report>) -> Report {
    let call = job.call;
    if job.control.is_cancelled() {
        let answer = Answer { finish: crate::ask::Finish::Cancelled, ..Answer::default() };
        return Report::Done { call, answer };
    }
    let started = Instant::now();
    let mut stream = Stream { call, reports, waiting: vec![], sent: started };
    let answer = catch_unwind(AssertUnwindSafe(|| expert.answer(&job.ask, &mut stream, &job.control)));
    stream.flush();
    match answer {
        Ok(Ok(mut answer)) => {
            answer.usage.seconds = started.elapsed().as_secs_f64();
            finite(&mut answer);
            Report::Done { call, answer }
        }
        Ok(Err(error)) => Report::Failed { call, why: error.to_string() },
        Err(panic) => {
            let why = panic.downcast_ref::<String>().map(String::as_str);
            let why = why.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            let why = ExpertError::Model(format!("it panicked: {why}")).to_string();
            Report::Failed { call, why }
        }
    }
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
struct Stream<'a> {
    call: CallId,
    reports: &'a Sender<Report>,
    waiting: Vec<Token>,
    sent: Instant,
}

impl Stream<'_> {
    fn flush(&mut self) {
        if !self.waiting.is_empty() {
            let tokens = std::mem::take(&mut self.waiting);
            // A closed channel means that the workbench has gone; the call ends by its control.
            let _ = self.reports.blocking_send(Report::Tokens { call: self.call, tokens });
        }
        self.sent = Instant::now();
    }
}

impl Sink for Stream<'_> {
    fn tokens(&mut self, tokens: &[Token]) {
        self.waiting.extend_from_slice(tokens);
        if CHUNK <= self.sent.elapsed() {
            self.flush();
        }
    }

    fn prefill(&mut self, done: usize, total: usize) {
        let _ = self.reports.blocking_send(Report::Prefill { call: self.call, done, total });
    }
}
