//! Which PCI functions a device has, and where their sockets are.

use crate::error::ServeError;
use crate::pci::{BAR0_SIZE, EMBEDDED_PF_DEVICE, MOST_VFS, PF_DEVICE, Role, Shape, VF_DEVICE};
use emulator::{SF_WINDOW_LENGTH, Silicon};
use prm::Function;
use prm::saturated;
use std::path::PathBuf;

/// A PCI function and its socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The function.
    pub function: Function,
    /// The socket that its client connects to.
    pub socket: PathBuf,
    /// Device and function number on the bus as PCI packs them (device in bits 7:3, function in bits 2:0): 0 for the function
    /// under test, n for its n-th VF, as SR-IOV's offset and stride tell the guest.
    pub devfn: u8,
}

/// What of a device a PCI host sees: functions, and how many SF windows lie in BAR 2 of the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topology {
    /// The function under test, then its VFs in the order of their numbers.
    functions: Vec<Function>,
    sfs: u16,
}

impl Topology {
    /// The topology of a piece of silicon.
    ///
    /// # Errors
    /// [`ServeError::TooManyFunctions`] if the bus has no room.
    pub(crate) fn of(silicon: &Silicon) -> Result<Self, ServeError> {
        let on_bus = |function: &Function| !matches!(function, Function::Sf(_));
        let functions: Vec<Function> = silicon.endpoints().into_iter().filter(on_bus).collect();
        let vfs = saturated::<u16>(functions.len().saturating_sub(1));
        if vfs > MOST_VFS {
            return Err(ServeError::TooManyFunctions(vfs));
        }
        let sfs = silicon.config().sfs.max;
        Ok(Self { functions, sfs })
    }

    /// The PCI functions: the one under test, then its VFs.
    pub(crate) fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// Through which PCI function an endpoint reaches its host: an SF through its PF.
    pub(crate) fn carrier(&self, endpoint: Function) -> Option<usize> {
        match endpoint {
            Function::Sf(number) => (number <= self.sfs).then_some(0),
            // INVARIANT: the functions stand in the order of their numbers, so a number is looked up where it is unless the
            // only function is a VF.
            Function::Vf(number) | Function::EcVf(number) => {
                let at = usize::from(number).min(self.functions.len() - 1);
                (self.functions.get(at) == Some(&endpoint)).then_some(at)
            }
            other => (self.functions.first() == Some(&other)).then_some(0),
        }
    }

    /// The SF whose register window an offset of BAR 2 is in, and the offset there, both in bytes.
    pub(crate) fn sf_at(&self, offset: u64) -> Option<(Function, u64)> {
        let index = u16::try_from(offset / SF_WINDOW_LENGTH).ok()?;
        (index < self.sfs).then(|| (Function::Sf(index + 1), offset % SF_WINDOW_LENGTH))
    }

    /// What configuration space says of each function.
    pub(crate) fn shapes(&self) -> Vec<Shape> {
        let is_virtual = |function: &Function| matches!(function, Function::Vf(_) | Function::EcVf(_));
        let lone = self.functions.first().is_some_and(is_virtual);
        let shape = |function: &Function| match function {
            virtual_function if is_virtual(virtual_function) => Shape {
                role: if lone { Role::Lone } else { Role::Virtual },
                device: VF_DEVICE,
                bar2: None,
                total_vfs: 0,
            },
            physical => Shape {
                role: Role::Physical,
                device: if *physical == Function::Ecpf {
                    EMBEDDED_PF_DEVICE
                } else {
                    PF_DEVICE
                },
                bar2: (self.sfs > 0).then(|| (u64::from(self.sfs) * SF_WINDOW_LENGTH).next_power_of_two()),
                total_vfs: u16::try_from(self.functions.len() - 1).unwrap_or(0),
            },
        };
        self.functions.iter().map(shape).collect()
    }

    /// Bytes of memory space that the BARs of all functions take, VFs included.
    pub(crate) fn bar_bytes(&self) -> u64 {
        let bytes = |shape: Shape| BAR0_SIZE + shape.bar2.unwrap_or(0);
        self.shapes().into_iter().map(bytes).sum()
    }

    /// In what another topology differs, in words.
    pub(crate) fn difference(&self, other: &Self) -> Option<&'static str> {
        if self.functions.first() != other.functions.first() {
            Some("the kind of its function")
        } else if self.functions != other.functions {
            Some("its number of virtual functions")
        } else if self.sfs != other.sfs {
            Some("the SF windows in BAR 2")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: serde_json::Value) -> Topology {
        let config = serde_json::from_value(json).expect("a device");
        Topology::of(&Silicon::new(config, 1).expect("a good device")).expect("it fits")
    }

    #[test]
    fn an_endpoint_reaches_its_host_through_its_own_function_and_an_sf_through_its_pf() {
        let pf = of(
            serde_json::json!({ "kind": "pf", "vhca_id": 5, "page_mode": "func_id",
            "vfs": { "total": 2, "first_vhca_id": 16 },
            "sfs": { "max": 2, "base_id": 128, "first_vhca_id": 64 } }),
        );
        let carriers = [
            (Function::Pf, Some(0)),
            (Function::Vf(1), Some(1)),
            (Function::Vf(2), Some(2)),
            (Function::Vf(3), None),
            (Function::EcVf(1), None),
            (Function::Sf(2), Some(0)),
            (Function::Sf(3), None),
            (Function::HostPf, None),
        ];
        for (endpoint, place) in carriers {
            assert_eq!(pf.carrier(endpoint), place, "{endpoint}");
        }
        let lone = of(serde_json::json!({ "kind": "vf", "vhca_id": 5, "page_mode": "func_id" }));
        assert_eq!(lone.carrier(Function::Vf(1)), Some(0));
        assert_eq!(lone.carrier(Function::Vf(2)), None);
        assert_eq!(lone.difference(&pf), Some("the kind of its function"));
    }

    #[test]
    fn an_offset_of_bar_2_is_in_one_window_or_in_none() {
        let pf = of(
            serde_json::json!({ "kind": "pf", "vhca_id": 5, "page_mode": "func_id",
            "sfs": { "max": 3, "base_id": 128, "first_vhca_id": 64 } }),
        );
        assert_eq!(pf.sf_at(0), Some((Function::Sf(1), 0)));
        assert_eq!(pf.sf_at((3 << 20) - 4), Some((Function::Sf(3), 0xf_fffc)));
        assert_eq!(pf.sf_at(3 << 20), None);
        assert_eq!(pf.sf_at(u64::MAX), None);
        assert_eq!(pf.shapes()[0].bar2, Some(4 << 20));
        assert_eq!(pf.bar_bytes(), 8 << 20);
    }

    #[test]
    fn a_vf_is_one_of_its_pf_or_alone_and_every_function_takes_memory() {
        let roles = |topology: &Topology| {
            topology
                .shapes()
                .iter()
                .map(|shape| shape.role)
                .collect::<Vec<_>>()
        };
        let pf = of(
            serde_json::json!({ "kind": "pf", "vhca_id": 5, "page_mode": "func_id",
            "vfs": { "total": 2, "first_vhca_id": 16 } }),
        );
        assert_eq!(roles(&pf), [Role::Physical, Role::Virtual, Role::Virtual]);
        assert_eq!(pf.bar_bytes(), 12 << 20);
        let lone = of(serde_json::json!({ "kind": "vf", "vhca_id": 5, "page_mode": "func_id" }));
        assert_eq!(roles(&lone), [Role::Lone]);
    }
}
