//! A run in the hand of a test: models answer from a script, functions as they are, and the clock stands still.

use super::{
    Hands, Interrupt,
    lines::Style,
    run::{Options, Outside, Start, run},
};
use crate::{
    ask::{Ask, Prompt, Request},
    engine::{Command, ModelState, Report, Tools, Which},
    expert::{Control, Expert, scripted::Scripted, symbolic::Symbolic},
    session::Settings,
    workbench::State,
};
use std::{
    collections::VecDeque,
    future::Future,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
};

/// Drives a future on this thread: tests need no runtime.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Models from a script, functions as they are.
pub(super) struct Script {
    models: Scripted,
    ready: VecDeque<Report>,
    pub(super) asked: Vec<Ask>,
}

impl Script {
    pub(super) fn new(script: &str) -> Script {
        Script { models: Scripted::read(script).unwrap(), ready: VecDeque::new(), asked: vec![] }
    }

    pub(super) fn with(mut self, reports: impl IntoIterator<Item = Report>) -> Script {
        self.ready.extend(reports);
        self
    }
}

impl Hands for Script {
    fn perform(&mut self, command: Command) {
        let Command::Ask { call, ask } = command else { return };
        let control = Control::default();
        let answer = match ask.request {
            Request::Compute { .. } => Symbolic.answer(&ask, &mut (), &control),
            _ => self.models.answer(&without_examples(&ask), &mut (), &control),
        };
        self.asked.push(*ask);
        self.ready.push_back(match answer {
            Ok(mut answer) => {
                answer.usage.output_tokens = 3;
                Report::Done { call, answer }
            }
            Err(error) => Report::Failed { call, why: error.to_string() },
        });
    }

    async fn next(&mut self) -> Option<Report> {
        self.ready.pop_front()
    }
}

/// A prompt ends in the task at hand; the examples before it are none of the script's business.
fn without_examples(ask: &Ask) -> Ask {
    let mut ask = ask.clone();
    if let Request::Generate(generate) = &mut ask.request
        && let Prompt::Raw(text) = &mut generate.prompt
    {
        *text = text.rsplit("\n\n").next().unwrap_or_default().to_owned();
    }
    ask
}

pub(super) fn state() -> State {
    let mut state = State::new(Tools::default(), Settings::new("decomposed", "tag", "scripted"));
    let ready = ModelState::Ready { name: "scripted".into(), about: "a script".into() };
    state.models.insert(Which::Language, ready);
    state
}

/// Runs to the end with these answers of models: how it stands then, and what was printed.
pub(super) fn ran(mut state: State, start: Start, script: &str, style: Style) -> (State, String) {
    let (mut out, mut interrupt) = (vec![], Interrupt::never());
    let mut outside = Outside {
        perform: &mut |_| vec![],
        now: &|| 7,
        out: &mut out,
        narration: &mut vec![],
        interrupt: &mut interrupt,
    };
    let options = Options { style, ..Options::default() };
    block_on(run(&mut state, &mut Script::new(script), &mut outside, start, &options)).unwrap();
    (state, String::from_utf8(out).unwrap())
}

pub(super) fn task(text: &str) -> Start {
    Start::Task(text.to_owned())
}

pub(super) fn plan(text: &str) -> Start {
    Start::Plan { text: text.to_owned(), origin: "p".to_owned() }
}
