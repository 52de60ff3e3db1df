//! How far something is, on stderr: one line that is written over on a terminal, a line now and then elsewhere.

use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// A progress line. Narration is best effort: a closed stderr stops nothing.
#[derive(Debug, Default)]
pub struct Progress {
    /// It goes to a terminal and may write over itself.
    live: bool,
    /// Cells of the line on the terminal.
    shown: usize,
    /// The last tenth that was told.
    tenth: Option<u64>,
}

impl Progress {
    pub fn new(live: bool) -> Progress {
        Progress { live, ..Progress::default() }
    }

    /// Shows a bar with words behind it; not on a terminal only when another tenth is done.
    pub fn show(&mut self, done: u64, total: u64, words: &str, to: &mut dyn Write) {
        let tenth = (done.min(total) * 10).checked_div(total).unwrap_or(0);
        if self.live {
            let filled = (done.min(total) * 20).checked_div(total).unwrap_or(0) as usize;
            let line = format!("[{}{}] {words}", "#".repeat(filled), "-".repeat(20 - filled));
            let width = line.width();
            let blank = " ".repeat(self.shown.saturating_sub(width));
            let _ = write!(to, "\r{line}{blank}");
            let _ = to.flush();
            self.shown = width;
        } else if self.tenth != Some(tenth) {
            let _ = writeln!(to, "{words}");
        }
        self.tenth = Some(tenth);
    }

    /// Takes the line away, so that other text can be written.
    pub fn clear(&mut self, to: &mut dyn Write) {
        if 0 < self.shown {
            let _ = write!(to, "\r{}\r", " ".repeat(self.shown));
            let _ = to.flush();
        }
        (self.shown, self.tenth) = (0, None);
    }
}

/// Bytes as people read them.
pub fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", count as f64 / 1e6),
        _ => format!("{:.2} GB", count as f64 / 1e9),
    }
}

/// A time as people read it: `42 s`, `3 min 05 s`, `2 h 10 min`.
pub fn span(seconds: f64) -> String {
    let seconds = seconds.clamp(0.0, 1e9).round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A fetch in words: bytes, rate, remaining time.
pub fn fetched(done: u64, total: u64, rate: f64) -> String {
    if total == 0 {
        return format!("{} so far, {}/s", bytes(done), bytes(rate.max(0.0) as u64));
    }
    let left = if 0.0 < rate { span(total.saturating_sub(done) as f64 / rate) } else { "?".to_owned() };
    format!("{} of {}, {}/s, {left} left", bytes(done), bytes(total), bytes(rate.max(0.0) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_one_line_and_a_pipe_few() {
        let check = |live: bool, expected: &str| {
            let (mut progress, mut out) = (Progress::new(live), vec![]);
            for done in [0, 1, 2, 20] {
                progress.show(done, 20, &format!("{done}/20"), &mut out);
            }
            progress.clear(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        };
        check(false, "0/20\n2/20\n20/20\n");
        let bar = |filled: usize| format!("\r[{}{}] ", "#".repeat(filled), "-".repeat(20 - filled));
        let blank = " ".repeat(28);
        check(true, &format!("{}0/20{}1/20{}2/20{}20/20\r{blank}\r", bar(0), bar(1), bar(2), bar(20)));
        let mut progress = Progress::new(true);
        progress.show(9, 0, "of nothing", &mut vec![]);
    }

    #[test]
    fn sizes_and_times_are_readable() {
        assert_eq!(fetched(1_500_000, 94_000_000, 2_000_000.0), "1.5 MB of 94.0 MB, 2.0 MB/s, 46 s left");
        assert_eq!(fetched(10, 0, 0.0), "10 B so far, 0 B/s");
        assert_eq!((span(185.0), span(7_800.0)), ("3 min 05 s".to_owned(), "2 h 10 min".to_owned()));
    }
}
