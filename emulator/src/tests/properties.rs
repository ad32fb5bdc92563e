//! What holds whatever the driver and the scenario do.

use super::reading_back::assert_all_reads_back;
use crate::order::{FirmwareOrder, PageRequest};
use crate::owner::Owner;
use crate::record::Record;
use crate::state::ledger::OwnedPage;
use crate::state::page_signature;
use crate::testing::{Bench, ecpf_config, pf_config, request};
use prm::command_queue::CommandEntry;
use prm::init_segment::COMMAND_DOORBELL;
use prm::link::HostBus;
use prm::{Function, Iova};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// One step of a driver and its device.
#[derive(Clone, Debug)]
enum Step {
    Give { vf: u16, pages: u32 },
    GiveAgain { vf: u16, from: usize },
    Take { vf: u16, pages: u32 },
    ReleaseAll { vf: u16 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1..4u16, 0..40u32).prop_map(|(vf, pages)| Step::Give { vf, pages }),
        1 => (1..4u16, any::<usize>()).prop_map(|(vf, from)| Step::GiveAgain { vf, from }),
        4 => (1..4u16, 0..60u32).prop_map(|(vf, pages)| Step::Take { vf, pages }),
        1 => (1..4u16).prop_map(|vf| Step::ReleaseAll { vf }),
    ];
    proptest::collection::vec(step, 1..24)
}

/// The ledger's pages of a VF by number.
fn owned(bench: &Bench, vf: u16) -> BTreeSet<u64> {
    let owner = Owner::from(Function::Vf(vf));
    bench
        .silicon
        .ledger()
        .pages_of(Function::Pf, owner)
        .map(|page| page.number)
        .collect()
}

