//! The script of the udev rule, on folders like those of sysfs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output};

const VF: &str = "0000:01:01.3";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/udev/mlx5-cosim-vf");

/// A VF without a driver whose registers the kernel has placed at `base`.
struct Sysfs {
    folder: tempfile::TempDir,
}

impl Sysfs {
    fn new(base: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sysfs = Self { folder };
        fs::create_dir_all(sysfs.vf("")).unwrap();
        fs::create_dir_all(sysfs.driver()).unwrap();
        fs::write(
            sysfs.vf("resource"),
            format!("{base} 0x0 0x14220c\n0x0 0x0 0x0\n"),
        )
        .unwrap();
        fs::write(sysfs.vf("config"), [0xff; 64]).unwrap();
        symlink("../0000:01:00.0", sysfs.vf("physfn")).unwrap();
        fs::create_dir(sysfs.vf("../0000:01:00.0")).unwrap();
        sysfs
    }

    fn vf(&self, name: &str) -> PathBuf {
        self.folder.path().join("bus/pci/devices").join(VF).join(name)
    }

    fn driver(&self) -> PathBuf {
        self.folder.path().join("bus/pci/drivers/mlx5_core")
    }

    fn run(&self) -> Output {
        let mut script = Command::new("sh");
        script.arg(SCRIPT).arg(VF).env("SYSFS", self.folder.path());
        script.output().unwrap()
    }

    fn bound(&self) -> Option<String> {
        fs::read_to_string(self.driver().join("bind")).ok()
    }
}

#[test]
fn a_vf_gets_its_bar_its_command_register_and_its_driver() {
    for (base, bar) in [
        ("0x00000000fdc00000", [0x0c, 0, 0xc0, 0xfd, 0, 0, 0, 0]),
        ("0x0000008000400000", [0x0c, 0, 0x40, 0, 0x80, 0, 0, 0]),
        ("0x000000380a2c0000", [0x0c, 0, 0x2c, 0x0a, 0x38, 0, 0, 0]),
    ] {
        let sysfs = Sysfs::new(base);
        let ran = sysfs.run();
        assert!(ran.status.success() && ran.stderr.is_empty(), "{ran:?}");
        let mut expected = [0xff; 64];
        expected[0x10..0x18].copy_from_slice(&bar);
        expected[4..6].copy_from_slice(&[6, 0]);
        assert_eq!(fs::read(sysfs.vf("config")).unwrap(), expected);
        assert_eq!(
            fs::read_to_string(sysfs.vf("driver_override")).unwrap(),
            "mlx5_core\n"
        );
        assert_eq!(sysfs.bound().as_deref(), Some("0000:01:01.3\n"));
    }
}

#[test]
fn a_vf_with_a_driver_and_one_without_a_place_are_left_alone() {
    let sysfs = Sysfs::new("0x00000000fdc00000");
    symlink("/", sysfs.vf("driver")).unwrap();
    assert!(sysfs.run().status.success());
    assert_eq!(
        (sysfs.bound(), fs::read(sysfs.vf("config")).unwrap()),
        (None, vec![0xff; 64])
    );
    let sysfs = Sysfs::new("0x0000000000000000");
    let ran = sysfs.run();
    assert_eq!((ran.status.code(), sysfs.bound()), (Some(1), None));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("0000:01:01.3: the kernel has no place"));
}
