//! What becomes of a driver whose way to the device fails.

use driver::{HostOperation, RevisionName};
use driver_host::{Account, Ending, Holdings, HostView, Limits, Machine, Schedule, StrayKind, World};
use driver_socket::SocketBus;
use embedding::RunSetup;
use emulator::Silicon;
use emulator::config::DeviceConfig;
use harness::stage::socket::control::SharedControl;
use harness::stage::socket::machine::{SocketWorld, machine};
use harness::stage::socket::room::Room;
use harness::stage::socket::server::{Server, ServerError, Time};
use libtest_mimic::{Failed, Trial};
use prm::Function;
use serde_json::{Value, json};
use std::path::Path;

/// The tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn()| {
        Trial::test(format!("failures::{name}"), move || {
            test();
            Ok::<(), Failed>(())
        })
    };
    vec![
        trial("the_server_dies_in_the_middle_of_a_load", dies_in_a_load),
        trial("the_server_dies_in_the_middle_of_a_give", dies_in_a_give),
        trial("the_server_dies_while_pages_are_waited_for", dies_in_a_wait),
        trial("the_server_stops_answering", stops_answering),
        trial("a_socket_is_closed", a_socket_is_closed),
        trial("dma_to_what_is_not_mapped_is_refused_and_seen", dma_goes_astray),
        trial("vectors_are_masked", vectors_are_masked),
        trial("a_running_server_that_does_not_fit_is_refused", what_does_not_fit),
    ]
}

fn device() -> DeviceConfig {
    let device = json!({
        "kind": "pf", "vhca_id": 5, "page_mode": "func_id", "vfs": { "total": 3, "first_vhca_id": 16 },
    });
    serde_json::from_value(device).expect("a device")
}

pub(crate) fn start(time: Time) -> Server {
    Server::start(Path::new(env!("CARGO_BIN_EXE_mlx5-cosim")), Room::USUAL, time).expect("a server starts")
}

/// A driver on a server.
struct Bench {
    server: Server,
    control: SharedControl,
    world: SocketWorld,
}

impl Bench {
    fn new() -> Self {
        Self::on(start(Time::Virtual))
    }

    fn on(mut server: Server) -> Self {
        let setup = RunSetup {
            device: device(),
            seed: 0,
            page_bytes: 4096,
            revision: RevisionName::Robust,
            eswitch_support: true,
            schedule: Schedule::InOrder,
            limits: Limits::default(),
            keep_timeline: false,
        };
        let silicon: Silicon = setup.silicon().expect("a good device");
        let control = SharedControl::new(server.play(&setup.device, 0).expect("the server plays it"));
        let machine = machine(server.folder(), &control, &silicon, 4096, Time::Virtual).expect("memory");
        let world = World::new(machine, setup.world(&silicon));
        Self {
            server,
            control,
            world,
        }
    }

    /// Another driver on the same server.
    fn again(self) -> Self {
        let Self {
            mut server,
            control,
            world,
        } = self;
        drop(world);
        server.give_back(control.into_client().expect("nobody else has it"));
        Self::on(server)
    }

    fn kill(&mut self) {
        self.server.process().expect("it is ours").kill();
    }

    fn order(&mut self, order: &'static str, what: &Value) {
        let _done: Value = self.control.ask(order, what).expect("it is carried out");
        self.world.device_acted();
    }

    /// An operation from its start to its end.
    fn run(&mut self, operation: HostOperation) -> i32 {
        self.run_and(operation, |_| false, |_| {})
    }

    /// An operation, in which something happens as soon as it has come so far.
    fn run_and(
        &mut self,
        operation: HostOperation,
        mut is_time: impl FnMut(&SocketWorld) -> bool,
        then: impl FnOnce(&mut Self),
    ) -> i32 {
        self.world.begin_step();
        let task = self.world.start(0, operation);
        let ends = |world: &SocketWorld| world.ended_at(task).is_some();
        let reached = self.world.run_until(|world| ends(world) || is_time(world));
        assert_eq!(reached.expect("it has an end"), Ending::Reached);
        if !ends(&self.world) {
            then(self);
            let ended = self.world.run_until(ends).expect("it has an end");
            assert_eq!(ended, Ending::Reached, "{operation:?}");
        }
        self.world.settle().expect("it comes to rest");
        let outcome = self.world.outcome(0, task).expect("it has ended");
        outcome.map_or_else(|errno| errno.0, |()| 0)
    }

