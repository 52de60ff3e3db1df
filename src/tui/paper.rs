//! The sheet that panes write on: the only hand that touches the screen's cells. It keeps to the screen's edges, cleans
//! what it writes and remembers what a click would hit.

use super::{
    clean,
    text::{Line, width},
    theme::{Role, Theme},
};
use crate::workbench::{Place, Target};
use ratatui::{buffer::Buffer, layout::Rect};

/// What was drawn where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hits {
    /// What a click hits; where two overlap the later one is on top.
    pub targets: Vec<(Rect, Target)>,
    /// Column and row of the text cursor, when a text is being typed.
    pub cursor: Option<(u16, u16)>,
    /// The largest scroll of the inspector, or of the help, that still changes anything.
    pub scroll_end: usize,
    /// Rows of the lower pane's text that stand above it while it follows.
    pub log_end: usize,
}

impl Hits {
    /// What is at this column and row.
    pub fn hit(&self, x: u16, y: u16) -> Option<Target> {
        let here = |(area, _): &&(Rect, Target)| area.contains((x, y).into());
        self.targets.iter().rev().find(here).map(|(_, target)| *target)
    }

    /// The pane that the wheel turns at this column and row.
    pub fn place(&self, x: u16, y: u16) -> Option<Place> {
        Some(match self.hit(x, y)? {
            Target::Row(_) | Target::Fold(_) => Place::Tree,
            Target::Tab(_) => Place::Inspector,
            Target::Entry(_) => Place::List,
            Target::Pane(place) => place,
            Target::Act(_) => return None,
        })
    }
}

/// A screen being drawn.
pub(super) struct Paper<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
    pub hits: Hits,
}

impl<'a> Paper<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Paper<'a> {
        Paper { buffer, theme, hits: Hits::default() }
    }

    /// Blanks in the colours of a sheet.
    pub(super) fn clear(&mut self, area: Rect, sheet: Role) {
        let area = area.intersection(self.buffer.area);
        let style = self.theme.style(Role::Ground).patch(self.theme.style(sheet));
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                let cell = &mut self.buffer[(x, y)];
                cell.reset();
                cell.set_style(style);
            }
        }
    }

    /// Writes a line into the first row of the area, cut to its width.
    pub(super) fn line(&mut self, area: Rect, line: Line) {
        let area = area.intersection(self.buffer.area);
        if area.is_empty() {
            return;
        }
        let mut x = area.x;
        for piece in line.cut(usize::from(area.width)).0 {
            // Pieces are clean already; this is the last door before the terminal.
            let text = clean::line(&piece.text);
            let style = self.theme.style(piece.role);
            x = self.buffer.set_stringn(x, area.y, text, usize::from(area.right() - x), style).0;
            if area.right() <= x {
                break;
            }
        }
    }

    /// Writes a line that ends at the right edge of the area, and says how wide it was.
    pub(super) fn right(&mut self, area: Rect, line: Line) -> u16 {
        let line = line.cut(usize::from(area.width));
        let own = line.width() as u16;
        self.line(Rect { x: area.right().saturating_sub(own), width: own, ..area }, line);
        own
    }

    pub(super) fn text(&mut self, area: Rect, role: Role, text: &str) {
        self.line(area, Line::of(role, text));
    }

    /// Fills the first row of the area with a character one cell wide.
    pub(super) fn rule(&mut self, area: Rect, role: Role, c: char) {
        self.text(area, role, &String::from(c).repeat(usize::from(area.width)));
    }

    /// Colours over what is written.
    pub(super) fn wash(&mut self, area: Rect, role: Role) {
        self.buffer.set_style(area, self.theme.style(role));
    }

    pub(super) fn target(&mut self, area: Rect, target: Target) {
        let area = area.intersection(self.buffer.area);
        if !area.is_empty() {
            self.hits.targets.push((area, target));
        }
    }

    pub(super) fn cursor(&mut self, x: u16, y: u16) {
        let inside = self.buffer.area.contains((x, y).into());
        self.hits.cursor = inside.then_some((x, y));
    }

    /// Lines from `top` on, and a bar at the right edge when there are more than fit. The last column is the bar's.
    pub(super) fn lines(&mut self, area: Rect, lines: &[Line], top: usize) {
        let inner = Rect { width: area.width.saturating_sub(1), ..area };
        for (y, line) in (0..area.height).zip(lines.iter().skip(top)) {
            self.line(row(inner, y), line.clone());
        }
        self.bar(area, lines.len(), top);
    }

    /// Where in `of` lines the area is, at its right edge.
    pub(super) fn bar(&mut self, area: Rect, of: usize, top: usize) {
        let height = usize::from(area.height);
        if of <= height || area.width == 0 || height == 0 {
            return;
        }
        let size = (height * height / of).max(1);
        let most = of - height;
        let from = (top.min(most) * (height - size)).div_ceil(most.max(1));
        for y in from..(from + size).min(height) {
            let cell = Rect { x: area.right() - 1, width: 1, ..row(area, y as u16) };
            self.text(cell, Role::Rule, "▐");
        }
    }

    /// A box with its title in the upper edge; what is inside of it comes back.
    pub(super) fn frame(&mut self, area: Rect, title: Line) -> Rect {
        self.clear(area, Role::Popup);
        if area.width < 4 || area.height < 3 {
            return Rect::default();
        }
        let flat = usize::from(area.width) - 2;
        let edge = "─".repeat(flat);
        self.text(area, Role::Rule, &format!("╭{edge}╮"));
        self.text(row(area, area.height - 1), Role::Rule, &format!("╰{edge}╯"));
        for y in 1..area.height - 1 {
            let area = row(area, y);
            self.text(area, Role::Rule, "│");
            self.right(area, Line::of(Role::Rule, "│"));
        }
        let title = Line::of(Role::Rule, " ").join(title).and(Role::Rule, " ");
        let upper = Rect { x: area.x + 2, width: area.width - 4, height: 1, ..area };
        self.line(upper, title);
        Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 }
    }
}

/// The n-th row of an area; empty below its lower edge.
pub(super) fn row(area: Rect, n: u16) -> Rect {
    if n < area.height { Rect { y: area.y + n, height: 1, ..area } } else { Rect { height: 0, ..area } }
}

/// The area without its first columns.
pub(super) fn after(area: Rect, columns: usize) -> Rect {
    let columns = columns.min(usize::from(area.width)) as u16;
    Rect { x: area.x + columns, width: area.width - columns, ..area }
}

/// A box of that size in the middle of the area, or as much of it as there is room for.
pub(super) fn middle(area: Rect, wide: u16, high: u16) -> Rect {
    let (wide, high) = (wide.min(area.width), high.min(area.height));
    let (x, y) = (area.x + (area.width - wide) / 2, area.y + (area.height - high) / 3);
    Rect { x, y, width: wide, height: high }
}

/// A bar of `cells` cells filled to `share` (0 to 1) in eighths.
pub(super) fn gauge(share: f32, cells: usize) -> Line {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let eighths = (share * cells as f32 * 8.0).round() as usize;
    let (full, part) = (eighths / 8, eighths % 8);
    let mut filled = "█".repeat(full);
    filled.extend(" ▏▎▍▌▋▊▉".chars().nth(part).filter(|_| 0 < part));
    let rest = cells.saturating_sub(width(&filled));
    Line::of(Role::Bar, &filled).and(Role::BarRest, &"·".repeat(rest))
}
