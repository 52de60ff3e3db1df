//! The floors of the house: a module may look down, never up or sideways; a crate stays at home; a file stays short.
//!
//! Reads text, not syntax: it understands `crate::{a::X, b}` and ignores comments and what stands after `#[cfg(test)]`.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Lowest first. Modules of one floor do not see each other.
const FLOORS: &[&[&str]] = &[
    &["ids"],
    &["ask", "condition", "decision", "figure", "literal", "redact", "schema", "visible"],
    &["plan"],
    &["session"],
    &["strategy", "router", "expert", "store"],
    &["judge"],
    &["engine"],
    &["workbench"],
    &["tui", "headless"],
    &["app"],
];

/// Crates with a home: named only under these paths.
const HOMES: &[(&str, &[&str])] = &[
    ("petgraph", &["plan/circles.rs"]),
    ("imbl", &["plan/graph.rs", "session/fold.rs", "router/knowledge.rs", "router/softmax.rs"]),
    ("candle_core", &["expert/candle"]),
    ("candle_nn", &["expert/candle/device"]),
    ("tokenizers", &["expert/candle"]),
    ("minijinja", &["expert/"]),
    (
        "tokio",
        &[
            "engine/runner.rs",
            "engine/lane.rs",
            "engine/lane/tended.rs",
            "engine/shelf.rs",
            "expert/server",
            "headless",
            "app",
        ],
    ),
    ("reqwest", &["expert/server"]),
    ("ratatui", &["tui", "app"]),
    ("crossterm", &["tui/keys.rs", "app"]),
    ("syntect", &["tui/highlight"]),
    ("clap", &["app", "headless/list.rs"]),
    ("std::fs", &["store", "app", "expert/candle"]),
];

/// The longest file that needs no reason.
const LINES: usize = 400;

/// Long for a reason: path and reason.
const LONG: &[(&str, &str)] = &[];

fn faults(src: &Path) -> Vec<String> {
    let (mut files, mut faults) = (vec![], vec![]);
    rust_files(src, &mut files);
    files.sort();
    for file in files {
        let at = file.strip_prefix(src).unwrap().to_string_lossy().replace('\\', "/");
        let own = at.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(&file).unwrap();
        let code: String = text
            .lines()
            .take_while(|line| line.trim() != "#[cfg(test)]" || !text.contains("mod tests"))
            .map(|line| line.split("//").next().unwrap().to_owned() + "\n")
            .collect();
        let test_file = at.ends_with("tests.rs");
        let mut say = |byte: usize, what: String| {
            faults.push(format!("{at}:{}: {what}", code[..byte].matches('\n').count() + 1));
        };
        for (byte, _) in code.match_indices("crate::").filter(|_| !test_file) {
            for used in first_names(&code[byte + 7..]) {
                if let (Some(mine), Some(its)) = (floor(&own), floor(&used))
                    && used != own
                    && mine <= its
                {
                    say(byte, format!("{own} looks up to {used}"));
                }
            }
        }
        for (name, homes) in HOMES.iter().filter(|_| !test_file) {
            if homes.iter().any(|home| at.starts_with(home)) {
                continue;
            }
            for (byte, _) in code.match_indices(name) {
                let before = code[..byte].chars().next_back().unwrap_or(' ');
                let after = code[byte + name.len()..].chars().next().unwrap_or(' ');
                if !is_name(before) && before != ':' && (after == ':' || after == ';') {
                    say(byte, format!("{name} away from home"));
                }
            }
        }
        let lines = text.lines().count();
        if LINES < lines && !LONG.iter().any(|(path, _)| *path == at) {
            say(0, format!("{lines} lines: split, or say why in LONG"));
        }
        if !text.starts_with("//!") {
            say(0, "no module comment".to_owned());
        }
        if at.ends_with("/mod.rs") {
            say(0, "mod.rs: name the file after the module".to_owned());
        }
    }
    faults
}

/// The modules named after `crate::`, also in `crate::{a::X, b}`.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| text.trim_start().chars().take_while(|c| is_name(*c)).collect::<String>();
    let Some(list) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut depth, mut start, mut names) = (0, 0, vec![]);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(name(&list[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(name(&list[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn arrows_point_down() {
    let found = faults(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The overview leads somewhere: every file that it names in backticks is there, whole or as the end of a path.
#[test]
fn what_the_architecture_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![];
    ["src", "tests", "benches"].iter().for_each(|top| rust_files(&root.join(top), &mut files));
    let paths: Vec<String> = files.iter().map(|file| file.to_string_lossy().replace('\\', "/")).collect();
    let text = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let spans = text.split('`').skip(1).step_by(2).filter(|span| !span.contains(char::is_whitespace));
    let named = spans.filter_map(|span| span.split(':').next()).filter(|path| path.ends_with(".rs"));
    let (found, lost): (Vec<&str>, Vec<&str>) =
        named.partition(|name| paths.iter().any(|path| path.ends_with(&format!("/{name}"))));
    assert!(lost.is_empty(), "not there: {lost:?}");
    assert!(20 < found.len(), "hardly anything is named: {found:?}");
}

#[test]
fn faults_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("plan.rs", "//! Plan.\nuse crate::{ids::TaskId, session::Event};\n");
    write("tui/tree.rs", "//! Tree.\nuse crate::headless::run; // crate::app is only a comment\n");
    write("session.rs", "//! Session.\nuse std::fs;\nuse ratatui::Frame;\n");
    write("ids.rs", &"\n".repeat(LINES + 1));
    let found = faults(folder.path()).join("\n");
    let expected = [
        "ids.rs:1: 401 lines",
        "ids.rs:1: no module comment",
        "plan.rs:2: plan looks up to session",
        "session.rs:3: ratatui away from home",
        "session.rs:2: std::fs away from home",
        "tui/tree.rs:2: tui looks up to headless",
    ];
    for line in expected {
        assert!(found.contains(line), "{line} is missing in\n{found}");
    }
    assert_eq!(found.lines().count(), expected.len(), "{found}");
}