fn signatures_hold(bench: &mut Bench) -> bool {
    let ledger = bench.silicon.ledger();
    let pages: Vec<(Owner, OwnedPage)> = ledger
        .owners(Function::Pf)
        .flat_map(|(owner, _)| {
            ledger
                .pages_of(Function::Pf, owner)
                .map(move |page| (owner, page))
        })
        .collect();
    pages.into_iter().all(|(owner, page)| {
        let mut found = [0; page_signature::SIGNATURE_LENGTH];
        bench.host().dma_read(page.address(), &mut found).is_ok() && found == page_signature::of(owner, page)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_ledger_holds_what_was_given_and_not_taken(steps in steps()) {
        let mut bench = Bench::loaded(pf_config());
        let mut expected: BTreeMap<u16, BTreeSet<u64>> = (1..4).map(|vf| (vf, BTreeSet::new())).collect();
        for step in steps {
            match step {
                Step::Give { vf, pages } => {
                    let pages = bench.pages(pages);
                    bench.run_bytes(&Bench::give_input(15 + vf, false, &pages), 16).ok();
                    let mine = expected.get_mut(&vf).expect("a row each");
                    mine.extend(pages.iter().map(|page| page.0 >> 12));
                }
                Step::GiveAgain { vf, from } => {
                    let held: Vec<u64> = expected.values().flatten().copied().collect();
                    if held.is_empty() {
                        continue;
                    }
                    let mut pages = bench.pages(2);
                    pages.push(Iova(held[from % held.len()] << 12));
                    let output = bench.run_bytes(&Bench::give_input(15 + vf, false, &pages), 16);
                    prop_assert_eq!(output.status(), prm::CommandStatus::BadParameter);
                }
                Step::Take { vf, pages } => {
                    let taken = Bench::taken(&bench.take(15 + vf, false, pages).ok());
                    let mine = expected.get_mut(&vf).expect("a row each");
                    prop_assert_eq!(taken.len(), mine.len().min(pages as usize));
                    for page in taken {
                        prop_assert!(mine.remove(&(page.0 >> 12)));
                    }
                }
                Step::ReleaseAll { vf } => {
                    let release = PageRequest { release_all: true, ..request(Function::Vf(vf), 0) };
                    bench.order(&FirmwareOrder::RequestPages(release));
                    expected.insert(vf, BTreeSet::new());
                }
            }
            let mut total = 240;
            for (&vf, pages) in &expected {
                prop_assert_eq!(&owned(&bench, vf), pages);
                total += pages.len() as u64;
            }
            prop_assert_eq!(bench.silicon.ledger().total(Function::Pf), total);
            prop_assert!(signatures_hold(&mut bench));
        }
        let lost = |record: &Record| {
            matches!(record, Record::Corruption { what: crate::record::Corruption::SignatureLost { .. }, .. })
        };
        prop_assert!(!bench.records.iter().any(lost));
        assert_all_reads_back(&mut bench);
    }

    #[test]
    fn garbage_in_queue_entries_never_panics(
        entries in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 64), any::<bool>()), 1..8),
        mailbox in proptest::collection::vec(any::<u8>(), 1024),
        loaded: bool,
    ) {
        let mut bench = if loaded { Bench::loaded(pf_config()) } else { Bench::new(ecpf_config()) };
        let chain = bench.memory(4096);
        bench.host().dma_write(chain, &mailbox).expect("mapped");
        for (slot, (bytes, plausible)) in (0u8..).zip(entries) {
            let mut entry = CommandEntry::from_bytes(&bytes).expect("64 bytes");
            entry.set_owner(true);
            if plausible {
                entry.set_kind(7);
                entry.set_input_length(entry.input_length() % 2048);
                entry.set_output_length(entry.output_length() % 5000);
                entry.set_input_mailbox(chain.0);
                entry.set_output_mailbox(chain.0 + 512);
            }
            entry.sign();
            bench.place_entry(slot, &entry);
        }
        bench.write(COMMAND_DOORBELL, u32::MAX);
        bench.settle();
        prop_assert!(bench.silicon.next_due().is_none());
        assert_all_reads_back(&mut bench);
    }

    #[test]
    fn any_input_of_any_operation_is_answered(
        opcode in prop_oneof![
            proptest::sample::select(prm::Opcode::ALL.iter().map(|opcode| opcode.raw()).collect::<Vec<_>>()),
            any::<u16>(),
        ],
        op_mod in prop_oneof![0..4u16, any::<u16>()],
        mut input in proptest::collection::vec(any::<u8>(), 8..1400),
        out_len in 8..5000u32,
        ecpf: bool,
        calm: bool,
    ) {
        let mut bench = Bench::loaded(if ecpf { ecpf_config() } else { pf_config() });
        if calm {
            // Mostly zero inputs get further than noise does.
            input.iter_mut().skip(12).for_each(|byte| *byte &= 1);
        }
        input[..2].copy_from_slice(&opcode.to_be_bytes());
        input[6..8].copy_from_slice(&op_mod.to_be_bytes());
        let handle = bench.ring(0, &input, out_len);
        bench.settle();
        prop_assert!(bench.poll(handle).is_some());
        prop_assert_eq!(bench.silicon.outstanding_commands(), []);
        assert_all_reads_back(&mut bench);
    }

    #[test]
    fn register_accesses_never_panic(
        accesses in proptest::collection::vec(
            (prop_oneof![0..0x30u32, 0..0x9100u32, any::<u32>()], any::<u32>(), any::<bool>()), 1..64),
        loaded: bool,
    ) {
        let mut bench = if loaded { Bench::loaded(pf_config()) } else { Bench::new(pf_config()) };
        for (offset, value, write) in accesses {
            for endpoint in [Function::Pf, Function::Vf(1), Function::HostVf(9)] {
                let _ = bench.silicon.read_register(endpoint, offset, bench.now);
                let _ = bench.silicon.read_register_byte(endpoint, offset, bench.now);
                if write {
                    bench.silicon.write_register(endpoint, offset, value, bench.now, &mut bench.hosts);
                }
            }
            bench.settle();
        }
        assert_all_reads_back(&mut bench);
    }
}
