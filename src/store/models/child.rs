//! A program that runs beside us, with its children: watched, and ended as a whole when it is no longer wanted.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

/// How often we look at a running program.
const LOOK: Duration = Duration::from_millis(50);

/// How a program ended.
pub(super) enum End {
    Exited(ExitStatus),
    Cancelled,
}

/// Runs a program to its end. `tick` is called while it runs; false ends it with all its children.
pub(super) fn run(command: &mut Command, tick: &mut dyn FnMut() -> bool) -> io::Result<End> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut running = Running(command.spawn()?);
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

/// Ends the program when it is dropped, however that comes about.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            // It leads a group of its own, so nothing else is hit; if it is gone by now, all the better.
            kill_process_group(Pid::from_child(&self.0), Signal::KILL).ok();
        }
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
