//! Virtual functions from their PF's attribute to their drivers.
//!
//! The kernel takes the place of a VF's registers from the PF's SR-IOV capability and never writes the VF's own BAR. QEMU maps a
//! VF that is served to it by that BAR, and so by nothing: a driver that the kernel probes at once finds no device. Here the
//! kernel is kept from probing, the BAR is written, and the driver is bound afterwards.

use super::refusal::{refuse, refused_io};
use super::{files, pci};
use guest_protocol::Refusal;
use rustix::io::Errno;
use std::fs;
use std::io;

/// The attribute of a PF that says how many VFs are enabled.
pub const NUMBER: &str = "sriov_numvfs";
/// Whether the kernel probes drivers for new VFs.
pub const AUTOPROBE: &str = "sriov_drivers_autoprobe";
/// The driver of the VFs.
const DRIVER: &str = "mlx5_core";
/// The attribute that says which driver a function may have. While [`AUTOPROBE`] is 0 the kernel lets a VF have no other.
const OVERRIDE: &str = "driver_override";

/// Offset of the command register, and what is written: memory space and bus mastering on.
const COMMAND: (u32, [u8; 2]) = (0x04, [0x06, 0x00]);
/// Offset of BAR 0.
const BAR0: u32 = 0x10;
/// The lowest bits of a BAR of 64 bits that is prefetchable.
const PREFETCHABLE_64: u64 = 0xc;

/// What became of a VF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualFunction {
    /// From 1.
    pub number: usize,
    /// Its address.
    pub address: String,
    /// Whether it has a driver now.
    pub state: State,
}

/// Whether a VF has a driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// None was to be bound. Its registers are in their place.
    Unbound,
    /// It has one.
    Bound,
    /// It has none, or its registers are not in their place.
    Refused(Refusal),
}

/// Writes `number` into [`NUMBER`] of the PF in `folder`, puts the registers of the VFs in their place, and binds them to
/// mlx5_core if `binds`. Returns what became of each.
///
/// # Errors
/// The number was not taken, or an attribute of the PF cannot be read or written.
pub fn set_number(folder: &str, number: &str, binds: bool) -> Result<Vec<VirtualFunction>, Refusal> {
    set_number_with(folder, number, |vf, address| {
        if binds {
            bind(vf, address)
        } else {
            Ok(State::Unbound)
        }
    })
}

fn set_number_with(
    folder: &str,
    number: &str,
    bind: impl Fn(&str, &str) -> Result<State, Refusal>,
) -> Result<Vec<VirtualFunction>, Refusal> {
    let autoprobe = format!("{folder}/{AUTOPROBE}");
    let probes = files::read(&autoprobe)?.is_some_and(|value| value != "0");
    if probes {
        files::write(&autoprobe, b"0")?;
    }
    let taken = files::write(&format!("{folder}/{NUMBER}"), number.as_bytes());
    if probes {
        files::write(&autoprobe, b"1")?;
    }
    taken?;
    let mut all = Vec::new();
    while let Some(address) = address(folder, all.len())? {
        let vf = format!("{folder}/virtfn{}", all.len());
        all.push(VirtualFunction {
            number: all.len() + 1,
            state: start(&vf, &address, &bind),
            address,
        });
    }
    Ok(all)
}

/// Whether the VF in `folder`, a folder of sysfs, has a driver.
pub fn has_driver(folder: &str) -> bool {
    fs::exists(format!("{folder}/driver")).unwrap_or(false)
}

/// Gives a VF that appeared by itself its registers and its driver.
pub fn attend(folder: &str, address: &str) -> State {
    start(folder, address, &bind)
}

/// Gives the VF in `folder` the driver, whatever the kernel was told of others.
fn bind(folder: &str, address: &str) -> Result<State, Refusal> {
    files::write(&format!("{folder}/{OVERRIDE}"), DRIVER.as_bytes())?;
    pci::bind(DRIVER, address)?;
    Ok(State::Bound)
}

