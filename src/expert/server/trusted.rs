//! Certificates of a person's own: a server in the house has none that the world signs.

/// Certificates that are trusted beside those of this machine.
#[derive(Clone, Debug)]
pub struct Trusted {
    #[cfg(feature = "tls")]
    certificates: Vec<reqwest::Certificate>,
}

impl Trusted {
    /// Reads certificates in PEM, at least one.
    ///
    /// # Errors
    /// None is there, one can not be read, or this plantern was built without TLS.
    #[cfg(feature = "tls")]
    pub fn read(pem: &[u8]) -> Result<Trusted, String> {
        let certificates =
            reqwest::Certificate::from_pem_bundle(pem).map_err(|error| super::send::words(&error))?;
        match certificates.is_empty() {
            true => {
                Err("no certificate stands in it; wanted are blocks of `-----BEGIN CERTIFICATE-----`"
                    .to_owned())
            }
            false => Ok(Trusted { certificates }),
        }
    }

    /// Says that it can not.
    #[cfg(not(feature = "tls"))]
    pub fn read(_: &[u8]) -> Result<Trusted, String> {
        Err("this plantern was built without the feature `tls`".to_owned())
    }

    #[cfg(feature = "tls")]
    pub(super) fn of(&self) -> Vec<reqwest::Certificate> {
        self.certificates.clone()
    }
}
