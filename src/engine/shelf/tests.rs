//! Examples for `engine::shelf`: models come when they are asked, and go when another one needs the room.

use super::*;
use crate::{
    ask::{Answer, Ask, Request},
    engine::{Command, runner::Engine},
    expert::{Control, Expert, ExpertError, Sink},
    ids::CallId,
};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Answers with how often its model was loaded; the question "hold" waits until it is let go.
struct Says(Arc<AtomicUsize>, Arc<std::sync::Barrier>);

impl Expert for Says {
    fn answer(&mut self, ask: &Ask, _: &mut dyn Sink, _: &Control) -> Result<Answer, ExpertError> {
        if let Request::Score { continuations, .. } = &ask.request
            && continuations[0] == "hold"
        {
            // Once to say that it is in the middle, once to be let go.
            self.1.wait();
            self.1.wait();
        }
        Ok(Answer::plain(self.0.load(Ordering::SeqCst).to_string()))
    }
}

struct Desk {
    engine: Engine,
    inbox: crate::engine::runner::Inbox,
    barrier: Arc<std::sync::Barrier>,
    calls: u32,
    held: Vec<Held>,
}

impl Desk {
    /// Models by name and size, of which so many bytes may be loaded together.
    fn new(bound: u64, models: &[(&'static str, u64)]) -> Desk {
        let (mut engine, inbox) = Engine::bounded(bound);
        let barrier = Arc::new(std::sync::Barrier::new(2));
        for &(name, bytes) in models {
            let (loads, barrier) = (Arc::new(AtomicUsize::new(0)), barrier.clone());
            let load = move |seat: &Seat| {
                seat.take(bytes)?;
                loads.fetch_add(1, Ordering::SeqCst);
                let ready = ModelState::Ready { name: name.to_owned(), about: String::new() };
                Ok((Box::new(Says(loads.clone(), barrier.clone())) as Box<dyn Expert>, ready))
            };
            engine.bring(name, None, load).unwrap();
        }
        Desk { engine, inbox, barrier, calls: 0, held: vec![] }
    }

    fn send(&mut self, model: &str, text: &str) -> CallId {
        self.calls += 1;
        let call = CallId(self.calls);
        let request = Request::Score {
            prompt: crate::ask::Prompt::Raw(String::new()),
            continuations: vec![text.to_owned()],
        };
        let ask = Box::new(Ask { model: Some(model.to_owned()), ..Ask::local("test", request) });
        assert_eq!(self.engine.command(Command::Ask { call, ask }), None);
        call
    }

    /// The answer or failure of a call.
    fn end_of(&mut self, wanted: CallId) -> String {
        loop {
            match self.inbox.blocking_recv().unwrap() {
                Report::Held(held) => self.held = held,
                Report::Done { call, answer } if call == wanted => return answer.text,
                Report::Failed { call, why } if call == wanted => return why,
                _ => {}
            }
        }
    }

    fn ask(&mut self, model: &str) -> String {
        let call = self.send(model, "");
        self.end_of(call)
    }

    /// Reads reports until the models that are in memory are these.
    fn see(&mut self, loaded: &[&str]) {
        let names = |held: &[Held]| -> Vec<String> {
            held.iter().filter(|held| 0 < held.bytes).map(|held| held.name.clone()).collect()
        };
        while names(&self.held) != loaded {
            if let Report::Held(held) = self.inbox.blocking_recv().unwrap() {
                self.held = held;
            }
        }
    }
}

#[test]
fn who_was_used_longest_ago_makes_room() {
    let mut desk = Desk::new(100, &[("a", 40), ("b", 40), ("c", 40)]);
    assert_eq!((desk.ask("a").as_str(), desk.ask("b").as_str()), ("1", "1"));
    assert_eq!(desk.ask("a"), "1", "it stays loaded");
    assert_eq!(desk.ask("c"), "1");
    desk.see(&["a", "c"]);
    assert_eq!(desk.ask("b"), "2", "it went and came back");
    desk.see(&["b", "c"]);
    assert_eq!(desk.ask("c"), "1");
}

#[test]
fn a_model_in_the_middle_of_a_call_does_not_go() {
    let mut desk = Desk::new(100, &[("a", 60), ("b", 60)]);
    let long = desk.send("a", "hold");
    desk.barrier.wait();
    let waits = desk.send("b", "");
    while !desk.held.iter().any(|held| held.name == "b" && held.waits) {
        if let Report::Held(held) = desk.inbox.blocking_recv().unwrap() {
            desk.held = held;
        }
    }
    // The person asks for it as well: it goes when the call has ended.
    desk.engine.command(Command::Unload("a".to_owned()));
    desk.see(&["a"]);
    desk.barrier.wait();
    assert_eq!(desk.end_of(long), "1");
    assert_eq!(desk.end_of(waits), "1");
    desk.see(&["b"]);
    assert!(!desk.held.iter().any(|held| held.waits));
}

#[test]
fn a_person_unloads_and_loads() {
    let mut desk = Desk::new(100, &[("a", 10)]);
    desk.engine.command(Command::Load("a".to_owned()));
    desk.see(&["a"]);
    desk.engine.command(Command::Unload("a".to_owned()));
    desk.see(&[]);
    assert_eq!(desk.ask("a"), "2");
}

#[test]
fn what_can_never_fit_is_refused_with_words() {
    let mut desk = Desk::new(100_000_000, &[("a", 40_000_000), ("huge", 300_000_001)]);
    assert_eq!(desk.ask("a"), "1");
    let why = desk.ask("huge");
    assert!(why.contains("about 301 MB") && why.contains("100 MB") && why.contains("models_memory"), "{why}");
    assert_eq!(desk.ask("a"), "1", "nobody had to go for it");
    let unknown = {
        let ask = Ask {
            model: Some("x".to_owned()),
            ..Ask::local(
                "test",
                Request::Score { prompt: crate::ask::Prompt::Raw(String::new()), continuations: vec![] },
            )
        };
        desk.engine.command(Command::Ask { call: CallId(99), ask: Box::new(ask) })
    };
    assert!(matches!(unknown, Some(Report::Failed { .. })));
}

#[test]
fn a_model_that_is_broken_says_so_and_is_tried_again() {
    let (mut engine, mut inbox) = Engine::new();
    let mut tries = 0;
    let load = move |_: &Seat| {
        tries += 1;
        match tries {
            1 => Err("the file is cut short".to_owned()),
            2 => panic!("a bad file"),
            _ => {
                let barrier = Arc::new(std::sync::Barrier::new(1));
                let ready = ModelState::Ready { name: "a".to_owned(), about: String::new() };
                Ok((Box::new(Says(Arc::default(), barrier)) as Box<dyn Expert>, ready))
            }
        }
    };
    engine.bring("a", None, load).unwrap();
    let mut next = |call: u32| {
        let request = Request::Score {
            prompt: crate::ask::Prompt::Raw(String::new()),
            continuations: vec![String::new()],
        };
        let ask = Box::new(Ask { model: Some("a".to_owned()), ..Ask::local("test", request) });
        engine.command(Command::Ask { call: CallId(call), ask });
        loop {
            match inbox.blocking_recv().unwrap() {
                Report::Failed { why, .. } => return why,
                Report::Done { answer, .. } => return answer.text,
                _ => {}
            }
        }
    };
    assert_eq!(next(1), "the file is cut short");
    assert!(next(2).starts_with("loading it failed"));
    assert_eq!(next(3), "0");
}

#[test]
fn the_usual_model_is_loaded_once_for_all_that_wait_and_again_when_that_is_asked_for() {
    let (mut engine, mut inbox) = Engine::new();
    let tries = Arc::new(AtomicUsize::new(0));
    let load = {
        let tries = tries.clone();
        move |_: &Seat| match tries.fetch_add(1, Ordering::SeqCst) {
            0 => Err("the file is cut short".to_owned()),
            _ => {
                let ready = ModelState::Ready { name: "a".to_owned(), about: String::new() };
                let says = Says(tries.clone(), Arc::new(std::sync::Barrier::new(1)));
                Ok((Box::new(says) as Box<dyn Expert>, ready))
            }
        }
    };
    engine.bring("a", Some(Which::Language), load).unwrap();
    engine.command(Command::Load("a".to_owned()));
    let mut told = vec![];
    let mut next = |engine: &mut Engine, call: u32| {
        let request = Request::Score {
            prompt: crate::ask::Prompt::Raw(String::new()),
            continuations: vec![String::new()],
        };
        engine.command(Command::Ask { call: CallId(call), ask: Box::new(Ask::local("test", request)) });
        loop {
            match inbox.blocking_recv().unwrap() {
                Report::Failed { why, .. } => return why,
                Report::Done { answer, .. } => return answer.text,
                Report::Model(status) => told.push(status.state),
                _ => {}
            }
        }
    };
    assert_eq!(next(&mut engine, 1), "the file is cut short");
    assert_eq!(next(&mut engine, 2), "the file is cut short");
    assert_eq!(tries.load(Ordering::SeqCst), 1);
    engine.command(Command::Load("a".to_owned()));
    assert_eq!(next(&mut engine, 3), "2");
    let missing = told.iter().filter(|state| matches!(state, ModelState::Missing(_)));
    assert_eq!(missing.count(), 1, "said once");
}
