//! The rein on a running call: go, pause, cancel. Held by the engine, looked at by the expert after every token.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A shared rein; clones hold the same one.
#[derive(Clone, Debug, Default)]
pub struct Control(Arc<(Mutex<Hold>, Condvar)>);

/// The rein as it is, and how long the call was held by it.
#[derive(Debug, Default)]
struct Hold {
    rein: Rein,
    /// Pauses that are over.
    held: Duration,
    /// When the present one began.
    since: Option<Instant>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Rein {
    #[default]
    Go,
    Pause,
    Cancel,
}

/// What the expert does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    Go,
    Cancel,
}

impl Control {
    /// Called by the expert between tokens: returns at once while going, blocks while paused.
    pub fn checkpoint(&self) -> Flow {
        let mut hold = self.hold();
        while hold.rein == Rein::Pause {
            hold = self.0.1.wait(hold).unwrap_or_else(PoisonError::into_inner);
        }
        if hold.rein == Rein::Cancel { Flow::Cancel } else { Flow::Go }
    }

    /// What to do next, without waiting; `None` while paused.
    pub fn now(&self) -> Option<Flow> {
        match self.hold().rein {
            Rein::Go => Some(Flow::Go),
            Rein::Pause => None,
            Rein::Cancel => Some(Flow::Cancel),
        }
    }

    pub fn pause(&self) {
        self.set(Rein::Pause);
    }

    pub fn resume(&self) {
        self.set(Rein::Go);
    }

    /// Ends the call at its next checkpoint. Nothing takes a cancel back.
    pub fn cancel(&self) {
        self.set(Rein::Cancel);
    }

    pub fn is_cancelled(&self) -> bool {
        self.now() == Some(Flow::Cancel)
    }

    /// How long it was paused so far, in all: time that is not the call's own.
    pub fn held(&self) -> Duration {
        let hold = self.hold();
        hold.held + hold.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn hold(&self) -> MutexGuard<'_, Hold> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, to: Rein) {
        let mut hold = self.hold();
        if hold.rein != Rein::Cancel {
            hold.rein = to;
        }
        match hold.rein {
            Rein::Pause => hold.since = hold.since.or_else(|| Some(Instant::now())),
            Rein::Go | Rein::Cancel => {
                let held = hold.since.take().map_or(Duration::ZERO, |since| since.elapsed());
                hold.held += held;
            }
        }
        self.0.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancel_ends_a_pause_and_stays() {
        let control = Control::default();
        assert_eq!(control.checkpoint(), Flow::Go);
        control.pause();
        let waiting = std::thread::spawn({
            let control = control.clone();
            move || control.checkpoint()
        });
        control.cancel();
        assert_eq!(waiting.join().unwrap(), Flow::Cancel);
        control.resume();
        assert!(control.is_cancelled());
    }

    #[test]
    fn what_it_was_held_is_told_while_it_is_held_and_after() {
        let control = Control::default();
        assert_eq!(control.held(), Duration::ZERO);
        control.pause();
        while control.held().is_zero() {}
        control.pause();
        assert!(!control.held().is_zero(), "paused twice is one pause");
        control.resume();
        let held = control.held();
        assert_eq!((held, control.held()), (held, held), "its own time does not count");
    }
}
