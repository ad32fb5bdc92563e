//! Probe, run and unload.

use crate::config::DeviceKind;
use crate::record::Record;
use crate::state::ledger::Ledger;
use crate::testing::{Bench, ecpf_config, pf_config, plain};
use prm::{Function, PageMode};

fn commands(bench: &Bench) -> Vec<(&str, u16, &'static str)> {
    let commands = bench.records.iter().filter_map(|record| match record {
        Record::Command(command) => Some((&*command.name, command.op_mod, command.completion.word())),
        _ => None,
    });
    commands.collect()
}

fn total(ledger: &Ledger) -> u64 {
    ledger.rows().map(|(_, _, pages)| pages).sum()
}

#[test]
fn a_pf_loads_and_unloads_in_vhca_id_mode() {
    let mut bench = Bench::loaded(pf_config());
    assert_eq!(bench.held(Function::Pf), 240);
    let back = bench.unload(&[5]);
    assert_eq!(back.len(), 240);
    assert_eq!(total(bench.silicon.ledger()), 0);
    assert!(
        bench
            .records
            .iter()
            .all(|record| !matches!(record, Record::Corruption { .. } | Record::Refused { .. }))
    );
}

#[test]
fn a_pf_loads_and_unloads_in_function_id_mode() {
    let mut config = plain(DeviceKind::Pf, 0x11);
    config.page_mode = PageMode::FuncId;
    let mut bench = Bench::loaded(config);
    assert_eq!(bench.unload(&[0]).len(), 240);
}

#[test]
fn an_ecpf_loads_and_unloads() {
    let mut bench = Bench::loaded(ecpf_config());
    assert_eq!(bench.held(Function::Ecpf), 240);
    assert_eq!(bench.unload(&[2]).len(), 240);
}

#[test]
fn a_vf_that_is_passed_through_alone_loads_and_unloads() {
    let mut bench = Bench::loaded(plain(DeviceKind::Vf, 0x21));
    assert_eq!(bench.held(Function::Vf(1)), 240);
    assert_eq!(bench.unload(&[0x21]).len(), 240);
}

#[test]
fn the_first_event_queue_is_created_and_destroyed_by_polling() {
    let mut bench = Bench::loaded(pf_config());
    bench.unload(&[5]);
    let modes: Vec<_> = commands(&bench)
        .into_iter()
        .filter(|(name, ..)| matches!(*name, "CREATE_EQ" | "DESTROY_EQ"))
        .map(|(.., completion)| completion)
        .collect();
    assert_eq!(modes, ["poll", "event", "event", "event", "event", "poll"]);
}

#[test]
fn a_second_load_needs_no_reset() {
    let mut bench = Bench::loaded(pf_config());
    bench.unload(&[5]);
    bench.connect(Function::Pf);
    bench.load();
    assert_eq!(bench.held(Function::Pf), 240);
    assert!(!bench.capabilities(1).eth_net_offloads());
    assert!(bench.capabilities(1).icm_mng_function_id_mode());
}
