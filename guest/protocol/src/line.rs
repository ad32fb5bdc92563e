//! One value, one line.

use serde::{Serialize, de::DeserializeOwned};

/// A line is not what it should be, or a value cannot be one.
#[derive(Debug, thiserror::Error)]
#[error("not a line of the guest's protocol: {0}")]
pub struct LineError(#[from] serde_json::Error);

/// Writes a value as one line, its end included.
///
/// # Errors
///
/// For none of this crate's types; for a type that JSON cannot hold.
pub fn to_line(value: &impl Serialize) -> Result<String, LineError> {
    let mut line = serde_json::to_string(value)?;
    line.push('\n');
    Ok(line)
}

/// Reads a value from one line, with or without its end.
///
/// # Errors
///
/// The line is not JSON, or JSON of something else.
pub fn from_line<T: DeserializeOwned>(line: &str) -> Result<T, LineError> {
    Ok(serde_json::from_str(line.trim())?)
}
