//! One PCI function as the transport sees it while it processes the messages of that function's client.

use crate::card::Card;
use crate::host_buses::Clients;
use transport::{Device, DeviceInfo, Errno, Host, Server};

/// A PCI function of the card, and the servers of the others.
pub(crate) struct Session<'a> {
    card: &'a mut Card,
    place: usize,
    before: &'a mut [Server],
    after: &'a mut [Server],
}

impl<'a> Session<'a> {
    /// Takes the server of the function at `place` out of all of them. None if there is no such place.
    pub(crate) fn split(
        card: &'a mut Card,
        servers: &'a mut [Server],
        place: usize,
    ) -> Option<(&'a mut Server, Self)> {
        let (before, rest) = servers.split_at_mut_checked(place)?;
        let (server, after) = rest.split_first_mut()?;
        let session = Self {
            card,
            place,
            before,
            after,
        };
        Some((server, session))
    }
}

impl Device for Session<'_> {
    fn info(&self) -> DeviceInfo {
        self.card.info(self.place)
    }

    fn region_read(
        &mut self,
        region: u32,
        offset: u64,
        data: &mut [u8],
        host: &mut dyn Host,
    ) -> Result<(), Errno> {
        let clients = Clients::around(self.before, Some(host), self.after);
        self.card.read(self.place, region, offset, data, clients)
    }

    fn region_write(
        &mut self,
        region: u32,
        offset: u64,
        data: &[u8],
        host: &mut dyn Host,
    ) -> Result<(), Errno> {
        let clients = Clients::around(self.before, Some(host), self.after);
        self.card.write(self.place, region, offset, data, clients)
    }

    fn reset(&mut self, host: &mut dyn Host) {
        let clients = Clients::around(self.before, Some(host), self.after);
        self.card.device_reset(self.place, clients);
    }

    fn disconnected(&mut self) {
        let clients = Clients::around(self.before, None, self.after);
        self.card.power_on(self.place, clients);
    }
}
