//! Time as waiting for a server sees it: the steady clock of the runtime and the clock on the wall together.
//!
//! A laptop that sleeps stops its steady clock, and a wall clock may be set back. What has passed is the longer of the
//! two, so a wait ends in both cases.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::time::Instant;

/// The wall clock, as time since 1970; tests give their own.
#[derive(Clone)]
pub(super) struct Clock(Arc<dyn Fn() -> Duration + Send + Sync>);

/// A point in time by both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    steady: Instant,
    wall: Duration,
}

impl Clock {
    pub(super) fn system() -> Clock {
        Clock::of(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    pub(super) fn of(wall: impl Fn() -> Duration + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(wall))
    }

    pub(super) fn moment(&self) -> Moment {
        Moment { steady: Instant::now(), wall: self.wall() }
    }

    pub(super) fn since(&self, moment: &Moment) -> Duration {
        moment.steady.elapsed().max(self.wall().saturating_sub(moment.wall))
    }

    pub(super) fn wall(&self) -> Duration {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({:?})", self.wall())
    }
}
