//! What a client does that means harm, or nothing at all.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, and others run the server on a thread"
)]

mod support;

use device_server::DeviceServer;
use proptest::prelude::*;
use support::pf;
use support::raw::Raw;
use tempfile::TempDir;

fn bound(config: emulator::DeviceConfig) -> (TempDir, DeviceServer) {
    let folder = tempfile::tempdir().unwrap();
    let server = DeviceServer::bind(config, 1, folder.path()).unwrap();
    (folder, server)
}

#[test]
fn a_write_that_is_not_whole_registers_is_refused() {
    let (_folder, mut server) = bound(pf());
    let mut client = Raw::connect(&server.slots()[0].socket);
    client.negotiate(&mut server);
    for (offset, length) in [(0x10, 1), (0x10, 6), (0x11, 4), (0x10, 68), (0, 64 << 10)] {
        assert_eq!(
            client.write(&mut server, 0, offset, &vec![1; length]),
            Err(22),
            "EINVAL"
        );
    }
    assert_eq!(
        client.write(&mut server, 0, 0x8800, &[0; 64]),
        Ok(()),
        "write combining"
    );
}

#[test]
fn a_read_of_registers_is_bounded() {
    let (_folder, mut server) = bound(pf());
    let mut client = Raw::connect(&server.slots()[0].socket);
    client.negotiate(&mut server);
    let long = client.read(&mut server, 0, 0, 4096).unwrap();
    assert_eq!(long[4..6], [0, 5]);
    for length in [4097, 64 << 10, 1 << 20] {
        assert_eq!(client.read(&mut server, 0, 0, length), Err(22), "EINVAL");
    }
}

/// An access: of which function, region, offset, data, and whether it writes. One in 60 is a reset.
fn accesses() -> impl Strategy<Value = Vec<(usize, u32, u64, Vec<u8>, u8)>> {
    let near = prop_oneof![
        Just(0x04u64),
        Just(0x10),
        Just(0x14),
        Just(0x18),
        Just(0x44),
        Just(0x68),
        Just(0x108),
        Just(0x110),
        Just(0x1fc),
        Just(0x8040),
        Just(0x30_0000),
        Just(0x3f_fffc),
        0..0x2020u64,
        0..0x100_0000u64,
        any::<u64>(),
    ];
    let region = prop_oneof![3 => Just(0u32), 2 => Just(2u32), 6 => Just(7u32), 1 => 0..10u32];
    let data = prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 4),
        2 => prop::collection::vec(any::<u8>(), 1..=2),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ];
    prop::collection::vec((0..4usize, region, near, data, 0..60u8), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_access_of_any_region_makes_it_panic(accesses in accesses()) {
        let mut config = pf();
        config.sfs = emulator::config::ScalableFunctions { max: 3, base_id: 0x80, first_vhca_id: 0x100 };
        let (_folder, mut server) = bound(config);
        let mut clients: Vec<Raw> = server.slots().iter().map(|slot| Raw::connect(&slot.socket)).collect();
        for client in &mut clients {
            client.negotiate(&mut server);
        }
        for (function, region, offset, data, what) in accesses {
            let client = &mut clients[function];
            match what {
                0 => client.reset(&mut server),
                odd if odd % 2 == 1 => {
                    if let Ok(read) = client.read(&mut server, region, offset, data.len()) {
                        prop_assert_eq!(read.len(), data.len());
                    }
                }
                _ => _ = client.write(&mut server, region, offset, &data),
            }
        }
        prop_assert!(server.counters().functions.iter().all(|function| function.connected));
    }
}