/// The address of the VF with this index; none behind the last one.
pub fn address(folder: &str, index: usize) -> Result<Option<String>, Refusal> {
    let link = format!("{folder}/virtfn{index}");
    match fs::read_link(&link) {
        Ok(target) => Ok(target.file_name().map(|name| name.to_string_lossy().into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refused_io(format!("read {link}"))(error)),
    }
}

/// A VF without a driver: registers in their place, then a driver, if it is to have one.
fn start(vf: &str, address: &str, bind: &impl Fn(&str, &str) -> Result<State, Refusal>) -> State {
    if has_driver(vf) {
        return State::Bound;
    }
    place_registers(vf)
        .and_then(|()| bind(vf, address))
        .unwrap_or_else(State::Refused)
}

/// Writes into the VF's BAR 0 where the kernel has put its registers, and turns memory space on.
fn place_registers(vf: &str) -> Result<(), Refusal> {
    let resource = format!("{vf}/resource");
    let text = files::read(&resource)?.unwrap_or_default();
    let base = first_resource(&text).ok_or_else(|| {
        refuse(
            Errno::NXIO,
            format!("{resource}: the kernel has no place for its registers"),
        )
    })?;
    let config = format!("{vf}/config");
    pci::write_config_file(&config, BAR0, &(base | PREFETCHABLE_64).to_le_bytes())?;
    pci::write_config_file(&config, COMMAND.0, &COMMAND.1)
}

/// Where the first line of a `resource` file says that BAR 0 begins.
fn first_resource(text: &str) -> Option<u64> {
    let start = text.lines().next()?.split_whitespace().next()?;
    let start = u64::from_str_radix(start.strip_prefix("0x")?, 16).ok()?;
    (start != 0).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    const RESOURCE: &str = "0x00000000fdc00000 0x00000000fdffffff 0x000000000014220c\n0x0 0x0 0x0\n";

    /// A PF with two VFs as sysfs shows them; each has 64 bytes of configuration space.
    fn physical_function(resources: [&str; 2], autoprobe: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let pf = folder.path().join("pf");
        fs::create_dir(&pf).expect("a folder");
        fs::write(pf.join(AUTOPROBE), autoprobe).expect("a file");
        fs::write(pf.join(NUMBER), "0").expect("a file");
        for (index, resource) in resources.iter().enumerate() {
            let vf = folder.path().join(format!("0000:01:00.{}", index + 1));
            fs::create_dir(&vf).expect("a folder");
            fs::write(vf.join("resource"), resource).expect("a file");
            fs::write(vf.join("config"), [0; 64]).expect("a file");
            symlink(&vf, pf.join(format!("virtfn{index}"))).expect("a link");
        }
        folder
    }

    fn set(folder: &Path, bind: impl Fn(&str) -> Result<State, Refusal>) -> Vec<State> {
        let pf = folder.join("pf");
        let all = set_number_with(pf.to_str().expect("text"), "2", |_, address| bind(address));
        let all = all.expect("it is taken");
        assert_eq!(fs::read_to_string(pf.join(NUMBER)).expect("a file"), "2");
        all.into_iter().map(|vf| vf.state).collect()
    }

    #[test]
    fn registers_are_in_their_place_before_a_driver_is_bound_and_what_the_kernel_may_probe_stays() {
        let folder = physical_function([RESOURCE; 2], "1\n");
        let autoprobe = folder.path().join("pf").join(AUTOPROBE);
        let bound = RefCell::new(Vec::new());
        let states = set(folder.path(), |address| {
            let config = fs::read(folder.path().join(address).join("config")).expect("a file");
            assert_eq!(config[0x10..0x18], [0x0c, 0, 0xc0, 0xfd, 0, 0, 0, 0]);
            assert_eq!(config[4..6], [6, 0]);
            assert_eq!(fs::read(&autoprobe).expect("a file")[0], b'1', "as before");
            bound.borrow_mut().push(address.to_owned());
            Ok(State::Bound)
        });
        assert_eq!(states, [State::Bound, State::Bound]);
        assert_eq!(bound.into_inner(), ["0000:01:00.1", "0000:01:00.2"]);
    }

    #[test]
    fn who_wants_no_driver_gets_none() {
        let folder = physical_function([RESOURCE; 2], "0\n");
        let states = set(folder.path(), |_| Ok(State::Unbound));
        assert_eq!(states, [State::Unbound, State::Unbound]);
        let config = fs::read(folder.path().join("0000:01:00.2/config")).expect("a file");
        assert_eq!(config[0x12..0x14], [0xc0, 0xfd]);
        assert_eq!(
            fs::read(folder.path().join("pf").join(AUTOPROBE)).expect("a file"),
            b"0\n"
        );
    }

    #[test]
    fn the_driver_is_chosen_before_it_is_bound() {
        let folder = physical_function([RESOURCE; 2], "0\n");
        let vf = folder.path().join("0000:01:00.1");
        fs::write(vf.join(OVERRIDE), "").expect("a file");
        // There is no such function where this runs.
        let state = attend(vf.to_str().expect("text"), "ffff:01:00.1");
        assert!(matches!(state, State::Refused(_)), "{state:?}");
        assert_eq!(fs::read_to_string(vf.join(OVERRIDE)).expect("a file"), DRIVER);
    }

    #[test]
    fn what_fails_is_told_of_each_and_a_vf_with_a_driver_is_left_alone() {
        let folder = physical_function(["0x0000000000000000 0x0 0x0", RESOURCE], "1\n");
        let states = set(folder.path(), |_| Err(refuse(Errno::NODEV, "bind")));
        let errnos = states.map_errnos();
        assert_eq!(errnos, [Some(6), Some(19)]);
        symlink("/", folder.path().join("0000:01:00.1/driver")).expect("a link");
        let states = set(folder.path(), |_| Err(refuse(Errno::NODEV, "bind")));
        assert_eq!(states.map_errnos(), [None, Some(19)]);
    }

    #[test]
    fn a_number_that_is_not_taken_is_refused_and_a_function_without_vfs_has_no_such_attribute() {
        let folder = physical_function([RESOURCE; 2], "1\n");
        let pf = folder.path().join("pf");
        fs::remove_file(pf.join(NUMBER)).expect("it is there");
        let refused = set_number_with(pf.to_str().expect("text"), "2", |_, _| Ok(State::Unbound));
        let refused = refused.expect_err("refused");
        assert_eq!(refused.errno, 2);
        assert_eq!(
            fs::read(pf.join(AUTOPROBE)).expect("a file")[0],
            b'1',
            "as before"
        );
        assert_eq!(set_number("/proc/self", "2", true).expect_err("refused").errno, 2);
    }

    trait Errnos {
        fn map_errnos(&self) -> Vec<Option<i32>>;
    }

    impl Errnos for Vec<State> {
        fn map_errnos(&self) -> Vec<Option<i32>> {
            let errno = |state: &State| match state {
                State::Refused(refusal) => Some(refusal.errno),
                State::Bound | State::Unbound => None,
            };
            self.iter().map(errno).collect()
        }
    }
}
