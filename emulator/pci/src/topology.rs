//! Which PCI functions a device has, and in which order.

use crate::bar::Bar;
use crate::capability::{MSIX_PENDING, MSIX_PENDING_LENGTH, MSIX_TABLE, MSIX_TABLE_LENGTH};
use crate::function::Shape;
use crate::header::BAR0_SIZE;
use crate::layout::Layout;
use crate::register_window::Place;
use crate::role::Role;
use crate::sriov::MOST_VFS;
use emulator::config::{DeviceKind, Identity};
use emulator::{SF_WINDOW_LENGTH, Silicon};
use prm::{Function, saturated};
use thiserror::Error;

/// VFs follow their PF on its bus, and it has no room for so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0} virtual functions do not fit on the bus of their PF: at most {MOST_VFS}")]
pub struct TooManyFunctions(pub u16);

/// What of a device a PCI host sees: a function at each place, and how many SF windows lie in BAR 2 of the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    layout: Layout,
    /// By place: the function under test, then its VFs in the order of their numbers, then the PF of a second host. Only in a layout with places of its own one
    /// may have none.
    places: Vec<Option<Function>>,
    /// How many SFs there are.
    sfs: u16,
    /// What the device shows of itself.
    identity: Identity,
}

impl Topology {
    /// The topology of a piece of silicon.
    ///
    /// # Errors
    /// [`TooManyFunctions`] if the bus has no room.
    pub fn of(silicon: &Silicon, layout: Layout) -> Result<Self, TooManyFunctions> {
        let on_bus = |function: &Function| !matches!(function, Function::Sf(_));
        let mut functions = silicon.endpoints().into_iter().filter(on_bus);
        let places: Vec<Option<Function>> = match layout {
            Layout::Sriov => functions.map(Some).collect(),
            Layout::Exchangeable {
                virtual_functions, ..
            } => {
                let mut places: Vec<_> = functions.map(Some).collect();
                places.resize(places.len().max(usize::from(virtual_functions) + 1), None);
                places
            }
            Layout::Flat {
                virtual_functions, ..
            } => (0..=virtual_functions).map(|_| functions.next()).collect(),
        };
        let vfs = saturated::<u16>(places.len().saturating_sub(1));
        if vfs > MOST_VFS {
            return Err(TooManyFunctions(vfs));
        }
        let sfs = silicon.config().sfs.max;
        let layout = match layout {
            // What the first device takes is there for the next.
            Layout::Exchangeable { sf_windows, .. } => Layout::Exchangeable {
                virtual_functions: vfs,
                sf_windows: sf_windows.max(sfs),
            },
            other => other,
        };
        // In the flat layout the host has named the functions before it is known which silicon comes.
        let identity = match layout {
            Layout::Flat { .. } => DeviceKind::Pf.identity(None),
            Layout::Sriov | Layout::Exchangeable { .. } => silicon.config().identity(),
        };
        Ok(Self {
            layout,
            places,
            sfs,
            identity,
        })
    }

    /// Which functions hosts see.
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// Whether the functions are ordinary ones, whatever silicon is behind them.
    pub const fn is_flat(&self) -> bool {
        matches!(self.layout, Layout::Flat { .. })
    }

    /// Whether a device with functions of another kind and number may come, within the places that there are.
    pub const fn is_exchangeable(&self) -> bool {
        matches!(self.layout, Layout::Exchangeable { .. })
    }

    /// The function at each place.
    pub fn places(&self) -> &[Option<Function>] {
        &self.places
    }

    /// The function at a place.
    pub fn function_at(&self, place: usize) -> Option<Function> {
        self.places.get(place).copied().flatten()
    }

    /// The place of a function that has one of its own.
    pub fn place_of(&self, function: Function) -> Option<usize> {
        // INVARIANT: VFs stand in the order of their numbers, each at its number, but one that is the function under test.
        let at = match function {
            Function::Vf(number) | Function::EcVf(number) => usize::from(number),
            Function::SecondPf => {
                let mut places = self.places.iter();
                return places.position(|there| *there == Some(function));
            }
            _ => 0,
        };
        [at, 0]
            .into_iter()
            .find(|&place| self.function_at(place) == Some(function))
    }

