//! The guest that an unmodified driver runs in: where its parts come from, how it is built and how it is started.
//!
//! * [`kit`] - QEMU, kernel and modules in a cache folder of the user
//! * [`image`] - the initramfs
//! * [`machine`] - a running QEMU and the program that serves orders in it

pub mod image;
pub mod kit;
pub mod machine;
