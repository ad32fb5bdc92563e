//! A PCI function and its socket.

use device_pci::{Layout, Topology};
use prm::Function;
use std::path::PathBuf;

/// A PCI function and its socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The function.
    pub function: Function,
    /// The socket that its client connects to.
    pub socket: PathBuf,
    /// Device and function number on the bus as PCI packs them (device in bits 7:3, function in bits 2:0): 0 for the function
    /// under test, n for its n-th VF, as SR-IOV's offset and stride tell the guest. In the flat layout it is the place, and
    /// whoever plugs the function in may choose another address.
    pub devfn: u8,
}

/// The name of the socket at a place, without its folder.
pub(crate) fn socket_name(topology: &Topology, place: usize) -> String {
    match topology.function_at(place) {
        Some(function) if topology.layout() == Layout::Sriov => format!("{function}.sock"),
        _ => format!("f{place}.sock"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use emulator::Silicon;

    #[test]
    fn a_socket_has_the_name_of_its_function_or_of_its_place() {
        let names = |layout| {
            let device = serde_json::json!({ "kind": "ecpf", "vhca_id": 2, "page_mode": "vhca_id",
                "external_host": { "pf_vhca_id": 0 }, "ec_vfs": { "total": 1, "first_vhca_id": 64 } });
            let config = serde_json::from_value(device).expect("a device");
            let silicon = Silicon::new(config, 1).expect("a good device");
            let topology = Topology::of(&silicon, layout).expect("it fits");
            [0, 1, 2].map(|place| socket_name(&topology, place))
        };
        assert_eq!(names(Layout::Sriov)[..2], ["ecpf.sock", "ec_vf1.sock"]);
        let flat = Layout::Flat {
            virtual_functions: 2,
            sf_windows: 0,
        };
        assert_eq!(names(flat), ["f0.sock", "f1.sock", "f2.sock"]);
    }
}
