//! Examples for `engine::lane`: what joins, pauses, is cancelled or breaks on its way.

use super::*;
use crate::{
    ask::Request,
    engine::shelf::Shelf,
    expert::{Load, Several},
};
use std::collections::HashMap;
use tokio::sync::mpsc::{Receiver, channel};

/// Counts to the number of the question, one with every pass, for all at once; breaks at a question that is none.
#[derive(Default)]
struct Counter {
    under_way: Vec<Count>,
}

/// Whose it is, how far it has come, to what number it goes.
type Count = (CallId, u32, u32, Box<dyn Sink>, Control);

impl Expert for Counter {
    fn answer(&mut self, _: &Ask, _: &mut dyn Sink, _: &Control) -> Result<Answer, ExpertError> {
        Err(ExpertError::Missing("it only carries".to_owned()))
    }
    fn several(&mut self) -> Option<&mut dyn Several> {
        Some(self)
    }
}

impl Several for Counter {
    fn admit(&mut self, call: CallId, ask: &Ask, sink: Box<dyn Sink>, control: Control) {
        let Request::Compute { question } = &ask.request else { return };
        let to = question.parse().unwrap_or_else(|_| panic!("{question} is no number"));
        self.under_way.push((call, 0, to, sink, control));
    }

    fn advance(&mut self) -> Vec<(CallId, Result<Answer, ExpertError>)> {
        let mut ended = vec![];
        self.under_way.retain_mut(|(call, at, to, sink, control)| {
            let finish = match control.now() {
                None => return true,
                Some(crate::expert::Flow::Cancel) => Some(Finish::Cancelled),
                Some(crate::expert::Flow::Go) if at == to => Some(Finish::Stop),
                Some(crate::expert::Flow::Go) => None,
            };
            if let Some(finish) = finish {
                ended.push((*call, Ok(Answer { finish, ..Answer::plain(at.to_string()) })));
                return false;
            }
            *at += 1;
            let token =
                Token { text: at.to_string(), probability: f32::NAN, alternatives: vec![], forced: false };
            sink.tokens(&[token]);
            true
        });
        ended
    }

    fn load(&self) -> Load {
        match self.under_way.iter().all(|(_, _, _, _, control)| control.now().is_none()) {
            true if self.under_way.is_empty() => Load::Nothing,
            true => Load::Paused,
            false => Load::Work,
        }
    }

    fn abandon(&mut self) {
        self.under_way.clear();
    }
}

fn ask(question: &str) -> Box<Ask> {
    Box::new(Ask::local("count", Request::Compute { question: question.to_owned() }))
}

/// Reports of a call until it ends: the tokens joined, and the end.
fn end_of(call: u32, inbox: &mut Receiver<Report>, kept: &mut Vec<Report>) -> Report {
    loop {
        let ours = |report: &Report| {
            matches!(report,
            Report::Done { call: CallId(c), .. } | Report::Failed { call: CallId(c), .. } if *c == call)
        };
        if let Some(at) = kept.iter().position(ours) {
            return kept.remove(at);
        }
        kept.push(inbox.blocking_recv().expect("the lane reports"));
    }
}

/// A lane that carries counters.
fn carried(reports: Sender<Report>) -> Lane {
    let shelf = Shelf::new(u64::MAX, reports.clone());
    let seat = |orders| shelf.seat("counter", None, orders);
    let ready = ModelState::Ready { name: "counter".to_owned(), about: String::new() };
    let load = move |_: &Seat| Ok((Box::new(Counter::default()) as Box<dyn Expert>, ready.clone()));
    Lane::tend("counter", reports, seat, load).unwrap()
}

#[test]
fn a_stalled_interface_holds_up_the_lane_and_nothing_else() {
    let (reports, mut inbox) = channel(1);
    let lane = carried(reports);
    let controls: Vec<Control> = (0..50).map(|_| Control::default()).collect();
    // Nobody reads: the lane stands still sooner or later, and neither asking nor the reins wait for it.
    for (call, control) in (0..).zip(&controls) {
        assert!(lane.ask(CallId(call), ask("1000000000"), control.clone()));
    }
    controls.iter().for_each(Control::pause);
    controls.iter().for_each(Control::cancel);
    let mut ends = HashMap::new();
    while ends.len() < controls.len() {
        if let Some(Report::Done { call, answer }) = inbox.blocking_recv() {
            ends.insert(call, answer.finish);
        }
    }
    assert!(ends.values().all(|finish| *finish == Finish::Cancelled));
    // The same, and then the interface goes: the thread must not wait for it.
    let (reports, inbox) = channel(1);
    let gone = reports.downgrade();
    let lane = carried(reports);
    let control = Control::default();
    assert!(lane.ask(CallId(1), ask("1000000000"), control.clone()));
    drop(inbox);
    control.cancel();
    drop(lane);
    while gone.upgrade().is_some() {
        std::thread::yield_now();
    }
}

