//! Another device behind the same sockets.

use super::{Guest, GuestError};
use crate::stage::linux::probes::Seen;
use crate::stage::linux::profile::Profile;
use device_server::DeviceServer;
use emulator::config::DeviceConfig;
use guest::machine::{PORT_ADDRESS, PluggedFunction};
use prm::Function;
use std::collections::BTreeMap;

impl Guest {
    /// Whether there is room for the functions of a device.
    #[must_use]
    pub fn has_room_for(&self, device: &DeviceConfig) -> bool {
        self.room.holds(Profile::of(device))
    }

    /// Another device behind the same sockets, for a guest whose driver is not bound. Where its functions are others, the kernel
    /// forgets those that it has seen and looks anew.
    ///
    /// # Errors
    /// [`GuestError::Serve`], and what comes of looking.
    pub fn replace_device(&mut self, device: &DeviceConfig, seed: u64) -> Result<(), GuestError> {
        let profile = Profile::of(device);
        let looks_anew = !self.profile.looks_like(profile);
        if looks_anew {
            let main = self.address_under_test();
            self.write(&format!("/sys/bus/pci/devices/{main}/remove"), "1")?;
        }
        self.server.replace_silicon(device.clone(), seed)?;
        self.functions = functions(&self.server);
        self.profile = profile;
        if looks_anew {
            self.write(&format!("/sys/bus/pci/devices/{PORT_ADDRESS}/rescan"), "1")?;
        }
        self.seen = Seen::default();
        drop(self.server.take_records());
        self.commands.clear();
        Ok(())
    }
}

/// The functions of the device that is served, and how they are plugged in.
pub(super) fn functions(server: &DeviceServer) -> BTreeMap<Function, PluggedFunction> {
    let slots = server.slots().into_iter();
    slots
        .map(|slot| {
            let plugged = PluggedFunction {
                socket: slot.socket,
                devfn: slot.devfn,
            };
            (slot.function, plugged)
        })
        .collect()
}
