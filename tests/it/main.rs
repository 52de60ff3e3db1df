//! The one integration binary: each topic a module.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests, which are no tests by name")]

mod cases;
mod floors;
mod headless;
mod keys;
mod ladder;
mod machine;
mod named;
#[cfg(feature = "candle")]
mod reference;
mod replay;
mod review;
mod screens;
mod servers;
mod strategies;
mod support;
mod terminal;
#[cfg(feature = "candle")]
mod weights;

/// A file that is not listed above would never be compiled.
#[test]
fn no_topic_is_forgotten() {
    let text = include_str!("main.rs");
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(topic) = name.strip_suffix(".rs").filter(|topic| *topic != "main") {
            assert!(text.contains(&format!("mod {topic};")), "{topic} is not listed in main.rs");
        }
    }
}
