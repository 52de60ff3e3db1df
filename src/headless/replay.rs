//! `replay`: a session file folded again from its first line, every walk of the pointer checked, nobody asked.

use super::{Ending, json_line};
use crate::{
    session::{Entry, Journal, Session, line::read_session},
    visible::visible_line,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// What a replay came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// [`session_hash`] of the final state.
    pub hash: String,
    /// Calls made: none, since nobody is there who could answer.
    pub calls: u32,
    /// Records and walks of the pointer.
    pub events: usize,
    pub title: String,
    /// What is wrong with the file, if anything; the hash is that of the good part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<String>,
}

/// Replays the bytes of a session file.
///
/// # Errors
/// No session at all: not a header, or a newer format. Damage further down is in the result.
pub fn replay(bytes: &[u8]) -> Result<Replayed, String> {
    let reading = read_session(bytes).map_err(|error| error.to_string())?;
    let stopped = reading.stopped.map(|(line, error)| {
        let lost = bytes.len().saturating_sub(reading.good);
        format!("line {line}: {error}; {lost} bytes from there on are left out")
    });
    let damage = stopped
        .or_else(|| walked_wrong(&reading.journal).map(|why| format!("the log is inconsistent: {why}")));
    Ok(Replayed {
        hash: session_hash(reading.journal.session()),
        calls: 0,
        events: reading.journal.len(),
        title: reading.journal.session().title.clone(),
        damage,
    })
}

