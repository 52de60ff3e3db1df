//! Every shipped theme is complete and legible; a broken one is named by its line.

use super::*;
use ratatui::style::{Color, Modifier};

/// Roles that are marks rather than words: a contrast of 3 is enough for them.
const MARKS: [Role; 4] = [Role::Rule, Role::BarRest, Role::Bar, Role::Disabled];
/// Roles that are sheets.
const SHEETS: [Role; 4] = [Role::Ground, Role::Selected, Role::SelectedIdle, Role::Popup];

#[test]
fn the_shipped_themes_are_there_and_legible() {
    for (file, text) in FILES {
        assert_eq!(parse(text, file).err(), None);
    }
    let themes = shipped();
    let kinds = |dark: bool| themes.iter().filter(|theme| theme.dark == dark).count();
    assert!(2 <= kinds(true) && 2 <= kinds(false));
    let mut poor = vec![];
    for theme in &themes {
        let ground = theme.style(Role::Ground);
        for sheet in SHEETS {
            let under = theme.style(sheet).bg.or(ground.bg).unwrap_or_default();
            for role in Role::ALL.iter().filter(|role| !SHEETS.contains(role)) {
                let ink = theme.style(*role).fg.or(ground.fg).unwrap_or_default();
                // The sixteen colours are the terminal's; their contrast is not ours to compute.
                let Some(found) = contrast(ink, under).filter(|_| matches!(ink, Color::Rgb(..))) else {
                    continue;
                };
                let wanted = match MARKS.contains(role) {
                    true => 3.0,
                    false if theme.name == "high contrast" => 7.0,
                    false => 4.5,
                };
                if found < wanted {
                    poor.push(format!("{}: {} on {}: {found:.2}", theme.name, role.id(), sheet.id()));
                }
            }
        }
    }
    assert!(poor.is_empty(), "{poor:#?}");
}

#[test]
fn a_broken_theme_is_named_by_file_and_line() {
    let check = |text: &str, expected: Result<&str, &str>| {
        let read = parse(text, "mine.toml");
        match (&read, expected) {
            (Ok(theme), Ok(name)) => assert_eq!(theme.name, name),
            (Err(error), Err(what)) => {
                assert!(error.to_string().starts_with(what), "{error}");
            }
            _ => panic!("{text}: {read:?}"),
        }
    };
    check("name = \"mine\"\ntext = \"#ffffff on #000000 bold\"\n", Ok("mine"));
    check("", Ok("mine"));
    check("\n\ntexx = \"red\"", Err("mine.toml:3: no role is called `texx`; did you mean `text`?"));
    check("dim = \"\"\ntext = \"#ffgg00\"", Err("mine.toml:2: `#ffgg00` is no colour or mark: write"));
    check("text = \"red blue\"", Err("mine.toml:1: `red blue` has two colours"));
    check("text = \"red on\"", Err("mine.toml:1: `red on`: one colour stands after `on`"));
    check("kind = \"grey\"", Err("mine.toml:1: `grey` is no kind"));
    check("text = \"#é1234\"", Err("mine.toml:1: `#é1234` is no colour"));
    check("a = \"red\"\ntext = ", Err("mine.toml:2: "));
    check("text = 3", Err("mine.toml:1: "));
}

#[test]
fn what_a_theme_leaves_out_looks_like_what_it_falls_back_to() {
    let theme = parse("accent = \"green\"", "t.toml").unwrap();
    assert_eq!(theme.style(Role::Keyword).fg, Some(Color::Indexed(2)));
    assert_eq!(theme.style(Role::Text), Style::default());
}

#[test]
fn the_environment_tells_the_depth() {
    let check = |env: &[(&str, &str)], expected: Depth| {
        let look =
            |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(Depth::detect(look), expected, "{env:?}");
    };
    check(&[("TERM", "xterm-256color")], Depth::Indexed);
    check(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Depth::Full);
    check(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("NO_COLOR", "1")], Depth::None);
    check(&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Depth::Indexed);
    check(&[("TERM", "linux")], Depth::Sixteen);
    check(&[("TERM", "dumb"), ("COLORTERM", "truecolor")], Depth::None);
    check(&[], Depth::Sixteen);
}

#[test]
fn fewer_colours_stay_legible_and_never_more_than_the_terminal_has() {
    for theme in shipped() {
        for depth in [Depth::None, Depth::Sixteen, Depth::Indexed, Depth::Full] {
            let reduced = theme.at(depth);
            let under = reduced.style(Role::Ground).bg.unwrap_or_default();
            for role in Role::ALL {
                let style = reduced.style(*role);
                for colour in [style.fg, style.bg].into_iter().flatten() {
                    let fits = match depth {
                        Depth::None => false,
                        Depth::Sixteen => matches!(colour, Color::Indexed(0..=15) | Color::Reset),
                        Depth::Indexed => matches!(colour, Color::Indexed(_) | Color::Reset),
                        Depth::Full => true,
                    };
                    assert!(fits, "{} {} at {depth:?}: {colour:?}", theme.name, role.id());
                }
                let ink = style.fg.filter(|_| !SHEETS.contains(role) && !MARKS.contains(role));
                if let Some(found) = ink.and_then(|ink| contrast(ink, under))
                    && theme.name != "sixteen"
                {
                    assert!(found >= 4.0, "{} {} at {depth:?}: {found:.2}", theme.name, role.id());
                }
            }
            let selected = reduced.style(Role::Selected);
            assert!(
                selected.bg.is_some() || selected.add_modifier.contains(Modifier::REVERSED),
                "{} at {depth:?}: the selected row can not be seen",
                theme.name
            );
        }
    }
}
