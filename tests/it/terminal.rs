//! The terminal is always given back: the real program in a pseudo-terminal, seen by a terminal parser.

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::{
    io::{Read, Write},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

/// The program on a terminal.
struct Session {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    screen: Arc<Mutex<vt100::Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
    came: mpsc::Receiver<()>,
    _home: tempfile::TempDir,
}

/// Nothing is expected to take this long; a hang ends here with the screen in the message.
const PATIENCE: Duration = Duration::from_secs(30);

impl Session {
    fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Session {
        Session::on([24, 80], arguments, |command| {
            environment.iter().for_each(|(name, value)| command.env(name, value));
        })
    }

    fn on([rows, cols]: [u16; 2], arguments: &[&str], set: impl FnOnce(&mut CommandBuilder)) -> Session {
        let home = tempfile::tempdir().unwrap();
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_plantern"));
        command.args(arguments);
        command.env("PLANTERN_HOME", home.path());
        command.env("PLANTERN_OFFLINE", "1");
        command.env("PLANTERN_MODELS", home.path().join("none"));
        command.env("HF_HUB_CACHE", home.path().join("none"));
        command.env("TERM", "xterm-256color");
        set(&mut command);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let keys = pair.master.take_writer().unwrap();
        let mut output = pair.master.try_clone_reader().unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(rows, cols, 0)));
        let raw = Arc::new(Mutex::new(vec![]));
        let (tell, came) = mpsc::channel();
        thread::spawn({
            let (screen, raw) = (Arc::clone(&screen), Arc::clone(&raw));
            move || {
                let mut bytes = [0; 4096];
                while let Ok(count @ 1..) = output.read(&mut bytes) {
                    screen.lock().unwrap().process(&bytes[..count]);
                    raw.lock().unwrap().extend_from_slice(&bytes[..count]);
                    if tell.send(()).is_err() {
                        return;
                    }
                }
            }
        });
        Session { master: pair.master, child, keys, screen, raw, came, _home: home }
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits until the screen shows it.
    fn see(&self, words: &str) {
        let start = Instant::now();
        while !self.text().contains(words) {
            assert!(start.elapsed() < PATIENCE, "`{words}` did not come; the screen is:\n{}", self.text());
            let _ = self.came.recv_timeout(Duration::from_millis(50));
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for the end and checks that every mode that was turned on was turned off again.
    fn end(mut self) -> (u32, String) {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "it did not end; the screen is:\n{}", self.text());
            let _ = self.came.recv_timeout(Duration::from_millis(20));
        };
        // The last bytes may still be on their way.
        while self.came.recv_timeout(Duration::from_millis(200)).is_ok() {}
        let raw = String::from_utf8_lossy(&self.raw.lock().unwrap()).into_owned();
        for (on, off) in [
            ("\x1b[?1049h", "\x1b[?1049l"),
            ("\x1b[?2004h", "\x1b[?2004l"),
            ("\x1b[?1000h", "\x1b[?1000l"),
            ("\x1b[?25l", "\x1b[?25h"),
        ] {
            if let Some(on_at) = raw.rfind(on) {
                let off_at = raw.rfind(off).unwrap_or_else(|| panic!("{off:?} never came"));
                assert!(on_at < off_at, "{on:?} was on at the end");
            }
        }
        let screen = self.screen.lock().unwrap();
        assert!(!screen.screen().alternate_screen() && !screen.screen().hide_cursor());
        drop(self.master);
        (status.exit_code(), raw)
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        let id = self.child.process_id().and_then(|id| rustix::process::Pid::from_raw(id as i32)).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }
}

#[test]
fn the_first_run_opens_an_example_without_network_and_model() {
    let mut session = Session::start(&[], &[]);
    session.see("Take the last letters");
    session.press("s");
    session.see("stuck");
    session.see("no language model");
    session.press("H");
    session.see("recorded");
    session.press("q");
    assert_eq!(session.end().0, 0);
}

#[test]
fn a_session_opens_where_it_was_left() {
    let mut session = Session::start(&["Count the words in \"a b c\"."], &[]);
    session.see("a b c");
    session.press("A");
    session.see("Insert task");
    session.press("[count] How many words are in \"a b c\"?\r");
    session.see("#1");
    session.press("q");
    assert_eq!(session.end().0, 0);
}

