//! A few threads that share a piece of arithmetic, and sleep when there is none.
//!
//! Work is cut into small pieces that are taken from a counter. The caller always works too, and helpers may come or
//! not: the caller waits only for those that hold a piece. So a helper that another program keeps off its core costs
//! nothing but its help, and nobody spins for longer than some microseconds.

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::{JoinHandle, Thread};

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
    next: AtomicUsize,
    /// One for each helper: asleep, to be woken by the next job.
    asleep: Vec<AtomicBool>,
    failed: AtomicBool,
    stop: AtomicBool,
    caller_waits: AtomicBool,
    caller: Mutex<Option<Thread>>,
}

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
            next: AtomicUsize::new(0),
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
        let own = catch_unwind(AssertUnwindSafe(|| self.shared.pieces(work, pieces)));
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
        shared.next.store(0, Ordering::Relaxed);
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

    /// Calls `work` once with each piece of `size` elements of the slice; the last may be shorter.
    pub fn chunks<T: Send>(&self, slice: &mut [T], size: usize, work: impl Fn(usize, &mut [T]) + Sync) {
        let whole = Whole(slice.as_mut_ptr(), slice.len());
        let size = size.max(1);
        self.run(slice.len().div_ceil(size), &|index| {
            let start = index * size;
            // SAFETY: `run` gives each index once, so no two pieces overlap, and `slice` is borrowed until it ends.
            work(index, unsafe { whole.part(start, start + size) });
        });
    }

    /// Like [`Pool::chunks`] over two slices in step: piece i of the one with piece i of the other.
    pub fn pairs<T: Send, U: Send>(
        &self,
        (first, first_size): (&mut [T], usize),
        (second, second_size): (&mut [U], usize),
        work: impl Fn(usize, &mut [T], &mut [U]) + Sync,
    ) {
        let (first_size, second_size) = (first_size.max(1), second_size.max(1));
        let pieces = first.len().div_ceil(first_size).min(second.len().div_ceil(second_size));
        let first = Whole(first.as_mut_ptr(), first.len());
        let second = Whole(second.as_mut_ptr(), second.len());
        self.run(pieces, &|index| {
            let (a, b) = (index * first_size, index * second_size);
            // SAFETY: as in `chunks`, for each of the two slices.
            unsafe { work(index, first.part(a, a + first_size), second.part(b, b + second_size)) };
        });
    }

    /// Calls `work` with the pieces of the slice that lie between neighbouring bounds.
    ///
    /// Panics unless the bounds never fall and end within the slice.
    pub fn parts<T: Send>(&self, slice: &mut [T], bounds: &[usize], work: impl Fn(usize, &mut [T]) + Sync) {
        assert!(
            bounds.is_sorted() && bounds.last().is_none_or(|&end| end <= slice.len()),
            "bounds within the slice"
        );
        let whole = Whole(slice.as_mut_ptr(), slice.len());
        self.run(bounds.len().saturating_sub(1), &|index| {
            // SAFETY: the bounds never fall, so pieces of different indices do not overlap.
            work(index, unsafe { whole.part(bounds[index], bounds[index + 1]) });
        });
    }

    /// Cuts a matrix, `width` elements to a row, into rectangles of at most so many rows and columns, and calls `work`
    /// once with each.
    pub fn grid<T: Send>(
        &self,
        matrix: &mut [T],
        width: usize,
        (high, wide): (usize, usize),
        work: impl Fn(Grid<'_, T>) + Sync,
    ) {
        let (width, high, wide) = (width.max(1), high.max(1), wide.max(1));
        let height = matrix.len() / width;
        let across = width.div_ceil(wide);
        let whole = Whole(matrix.as_mut_ptr(), matrix.len());
        self.run(height.div_ceil(high) * across, &|index| {
            let (row, column) = (index / across * high, index % across * wide);
            let rows = row..(row + high).min(height);
            work(Grid { whole: &whole, width, rows, columns: column..(column + wide).min(width) });
        });
    }
}

/// A rectangle of a matrix, for one thread alone.
pub struct Grid<'a, T> {
    whole: &'a Whole<T>,
    width: usize,
    pub rows: std::ops::Range<usize>,
    pub columns: std::ops::Range<usize>,
}

