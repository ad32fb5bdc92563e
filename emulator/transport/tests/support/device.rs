//! A device whose registers make it do things: DMA, interrupts, failures.

use std::sync::{Arc, Mutex};
use transport::{Delivery, Device, DeviceInfo, DmaError, Errno, Host, IrqInfo, RegionInfo};

/// Reads as [`MAGIC`].
pub const MAGIC_AT: u64 = 0x0;
pub const MAGIC: u32 = 0x51c0_ffee;
/// A DMA address, 8 bytes.
pub const IOVA: u64 = 0x8;
/// Bytes to transfer, 4 bytes.
pub const LENGTH: u64 = 0x10;
/// Writing 1 reads client memory into the buffer, 2 writes the buffer there. Reads as 0 if that worked.
pub const GO: u64 = 0x14;
/// Writing raises this vector of the interrupt index in the upper half.
pub const RAISE: u64 = 0x18;
/// Every access fails with `ENODEV`.
pub const FAILS: u64 = 0x1c;
/// The buffer.
pub const BUFFER: u64 = 0x10_0000;
pub const BUFFER_SIZE: usize = 0x10_0000;
pub const BAR_SIZE: u64 = 0x20_0000;

/// Regions: a BAR, one that may only be read, one that is absent.
pub const READ_ONLY: u32 = 1;
pub const ABSENT: u32 = 2;
/// Interrupt indexes: INTx and 8 vectors.
pub const INTX: u32 = 0;
pub const MSIX: u32 = 2;

#[derive(Debug, Default)]
pub struct Seen {
    pub resets: u32,
    pub last_dma: Option<Result<(), DmaError>>,
    pub last_delivery: Option<Delivery>,
    pub connected: u32,
    pub disconnected: u32,
}

pub type Shared = Arc<Mutex<Seen>>;

pub struct Ports {
    shared: Shared,
    iova: u64,
    length: usize,
    buffer: Vec<u8>,
}

impl Ports {
    pub fn new(shared: Shared) -> Self {
        Self {
            shared,
            iova: 0,
            length: 0,
            buffer: vec![0; BUFFER_SIZE],
        }
    }
}

fn word(data: &[u8]) -> u32 {
    data.first_chunk().map_or(0, |word| u32::from_le_bytes(*word))
}

impl Device for Ports {
    fn info(&self) -> DeviceInfo {
        let mut regions = vec![RegionInfo::default(); 9];
        regions[0] = RegionInfo::read_write(BAR_SIZE);
        regions[READ_ONLY as usize] = RegionInfo { size: 4096, flags: 1 };
        regions[7] = RegionInfo::read_write(4096);
        let irqs = vec![
            IrqInfo::level(),
            IrqInfo::default(),
            IrqInfo::edge(8),
            IrqInfo::edge(1),
            IrqInfo::default(),
        ];
        DeviceInfo { regions, irqs }
    }

    fn region_read(
        &mut self,
        region: u32,
        offset: u64,
        data: &mut [u8],
        _host: &mut dyn Host,
    ) -> Result<(), Errno> {
        assert!(data.iter().all(|byte| *byte == 0), "a read begins with zeros");
        if region == 0 && offset == FAILS {
            return Err(Errno::ENODEV);
        }
        if region == 0 && offset == MAGIC_AT && data.len() == 4 {
            data.copy_from_slice(&MAGIC.to_le_bytes());
        }
        if region == 0 && offset == GO && data.len() == 4 {
            let worked = matches!(self.shared.lock().unwrap().last_dma, Some(Ok(())));
            data[0] = u8::from(!worked);
        }
        if region == 0 && offset >= BUFFER {
            let at = usize::try_from(offset - BUFFER).unwrap();
            data.copy_from_slice(&self.buffer[at..at + data.len()]);
        }
        Ok(())
    }

    fn region_write(
        &mut self,
        region: u32,
        offset: u64,
        data: &[u8],
        host: &mut dyn Host,
    ) -> Result<(), Errno> {
        if region != 0 {
            return Ok(());
        }
        match offset {
            IOVA => self.iova = data.first_chunk().map_or(0, |iova| u64::from_le_bytes(*iova)),
            LENGTH => self.length = (word(data) as usize).min(BUFFER_SIZE),
            GO => {
                let buffer = &mut self.buffer[..self.length];
                let result = match word(data) {
                    1 => host.dma_read(self.iova, buffer),
                    _ => host.dma_write(self.iova, buffer),
                };
                self.shared.lock().unwrap().last_dma = Some(result);
            }
            RAISE => {
                let delivery = host.trigger(word(data) >> 16, word(data) & 0xffff);
                self.shared.lock().unwrap().last_delivery = Some(delivery);
            }
            FAILS => return Err(Errno::ENODEV),
            BUFFER.. => {
                let at = usize::try_from(offset - BUFFER).unwrap();
                self.buffer[at..at + data.len()].copy_from_slice(data);
            }
            _ => {}
        }
        Ok(())
    }

    fn reset(&mut self, _host: &mut dyn Host) {
        self.shared.lock().unwrap().resets += 1;
    }

    fn connected(&mut self) {
        self.shared.lock().unwrap().connected += 1;
    }

    fn disconnected(&mut self) {
        self.shared.lock().unwrap().disconnected += 1;
    }
}
