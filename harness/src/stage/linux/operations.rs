//! Host operations of a run: the guest's orders for each, which still run, what they returned.

mod auxiliary;
mod recovery;

use super::guest::{DRIVER, Guest, GuestError};
use crate::scenario::{FunctionOperation, HostStep};
use crate::stage::operations::{Operation, Operations};
use driver::{Errno, HostOperation};
use guest_protocol::{Answer, Devlink, Order, Outcome};
use prm::{Cycles, Function};
use std::collections::BTreeMap;

/// Makes the kernel look for functions that are not on its bus.
const RESCAN: &str = "/sys/bus/pci/rescan";

/// What an operation does to the driver of the function under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Binding {
    Load,
    Unload,
    Reload,
    /// Unloaded and loaded again, whatever came of it.
    Sleep,
    /// Unloaded and loaded again, or left as it was.
    Activation,
}

/// What this stage knows of an operation.
#[derive(Clone, Debug)]
pub struct GuestOperation {
    /// The guest's number of it.
    id: u32,
    /// What it does to the driver of the main function.
    binding: Option<Binding>,
    /// That driver was loaded when it was started.
    was_loaded: bool,
    /// The scalable function that it adds.
    adds: Option<u16>,
}

/// Every operation of a run, and what has become of the driver by them.
#[derive(Clone, Debug, Default)]
pub(super) struct GuestOperations {
    /// The operations.
    pub(super) all: Operations<GuestOperation>,
    bound: bool,
    loaded: bool,
    /// Devlink ports of scalable functions.
    ports: BTreeMap<u16, u32>,
    /// The function under test was taken off its bus.
    is_removed: bool,
    /// The kernel was made to recover from an error of the bus: it may have closed the way to the functions for good.
    has_recovered: bool,
    /// The last operation activated a scalable function, whose device nobody should probe.
    sf_stays_unbound: bool,
}

impl GuestOperations {
    /// Starts the operation of a host step (any but `wait_for`); returns its number.
    pub(super) fn start(
        &mut self,
        guest: &mut Guest,
        step: &HostStep,
        name: Option<String>,
    ) -> Result<usize, GuestError> {
        let activates = matches!(step, HostStep::Operation(HostOperation::ActivateSf(_)));
        if activates != self.sf_stays_unbound {
            auxiliary::set_autoprobe(guest, !activates)?;
            self.sf_stays_unbound = activates;
        }
        match step {
            HostStep::Operation(HostOperation::Remove) => self.is_removed = true,
            HostStep::Operation(HostOperation::Rescan) => self.is_removed = false,
            HostStep::Operation(HostOperation::PciError(_)) => self.has_recovered = true,
            _ => {}
        }
        let order = self.order(guest, step)?;
        let binding = match step {
            HostStep::Operation(HostOperation::Load) => Some(Binding::Load),
            HostStep::Operation(HostOperation::Unload | HostOperation::Remove) => Some(Binding::Unload),
            HostStep::Operation(HostOperation::Reload) => Some(Binding::Reload),
            HostStep::Operation(HostOperation::SuspendResume) => Some(Binding::Sleep),
            HostStep::Operation(HostOperation::ActivateFirmware) => Some(Binding::Activation),
            _ => None,
        };
        // From the first moment of an unload on there may be no counters.
        let was_loaded = self.loaded;
        self.loaded &= binding.is_none();
        let began = guest.now();
        let id = guest.start(order)?;
        if let HostStep::Operation(HostOperation::PciError(error)) = step {
            recovery::begin(guest, *error)?;
        }
        Ok(self.all.add(Operation {
            kind: "host",
            name,
            began,
            end: None,
            own: GuestOperation {
                id,
                binding,
                was_loaded,
                adds: match step {
                    HostStep::Operation(HostOperation::AddSf(number) | HostOperation::AddHostSf(number)) => {
                        Some(*number)
                    }
                    _ => None,
                },
            },
        }))
    }

    /// Starts something that does nothing to what is bound; returns its number.
    pub(super) fn start_order(
        &mut self,
        guest: &mut Guest,
        order: Order,
        name: Option<String>,
    ) -> Result<usize, GuestError> {
        let began = guest.now();
        let own = GuestOperation {
            id: guest.start(order)?,
            binding: None,
            was_loaded: self.loaded,
            adds: None,
        };
        Ok(self.all.add(Operation {
            kind: "host",
            name,
            began,
            end: None,
            own,
        }))
    }

