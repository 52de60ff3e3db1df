//! A frame outside a terminal: as plain text, or as an SVG picture with its colours.

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// The size of a cell in the picture, in pixels.
const CELL: (f32, f32) = (8.4, 18.0);

/// The frame line by line, blanks at the ends cut off.
pub fn text(frame: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..frame.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < frame.area.width {
            let symbol = frame[(x, y)].symbol();
            line.push_str(symbol);
            x += symbol.width().max(1) as u16;
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The frame as a picture: runs of cells of one look become one text.
pub fn picture(frame: &Buffer) -> String {
    let (width, height) = (f32::from(frame.area.width) * CELL.0, f32::from(frame.area.height) * CELL.1);
    let ground = frame.content.first().map_or(Color::Reset, |cell| cell.bg);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"ui-monospace, \
         'DejaVu Sans Mono', Menlo, monospace\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n",
        hex(ground, "#101418")
    );
    for y in 0..frame.area.height {
        let mut x = 0;
        while x < frame.area.width {
            let start = x;
            let look = look(&frame[(x, y)]);
            let mut run = String::new();
            while x < frame.area.width && self::look(&frame[(x, y)]) == look {
                let symbol = frame[(x, y)].symbol();
                run.push_str(symbol);
                x += symbol.width().max(1) as u16;
            }
            paint(&mut svg, (start, y, x), &run, look, ground);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

type Look = (Color, Color, Modifier);

fn look(cell: &Cell) -> Look {
    if cell.modifier.contains(Modifier::REVERSED) {
        return (cell.bg, cell.fg, cell.modifier);
    }
    (cell.fg, cell.bg, cell.modifier)
}

fn paint(
    svg: &mut String,
    (from, y, to): (u16, u16, u16),
    run: &str,
    (fore, back, modifier): Look,
    ground: Color,
) {
    let (left, top) = (f32::from(from) * CELL.0, f32::from(y) * CELL.1);
    let width = f32::from(to - from) * CELL.0;
    if back != ground {
        let fill = hex(back, "#101418");
        let _ = writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"{fill}\"/>",
            CELL.1
        );
    }
    if run.trim().is_empty() {
        return;
    }
    let bold = if modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let dim = if modifier.contains(Modifier::DIM) { " opacity=\"0.7\"" } else { "" };
    let line = if modifier.contains(Modifier::UNDERLINED) { " text-decoration=\"underline\"" } else { "" };
    let run = run.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{left}\" y=\"{}\" fill=\"{}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" \
         xml:space=\"preserve\"{bold}{dim}{line}>{run}</text>",
        top + CELL.1 * 0.75,
        hex(fore, "#d8dee4")
    );
}

fn hex(color: Color, unset: &str) -> String {
    match color {
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        _ => unset.to_owned(),
    }
}
