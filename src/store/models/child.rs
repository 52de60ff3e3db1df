//! A program that runs beside us, with its children: watched, and ended as a whole when it is no longer wanted.

use std::io::{self, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
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
    let mut running = Running(command.stdin(Stdio::piped()).spawn()?);
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