    /// Another kernel has followed: of the last one's operations nothing is left. Returns the number of that.
    pub(super) fn succeed(&mut self, began: Cycles, ended: Cycles, name: Option<String>) -> usize {
        self.bound = false;
        self.loaded = false;
        self.ports.clear();
        self.sf_stays_unbound = false;
        let own = GuestOperation {
            id: u32::MAX,
            binding: None,
            was_loaded: false,
            adds: None,
        };
        self.all.add(Operation {
            kind: "host",
            name,
            began,
            end: Some((ended, 0)),
            own,
        })
    }

    fn order(&self, guest: &mut Guest, step: &HostStep) -> Result<Order, GuestError> {
        let device = guest.address_under_test();
        let port = |number: &u16| self.ports.get(number).copied().unwrap_or(u32::MAX);
        let vfs = |number: i32| Order::WriteFile {
            path: format!("/sys/bus/pci/devices/{device}/sriov_numvfs"),
            text: number.to_string(),
        };
        Ok(match step {
            HostStep::Operation(HostOperation::Load) => Order::Bind {
                driver: DRIVER.to_owned(),
                device,
            },
            HostStep::Operation(HostOperation::Unload) => Order::Unbind { device },
            HostStep::Operation(HostOperation::Reload) => Order::Devlink(Devlink::Reload { device }),
            HostStep::Operation(HostOperation::ActivateFirmware) => {
                Order::Devlink(Devlink::ActivateFirmware { device })
            }
            HostStep::Operation(HostOperation::SuspendResume) => {
                // The kernel suspends its devices and resumes them at once, without sending the machine to sleep.
                guest.write("/sys/power/pm_test", "devices")?;
                guest.write("/sys/module/suspend/parameters/pm_test_delay", "0")?;
                Order::WriteFile {
                    path: "/sys/power/state".to_owned(),
                    text: "freeze".to_owned(),
                }
            }
            HostStep::Operation(HostOperation::EnableVfs(number)) => vfs(*number),
            HostStep::Operation(HostOperation::DisableVfs) => vfs(0),
            HostStep::Flr(function) => {
                let device = if *function == guest.silicon().main_function() {
                    device
                } else {
                    guest.address(*function).unwrap_or_default()
                };
                Order::WriteFile {
                    path: format!("/sys/bus/pci/devices/{device}/reset"),
                    text: "1".to_owned(),
                }
            }
            HostStep::Operation(HostOperation::Remove) => Order::WriteFile {
                path: format!("/sys/bus/pci/devices/{device}/remove"),
                text: "1".to_owned(),
            },
            HostStep::Operation(HostOperation::Rescan) => Order::WriteFile {
                path: RESCAN.to_owned(),
                text: "1".to_owned(),
            },
            HostStep::Operation(HostOperation::PciError(_)) => recovery::end(),
            HostStep::Operation(HostOperation::SetEswitchMode(mode)) => {
                Order::Devlink(Devlink::EswitchMode { device, mode: *mode })
            }
            HostStep::Operation(HostOperation::AddSf(number)) => add_sf(device, 0, *number),
            HostStep::Operation(HostOperation::AddHostSf(number)) => add_sf(device, 1, *number),
            HostStep::Operation(HostOperation::ActivateSf(number)) => Order::Devlink(Devlink::SetPortState {
                device,
                port: port(number),
                active: true,
            }),
            HostStep::Operation(HostOperation::DeactivateSf(number)) => {
                Order::Devlink(Devlink::SetPortState {
                    device,
                    port: port(number),
                    active: false,
                })
            }
            HostStep::Operation(HostOperation::RemoveSf(number)) => Order::Devlink(Devlink::DeletePort {
                device,
                port: port(number),
            }),
            HostStep::Function(function) if matches!(function.which, Function::Sf(_)) => {
                let number = guest.silicon().user_number(function.which);
                match function.operation {
                    FunctionOperation::Load => auxiliary::bind(guest, number)?,
                    FunctionOperation::Unload => auxiliary::unbind(guest, number)?,
                }
            }
            HostStep::Function(function) => {
                let device = guest.address(function.which).unwrap_or_default();
                match function.operation {
                    FunctionOperation::Load => {
                        prepare_vf(guest, function.which, &device)?;
                        Order::Bind {
                            driver: DRIVER.to_owned(),
                            device,
                        }
                    }
                    FunctionOperation::Unload => Order::Unbind { device },
                }
            }
            // Joining is not an operation of the guest's, and what no host can do is none; asking for nothing ends at once.
            HostStep::WaitFor(_)
            | HostStep::Operation(
                HostOperation::Kexec
                | HostOperation::Reboot
                | HostOperation::ResetFunction
                | HostOperation::FreePage(_),
            ) => Order::ReadFiles { paths: Vec::new() },
        })
    }

