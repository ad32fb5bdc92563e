//! The transport alone, with a small device whose registers make it access memory and raise interrupts.

use super::{MOST_ACTS, body, command, descriptors, flags};
use crate::client::{Client, message};
use crate::draw::Draw;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;
use transport::{Connection, Device, DeviceInfo, Disconnect, Errno, Host, IrqInfo, Progress, RegionInfo};

/// Bytes that the device reads and writes at most.
const LONGEST: usize = 0x1_0000;
/// A region of registers; what is written at offset 0 has the device act.
const REGISTERS: u64 = 0x1_0000;

/// Calls after which a server that still has something to do is said not to end.
const PATIENCE: usize = 1000;

/// A device that does what it is told.
#[derive(Debug, Default)]
struct Ports {
    iova: u64,
    length: usize,
    buffer: Vec<u8>,
}

impl Device for Ports {
    fn info(&self) -> DeviceInfo {
        let mut regions = vec![RegionInfo::default(); 9];
        regions[0] = RegionInfo::read_write(REGISTERS);
        regions[1] = RegionInfo { size: 4096, flags: 1 };
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
        _: &mut dyn Host,
    ) -> Result<(), Errno> {
        assert!(data.iter().all(|byte| *byte == 0), "a read begins with zeros");
        assert!(
            offset + data.len() as u64 <= REGISTERS && region < 9,
            "an access lies inside"
        );
        if offset == 8 { Err(Errno::ENODEV) } else { Ok(()) }
    }

    fn region_write(&mut self, _: u32, offset: u64, data: &[u8], host: &mut dyn Host) -> Result<(), Errno> {
        assert!(
            !data.is_empty() && offset + data.len() as u64 <= REGISTERS,
            "an access lies inside"
        );
        let mut words = data
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        let mut next = || words.next().unwrap_or_default();
        match offset {
            0 => {
                self.iova = u64::from(next()) | u64::from(next()) << 32;
                self.length = next() as usize % LONGEST;
                self.buffer.resize(self.length, 0);
            }
            4 => _ = host.dma_read(self.iova, &mut self.buffer),
            8 => _ = host.dma_write(self.iova, &self.buffer),
            12 => _ = host.trigger(next(), next()),
            _ => return Err(Errno::EINVAL),
        }
        Ok(())
    }

    fn reset(&mut self, _: &mut dyn Host) {}
}

pub(super) fn run(draw: &mut Draw<'_>) {
    let (near, far) = UnixStream::pair().expect("there are sockets");
    let mut device = Ports::default();
    // As good as none: nobody can answer while the one thread waits, but what was sent before is an answer.
    let mut connection = Connection::new(far.into(), device.info()).with_patience(Duration::from_micros(1));
    let mut client = Client::new(near);
    let mut mine = Vec::new();
    if draw.flag() {
        client.negotiate();
        let memory = crate::client::Memory::new(draw.flag());
        client.share(&memory);
    }
    let mut over = None;
    for _ in 0..MOST_ACTS {
        if draw.is_over() || over.is_some() || client.is_over() {
            break;
        }
        let deaf = act(draw, &mut client, &mut mine);
        if !deaf {
            over = serve(&mut connection, &mut device, &mut client);
        }
    }
    if over.is_none() && !client.is_over() {
        over = serve(&mut connection, &mut device, &mut client);
    }
    let (maps, files) = connection.memory();
    assert!(
        maps <= 65_535 && files <= 64,
        "what a client has mapped is bounded"
    );
    if over.is_none() && !client.is_over() {
        client.is_answered();
        // Half a message may wait: no more comes of it than of none.
        client.hang_up();
        over = serve(&mut connection, &mut device, &mut client);
    }
    match over {
        Some(Disconnect::Unframed | Disconnect::Closed) => assert!(client.has_ended(), "{over:?}"),
        Some(Disconnect::Held | Disconnect::Stalled | Disconnect::Socket(_)) => {}
        None => assert!(!client.has_ended(), "an end is noticed"),
    }
}

