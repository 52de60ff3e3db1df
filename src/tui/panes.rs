//! Where things go, apart from how they look.

use super::paper::{after, row};
use crate::workbench::{
    Focus,
    ui::{LOG_NEEDS, WIDE},
};
use ratatui::layout::Rect;

/// Below this nothing useful can be shown.
pub(super) const SMALLEST: (u16, u16) = (40, 10);

/// The places of the screen; a place that is not shown has no cells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Panes {
    pub header: Rect,
    pub tree_head: Rect,
    pub tree: Rect,
    /// The line between tree and inspector.
    pub gap: Rect,
    pub tabs: Rect,
    pub inspector: Rect,
    pub log_head: Rect,
    pub log: Rect,
    pub status: Rect,
    pub footer: Rect,
}

pub(super) fn panes(area: Rect, focus: Focus, log_open: bool) -> Panes {
    let high = area.height;
    let log_lines = if log_open && LOG_NEEDS <= high { (high / 5).clamp(3, 9) } else { 0 };
    let log_head = u16::from(0 < log_lines);
    let body = Rect { y: area.y + 1, height: high.saturating_sub(3 + log_lines + log_head), ..area };
    let under = body.y + body.height;
    let strip = |y: u16, height: u16| Rect { y, height, ..area };
    let (left, gap, right) = match () {
        () if WIDE <= area.width => {
            let left = area.width * 55 / 100;
            (
                Rect { width: left, ..body },
                Rect { x: area.x + left, width: 1, ..body },
                after(body, usize::from(left) + 1),
            )
        }
        () if focus == Focus::Inspector => (Rect::default(), Rect::default(), body),
        () => (body, Rect::default(), Rect::default()),
    };
    let head = |pane: Rect| row(pane, 0);
    let rest = |pane: Rect| Rect { y: pane.y + 1, height: pane.height.saturating_sub(1), ..pane };
    Panes {
        header: row(area, 0),
        tree_head: head(left),
        tree: rest(left),
        gap,
        tabs: head(right),
        inspector: rest(right),
        log_head: strip(under, log_head),
        log: strip(under + log_head, log_lines),
        status: row(area, high.saturating_sub(2)),
        footer: row(area, high.saturating_sub(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_fill_the_screen_and_do_not_overlap() {
        for (wide, high) in [(40, 10), (60, 20), (80, 24), (99, 13), (100, 14), (140, 45), (500, 200)] {
            for (focus, log_open) in [(Focus::Tree, true), (Focus::Inspector, true), (Focus::Tree, false)] {
                let area = Rect::new(0, 0, wide, high);
                let p = panes(area, focus, log_open);
                let all = [
                    p.header,
                    p.tree_head,
                    p.tree,
                    p.gap,
                    p.tabs,
                    p.inspector,
                    p.log_head,
                    p.log,
                    p.status,
                    p.footer,
                ];
                let cells: u32 = all.iter().map(|place| place.area()).sum();
                assert_eq!(cells, area.area(), "{wide}x{high} {p:?}");
                for (at, one) in all.iter().enumerate() {
                    assert!(all[at + 1..].iter().all(|other| !one.intersects(*other)), "{p:?}");
                }
                assert!(5 <= p.tree.height.max(p.inspector.height), "{wide}x{high} {p:?}");
            }
        }
    }
}
