//! The addresses of one server: who is free, who rests after a failure, and what each of them does not know.

use super::{
    clock::{Clock, Moment},
    ladder::Rung,
    retry,
};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Shared by all threads that ask the server.
#[derive(Debug)]
pub(super) struct Pool {
    state: Mutex<State>,
    /// Calls that one address may have at a time.
    parallel: usize,
}

#[derive(Debug)]
struct State {
    endpoints: Vec<Endpoint>,
    chance: ChaCha8Rng,
}

#[derive(Debug)]
struct Endpoint {
    url: String,
    busy: usize,
    /// Failures in a row.
    failures: u32,
    /// Left alone from then on for so long.
    rests: Option<(Moment, Duration)>,
    /// Fields of the request that it said it does not know.
    refused: BTreeSet<&'static str>,
    /// Ways to tell a shape that it does not know or does not keep to, each with whether plain text is continued.
    lost: BTreeSet<(Rung, bool)>,
}

/// What a look for a free address gives.
pub(super) enum Pick<'a> {
    Lease(Lease<'a>),
    /// All that are well have as many calls as they may.
    Busy,
    /// All rest; the first for so long.
    Resting(Duration),
}

/// One call's place at an address; given back when dropped.
pub(super) struct Lease<'a> {
    pool: &'a Pool,
    at: usize,
    pub(super) url: String,
}

impl Pool {
    pub(super) fn new(urls: &[String], parallel: usize, seed: u64) -> Pool {
        let endpoint = |url: &String| Endpoint {
            url: url.clone(),
            busy: 0,
            failures: 0,
            rests: None,
            refused: BTreeSet::new(),
            lost: BTreeSet::new(),
        };
        let state =
            State { endpoints: urls.iter().map(endpoint).collect(), chance: ChaCha8Rng::seed_from_u64(seed) };
        Pool { state: Mutex::new(state), parallel: parallel.max(1) }
    }

    /// The least busy address that does not rest.
    pub(super) fn pick(&self, clock: &Clock) -> Pick<'_> {
        let mut state = self.lock();
        let left = |endpoint: &Endpoint| {
            let (since, wait) = endpoint.rests?;
            wait.checked_sub(clock.since(&since)).filter(|left| !left.is_zero())
        };
        let well = |endpoint: &&mut Endpoint| left(endpoint).is_none();
        let soonest = state.endpoints.iter().filter_map(left).min().unwrap_or_default();
        let Some((at, endpoint)) =
            state.endpoints.iter_mut().enumerate().filter(|(_, e)| well(e)).min_by_key(|(_, e)| e.busy)
        else {
            return Pick::Resting(soonest);
        };
        if self.parallel <= endpoint.busy {
            return Pick::Busy;
        }
        endpoint.busy += 1;
        Pick::Lease(Lease { pool: self, at, url: endpoint.url.clone() })
    }

    /// The address does not keep to these ways to tell a shape; they are not tried again.
    pub(super) fn lose(&self, url: &str, rungs: &[Rung], raw: bool) {
        for endpoint in self.lock().endpoints.iter_mut().filter(|endpoint| endpoint.url == url) {
            endpoint.lost.extend(rungs.iter().map(|rung| (*rung, raw)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease<'_> {
    /// The address answers.
    pub(super) fn good(&self) {
        self.change(|endpoint, _| (endpoint.failures, endpoint.rests) = (0, None));
    }

    /// The address failed: it rests for as long as it asked, or longer with every failure.
    pub(super) fn bad(&self, asked: Option<Duration>, clock: &Clock) {
        self.change(|endpoint, chance| {
            endpoint.failures += 1;
            let wait = asked.unwrap_or_else(|| retry::backoff(endpoint.failures, chance));
            endpoint.rests = Some((clock.moment(), wait));
        });
    }

    /// Does the address read this field of a request?
    pub(super) fn reads(&self, field: &'static str) -> bool {
        self.pool.lock().endpoints.get(self.at).is_none_or(|endpoint| !endpoint.refused.contains(field))
    }

    /// The address does not read this field; it is not sent again.
    pub(super) fn refuse(&self, field: &'static str) {
        self.change(|endpoint, _| {
            endpoint.refused.insert(field);
        });
    }

    /// Does the address keep to this way to tell a shape, as far as is known?
    pub(super) fn holds(&self, rung: Rung, raw: bool) -> bool {
        self.pool.lock().endpoints.get(self.at).is_none_or(|endpoint| !endpoint.lost.contains(&(rung, raw)))
    }

    fn change(&self, change: impl FnOnce(&mut Endpoint, &mut ChaCha8Rng)) {
        let State { endpoints, chance, .. } = &mut *self.pool.lock();
        if let Some(endpoint) = endpoints.get_mut(self.at) {
            change(endpoint, chance);
        }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.change(|endpoint, _| endpoint.busy = endpoint.busy.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(pick: Pick<'_>) -> (String, Option<Lease<'_>>) {
        match pick {
            Pick::Lease(lease) => (lease.url.clone(), Some(lease)),
            Pick::Busy => ("busy".to_owned(), None),
            Pick::Resting(_) => ("resting".to_owned(), None),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_spread_and_the_sick_are_left_alone() {
        let clock = Clock::of(Duration::default);
        let pool = Pool::new(&["a".to_owned(), "b".to_owned()], 2, 0);
        let held: Vec<_> = (0..4).map(|_| url(pool.pick(&clock))).collect();
        assert_eq!(held.iter().map(|(url, _)| url.as_str()).collect::<Vec<_>>(), ["a", "b", "a", "b"]);
        assert_eq!(url(pool.pick(&clock)).0, "busy");
        drop(held);
        let (_, lease) = url(pool.pick(&clock));
        lease.unwrap().bad(Some(Duration::from_secs(5)), &clock);
        assert_eq!(url(pool.pick(&clock)).0, "b", "the other one, until it is well");
        let (_, lease) = url(pool.pick(&clock));
        lease.unwrap().bad(Some(Duration::from_secs(9)), &clock);
        assert!(matches!(pool.pick(&clock), Pick::Resting(left) if left == Duration::from_secs(5)));
        tokio::time::advance(Duration::from_secs(5)).await;
        let (name, lease) = url(pool.pick(&clock));
        assert_eq!(name, "a");
        lease.unwrap().good();
    }
}