/// Something that the client does; whether it does not listen.
fn act(draw: &mut Draw<'_>, client: &mut Client, mine: &mut Vec<descriptors::Passed>) -> bool {
    let what = draw.byte();
    match what & 0xf {
        0..=5 => {
            let (command, flags) = (command(draw), flags(draw));
            let body = if what & 0x10 == 0 {
                body(draw)
            } else {
                draw.bytes().to_vec()
            };
            let passed = descriptors::passed(draw);
            let borrowed: Vec<_> = passed.iter().map(AsFd::as_fd).collect();
            client.command(command, flags, &body, &borrowed);
            // Whoever passes a descriptor may keep it.
            if what & 0x20 == 0 {
                mine.extend(passed);
            }
        }
        6 => client.write(0, u64::from(what >> 6) * 4, &body(draw), flags(draw) & 0x10),
        7 => client.read(
            u32::from(what >> 4),
            draw.hurting().into(),
            draw.hurting() as usize,
        ),
        8 => {
            // Memory without a descriptor, which is asked for by message.
            let page = u64::from(draw.byte()) << 12;
            let flags = u32::from(draw.byte() & 3);
            let body = [
                &32u32.to_le_bytes()[..],
                &flags.to_le_bytes(),
                &0u64.to_le_bytes(),
                &(crate::client::MEMORY + page).to_le_bytes(),
                &(u64::from(draw.byte()) << 12).to_le_bytes(),
            ];
            client.command(2, 0, &body.concat(), &[]);
        }
        9 => {
            // An access to memory, and the answer to what is asked then.
            let access = [
                draw.hurting().to_le_bytes(),
                u32::from(draw.byte() & 1).to_le_bytes(),
                draw.hurting().to_le_bytes(),
            ];
            client.write(0, 0, &access.concat(), 0);
            let (id, command) = (u16::from(draw.byte() & 7), 11 + u16::from(draw.byte() & 1));
            let asks = [
                &crate::client::access(0, if command == 11 { 4 } else { 8 }, 4)[..],
                &[0; 4],
            ]
            .concat();
            let answer = [body(draw), draw.bytes().to_vec()].concat();
            let both = [
                message(99, 10, 0, &asks),
                message(id, command, 1 | u32::from(what & 0x20), &answer),
            ];
            client.send(&both.concat(), &[]);
        }
        10 => {
            let passed = descriptors::passed(draw);
            let borrowed: Vec<_> = passed.iter().map(AsFd::as_fd).collect();
            client.send(draw.bytes(), &borrowed);
            mine.extend(passed);
        }
        11 => {
            // A message of any size, of which so much comes.
            let size = draw.hurting();
            let (command, flags) = (command(draw), flags(draw));
            let mut head = message(7, command, flags, &[]);
            head[4..8].copy_from_slice(&size.to_le_bytes());
            client.send(&head, &[]);
            client.send(&vec![what; draw.hurting() as usize % 0x8000], &[]);
        }
        12 => {
            for memory in mine.iter() {
                if let descriptors::Passed::Memory(memory) = memory {
                    // One that is sealed stays as it is.
                    _ = memory.file().set_len(u64::from(draw.half()));
                }
            }
        }
        13 => mine.clear(),
        14 => client.negotiate(),
        _ => return true,
    }
    false
}

/// Lets the server do all it can, and the client take what comes.
fn serve(connection: &mut Connection, device: &mut Ports, client: &mut Client) -> Option<Disconnect> {
    for _ in 0..PATIENCE {
        connection.refill();
        let progress = connection.on_readable(device);
        client.receive();
        match progress {
            Progress::Disconnected(why) => return Some(why),
            Progress::Idle if !connection.has_waiting() => {
                client.is_answered();
                return None;
            }
            Progress::Idle | Progress::Served | Progress::Blocked => {}
        }
    }
    panic!("a server has something to do without end");
}
