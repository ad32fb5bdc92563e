//! A device behind a server's sockets, as the machine of a world.

use super::control::{ControlPort, SharedControl};
use super::server::Time;
use driver_host::World;
use driver_host::remote::{RemoteMachine, Seat, TimePort};
use driver_socket::{Clock, SocketBus, WallPort};
use emulator::{SF_WINDOW_LENGTH, Silicon};
use prm::link::{BusError, TimeAnswer, TimeOrder};
use std::io;
use std::path::Path;

/// Our driver in this process, the device behind sockets.
pub type SocketWorld = World<SocketMachine>;

/// A machine whose device is behind sockets.
pub type SocketMachine = RemoteMachine<SocketBus, DevicePort>;

/// The device's clock.
pub enum DevicePort {
    /// It stands until it is moved.
    Still(ControlPort),
    /// It is the wall's.
    Wall(WallPort<ControlPort>),
}

impl TimePort for DevicePort {
    fn ask(&mut self, order: &TimeOrder) -> Result<TimeAnswer, BusError> {
        match self {
            Self::Still(port) => port.ask(order),
            Self::Wall(port) => port.ask(order),
        }
    }

    fn trouble(&self) -> Option<String> {
        match self {
            Self::Still(port) => port.trouble(),
            Self::Wall(port) => port.trouble(),
        }
    }
}

/// A machine on the sockets in `folder`, with pages of `page_bytes`. `like` is a device as the one that is there: which
/// functions it has is asked of it, and nothing else.
///
/// # Errors
/// Where this process has no memory to share.
pub fn machine(
    folder: &Path,
    control: &SharedControl,
    like: &Silicon,
    page_bytes: u64,
    time: Time,
) -> io::Result<SocketMachine> {
    let main = like.main_function();
    let seats = Seat::all(&like.endpoints(), main, SF_WINDOW_LENGTH);
    let clock = match time {
        Time::Virtual => Clock::Still,
        Time::Wall => Clock::Wall,
    };
    let bus = SocketBus::new(folder.to_owned(), seats, clock)?;
    let port = match time {
        Time::Virtual => DevicePort::Still(control.port()),
        Time::Wall => DevicePort::Wall(WallPort::new(control.port(), bus.vectors())),
    };
    RemoteMachine::new(bus, port, page_bytes).map_err(io::Error::other)
}
