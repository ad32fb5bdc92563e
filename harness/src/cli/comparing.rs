//! `diff`: two snapshots, or two outputs of `run --format json`.

use crate::cli::exit::Exit;
use crate::cli::showing::product;
use crate::cli::streams;
use crate::report::difference::{self, Record};
use crate::text::printable::one_line;
use crate::text::reading::{LONGEST_RECORD, read_text};
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
        streams::out("no difference\n");
        return Exit::AsExpected;
    }
    match product(&difference) {
        Exit::AsExpected => Exit::Differs,
        failure => failure,
    }
}

fn read(file: &Path) -> Result<Vec<Record>, String> {
    let name = file.display().to_string();
    let name = one_line(&name);
    let text = read_text(file, LONGEST_RECORD).map_err(|error| format!("{name}: {error}"))?;
    difference::records(&text).map_err(|error| format!("{name}: {error}"))
}
