//! The rein on a running call: go, pause, cancel. Held by the engine, looked at by the expert after every token.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A shared rein; clones hold the same one.
#[derive(Clone, Debug, Default)]
pub struct Control(Arc<(Mutex<Rein>, Condvar)>);

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
        let (rein, changed) = &*self.0;
        let mut held = rein.lock().unwrap_or_else(PoisonError::into_inner);
        while *held == Rein::Pause {
            held = changed.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        if *held == Rein::Cancel { Flow::Cancel } else { Flow::Go }
    }

    /// What to do next, without waiting; `None` while paused.
    pub fn now(&self) -> Option<Flow> {
        match *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) {
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

    fn set(&self, to: Rein) {
        let (rein, changed) = &*self.0;
        let mut held = rein.lock().unwrap_or_else(PoisonError::into_inner);
        if *held != Rein::Cancel {
            *held = to;
        }
        changed.notify_all();
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
}
