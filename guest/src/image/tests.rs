//! Images built from made-up modules, read back by another reader of the format.

mod module_file;

use super::compression::{self, Form, split_name, unpack};
use super::modinfo::{ModuleInfo, of_section};
use super::modules::ModuleFolder;
use super::{AddedFile, DRIVER, INIT, Image, ImageError, ImageOptions, Packing};
use cpio::NewcReader;
use module_file::module_file;
use std::fs;
use std::io::{Cursor, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// One entry as the other reader sees it.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    name: String,
    mode: u32,
    links: u32,
    device: (u32, u32),
    time: u32,
    bytes: Vec<u8>,
}

fn read_back(archive: &[u8]) -> Vec<Seen> {
    let mut rest = Cursor::new(archive);
    let mut entries = Vec::new();
    loop {
        let mut reader = NewcReader::new(rest).expect("an entry");
        let entry = reader.entry();
        if entry.is_trailer() {
            return entries;
        }
        let mut seen = Seen {
            name: entry.name().to_owned(),
            mode: entry.mode(),
            links: entry.nlink(),
            device: (entry.rdev_major(), entry.rdev_minor()),
            time: entry.mtime(),
            bytes: Vec::new(),
        };
        reader.read_to_end(&mut seen.bytes).expect("bytes");
        rest = reader.finish().expect("the next entry");
        entries.push(seen);
    }
}

fn find<'a>(entries: &'a [Seen], name: &str) -> &'a Seen {
    entries
        .iter()
        .find(|entry| entry.name == name)
        .unwrap_or_else(|| panic!("no {name}"))
}

/// A folder of modules; each is a path and what it depends on.
fn kit(modules: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("folder");
    for (path, depends) in modules {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        let name = path
            .file_name()
            .and_then(|name| name.to_str()?.split('.').next())
            .expect("a name")
            .to_owned();
        let info = format!(
            "license=GPL\0depends={depends}\0name={}\0",
            name.replace('-', "_")
        );
        fs::write(&path, module_file(info.as_bytes())).expect("module");
    }
    folder
}

fn plain(modules: &[&str]) -> ImageOptions {
    let modules = modules.iter().map(|name| (*name).to_owned()).collect();
    ImageOptions {
        modules,
        packing: Packing::Plain,
        ..ImageOptions::default()
    }
}

fn mlx5() -> TempDir {
    kit(&[
        ("kernel/drivers/net/mlx5/mlx5_core.ko", "mlxfw,pci-hyperv-intf"),
        ("kernel/drivers/net/mlxfw/mlxfw.ko", ""),
        ("kernel/drivers/pci/pci-hyperv-intf.ko", "mlxfw"),
        ("kernel/other.ko", ""),
    ])
}

fn order(folder: &Path, names: &[&str], instead: &[PathBuf]) -> Result<Vec<String>, ImageError> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let modules = ModuleFolder::read(folder, instead)?.with_dependencies(&names)?;
    Ok(modules.into_iter().map(|module| module.name).collect())
}

#[test]
fn an_image_holds_what_the_guest_needs() {
    let kit = mlx5();
    let image = Image::build(kit.path(), &plain(&["mlx5_core"])).expect("an image");
    assert_eq!(image.modules(), ["mlxfw", "pci_hyperv_intf", "mlx5_core"]);

    let entries = read_back(image.bytes());
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let expected = [
        "bin",
        "dev",
        "dev/console",
        "init",
        "lib",
        "lib/modules",
        "lib/modules/mlx5_core.ko",
        "lib/modules/mlxfw.ko",
        "lib/modules/order",
        "lib/modules/pci_hyperv_intf.ko",
        "proc",
        "root",
        "run",
        "sys",
        "tmp",
    ];
    assert_eq!(names, expected);
    assert!(entries.iter().all(|entry| entry.time == 0));

    let folder = find(&entries, "lib/modules");
    assert_eq!((folder.mode, folder.links), (0o040_755, 2));
    let console = find(&entries, "dev/console");
    assert_eq!((console.mode, console.device), (0o020_600, (5, 1)));
    let init = find(&entries, "init");
    assert_eq!((init.mode, init.links), (0o100_755, 1));
    assert_eq!(init.bytes, INIT);
    assert_eq!(
        find(&entries, "lib/modules/order").bytes,
        b"mlxfw\npci_hyperv_intf\nmlx5_core\n"
    );
    let original = fs::read(kit.path().join("kernel/drivers/net/mlxfw/mlxfw.ko")).expect("module");
    assert_eq!(find(&entries, "lib/modules/mlxfw.ko").bytes, original);
}

