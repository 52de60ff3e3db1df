//! The `plantern` program.

fn main() {}
