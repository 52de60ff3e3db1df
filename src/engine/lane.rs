//! A lane: OS threads that own what answers, and take its asks in order.
//!
//! A model has one thread, which carries several asks together where its expert can; a server has a thread for each
//! call that may be under way. The expert is made on the thread that will own it, so loading a model blocks nobody. A
//! panic in an expert fails its calls and nothing else.

use super::Report;
use crate::{
    ask::{Answer, Ask, Finish, Token},
    expert::{Control, Expert, ExpertError, Load, Several, Sink},
    ids::CallId,
};
use std::{
    any::Any,
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError, TryRecvError},
    },
    time::{Duration, Instant},
};
use tokio::sync::mpsc::Sender;

/// Tokens are handed on about thirty times a second: a fast model can not flood the screen.
const CHUNK: Duration = Duration::from_millis(33);
/// How often a lane whose calls are all paused looks whether one goes on.
const PAUSED: Duration = Duration::from_millis(15);

/// A handle to the threads; dropping it lets them end after their last job.
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
    /// Starts a thread. `make` runs on it; when it fails, every job fails with its words.
    pub fn spawn(
        name: &str,
        reports: Sender<Report>,
        make: impl FnOnce() -> Result<Box<dyn Expert>, String> + Send + 'static,
    ) -> std::io::Result<Lane> {
        let (jobs, queue) = mpsc::channel::<Job>();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let mut expert = make();
            if let Ok(expert) = &mut expert
                && let Some(several) = expert.several()
            {
                return Carrier { several, reports: &reports, since: HashMap::new() }.run(&queue);
            }
            for job in queue {
                if !work(&mut expert, &job, &reports) {
                    return;
                }
            }
        })?;
        Ok(Lane { jobs })
    }

    /// Starts this many threads that share one queue, each with an expert of its own.
    pub fn spawn_many(
        name: &str,
        threads: usize,
        reports: &Sender<Report>,
        make: impl Fn() -> Result<Box<dyn Expert>, String> + Clone + Send + 'static,
    ) -> std::io::Result<Lane> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads.max(1) {
            let (queue, reports, make) = (queue.clone(), reports.clone(), make.clone());
            std::thread::Builder::new().name(name.to_owned()).spawn(move || {
                let mut expert = make();
                loop {
                    let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(job) = job else { return };
                    if !work(&mut expert, &job, &reports) {
                        return;
                    }
                }
            })?;
        }
        Ok(Lane { jobs })
    }

    /// Hands a job over; `false` when the threads are gone.
    pub fn ask(&self, call: CallId, ask: Ask, control: Control) -> bool {
        self.jobs.send(Job { call, ask, control }).is_ok()
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
    let started = Instant::now();
    let mut stream = Stream::new(call, reports);
    let answer = catch_unwind(AssertUnwindSafe(|| expert.answer(&job.ask, &mut stream, &job.control)));
    stream.flush();
    match answer {
        Ok(answer) => ended(call, answer, started),
        Err(panic) => panicked(call, &*panic),
    }
}

fn cancelled(call: CallId) -> Report {
    Report::Done { call, answer: Answer { finish: Finish::Cancelled, ..Answer::default() } }
}

fn ended(call: CallId, answer: Result<Answer, ExpertError>, started: Instant) -> Report {
    match answer {
        Ok(mut answer) => {
            answer.usage.seconds = started.elapsed().as_secs_f64();
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

/// Keeps an expert busy that carries several asks: new ones join while the others go on.
struct Carrier<'a> {
    several: &'a mut dyn Several,
    reports: &'a Sender<Report>,
    /// When each call that is carried was taken up.
    since: HashMap<CallId, Instant>,
}

impl Carrier<'_> {
    fn run(mut self, queue: &mpsc::Receiver<Job>) {
        loop {
            let next = match self.several.load() {
                Load::Nothing => queue.recv().map_err(|_| true),
                Load::Paused => {
                    queue.recv_timeout(PAUSED).map_err(|why| why == RecvTimeoutError::Disconnected)
                }
                Load::Work => queue.try_recv().map_err(|why| why == TryRecvError::Disconnected),
            };
            let heard = match next {
                Ok(job) => self.admit(job),
                // The workbench has gone and nothing is left to do.
                Err(true) if self.since.is_empty() => return,
                Err(_) => self.advance(),
            };
            if !heard {
                return;
            }
        }
    }

    fn admit(&mut self, job: Job) -> bool {
        let Job { call, ask, control } = job;
        if control.is_cancelled() {
            return self.reports.blocking_send(cancelled(call)).is_ok();
        }
        self.since.insert(call, Instant::now());
        let sink = Box::new(Stream::new(call, self.reports));
        let admitted = catch_unwind(AssertUnwindSafe(|| self.several.admit(call, &ask, sink, control)));
        admitted.is_ok() || self.fail_all(&*admitted.err().unwrap_or_else(|| Box::new(())))
    }

    fn advance(&mut self) -> bool {
        match catch_unwind(AssertUnwindSafe(|| self.several.advance())) {
            Ok(all) => all.into_iter().all(|(call, answer)| {
                let started = self.since.remove(&call).unwrap_or_else(Instant::now);
                self.reports.blocking_send(ended(call, answer, started)).is_ok()
            }),
            Err(panic) => self.fail_all(&*panic),
        }
    }

    /// What was carried when it panicked is lost; what comes next may go well.
    fn fail_all(&mut self, panic: &(dyn Any + Send)) -> bool {
        self.several.abandon();
        self.since.drain().all(|(call, _)| self.reports.blocking_send(panicked(call, panic)).is_ok())
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
struct Stream {
    call: CallId,
    reports: Sender<Report>,
    waiting: Vec<Token>,
    sent: Instant,
}

impl Stream {
    fn new(call: CallId, reports: &Sender<Report>) -> Stream {
        Stream { call, reports: reports.clone(), waiting: vec![], sent: Instant::now() }
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
        if CHUNK <= self.sent.elapsed() {
            self.flush();
        }
    }

    fn prefill(&mut self, done: usize, total: usize) {
        let _ = self.reports.blocking_send(Report::Prefill { call: self.call, done, total });
    }
}

/// Nothing is held back when a call ends.
impl Drop for Stream {
    fn drop(&mut self) {
        self.flush();
    }
}

#[cfg(test)]
mod tests;
