//! Function-level resets: what a function that its host resets gives back.

use crate::config::OnReset;
use crate::record::Record;
use crate::testing::{Bench, ecpf_config, pf_config};
use prm::Function;
use prm::event::PageRequest;
use prm::init_segment::{self as segment, InitializingWord, QueueAddressLow};

const PAGES: u8 = 3;

fn reset(bench: &mut Bench, function: Function) {
    let now = bench.now;
    bench.silicon.reset_function(function, now, &mut bench.hosts);
}

/// The page request events that came: vhca_id, signed count, release-all.
fn requests(bench: &mut Bench) -> Vec<(u16, i32, bool)> {
    let told = |entry: prm::event::EventEntry| {
        let event: PageRequest = entry.data();
        (
            event.function_id(),
            event.page_count().cast_signed(),
            event.release_all(),
        )
    };
    bench.events(PAGES).into_iter().map(told).collect()
}

#[test]
fn what_the_pf_supplied_for_a_vf_goes_back_as_the_knob_says() {
    for (knob, told, held) in [
        (OnReset::ReleaseAll, vec![(16, 0, true)], 0),
        (OnReset::ReturnPages, vec![(16, -64, false)], 64),
        (OnReset::Silent, vec![], 64),
    ] {
        let mut config = pf_config();
        config.firmware.on_reset = knob;
        let mut bench = Bench::loaded(config);
        bench.give(16, false, 64).ok();
        reset(&mut bench, Function::Vf(1));
        assert_eq!(requests(&mut bench), told, "{knob:?}");
        assert_eq!(bench.held(Function::Vf(1)), held);
        assert_eq!(bench.held(Function::Pf), 240, "the supplier's own stay");
    }
}

#[test]
fn a_function_without_pages_has_nothing_to_give_back() {
    let mut bench = Bench::loaded(pf_config());
    reset(&mut bench, Function::Vf(2));
    assert_eq!(requests(&mut bench), []);
}

#[test]
fn an_embedded_cpus_vf_is_named_by_its_own_vhca_id() {
    let mut bench = Bench::loaded(ecpf_config());
    bench.give(64, false, 8).ok();
    assert_eq!(bench.held(Function::EcVf(1)), 8);
    reset(&mut bench, Function::EcVf(1));
    assert_eq!(requests(&mut bench), [(64, 0, true)]);
    assert_eq!(bench.held(Function::EcVf(1)), 0);
}

#[test]
fn with_the_supplier_its_own_pages_and_those_of_its_vfs_are_forgotten() {
    let mut bench = Bench::loaded(pf_config());
    bench.give(16, false, 64).ok();
    reset(&mut bench, Function::Pf);
    assert_eq!((bench.held(Function::Pf), bench.held(Function::Vf(1))), (0, 0));
    assert!(!bench.silicon.takes_page_requests(Function::Pf));
}

#[test]
fn a_vf_that_its_pf_takes_away_keeps_its_pages_until_it_is_disabled() {
    let mut bench = Bench::loaded(pf_config());
    bench.give(16, false, 64).ok();
    let now = bench.now;
    bench.silicon.reset_endpoint(Function::Vf(1), now);
    assert_eq!(requests(&mut bench), []);
    assert_eq!(bench.held(Function::Vf(1)), 64);
}

#[test]
fn only_a_function_that_a_driver_has_enabled_goes_on_record() {
    let mut bench = Bench::loaded(pf_config());
    drop(bench.silicon.take_records());
    reset(&mut bench, Function::Vf(1));
    reset(&mut bench, Function::Pf);
    reset(&mut bench, Function::Pf);
    let records = bench.silicon.take_records();
    let reset = records.iter().filter_map(|record| match record {
        Record::FunctionReset { endpoint, .. } => Some(*endpoint),
        _ => None,
    });
    assert_eq!(reset.collect::<Vec<_>>(), [Function::Pf]);
}

#[test]
fn a_driver_may_have_firmware_reset_itself_if_the_knob_says_so() {
    for takes in [false, true] {
        let mut config = pf_config();
        config.firmware.takes_reset_requests = takes;
        let mut bench = Bench::loaded(config);
        bench.give(16, false, 64).ok();
        let word = InitializingWord::from_word(bench.read(segment::INITIALIZING));
        assert_eq!(word.firmware_reset_supported(), takes);
        let word = QueueAddressLow::from_word(bench.read(segment::QUEUE_ADDRESS_LOW));
        let asks = word.with_nic_interface(segment::NIC_INTERFACE_SOFTWARE_RESET);
        bench.write(segment::QUEUE_ADDRESS_LOW, asks.to_word());
        assert_eq!((bench.held(Function::Pf), bench.held(Function::Vf(1))), (0, 0));
        let now = bench.now;
        let mut off = |function| {
            let at = u32::try_from(segment::QUEUE_ADDRESS_LOW).expect("an offset");
            let word = QueueAddressLow::from_word(bench.silicon.read_register(function, at, now));
            word.nic_interface() == segment::NIC_INTERFACE_DISABLED
        };
        assert_eq!((off(Function::Pf), off(Function::Vf(1))), (true, takes));
    }
}
