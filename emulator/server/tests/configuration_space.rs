//! Configuration space, register by register.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, and runs the server on a thread"
)]

mod support;

use emulator::DeviceConfig;
use emulator::config::Model;
use prm::Function;
use std::collections::BTreeMap;
use support::guest::Guest;
use support::{Served, ecpf, lone_vf, pf, pf_with_sfs};

/// Offset, bytes that are written, bytes that are read back, what it is.
const WRITES: [(u64, &[u8], &[u8], &str); 29] = [
    (0x00, &[0; 4], &[0xb3, 0x15, 0x1b, 0x10], "ids cannot be written"),
    (0x04, &[0xff, 0xff], &[0x46, 0x05], "command register"),
    (0x05, &[0x04], &[0x04], "half of it"),
    (
        0x06,
        &[0xff, 0xff],
        &[0x10, 0x00],
        "status: there are capabilities",
    ),
    (0x08, &[0xff; 4], &[0, 0, 0, 0x02], "class: Ethernet"),
    (0x0c, &[0x10], &[0x10], "cache line size"),
    (0x0d, &[0xff; 3], &[0; 3], "latency, header type 0, no self test"),
    (
        0x10,
        &[0xff; 4],
        &[0x0c, 0, 0xc0, 0xff],
        "BAR 0: 4 MiB, 64 bits, prefetchable",
    ),
    (0x14, &[0xff; 4], &[0xff; 4], "its upper half"),
    (0x10, &[0, 0, 0x40, 0xfe], &[0x0c, 0, 0x40, 0xfe], "an address"),
    (0x13, &[0x12], &[0x12], "a byte of it"),
    (0x18, &[0xff; 4], &[0; 4], "no BAR 2 without SFs"),
    (0x20, &[0xff; 8], &[0; 8], "no BAR 4"),
    (0x2c, &[0xff; 4], &[0xb3, 0x15, 0x08, 0x00], "subsystem"),
    (0x30, &[0, 0xf8, 0xff, 0xff], &[0; 4], "no ROM"),
    (0x34, &[0xff], &[0x40], "first capability"),
    (0x3c, &[0x0b, 0xff], &[0x0b, 0], "interrupt line, no pin"),
    (0x44, &[0x03, 0x80], &[0x0b, 0], "D3hot, no soft reset"),
    (0x44, &[0x01], &[0x0b], "D1 does not exist"),
    (0x44, &[0x00], &[0x08], "back to D0"),
    (
        0x4a,
        &[0xff, 0xff],
        &[0x0f, 0xc0],
        "MSI-X: 16 vectors, enabled, masked",
    ),
    (
        0x4c,
        &[0xff; 8],
        &[0, 0, 0x30, 0, 0, 0, 0x31, 0],
        "table and pending bits",
    ),
    (0x68, &[0xff, 0x7f], &[0xff, 0x7f], "device control"),
    (
        0x64,
        &[0; 4],
        &[0x02, 0x80, 0, 0x10],
        "device capabilities: function level reset",
    ),
    (0xac, &[1, 2, 3, 4], &[1, 2, 3, 4], "the gateway's semaphore"),
    (
        0xa4,
        &[7, 0, 0, 0],
        &[7, 0, 0, 0],
        "its control: no space is supported",
    ),
    (0xa0, &[0xff; 4], &[0x09, 0xc0, 0x18, 0], "its head"),
    (
        0xc0,
        &[0, 0, 4, 0],
        &[0x03, 0, 4, 0x80],
        "product data is read at once",
    ),
    (0xc4, &[0xff; 4], b"onne", "and cannot be written"),
];

#[test]
fn registers_take_what_is_writable() {
    let served = Served::start(pf());
    let mut guest = Guest::boot(&served, Function::Pf);
    for (at, written, expected, what) in WRITES {
        guest.set_config(at, written);
        let mut read = vec![0; expected.len()];
        guest.client.region_read(7, at, &mut read).unwrap();
        assert_eq!(read, expected, "{at:#x}: {what}");
    }
    // The whole space at once, in its place, changes no more than each register alone.
    let before = guest.whole_config();
    guest.set_config(0, &before);
    assert_eq!(guest.whole_config(), before);
}

#[test]
fn every_kind_of_function_has_its_identity_and_its_capabilities() {
    let kinds = [
        (
            pf(),
            Function::Pf,
            0x101b_15b3,
            vec![0x01, 0x11, 0x10, 0x09, 0x03],
        ),
        (
            ecpf(),
            Function::Ecpf,
            0xa2d6_15b3,
            vec![0x01, 0x11, 0x10, 0x09, 0x03],
        ),
        (lone_vf(), Function::Vf(1), 0x101c_15b3, vec![0x01, 0x11, 0x10]),
        (
            DeviceConfig {
                model: Some(Model::ConnectX7),
                ..pf()
            },
            Function::Pf,
            0x1021_15b3,
            vec![0x01, 0x11, 0x10, 0x09, 0x03],
        ),
    ];
    for (config, function, ids, expected) in kinds {
        let served = Served::start(config);
        let mut guest = Guest::boot(&served, function);
        assert_eq!(guest.config_u32(0), ids);
        let mut lengths = BTreeMap::from([(0x01, 8), (0x11, 12), (0x10, 60), (0x09, 24), (0x03, 8)]);
        let (mut found, mut end) = (Vec::new(), 0x40);
        let [mut at] = guest.config::<1>(0x34);
        while at != 0 {
            assert!(
                at % 4 == 0 && at >= end,
                "capabilities are aligned and do not overlap"
            );
            let [id, next] = guest.config(at.into());
            end = at + lengths.remove(&id).expect("a known capability, once");
            found.push(id);
            at = next;
        }
        assert_eq!(found, expected);
    }
}

