//! A key that can be used and not be seen.

use std::fmt;

/// A key: never printed, taken out of everything that is written down.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a key out of the environment's hands; from now on it is redacted wherever text is written.
    pub fn new(value: &str) -> Secret {
        crate::redact::protect(value);
        Secret(value.to_owned())
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