    /// Through which place an endpoint reaches its host: an SF through its PF.
    pub fn carrier(&self, endpoint: Function) -> Option<usize> {
        match endpoint {
            Function::Sf(number) => (number <= self.sfs).then_some(0),
            other => self.place_of(other),
        }
    }

    /// How many SF windows lie in BAR 2 of the first place.
    const fn windows(&self) -> u16 {
        match self.layout {
            Layout::Sriov => self.sfs,
            Layout::Exchangeable { sf_windows, .. } | Layout::Flat { sf_windows, .. } => sf_windows,
        }
    }

    /// The SF whose register window an offset of BAR 2 is in, and the offset there, both in bytes. In the flat layout there may
    /// be a window of an SF that is not there.
    pub fn sf_at(&self, offset: u64) -> Option<(Function, u64)> {
        let index = u16::try_from(offset / SF_WINDOW_LENGTH).ok()?;
        (index < self.windows()).then(|| (Function::Sf(index + 1), offset % SF_WINDOW_LENGTH))
    }

    /// The register at an offset in bytes of a BAR, of the function at a place. None where the MSI-X table and its pending bits
    /// lie, which somebody else answers for, and behind the last SF.
    #[must_use]
    pub fn locate(&self, place: usize, bar: Bar, offset: u64) -> Place {
        const TABLE_END: u64 = MSIX_TABLE + MSIX_TABLE_LENGTH;
        const PENDING_END: u64 = MSIX_PENDING + MSIX_PENDING_LENGTH;
        let (endpoint, register) = match bar {
            Bar::Own => match offset {
                MSIX_TABLE..TABLE_END | MSIX_PENDING..PENDING_END => return None,
                _ => (self.function_at(place)?, offset),
            },
            Bar::Scalable => self.sf_at(offset)?,
        };
        Some((endpoint, u32::try_from(register).ok()?))
    }

    /// What configuration space says of each place.
    pub fn shapes(&self) -> Vec<Shape> {
        (0..self.places.len()).map(|place| self.shape(place)).collect()
    }

    fn shape(&self, place: usize) -> Shape {
        let virtual_shape = |role| Shape {
            role,
            identity: self.identity,
            bar2: None,
            total_vfs: 0,
            next_function: 0,
        };
        let physical_shape = |total_vfs| Shape {
            role: Role::Physical,
            identity: self.identity,
            bar2: (self.windows() > 0)
                .then(|| (u64::from(self.windows()) * SF_WINDOW_LENGTH).next_power_of_two()),
            total_vfs,
            next_function: self.place_of(Function::SecondPf).map_or(0, saturated::<u8>),
        };
        // In the flat layout the host has sized and named the functions before it is known which silicon comes.
        if self.is_flat() {
            return match place {
                0 => physical_shape(0),
                _ => virtual_shape(Role::Lone),
            };
        }
        let vfs = self.places.iter().skip(1).flatten();
        let total_vfs = saturated::<u16>(vfs.filter(|&&there| there != Function::SecondPf).count());
        match (self.function_at(place), place) {
            (Some(Function::Vf(_) | Function::EcVf(_)), 0) => virtual_shape(Role::Lone),
            (Some(Function::Vf(_) | Function::EcVf(_)), _) => virtual_shape(Role::Virtual),
            // Another host's; its capabilities are those of a VF, which is what stood at the place when a host looked first.
            (Some(Function::SecondPf), _) => Shape {
                role: Role::Second,
                identity: self.identity,
                bar2: None,
                total_vfs: 0,
                next_function: 0,
            },
            // A place that another device may need.
            (None, _) => virtual_shape(Role::Virtual),
            _ => physical_shape(total_vfs),
        }
    }

    /// Bytes of memory space that the BARs of all functions take, VFs included.
    pub fn bar_bytes(&self) -> u64 {
        let bytes = |shape: Shape| BAR0_SIZE + shape.bar2.unwrap_or(0);
        self.shapes().into_iter().map(bytes).sum()
    }

