//! A few threads that share a piece of arithmetic, and sleep when there is none.
//!
//! Work is cut into small pieces. Each thread takes those of its own part, one after the other, so that it reads memory
//! in order; who is done helps with the parts of others. The caller always works too, and helpers may come or not: the
//! caller waits only for those that hold a piece. So a helper that another program keeps off its core costs nothing
//! but its help, and nobody spins for longer than some microseconds.

mod slices;

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::{JoinHandle, Thread};

pub use slices::Grid;

/// Turns of looking for work before a thread goes to sleep: some tens of microseconds, about the time between two
/// pieces of one forward pass.
const SPINS: u32 = 2_000;

/// The caller's thread and its helpers. Cheap to use for pieces of a few microseconds.
pub struct Pool {
    shared: Arc<Shared>,
    helpers: Vec<Thread>,
    joins: Vec<JoinHandle<()>>,
    /// Held by the one call that runs; a second caller does its work alone.
    busy: Mutex<()>,
}

struct Shared {
    /// Bits: number of the job (upper), job is open (bit 15), helpers inside (lower).
    state: AtomicUsize,
    job: UnsafeCell<Option<Job>>,
    /// The next piece of each thread's part: the caller's first, then those of the helpers.
    next: Vec<Counter>,
    /// One for each helper: asleep, to be woken by the next job.
    asleep: Vec<AtomicBool>,
    failed: AtomicBool,
    stop: AtomicBool,
    caller_waits: AtomicBool,
    caller: Mutex<Option<Thread>>,
}

/// Alone on its cache lines, so that threads do not wait for each other's counters.
#[derive(Default)]
#[repr(align(128))]
struct Counter(AtomicUsize);

#[derive(Clone, Copy)]
struct Job {
    /// Valid while the job is open or a helper is inside.
    work: *const (dyn Fn(usize) + Sync),
    pieces: usize,
}

const OPEN: usize = 1 << 15;
const INSIDE: usize = OPEN - 1;
const ONE_JOB: usize = 1 << 16;

// SAFETY: `job` is written only by the caller that holds `busy`, while the job is closed and nobody is inside; it is
// read only by helpers that are counted as inside. The counting goes through `state`.
unsafe impl Sync for Shared {}
// SAFETY: the pointer in `job` is only followed while the caller's borrow is alive, and it points to a `Sync` value.
unsafe impl Send for Shared {}

impl Pool {
    /// A pool of this many threads, the caller's own among them; 0 counts as 1.
    pub fn new(threads: usize) -> Pool {
        let count = threads.clamp(1, 256) - 1;
        let shared = Arc::new(Shared {
            state: AtomicUsize::new(0),
            job: UnsafeCell::new(None),
            next: (0..=count).map(|_| Counter::default()).collect(),
            asleep: (0..count).map(|_| AtomicBool::new(false)).collect(),
            failed: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            caller_waits: AtomicBool::new(false),
            caller: Mutex::new(None),
        });
        let mut joins = Vec::new();
        for index in 0..count {
            let shared = shared.clone();
            let name = format!("lane-helper-{}", index + 1);
            // Where the system gives no more threads, fewer do the work.
            let spawned = std::thread::Builder::new().name(name).spawn(move || help(&shared, index));
            joins.extend(spawned.ok());
        }
        let helpers = joins.iter().map(|join| join.thread().clone()).collect();
        Pool { shared, helpers, joins, busy: Mutex::new(()) }
    }

    /// As many threads as the machine runs at once.
    pub fn of_this_machine() -> Pool {
        Pool::new(std::thread::available_parallelism().map_or(1, usize::from))
    }

    pub fn threads(&self) -> usize {
        self.joins.len() + 1
    }

