//! Examples for `tui::keys`.
