//! Every screen there is, and the keys and reports that lead to it.

use super::desk::{self, Desk};
use plantern::{
    ask::Answer,
    engine::{Held, ModelState, Report, Which},
    workbench::{Message, Mode, Stored, Tab, Weight, state::Summary},
};

pub(super) fn sessions(desk: &mut Desk) {
    let session = |title: &str, about: &str, recorded: bool| Summary {
        path: format!("sessions/{title}.jsonl").into(),
        title: title.to_owned(),
        about: about.to_owned(),
        recorded,
    };
    desk.press("H");
    desk.send(Message::Stored(Stored::Sessions(vec![
        session("Who wrote the first published computer program?", "today 12:00", false),
        session("Plan a week in Lisbon for four people on a small budget, by train", "yesterday", false),
        session("Last letters", "decomposed, step by step, SmolLM2-135M", true),
        session("A routing that was corrected", "re-route and what becomes stale", true),
    ])));
}

pub(super) fn fetching() -> Desk {
    let mut desk = Desk::new();
    let state = ModelState::Fetching { done: 31_960_000, total: 94_000_000, rate: 5_100_000.0 };
    desk.model(Which::Language, state);
    desk
}

pub(super) fn reading() -> Desk {
    let mut desk = Desk::running();
    let call = desk.open[0];
    desk.send(Message::Report(Report::Prefill { call, done: 128, total: 412 }));
    desk
}

/// Three models: one at work, one that a card names and that is on its way, one that is broken.
pub(super) fn models() -> Desk {
    let mut desk = reading();
    let held = |name: &str, which, state, bytes, queue, rate| Held {
        name: name.to_owned(),
        which,
        state,
        bytes,
        queue,
        leaving: false,
        waits: false,
        rate,
    };
    let about = "llama Q4_1, 134 M weights, context 8192, avx512-vnni on 2 threads".to_owned();
    let ready = ModelState::Ready { name: "SmolLM2-135M-Instruct.Q4_1.gguf".to_owned(), about };
    let (language, embedding) = (Some(Which::Language), Some(Which::Embedding));
    let why = "there is no model \"qwen3\": `plantern models` lists those that are there".to_owned();
    desk.send(Message::Report(Report::Held(vec![
        held("smollm2", language, ready, 284_000_000, 1, 301.4),
        held("minilm", embedding, ModelState::Asleep("minilm".to_owned()), 0, 0, 0.0),
        held("models/large.gguf", None, ModelState::Loading(0.4), 1_940_000_000, 2, 0.0),
        held("qwen3", None, ModelState::Missing(why), 0, 0, 0.0),
    ])));
    desk.press("U");
    desk
}

pub(super) fn streaming() -> Desk {
    let mut desk = reading();
    desk.stream(&desk::name_tokens()[..2]);
    desk.stream(&desk::name_tokens()[1..2]);
    desk.send(Message::Tick);
    desk
}

pub(super) fn on_tab(tab: Tab, keys: &str) -> Desk {
    let mut desk = Desk::done();
    desk.press(keys);
    desk.press("enter");
    while desk.state.ui.tab != tab {
        desk.press("tab");
    }
    desk
}

pub(super) fn after(keys: &str) -> Desk {
    let mut desk = Desk::done();
    desk.press(keys);
    desk
}

pub(super) fn home() -> Desk {
    let mut desk = Desk::done();
    sessions(&mut desk);
    desk
}

pub(super) fn typing() -> Desk {
    let mut desk = after("g j e end");
    desk.type_in("\nIt was written in 1843 for the Analytical Engine, which was never built, and computes numbers named after a Swiss.");
    desk
}

pub(super) fn stale() -> Desk {
    let mut desk = after("g j t C-u");
    desk.type_in("Grace Hopper");
    desk.press("enter");
    desk
}

pub(super) fn unsaved() -> Desk {
    let mut desk = Desk::done();
    desk.send(Message::Stored(Stored::Trouble { why: "no space left on the disk".to_owned(), again: true }));
    desk
}

/// Two branches: on this one the words of the last task are others, on the other one a comma joins.
pub(super) fn branched() -> Desk {
    let mut desk = after("G f");
    desk.type_in("comma: as lists are written");
    desk.press("enter G e A-a");
    desk.type_in("[merge] Concatenate #3 using a comma.");
    desk.press("enter c C-b G enter G e A-a");
    desk.type_in("[merge] Concatenate #3 using a space, please.");
    desk.press("enter");
    desk
}

pub(super) fn merging() -> Desk {
    let mut desk = branched();
    desk.press("C-b g");
    // The other branch, wherever it stands in the list.
    let Mode::Sheet(sheet) = &desk.state.mode else { panic!("no branches") };
    let at = sheet.rows.iter().position(|row| row.cells[1] == "comma").expect("the branch");
    desk.press(&format!("{} M", "j ".repeat(at)));
    desk
}

pub(super) fn as_text() -> Desk {
    let mut desk = after("g | C-p");
    desk.press("S-end right");
    desk.type_in("\n  QS: [count] How many words are in \"#1\"?");
    desk.press("enter");
    desk
}

pub(super) fn marked() -> Desk {
    let mut desk = after("g minus G a");
    desk.type_in("TODO say something");
    desk.press("enter g j v v");
    desk
}

pub(super) fn previewed() -> Desk {
    let mut desk = after("g j e A-a");
    desk.type_in("[answer] Who wrote the second published computer program?");
    desk.press("enter .");
    desk
}

/// A rule that holds, one that does not, a person's verdict.
pub(super) fn judged() -> Desk {
    let mut desk = after("g j j C A-a");
    desk.type_in("as split && at most 1 words");
    desk.press("enter G C");
    desk.type_in("should number");
    desk.press("enter g j ~");
    desk.type_in("unsure there were others");
    desk.press("enter g j j enter");
    desk
}

