//! Tables as plain text: aligned by cells, clean of control characters, the same on a terminal and in a pipe.

use crate::visible::visible_line;
use unicode_width::UnicodeWidthStr;

/// The last column is wrapped here.
const WIDTH: usize = 100;
/// It gets at least this much.
const LAST: usize = 30;

/// Rows under a head; columns whose title starts with `>` are aligned to the right. Every row has as many cells.
pub fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let right = head.map(|title| title.starts_with('>'));
    let titles = head.map(|title| title.trim_start_matches('>').to_owned());
    let rows: Vec<[String; N]> = std::iter::once(&titles)
        .chain(rows)
        .map(|row| std::array::from_fn(|at| visible_line(&row[at]).into_owned()))
        .collect();
    let widths: [usize; N] =
        std::array::from_fn(|at| rows.iter().map(|row| row[at].width()).max().unwrap_or_default());
    let indent: usize = widths.iter().take(N.saturating_sub(1)).map(|width| width + 2).sum();
    let room = WIDTH.saturating_sub(indent).max(LAST);
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for at in 0..N {
            let blank = " ".repeat(widths[at].saturating_sub(row[at].width()));
            match (right[at], at + 1 == N) {
                (true, _) => line.push_str(&format!("{blank}{}", row[at])),
                (false, false) => line.push_str(&format!("{}{blank}", row[at])),
                (false, true) => {
                    line.push_str(&wrap(&row[at], room).join(&format!("\n{}", " ".repeat(indent))))
                }
            }
            line.push_str(if at + 1 == N { "" } else { "  " });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Lines of at most so many cells, broken at spaces; a longer word stands alone.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut();
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.width() + 1 + word.width() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_their_titles() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        let rows = [row(["日本", "7", "a\x1b[2Jb"]), row(["split", "1234", &"word ".repeat(20)])];
        let expected = format!(
            "name   calls  about\n日本       7  a␛[2Jb\nsplit   1234  {}\n              {}\n",
            "word ".repeat(17).trim_end(),
            "word ".repeat(3).trim_end()
        );
        assert_eq!(table(["name", ">calls", "about"], &rows), expected);
    }
}
