//! One press of a key, as text and back: `j`, `C-d`, `enter`. Key maps, help and scripts of keys speak it.

use std::{fmt, str::FromStr};

/// A key with its modifiers. Shift is in the character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    pub key: Key,
    pub ctrl: bool,
    pub alt: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Char(char),
    Enter,
    Escape,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    ShiftUp,
    ShiftDown,
    ShiftLeft,
    ShiftRight,
    ShiftHome,
    ShiftEnd,
    F(u8),
}

/// The names of keys that are not a character of their own.
const NAMES: [(&str, Key); 23] = [
    ("enter", Key::Enter),
    ("esc", Key::Escape),
    ("tab", Key::Tab),
    ("S-tab", Key::BackTab),
    ("backspace", Key::Backspace),
    ("del", Key::Delete),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
    ("home", Key::Home),
    ("end", Key::End),
    ("pgup", Key::PageUp),
    ("pgdn", Key::PageDown),
    ("space", Key::Char(' ')),
    ("plus", Key::Char('+')),
    ("minus", Key::Char('-')),
    ("S-up", Key::ShiftUp),
    ("S-down", Key::ShiftDown),
    ("S-left", Key::ShiftLeft),
    ("S-right", Key::ShiftRight),
    ("S-home", Key::ShiftHome),
    ("S-end", Key::ShiftEnd),
];

impl Chord {
    pub fn plain(key: Key) -> Chord {
        Chord { key, ctrl: false, alt: false }
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.ctrl { "C-" } else { "" })?;
        f.write_str(if self.alt { "A-" } else { "" })?;
        match (NAMES.iter().find(|(_, key)| *key == self.key), self.key) {
            (Some((name, _)), _) => f.write_str(name),
            (None, Key::Char(c)) => write!(f, "{c}"),
            (None, Key::F(n)) => write!(f, "f{n}"),
            (None, _) => Ok(()),
        }
    }
}

impl FromStr for Chord {
    type Err = String;

    fn from_str(text: &str) -> Result<Chord, String> {
        let mut rest = text;
        let (mut ctrl, mut alt) = (false, false);
        loop {
            match (rest.strip_prefix("C-"), rest.strip_prefix("A-")) {
                (Some(after), _) if !after.is_empty() => (ctrl, rest) = (true, after),
                (_, Some(after)) if !after.is_empty() => (alt, rest) = (true, after),
                _ => break,
            }
        }
        let named = NAMES.iter().find(|(name, _)| *name == rest).map(|(_, key)| *key);
        let mut chars = rest.chars();
        let single = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() => Some(Key::Char(c)),
            _ => None,
        };
        let function =
            rest.strip_prefix('f').and_then(|n| n.parse().ok()).filter(|n| (1..=24).contains(n)).map(Key::F);
        let key = named.or(single).or(function);
        let key = key
            .ok_or_else(|| format!("`{text}` is no key: write j, C-d, A-x, enter, esc, tab, f5, space …"))?;
        Ok(Chord { key, ctrl, alt })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_printed_is_read(c in any::<char>(), f in 1u8..=24, which in 0usize..25, ctrl: bool, alt: bool) {
            let key = match which {
                23 => Key::F(f),
                24 if !c.is_control() => Key::Char(c),
                n => NAMES[n % 23].1,
            };
            let chord = Chord { key, ctrl, alt };
            prop_assert_eq!(chord.to_string().parse(), Ok(chord));
        }
    }

    #[test]
    fn what_is_no_key_is_named() {
        assert!("hello".parse::<Chord>().is_err_and(|why| why.contains("`hello`")));
        assert!("".parse::<Chord>().is_err());
        assert_eq!("-".parse(), Ok(Chord::plain(Key::Char('-'))));
    }
}
