//! Whatever a bench is asked to do, in whatever order, it answers with a result.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use driver_host::Limits;
use mlx5_embedding::emulator::order::{CommandMatch, Hold, HoldPoint};
use mlx5_embedding::{
    Bench, Cycles, FirmwareOrder, Function, GateOrder, HostOperation, RevisionName, RunSetup,
};
use proptest::prelude::*;
use std::time::Duration;

#[derive(Clone, Debug)]
enum Verb {
    Run(Function, HostOperation),
    Start(Function, HostOperation),
    Finish(usize),
    Request(Function, i32),
    Hold(&'static str),
    Release,
    Forget,
    Pass(u64),
    Quiesce,
}

fn function() -> impl Strategy<Value = Function> {
    prop_oneof![
        3 => Just(Function::Pf),
        2 => (1..4_u16).prop_map(Function::Vf),
        1 => Just(Function::Sf(1)),
        1 => Just(Function::EcVf(1)),
    ]
}

fn operation() -> impl Strategy<Value = HostOperation> {
    prop_oneof![
        4 => Just(HostOperation::Load),
        2 => Just(HostOperation::Unload),
        2 => (-1..4).prop_map(HostOperation::EnableVfs),
        1 => Just(HostOperation::DisableVfs),
        1 => Just(HostOperation::Reload),
        1 => Just(HostOperation::ResetFunction),
        1 => Just(HostOperation::SuspendResume),
        1 => Just(HostOperation::Kexec),
        1 => Just(HostOperation::Reboot),
        1 => Just(HostOperation::Remove),
        1 => Just(HostOperation::Rescan),
        1 => (0..3_u16).prop_map(HostOperation::AddSf),
        1 => (0..3_u16).prop_map(HostOperation::ActivateSf),
    ]
}

fn verb() -> impl Strategy<Value = Verb> {
    let command = prop_oneof![Just("MANAGE_PAGES"), Just("ENABLE_HCA"), Just("NO_SUCH_COMMAND")];
    prop_oneof![
        6 => (function(), operation()).prop_map(|(at, what)| Verb::Run(at, what)),
        3 => (function(), operation()).prop_map(|(at, what)| Verb::Start(at, what)),
        2 => (0..4_usize).prop_map(Verb::Finish),
        4 => (function(), prop_oneof![-600..600_i32, any::<i32>()]).prop_map(|(of, pages)| Verb::Request(of, pages)),
        1 => command.prop_map(Verb::Hold),
        1 => Just(Verb::Release),
        1 => Just(Verb::Forget),
        2 => prop_oneof![0..100_000_u64, any::<u64>()].prop_map(Verb::Pass),
        1 => Just(Verb::Quiesce),
    ]
}

const DEVICE: &str = r#"{ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
    "eswitch": { "manager": true, "vport_group_manager": true },
    "vfs": { "total": 3, "first_vhca_id": 16 },
    "sfs": { "max": 1, "base_id": 128, "first_vhca_id": 64 } }"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_verb_returns(verbs in prop::collection::vec(verb(), 1..12), revision in 0..3_usize) {
        let setup = RunSetup::of(mlx5_embedding::device(DEVICE).unwrap(), RevisionName::ALL[revision]);
        let limits = Limits { events: 100_000, time_per_step: Cycles::from_secs(600) };
        let mut bench = Bench::of(&RunSetup { limits, ..setup }).unwrap();
        let mut started = Vec::new();
        for verb in verbs {
            let done = match verb {
                Verb::Run(function, operation) => bench.run_at(function, operation),
                Verb::Start(function, operation) => {
                    bench.start(function, operation).map(|handle| started.push(handle))
                }
                Verb::Finish(which) => started.get(which).map_or(Ok(()), |&handle| bench.finish(handle)),
                Verb::Request(function, pages) => bench.request_pages(function, pages),
                Verb::Hold(command) => bench.gate(&GateOrder::Hold(Hold {
                    name: "hold".to_owned(),
                    command: CommandMatch { command: command.to_owned(), ..CommandMatch::default() },
                    at: HoldPoint::BeforeCompletion,
                    posts: Vec::new(),
                })),
                Verb::Release => bench.gate(&GateOrder::Release { name: "hold".to_owned() }),
                Verb::Forget => bench.order(&FirmwareOrder::Reset {}),
                Verb::Pass(ms) => bench.pass(Duration::from_millis(ms)),
                Verb::Quiesce => bench.quiesce(),
            };
            if let Err(error) = done {
                prop_assert!(!error.to_string().is_empty());
            }
            let _books = (bench.differences(), bench.ledger(), bench.waits(), bench.take_messages());
        }
    }
}