#[test]
fn the_guests_programs_are_static() {
    use object::{Object, ObjectSection};
    for bytes in [INIT, DRIVER] {
        let program = object::File::parse(bytes).expect("a program");
        assert_eq!(program.architecture(), object::Architecture::X86_64);
        assert!(program.sections().all(|section| section.name() != Ok(".interp")));
    }
}

#[test]
fn our_driver_comes_with_its_modules_and_with_those_of_virtio_where_they_are_files() {
    let vfio = [
        ("kernel/drivers/vfio/vfio_iommu_type1.ko", "vfio"),
        ("kernel/drivers/vfio/vfio.ko", ""),
        ("kernel/drivers/vfio/pci/vfio-pci.ko", "vfio"),
    ];
    let options = ImageOptions {
        packing: Packing::Plain,
        ..ImageOptions::of_our_driver()
    };
    let image = Image::build(kit(&vfio).path(), &options).expect("an image");
    assert_eq!(image.modules(), ["vfio", "vfio_iommu_type1", "vfio_pci"]);
    let entries = read_back(image.bytes());
    let program = find(&entries, "bin/guest-driver");
    assert_eq!((program.mode, program.bytes.as_slice()), (0o100_755, DRIVER));

    let mut more = vfio.to_vec();
    more.push(("kernel/drivers/char/virtio_console.ko", ""));
    let image = Image::build(kit(&more).path(), &options).expect("an image");
    assert_eq!(image.modules()[0], "virtio_console");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let kit = mlx5();
    for packing in [Packing::Plain, Packing::Gzip] {
        let options = ImageOptions {
            packing,
            ..ImageOptions::default()
        };
        let build = || Image::build(kit.path(), &options).expect("an image");
        assert_eq!(build(), build());
    }
}

#[test]
fn a_packed_image_unpacks_to_the_plain_one() {
    let kit = mlx5();
    let packed = Image::build(kit.path(), &ImageOptions::default()).expect("an image");
    let image = Image::build(kit.path(), &plain(&["mlx5_core"])).expect("an image");
    assert!(packed.bytes().len() < image.bytes().len());
    assert_eq!(unpack(packed.bytes(), Form::Gzip).expect("gzip"), image.bytes());
    let file = kit.path().join("image");
    packed.write(&file).expect("written");
    assert_eq!(fs::read(file).expect("read"), packed.bytes());
}

#[test]
fn files_of_the_user_keep_their_mode() {
    let kit = mlx5();
    let program = kit.path().join("busybox");
    fs::write(&program, b"program").expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("mode");
    let note = kit.path().join("note");
    fs::write(&note, b"note").expect("written");
    let added = |source: &Path, target: &str| AddedFile {
        source: source.to_owned(),
        target: target.to_owned(),
    };
    let mut options = plain(&[]);
    options.files = vec![added(&program, "/bin/busybox"), added(&note, "/etc/deep/note")];
    let entries = read_back(Image::build(kit.path(), &options).expect("an image").bytes());
    assert_eq!(find(&entries, "bin/busybox").mode, 0o100_755);
    assert_eq!(find(&entries, "etc/deep/note").mode, 0o100_644);
    assert_eq!(find(&entries, "etc/deep").mode, 0o040_755);

    for target in ["bin/x", "/", "/a//b", "/a/../b", "/a/"] {
        options.files = vec![added(&note, target)];
        let refused = Image::build(kit.path(), &options);
        assert!(matches!(refused, Err(ImageError::BadTarget { .. })), "{target}");
    }
}

#[test]
fn modinfo_is_read() {
    let info =
        of_section(b"version=1\0\0\0depends=mlxfw,tls,pci-hyperv-intf\0alias=pci:v*\0name=mlx5_core\0x\0");
    let depends = ["mlxfw", "tls", "pci_hyperv_intf"].map(str::to_owned).to_vec();
    assert_eq!(
        info,
        ModuleInfo {
            name: Some("mlx5_core".to_owned()),
            depends
        }
    );
    assert_eq!(of_section(b"depends=\0name=mlxfw\0").depends, [""; 0]);
    assert_eq!(of_section(b""), ModuleInfo::default());
    // A soft dependency is none.
    assert_eq!(of_section(b"softdep=pre: mlx5_ib\0"), ModuleInfo::default());
}