    /// Notes which operations have ended by now.
    pub(super) fn observe(&mut self, guest: &Guest) {
        for operation in self.all.pending_mut() {
            let Some(reply) = guest.reply(operation.own.id) else {
                continue;
            };
            let returned = match &reply.outcome {
                Outcome::Ok(_) => 0,
                Outcome::Error(refusal) => {
                    tracing::info!(actor = "host", "{refusal}");
                    -refusal.errno
                }
            };
            operation.end = Some((guest.now(), returned));
            match operation.own.binding {
                Some(Binding::Load) => {
                    self.bound |= returned == 0;
                    // A driver that is bound already is not bound again, and stays as it is.
                    let stays = returned == Errno::EBUSY.0 && operation.own.was_loaded;
                    self.loaded = returned == 0 || stays;
                }
                Some(Binding::Unload) => self.bound = false,
                Some(Binding::Reload) => self.loaded = returned == 0,
                // What fails may fail before the driver is touched; what is there to be seen is looked at all the same.
                Some(Binding::Activation) => self.loaded = operation.own.was_loaded && returned == 0,
                Some(Binding::Sleep) => self.loaded = operation.own.was_loaded && returned == 0,
                None => {}
            }
            if let (Some(number), Outcome::Ok(Answer::Port(port))) = (operation.own.adds, &reply.outcome) {
                self.ports.insert(number, *port);
            }
        }
    }

    /// Leaves the bus of the guest as it was found.
    pub(super) fn leave_bus(&mut self, guest: &mut Guest) -> Result<(), GuestError> {
        if std::mem::take(&mut self.sf_stays_unbound) {
            auxiliary::set_autoprobe(guest, true)?;
        }
        if std::mem::take(&mut self.is_removed) {
            guest.write(RESCAN, "1")?;
        }
        Ok(())
    }

    /// Whether what the kernel knows of the bus may be other than before the run.
    pub(super) const fn leaves_marks(&self) -> bool {
        self.has_recovered
    }

    /// Whether the driver of the function under test is loaded, so that it shows its counters.
    pub(super) const fn shows_counters(&self) -> bool {
        self.loaded
    }

    /// Whether the function under test has a driver.
    pub(super) const fn is_bound(&self) -> bool {
        self.bound
    }
}

/// Adds a scalable function for a controller.
fn add_sf(device: String, controller: u32, number: u16) -> Order {
    Order::Devlink(Devlink::AddSf {
        device,
        controller,
        pf_number: 0,
        sf_number: u32::from(number),
    })
}

/// Shows a VF's registers where the kernel looks for them.
///
/// The kernel takes the place of a VF's BAR from the PF's capability and never writes the VF's own BAR register, which is
/// what QEMU maps by; so it is written from user space, with memory decoding on. A PF has a place of its own.
fn prepare_vf(guest: &mut Guest, function: Function, device: &str) -> Result<(), GuestError> {
    if guest.silicon().main_function() == function || function == Function::SecondPf {
        return Ok(());
    }
    let order = Order::ReadFiles {
        paths: vec![format!("/sys/bus/pci/devices/{device}/resource")],
    };
    let Answer::Files(files) = guest.look(order)? else {
        return Ok(());
    };
    let Some(base) = files.first().and_then(Option::as_deref).and_then(first_resource) else {
        return Ok(());
    };
    // Bits of a 64-bit prefetchable memory BAR.
    let bar = (base | 0xc).to_le_bytes().to_vec();
    for (offset, bytes) in [(0x10, bar), (0x04, vec![0x06, 0x00])] {
        let order = Order::WriteConfig {
            device: device.to_owned(),
            offset,
            bytes,
        };
        guest.look(order)?;
    }
    Ok(())
}

/// Where the first line of a `resource` file says that BAR 0 begins.
fn first_resource(text: &str) -> Option<u64> {
    let start = text.lines().next()?.split_whitespace().next()?;
    let start = u64::from_str_radix(start.trim_start_matches("0x"), 16).ok()?;
    (start != 0).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_resource_is_bar_0() {
        let text = "0x0000008000400000 0x00000080007fffff 0x000000000014220c\n0x0 0x0 0x0\n";
        assert_eq!(first_resource(text), Some(0x80_0040_0000));
        assert_eq!(first_resource("0x0000000000000000 0x0 0x0"), None);
    }
}
