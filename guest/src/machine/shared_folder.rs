//! Folders of the host in the guest, by the protocol 9P over virtio.

use super::board::escaped;
use std::path::PathBuf;
use std::process::Command;

/// A folder of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedFolder {
    /// What the guest finds it by, a word of letters and digits.
    pub tag: String,
    /// On the host.
    pub path: PathBuf,
    /// Whether the guest may write to it, as far as this user may.
    pub is_writable: bool,
}

impl SharedFolder {
    /// Lets QEMU offer it.
    pub(super) fn plug_in(&self, command: &mut Command) {
        let Self { tag, path, .. } = self;
        let readonly = if self.is_writable { "off" } else { "on" };
        // Files of several file systems may have the same number.
        let folder = format!(
            "local,id={tag},path={},security_model=none,readonly={readonly},multidevs=remap",
            escaped(path)
        );
        command.args(["-fsdev", &folder]);
        command.args(["-device", &format!("virtio-9p-pci,fsdev={tag},mount_tag={tag}")]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_for_reading_where_nobody_says_otherwise() {
        let mut folder = SharedFolder {
            tag: "share0".to_owned(),
            path: PathBuf::from("/a,b"),
            is_writable: false,
        };
        let words = |folder: &SharedFolder| {
            let mut command = Command::new("qemu");
            folder.plug_in(&mut command);
            let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
            words.collect::<Vec<_>>()
        };
        let expected = "local,id=share0,path=/a,,b,security_model=none,readonly=on,multidevs=remap";
        assert_eq!(words(&folder)[..2], ["-fsdev", expected]);
        folder.is_writable = true;
        assert!(words(&folder)[1].contains("readonly=off"));
        assert_eq!(words(&folder)[3], "virtio-9p-pci,fsdev=share0,mount_tag=share0");
    }
}
