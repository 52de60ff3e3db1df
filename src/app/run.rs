//! The loop: waits for anything that can wake the workbench, updates, does the effects, draws once.

use super::{effects::Shell, terminal::Screen};
use crate::{
    engine::Report,
    tui::{self, Cache, Hits, Theme},
    workbench::{Effect, Message, State, Stored, update},
};
use crossterm::event::{Event, EventStream, KeyCode, KeyModifiers};
use futures_util::{FutureExt, StreamExt};
use std::{io, time::Duration};
use tokio::{
    sync::mpsc::{Receiver, UnboundedReceiver},
    time::{Instant, interval, sleep_until},
};

/// Two frames are at least this far apart.
const FRAME: Duration = Duration::from_millis(16);
/// A moving screen moves this often.
const TICK: Duration = Duration::from_millis(100);
/// Messages taken before the next frame, so that a flood can not keep the screen from showing.
const BATCH: usize = 512;

/// What wakes the workbench.
pub(crate) struct Inbox {
    pub(crate) reports: Receiver<Report>,
    pub(crate) stored: UnboundedReceiver<Stored>,
}

/// Runs the workbench on the terminal until the person leaves or a signal ends it.
pub(crate) async fn run(
    screen: &mut Screen,
    state: &mut State,
    shell: &mut Shell,
    inbox: &mut Inbox,
    themes: &[Theme],
) -> io::Result<()> {
    let mut desk =
        Desk { screen, state, shell, themes, cache: Cache::default(), hits: Hits::default(), dirty: true };
    let size = desk.screen.terminal.size()?;
    desk.take(Message::Resized(size.width, size.height));
    let mut events = EventStream::new();
    let mut closed = super::terminal::closed().fuse();
    let mut ticks = interval(TICK);
    let mut signals = Signals::listen()?;
    let mut drawn = Instant::now().checked_sub(FRAME).unwrap_or_else(Instant::now);
    while !desk.shell.has_quit() {
        if let Some(text) = desk.shell.text_for_editor() {
            // The editor reads the keys now, so nobody else may.
            drop(events);
            let edited = desk.screen.lend(|| super::editor::edit(&text))?;
            events = EventStream::new();
            let (text, failed) = edited.map_or_else(|why| (None, Some(why)), |text| (text, None));
            desk.take(Message::Stored(Stored::Edited(text)));
            if let Some(why) = failed {
                desk.take(Message::Stored(Stored::Said(crate::workbench::Weight::Error, why)));
            }
            continue;
        }
        let moving = desk.state.moves();
        tokio::select! {
            biased;
            () = signals.any() => desk.leave(),
            // The terminal is gone: nothing more will come from it.
            Ok(()) = &mut closed => desk.leave(),
            event = events.next() => match event {
                Some(Ok(event)) => desk.event(&event)?,
                Some(Err(_)) | None => desk.leave(),
            },
            Some(stored) = inbox.stored.recv() => desk.take(Message::Stored(stored)),
            Some(report) = inbox.reports.recv() => desk.report(report),
            () = sleep_until(drawn + FRAME), if desk.dirty => {
                desk.draw()?;
                drawn = Instant::now();
            }
            _ = ticks.tick(), if moving => desk.take(Message::Tick),
        }
        for _ in 0..BATCH {
            match inbox.reports.try_recv() {
                Ok(report) => desk.report(report),
                Err(_) => break,
            }
        }
    }
    Ok(())
}

/// Everything on the desk of one run.
struct Desk<'a> {
    screen: &'a mut Screen,
    state: &'a mut State,
    shell: &'a mut Shell,
    themes: &'a [Theme],
    cache: Cache,
    /// Where the last frame put what can be clicked.
    hits: Hits,
    /// Something changed since the last frame.
    dirty: bool,
}

impl Desk<'_> {
    fn take(&mut self, message: Message) {
        let effects = update(self.state, message, self.shell.now());
        self.perform(effects);
        self.dirty = true;
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        super::desk::perform(self.state, self.shell, effects);
    }

    fn report(&mut self, report: Report) {
        self.shell.heard(&report);
        self.take(Message::Report(report));
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        if is_suspend(event) {
            return self.suspend();
        }
        if let Some(message) = tui::keys::message(event, self.state, &self.hits) {
            self.take(message);
        }
        Ok(())
    }

    /// Leaves as `q` would, from wherever one is.
    fn leave(&mut self) {
        let effects = crate::workbench::update::leave(self.state);
        self.perform(effects);
    }

    fn draw(&mut self) -> io::Result<()> {
        let theme = &self.themes[self.state.ui.theme.min(self.themes.len() - 1)];
        let (state, cache, hits) = (&*self.state, &mut self.cache, &mut self.hits);
        self.screen.terminal.draw(|frame| *hits = tui::draw(state, cache, theme, frame))?;
        self.dirty = false;
        Ok(())
    }

    /// Ctrl-Z: the job stops with the terminal given back, and draws itself again when it goes on.
    fn suspend(&mut self) -> io::Result<()> {
        #[cfg(unix)]
        self.screen.lend(|| {
            // The whole group: a parent such as git would wait for ever for a child that stops alone.
            let _ = rustix::process::kill_current_process_group(rustix::process::Signal::STOP);
        })?;
        let size = self.screen.terminal.size()?;
        self.take(Message::Resized(size.width, size.height));
        Ok(())
    }
}

fn is_suspend(event: &Event) -> bool {
    matches!(event, Event::Key(key) if key.code == KeyCode::Char('z') && key.modifiers == KeyModifiers::CONTROL)
}

/// The signals that end a program politely.
struct Signals {
    #[cfg(unix)]
    all: [tokio::signal::unix::Signal; 3],
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        let [term, hangup, interrupt] =
            [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()];
        Ok(Signals { all: [signal(term)?, signal(hangup)?, signal(interrupt)?] })
    }

    #[cfg(unix)]
    async fn any(&mut self) {
        let [term, hangup, interrupt] = &mut self.all;
        tokio::select! {
            _ = term.recv() => {}
            _ = hangup.recv() => {}
            _ = interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn listen() -> io::Result<Signals> {
        Ok(Signals {})
    }

    #[cfg(not(unix))]
    async fn any(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