    fn load(&mut self) {
        assert_eq!(self.run(HostOperation::Load), 0);
        assert!(self.holdings().pages > 0 && self.holdings().mappings > 0);
    }

    fn holdings(&self) -> Holdings {
        self.world.machine().memory().holdings(Account(0))
    }

    fn failure(&self) -> String {
        self.world.machine().failure().unwrap_or_default().to_owned()
    }

    fn messages(&self) -> Vec<String> {
        let messages = self.world.driver().messages_after(0);
        messages.iter().map(ToString::to_string).collect()
    }

    /// The driver has said that its device is lost, and after it was removed nothing is pinned.
    fn assert_lost_in_order(&mut self) {
        let said = self.messages();
        assert!(
            said.iter().any(|message| message.contains("does not answer")),
            "the driver says what was wrong: {said:?}"
        );
        self.world.quiesce().expect("it comes to rest");
        self.run(HostOperation::Unload);
        assert!(!self.world.driver().books().bound);
        let (all, none) = (self.holdings(), Holdings::default());
        assert_eq!(all, none, "{:?}", self.messages());
    }
}

fn pages_given(world: &SocketWorld) -> bool {
    world.driver().books().counters.fw_pages_total > 0
}

fn dies_in_a_load() {
    let mut bench = Bench::new();
    let returned = bench.run_and(HostOperation::Load, pages_given, Bench::kill);
    assert!(returned < 0, "{returned}");
    assert!(bench.failure().contains("the device's clock") || bench.failure().contains("f0.sock"));
    assert!(bench.server.end().is_some_and(|end| end.contains("signal: 9")));
    bench.assert_lost_in_order();
    Bench::new().load();
}

/// A hold that catches the next give.
fn hold_give() -> Value {
    json!({ "hold": { "name": "give", "command": { "command": "MANAGE_PAGES", "op_mod": 1 } } })
}

fn request(pages: i32) -> Value {
    json!({ "request_pages": { "function": "pf", "pages": pages } })
}

fn dies_in_a_give() {
    let mut bench = Bench::new();
    bench.load();
    let before = bench.holdings().pages;
    bench.order("gate", &hold_give());
    bench.order("firmware", &request(64));
    let caught = |world: &SocketWorld| world.machine_mut().has_caught("give");
    assert_eq!(bench.world.run_until(caught), Ok(Ending::Reached));
    assert_eq!(bench.holdings().pages, before + 64, "they are on their way");
    bench.kill();
    bench.world.quiesce().expect("it comes to rest");
    bench.assert_lost_in_order();
    Bench::new().load();
}

fn dies_in_a_wait() {
    let mut bench = Bench::new();
    bench.load();
    assert_eq!(bench.run(HostOperation::EnableVfs(1)), 0);
    bench.order(
        "firmware",
        &json!({ "request_pages": { "function": "vf1", "pages": 32 } }),
    );
    bench.world.quiesce().expect("they are given");
    // The VF's pages do not come back, so the driver waits for them.
    let lose = json!({ "hold": { "name": "off", "command": { "command": "MANAGE_PAGES", "op_mod": 2 } } });
    bench.order("gate", &lose);
    let began = bench.world.now();
    let waits = move |world: &SocketWorld| {
        let waited = world.now().saturating_sub(began) > prm::Cycles::from_millis(50);
        waited && world.driver().books().counters.fw_pages_vfs > 0
    };
    bench.run_and(HostOperation::DisableVfs, waits, Bench::kill);
    bench.assert_lost_in_order();
    Bench::new().load();
}

