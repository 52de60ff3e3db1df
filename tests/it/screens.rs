//! Every screen at three sizes, as text; every size at all, without a fall.

mod desk;

use desk::Desk;
use insta::assert_snapshot;
use plantern::{
    engine::{ModelState, Report, Which},
    workbench::{Message, Stored, Tab, state::Summary},
};

fn sessions(desk: &mut Desk) {
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

fn fetching() -> Desk {
    let mut desk = Desk::new();
    let state = ModelState::Fetching { done: 31_960_000, total: 94_000_000, rate: 5_100_000.0 };
    desk.model(Which::Language, state);
    desk
}

fn reading() -> Desk {
    let mut desk = Desk::running();
    let call = desk.open[0];
    desk.send(Message::Report(Report::Prefill { call, done: 128, total: 412 }));
    desk
}

fn streaming() -> Desk {
    let mut desk = reading();
    desk.stream(&desk::name_tokens()[..2]);
    desk.stream(&desk::name_tokens()[1..2]);
    desk.send(Message::Tick);
    desk
}

fn on_tab(tab: Tab, keys: &str) -> Desk {
    let mut desk = Desk::done();
    desk.press(keys);
    desk.press("enter");
    while desk.state.ui.tab != tab {
        desk.press("tab");
    }
    desk
}

fn after(keys: &str) -> Desk {
    let mut desk = Desk::done();
    desk.press(keys);
    desk
}

fn home() -> Desk {
    let mut desk = Desk::done();
    sessions(&mut desk);
    desk
}

fn typing() -> Desk {
    let mut desk = after("g j e end");
    desk.type_in("\nIt was written in 1843 for the Analytical Engine, which was never built, and computes numbers named after a Swiss.");
    desk
}

fn stale() -> Desk {
    let mut desk = after("g j t C-u");
    desk.type_in("Grace Hopper");
    desk.press("enter");
    desk
}

fn unsaved() -> Desk {
    let mut desk = Desk::done();
    desk.send(Message::Stored(Stored::Trouble("no space left on the disk".to_owned())));
    desk
}

/// Every screen there is, by name.
fn screens() -> Vec<(&'static str, Desk)> {
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
        ("help", after("?")),
        ("palette", {
            let mut desk = after(":");
            desk.type_in("ed");
            desk
        }),
        ("home", home()),
    ]
}

#[test]
fn every_screen_at_three_sizes() {
    for (name, desk) in screens() {
        assert_snapshot!(name, desk.frames());
    }
}

#[test]
fn words_have_their_roles() {
    let desk = on_tab(Tab::Tokens, "g j");
    assert_snapshot!("roles", format!("{}\n{}", desk.frame(140, 24), desk.roles(140, 24)));
}
