//! PCI configuration space of the functions, as QEMU and a guest's kernel walk it (PCI Express Base Specification, chapter
//! "Software Initialization and Configuration").
//!
//! | where | what |
//! |---|---|
//! | `space` | 4096 bytes, and which of their bits can be written |
//! | `header` | identity, command register, BARs |
//! | `capability` | power management, MSI-X, PCI Express, the vendor's |
//! | `vpd` | what a PF says of its product |
//! | `sriov`, `ari` | the extended capabilities |
//! | `role` | what a function is to the others |
//! | [`function`] | one function: what it shows and when, and what a write brings about |

mod ari;
mod capability;
pub(crate) mod function;
mod header;
mod role;
mod space;
mod sriov;
mod vpd;

pub(crate) use capability::{MSIX_PENDING, MSIX_PENDING_LENGTH, MSIX_TABLE, MSIX_TABLE_LENGTH, MSIX_VECTORS};
pub(crate) use function::{Effect, PciFunction, Shape};
pub(crate) use header::BAR0_SIZE;
pub(crate) use role::Role;
pub(crate) use space::LENGTH as CONFIG_LENGTH;
pub(crate) use sriov::MOST_VFS;
