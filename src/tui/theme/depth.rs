//! How many colours a terminal shows, and themes brought down to that.

use super::contrast::{contrast, distance, rgb};
use ratatui::style::{Color, Modifier, Style};
use std::ops::RangeInclusive;

/// Colours of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None wanted: bold, underline and reverse alone.
    None,
    Sixteen,
    Indexed,
    Full,
}

impl Depth {
    /// What the environment says; `value` looks a variable up. Nothing is read here.
    pub fn detect(value: impl Fn(&str) -> Option<String>) -> Depth {
        let value = |name: &str| value(name).unwrap_or_default();
        let term = value("TERM");
        let full = ["truecolor", "24bit"].contains(&value("COLORTERM").as_str())
            || ["direct", "truecolor", "kitty", "alacritty", "wezterm", "ghostty", "foot"]
                .iter()
                .any(|part| term.contains(part))
            || ["iTerm.app", "WezTerm", "vscode", "ghostty"].contains(&value("TERM_PROGRAM").as_str())
            || !value("WT_SESSION").is_empty();
        match () {
            () if !value("NO_COLOR").is_empty() || term == "dumb" => Depth::None,
            () if full => Depth::Full,
            () if term.contains("256") => Depth::Indexed,
            () => Depth::Sixteen,
        }
    }

    /// A style as this depth can show it. `block`: its background is all it is.
    pub(super) fn style(self, style: Style, ground: Style, block: bool) -> Style {
        let under = style.bg.or(ground.bg);
        match self {
            Depth::Full => style,
            Depth::Indexed => {
                let fg = style.fg.map(|colour| legible(colour, under, 16..=255));
                Style { fg, bg: style.bg.map(|colour| nearest(colour, 16..=255)), ..style }
            }
            Depth::Sixteen => {
                let sixteen = |colour| nearest(colour, 0..=15);
                let bg = style.bg.map(sixteen);
                // Two greys that are one of sixteen would hide the block.
                if block && bg.is_some() && bg == ground.bg.map(sixteen) {
                    let style = Style { fg: None, bg: None, ..style };
                    return style.add_modifier(Modifier::REVERSED);
                }
                Style { fg: style.fg.map(|colour| legible(colour, under, 0..=15)), bg, ..style }
            }
            Depth::None => {
                let plain = Style { fg: None, bg: None, ..style };
                if block { plain.add_modifier(Modifier::REVERSED) } else { plain }
            }
        }
    }
}

/// The nearest of these; colours that the terminal names itself stay as they are.
fn nearest(colour: Color, among: RangeInclusive<u8>) -> Color {
    legible(colour, None, among)
}

/// The nearest of these that can be read as well on this ground as the colour itself, or well enough.
fn legible(colour: Color, under: Option<Color>, among: RangeInclusive<u8>) -> Color {
    let beyond = match colour {
        Color::Rgb(..) => true,
        Color::Indexed(n) => *among.end() < n,
        _ => false,
    };
    let (Some(wanted), true) = (rgb(colour), beyond) else { return colour };
    let far = |n: &u8| rgb(Color::Indexed(*n)).map_or(u32::MAX, |found| distance(wanted, found));
    let under = under.map(|under| (nearest(under, among.clone()), contrast(colour, under)));
    let reads = |n: &u8| match under {
        Some((under, Some(before))) => {
            contrast(Color::Indexed(*n), under).is_none_or(|found| found >= before.min(4.5))
        }
        _ => true,
    };
    let best = among.clone().filter(reads).min_by_key(far).or_else(|| among.min_by_key(far));
    best.map_or(colour, Color::Indexed)
}
