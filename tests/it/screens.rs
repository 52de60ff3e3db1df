//! Every screen at three sizes, as text; every size at all, without a fall.

mod desk;
mod scenes;
mod told;
mod walk;

use crossterm::event::{Event as Input, KeyModifiers, MouseEvent, MouseEventKind};
use desk::{Desk, name_tokens};
use insta::assert_snapshot;
use plantern::{
    ask::Answer,
    engine::{ModelState, Report, Which},
    tui::{Depth, Hits, Role, clean, message, theme::shipped},
    workbench::{Action, Focus, Message, Place, RowId, Stored, Tab, Target, Weight, state::Summary},
};
use proptest::prelude::*;
use ratatui::{
    buffer::Buffer,
    style::{Color, Modifier},
};
use scenes::{logged, on_tab, screens};

#[test]
fn every_screen_at_three_sizes() {
    for (name, desk) in screens() {
        assert_snapshot!(name, desk.frames());
    }
}

#[test]
fn words_have_their_roles() {
    let desk = on_tab(Tab::Tokens, "g j");
    assert_snapshot!("roles_tokens", format!("{}\n{}", desk.frame(140, 24), desk.roles(140, 24)));
    let desk = on_tab(Tab::Prompt, "g");
    assert_snapshot!("roles_prompt", format!("{}\n{}", desk.frame(80, 24), desk.roles(80, 24)));
}

#[test]
fn no_size_breaks_a_screen() {
    let theme = &shipped()[0];
    for (at, (name, desk)) in screens().iter().enumerate() {
        // Each screen takes its share of the sizes that are too small for it, and all that are not.
        let sizes = (0..=60u16).flat_map(|width| (0..=20u16).map(move |height| (width, height)));
        let large = |(width, height): &(u16, u16)| 40 <= *width && 10 <= *height;
        let shared =
            sizes.enumerate().filter(|(nth, size)| large(size) && nth % 3 == at % 3 || nth % 20 == at);
        let extremes = [(1, 500), (500, 1), (500, 200), (40, 500), (500, 10), (100, 14), (99, 13)];
        for (width, height) in shared.map(|(_, size)| size).chain(extremes) {
            let (buffer, hits) = desk.drawn(width, height, theme);
            let outside =
                |area: &ratatui::layout::Rect| !buffer.area.contains(area.as_position()) || area.is_empty();
            assert!(!hits.targets.iter().any(|(area, _)| outside(area)), "{name} {width}x{height}");
            if (width < 40 || height < 10) && 10 < width && 0 < height {
                let told = desk::text(&buffer);
                assert!(told.contains("40x10"), "{name} {width}x{height}: {told}");
                let whole = told.starts_with("too small") && told.contains(&format!("{width}x{height}"));
                assert!(whole || height < 4, "{name} {width}x{height}: {told}");
            }
        }
    }
}

#[test]
fn a_screen_that_is_too_small_says_so_in_the_room_it_has() {
    let desk = Desk::new();
    let check = |width: u16, height: u16, expected: &[&str]| {
        let (buffer, _) = desk.drawn(width, height, &shipped()[0]);
        let told = desk::text(&buffer);
        assert_eq!(told.trim_end().lines().collect::<Vec<_>>(), expected, "{width}x{height}");
    };
    check(100, 9, &["too small: needs 40x10, has 100x9"]);
    check(39, 24, &["too small: needs 40x10, has 39x24"]);
    check(31, 24, &["too small: needs 40x10, has", "31x24"]);
    check(12, 24, &["too small:", "needs 40x10,", "has 12x24"]);
    check(12, 2, &["needs 40x10"]);
    check(6, 9, &["too", "small:", "needs", "40x10,", "has", "6x9"]);
    check(3, 1, &["ne…"]);
}

#[test]
fn the_footer_has_five_hints_and_the_help_and_follows_the_keys() {
    let mut desk = Desk::planned();
    let acts = |hits: &Hits| -> Vec<Action> {
        let acts = hits.targets.iter().filter_map(|(_, target)| match target {
            Target::Act(action) => Some(*action),
            _ => None,
        });
        acts.collect()
    };
    let found = acts(&desk.hits());
    assert!(6 <= found.len() && found.contains(&Action::Help), "{found:?}");
    desk.state.keymap.remap("step", &["f9".to_owned()]).unwrap();
    assert!(desk.frame(80, 24).contains("f9 step"));
    desk.press("?");
    assert!(desk.frame(80, 24).contains("f9          step"));
}

