//! The PCI functions of a device: configuration space, as QEMU and a guest's kernel walk it (PCI Express Base Specification, chapter
//! "Software Initialization and Configuration").
//!
//! | where | what |
//! |---|---|
//! | `space` | 4096 bytes, and which of their bits can be written |
//! | `header` | identity, command register, BARs |
//! | `capability` | power management, MSI-X, PCI Express, the vendor's |
//! | `sriov`, `ari` | the extended capabilities |
//! | `role` | what a function is to the others |
//! | `function` | one function: what it shows and when, and what a write brings about |
//! | [`register_window`] | the registers behind a BAR as bytes |

mod ari;
mod capability;
mod function;
mod header;
pub mod register_window;
mod role;
mod space;
mod sriov;

pub use capability::{MSIX_PENDING, MSIX_PENDING_LENGTH, MSIX_TABLE, MSIX_TABLE_LENGTH, MSIX_VECTORS};
pub use function::{Effect, PciFunction, Shape};
pub use header::{BAR0_SIZE, EMBEDDED_PF_DEVICE, PF_DEVICE};
pub use role::Role;
pub use space::LENGTH as CONFIG_LENGTH;
pub use sriov::MOST_VFS;
