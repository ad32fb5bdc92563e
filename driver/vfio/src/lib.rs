//! The driver's way to a device on the bus of the machine that it runs on, through the kernel's VFIO: a container with a type 1
//! IOMMU (`linux/vfio.h`).
//!
//! | what | where |
//! |---|---|
//! | the functions as one bus, for one run | [`bus`](VfioBus) |
//! | the functions that are open, and what the device reaches, from run to run | [`card`](Card) |
//! | one function with its vectors | `function` |
//! | the address space of the functions | `container` |
//! | registers, interrupts | `device` |
//! | when a function is reset, and when not | `reset` |
//! | MSI-X vectors as eventfds | `vectors` |
//! | memory that the device can be let reach | `window` |
//! | system calls | `calls` |
//! | where a function is | [`address`](PciAddress) |
//!
//! `calls` is the only code of the project that the compiler does not check for memory safety.

mod address;
mod bus;
mod calls;
mod card;
mod container;
mod device;
mod error;
mod function;
mod reset;
mod vectors;
mod window;

pub use address::{PciAddress, UnknownAddress};
pub use bus::{Seats, VfioBus};
pub use card::Card;
pub use error::VfioError;
