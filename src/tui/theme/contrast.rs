//! How well two colours can be told apart, and how near they are.

use ratatui::style::Color;

/// Contrast ratio of two colours, 1 to 21; `None` when one of them is the terminal's own.
///
/// Source: "Web Content Accessibility Guidelines 2.2", relative luminance and contrast ratio.
pub fn contrast(one: Color, other: Color) -> Option<f32> {
    let (one, other) = (luminance(rgb(one)?), luminance(rgb(other)?));
    Some((one.max(other) + 0.05) / (one.min(other) + 0.05))
}

fn luminance((red, green, blue): (u8, u8, u8)) -> f32 {
    let linear = |part: u8| {
        let part = f32::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

/// The sixteen as xterm shows them; terminals differ, but not in what is light and what is dark.
const SIXTEEN: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

/// Red, green and blue; `None` for the terminal's own foreground and background.
pub(super) fn rgb(colour: Color) -> Option<(u8, u8, u8)> {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match colour {
        Color::Rgb(red, green, blue) => Some((red, green, blue)),
        Color::Indexed(n @ 0..=15) => Some(SIXTEEN[usize::from(n)]),
        Color::Indexed(n @ 16..=231) => {
            let n = usize::from(n) - 16;
            Some((STEPS[n / 36], STEPS[n / 6 % 6], STEPS[n % 6]))
        }
        Color::Indexed(n) => {
            let grey = 8 + (n - 232) * 10;
            Some((grey, grey, grey))
        }
        _ => None,
    }
}

/// How far apart two colours look (weighted squares; "redmean").
pub(super) fn distance(one: (u8, u8, u8), other: (u8, u8, u8)) -> u32 {
    let mean = (u32::from(one.0) + u32::from(other.0)) / 2;
    let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    ((512 + mean) * square(one.0, other.0)
        + 1024 * square(one.1, other.1)
        + (767 - mean) * square(one.2, other.2))
        >> 8
}