#[test]
fn what_is_at_work_is_told_while_it_is_at_work() {
    let (reports, mut inbox) = channel(1);
    let lane = carried(reports);
    let (one, other) = (Control::default(), Control::default());
    assert!(lane.ask(CallId(1), ask("1000000000"), one.clone()));
    let held = |inbox: &mut Receiver<Report>, wanted: &dyn Fn(&crate::engine::shelf::Held) -> bool| loop {
        match inbox.blocking_recv().unwrap() {
            Report::Held(held) if wanted(&held[0]) => return,
            _ => {}
        }
    };
    held(&mut inbox, &|held| matches!(held.state, ModelState::Ready { .. }) && held.queue == 1);
    while !matches!(inbox.blocking_recv().unwrap(), Report::Tokens { .. }) {}
    // The speed counts what was written by calls that have not ended.
    assert!(lane.ask(CallId(2), ask("1000000000"), other.clone()));
    held(&mut inbox, &|held| held.queue == 2 && 0.0 < held.rate);
    for (order, leaving) in [(Order::Unload, true), (Order::Load, false)] {
        lane.jobs.send(order).unwrap();
        held(&mut inbox, &|held| held.leaving == leaving);
    }
    one.cancel();
    other.cancel();
    held(&mut inbox, &|held| held.queue == 0 && 0.0 < held.rate);
}

#[test]
fn calls_go_together_and_each_ends_by_itself() {
    let (reports, mut inbox) = channel(1000);
    let lane = carried(reports);
    let mut kept = vec![];
    let mut text = |call: u32, inbox: &mut Receiver<Report>| match end_of(call, inbox, &mut kept) {
        Report::Done { answer, .. } => Ok((answer.text, answer.finish)),
        Report::Failed { why, .. } => Err(why),
        other => panic!("{other:?}"),
    };
    let held = Control::default();
    held.pause();
    assert!(lane.ask(CallId(1), ask("1000000000"), held.clone()));
    assert!(lane.ask(CallId(2), ask("5"), Control::default()));
    assert_eq!(text(2, &mut inbox), Ok(("5".to_owned(), Finish::Stop)), "the paused one is in nobody's way");
    held.cancel();
    assert_eq!(text(1, &mut inbox), Ok(("0".to_owned(), Finish::Cancelled)));
    let gone = Control::default();
    gone.cancel();
    assert!(lane.ask(CallId(3), ask("7"), gone));
    assert_eq!(text(3, &mut inbox), Ok((String::new(), Finish::Cancelled)));
    // What breaks takes with it what is under way, and nothing that comes later.
    let waiting = Control::default();
    waiting.pause();
    assert!(lane.ask(CallId(4), ask("9"), waiting));
    assert!(lane.ask(CallId(5), ask("nine"), Control::default()));
    for call in [4, 5] {
        assert_eq!(
            text(call, &mut inbox),
            Err("the model failed: it panicked: nine is no number".to_owned())
        );
    }
    assert!(lane.ask(CallId(6), ask("2"), Control::default()));
    assert_eq!(text(6, &mut inbox), Ok(("2".to_owned(), Finish::Stop)));
    drop(lane);
    // The thread ends with its last handle, and the channel with the thread.
    while let Some(report) = inbox.blocking_recv() {
        assert!(matches!(report, Report::Held(_)), "{report:?}");
    }
}

#[test]
fn several_threads_share_one_queue() {
    struct Meets(Arc<std::sync::Barrier>);
    impl Expert for Meets {
        fn answer(&mut self, _: &Ask, _: &mut dyn Sink, _: &Control) -> Result<Answer, ExpertError> {
            self.0.wait();
            Ok(Answer::plain("met"))
        }
    }
    let (reports, mut inbox) = channel(10);
    let barrier = Arc::new(std::sync::Barrier::new(3));
    let make = move || Ok(Box::new(Meets(barrier.clone())) as Box<dyn Expert>);
    let lane = Lane::spawn_many("meets", 3, &reports, make).unwrap();
    (0..3).for_each(|call| assert!(lane.ask(CallId(call), ask(""), Control::default())));
    let mut kept = vec![];
    for call in 0..3 {
        // One alone would wait for ever.
        assert!(matches!(end_of(call, &mut inbox, &mut kept), Report::Done { .. }));
    }
}

#[test]
fn the_time_in_which_a_call_is_held_is_not_its_own() {
    const HELD: Duration = Duration::from_millis(5);
    struct Holds;
    impl Expert for Holds {
        fn answer(&mut self, _: &Ask, _: &mut dyn Sink, control: &Control) -> Result<Answer, ExpertError> {
            control.pause();
            while control.held() < HELD {}
            control.resume();
            Ok(Answer::plain("went on"))
        }
    }
    let check = |lane: Lane, inbox: &mut Receiver<Report>, holds: bool| {
        let (began, control) = (Instant::now(), Control::default());
        if holds {
            control.pause();
        }
        assert!(lane.ask(CallId(1), ask("1"), control.clone()));
        if holds {
            while control.held() < HELD {}
            control.resume();
        }
        let end = end_of(1, inbox, &mut vec![]);
        let Report::Done { answer, .. } = end else { panic!("{end:?}") };
        let own = began.elapsed() - HELD;
        assert!(answer.usage.seconds <= own.as_secs_f64(), "{} s, but {own:?}", answer.usage.seconds);
    };
    let (reports, mut inbox) = channel(100);
    check(Lane::spawn("holds", reports, || Ok(Box::new(Holds))).unwrap(), &mut inbox, false);
    let (reports, mut inbox) = channel(100);
    check(carried(reports), &mut inbox, true);
}