#[test]
fn the_help_lists_every_action_and_the_palette_finds_it() {
    let mut desk = Desk::done();
    desk.press("?");
    let help = desk.frame(100, 300);
    desk.press("esc :");
    for action in Action::all() {
        assert!(help.contains(&format!(" {}", action.title())), "{} is not in the help", action.title());
        desk.press("C-u");
        desk.type_in(action.title());
        assert!(desk.frame(80, 24).contains(action.title()), "{} is not found", action.title());
    }
}

#[test]
fn a_click_does_what_it_hits() {
    let mut desk = Desk::done();
    let place = |hits: &Hits, wanted: Target| {
        let area = hits.targets.iter().find(|(_, target)| *target == wanted).unwrap().0;
        assert_eq!(hits.hit(area.x, area.y), Some(wanted));
        (area.x, area.y)
    };
    let third = desk.state.survey.iter().nth(3).unwrap().0;
    place(&desk.hits(), Target::Fold(third));
    place(&desk.hits(), Target::Row(RowId { task: third, item: Some(1) }));
    place(&desk.hits(), Target::Act(Action::Step));
    place(&desk.hits(), Target::Pane(Place::Log));
    desk.press("enter");
    place(&desk.hits(), Target::Tab(Tab::Route));
    desk.press("esc g j r");
    place(&desk.hits(), Target::Entry(4));
}

#[test]
fn the_log_is_scrolled_like_any_pane_and_follows_from_its_end() {
    let mut desk = logged();
    let seen = |desk: &Desk, wanted: &[&str], gone: &[&str]| {
        let frame = desk.frame(80, 24);
        let log = frame.lines().skip_while(|line| !line.contains(" log ")).skip(1).take(4);
        let log: Vec<&str> = log.collect();
        let has = |part: &&&str| {
            log.iter().any(|line| line.trim_end().trim_end_matches('▐').trim_end().ends_with(**part))
        };
        assert!(wanted.iter().all(|part| has(&part)) && !gone.iter().any(|part| has(&part)), "{log:#?}");
    };
    seen(&desk, &["line 26", "line 29"], &["line 25"]);
    desk.press("j k k");
    seen(&desk, &["line 24", "line 27"], &["line 28"]);
    desk.send(Message::Stored(Stored::Said(Weight::Info, "line 30".into())));
    seen(&desk, &["line 24", "line 27"], &["line 28"]);
    desk.press("g k");
    seen(&desk, &[&desk.state.log[0].text], &["line 30"]);
    desk.press("G");
    seen(&desk, &["line 30"], &["line 24"]);
    desk.send(Message::Stored(Stored::Said(Weight::Info, "line 31".into())));
    seen(&desk, &["line 31"], &[]);
    desk.press("esc");
    assert_eq!((desk.state.ui.focus, desk.state.log_top()), (Focus::Tree, None));
    // The wheel needs no keys there: its first turn lets go of the end, and the next one scrolls.
    let wheel = |desk: &mut Desk, kind| {
        let hits = desk.hits();
        let (area, _) = *hits.targets.iter().rfind(|(_, to)| *to == Target::Pane(Place::Log)).unwrap();
        let mouse = MouseEvent { kind, column: area.x + 3, row: area.y, modifiers: KeyModifiers::NONE };
        if let Some(meant) = message(&Input::Mouse(mouse), &desk.state, &hits) {
            desk.send(meant);
        }
    };
    wheel(&mut desk, MouseEventKind::ScrollUp);
    wheel(&mut desk, MouseEventKind::ScrollUp);
    seen(&desk, &["line 28"], &["line 31"]);
    assert_eq!(desk.state.ui.focus, Focus::Tree);
    for _ in 0..3 {
        wheel(&mut desk, MouseEventKind::ScrollDown);
    }
    assert_eq!(desk.state.log_top(), None, "at its end it follows again");
    // What a call writes is another text, and begins at its end.
    desk.press("A-l g");
    assert_eq!(desk.state.log_top(), Some(0));
    desk.press("A-l j C-r s");
    desk.stream(&name_tokens());
    assert_eq!((desk.state.log_top(), desk.state.ui.focus), (None, Focus::Tree));
    desk.press("A-l L");
    assert!(!desk.state.ui.log_open && desk.state.ui.focus == Focus::Tree, "a pane that is gone has no keys");
    desk.send(Message::Resized(80, 13));
    desk.press("A-l");
    assert_eq!(desk.state.notice.as_ref().unwrap().text, "the lower pane needs a screen of 14 rows");
}

