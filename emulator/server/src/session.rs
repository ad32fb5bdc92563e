//! One PCI function as the transport sees it while it processes the messages of that function's client.

use crate::card::Card;
use crate::port::OtherPorts;
use transport::{Device, DeviceInfo, Errno, Host};

/// A PCI function of the card, and the ports of the others.
pub(crate) struct Session<'a> {
    /// The card.
    pub(crate) card: &'a mut Card,
    /// The place of the function.
    pub(crate) place: usize,
    /// The other functions.
    pub(crate) others: OtherPorts<'a>,
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
        let clients = self.others.around(Some(host));
        self.card.read(self.place, region, offset, data, clients)
    }

    fn region_write(
        &mut self,
        region: u32,
        offset: u64,
        data: &[u8],
        host: &mut dyn Host,
    ) -> Result<(), Errno> {
        let clients = self.others.around(Some(host));
        self.card.write(self.place, region, offset, data, clients)
    }

    fn reset(&mut self, host: &mut dyn Host) {
        let clients = self.others.around(Some(host));
        self.card.device_reset(self.place, clients);
    }

    fn disconnected(&mut self) {
        let clients = self.others.around(None);
        self.card.power_on(self.place, clients);
    }
}
