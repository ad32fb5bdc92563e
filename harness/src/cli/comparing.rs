//! `diff`: two snapshots, or two outputs of `run --format json`.

use crate::cli::exit::Exit;
use crate::cli::showing::product;
use crate::cli::streams;
use crate::report::difference::{self, Record};
use std::path::Path;

pub(super) fn diff(a: &Path, b: &Path) -> Exit {
    let (left, right) = match (read(a), read(b)) {
        (Ok(left), Ok(right)) => (left, right),
        (Err(error), _) | (_, Err(error)) => {
            streams::error(&error);
            return Exit::Usage;
        }
    };
    let difference = difference::of_records(&left, &right);
    if difference.is_empty() {
        streams::note("no difference");
        return Exit::AsExpected;
    }
    match product(&difference) {
        Exit::AsExpected => Exit::Differs,
        failure => failure,
    }
}

fn read(file: &Path) -> Result<Vec<Record>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    difference::records(&text).map_err(|error| format!("{}: {error}", file.display()))
}