fn stops_answering() {
    let mut bench = Bench::new();
    bench.load();
    let id = bench
        .server
        .process()
        .and_then(|process| process.id())
        .expect("it runs");
    let id = rustix::process::Pid::from_raw(i32::try_from(id).expect("small")).expect("a process");
    let signal = |signal| rustix::process::kill_process(id, signal).expect("it is ours");
    signal(rustix::process::Signal::STOP);
    bench.run(HostOperation::Reload);
    assert!(
        bench.failure().contains("Resource temporarily"),
        "{}",
        bench.failure()
    );
    signal(rustix::process::Signal::CONT);
    bench.kill();
    bench.assert_lost_in_order();
}

fn a_socket_is_closed() {
    let mut bench = Bench::new();
    bench.load();
    let closed = bench
        .world
        .machine_mut()
        .with_bus(|bus| bus.hang_up(Function::Pf));
    assert_eq!(closed, Ok(()));
    let returned = bench.run(HostOperation::Reload);
    assert!(returned < 0, "{returned}");
    assert!(bench.failure().contains("f0.sock"), "{}", bench.failure());
    bench.assert_lost_in_order();
    let mut again = bench.again();
    again.load();
    assert_eq!(again.failure(), "");
}

fn dma_goes_astray() {
    let mut bench = Bench::new();
    let forget = |bench: &mut Bench| bench.world.machine_mut().with_bus(SocketBus::forget_maps);
    let returned = bench.run_and(HostOperation::Load, pages_given, forget);
    assert!(returned < 0, "{returned}");
    let said = bench.messages();
    assert!(said.iter().any(|message| message.contains("timeout")), "{said:?}");
    let strays = bench.world.machine_mut().memory_mut().take_strays();
    let reads = strays.iter().any(|stray| stray.kind == StrayKind::DeviceRead);
    assert!(reads, "the device could not read the command: {strays:?}");
    bench.world.quiesce().expect("it comes to rest");
    bench.run(HostOperation::Unload);
    assert_eq!(bench.holdings(), Holdings::default(), "{:?}", bench.messages());
    // The same driver finds the device again: what it takes from here on is mapped.
    bench.load();
    bench.again().load();
}

fn vectors_are_masked() {
    let mut bench = Bench::new();
    bench.load();
    let masked = bench.world.machine_mut().with_bus(|bus| bus.mask(Function::Pf));
    assert_eq!(masked, Ok(()));
    let began = bench.world.now();
    bench.run(HostOperation::Reload);
    let took = bench.world.now().saturating_sub(began);
    assert!(took > prm::Cycles::from_secs(1), "nobody told it: {took:?}");
    let failure = bench.failure();
    assert!(
        failure.contains("of pf was raised, and nothing came"),
        "{failure}"
    );
    bench.world.quiesce().expect("it comes to rest");
    bench.run(HostOperation::Unload);
    assert_eq!(bench.holdings(), Holdings::default(), "{:?}", bench.messages());
    let mut again = bench.again();
    again.load();
    assert_eq!(again.failure(), "", "the next host has them armed again");
}

fn what_does_not_fit() {
    let wall = start(Time::Wall);
    let control = wall.folder().join("control.sock");
    let error = Server::join(wall.folder(), &control, Time::Virtual).expect_err("it has another clock");
    assert!(matches!(error, ServerError::OtherClock { .. }), "{error}");
    assert!(
        error.to_string().contains("serve with `--virtual-time`"),
        "{error}"
    );
    let there = start(Time::Virtual);
    let control = there.folder().join("control.sock");
    let joined = Server::join(there.folder(), &control, Time::Virtual).expect("it fits");
    assert_eq!(joined.room().virtual_functions, Room::USUAL.virtual_functions);
    let error = Server::join(there.folder(), &control, Time::Wall).expect_err("it has another clock");
    assert!(error.to_string().contains("run without `--wall-time`"), "{error}");
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere = folder.path().join("control.sock");
    let error = Server::join(folder.path(), &nowhere, Time::Virtual).expect_err("nobody is there");
    assert!(error.to_string().contains("serve --flat"), "{error}");
    let error = Server::join(folder.path(), &control, Time::Virtual).expect_err("no sockets");
    assert!(matches!(error, ServerError::NotFlat(_)), "{error}");
}
