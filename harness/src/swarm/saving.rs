//! A finding as a scenario file.

use crate::scenario::{Problems, ScenarioFile, parse_scenario};
use emulator::config::DeviceConfig;
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why a finding could not be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The folder cannot be made.
    #[error("{}: {cause}", .path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] files::FileError),
    /// It cannot be put into words.
    #[error("a finding cannot be written: {0}")]
    Text(#[from] serde_json::Error),
    /// It would not be read again: a defect of the drawing.
    #[error(transparent)]
    Invalid(#[from] Problems),
}

/// Members of a scenario in the order in which people read them; the others come behind.
const ORDER: [&str; 8] = [
    "name",
    "row",
    "concern",
    "why",
    "reachability",
    "device",
    "host",
    "schedule_matters",
];

/// A scenario as a file has it: without what says nothing, and each step on a line of its own.
///
/// # Errors
/// Where it cannot be put into words.
pub fn text_of(file: &ScenarioFile) -> Result<String, serde_json::Error> {
    let mut value = serde_json::to_value(file)?;
    leave_out_nothing(&mut value);
    let Value::Object(mut members) = value else {
        return serde_json::to_string(&value);
    };
    let plain = json!({
        "kind": file.device.kind, "vhca_id": file.device.vhca_id, "page_mode": file.device.page_mode,
    });
    let usual = serde_json::to_value(serde_json::from_value::<DeviceConfig>(plain.clone())?)?;
    if let Some(device) = members.get_mut("device") {
        leave_out_usual(device, &usual);
        if let (Value::Object(device), Value::Object(plain)) = (device, plain) {
            device.extend(plain);
        }
    }
    let first = ORDER
        .into_iter()
        .filter_map(|name| members.remove_entry(name))
        .collect::<Vec<_>>();
    let mut lines = Vec::new();
    for (name, member) in first.into_iter().chain(members) {
        lines.push(match &member {
            Value::Array(elements) if !elements.is_empty() => {
                let elements = elements.iter().map(|element| format!("    {element}"));
                let elements = elements.collect::<Vec<_>>().join(",\n");
                format!("  \"{name}\": [\n{elements}\n  ]")
            }
            _ => format!("  \"{name}\": {member}"),
        });
    }
    Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
}

/// A file says nothing where it has nothing to say.
fn leave_out_nothing(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(leave_out_nothing);
        }
        Value::Array(elements) => elements.iter_mut().for_each(leave_out_nothing),
        _ => {}
    }
}

/// Leaves out what a device has that says nothing of it.
fn leave_out_usual(value: &mut Value, usual: &Value) {
    let (Value::Object(members), Value::Object(usual)) = (value, usual) else {
        return;
    };
    members.retain(|name, member| usual.get(name) != Some(member));
    for (name, member) in members {
        if let Some(usual) = usual.get(name) {
            leave_out_usual(member, usual);
        }
    }
}

/// Writes it into `folder`, which is made where it is not there; returns the file.
///
/// # Errors
/// [`SaveError`].
pub fn save(file: &ScenarioFile, folder: &Path) -> Result<PathBuf, SaveError> {
    let path = folder.join(format!("{}.json", file.name));
    let text = text_of(file)?;
    parse_scenario(&path.display().to_string(), Some(&file.name), text.clone())?;
    fs::create_dir_all(folder).map_err(|cause| SaveError::Folder {
        path: folder.to_owned(),
        cause,
    })?;
    files::write(&path, text)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read_scenario;
    use crate::swarm::drawing::draw;
    use crate::swarm::frame::tests::frame;

    #[test]
    fn what_is_saved_is_read_again() {
        let file = draw(&frame("firmware_quirk"), 5);
        let folder = tempfile::tempdir().unwrap();
        let path = save(&file, &folder.path().join("found")).unwrap();
        assert!(path.ends_with("found/a-seed-5.json"));
        assert_eq!(read_scenario(&path).unwrap(), file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("{\n  \"name\": \"a-seed-5\",\n") && !text.contains("satellite_pfs"),
            "{text}"
        );
    }
}
