//! One call: its tries, its waits, and what each way to end means.

use super::{
    ServerSettings, Shared,
    clock::Moment,
    pool::{Lease, Pick, Tried},
    retry,
};
use crate::expert::{Control, Flow};
use reqwest::Client;
use std::{cell::Cell, future::Future, pin::pin, time::Duration};
use tokio::time::sleep;

/// How often a waiting call looks at its control and at the clocks.
const TICK: Duration = Duration::from_millis(20);

/// A call under way.
pub(super) struct Caller<'a> {
    pub(super) shared: &'a Shared,
    pub(super) client: &'a Client,
    control: &'a Control,
    /// Told why nothing is done at the moment; nothing when something is.
    waits: &'a dyn Fn(&str),
    pub(super) started: Moment,
    /// Time in which it was paused.
    pub(super) paused: Cell<Duration>,
}

/// Why a wait ended before what was waited for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Cancelled,
    /// It took longer than it may.
    Late,
}

/// How a try ended, if not well.
pub(super) enum Fault {
    Cancelled,
    /// Nothing was worked on: another try is allowed, after so long if the server says.
    Again {
        why: String,
        after: Option<Duration>,
    },
    /// The server does not read this field.
    Refused(&'static str),
    /// The server does not know this way to tell a shape, or says so of a request that is wrong in another way.
    Unshaped(String),
    /// It ends here.
    Failed(String),
}

impl<'a> Caller<'a> {
    pub(super) fn new(
        shared: &'a Shared,
        client: &'a Client,
        control: &'a Control,
        waits: &'a dyn Fn(&str),
    ) -> Caller<'a> {
        Caller { shared, client, control, waits, started: shared.clock.moment(), paused: Cell::default() }
    }

    pub(super) fn settings(&self) -> &'a ServerSettings {
        &self.shared.settings
    }

    /// Tries until one ends well or in a way that another try would not change.
    pub(super) async fn tries(
        &self,
        mut once: impl AsyncFnMut(&Lease<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut tried = Tried::default();
        // Why the last try was in vain, and how that is told when there is no other.
        let (mut last, mut end) = (self.says("failed just now"), String::new());
        loop {
            let Some(lease) = self.lease(&tried, &last).await? else {
                return Err(Fault::Failed(format!("{last}{end}")));
            };
            (self.waits)("");
            match once(&lease).await {
                Ok(()) => {
                    lease.good();
                    return Ok(());
                }
                Err(Fault::Again { why, after }) => {
                    lease.bad(after.map(|after| after.min(retry::PATIENCE)), &self.shared.clock);
                    last = why;
                    end = match after.filter(|after| retry::PATIENCE < *after) {
                        Some(asked) => {
                            tried.enough(&lease);
                            format!("; it asks to come back in {}: try again later", span(asked))
                        }
                        None => format!(" ({} tries)", tried.again(&lease)),
                    };
                }
                Err(Fault::Refused(field)) if lease.reads(field) => lease.refuse(field),
                // The caller goes down the ladder, which has an end.
                Err(Fault::Unshaped(_)) => {}
                Err(Fault::Refused(field)) => {
                    return Err(Fault::Failed(format!("it refuses the field `{field}`, which is not sent")));
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// A place at an address, waited for as long as it takes; `None` where the call has had its tries at all of them.
    async fn lease(&self, tried: &Tried, last: &str) -> Result<Option<Lease<'a>>, Fault> {
        loop {
            let wait = match self.shared.pool.pick(tried, &self.shared.clock) {
                Pick::Lease(lease) => return Ok(Some(lease)),
                Pick::Spent => return Ok(None),
                Pick::Busy => {
                    (self.waits)(&self.says("has as many calls as it may have at a time"));
                    TICK
                }
                Pick::Resting(left) => {
                    (self.waits)(&format!("{last}; it is asked again in {}", span(left)));
                    left.max(Duration::from_millis(1))
                }
            };
            match self.wait(sleep(wait), Duration::MAX).await {
                Ok(()) => {}
                Err(Stop::Cancelled) => return Err(Fault::Cancelled),
                Err(Stop::Late) => {
                    return Err(
                        self.failed(format!("gave no place in {}", span(self.settings().waits.total)))
                    );
                }
            }
        }
    }

    /// Waits for something, looking at the control and the clocks all the time.
    pub(super) async fn wait<T>(&self, future: impl Future<Output = T>, limit: Duration) -> Result<T, Stop> {
        let clock = &self.shared.clock;
        let (since, paused) = (clock.moment(), self.paused.get());
        let mut future = pin!(future);
        loop {
            match self.control.now() {
                Some(Flow::Cancel) => return Err(Stop::Cancelled),
                Some(Flow::Go) => {}
                None => {
                    let moment = clock.moment();
                    sleep(TICK).await;
                    self.paused.set(self.paused.get() + clock.since(&moment));
                    continue;
                }
            }
            tokio::select! {
                biased;
                out = &mut future => return Ok(out),
                () = sleep(TICK) => {}
            }
            let waited = clock.since(&since).saturating_sub(self.paused.get() - paused);
            let all = clock.since(&self.started).saturating_sub(self.paused.get());
            if limit <= waited || self.settings().waits.total <= all {
                return Err(Stop::Late);
            }
        }
    }

    pub(super) fn says(&self, what: impl AsRef<str>) -> String {
        format!("the server `{}` {}", self.settings().name, what.as_ref())
    }

    pub(super) fn failed(&self, what: impl AsRef<str>) -> Fault {
        Fault::Failed(self.says(what))
    }
}

/// A length of time as a person says it.
pub(super) fn span(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} minutes", seconds / 60),
        seconds @ 7200..172_800 => format!("{} hours", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}