/// Folds the log anew to every place that the pointer came to, and compares it with what the journal had there.
fn walked_wrong(journal: &Journal) -> Option<String> {
    let mut again = Journal::default();
    // Each place once: its state can not depend on how the pointer came there.
    let mut known: BTreeMap<_, String> = BTreeMap::new();
    for (at, entry) in journal.entries().iter().enumerate() {
        if let Err(error) = again.load(entry) {
            return Some(format!("entry {}: {error}", at + 1));
        }
        if let Entry::Move { to, .. } = entry {
            let live = session_hash(again.session());
            let folded = known.entry(*to).or_insert_with(|| match again.session_at(*to) {
                Ok(session) => session_hash(&session),
                Err(error) => error.to_string(),
            });
            if *folded != live {
                return Some(format!("entry {}: the state after the move is not that of its place", at + 1));
            }
        }
    }
    let head = again.session_at(again.head()).map(|session| session_hash(&session));
    match head {
        Ok(hash) if hash == session_hash(journal.session()) && again.head() == journal.head() => None,
        Ok(_) => Some("the last state is not that of its place".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

/// SHA-256 over what a person would call the state: the plan, the answers, the decisions; 64 hex digits.
///
/// Numbers and not ids stand in it, so that the same plan with the same answers hashes alike whatever detours led there.
/// Keys, calls, times and the model's path are left out.
pub fn session_hash(session: &Session) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    part("plantern session 1");
    part(&session.title);
    let plan = &session.plan;
    for task in plan.walk() {
        let Some(found) = plan.task(task) else { continue };
        let progress = session.progress(task);
        part(&plan.depth(task).to_string());
        part(&plan.text(task));
        part(&found.draft.operator.map(|operator| operator.to_string()).unwrap_or_default());
        part(found.draft.expert.as_deref().unwrap_or_default());
        part(found.draft.strategy.as_deref().unwrap_or_default());
        if let Some(router) = &found.draft.router {
            part(&format!("router {router}"));
        }
        part(if progress.pinned.is_some() { "pinned" } else { "computed" });
        match session.answer(task) {
            Some(answer) => part(&format!("answer {answer}")),
            None => part("open"),
        }
        // Only where there is one: sessions without keep their hash.
        if let Some(judged) = session.judged(task) {
            part(&format!("judged {}", judged.ruling.word()));
        }
        for amended in &progress.amended {
            part(&format!("amended {} {}", amended.purpose.word(), amended.amendment.words()));
        }
        let decision = progress.routed.as_ref().map(|(_, decision)| serde_json::to_string(decision));
        part(&decision.and_then(Result::ok).unwrap_or_default());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One line a session: `hash  calls made  events  title`, or JSON. Files are (name, bytes or why there are none).
pub fn replay_all(
    files: &[(String, Result<Vec<u8>, String>)],
    json: bool,
    out: &mut dyn Write,
    narration: &mut dyn Write,
) -> io::Result<Ending> {
    #[derive(Serialize)]
    struct Line<'a> {
        r#type: &'a str,
        file: &'a str,
        #[serde(flatten)]
        replayed: &'a Replayed,
    }
    let mut ending = Ending::Done;
    for (file, bytes) in files {
        let replayed = match bytes.as_ref().map_err(Clone::clone).and_then(|bytes| replay(bytes)) {
            Ok(replayed) => replayed,
            Err(why) => {
                // Best effort: a closed stderr stops nothing.
                let _ = writeln!(narration, "plantern: {}: {}", visible_line(file), visible_line(&why));
                ending = Ending::Usage;
                continue;
            }
        };
        match json {
            true => writeln!(out, "{}", json_line(&Line { r#type: "replay", file, replayed: &replayed }))?,
            false => {
                let Replayed { hash, calls, events, title, .. } = &replayed;
                writeln!(out, "{hash}  {calls} calls  {events} events  {}", visible_line(title))?;
            }
        }
        if let Some(damage) = &replayed.damage {
            let _ = writeln!(narration, "damaged: {}: {}", visible_line(file), visible_line(damage));
            ending = if ending == Ending::Usage { ending } else { Ending::NotMet };
        }
    }
    Ok(ending)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        headless::{
            lines::Style,
            script::{plan, ran, state},
        },
        session::line::{FORMAT, Header, write_entry, write_header},
        workbench::{Action, Message, update::update},
    };

    fn file(journal: &Journal) -> Vec<u8> {
        let header = Header { plantern: FORMAT, title: "t".into(), created: "2026-11-21T08:00:00Z".into() };
        let lines = journal.entries().iter().map(write_entry).collect::<Vec<_>>().join("\n");
        format!("{}\n{lines}\n", write_header(&header)).into_bytes()
    }

    /// A run with an undo, a redo, and an edit on another branch.
    fn afternoon() -> Journal {
        let text = "QC: sum\n  QS: [calculate] What is 2 + 3?\n  QS: [calculate] What is #1 * 2?";
        let (mut state, _) = ran(state(), plan(text), "", Style::Silent);
        for action in [Action::Undo, Action::Redo, Action::Undo, Action::MoveDown] {
            update(&mut state, Message::Action(action), 8);
        }
        state.journal
    }

    #[test]
    fn a_replay_gives_the_same_state_without_a_call() {
        let journal = afternoon();
        let replayed = replay(&file(&journal)).unwrap();
        assert_eq!(replayed.hash, session_hash(journal.session()));
        assert_eq!((replayed.calls, replayed.events, replayed.damage), (0, journal.len(), None));
        assert!(journal.entries().iter().any(|entry| matches!(entry, Entry::Move { .. })));
    }

    #[test]
    fn the_hash_tells_states_apart_and_not_ways() {
        let journal = afternoon();
        let mut hashes = std::collections::BTreeMap::new();
        for record in journal.records() {
            let session = journal.session_at(Some(record.seq)).unwrap();
            let told = format!(
                "{}{:?}",
                crate::headless::plain::answers(&{
                    let mut state = crate::headless::script::state();
                    state.journal = journal.clone();
                    state.journal.go(Some(record.seq), 0).unwrap();
                    state
                }),
                session
                    .plan
                    .walk()
                    .iter()
                    .map(|task| session.progress(*task).routed.clone())
                    .collect::<Vec<_>>()
            );
            let hash = session_hash(&session);
            assert_eq!(hash.len(), 64);
            assert_eq!(*hashes.entry(told.clone()).or_insert_with(|| hash.clone()), hash, "{told}");
        }
        let all: std::collections::BTreeSet<_> = hashes.values().collect();
        assert_eq!(all.len(), hashes.len(), "two states with one hash");
    }

    #[test]
    fn damage_is_named_and_no_session_is_an_error() {
        let good = file(&afternoon());
        let mut flipped = good.clone();
        let last = flipped.len() - 30;
        flipped[last] ^= 1;
        let files = [
            ("a".to_owned(), Ok(good.clone())),
            ("b".to_owned(), Ok(good[..good.len() - 3].to_vec())),
            ("c".to_owned(), Ok(flipped)),
            ("d\x1b".to_owned(), Ok(b"\x00\xff".to_vec())),
            ("e".to_owned(), Err("no such file".to_owned())),
        ];
        let check = |count: usize, ending: Ending, words: &[&str]| {
            for json in [false, true] {
                let (mut out, mut narration) = (vec![], vec![]);
                assert_eq!(replay_all(&files[..count], json, &mut out, &mut narration).unwrap(), ending);
                let (out, told) = (String::from_utf8(out).unwrap(), String::from_utf8(narration).unwrap());
                assert_eq!(out.lines().count(), count.min(3));
                assert!(words.iter().all(|word| told.contains(word)), "{told}");
                if !json {
                    assert!(out.lines().next().unwrap()[64..].starts_with("  0 calls  "), "{out}");
                    assert!(out.lines().all(|line| line.ends_with(" events  sum")), "{out}");
                }
            }
        };
        check(1, Ending::Done, &[]);
        check(2, Ending::NotMet, &["damaged: b: line ", "the last line has no end"]);
        check(3, Ending::NotMet, &["damaged: c: line ", "bytes from there on are left out"]);
        check(4, Ending::Usage, &["plantern: d␛: not a Plantern session"]);
        check(5, Ending::Usage, &["plantern: e: no such file"]);
    }
}
