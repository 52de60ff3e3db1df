//! How deep the lines of an outline stand: any white space in front counts, whatever the width of a level, as long as a line
//! that goes back stands exactly below one of the lines that are open.

use crate::figure::counted;

/// The lines that a next one can be below or beside, by the white space in front of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Margins<'a>(Vec<&'a str>);

/// Where a line stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// 0 for the first line, 1 for what is below it, and so on.
    pub level: usize,
    /// It is not the first line and yet no deeper than that: a flat transcript has its steps there.
    pub flat: bool,
    /// What is wrong with its white space, in words; it was then taken for the nearest level that is further in.
    pub odd: Option<String>,
}

/// The white space in front of a line, and the line without it.
pub(crate) fn cut_margin(line: &str) -> (&str, &str) {
    let bare = line.trim_start();
    (&line[..line.len() - bare.len()], bare)
}

fn width(margin: &str) -> usize {
    margin.chars().count()
}

impl<'a> Margins<'a> {
    /// Takes the next line, which is open from now on, and says where it stands.
    pub(crate) fn enter(&mut self, margin: &'a str) -> Place {
        let first = self.0.first().copied();
        let flat = first.is_some_and(|first| width(margin) <= width(first));
        let mut ended = None;
        // The first line stays open: nothing stands beside it.
        while 1 < self.0.len()
            && let Some(above) = self.0.pop_if(|above| width(margin) <= width(above))
        {
            ended = Some(above);
        }
        let fits = match if flat { first } else { ended } {
            Some(beside) => margin == beside,
            None => self.0.last().is_none_or(|above| margin.starts_with(above)),
        };
        let odd = (!fits).then(|| {
            let mut known: Vec<String> = self.0.iter().chain(&ended).map(|margin| shown(margin)).collect();
            known.dedup();
            format!("indented by {}, while the lines above are by {}", shown(margin), known.join(" and "))
        });
        self.0.push(margin);
        Place { level: self.0.len() - 1, flat, odd }
    }

    /// The level of the line that an answer with this margin belongs to: the last one that is no deeper.
    pub(crate) fn answered(&self, margin: &str) -> Option<usize> {
        self.0.iter().rposition(|above| width(above) <= width(margin))
    }
}

/// A margin in words: `2 spaces`, `1 tab`.
fn shown(margin: &str) -> String {
    let tabs = margin.chars().filter(|c| *c == '\t').count();
    let spaces = counted((width(margin) - tabs) as u64, "space");
    match tabs {
        0 => spaces,
        _ if tabs == width(margin) => counted(tabs as u64, "tab"),
        _ => format!("{} with {spaces}", counted(tabs as u64, "tab")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_as_wide_as_it_was_written() {
        let check = |text: &str, levels: &[usize], odd: Option<&str>| {
            let mut margins = Margins::default();
            let places: Vec<Place> = text.lines().map(|line| margins.enter(cut_margin(line).0)).collect();
            assert_eq!(places.iter().map(|place| place.level).collect::<Vec<_>>(), levels, "{text}");
            assert_eq!(places.iter().find_map(|place| place.odd.as_deref()), odd, "{text}");
        };
        check("a\n  b\n    c\n  d", &[0, 1, 2, 1], None);
        check("a\n\tb\n\t\tc\n\td", &[0, 1, 2, 1], None);
        check("a\n b\n     c\n b", &[0, 1, 2, 1], None);
        check("   a\n     b\n     c", &[0, 1, 1], None);
        check("a\nb\n  c\nd", &[0, 1, 2, 1], None);
        let odd = "indented by 2 spaces, while the lines above are by 0 spaces and 4 spaces";
        check("a\n    b\n  c", &[0, 1, 1], Some(odd));
        let odd = "indented by 1 tab with 1 space, while the lines above are by 0 spaces and 2 spaces";
        check("a\n  b\n\t c", &[0, 1, 1], Some(odd));
        let odd = "indented by 0 spaces, while the lines above are by 1 space";
        check(" a\nb", &[0, 1], Some(odd));
    }
}
