//! The PCI functions of a device: configuration space, as QEMU and a guest's kernel walk it (PCI Express Base Specification,
//! chapter "Software Initialization and Configuration"), and the register windows behind the BARs. There are no sockets here and
//! no hosts: [`emulator`] has the firmware, `device-server` puts the functions behind sockets, `embedding` behind the bus of a
//! virtual machine monitor.
//!
//! | where | what |
//! |---|---|
//! | [`Topology`], [`Layout`] | which functions a device has, and in which order |
//! | [`PciFunctions`] | all of them: which answer, and what an access means |
//! | [`PciFunction`] | one: what it shows and when, and what a write brings about |
//! | [`Bar`], [`Window`], [`register_window`] | the BARs, where they lie in memory space, their registers as bytes |
//! | [`MsixTable`] | the MSI-X table, where no QEMU answers for it |
//! | `role` | what a function is to the others |
//! | `header` | identity, command register, BARs |
//! | `capability` | power management, MSI-X, PCI Express, the vendor's |
//! | `sriov`, `ari` | the extended capabilities |
//! | `space` | 4096 bytes, and which of their bits can be written |

mod ari;
mod bar;
mod capability;
mod function;
mod functions;
mod header;
mod layout;
mod msix;
pub mod register_window;
mod role;
mod space;
mod sriov;
mod topology;
mod vpd;
mod window;

pub use bar::Bar;
pub use capability::{
    MSIX_PENDING, MSIX_PENDING_LENGTH, MSIX_TABLE, MSIX_TABLE_LENGTH, MSIX_VECTORS, MsixControl,
};
pub use function::{Effect, PciFunction, Shape};
pub use functions::{PHYSICAL, PciFunctions};
pub use header::BAR0_SIZE;
pub use layout::Layout;
pub use msix::{MsiMessage, MsixTable};
pub use role::Role;
pub use space::{LENGTH as CONFIG_LENGTH, words};
pub use sriov::MOST_VFS;
pub use topology::{TooManyFunctions, Topology};
pub use window::Window;
