//! How each order is carried out.
//!
//! * [`modules`], [`files`], [`pci`], [`counters`] - over the kernel's file systems
//! * [`virtual_functions`] - VFs with their drivers, for a person
//! * [`devlink`] - over generic netlink
//! * [`look`] - what it shows at a moment: counters, [`tasks`], [`trace`]
//! * [`program`] - another program of the image

mod counters;
mod devlink;
mod files;
mod look;
mod modules;
mod netlink;
mod pci;
mod program;
mod refusal;
mod tasks;
mod trace;
pub mod virtual_functions;

use guest_protocol::{Answer, Order, Refusal};
use refusal::refuse;
use rustix::io::Errno;

/// Carries out any order but those that need more than the kernel: its log, and the end.
///
/// # Errors
///
/// The kernel refuses.
pub fn carry_out(order: Order) -> Result<Answer, Refusal> {
    match order {
        Order::InsertModule { name, parameters } => modules::insert(&name, &parameters),
        Order::RemoveModule { name } => modules::remove(&name),
        Order::WriteFile { path, text } => files::write(&path, text.as_bytes()),
        Order::ReadFiles { paths } => files::read_all(&paths),
        Order::ListDirectory { path } => files::list(&path),
        Order::WriteConfig {
            device,
            offset,
            bytes,
        } => pci::write_config(&device, offset, &bytes),
        Order::ReadConfig {
            device,
            offset,
            length,
        } => pci::read_config(&device, offset, length),
        Order::Bind { driver, device } => pci::bind(&driver, &device),
        Order::Unbind { device } => pci::unbind(&device),
        Order::Devlink(operation) => devlink::carry_out(&operation),
        Order::PageCounters { device } => counters::read(&device),
        Order::Trace { events } => trace::define(&events),
        Order::Look { device } => look::look(&device),
        Order::AllPageCounters => counters::read_all(),
        Order::PciDevices => pci::devices(),
        Order::Run { program, arguments } => program::run(&program, &arguments),
        Order::KernelLog
        | Order::KernelLogPart { .. }
        | Order::AwaitLine { .. }
        | Order::NextKernel
        | Order::Restart
        | Order::PowerOff => Err(refuse(Errno::NOSYS, "this order is not for here")),
    }
}
