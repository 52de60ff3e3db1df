//! The texts of a user's folder: expert cards and prompts. One bad file never takes the others away.

use super::read_text;
use crate::store::StoreError;
use std::{
    collections::BTreeSet,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// No folder of a person has more files or is deeper; a loop of links or a wrong path (`/`) has.
const MOST_FILES: usize = 1000;
const MOST_DEPTH: usize = 8;

/// Texts and where they come from, and what could not be read.
pub type Texts = (Vec<(String, String)>, Vec<StoreError>);

/// The cards of a folder, `*.md` and `*/SKILL.md`: text and origin, by name of file. No folder, no cards.
pub fn experts(folder: &Path) -> Texts {
    let (files, mut errors) = walk(folder, 1);
    let cards = files.into_iter().filter(|file| {
        let own = file.parent() == Some(folder);
        own && file.extension().is_some_and(|extension| extension == "md")
            || !own && file.file_name().is_some_and(|name| name == "SKILL.md")
    });
    let texts = read_all(cards, &mut errors, |file| Some(file.display().to_string()));
    (texts.into_iter().map(|(origin, text)| (text, origin)).collect(), errors)
}

/// The prompts of a folder and those below it, `**/*.txt`: name (`decomposed/instruction`) and text, by name.
pub fn prompts(folder: &Path) -> Texts {
    let (files, mut errors) = walk(folder, MOST_DEPTH);
    let prompts =
        files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "txt"));
    let name = |file: &Path| {
        let parts = file.strip_prefix(folder).ok()?.with_extension("");
        let parts = parts.iter().map(|part| part.to_str()).collect::<Option<Vec<_>>>()?;
        Some(parts.join("/"))
    };
    (read_all(prompts, &mut errors, name), errors)
}

/// The texts under the names that `name` gives them.
fn read_all(
    files: impl Iterator<Item = PathBuf>,
    errors: &mut Vec<StoreError>,
    name: impl Fn(&Path) -> Option<String>,
) -> Vec<(String, String)> {
    let mut texts = vec![];
    for file in files {
        match (name(&file), read_text(&file)) {
            (Some(name), Ok(text)) => texts.push((name, text)),
            (None, _) => {
                errors.push(StoreError::NotText { path: file, why: "its name is not UTF-8".to_owned() });
            }
            (_, Err(error)) => errors.push(error),
        }
    }
    texts
}

/// The plain files of a folder and of `depth` levels below it, sorted; hidden ones are left out.
fn walk(folder: &Path, depth: usize) -> (Vec<PathBuf>, Vec<StoreError>) {
    let (mut files, mut errors) = (vec![], vec![]);
    let mut seen = BTreeSet::new();
    let mut open = vec![(folder.to_owned(), depth)];
    while let Some((at, depth)) = open.pop() {
        // A link back up leads to a folder that was seen under its real name.
        let entries = fs::canonicalize(&at).and_then(|real| Ok((seen.insert(real), fs::read_dir(&at)?)));
        let entries = match entries {
            Ok((true, entries)) => entries,
            Ok((false, _)) => continue,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => {
                errors.push(StoreError::io("list", &at, &error));
                continue;
            }
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            match fs::metadata(&path) {
                Ok(look) if look.is_dir() && 0 < depth => open.push((path, depth - 1)),
                Ok(look) if look.is_file() => files.push(path),
                _ => {}
            }
            if MOST_FILES < files.len() || MOST_FILES < seen.len() + open.len() {
                errors.push(StoreError::TooMany { path: folder.to_owned(), limit: MOST_FILES });
                return (vec![], errors);
            }
        }
    }
    files.sort();
    (files, errors)
}