#[test]
fn a_file_that_can_not_be_opened_is_said_before_there_is_a_screen() {
    let session = Session::start(&["open", "nosuch.jsonl"], &[]);
    session.see("there is no nosuch.jsonl");
    assert_eq!(session.end().0, 2);
}

#[cfg(unix)]
#[test]
fn signals_give_the_terminal_back() {
    use rustix::process::Signal;
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let session = Session::start(&["What is 1 + 1?"], &[]);
        session.see("What is 1 + 1?");
        session.signal(signal);
        assert_eq!(session.end().0, 0, "{signal:?}");
    }
}

#[test]
fn no_colour_keeps_the_selection_visible() {
    let mut session = Session::start(&["What is 1 + 1?"], &[("NO_COLOR", "1")]);
    session.see("What is 1 + 1?");
    let inverse = {
        let screen = session.screen.lock().unwrap();
        (0..24).any(|row| {
            (0..80).any(|column| screen.screen().cell(row, column).is_some_and(vt100::Cell::inverse))
        })
    };
    assert!(inverse, "no cell is reversed");
    session.press("q");
    let (_, raw) = session.end();
    assert!(!raw.contains("\x1b[38;") && !raw.contains("\x1b[48;"), "colours were sent");
}

#[test]
fn an_error_before_the_screen_leaves_the_terminal_alone() {
    let session = Session::start(&["--theme", "nowhere"], &[]);
    session.see("no theme is called");
    assert_eq!(session.end().0, 2);
}

#[cfg(unix)]
#[test]
fn an_editor_has_the_terminal_and_gives_it_back() {
    let check = |editor: &str, expected: &str| {
        // The log of a large terminal shows all that is said at the start beside what is expected.
        let mut session =
            Session::on([45, 140], &["What is 1 + 1?"], |command| command.env("VISUAL", editor));
        session.see("What is 1 + 1?");
        session.press("E");
        session.see(expected);
        session.press("q");
        let (status, raw) = session.end();
        assert_eq!(status, 0, "{editor}");
        assert!(!raw.contains("\x1b[6n"), "{editor}: the terminal was asked where its cursor is");
    };
    check("echo 'What is 2 + 2?' >", "What is 2 + 2?");
    check("true", "nothing was changed");
    check("no-such-editor", "could not be started: exit code 127; nothing was changed");
}

#[cfg(unix)]
#[test]
fn a_terminal_that_is_closed_is_no_crash() {
    // The controlling terminal sends a signal when it goes, any other one only ends.
    for controlling in [true, false] {
        let set = |command: &mut CommandBuilder| command.set_controlling_tty(controlling);
        let session = Session::on([24, 80], &["What is 1 + 1?"], set);
        session.see("What is 1 + 1?");
        let Session { master, mut child, mut keys, came, _home: home, .. } = session;
        // Nobody listens any more: what the next key draws ends the thread that reads, and with it the last hold on the terminal.
        drop(came);
        keys.write_all(b"?").unwrap();
        drop((keys, master));
        let start = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < PATIENCE, "it did not end, controlling: {controlling}");
            thread::sleep(Duration::from_millis(20));
        }
        let crash = std::fs::read_to_string(home.path().join("crash.txt"));
        assert!(crash.is_err(), "{crash:?}");
    }
}

#[test]
fn a_file_opened_as_a_copy_stays_as_it_is() {
    let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/sessions/hamlet.jsonl");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("walk.jsonl");
    std::fs::copy(recorded, &file).unwrap();
    let before = std::fs::read(&file).unwrap();
    let check = |arguments: &[&str], stays: bool| {
        let mut session = Session::start(arguments, &[]);
        session.see("Hamlet");
        session.press("adone by hand\r");
        session.see("done by hand");
        session.press("q");
        assert_eq!(session.end().0, 0);
        assert_eq!(std::fs::read(&file).unwrap() == before, stays, "{arguments:?}");
    };
    let path = file.to_str().unwrap();
    check(&["open", "--copy", path], true);
    check(&["open", path], false);
}
