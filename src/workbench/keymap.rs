//! Which key means which action. Help and footer are drawn from it, so they follow every remap.

use super::{Action, Chord, action::Group};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap(BTreeMap<Chord, Action>, BTreeMap<Chord, Action>);

impl Default for Keymap {
    fn default() -> Keymap {
        let keys =
            Action::all().flat_map(|action| action.default_keys().iter().map(move |key| (key, action)));
        let keys = keys.filter_map(|(key, action)| Some((key.parse::<Chord>().ok()?, action)));
        let (review, everywhere) = keys.partition(|(_, action)| action.group() == Group::Review);
        Keymap(everywhere, review)
    }
}

impl Keymap {
    pub fn action(&self, chord: Chord) -> Option<Action> {
        self.0.get(&chord).copied()
    }

    /// What the key means while the review is open: its own actions first.
    pub fn in_review(&self, chord: Chord) -> Option<Action> {
        self.1.get(&chord).or_else(|| self.0.get(&chord)).copied()
    }

    /// The keys of an action as text, shortest first.
    pub fn keys(&self, action: Action) -> Vec<String> {
        let mut keys: Vec<String> = self
            .0
            .iter()
            .chain(&self.1)
            .filter(|(_, bound)| **bound == action)
            .map(|(chord, _)| chord.to_string())
            .collect();
        keys.sort_by_key(|key| (key.chars().count(), key.clone()));
        keys
    }

    /// Gives an action other keys. An error names the unknown action, the bad key, or the action that has the key.
    pub fn remap(&mut self, id: &str, keys: &[String]) -> Result<(), String> {
        let Some(action) = Action::all().find(|action| action.id() == id) else {
            let near = Action::all()
                .map(Action::id)
                .min_by_key(|known| strsim::levenshtein(known, id))
                .unwrap_or_default();
            return Err(format!("no action is called `{id}`; did you mean `{near}`?"));
        };
        let chords = keys.iter().map(|key| key.parse()).collect::<Result<Vec<Chord>, String>>()?;
        let review = action.group() == Group::Review;
        let map = if review { &mut self.1 } else { &mut self.0 };
        for chord in &chords {
            if let Some(other) = map.get(chord).copied().filter(|other| *other != action) {
                return Err(format!("`{chord}` is the key of `{}` and of `{id}`", other.id()));
            }
        }
        map.retain(|_, bound| *bound != action);
        map.extend(chords.into_iter().map(|chord| (chord, action)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_actions_share_a_default_key() {
        let wanted: usize = Action::all().map(|action| action.default_keys().len()).sum();
        assert_eq!(
            Keymap::default().0.len() + Keymap::default().1.len(),
            wanted,
            "a key is given twice, or is no key"
        );
    }

    #[test]
    fn a_remap_moves_the_key_or_says_why_not() {
        let check = |id: &str, key: &str, expected: Result<(), &str>| {
            let mut keymap = Keymap::default();
            let done = keymap.remap(id, &[key.to_owned()]);
            assert_eq!(done.as_ref().copied().map_err(String::as_str), expected);
            if done.is_ok() {
                assert_eq!(keymap.keys(keymap.action(key.parse().unwrap()).unwrap()), [key]);
            }
        };
        check("step", "f7", Ok(()));
        check("step", "c", Err("`c` is the key of `continue` and of `step`"));
        check("stop", "f7", Err("no action is called `stop`; did you mean `step`?"));
    }
}
