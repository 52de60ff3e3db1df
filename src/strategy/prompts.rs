//! The prompts: text files by name, shipped with the program and overridable one by one from the user's folder.

use std::collections::BTreeMap;

/// Prompt texts by name, the name being the path below `prompts/` without `.txt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompts(BTreeMap<String, String>);

macro_rules! shipped {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("prompts/", $name, ".txt")))),*] };
}

impl Prompts {
    /// The shipped prompts.
    pub fn shipped() -> Prompts {
        let texts = shipped![
            "decomposed/instruction",
            "decomposed/families/arithmetic",
            "decomposed/families/counting",
            "decomposed/families/dates",
            "decomposed/families/general",
            "decomposed/families/letters_at_ends",
            "decomposed/families/letters_at_positions",
            "decomposed/families/sequences",
            "plan-and-solve/instruction",
            "direct/instruction",
        ];
        Prompts(texts.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
    }

    /// Puts a user's text in place of the shipped one, or beside them (a new family of examples).
    pub fn set(&mut self, name: &str, text: String) {
        self.0.insert(name.to_owned(), text);
    }

    /// The text of that name, empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// All prompts whose name starts like that, by name.
    pub fn under<'a>(&'a self, start: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter(move |(name, _)| name.starts_with(start))
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }
}
