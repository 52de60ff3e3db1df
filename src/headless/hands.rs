//! Who does the asking for a run, and who may interrupt it.

use crate::engine::{
    Command, Report,
    runner::{Engine, Inbox},
};
use std::{collections::VecDeque, future::Future, pin::Pin};

/// What carries commands out and brings reports back: the engine, or a script in tests.
pub trait Hands {
    fn perform(&mut self, command: Command);
    /// The next report; `None` when nobody is left who could send one.
    fn next(&mut self) -> impl Future<Output = Option<Report>>;
}

/// The real engine with its inbox.
pub struct Workers<'a> {
    engine: &'a mut Engine,
    inbox: &'a mut Inbox,
    /// Reports that the engine gave at once.
    ready: VecDeque<Report>,
}

impl<'a> Workers<'a> {
    pub fn new(engine: &'a mut Engine, inbox: &'a mut Inbox) -> Workers<'a> {
        Workers { engine, inbox, ready: VecDeque::new() }
    }
}

impl Hands for Workers<'_> {
    fn perform(&mut self, command: Command) {
        self.ready.extend(self.engine.command(command));
    }

    async fn next(&mut self) -> Option<Report> {
        let report = match self.ready.pop_front() {
            Some(report) => Some(report),
            None => self.inbox.recv().await,
        };
        if let Some(Report::Done { call, .. } | Report::Failed { call, .. }) = &report {
            self.engine.ended(*call);
        }
        report
    }
}

/// A wish to stop, once: Ctrl-C, a closed terminal. Handed in by `app` as a future that ends when it comes.
pub struct Interrupt {
    coming: Pin<Box<dyn Future<Output = ()>>>,
    came: bool,
}

impl Interrupt {
    pub fn new(coming: impl Future<Output = ()> + 'static) -> Interrupt {
        Interrupt { coming: Box::pin(coming), came: false }
    }

    /// Nobody interrupts.
    pub fn never() -> Interrupt {
        Interrupt::new(std::future::pending())
    }

    pub fn came(&self) -> bool {
        self.came
    }

    /// Ends when the interrupt comes, at once if it has come.
    pub async fn wait(&mut self) {
        if !self.came {
            self.coming.as_mut().await;
            self.came = true;
        }
    }
}

/// What a run hears next.
#[derive(Debug)]
pub(super) enum Heard {
    Report(Report),
    Interrupt,
    /// Nobody will ever say anything again.
    Nothing,
}

/// The next report or the interrupt, whichever is first; the interrupt when both are there.
pub(super) async fn listen(hands: &mut impl Hands, interrupt: &mut Interrupt) -> Heard {
    use futures_util::future::{Either, select};
    let next = std::pin::pin!(hands.next());
    let stop = std::pin::pin!(interrupt.wait());
    match select(stop, next).await {
        Either::Left(_) => Heard::Interrupt,
        Either::Right((Some(report), _)) => Heard::Report(report),
        Either::Right((None, _)) => Heard::Nothing,
    }
}