/// A run that was stopped by a breakpoint inside an answer, with watches.
pub(super) fn stopped() -> Desk {
    let mut desk = Desk::planned();
    desk.press("A-b");
    desk.type_in("log depth = 1 and phase = \"routed\"");
    desk.press("enter B a");
    desk.type_in("#1 probability < 0.9");
    desk.press("enter esc C-w");
    desk.type_in("tokens\nprobability\n#2 margin\nnumber(answer)");
    desk.press("enter c");
    desk.stream(&desk::name_tokens());
    desk
}

/// A condition being typed whose last word is not known.
pub(super) fn condition() -> Desk {
    let mut desk = Desk::planned();
    desk.press("A-u");
    desk.type_in("margin < 0.1 and probabilty < 0.5");
    desk
}

/// What the cards teach, with vectors that nobody's model gave.
pub(super) fn learned(desk: &Desk) -> plantern::router::Knowledge {
    let cards = desk.state.tools.roster.cards();
    let texts = plantern::workbench::learning::texts(cards, &Default::default(), &[]);
    let vectors = texts.into_iter().map(|text| {
        let hash = plantern::router::features::hash(&text);
        (text, (0..8).map(|at| f32::from(u8::from(hash >> at & 1 == 1))).collect())
    });
    let examples = plantern::workbench::learning::card_examples(cards, &vectors.collect());
    plantern::router::Knowledge::fit(examples, Default::default(), "person", 0)
}

/// The map of the reviewed tasks, at points that a scripted model gave.
pub(super) fn reviewed_map() -> Desk {
    let mut desk = after("R j o");
    desk.model(Which::Embedding, ModelState::Ready { name: "MiniLM".to_owned(), about: String::new() });
    desk.press("tab tab tab tab");
    let (call, texts) = desk.embedding();
    let scores = (0..texts).flat_map(|at| [at as f32, (at * at % 3) as f32]).collect();
    desk.send(Message::Report(Report::Done { call, answer: Answer { scores, ..Answer::default() } }));
    desk
}

/// A log of thirty lines, one of them long, with the keys in it.
pub(super) fn logged() -> Desk {
    let mut desk = Desk::done();
    for n in 0..30 {
        let text = match n {
            17 => format!("line {n}{}", ", which goes on and on".repeat(8)),
            _ => format!("line {n}"),
        };
        desk.send(Message::Stored(Stored::Said(Weight::Info, text)));
    }
    desk.press("A-l");
    desk
}

/// Every screen there is, by name.
pub(super) fn screens() -> Vec<(&'static str, Desk)> {
    vec![
        ("start", Desk::new()),
        ("fetching", fetching()),
        ("planned", Desk::planned()),
        ("reading", reading()),
        ("streaming", streaming()),
        ("done", Desk::done()),
        ("stale", stale()),
        ("unsaved", unsaved()),
        ("tab_task", on_tab(Tab::Task, "g j j j")),
        ("tab_prompt", on_tab(Tab::Prompt, "g")),
        ("tab_prompt_chat", on_tab(Tab::Prompt, "g j")),
        ("tab_answer", on_tab(Tab::Answer, "g j j")),
        ("tab_tokens", on_tab(Tab::Tokens, "g j")),
        ("tab_route", on_tab(Tab::Route, "g j")),
        ("tab_history", on_tab(Tab::History, "g j")),
        ("reroute", after("g j r")),
        ("typing", typing()),
        ("read_log", {
            let mut desk = logged();
            desk.press("pgup k");
            desk
        }),
        ("help", after("?")),
        ("palette", {
            let mut desk = after(":");
            desk.type_in("ed");
            desk
        }),
        ("home", home()),
        ("models", models()),
        ("marked", marked()),
        ("preview", previewed()),
        ("as_text", as_text()),
        ("timeline", after("@ k k k k k k k k")),
        ("branches", {
            let mut desk = branched();
            desk.press("C-b");
            desk
        }),
        ("compare", {
            let mut desk = branched();
            desk.press("=");
            desk
        }),
        ("merge", merging()),
        ("verdicts", judged()),
        ("why_prompt", after("g Q")),
        ("what_if", after("g j C-f")),
        ("vote", after("g j C-n enter")),
        ("once_more", after("g A-v")),
        ("edit_prompt", after("g j C-p")),
        ("edit_answer", after("g j A-e")),
        ("other_token", after("! w l")),
        ("figures", after("A-w")),
        ("stopped", stopped()),
        ("breakpoints", {
            let mut desk = stopped();
            desk.press("C-x B");
            desk
        }),
        ("condition", condition()),
        ("dry_run", after("g j C-r A-d")),
        ("cap", {
            let mut desk = after("g $ A-a");
            desk.type_in("2 calls, 9 s");
            desk.press("enter j C-r c");
            desk
        }),
        ("blame", after("& n n")),
        ("lint", {
            let mut desk = marked();
            desk.press(";");
            desk
        }),
        ("choose", after("G C-t")),
        ("selection", after("g e home S-right S-right S-right")),
        ("review_queue", after("R")),
        ("review_blind", after("R B")),
        ("review_agreement", after("R a j o a tab")),
        ("review_calibration", after("R a j o a tab tab")),
        ("review_cost", after("R a j o a tab tab tab")),
        ("review_map", reviewed_map()),
        ("review_table", {
            let mut desk = after("R a j o a tab tab tab tab tab");
            desk.state.tools.knowledge = std::sync::Arc::new(learned(&desk));
            desk.press("j l");
            desk
        }),
        ("review_learning", after("R a j o a S-tab")),
    ]
}
