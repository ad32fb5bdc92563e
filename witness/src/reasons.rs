//! `witness.toml`: what no test can see, and why.

use crate::error::WitnessError;
use serde::Deserialize;
use std::path::Path;

/// All reasons.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reasons {
    /// One for each group.
    #[serde(default)]
    pub unseen: Vec<Reason>,
}

/// Why tests do not see some things of one file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The file, from the project's root.
    pub file: String,
    /// What is not seen, as the report names it.
    pub names: Vec<String>,
    /// Why.
    pub because: String,
}

/// Reads the reasons of the project whose root this is. Without the file there are none.
///
/// # Errors
/// [`WitnessError`] when the file does not say what it should.
pub fn read(root: &Path) -> Result<Reasons, WitnessError> {
    let path = root.join("witness.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Reasons::default()),
        Err(cause) => return Err(WitnessError::File { path, cause }),
    };
    toml::from_str(&text).map_err(|cause| WitnessError::Reasons {
        path,
        cause: Box::new(cause),
    })
}

impl Reasons {
    /// Why this is not seen.
    #[must_use]
    pub fn of(&self, file: &str, name: &str) -> Option<&str> {
        let mut reasons = self.unseen.iter().filter(|reason| reason.file == file);
        let reason = reasons.find(|reason| reason.names.iter().any(|it| it == name));
        reason.map(|reason| reason.because.as_str())
    }
}
