//! Strategies driven by scripted answers from a data file.
