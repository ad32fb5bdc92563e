//! A served device and its control socket, in one loop.

use crate::control::ControlServer;
use crate::control::guest::{GuestAnswer, GuestCall, GuestFailure, Ticket};
use crate::options::ClockKind;
use crate::poller::{Called, Watch};
use crate::server::DeviceServer;
use emulator::Record;
use prm::Cycles;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;

/// See the module's head. Its sockets are gone when this is dropped.
#[derive(Debug)]
pub struct Service {
    device: DeviceServer,
    control: Option<(ControlServer, Watch)>,
}

impl Service {
    /// Joins a device and its control socket.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(mut device: DeviceServer, control: Option<ControlServer>) -> io::Result<Self> {
        let is_virtual = device.has_virtual_clock();
        let watched = control.map(|mut control| {
            if is_virtual {
                control.keep_account();
            }
            device.watch(&control).map(|watch| (control, watch))
        });
        Ok(Self {
            control: watched.transpose()?,
            device,
        })
    }

    /// The device.
    #[must_use]
    pub const fn device(&self) -> &DeviceServer {
        &self.device
    }

    /// Where orders are taken.
    #[must_use]
    pub fn control_path(&self) -> Option<&Path> {
        self.control.as_ref().map(|(control, _)| control.path())
    }

    /// Whether a control client has ordered the end.
    #[must_use]
    pub fn is_told_to_end(&self) -> bool {
        self.control.as_ref().is_some_and(|(control, _)| control.ends())
    }

    /// See [`ControlServer::offer_guest`].
    pub fn offer_guest(&mut self) {
        if let Some((control, _)) = &mut self.control {
            control.offer_guest();
        }
    }

    /// See [`ControlServer::take_guest_calls`].
    #[must_use]
    pub fn take_guest_calls(&mut self) -> Vec<GuestCall> {
        let control = self.control.as_mut();
        control.map_or_else(Vec::new, |(control, _)| control.take_guest_calls())
    }

    /// See [`ControlServer::answer_guest`].
    pub fn answer_guest(&mut self, ticket: Ticket, answer: Result<GuestAnswer, GuestFailure>) {
        if let Some((control, _)) = &mut self.control {
            control.answer_guest(ticket, answer);
        }
    }

    /// See [`DeviceServer::watch`].
    ///
    /// # Errors
    /// See there.
    pub fn watch(&mut self, fd: impl AsFd) -> io::Result<Watch> {
        self.device.watch(fd)
    }

    /// See [`DeviceServer::unwatch`].
    pub fn unwatch(&mut self, watch: Watch) {
        self.device.unwatch(watch);
    }

    /// Waits until something happens or the time is over (`None`: however long it takes), and serves all of it, the control
    /// clients last; tells which of the caller's descriptors are readable. `hand_out` gets the records, if there are any.
    ///
    /// # Errors
    /// What the system says of the wait, or what `hand_out` says.
    pub fn turn<E: From<io::Error>>(
        &mut self,
        at_most: Option<Duration>,
        mut hand_out: impl FnMut(&[Record]) -> Result<(), E>,
    ) -> Result<Called, E> {
        let Self { device, control } = self;
        let deadline = control.as_ref().and_then(|(control, _)| control.next_deadline());
        // A virtual clock does not come to a deadline while this waits.
        let deadline = deadline.filter(|_| device.clock() == ClockKind::Wall);
        let until_deadline = deadline.map(|deadline| until(deadline, device.now()));
        let at_most = [at_most, until_deadline].into_iter().flatten().min();
        let called = device.turn(at_most)?;
        let records = device.take_records();
        if !records.is_empty() {
            if let Some((control, _)) = control {
                control.publish(&records);
            }
            hand_out(&records)?;
        }
        // Most turns are a driver's register accesses, which nobody at the control socket waits for.
        if let Some((control, watch)) = control
            && (called.has(*watch) || control.has_work())
        {
            let records = control.serve(device)?;
            if !records.is_empty() {
                hand_out(&records)?;
            }
        }
        Ok(called)
    }
}

/// The time from `now` until `then`.
fn until(then: Cycles, now: Cycles) -> Duration {
    Duration::from_nanos(then.0.saturating_sub(now.0))
}