#[test]
fn dependencies_come_first_and_once() {
    let kit = kit(&[
        ("a.ko", "b,c"),
        ("b.ko", "d"),
        ("c.ko", "d,b"),
        ("d.ko", ""),
        ("e-e.ko", ""),
    ]);
    assert_eq!(
        order(kit.path(), &["a"], &[]).expect("modules"),
        ["d", "b", "c", "a"]
    );
    assert_eq!(
        order(kit.path(), &["d", "e_e", "a"], &[]).expect("modules"),
        ["d", "e_e", "b", "c", "a"]
    );
    assert_eq!(order(kit.path(), &["e-e", "e_e"], &[]).expect("modules"), ["e_e"]);
}

#[test]
fn what_is_missing_is_named() {
    let kit = kit(&[("a.ko", "b"), ("x.ko", "y"), ("y.ko", "x")]);
    let words = |names: &[&str]| order(kit.path(), names, &[]).expect_err("refused").to_string();
    assert_eq!(
        words(&["a"]),
        format!("there is no module b in {}; a needs it", kit.path().display())
    );
    assert_eq!(
        words(&["q"]),
        format!("there is no module q in {}", kit.path().display())
    );
    assert_eq!(words(&["x"]), "modules depend on each other: x -> y -> x");
    let nowhere = order(Path::new("/nowhere/at-all"), &["a"], &[])
        .expect_err("refused")
        .to_string();
    assert!(nowhere.starts_with("/nowhere/at-all: "), "{nowhere}");
}

#[test]
fn a_file_of_the_user_stands_in_for_the_kits() {
    let kit = mlx5();
    let own = tempfile::tempdir().expect("folder");
    let path = own.path().join("rebuilt.ko");
    fs::write(&path, module_file(b"name=mlx5_core\0depends=\0")).expect("written");
    assert_eq!(
        order(kit.path(), &["mlx5_core"], std::slice::from_ref(&path)).expect("modules"),
        ["mlx5_core"]
    );

    fs::write(&path, b"no module at all").expect("written");
    let refused = order(kit.path(), &["mlx5_core"], &[path]);
    assert!(matches!(refused, Err(ImageError::NotAModule { .. })));
    let other_name = own.path().join("module.o");
    fs::write(&other_name, b"").expect("written");
    assert!(matches!(
        order(kit.path(), &[], &[other_name]),
        Err(ImageError::NotAModule { .. })
    ));
}

#[test]
fn updates_win() {
    let kit = kit(&[("kernel/a.ko", "b"), ("updates/a.ko", ""), ("kernel/b.ko", "")]);
    assert_eq!(order(kit.path(), &["a"], &[]).expect("modules"), ["a"]);
}

#[test]
fn names_of_module_files_are_taken_apart() {
    assert_eq!(split_name("mlx5_core.ko.xz"), Some(("mlx5_core", Form::Xz)));
    assert_eq!(split_name("mlx5_core.ko.zst"), Some(("mlx5_core", Form::Zstd)));
    assert_eq!(split_name("mlx5_core.ko.gz"), Some(("mlx5_core", Form::Gzip)));
    assert_eq!(split_name("mlx5_core.ko"), Some(("mlx5_core", Form::Plain)));
    assert_eq!(split_name("modules.dep"), None);
}

/// `printf 'a module'` through `xz --check=crc32 -9` and `zstd`.
const XZ: &str = "fd377a585a0000016922de36020021011c00000010cf58cc0100076120\
                  6d6f64756c65005bc1380b00011c0844602ac89042990d010000000001595a";
const ZSTD: &str = "28b52ffd045841000061206d6f64756c65afabf26b";

#[test]
fn modules_are_unpacked_from_every_form() {
    let expected = b"a module";
    assert_eq!(unpack(expected, Form::Plain).expect("plain"), expected);
    assert_eq!(
        unpack(&compression::gzip(expected), Form::Gzip).expect("gzip"),
        expected
    );
    assert_eq!(unpack(&hexadecimal(XZ), Form::Xz).expect("xz"), expected);
    assert_eq!(unpack(&hexadecimal(ZSTD), Form::Zstd).expect("zstd"), expected);
    for form in [Form::Gzip, Form::Xz, Form::Zstd] {
        assert!(unpack(expected, form).is_err(), "{form:?}");
    }
}

fn hexadecimal(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits
        .chunks(2)
        .map(|pair| byte(pair).expect("two digits"))
        .collect()
}
