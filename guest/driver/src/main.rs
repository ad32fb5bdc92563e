//! Our driver in a guest: it drives functions through VFIO, and takes orders from a harness.
//!
//! * `arguments` - what it is told when it is started
//! * `port` - lines to the host
//! * `clock` - the device's clock, at a port of its own
//! * `hosted` - a world for each run, on the card that stays

mod arguments;
mod clock;
mod hosted;
mod port;

use arguments::Arguments;
use clock::ControlClock;
use hosted::Hosted;
use port::Port;
use rustix::event::Timespec;
use std::error::Error;
use std::process::ExitCode;

/// How long the device's server may take for an answer. It serves nobody else, but a machine may be busy.
const CLOCK_PATIENCE: Timespec = Timespec {
    tv_sec: 60,
    tv_nsec: 0,
};

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("guest-driver: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Carries out orders for as long as there are any.
fn serve() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let clock = ControlClock::new(Port::open("time", Some(CLOCK_PATIENCE))?);
    let mut orders = Port::open("orders", None)?;
    let mut hosted = Hosted::new(arguments, clock)?;
    loop {
        let order = orders.receive()?;
        orders.send(&hosted.carry_out(order))?;
    }
}
