//! Several sockets, one silicon: clients come, go, and come back.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, and runs the server on a thread"
)]

mod support;

use device_pci::TooManyFunctions;
use device_server::{DeviceServer, ServeError, Slot};
use emulator::Owner;
use prm::Function;
use std::os::unix::fs::PermissionsExt;
use support::driver::Driver;
use support::guest::{BAR0, Guest};
use support::raw::Raw;
use support::{Served, ecpf, lone_vf, pf, pf_with_sfs};
use transport::ListenError;

fn held(served: &Served, function: Function) -> u64 {
    served.with(move |server| server.silicon().ledger().pages(function, Owner::from(function)))
}

#[test]
fn every_pci_function_has_a_private_socket_and_a_number() {
    let names = |config| {
        let folder = tempfile::tempdir().unwrap();
        let server = DeviceServer::bind(config, 1, folder.path()).unwrap();
        let describe = |slot: Slot| {
            let mode = std::fs::metadata(&slot.socket).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            assert_eq!(slot.socket.parent(), Some(folder.path()));
            let name = slot.socket.file_name().unwrap().to_str().unwrap();
            format!("{} {} {name}", slot.devfn, slot.function)
        };
        server.slots().into_iter().map(describe).collect::<Vec<_>>()
    };
    assert_eq!(
        names(pf()),
        [
            "0 pf pf.sock",
            "1 vf1 vf1.sock",
            "2 vf2 vf2.sock",
            "3 vf3 vf3.sock"
        ]
    );
    assert_eq!(
        names(ecpf()),
        ["0 ecpf ecpf.sock", "1 ec_vf1 ec_vf1.sock", "2 ec_vf2 ec_vf2.sock"]
    );
    assert_eq!(names(lone_vf()), ["0 vf1 vf1.sock"]);
    assert_eq!(names(pf_with_sfs()), ["0 pf pf.sock"]);
}

#[test]
fn a_live_socket_is_left_alone_and_a_stale_one_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let bind = || DeviceServer::bind(pf(), 1, folder.path());
    drop(std::os::unix::net::UnixListener::bind(folder.path().join("vf2.sock")).unwrap());
    let server = bind().unwrap();
    let live = |result| matches!(result, Err(ServeError::Listen(ListenError::Live(_))));
    assert!(live(bind()));
    assert!(folder.path().join("pf.sock").exists());
    drop(server);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_description_that_contradicts_itself_is_no_device() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = pf();
    config.vfs.total = 1;
    config.vfs.first_vhca_id = config.vhca_id;
    let error = DeviceServer::bind(config, 1, folder.path()).err().unwrap();
    assert!(matches!(error, ServeError::Config(_)), "{error}");
}

#[test]
fn a_bus_has_room_for_255_virtual_functions() {
    let folder = tempfile::tempdir().unwrap();
    let bind = |total| {
        let mut config = pf();
        config.vfs.total = total;
        DeviceServer::bind(config, 1, folder.path())
    };
    assert_eq!(bind(255).unwrap().slots().len(), 256);
    assert!(matches!(
        bind(256),
        Err(ServeError::TooManyFunctions(TooManyFunctions(256)))
    ));
}

#[test]
fn a_pf_and_its_vfs_load_side_by_side() {
    let served = Served::start(pf());
    let mut pf = Guest::boot(&served, Function::Pf);
    let (mut pf_driver, _interrupt) = Driver::load(&mut pf);
    let mut vfs: Vec<(Function, Guest)> = [Function::Vf(1), Function::Vf(3)]
        .map(|vf| (vf, Guest::plug(&served, vf)))
        .into();
    pf.enable_vfs(3);
    for ((vf, guest), vhca_id) in vfs.iter_mut().zip([16, 18]) {
        guest.map();
        guest.set_config(0x04, &0x0006_u16.to_le_bytes());
        let (mut driver, _interrupt) = Driver::load(guest);
        driver.give(guest, vhca_id, false, 7);
        assert_eq!(held(&served, *vf), 7, "its own pages in its own memory");
    }
    pf_driver.give(&mut pf, 16, false, 2);
    let states = served.with(|server| {
        let functions = [Function::Pf, Function::Vf(1), Function::Vf(2), Function::Sf(1)];
        functions.map(|function| server.connected(function))
    });
    assert_eq!(states, [true, true, false, false]);
    // Disabling them ends them, whatever their drivers are at.
    pf.disable_vfs();
    assert_eq!([1, 3].map(|vf| held(&served, Function::Vf(vf))), [0, 0]);
    assert_eq!(held(&served, Function::Pf), 240);
}

