//! The `plantern` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    plantern::app::main()
}
