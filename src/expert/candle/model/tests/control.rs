//! A generation that is cancelled or paused, and what the listener is told.

use super::*;

/// Cancels after some tokens, and writes down what it is told.
struct Watch {
    control: Control,
    cancel_after: usize,
    text: String,
    tokens: usize,
    prefill: Vec<(usize, usize)>,
}

impl Sink for Watch {
    fn tokens(&mut self, tokens: &[Token]) {
        self.tokens += tokens.len();
        tokens.iter().for_each(|token| self.text.push_str(&token.text));
        if self.cancel_after <= self.tokens {
            self.control.cancel();
        }
    }
    fn prefill(&mut self, done: usize, total: usize) {
        self.prefill.push((done, total));
    }
}

#[test]
fn a_cancel_leaves_what_was_there() {
    let mut model = load(&Tiny::default());
    let mut run = |cancel_after: usize| {
        let control = Control::default();
        let mut watch =
            Watch { control: control.clone(), cancel_after, text: String::new(), tokens: 0, prefill: vec![] };
        if cancel_after == 0 {
            control.cancel();
        }
        let prompt = of(&"word ".repeat(30));
        let job = Job {
            prompt: prompt.clone(),
            start: vec![],
            rules: rules(40, warm(2)),
            constraint: None,
            sink: Box::new(&mut watch),
            control: control.clone(),
        };
        let answer = model.generate(job, &*BYTES).unwrap();
        assert_eq!(answer.text, watch.text);
        (answer.finish, answer.tokens.len(), watch.prefill)
    };
    assert_eq!(run(0), (Finish::Cancelled, 0, vec![(0, 150)]));
    assert_eq!(run(3), (Finish::Cancelled, 3, vec![(0, 150), (64, 150), (128, 150), (150, 150)]));
    // The prompt is known by now, but for its last token.
    assert_eq!(run(1000), (Finish::Length, 40, vec![(149, 150), (150, 150)]));
}

/// Writes down how many tokens come at a time.
struct Told(std::sync::Arc<std::sync::Mutex<Vec<usize>>>);

impl Sink for Told {
    fn tokens(&mut self, tokens: &[Token]) {
        self.0.lock().unwrap().push(tokens.len());
    }
    fn prefill(&mut self, _: usize, _: usize) {}
}

#[test]
fn a_pause_holds_at_the_next_token_and_hands_on_what_is_there() {
    let mut model = load(&Tiny::default());
    let plain = said(generate(&mut model, &of("One two"), rules(30, warm(4))));
    let (told, control) = (std::sync::Arc::default(), Control::default());
    let job = Job {
        prompt: of("One two"),
        start: vec![],
        rules: rules(30, warm(4)),
        constraint: None,
        sink: Box::new(Told(std::sync::Arc::clone(&told))),
        control: control.clone(),
    };
    let mut flight = Flight::default();
    flight.push(1, job);
    (0..4).for_each(|_| assert!(model.advance(&mut flight, &*BYTES).is_empty()));
    control.pause();
    let before = told.lock().unwrap().clone();
    (0..5).for_each(|_| assert!(model.advance(&mut flight, &*BYTES).is_empty()));
    assert!(flight.is_held());
    assert_eq!(*told.lock().unwrap(), [&before[..], &[0]].concat(), "no token more, and the sink is told");
    control.resume();
    let answer = loop {
        if let Some((1, answer)) = model.advance(&mut flight, &*BYTES).pop() {
            break answer.unwrap();
        }
    };
    assert_eq!(said(answer), plain);
}

#[test]
fn a_short_prompt_waits_for_what_it_shares_with_a_long_one_and_no_longer() {
    let (shared, long) = ("The same words before both. ", "and on ".repeat(60));
    let (long, short) = (of(&format!("{shared}{long}")), of(&format!("{shared}Who?")));
    let mut model = load(&Tiny::default());
    let alone = said(generate(&mut model, &short, rules(3, warm(5))));
    let mut model = load(&Tiny::default());
    let mut flight = Flight::default();
    for (ticket, prompt) in [(1, long), (2, short)] {
        let (rules, control) = (rules(3, warm(5)), Control::default());
        let sink = Box::new(());
        flight.push(ticket, Job { prompt, start: vec![], rules, constraint: None, sink, control });
    }
    let mut ended = vec![];
    while !flight.is_empty() {
        ended.extend(model.advance(&mut flight, &*BYTES));
    }
    let [(2, Ok(first)), (1, Ok(_))] = &ended[..] else { panic!("the short one is first: {ended:?}") };
    assert!(0 < first.usage.cached_tokens, "what both share was read once");
    assert_eq!(said(first.clone()), alone);
}
