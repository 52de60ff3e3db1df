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
    /// The call has had its tries at every address.
    Spent,
}

/// One call's place at an address; given back when dropped.
pub(super) struct Lease<'a> {
    pool: &'a Pool,
    at: usize,
    pub(super) url: String,
}

/// How often one call has been sent to each address in vain.
#[derive(Debug, Default)]
pub(super) struct Tried(Vec<u32>);

impl Tried {
    /// One more in vain at this address; how many there are in all.
    pub(super) fn again(&mut self, lease: &Lease<'_>) -> u32 {
        let all = self.0.len().max(lease.at + 1);
        self.0.resize(all, 0);
        if let Some(tries) = self.0.get_mut(lease.at) {
            *tries += 1;
        }
        self.0.iter().sum()
    }

    /// No more of them at this address.
    pub(super) fn enough(&mut self, lease: &Lease<'_>) {
        while !self.is_spent(lease.at) {
            self.again(lease);
        }
    }

    fn is_spent(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(|tries| retry::TRIES <= *tries)
    }
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

    /// The least busy address that does not rest; one that failed last is taken only where the others are full, and one at
    /// which the call has had its tries not at all.
    pub(super) fn pick(&self, tried: &Tried, clock: &Clock) -> Pick<'_> {
        let mut state = self.lock();
        let left = |endpoint: &Endpoint| {
            let (since, wait) = endpoint.rests?;
            wait.checked_sub(clock.since(&since)).filter(|left| !left.is_zero())
        };
        let open = || (0..state.endpoints.len()).filter(|at| !tried.is_spent(*at));
        if open().next().is_none() {
            return Pick::Spent;
        }
        let well = || open().filter_map(|at| Some((at, state.endpoints.get(at)?)));
        let well = || well().filter(|(_, endpoint)| left(endpoint).is_none());
        if well().next().is_none() {
            let soonest = open().filter_map(|at| left(state.endpoints.get(at)?)).min();
            return Pick::Resting(soonest.unwrap_or_default());
        }
        let free = well().filter(|(_, endpoint)| endpoint.busy < self.parallel);
        let best = free.min_by_key(|(_, endpoint)| (endpoint.failures, endpoint.busy)).map(|(at, _)| at);
        let Some(at) = best else { return Pick::Busy };
        let Some(endpoint) = state.endpoints.get_mut(at) else { return Pick::Busy };
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
            Pick::Spent => ("spent".to_owned(), None),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_spread_and_the_sick_are_left_alone() {
        let clock = Clock::of(Duration::default);
        let pool = Pool::new(&["a".to_owned(), "b".to_owned()], 2, 0);
        let held: Vec<_> = (0..4).map(|_| url(pool.pick(&Tried::default(), &clock))).collect();
        assert_eq!(held.iter().map(|(url, _)| url.as_str()).collect::<Vec<_>>(), ["a", "b", "a", "b"]);
        assert_eq!(url(pool.pick(&Tried::default(), &clock)).0, "busy");
        drop(held);
        let (_, lease) = url(pool.pick(&Tried::default(), &clock));
        lease.unwrap().bad(Some(Duration::from_secs(5)), &clock);
        assert_eq!(url(pool.pick(&Tried::default(), &clock)).0, "b", "the other one, until it is well");
        let (_, lease) = url(pool.pick(&Tried::default(), &clock));
        lease.unwrap().bad(Some(Duration::from_secs(9)), &clock);
        assert!(
            matches!(pool.pick(&Tried::default(), &clock), Pick::Resting(left) if left == Duration::from_secs(5))
        );
        tokio::time::advance(Duration::from_secs(5)).await;
        let (name, lease) = url(pool.pick(&Tried::default(), &clock));
        assert_eq!(name, "a");
        lease.unwrap().good();
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_address_does_not_use_up_a_call_that_another_one_can_take() {
        let clock = Clock::of(Duration::default);
        let pool = Pool::new(&["dead".to_owned(), "alive".to_owned()], 1, 0);
        let mut tried = Tried::default();
        let (name, dead) = url(pool.pick(&tried, &clock));
        let (_, alive) = url(pool.pick(&tried, &clock));
        assert_eq!((name.as_str(), url(pool.pick(&tried, &clock)).0.as_str()), ("dead", "busy"));
        let dead = dead.unwrap();
        dead.bad(None, &clock);
        let all: Vec<u32> = (0..retry::TRIES).map(|_| tried.again(&dead)).collect();
        assert_eq!(all, [1, 2, 3, 4]);
        drop(dead);
        tokio::time::advance(Duration::from_secs(9)).await;
        // It rests no longer, but this call has had enough of it, and waits for the other.
        assert_eq!(url(pool.pick(&tried, &clock)).0, "busy");
        assert_eq!(url(pool.pick(&Tried::default(), &clock)).0, "dead", "a new call may ask it");
        drop(alive);
        assert_eq!(url(pool.pick(&Tried::default(), &clock)).0, "alive", "before the one that failed");
        let (_, alive) = url(pool.pick(&tried, &clock));
        let alive = alive.unwrap();
        let all = (0..retry::TRIES).map(|_| tried.again(&alive)).last();
        assert_eq!((all, url(pool.pick(&tried, &clock)).0.as_str()), (Some(8), "spent"));
    }
}