/// Where the PCI Express capability is.
const EXPRESS: u64 = 0x60;

/// Speed and width of the link as they are, and as they can be.
fn link(guest: &mut Guest) -> [(u16, u16); 2] {
    [EXPRESS + 0x12, EXPRESS + 0x0c].map(|at| {
        let register = guest.config_u16(at);
        (register & 0xf, register >> 4 & 0x3f)
    })
}

#[test]
fn the_link_runs_at_16_gt_per_second_on_16_lanes_which_is_all_it_can() {
    const SPEED_16_GT: u16 = 4;
    let all = [(SPEED_16_GT, 16); 2];
    let kinds = [
        (pf(), Function::Pf),
        (ecpf(), Function::Ecpf),
        (lone_vf(), Function::Vf(1)),
    ];
    for (config, function) in kinds {
        let served = Served::start(config);
        let mut guest = Guest::boot(&served, function);
        assert_eq!(guest.config_u16(EXPRESS + 2), 0x0002, "version 2, an endpoint");
        assert_eq!(link(&mut guest), all, "{function}");
        let speeds = guest.config_u32(EXPRESS + 0x2c);
        assert_eq!(speeds, 0b11110, "each up to the fastest");
        let target = guest.config_u16(EXPRESS + 0x30);
        assert_eq!((target & 0xf, speeds.ilog2()), (SPEED_16_GT, SPEED_16_GT.into()));
        guest.set_config(EXPRESS + 0x0c, &[0xff; 4]);
        guest.set_config(EXPRESS + 0x12, &[0xff; 2]);
        guest.set_config(EXPRESS + 0x2c, &[0xff; 4]);
        assert_eq!(link(&mut guest), all, "nobody writes them");
    }
}

#[test]
fn the_link_of_a_vf_is_its_pfs() {
    let served = Served::start(pf());
    let mut pf = Guest::boot(&served, Function::Pf);
    pf.enable_vfs(1);
    let mut vf = Guest::boot(&served, Function::Vf(1));
    assert_eq!(link(&mut vf), [(0, 0), (4, 16)], "no status of its own");
    for at in [0x10, 0x12, 0x30, 0x32] {
        vf.set_config(EXPRESS + at, &[0xff; 2]);
        assert_eq!(vf.config_u16(EXPRESS + at), 0, "{at:#x}: control and status");
    }
    assert_eq!(vf.config_u32(EXPRESS + 0x2c), pf.config_u32(EXPRESS + 0x2c));
    assert_eq!(vf.config_u32(EXPRESS + 4), pf.config_u32(EXPRESS + 4));
}

#[test]
fn sf_windows_lie_in_bar_2_whose_size_is_a_power_of_two() {
    let served = Served::start(pf_with_sfs());
    let mut guest = Guest::boot(&served, Function::Pf);
    assert_eq!(
        guest.client.region(2).map(|region| region.size),
        Some(8 << 20),
        "5 windows of 1 MiB"
    );
    guest.set_config(0x18, &[0xff; 8]);
    assert_eq!(guest.config::<8>(0x18), (!((8u64 << 20) - 1) | 0xc).to_le_bytes());
}

#[test]
fn the_transport_is_told_the_shape_of_the_function() {
    let served = Served::start(pf());
    let mut guest = Guest::plug(&served, Function::Pf);
    let sizes: Vec<u64> = (0..9)
        .map(|index| guest.client.region(index).map_or(0, |region| region.size))
        .collect();
    assert_eq!(sizes, [4 << 20, 0, 0, 0, 0, 0, 0, 4096, 0]);
    let counts = [0, 1, 2, 3, 4].map(|index| guest.client.get_irq_info(index).unwrap().count);
    assert_eq!(
        counts,
        [0, 0, 16, 1, 0],
        "MSI-X, and the error interrupt that QEMU arms"
    );
}

#[test]
fn configuration_space_and_registers_read_all_ones_while_the_link_is_down_and_are_as_before_then() {
    use emulator::FirmwareOrder;
    use emulator::order::LinkState;
    let served = Served::start(pf());
    let mut guest = Guest::boot(&served, Function::Pf);
    guest.set_config(0x10, &[0, 0, 0x40, 0xfe]);
    let before = guest.whole_config();
    served.with(|server| server.order(&FirmwareOrder::Link(LinkState::Down)).unwrap());
    assert_eq!((guest.config_u32(0), guest.register(0, 0)), (u32::MAX, u32::MAX));
    assert_eq!(
        guest.register(0, 0x3000),
        u32::MAX,
        "nor does anything else in the BAR answer"
    );
    guest.set_config(0x10, &[0; 4]);
    guest.client.reset().unwrap();
    served.with(|server| server.order(&FirmwareOrder::Link(LinkState::Up)).unwrap());
    assert_eq!(guest.whole_config(), before);
    assert_ne!(guest.register(0, 0), u32::MAX);
}
