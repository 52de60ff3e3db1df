//! Sessions left for others, on a real disk: each keeps what is its own.

use super::*;
use crate::{
    engine::{ModelState, ModelStatus, Report, Tools, Which},
    session::Settings,
    store::disk::RealDisk,
    workbench::{Action, Mode, Run, State, buffer::Typing, update, update::files::new_task},
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A workbench with its files and nothing else: the engine is told and says nothing.
struct Desk {
    state: State,
    files: Files,
    stored: UnboundedReceiver<Stored>,
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(task: &str) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let (outbox, stored) = unbounded_channel();
        let files = Files::new(Places::under(folder.path()), Arc::new(RealDisk), outbox);
        let state = State::new(Tools::default(), Settings::new("decomposed", "tag", "scripted"));
        let mut desk = Desk { state, files, stored, folder };
        let which = Which::Language;
        let ready = ModelState::Ready { name: "scripted".to_owned(), about: "no weights".to_owned() };
        desk.take(Message::Report(Report::Model(ModelStatus { which, state: ready })));
        desk.begin(task);
        desk
    }

    /// Begins a session and waits until it is on the disk.
    fn begin(&mut self, task: &str) {
        let effects = new_task(&mut self.state, task);
        self.perform(effects);
        while !matches!(self.state.file, SessionFile::At(_)) {
            let told = self.stored.blocking_recv().unwrap();
            self.take(Message::Stored(told));
        }
    }

    fn take(&mut self, message: Message) {
        let effects = update(&mut self.state, message, now());
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            for message in self.files.perform(effect) {
                self.take(message);
            }
        }
    }

    fn typed(&mut self, action: Action, text: &str) {
        self.take(Message::Action(action));
        self.take(Message::Typing(Typing::SelectAll));
        self.take(Message::Typing(Typing::Insert(text.to_owned())));
        self.take(Message::Action(Action::Enter));
    }

    fn file(&self) -> PathBuf {
        let SessionFile::At(path) = &self.state.file else { panic!("{:?}", self.state.file) };
        path.clone()
    }

    fn notice(&self) -> &str {
        self.state.notice.as_ref().map_or("", |notice| &notice.text)
    }
}

/// The entries of a file whose writer has ended.
fn entries(path: &Path) -> Vec<Entry> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    loop {
        let opened = sessions::open(&disk, path, 0).unwrap();
        if opened.claim.is_some() {
            assert_eq!(opened.warning, None);
            return opened.journal.entries();
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_file_that_can_not_be_opened_takes_nothing_from_the_session_at_hand() {
    let mut desk = Desk::new("goal");
    let file = desk.file();
    std::fs::write(desk.folder.path().join("letter.txt"), "dear Ada").unwrap();
    for (path, why) in [
        ("nosuch.jsonl", "there is no"),
        (".", "a folder"),
        ("letter.txt", "no Plantern session"),
        (&*file.display().to_string(), "open here already"),
    ] {
        let path = desk.folder.path().join(path).display().to_string();
        desk.typed(Action::Open, &path);
        assert!(desk.notice().contains(why), "{}", desk.notice());
        desk.take(Message::Action(Action::Back));
        desk.typed(Action::Edit, &format!("changed after {why}"));
    }
    desk.files.close().unwrap();
    assert_eq!(entries(&file), desk.state.journal.entries());
    assert_eq!(desk.state.unsaved, None);
}

#[test]
fn what_runs_when_another_session_is_opened_ends_in_its_own_file() {
    let mut desk = Desk::new("first");
    let first = desk.file();
    desk.begin("second");
    let second = desk.file();
    assert_eq!(entries(&first).len(), 2, "its writer has ended");
    desk.take(Message::Action(Action::Step));
    assert_eq!(desk.state.live.len(), 1);
    desk.typed(Action::Open, &first.display().to_string());
    assert_eq!((desk.file(), desk.state.run), (first.clone(), Run::Idle), "{}", desk.notice());
    desk.typed(Action::Edit, "changed");
    desk.files.close().unwrap();
    assert_eq!(entries(&first), desk.state.journal.entries());
    let left = serde_json::to_string(entries(&second).last().unwrap()).unwrap();
    assert!(left.contains(r#""type":"stopped""#), "{left}");
}

#[test]
fn who_saves_over_another_session_is_told_where_that_is_kept() {
    let mut desk = Desk::new("first");
    let first = desk.file();
    desk.begin("second");
    assert_eq!(entries(&first).len(), 2, "its writer has ended");
    let mut save = |path: &Path| {
        desk.typed(Action::SaveAs, &path.display().to_string());
        loop {
            if let Stored::Said(weight, words) = desk.stored.blocking_recv().unwrap() {
                return (weight, words);
            }
        }
    };
    let (weight, words) = save(&first.with_file_name("new.jsonl"));
    assert!(weight == Weight::Info && words.starts_with("saved as"), "{words}");
    let (weight, words) = save(&first);
    let kept =
        words.strip_prefix("saved; the old one stays as ").unwrap().strip_suffix(" beside it").unwrap();
    assert_eq!((weight, entries(&first.with_file_name(kept)).len()), (Weight::Warning, 2));
}

#[test]
fn of_a_session_that_was_left_only_trouble_is_heard() {
    let mut desk = Desk::new("goal");
    let check = |desk: &mut Desk, how: Standing, expected: Option<&str>| {
        let voice = desk.files.leave_file(Standing::AtHand);
        while desk.stored.try_recv().is_ok() {}
        drop(desk.files.leave_file(how));
        voice(Saving::Saved { entries: 1 });
        voice(Saving::Made("x.jsonl".into()));
        voice(Saving::Trouble { why: "the disk is full".to_owned(), again: true });
        let told = desk.stored.try_recv().ok();
        let words = told.map(|told| match told {
            Stored::Said(Weight::Error, words) => words,
            other => panic!("{other:?}"),
        });
        assert_eq!(words.as_deref(), expected);
    };
    check(&mut desk, Standing::Left, Some("the session that you left is not saved whole: the disk is full"));
    check(&mut desk, Standing::Moved, None);
}

#[test]
fn a_case_takes_no_file_from_another_and_its_text_stays_in_the_box() {
    let mut desk = Desk::new("How many?");
    let path = desk.folder.path().join("many.case.toml");
    std::fs::write(&path, "mine").unwrap();
    let text = format!("{}\nexpected: 4", path.display());
    desk.typed(Action::WriteCase, &text);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    let Mode::Typing(typed) = &desk.state.mode else { panic!("the box is closed") };
    assert_eq!(typed.buffer.text(), text);
    assert!(desk.notice().starts_with("there is a file of that name already"), "{}", desk.notice());
}

#[test]
fn a_case_is_proposed_under_a_name_that_no_file_has() {
    let mut desk = Desk::new("How many?");
    let proposed = |desk: &mut Desk, files: &[&str]| {
        for name in files {
            std::fs::write(desk.folder.path().join(name), "mine").unwrap();
        }
        let path = |name: &str| desk.folder.path().join(name).display().to_string();
        let Some(Stored::CaseTaken { free, .. }) = free_case(path("how-many.case.toml")) else {
            return None;
        };
        Some(free.rsplit('/').next().unwrap().to_owned())
    };
    assert_eq!(proposed(&mut desk, &[]), None);
    assert_eq!(proposed(&mut desk, &["how-many.case.toml"]).as_deref(), Some("how-many-2.case.toml"));
    assert_eq!(proposed(&mut desk, &["how-many-2.case.toml"]).as_deref(), Some("how-many-3.case.toml"));
}
