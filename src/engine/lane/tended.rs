//! The thread of a model: loads it when it is needed, keeps it busy, lets it go when it is told to.

use super::{Job, Order, Started, Stream, cancelled, ended, panicked, serve};
use crate::{
    engine::{ModelState, Report, shelf::Seat},
    expert::{Control, Expert, Load, Several},
    ids::CallId,
};
use std::{
    any::Any,
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError, TryRecvError},
    },
    time::{Duration, Instant},
};
use tokio::sync::mpsc::Sender;

/// How often a lane whose calls are all paused looks whether one goes on.
const PAUSED: Duration = Duration::from_millis(15);

pub(super) struct Tended {
    pub(super) seat: Seat,
    pub(super) queue: mpsc::Receiver<Order>,
    pub(super) reports: Sender<Report>,
}

/// Why a model is no longer kept busy.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// It goes out of memory.
    Unloaded,
    /// Nobody will ask it again, or nobody hears.
    Gone,
}

impl Tended {
    pub(super) fn live(self, mut load: impl FnMut(&Seat) -> Result<(Box<dyn Expert>, ModelState), String>) {
        // Why the usual model could not be loaded. Asks that were on their way to it hear the same; it is not loaded again
        // before somebody says so.
        let mut refused: Option<String> = None;
        while let Ok(order) = self.queue.recv() {
            let first = match order {
                Order::Job(job) if job.control.is_cancelled() => {
                    if !self.end(cancelled(job.call)) {
                        return;
                    }
                    continue;
                }
                Order::Job(job) if refused.is_some() => {
                    let why = refused.clone().unwrap_or_default();
                    if !self.end(Report::Failed { call: job.call, why }) {
                        return;
                    }
                    continue;
                }
                Order::Job(job) => Some(job),
                Order::Load => {
                    refused = None;
                    None
                }
                Order::Unload | Order::MakeRoom => continue,
            };
            let made = catch_unwind(AssertUnwindSafe(|| load(&self.seat)));
            let made =
                made.unwrap_or_else(|_| Err("loading it failed: the file is not what it says".to_owned()));
            let (mut expert, ready) = match made {
                Ok(made) => made,
                Err(why) => {
                    self.seat.leave();
                    self.seat.tell(ModelState::Missing(why.clone()));
                    refused = self.seat.is_usual().then(|| why.clone());
                    let failed = |job: Job| self.end(Report::Failed { call: job.call, why });
                    if !first.is_none_or(failed) {
                        return;
                    }
                    continue;
                }
            };
            self.seat.tell(ready);
            let left = self.keep(expert.as_mut(), first);
            drop(expert);
            self.seat.leave();
            if left == Left::Gone || !self.seat.is_heard() {
                return;
            }
            self.seat.tell(ModelState::Asleep(self.seat.name()));
        }
    }

    /// What ends a call. Who hears of it finds the model used just now, whatever is asked next.
    fn end(&self, report: Report) -> bool {
        self.seat.ended();
        self.reports.blocking_send(report).is_ok()
    }

    fn keep(&self, expert: &mut dyn Expert, first: Option<Job>) -> Left {
        if let Some(several) = expert.several() {
            let since = HashMap::new();
            return Carrier { tended: self, several, since, written: Arc::default(), leaving: false }
                .run(first);
        }
        let mut next = first.map(Order::Job);
        loop {
            let order = match next.take() {
                Some(order) => order,
                None => match self.queue.recv() {
                    Ok(order) => order,
                    Err(_) => return Left::Gone,
                },
            };
            match order {
                Order::Job(job) => {
                    self.seat.taken_up();
                    let start = Instant::now();
                    let report = serve(expert, &job, &self.reports);
                    self.seat.worked(0, start.elapsed().as_secs_f64());
                    if !self.end(report) {
                        return Left::Gone;
                    }
                }
                Order::Load => {}
                Order::Unload | Order::MakeRoom => return Left::Unloaded,
            }
        }
    }
}

/// Keeps an expert busy that carries several asks: new ones join while the others go on.
struct Carrier<'a> {
    tended: &'a Tended,
    several: &'a mut dyn Several,
    /// When each call that is carried was taken up.
    since: HashMap<CallId, Started>,
    /// Tokens that were written since somebody looked.
    written: Arc<AtomicU64>,
    /// It goes as soon as nothing is carried.
    leaving: bool,
}

impl Carrier<'_> {
    fn run(mut self, first: Option<Job>) -> Left {
        if !first.is_none_or(|job| self.admit(job)) {
            return Left::Gone;
        }
        let queue = &self.tended.queue;
        loop {
            if self.leaving && self.since.is_empty() {
                return Left::Unloaded;
            }
            let next = match self.several.load() {
                Load::Nothing => queue.recv().map_err(|_| true),
                Load::Paused => {
                    queue.recv_timeout(PAUSED).map_err(|why| why == RecvTimeoutError::Disconnected)
                }
                Load::Work => queue.try_recv().map_err(|why| why == TryRecvError::Disconnected),
            };
            let heard = match next {
                Ok(Order::Job(job)) => self.admit(job),
                Ok(Order::Unload) => {
                    self.leave(true);
                    true
                }
                Ok(Order::MakeRoom) if self.since.is_empty() => return Left::Unloaded,
                Ok(Order::MakeRoom) => true,
                Ok(Order::Load) => {
                    self.leave(false);
                    true
                }
                // The workbench has gone and nothing is left to do.
                Err(true) if self.since.is_empty() => return Left::Gone,
                Err(_) => self.advance(),
            };
            if !heard {
                return Left::Gone;
            }
        }
    }

    fn leave(&mut self, leaving: bool) {
        if self.leaving != leaving && !self.since.is_empty() {
            self.tended.seat.leaves(leaving);
        }
        self.leaving = leaving;
    }

    fn admit(&mut self, job: Job) -> bool {
        let Job { call, ask, control } = job;
        if control.is_cancelled() {
            return self.tended.end(cancelled(call));
        }
        self.since.insert(call, Started::now(&control));
        self.tended.seat.taken_up();
        let mut sink = Box::new(Stream::new(call, &self.tended.reports));
        sink.written = Some(self.written.clone());
        let admitted = catch_unwind(AssertUnwindSafe(|| self.several.admit(call, &ask, sink, control)));
        admitted.is_ok() || self.fail_all(&*admitted.err().unwrap_or_else(|| Box::new(())))
    }

    fn advance(&mut self) -> bool {
        let start = Instant::now();
        let all = match catch_unwind(AssertUnwindSafe(|| self.several.advance())) {
            Ok(all) => all,
            Err(panic) => return self.fail_all(&*panic),
        };
        // What was written, not what has ended: the time counts for all that are under way.
        self.tended.seat.worked(self.written.swap(0, Ordering::Relaxed), start.elapsed().as_secs_f64());
        all.into_iter().all(|(call, answer)| {
            let started = self.since.remove(&call).unwrap_or_else(|| Started::now(&Control::default()));
            self.tended.end(ended(call, answer, &started))
        })
    }

    /// What was carried when it panicked is lost; what comes next may go well.
    fn fail_all(&mut self, panic: &(dyn Any + Send)) -> bool {
        self.several.abandon();
        self.since.drain().all(|(call, _)| self.tended.end(panicked(call, panic)))
    }
}
