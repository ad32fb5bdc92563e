//! The page counters of mlx5 functions, over debugfs.

use super::files;
use super::refusal::{check_name, refused_io};
use guest_protocol::{Answer, Refusal};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::fs;
use std::io;

const FUNCTIONS: &str = "/sys/kernel/debug/mlx5";

/// Every counter of every function that has any. Without a driver there are none.
pub fn read_all() -> Result<Answer, Refusal> {
    let mut all = BTreeMap::new();
    for device in files::names(FUNCTIONS).unwrap_or_default() {
        let folder = folder_of(&device);
        let counters = read_folder(&folder).map_err(refused_io(format!("read {folder}")))?;
        all.extend(counters.map(|counters| (device, counters)));
    }
    Ok(Answer::CountersByDevice(all))
}

fn folder_of(device: &str) -> String {
    format!("{FUNCTIONS}/{device}/pages")
}

/// Every counter of a function.
pub fn read(device: &str) -> Result<Answer, Refusal> {
    of(device).map(Answer::Counters)
}

/// Every counter of a function, by name.
pub fn of(device: &str) -> Result<Option<BTreeMap<String, u32>>, Refusal> {
    check_name(device)?;
    let folder = folder_of(device);
    read_folder(&folder).map_err(refused_io(format!("read {folder}")))
}

fn read_folder(folder: &str) -> io::Result<Option<BTreeMap<String, u32>>> {
    let names = match files::names(folder) {
        Ok(names) => names,
        Err(error) if is_gone(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut counters = BTreeMap::new();
    for name in names {
        match fs::read_to_string(format!("{folder}/{name}")) {
            Ok(text) => {
                if let Ok(value) = text.trim().parse() {
                    counters.insert(name, value);
                }
            }
            // The driver removes the whole folder: half of it is worth nothing.
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(counters))
}

/// debugfs answers EIO for a file that was removed after it was opened.
fn is_gone(error: &io::Error) -> bool {
    files::is_absent(error) || error.raw_os_error().map(Errno::from_raw_os_error) == Some(Errno::IO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn counters_are_read_by_name_and_a_missing_folder_is_none() {
        let folder = std::env::temp_dir().join(format!("mlx5-cosim-counters-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("folder");
        for (name, text) in [
            ("fw_pages_vfs", "4294966784\n"),
            ("fw_pages_total", "240\n"),
            ("other", "text\n"),
        ] {
            fs::write(folder.join(name), text).expect("file");
        }
        let path = |folder: &Path| folder.to_str().expect("UTF-8").to_owned();
        let counters = read_folder(&path(&folder)).expect("read").expect("a folder");
        let expected = [
            ("fw_pages_total".to_owned(), 240),
            ("fw_pages_vfs".to_owned(), 4_294_966_784),
        ];
        assert_eq!(counters, BTreeMap::from(expected));
        fs::remove_dir_all(&folder).expect("removed");
        assert_eq!(read_folder(&path(&folder)).expect("read"), None);
    }
}