impl<T> Grid<'_, T> {
    /// `count` elements of a row, from a column on.
    ///
    /// Panics if they are not all in the rectangle.
    pub fn row(&mut self, row: usize, column: usize, count: usize) -> &mut [T] {
        assert!(
            self.rows.contains(&row) && self.columns.start <= column && column + count <= self.columns.end,
            "inside the rectangle"
        );
        let start = row * self.width + column;
        // SAFETY: `Pool::grid` gives each rectangle once and rectangles do not overlap; `self` is borrowed as mutable,
        // so no other part of this one is in use; the matrix is borrowed until `run` ends.
        unsafe { self.whole.part(start, start + count) }
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

/// A mutable slice whose parts go to different threads.
struct Whole<T>(*mut T, usize);

// SAFETY: parts handed out do not overlap (the promise of `part`), so each element is reached from one thread.
unsafe impl<T: Send> Sync for Whole<T> {}

impl<T> Whole<T> {
    /// The elements from `start` to `end`, cut at the end of the slice.
    ///
    /// SAFETY: the caller promises that the slice is still borrowed and that no two parts in use overlap.
    #[expect(clippy::mut_from_ref, reason = "the promise above is what keeps the parts apart")]
    unsafe fn part(&self, start: usize, end: usize) -> &mut [T] {
        let end = end.min(self.1);
        let start = start.min(end);
        // SAFETY: within the slice by the two lines above; alone by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(start), end - start) }
    }
}

impl Shared {
    fn pieces(&self, work: &(dyn Fn(usize) + Sync), pieces: usize) {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if pieces <= index {
                return;
            }
            work(index);
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
                if catch_unwind(AssertUnwindSafe(|| shared.pieces(work, pieces))).is_err() {
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
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_done_once() {
        for threads in [1, 2, 3, 5] {
            let pool = Pool::new(threads);
            for (length, size) in [(0, 1), (1, 1), (10, 3), (1000, 7), (64, 64), (64, 100)] {
                let mut slice = vec![0usize; length];
                for round in 1..=50 {
                    pool.chunks(&mut slice, size, |index, part| {
                        for (offset, value) in part.iter_mut().enumerate() {
                            *value += index * size + offset + 1;
                        }
                    });
                    assert!(slice.iter().enumerate().all(|(i, &value)| value == (i + 1) * round));
                }
            }
        }
    }

    #[test]
    fn pairs_and_parts_stay_in_step() {
        let pool = Pool::new(3);
        let (mut a, mut b) = (vec![0; 20], vec![0; 10]);
        pool.pairs((&mut a, 4), (&mut b, 2), |index, a, b| {
            a.fill(index);
            b.fill(index);
        });
        assert!((0..10).all(|i| a[2 * i] == i / 2 && b[i] == i / 2));
        pool.parts(&mut a, &[0, 0, 7, 20], |index, part| part.fill(index));
        assert_eq!((a[0], a[6], a[7], a[19]), (1, 1, 2, 2));
    }

    #[test]
    fn helpers_wake_after_a_rest_and_a_panic_is_passed_on() {
        let pool = Pool::new(4);
        let sum = AtomicUsize::new(0);
        for _ in 0..20 {
            pool.run(8, &|index| {
                sum.fetch_add(index, Ordering::Relaxed);
            });
            // Long enough for the helpers to fall asleep.
            for _ in 0..SPINS * 4 {
                std::hint::spin_loop();
            }
        }
        assert_eq!(sum.load(Ordering::Relaxed), 20 * 28);
        let result = catch_unwind(AssertUnwindSafe(|| pool.run(8, &|index| assert!(index != 5, "planted"))));
        assert!(result.is_err());
        pool.run(8, &|index| {
            sum.fetch_add(index, Ordering::Relaxed);
        });
        assert_eq!(sum.load(Ordering::Relaxed), 21 * 28);
    }

    #[test]
    fn a_second_caller_works_alone() {
        let pool = Pool::new(2);
        let sum = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        pool.run(5, &|index| {
                            sum.fetch_add(index, Ordering::Relaxed);
                        });
                    }
                });
            }
        });
        assert_eq!(sum.load(Ordering::Relaxed), 4 * 200 * 10);
    }
}
