//! The models of this machine: which of them are in memory, how much they take together, and who makes room.
//!
//! Each model has a thread ([`super::lane`]) with a [`Seat`] here. A thread that is about to load waits until there is
//! room; the model that was used longest ago is told to go, and goes between two calls, never within one.

use super::{ModelState, ModelStatus, Report, Which, lane::Order};
use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak, mpsc},
    time::Duration,
};
use tokio::sync::mpsc::Sender;

/// How often a thread that waits for room looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// What a model is doing, for the screen of models.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// As it was asked for: a name or a path.
    pub name: String,
    /// The place it has when nobody names a model.
    pub which: Option<Which>,
    pub state: ModelState,
    /// Bytes of memory it takes, about; 0 while it is not loaded.
    pub bytes: u64,
    /// Calls that were given to it and have not ended.
    pub queue: usize,
    /// It goes when they have ended.
    pub leaving: bool,
    /// It is to be loaded as soon as another one has made room.
    pub waits: bool,
    /// Tokens a second that it has written while it worked; 0 if nothing was measured.
    pub rate: f64,
}

/// All models of one engine. A clone is the same shelf.
#[derive(Clone, Debug)]
pub struct Shelf(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Bytes that the loaded models may take together.
    bound: u64,
    places: Mutex<Places>,
    changed: Condvar,
    /// Held while a report of all is made and sent, so that an older one never comes behind a newer one.
    telling: Mutex<()>,
    reports: Sender<Report>,
}

#[derive(Debug, Default)]
struct Places {
    all: Vec<Place>,
    /// Counts up with every use.
    clock: u64,
}

#[derive(Debug)]
struct Place {
    held: Held,
    used: u64,
    tokens: u64,
    seconds: f64,
    /// Gone when the engine is gone, so that the thread ends.
    orders: Weak<mpsc::Sender<Order>>,
}

impl Place {
    fn order(&self, order: Order) -> bool {
        self.orders.upgrade().is_some_and(|orders| orders.send(order).is_ok())
    }
}

impl Shelf {
    /// A shelf whose loaded models take at most `bound` bytes together.
    pub fn new(bound: u64, reports: Sender<Report>) -> Shelf {
        let (places, changed, telling) = (Mutex::default(), Condvar::new(), Mutex::default());
        Shelf(Arc::new(Inner { bound, places, changed, telling, reports }))
    }

    /// A seat for one more model; what it is told to do comes through `orders`.
    pub(super) fn seat(&self, name: &str, which: Option<Which>, orders: Weak<mpsc::Sender<Order>>) -> Seat {
        let mut places = self.places();
        let held = Held {
            name: name.to_owned(),
            which,
            state: ModelState::Unknown,
            bytes: 0,
            queue: 0,
            leaving: false,
            waits: false,
            rate: 0.0,
        };
        places.all.push(Place { held, used: 0, tokens: 0, seconds: 0.0, orders });
        Seat { shelf: self.clone(), at: places.all.len() - 1 }
    }

    /// Tells the model of that name to load or to go. `false` when there is none.
    pub(super) fn order(&self, name: &str, order: impl Fn() -> Order) -> bool {
        let places = self.places();
        let named = places.all.iter().filter(|place| place.held.name == name);
        // All of them hear it.
        0 < named.filter(|place| place.order(order())).count()
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.0.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        let _telling = self.0.telling.lock().unwrap_or_else(PoisonError::into_inner);
        let held: Vec<Held> = self.places().all.iter().map(|place| place.held.clone()).collect();
        // Nobody listens any more when the program ends.
        let _ = self.0.reports.blocking_send(Report::Held(held));
    }
}

/// The place of one model.
#[derive(Clone, Debug)]
pub struct Seat {
    shelf: Shelf,
    at: usize,
}

impl Seat {
    fn with<T>(&self, work: impl FnOnce(&mut Place, u64) -> T) -> Option<T> {
        let mut places = self.shelf.places();
        places.clock += 1;
        let now = places.clock;
        places.all.get_mut(self.at).map(|place| work(place, now))
    }

