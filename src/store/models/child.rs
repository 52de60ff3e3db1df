//! A program that runs beside us, with its children: watched, and ended as a whole when it is no longer wanted, at the
//! latest with us: it leads a group of its own, so neither a signal of the terminal nor our end would reach it.

use std::io::{self, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often we look at a running program.
const LOOK: Duration = Duration::from_millis(50);

/// How a program ended.
pub(super) enum End {
    Exited(ExitStatus),
    Cancelled,
}

/// Runs a program to its end, with a few words on its standard input. `tick` is called while it runs; false ends it with all its children.
pub(super) fn run(command: &mut Command, input: &[u8], tick: &mut dyn FnMut() -> bool) -> io::Result<End> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut all = all();
    if all.ending {
        return Ok(End::Cancelled);
    }
    let mut running = Running(command.stdin(Stdio::piped()).spawn()?);
    all.running.push(running.0.id());
    drop(all);
    if let Some(mut standard_input) = running.0.stdin.take() {
        // A program that does not read them has ended or never wanted them.
        standard_input.write_all(input).ok();
    }
    loop {
        if let Some(status) = running.0.try_wait()? {
            return Ok(End::Exited(status));
        }
        if !tick() {
            return Ok(End::Cancelled);
        }
        std::thread::sleep(LOOK);
    }
}

/// The programs that run now, by the numbers of their processes.
struct All {
    running: Vec<u32>,
    /// We are about to end: none is started any more.
    ending: bool,
}

static ALL: Mutex<All> = Mutex::new(All { running: vec![], ending: false });

fn all() -> MutexGuard<'static, All> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends every program that still runs, and starts none any more. The last thing before we end ourselves.
pub fn end_all() {
    let mut all = all();
    all.ending = true;
    all.running.drain(..).for_each(end_group);
}

/// Ends a program with its children. It leads a group of its own, so nothing else is hit.
#[cfg(unix)]
fn end_group(id: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // If it is gone by now, all the better.
        kill_process_group(group, Signal::KILL).ok();
    }
}

#[cfg(not(unix))]
fn end_group(_: u32) {}

/// Ends the program when it is dropped, however that comes about.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let id = self.0.id();
        all().running.retain(|running| *running != id);
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        end_group(id);
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
