//! What a module says about itself, in the section `.modinfo` of its file.

use object::{Object, ObjectSection};

/// The part of it that matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleInfo {
    /// The name that the kernel knows it by.
    pub name: Option<String>,
    /// Names of modules that must be inserted before it, as the kernel knows them.
    pub depends: Vec<String>,
}

/// Reads the section from a module's file.
///
/// # Errors
///
/// What is wrong with the file, in words.
pub fn of_file(bytes: &[u8]) -> Result<ModuleInfo, String> {
    let file = object::File::parse(bytes).map_err(|error| error.to_string())?;
    let section = file
        .section_by_name(".modinfo")
        .ok_or("it has no section .modinfo")?;
    Ok(of_section(section.data().map_err(|error| error.to_string())?))
}

/// Reads the section's content: `key=value`, each ended by one or more zero bytes.
pub fn of_section(bytes: &[u8]) -> ModuleInfo {
    let mut info = ModuleInfo::default();
    for entry in bytes.split(|byte| *byte == 0) {
        let entry = String::from_utf8_lossy(entry);
        match entry.split_once('=') {
            Some(("name", name)) => info.name = Some(canonical(name)),
            Some(("depends", names)) => {
                info.depends
                    .extend(names.split(',').filter(|name| !name.is_empty()).map(canonical));
            }
            _ => {}
        }
    }
    info
}

/// The kernel writes `_` where a file's name may have `-`.
pub fn canonical(name: &str) -> String {
    name.trim().replace('-', "_")
}