#[test]
fn the_next_client_finds_a_clean_device() {
    let served = Served::start(pf());
    let fresh = Guest::plug(&served, Function::Pf).whole_config();
    served.wait_until_gone(Function::Pf);
    for _ in 0..3 {
        let mut guest = Guest::boot(&served, Function::Pf);
        guest.enable_vfs(2);
        Driver::load(&mut guest);
        assert_eq!(held(&served, Function::Pf), 240);
        drop(guest);
        served.wait_until_gone(Function::Pf);
        assert_eq!(held(&served, Function::Pf), 0);
        let mut next = Guest::plug(&served, Function::Pf);
        assert_eq!(next.whole_config(), fresh);
        assert_eq!(next.register(BAR0, 0x10), 0);
        drop(next);
        served.wait_until_gone(Function::Pf);
    }
    let pf = &served.with(|server| server.counters()).functions[0];
    assert!(
        !pf.connected && pf.messages > 100 && pf.dma_read > 0,
        "past clients count: {pf:?}"
    );
}

#[test]
fn another_silicon_takes_over_and_clients_stay() {
    let served = Served::start(pf());
    let mut guest = Guest::boot(&served, Function::Pf);
    guest.enable_vfs(2);
    Driver::load(&mut guest);
    guest.set_config(0x10, &0xe000_0000_u32.to_le_bytes());
    let config = guest.whole_config();
    let before = served.with(|server| server.now());
    let mut other = pf();
    other.vhca_id = 7;
    other.demand.boot = 3;
    served
        .with(move |server| server.replace_silicon(other, 2))
        .unwrap();
    assert!(served.with(|server| server.now()) > before);
    assert_eq!(held(&served, Function::Pf), 0);
    assert_eq!(guest.whole_config(), config);
    let (_, interrupt) = Driver::load(&mut guest);
    assert_eq!(held(&served, Function::Pf), 203);
    drop(interrupt);
    // What a PCI host has seen cannot change.
    let mut fewer = pf();
    fewer.vfs.total = 2;
    let mut contradictory = pf();
    contradictory.vfs.first_vhca_id = 5;
    for (other, word) in [
        (ecpf(), "the other device differs in the kind of its function"),
        (
            fewer,
            "the other device differs in its number of virtual functions",
        ),
        (contradictory, "vhca_id"),
    ] {
        let error = served.with(move |server| server.replace_silicon(other, 2).unwrap_err());
        let is_topology = matches!(error, ServeError::OtherTopology(_));
        assert_eq!(is_topology, word != "vhca_id", "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
    assert_eq!(held(&served, Function::Pf), 203, "a refusal changes nothing");
}

#[test]
fn counters_are_json_with_a_schema() {
    let served = Served::start(ecpf());
    let counters = served.with(|server| server.counters());
    let json = serde_json::to_value(&counters).unwrap();
    assert_eq!(json["functions"][1]["function"], "ec_vf1");
    assert_eq!(json["functions"][1]["connected"], false);
}

#[test]
fn a_second_client_is_refused_and_the_first_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = DeviceServer::bind(pf(), 1, folder.path()).unwrap();
    let path = server.slots()[0].socket.clone();
    let mut first = Raw::connect(&path);
    first.negotiate(&mut server);
    let mut second = Raw::connect(&path);
    assert_eq!(second.call(&mut server, 1, &[]), Err(16), "EBUSY");
    assert_eq!(first.read(&mut server, 7, 0, 2), Ok(vec![0xb3, 0x15]));
}

#[test]
fn one_that_comes_right_after_the_last_has_gone_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = DeviceServer::bind(pf(), 1, folder.path()).unwrap();
    let path = server.slots()[0].socket.clone();
    for _ in 0..50 {
        let mut client = Raw::connect(&path);
        client.negotiate(&mut server);
        client.reset(&mut server);
        assert_ne!(client.read(&mut server, 7, 0x100, 4), Ok(vec![0; 4]));
        // Its last words are still unread when the next one connects.
        for _ in 0..100 {
            client.post(0, 0x30_0000, &[0; 64]);
        }
        drop(client);
        let mut next = Raw::connect(&path);
        next.negotiate(&mut server);
        assert_eq!(next.read(&mut server, 7, 0x100, 4), Ok(vec![0; 4]));
        drop(next);
    }
}
