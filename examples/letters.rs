use plantern::{
    ask::*,
    engine::*,
    expert::{candle::language::LanguageExpert, roster::Roster, *},
    session::*,
    strategy::*,
    workbench::*,
};
use std::time::Instant;
fn main() {
    let path = std::env::var("HOME").unwrap() + "/.cache/plantern/models/SmolLM2-135M-Instruct.Q4_1.gguf";
    let t = Instant::now();
    let mut model = LanguageExpert::load(path.as_ref(), &mut |_| ()).unwrap();
    eprintln!("load {:?} {}", t.elapsed(), model.about());
    let args: Vec<String> = std::env::args().collect();
    let limit: usize = args.get(2).map_or(20, |n| n.parse().unwrap());
    let strat = args.get(3).cloned().unwrap_or("decomposed".into());
    let cases: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&args[1]).unwrap()).unwrap();
    let mut pairs = vec![];
    for v in cases.as_object().unwrap().values() {
        for q in v["qa_pairs"].as_array().unwrap() {
            pairs.push((
                q["question"].as_str().unwrap().to_owned(),
                q["answer"]["spans"][0].as_str().unwrap().to_owned(),
            ));
        }
    }
    let (roster, _, _) = Roster::load([]);
    let tools = Tools { roster, prompts: Prompts::shipped() };
    let settings = Settings {
        strategy: strat,
        router: "tag".into(),
        model: "m".into(),
        sampling: Sampling::default(),
        limits: Limits::default(),
    };
    let (mut right, mut n) = (0, 0);
    let t = Instant::now();
    let (mut calls, mut usage) = (0, Usage::default());
    for (q, a) in pairs.iter().take(limit) {
        let mut state = State::new(tools.clone(), settings.clone());
        state.interactive = false;
        for which in [Which::Language, Which::Embedding] {
            update(
                &mut state,
                Message::Report(Report::Model(ModelStatus {
                    which,
                    state: ModelState::Ready { name: "".into(), about: "".into() },
                })),
                0,
            );
        }
        let mut todo: Vec<Effect> = update::files::new_task(&mut state, q);
        todo.extend(update(&mut state, Message::Action(Action::Continue), 0));
        while let Some(e) = todo.pop() {
            if let Effect::Engine(Command::Ask { call, ask }) = e {
                let r = match &ask.request {
                    Request::Compute { .. } => symbolic::Symbolic.answer(&ask, &mut (), &Control::default()),
                    _ => model.answer(&ask, &mut (), &Control::default()),
                };
                let r = match r {
                    Ok(answer) => Report::Done { call, answer },
                    Err(e) => Report::Failed { call, why: e.to_string() },
                };
                todo.extend(update(&mut state, Message::Report(r), 0));
            }
        }
        let s = state.journal.session();
        let got = s.plan.root().and_then(|r| s.answer(r)).unwrap_or("-").to_owned();
        n += 1;
        let u = state.journal.usage();
        calls += u.0;
        usage += u.1;
        if got == *a {
            right += 1
        } else {
            println!(
                "Q {q}\n want {a:?} got {got:?} {:?}\n{}",
                state.ended,
                plantern::plan::outline(&s.plan)
            );
        }
    }
    println!("{right}/{n} in {:?} calls {calls} {usage:?}", t.elapsed());
}