#[test]
fn only_rows_in_view_are_drawn_and_the_selected_one_is() {
    let mut desk = Desk::new();
    desk.press("n");
    desk.type_in("count");
    desk.press("enter");
    for n in 0..60 {
        desk.press("g A");
        desk.type_in(&format!("[count] How many letters are in \"{n}\"?"));
        desk.press("enter");
    }
    for keys in ["g", "G", "g C-d C-d C-d"] {
        desk.press(keys);
        let hits = desk.hits();
        let rows = hits.targets.iter().filter(|(_, target)| matches!(target, Target::Row(_))).count();
        assert!(rows <= 24, "{rows} rows drawn");
        let cursor = desk.state.ui.cursor.unwrap();
        assert!(hits.targets.iter().any(|(_, target)| *target == Target::Row(cursor)), "{keys}");
    }
}

#[test]
fn without_colours_the_selection_is_reversed_and_nothing_is_coloured() {
    let desk = Desk::done();
    for theme in shipped() {
        let (buffer, _) = desk.drawn(80, 24, &theme.at(Depth::None));
        assert!(buffer.content.iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)));
        let reversed = |y: u16| (0..80).all(|x| buffer[(x, y)].modifier.contains(Modifier::REVERSED));
        let rows: Vec<u16> = (0..24).filter(|y| reversed(*y)).collect();
        assert_eq!(rows.len(), 1, "{}: {rows:?}", theme.name);
        assert!(theme.at(Depth::Full).style(Role::Selected) == theme.style(Role::Selected));
    }
}

/// What could drive a terminal, or stand in more cells than it says.
fn harmless(buffer: &Buffer) -> bool {
    buffer.content.iter().all(|cell| {
        let symbol = cell.symbol();
        !symbol.chars().any(|c| c.is_control() || clean::is_hidden(c)) && symbol.chars().count() <= 16
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn no_text_of_a_model_or_file_reaches_the_screen_unclean(texts in proptest::collection::vec(hostile(), 6), tab in 0usize..6) {
        let theme = &shipped()[0];
        let mut desk = Desk::new();
        let frames = |desk: &Desk| {
            [(60, 20), (140, 30)].iter().all(|(width, height)| harmless(&desk.drawn(*width, *height, theme).0))
        };
        desk.press("n");
        desk.type_in(&format!("x{}", texts[0]));
        prop_assert!(frames(&desk));
        desk.press("enter s");
        let call = desk.open[0];
        let token = plantern::ask::Token { text: texts[1].clone(), probability: f32::NAN, alternatives: vec![(texts[2].clone(), 2.0)], forced: false };
        desk.send(Message::Report(Report::Tokens { call, tokens: vec![token.clone()] }));
        for _ in 0..tab { desk.press("tab"); }
        prop_assert!(frames(&desk));
        desk.open.clear();
        let answer = Answer { text: format!(" [{}] {}\nQS: {}", texts[3], texts[4], texts[5]), tokens: vec![token], ..Answer::default() };
        desk.send(Message::Report(Report::Done { call, answer }));
        desk.send(Message::Stored(Stored::Said(Weight::Error, texts[1].clone())));
        prop_assert!(frames(&desk));
        desk.press("j r");
        prop_assert!(frames(&desk));
        let summary = Summary { path: texts[1].clone().into(), title: texts[2].clone(), about: texts[3].clone(), recorded: true };
        desk.press("esc H");
        desk.send(Message::Stored(Stored::Sessions(vec![summary])));
        desk.send(Message::Stored(Stored::Trouble { why: texts[4].clone(), again: true }));
        desk.model(Which::Language, ModelState::Missing(texts[5].clone()));
        prop_assert!(frames(&desk));
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let bad = proptest::sample::select(vec![
        '\x1b',
        '\u{9b}',
        '\u{202e}',
        '\u{2066}',
        '\u{200d}',
        '\u{200b}',
        '\u{fe0f}',
        '\u{e0041}',
        '\u{301}',
        '\u{301}',
        '👩',
        '\t',
        '\n',
        '\r',
        '字',
        'a',
        ' ',
        '#',
        '1',
        '"',
        '[',
        '`',
        '\u{1f3fd}',
        '\u{ff9e}',
        '\u{1100}',
        '\u{0}',
    ]);
    proptest::collection::vec(prop_oneof![bad, any::<char>()], 0..40)
        .prop_map(|chars| chars.into_iter().collect())
}
