//! Several runs at one engine: each has its own hands, and hears only what concerns it.

use super::Hands;
use crate::{
    engine::{Command, Report},
    ids::CallId,
};
use futures_util::future::{Either, select};
use std::{
    collections::{BTreeMap, BTreeSet},
    pin::pin,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The hands of one of the runs. Its calls have numbers of their own, as every session starts from 0.
pub(super) struct Seat {
    number: usize,
    wishes: UnboundedSender<(usize, Wish)>,
    reports: UnboundedReceiver<Option<Report>>,
}

enum Wish {
    Do(Command),
    /// The run has nothing to do until it hears something.
    Hear,
}

impl Seat {
    /// Somebody has to tell what concerns all.
    pub(super) fn is_first(&self) -> bool {
        self.number == 0
    }
}

impl Hands for Seat {
    fn perform(&mut self, command: Command) {
        // A switch that is gone has ended all runs.
        let _ = self.wishes.send((self.number, Wish::Do(command)));
    }

    async fn next(&mut self) -> Option<Report> {
        if let Ok(report) = self.reports.try_recv() {
            return report;
        }
        let _ = self.wishes.send((self.number, Wish::Hear));
        self.reports.recv().await.flatten()
    }
}

/// Carries commands from the seats to the engine's hands, and reports back to the right seat.
pub(super) struct Switch {
    wishes: UnboundedReceiver<(usize, Wish)>,
    seats: Vec<UnboundedSender<Option<Report>>>,
    waiting: BTreeSet<usize>,
    /// Whose call each number of the engine is, and what it is called there.
    calls: BTreeMap<CallId, (usize, CallId)>,
    next: u32,
}

impl Switch {
    pub(super) fn new(seats: usize) -> (Switch, Vec<Seat>) {
        let (sender, wishes) = unbounded_channel();
        let pairs = (0..seats).map(|number| {
            let (reports, hears) = unbounded_channel();
            (reports, Seat { number, wishes: sender.clone(), reports: hears })
        });
        let (senders, seats) = pairs.unzip();
        let switch =
            Switch { wishes, seats: senders, waiting: BTreeSet::new(), calls: BTreeMap::new(), next: 0 };
        (switch, seats)
    }

    /// Works until all seats are gone.
    pub(super) async fn run(mut self, hands: &mut impl Hands) {
        loop {
            let wish = match self.next(hands).await {
                Ok(wish) => wish,
                Err(report) => {
                    self.tell(report);
                    continue;
                }
            };
            match wish {
                None => return,
                Some((seat, Wish::Hear)) => {
                    self.waiting.insert(seat);
                }
                Some((seat, Wish::Do(command))) => {
                    let command = self.renamed(seat, command);
                    command.into_iter().for_each(|command| hands.perform(command));
                }
            }
        }
    }

    /// A wish of a seat; or what the hands say, if a seat waits for that.
    async fn next(&mut self, hands: &mut impl Hands) -> Result<Option<(usize, Wish)>, Option<Report>> {
        let wish = pin!(self.wishes.recv());
        if self.waiting.is_empty() {
            return Ok(wish.await);
        }
        match select(wish, pin!(hands.next())).await {
            Either::Left((wish, _)) => Ok(wish),
            Either::Right((report, _)) => Err(report),
        }
    }

    /// The command under the engine's number of its call; `None` if the call has ended.
    fn renamed(&mut self, seat: usize, command: Command) -> Option<Command> {
        let known = |call: CallId| {
            let found = self.calls.iter().find(|(_, theirs)| **theirs == (seat, call));
            found.map(|(ours, _)| *ours)
        };
        Some(match command {
            Command::Ask { call, ask } => {
                let ours = CallId(self.next);
                self.next += 1;
                self.calls.insert(ours, (seat, call));
                Command::Ask { call: ours, ask }
            }
            Command::Pause(call) => Command::Pause(known(call)?),
            Command::Resume(call) => Command::Resume(known(call)?),
            Command::Cancel(call) => Command::Cancel(known(call)?),
            whole @ (Command::Unload(_) | Command::Load(_)) => whole,
        })
    }

    /// Hands a report to whom it concerns: news of a model to all, and the end of everything too.
    fn tell(&mut self, report: Option<Report>) {
        let Some(mut report) = report else {
            for seat in std::mem::take(&mut self.waiting) {
                self.say(seat, None);
            }
            return;
        };
        let call = match &mut report {
            Report::Held(_) => return,
            Report::Model(_) | Report::File { .. } => {
                (0..self.seats.len()).for_each(|seat| self.say(seat, Some(report.clone())));
                self.waiting.clear();
                return;
            }
            Report::Prefill { call, .. } | Report::Tokens { call, .. } | Report::Waits { call, .. } => call,
            Report::Done { call, .. } | Report::Failed { call, .. } => call,
        };
        let Some((seat, theirs)) = self.calls.get(call).copied() else { return };
        let ours = std::mem::replace(call, theirs);
        if matches!(report, Report::Done { .. } | Report::Failed { .. }) {
            self.calls.remove(&ours);
        }
        self.waiting.remove(&seat);
        self.say(seat, Some(report));
    }

    fn say(&self, seat: usize, report: Option<Report>) {
        // A seat that is gone hears nothing any more.
        let _ = self.seats[seat].send(report);
    }
}
