//! A whole served device: the functions of one silicon, each with a client, in virtual time.

use super::{MOST_ACTS, body, command, descriptors, flags};
use crate::client::{Client, Memory};
use crate::devices;
use crate::draw::Draw;
use crate::orders;
use crate::program::{self, QUEUE};
use device_server::{ClockKind, DeviceServer, Layout, ServerOptions};
use prm::link::TimeOrder;
use prm::{init_segment, saturated};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Turns after which a server that still owes an answer is said not to give it.
const PATIENCE: usize = 500;
/// Clients at most.
const CLIENTS: usize = 3;
/// Configuration space.
const CONFIGURATION: u32 = 7;

struct Bench {
    server: DeviceServer,
    clients: Vec<(usize, Client, Memory)>,
    /// What is readable at any time: somebody always wants something, so that nobody waits for an answer to DMA by message for
    /// longer than a moment.
    _crowd: (UnixStream, UnixStream),
}

pub(super) fn run(draw: &mut Draw<'_>) {
    let device = devices::device(draw);
    let folder = tempfile::tempdir().expect("there are folders");
    let layout = match draw.byte() & 3 {
        0 => Layout::Flat {
            virtual_functions: 3,
            sf_windows: 2,
        },
        1 => Layout::Exchangeable {
            virtual_functions: 3,
            sf_windows: 2,
        },
        _ => Layout::Sriov,
    };
    let options = ServerOptions {
        clock: ClockKind::Virtual,
        layout,
        ..ServerOptions::default()
    };
    let Ok(mut server) = DeviceServer::bind_with(device, 1, folder.path(), options) else {
        return;
    };
    let crowd = UnixStream::pair().expect("there are sockets");
    std::io::Write::write_all(&mut &crowd.1, b"x").expect("there is room for a byte");
    server.watch(&crowd.0).expect("one more can be watched");
    let mut bench = Bench {
        server,
        clients: Vec::new(),
        _crowd: crowd,
    };
    let ready = draw.byte();
    for place in 0..bench.server.sockets().len().min(CLIENTS) {
        bench.connect(place, ready >> place & 1 == 0);
    }
    for _ in 0..MOST_ACTS {
        if draw.is_over() {
            break;
        }
        bench.act(draw);
        bench.serve();
    }
    // Whoever behaved is answered still.
    for (_, client, _) in &mut bench.clients {
        client.read(0, 0, 4);
    }
    bench.serve();
}

impl Bench {
    /// Connects a client; one that is `ready` has negotiated and shares memory, and its function may use it.
    fn connect(&mut self, place: usize, ready: bool) {
        let path = self.server.sockets()[place].clone();
        let stream = UnixStream::connect(path).expect("a server listens");
        let mut client = Client::new(stream);
        let memory = Memory::new(true);
        if ready {
            client.negotiate();
            client.share(&memory);
            // Memory space and bus master.
            client.write(CONFIGURATION, 4, &6u16.to_le_bytes(), 0);
            client.write(0, init_segment::QUEUE_ADDRESS_HIGH, &0u32.to_be_bytes(), 0);
            client.write(
                0,
                init_segment::QUEUE_ADDRESS_LOW,
                &saturated::<u32>(QUEUE.0).to_be_bytes(),
                0,
            );
        }
        self.clients.push((place, client, memory));
        self.serve();
    }

    fn act(&mut self, draw: &mut Draw<'_>) {
        let what = draw.byte();
        let many = self.clients.len();
        let Some((place, client, memory)) = self.clients.get_mut(usize::from(what >> 6) % many.max(1)) else {
            return;
        };
        match what & 0xf {
            0 | 1 => client.write(CONFIGURATION, place_in_configuration(draw), &some(draw), 0),
            2 => client.read(CONFIGURATION, place_in_configuration(draw), some(draw).len()),
            3 | 4 => client.write(0, place_in_registers(draw), &some(draw), u32::from(what & 0x10)),
            5 => client.read(
                u32::from(what >> 4 & 3),
                place_in_registers(draw),
                usize::from(draw.half()),
            ),
            6..=8 => {
                let wish = program::wish(draw);
                program::put(&wish, memory);
                client.write(
                    0,
                    init_segment::COMMAND_DOORBELL,
                    &(1u32 << wish.slot).to_be_bytes(),
                    0,
                );
            }
            9 | 10 => {
                let (command, flags, body) = (command(draw), flags(draw), body(draw));
                let passed = descriptors::passed(draw);
                let borrowed: Vec<_> = passed.iter().map(AsFd::as_fd).collect();
                client.command(command, flags, &body, &borrowed);
            }
            11 => client.send(draw.bytes(), &[]),
            12 => {
                let time = u64::from(draw.hurting()) << (draw.byte() & 0x1f);
                let at = self.server.now().0.saturating_add(time.min(3_600_000_000_000));
                let order = TimeOrder {
                    advance_to_ns: Some(at),
                    waits: what & 0x10 == 0,
                };
                let answer = self.server.time(&order).expect("the clock is virtual");
                assert!(
                    answer.now_ns == at && answer.next_due_ns.is_none_or(|due| due > at),
                    "{answer:?}"
                );
            }
            13 if what & 0x10 == 0 => _ = self.server.order(&orders::firmware(draw, 1)),
            13 => _ = self.server.gate(&orders::gate(draw)),
            14 => client.command(13, 0, &[], &[]),
            _ => {
                let place = *place;
                client.hang_up();
                self.serve();
                self.clients.retain(|(other, _, _)| *other != place);
                self.connect(place, draw.flag());
            }
        }
    }

    /// Lets the server answer all there is to answer.
    fn serve(&mut self) {
        for round in 0..PATIENCE {
            self.server
                .turn(Some(Duration::ZERO))
                .expect("the system waits for nothing");
            drop(self.server.take_records());
            assert_eq!(
                self.server.silicon().surprise(),
                None,
                "an act touches what it has declared"
            );
            self.clients
                .iter_mut()
                .for_each(|(_, client, _)| client.receive());
            // One more: of what is posted nothing is seen.
            if round > 0 && self.clients.iter().all(|(_, client, _)| !client.waits()) {
                return;
            }
        }
        self.clients
            .iter()
            .for_each(|(_, client, _)| client.is_answered());
    }
}

/// Two or four bytes, mostly.
fn some(draw: &mut Draw<'_>) -> Vec<u8> {
    match draw.byte() & 7 {
        0..=3 => draw.hurting().to_be_bytes().to_vec(),
        4 => draw.half().to_le_bytes().to_vec(),
        5 => vec![draw.byte()],
        6 => draw.hurting().to_le_bytes().to_vec(),
        _ => draw.bytes().to_vec(),
    }
}

fn place_in_configuration(draw: &mut Draw<'_>) -> u64 {
    match draw.byte() {
        place @ 0..=0xf7 => u64::from(place) * 2,
        _ => draw.hurting().into(),
    }
}

fn place_in_registers(draw: &mut Draw<'_>) -> u64 {
    match draw.byte() {
        low @ 0..=0x7f => u64::from(low) * 4,
        known @ 0x80..=0xdf => {
            const KNOWN: [u64; 12] = [
                0x10, 0x14, 0x18, 0x1fc, 0xff8, 0x1000, 0x1010, 0x8040, 0x8048, 0x8800, 0x30_0000, 0x3f_fffc,
            ];
            KNOWN[usize::from(known) % KNOWN.len()]
        }
        window @ 0xe0..=0xef => u64::from(window & 3) << 20 | u64::from(draw.half() & 0xffc),
        _ => draw.hurting().into(),
    }
}
