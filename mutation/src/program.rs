//! What another program says.

use crate::error::MutationError;
use std::process::Command;

/// What a command prints on standard output; `program` is what it is called where it fails.
///
/// # Errors
/// [`MutationError::Program`] when it cannot be started or fails, with what it said.
pub(crate) fn output_of(command: &mut Command, program: &str) -> Result<Vec<u8>, MutationError> {
    let failed = |said: String| MutationError::Program {
        program: program.to_owned(),
        said,
    };
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(output.stdout)
}