    /// A state to be shown. Blocks while nobody takes reports.
    pub fn tell(&self, state: ModelState) {
        let which = self.with(|place, _| {
            place.held.state = state.clone();
            place.held.which
        });
        if let Some(which) = which.flatten() {
            let _ = self.shelf.0.reports.blocking_send(Report::Model(ModelStatus { which, state }));
        }
        self.shelf.tell();
    }

    /// Waits for room for so many bytes, and takes it. Who was used longest ago and is idle has to go.
    ///
    /// # Errors
    /// Words for a person, where the model alone is more than all may take, or nobody wants it any more.
    pub fn take(&self, bytes: u64) -> Result<(), String> {
        let bound = self.shelf.0.bound;
        if bound < bytes {
            return Err(format!(
                "it needs about {} MB, and models may take {} MB together: choose a smaller one, or set `models_memory`",
                bytes.div_ceil(1_000_000),
                bound / 1_000_000
            ));
        }
        let mut places = self.shelf.places();
        loop {
            let others = |at: &usize| *at != self.at;
            let taken: u64 =
                places.all.iter().enumerate().filter(|(at, _)| others(at)).map(|(_, p)| p.held.bytes).sum();
            if taken.saturating_add(bytes) <= bound {
                places.clock += 1;
                let now = places.clock;
                if let Some(place) = places.all.get_mut(self.at) {
                    (place.held.bytes, place.held.waits, place.used) = (bytes, false, now);
                }
                return Ok(());
            }
            if !self.is_heard() {
                return Err("nobody waits for it any more".to_owned());
            }
            if let Some(place) = places.all.get_mut(self.at)
                && !place.held.waits
            {
                place.held.waits = true;
                drop(places);
                self.shelf.tell();
                places = self.shelf.places();
                continue;
            }
            let idle = places
                .all
                .iter()
                .enumerate()
                .filter(|(at, place)| others(at) && 0 < place.held.bytes && place.held.queue == 0);
            if let Some((_, oldest)) = idle.min_by_key(|(_, place)| place.used) {
                // Asked again with every look: one that was just given a call does not go.
                oldest.order(Order::MakeRoom);
            }
            let waited = self.shelf.0.changed.wait_timeout(places, LOOK);
            places = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// It is no longer in memory.
    pub(super) fn leave(&self) {
        self.with(|place, _| {
            (place.held.bytes, place.held.leaving, place.held.waits) = (0, false, false);
        });
        self.shelf.0.changed.notify_all();
    }

    /// One more call waits for it or is under way.
    pub(super) fn queued(&self) {
        self.with(|place, now| {
            place.held.queue += 1;
            place.used = now;
        });
    }

    /// It has taken up a call that was queued.
    pub(super) fn taken_up(&self) {
        self.shelf.tell();
    }

    /// It is to go when its calls have ended, or is to stay after all.
    pub(super) fn leaves(&self, leaving: bool) {
        self.with(|place, _| place.held.leaving = leaving);
        self.shelf.tell();
    }

    /// One of its calls has ended.
    pub(super) fn ended(&self) {
        self.with(|place, now| {
            place.held.queue = place.held.queue.saturating_sub(1);
            place.used = now;
        });
        self.shelf.0.changed.notify_all();
        self.shelf.tell();
    }

    /// It has worked so long and written so many tokens.
    pub(super) fn worked(&self, tokens: u64, seconds: f64) {
        self.with(|place, _| {
            place.tokens += tokens;
            place.seconds += seconds;
            if 0 < place.tokens && 0.0 < place.seconds {
                place.held.rate = place.tokens as f64 / place.seconds;
            }
        });
    }

    pub(super) fn name(&self) -> String {
        self.with(|place, _| place.held.name.clone()).unwrap_or_default()
    }

    /// It is asked when nobody names a model, so whoever asks has heard in what state it is.
    pub(super) fn is_usual(&self) -> bool {
        self.with(|place, _| place.held.which.is_some()).unwrap_or_default()
    }

    pub(super) fn is_heard(&self) -> bool {
        !self.shelf.0.reports.is_closed()
    }
}

#[cfg(test)]
mod tests;
