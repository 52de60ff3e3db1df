//! The terminal: taken once, given back always, whatever ends the program.

use crossterm::{
    cursor::Show,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute,
    terminal::{
        Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
    },
};
use ratatui::{Terminal, backend::CrosstermBackend};
use std::{
    io::{self, Stdout, stdout},
    mem::ManuallyDrop,
    sync::atomic::{AtomicBool, Ordering},
};
use tokio::sync::oneshot;

/// Is the terminal ours just now? The panic hook must know without holding the guard.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours. Dropping it gives it back.
pub(crate) struct Screen {
    /// Never dropped by itself: that would write to a terminal which may be gone, and panic.
    pub(crate) terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
    mouse: bool,
}

impl Screen {
    /// Raw mode, a screen of our own, mouse and bracketed paste.
    pub(crate) fn take(mouse: bool) -> io::Result<Screen> {
        // We ask for NO_COLOR ourselves: crossterm's own way of obeying it resets reverse video with every colour.
        crossterm::style::force_color_output(true);
        enter(mouse)?;
        Ok(Screen { terminal: ManuallyDrop::new(Terminal::new(CrosstermBackend::new(stdout()))?), mouse })
    }

    /// Gives the terminal away for as long as `work` takes: an editor, a stopped job.
    pub(crate) fn lend<T>(&mut self, work: impl FnOnce() -> T) -> io::Result<T> {
        leave();
        let done = work();
        enter(self.mouse)?;
        execute!(stdout(), Clear(ClearType::All))?;
        // The next frame is drawn whole. `clear` of the terminal would ask it where the cursor is, and miss the answer.
        self.terminal.swap_buffers();
        Ok(done)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

fn enter(mouse: bool) -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
    if mouse {
        execute!(stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

/// Comes when the other side of the terminal is closed. A signal says so too, but only to those whose controlling terminal it is.
pub(crate) fn closed() -> oneshot::Receiver<()> {
    let (tell, closed) = oneshot::channel();
    #[cfg(unix)]
    std::thread::spawn(move || {
        use rustix::event::{PollFd, PollFlags, poll};
        let stdin = io::stdin();
        // No event is asked for, so that keys wake nobody here: an end is always told.
        let mut terminal = [PollFd::new(&stdin, PollFlags::empty())];
        while poll(&mut terminal, None) == Err(rustix::io::Errno::INTR) {}
        if terminal[0].revents().intersects(PollFlags::HUP | PollFlags::ERR) {
            let _ = tell.send(());
        }
    });
    #[cfg(not(unix))]
    drop(tell);
    closed
}

/// Every mode off, in the order opposite to taking; the screen is cleared before, as tmux leaves lines of one that grew meanwhile
/// on the other. Errors can not be helped here: the terminal may be gone.
fn leave() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            stdout(),
            DisableMouseCapture,
            DisableBracketedPaste,
            Clear(ClearType::All),
            LeaveAlternateScreen,
            Show
        );
        let _ = disable_raw_mode();
    }
}

/// A panic of the interface gives the terminal back before its words come; one of a worker leaves it alone, since its
/// call fails by name and the interface lives on. Where the words went is said after the exit.
pub(crate) fn install_panic_hook(crash_file: Option<std::path::PathBuf>) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let interface = std::thread::current().name() == Some("main");
        if !interface && TAKEN.load(Ordering::SeqCst) {
            return;
        }
        leave();
        before(panic);
        if let Some(file) = crash_file.as_deref().filter(|_| interface) {
            let words = format!("plantern {}\n{panic}\n", env!("CARGO_PKG_VERSION"));
            if std::fs::write(file, crate::redact::redact(&words).as_bytes()).is_ok() {
                report(&format!("This should not have happened. What is known is in {}", file.display()));
                report("Your session is saved up to the last step; `plantern` opens it again.");
            }
        }
    }));
}

/// A line on stderr, at the very end of a life.
fn report(line: &str) {
    use io::Write;
    let _ = writeln!(io::stderr(), "{line}");
}