    /// In what another topology of the same layout differs as hosts see it, in words. In the flat layout they see the same, and in
    /// the exchangeable one they look anew, as far as there is room.
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        if self.is_flat() {
            None
        } else if self.is_exchangeable() {
            if other.places.len() > self.places.len() {
                Some("more virtual functions than there are places")
            } else if other.windows() > self.windows() {
                Some("more SF windows than BAR 2 has")
            } else {
                None
            }
        } else if self.places.first() != other.places.first() {
            Some("the kind of its function")
        } else if self.places != other.places {
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
        laid_out(json, Layout::Sriov)
    }

    fn laid_out(json: serde_json::Value, layout: Layout) -> Topology {
        let config = serde_json::from_value(json).expect("a device");
        Topology::of(&Silicon::new(config, 1).expect("a good device"), layout).expect("it fits")
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
    fn a_second_pf_stands_behind_the_vfs_and_is_none_of_them() {
        let device = serde_json::json!({ "kind": "pf", "vhca_id": 5, "page_mode": "func_id",
            "vfs": { "total": 2, "first_vhca_id": 16 }, "second_pf": { "vhca_id": 6 } });
        let room = Layout::Exchangeable {
            virtual_functions: 4,
            sf_windows: 0,
        };
        for layout in [Layout::Sriov, room] {
            let topology = laid_out(device.clone(), layout);
            assert_eq!(topology.carrier(Function::SecondPf), Some(3));
            let shapes = topology.shapes();
            assert_eq!((shapes[0].total_vfs, shapes[3].total_vfs), (2, 0));
            assert_eq!((shapes[0].next_function, shapes[3].next_function), (3, 0));
            assert_eq!((shapes[3].role, shapes[3].device()), (Role::Second, 0x101b));
        }
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

    #[test]
    fn a_flat_layout_is_the_same_to_its_hosts_whatever_silicon_comes() {
        let layout = Layout::Flat {
            virtual_functions: 2,
            sf_windows: 3,
        };
        let pf = laid_out(
            serde_json::json!({ "kind": "pf", "vhca_id": 5, "page_mode": "func_id",
            "vfs": { "total": 3, "first_vhca_id": 16 },
            "sfs": { "max": 1, "base_id": 128, "first_vhca_id": 64 } }),
            layout,
        );
        let ecpf = laid_out(
            serde_json::json!({ "kind": "ecpf", "vhca_id": 2, "page_mode": "vhca_id",
            "external_host": { "pf_vhca_id": 0 }, "ec_vfs": { "total": 1, "first_vhca_id": 64 } }),
            layout,
        );
        let lone = laid_out(
            serde_json::json!({ "kind": "vf", "vhca_id": 5, "page_mode": "func_id" }),
            layout,
        );
        let all = [Function::Pf, Function::Vf(1), Function::Vf(2)].map(Some);
        assert_eq!(pf.places(), all);
        assert_eq!(
            ecpf.places(),
            [Some(Function::Ecpf), Some(Function::EcVf(1)), None]
        );
        assert_eq!(lone.places(), [Some(Function::Vf(1)), None, None]);
        for topology in [&pf, &ecpf, &lone] {
            assert_eq!(topology.shapes(), pf.shapes());
            assert_eq!(pf.difference(topology), None);
            assert_eq!(topology.sf_at(2 << 20), Some((Function::Sf(3), 0)));
            assert_eq!(topology.sf_at(3 << 20), None);
        }
        assert_eq!(
            (pf.shapes()[0].bar2, pf.shapes()[0].total_vfs),
            (Some(4 << 20), 0)
        );
        assert_eq!(
            (pf.carrier(Function::Vf(3)), pf.carrier(Function::Sf(1))),
            (None, Some(0))
        );
        assert_eq!(
            (pf.carrier(Function::Sf(2)), pf.carrier(Function::Vf(2))),
            (None, Some(2))
        );
        assert_eq!(
            (lone.carrier(Function::Vf(1)), lone.carrier(Function::Vf(2))),
            (Some(0), None)
        );
        assert_eq!(ecpf.place_of(Function::HostPf), None);
    }
}