    /// Calls `work` once for each number below `pieces`, on any of the threads, and returns when all are done.
    ///
    /// Panics if a piece panics, after all threads have left the work.
    pub fn run(&self, pieces: usize, work: &(dyn Fn(usize) + Sync)) {
        let alone = || (0..pieces).for_each(work);
        if pieces <= 1 || self.joins.is_empty() {
            return alone();
        }
        let guard = match self.busy.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return alone(),
        };
        self.open(pieces, work);
        let own = catch_unwind(AssertUnwindSafe(|| self.shared.pieces(0, work, pieces)));
        self.close();
        let failed = self.shared.failed.swap(false, Ordering::Relaxed);
        drop(guard);
        if let Err(panic) = own {
            resume_unwind(panic);
        }
        assert!(!failed, "a piece of the work panicked on another thread");
    }

    fn open(&self, pieces: usize, work: &(dyn Fn(usize) + Sync)) {
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes. `close` runs before the borrow ends, and after it nobody is inside.
        let work = unsafe {
            std::mem::transmute::<*const (dyn Fn(usize) + Sync + '_), *const (dyn Fn(usize) + Sync + 'static)>(
                work,
            )
        };
        // SAFETY: the job is closed, nobody is inside, and `busy` keeps other callers away.
        unsafe { *shared.job.get() = Some(Job { work, pieces }) };
        for (part, next) in shared.next.iter().enumerate() {
            next.0.store(shared.start(part, pieces), Ordering::Relaxed);
        }
        let state = shared.state.load(Ordering::Relaxed);
        // SeqCst pairs with the sleeper: either it sees this job, or we see that it sleeps.
        shared.state.store((state & !(ONE_JOB - 1)).wrapping_add(ONE_JOB) | OPEN, Ordering::SeqCst);
        for (asleep, helper) in shared.asleep.iter().zip(&self.helpers) {
            if asleep.load(Ordering::SeqCst) && asleep.swap(false, Ordering::SeqCst) {
                helper.unpark();
            }
        }
    }

    /// Lets no more helpers in and waits for those inside.
    fn close(&self) {
        let shared = &*self.shared;
        if shared.state.fetch_and(!OPEN, Ordering::AcqRel) & INSIDE == 0 {
            return;
        }
        let inside = || shared.state.load(Ordering::SeqCst) & INSIDE != 0;
        for _ in 0..SPINS {
            if !inside() {
                return;
            }
            std::hint::spin_loop();
        }
        // A helper has lost its core in the middle of a piece: giving ours up lets it finish.
        *shared.caller.lock().unwrap_or_else(PoisonError::into_inner) = Some(std::thread::current());
        shared.caller_waits.store(true, Ordering::SeqCst);
        while inside() {
            std::thread::park();
        }
        shared.caller_waits.store(false, Ordering::SeqCst);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for helper in &self.helpers {
            helper.unpark();
        }
        for join in self.joins.drain(..) {
            // A helper that panicked has said so already.
            let _ = join.join();
        }
    }
}

impl Shared {
    /// Where a part begins; the last one ends where the one after it would begin.
    fn start(&self, part: usize, pieces: usize) -> usize {
        part * pieces / self.next.len()
    }

    /// Does the pieces of one's own part, then those that are left of the others.
    fn pieces(&self, own: usize, work: &(dyn Fn(usize) + Sync), pieces: usize) {
        let parts = self.next.len();
        for part in (own..parts).chain(0..own) {
            let end = self.start(part + 1, pieces);
            loop {
                let index = self.next[part].0.fetch_add(1, Ordering::Relaxed);
                if end <= index {
                    break;
                }
                work(index);
            }
        }
    }

    /// Enters the job if one is open that this helper has not seen; returns its number.
    fn enter(&self, seen: usize) -> Option<usize> {
        let state = self.state.load(Ordering::SeqCst);
        let number = state / ONE_JOB;
        if state & OPEN == 0 || number == seen {
            return None;
        }
        let entered = self.state.compare_exchange(state, state + 1, Ordering::AcqRel, Ordering::Relaxed);
        entered.ok().map(|_| number)
    }

    fn leave(&self) {
        let before = self.state.fetch_sub(1, Ordering::SeqCst);
        if before & INSIDE == 1 && before & OPEN == 0 && self.caller_waits.load(Ordering::SeqCst) {
            let caller = self.caller.lock().unwrap_or_else(PoisonError::into_inner);
            caller.iter().for_each(Thread::unpark);
        }
    }
}

/// The life of a helper.
fn help(shared: &Shared, index: usize) {
    let mut seen = 0;
    let mut spins = 0;
    while !shared.stop.load(Ordering::Relaxed) {
        if let Some(number) = shared.enter(seen) {
            (seen, spins) = (number, 0);
            // SAFETY: this thread is counted as inside, so the job stays as it is until `leave`.
            let job = unsafe { *shared.job.get() };
            if let Some(Job { work, pieces }) = job {
                // SAFETY: the same, for what the job points to.
                let work = unsafe { &*work };
                if catch_unwind(AssertUnwindSafe(|| shared.pieces(index + 1, work, pieces))).is_err() {
                    shared.failed.store(true, Ordering::Relaxed);
                }
            }
            shared.leave();
        } else if spins < SPINS {
            spins += 1;
            std::hint::spin_loop();
        } else {
            shared.asleep[index].store(true, Ordering::SeqCst);
            let state = shared.state.load(Ordering::SeqCst);
            let nothing_new = state & OPEN == 0 || state / ONE_JOB == seen;
            if nothing_new && !shared.stop.load(Ordering::SeqCst) {
                std::thread::park();
            }
            shared.asleep[index].store(false, Ordering::SeqCst);
            spins = 0;
        }
    }
}

#[cfg(test)]
mod tests;
