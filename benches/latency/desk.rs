//! The program in a pseudo-terminal, with a keyboard in front and a terminal parser that looks at its screen.

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::{
    io::{Read, Write},
    path::Path,
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

pub(crate) const ROWS: u16 = 45;
pub(crate) const COLUMNS: u16 = 140;
/// A frame that takes this long is a hang.
const PATIENCE: Duration = Duration::from_secs(20);
/// So long nothing may change for "nothing more comes".
pub(crate) const STILL: Duration = Duration::from_millis(1000);

/// The program, and the screen as a person would see it.
pub(crate) struct Desk {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    /// What the program wrote, with the time it came.
    output: Receiver<(Instant, Vec<u8>)>,
    pub(crate) screen: vt100::Parser,
    _master: Box<dyn MasterPty + Send>,
}

impl Desk {
    pub(crate) fn start(home: &Path, model: &Path, session: &Path) -> Desk {
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_plantern"));
        command.arg("--model");
        command.arg(model);
        command.arg("open");
        command.arg(session);
        command.env("PLANTERN_HOME", home);
        command.env("PLANTERN_OFFLINE", "1");
        command.env("PLANTERN_MODELS", model.parent().expect("a file in a folder"));
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).expect("the program");
        drop(pair.slave);
        let keys = pair.master.take_writer().expect("a keyboard");
        let mut reader = pair.master.try_clone_reader().expect("a screen");
        let (tell, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 1 << 16];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if tell.send((Instant::now(), bytes[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(ROWS, COLUMNS, 0);
        Desk { child, keys, output, screen, _master: pair.master }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("a key");
    }

    /// Takes what has come by now.
    fn look(&mut self) {
        while let Ok((_, bytes)) = self.output.try_recv() {
            self.screen.process(&bytes);
        }
    }

    /// Reads on until the screen shows it; returns when that came.
    pub(crate) fn wait(&mut self, what: &str, shown: impl Fn(&vt100::Screen) -> bool) -> Instant {
        let start = Instant::now();
        let mut came = start;
        while !shown(self.screen.screen()) {
            let left = PATIENCE.saturating_sub(start.elapsed());
            let Ok((at, bytes)) = self.output.recv_timeout(left) else {
                panic!("{what} did not come; the screen is:\n{}", self.screen.screen().contents());
            };
            self.screen.process(&bytes);
            came = at;
        }
        came
    }

    /// Waits until nothing changes any more.
    pub(crate) fn still(&mut self) {
        while let Ok((_, bytes)) = self.output.recv_timeout(STILL) {
            self.screen.process(&bytes);
        }
    }

    /// Waits so long, reading.
    pub(crate) fn rest(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Ok((_, bytes)) = self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.screen.process(&bytes);
        }
    }

    /// Milliseconds from a key to the frame on which what it changes looks different.
    pub(crate) fn time(&mut self, key: &str, part: fn(&vt100::Screen) -> String) -> f64 {
        self.look();
        let before = part(self.screen.screen());
        let start = Instant::now();
        self.press(key);
        let came = self.wait(&format!("what {key:?} does"), |screen| part(screen) != before);
        1e3 * came.saturating_duration_since(start).as_secs_f64()
    }

    /// Processor time the program has used, where the system tells it in a file.
    pub(crate) fn seconds_of_processor(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.process_id()?)).ok()?;
        let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
        let mut ticks = || fields.next()?.parse::<f64>().ok();
        // A tick is a hundredth of a second on every Linux.
        Some((ticks()? + ticks()?) / 100.0)
    }

    pub(crate) fn end(mut self) {
        let start = Instant::now();
        while self.child.try_wait().is_ok_and(|status| status.is_none()) {
            assert!(start.elapsed() < PATIENCE, "it did not end");
            self.rest(Duration::from_millis(20));
        }
    }
}

pub(crate) fn has(screen: &vt100::Screen, words: &str) -> bool {
    screen.contents().contains(words)
}
