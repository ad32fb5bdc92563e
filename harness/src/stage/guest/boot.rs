//! A guest is booted with the functions of a server: VFIO has them, and our driver's program serves orders.

use super::booted::{BootedGuest, Sockets, runtime};
use super::error::GuestError;
use super::line_port::LinePort;
use emulator::SF_WINDOW_LENGTH;
use files::Scratch;
use guest::image::DRIVER_PATH;
use guest::kit::Kit;
use guest::machine::driver_machine::address;
use guest::machine::{Accelerator, Console, DriverMachine, VirtioPort};
use guest_protocol::{Answer, Order};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// Memory of a guest in MiB. The largest request of a scenario is for 235 MiB of pages, and each page that a program has
/// pinned for a device takes some more.
const MEMORY_MIB: u32 = 1024;

/// What of it our driver shares with the device, in bytes.
const WINDOW_BYTES: u64 = 384 << 20;

/// The driver that hands functions to programs.
const VFIO: &str = "vfio-pci";

/// What a boot needs.
pub(super) struct Boot<'a> {
    /// QEMU and kernel.
    pub(super) kit: &'a Kit,
    /// The initramfs with our driver's program.
    pub(super) initrd: &'a Path,
    /// The folder of the server's sockets, `f0.sock` and so on, with its control socket.
    pub(super) server: &'a Path,
    /// How many functions are plugged in.
    pub(super) functions: u8,
    /// Readable once the user has asked for the end.
    pub(super) interrupt: Option<OwnedFd>,
}

/// Boots, hands every function to VFIO and starts our driver's program.
///
/// # Errors
/// See [`GuestError`].
pub(super) fn boot(boot: Boot<'_>) -> Result<BootedGuest, GuestError> {
    let folder = Scratch::new().map_err(GuestError::io("a folder for the guest's sockets"))?;
    let agent_socket = folder.path().join("agent.sock");
    let orders_socket = folder.path().join("orders.sock");
    let runtime = runtime()?;
    let sockets = {
        let _within = runtime.enter();
        Sockets {
            agent: LinePort::listen("the guest's second serial port", &agent_socket)?,
            orders: LinePort::listen("the port of our driver's program", &orders_socket)?,
        }
    };
    let functions: Vec<PathBuf> = (0..boot.functions)
        .map(|place| boot.server.join(format!("f{place}.sock")))
        .collect();
    let ports = [
        VirtioPort {
            name: "orders",
            socket: orders_socket,
        },
        // Straight to the server: the device's clock is asked some hundred times for each step.
        VirtioPort {
            name: "time",
            socket: boot.server.join("control.sock"),
        },
    ];
    let command = DriverMachine {
        functions: &functions,
        ports: &ports,
        accelerator: Accelerator::of_this_machine(),
        initrd: boot.initrd,
        append: "quiet loglevel=1",
        memory_mib: MEMORY_MIB,
        console: Console::File(folder.path().join("console.log")),
        agent: Some(&agent_socket),
    }
    .command(boot.kit);
    let mut guest = BootedGuest::start(runtime, command, sockets, boot.interrupt, folder)?;
    for name in guest.wait_ready()? {
        let parameters = String::new();
        guest.must(Order::InsertModule { name, parameters })?;
    }
    for place in 0..boot.functions {
        hand_over(&mut guest, &address(place))?;
    }
    log_functions(&mut guest)?;
    let numbers = [SF_WINDOW_LENGTH, WINDOW_BYTES].map(|number| number.to_string());
    let addresses = (0..boot.functions).map(address);
    guest.send(Order::Run {
        program: DRIVER_PATH.to_owned(),
        arguments: numbers.into_iter().chain(addresses).collect(),
    })?;
    Ok(guest)
}

/// Hands a function to VFIO.
fn hand_over(guest: &mut BootedGuest, device: &str) -> Result<(), GuestError> {
    guest.must(Order::WriteFile {
        path: format!("/sys/bus/pci/devices/{device}/driver_override"),
        text: VFIO.to_owned(),
    })?;
    guest.must(Order::Bind {
        driver: VFIO.to_owned(),
        device: device.to_owned(),
    })?;
    Ok(())
}

/// What the guest has on its bus, into the log.
fn log_functions(guest: &mut BootedGuest) -> Result<(), GuestError> {
    if let Answer::PciDevices(devices) = guest.must(Order::PciDevices)? {
        for device in devices {
            tracing::info!(
                actor = "guest",
                "{} {:04x}:{:04x} class {:06x}, driver {}",
                device.address,
                device.vendor,
                device.device,
                device.class,
                device.driver.as_deref().unwrap_or("none")
            );
        }
    }
    Ok(())
}
