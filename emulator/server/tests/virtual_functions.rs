//! SR-IOV as a guest sees it: the capability that appears, and the functions that come and go.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, and runs the server on a thread"
)]

mod support;

use prm::Function;
use std::collections::BTreeMap;
use support::guest::{BAR0, Guest};
use support::{Served, ecpf, lone_vf, pf, pf_with_sfs};

const IDS_OF_A_VF: u32 = 0x101c_15b3;

#[test]
fn the_capability_shows_after_the_first_reset_only() {
    for (config, function, total) in [(pf(), Function::Pf, 3), (ecpf(), Function::Ecpf, 2)] {
        let served = Served::start(config);
        // QEMU looks for extended capabilities once, when it plugs the device in.
        for _ in 0..2 {
            let mut guest = Guest::plug(&served, function);
            assert_eq!(guest.whole_config()[0x100..], [0; 0xf00]);
            guest.enable_vfs(1);
            guest.function_level_reset();
            assert_eq!(guest.whole_config()[0x100..], [0; 0xf00]);
            guest.client.reset().unwrap();
            assert_eq!(guest.config_u32(0x100), 0x1401_0010);
            assert_eq!((guest.config_u16(0x10c), guest.config_u16(0x10e)), (total, total));
            assert_eq!((guest.config_u16(0x114), guest.config_u16(0x116)), (1, 1));
            assert_eq!(guest.config_u16(0x11a), 0x101c);
            assert_eq!((guest.config_u32(0x11c), guest.config_u32(0x120)), (0x553, 1));
            guest.function_level_reset();
            assert_eq!(guest.config_u32(0x100), 0x1401_0010, "once shown it stays");
            drop(guest);
            served.wait_until_gone(function);
        }
    }
}

#[test]
fn a_function_without_vfs_has_no_capability() {
    let served = Served::start(pf_with_sfs());
    let mut guest = Guest::boot(&served, Function::Pf);
    assert_eq!(guest.whole_config()[0x100..], [0; 0xf00]);
}

#[test]
fn the_kernel_sizes_the_vf_bars_and_counts_the_vfs() {
    let served = Served::start(pf());
    let mut guest = Guest::boot(&served, Function::Pf);
    for at in (0x124..0x13c).step_by(4) {
        guest.set_config(at, &[0xff; 4]);
    }
    let bars: Vec<u32> = (0x124..0x13c).step_by(4).map(|at| guest.config_u32(at)).collect();
    assert_eq!(bars, [0xffc0_000c, 0xffff_ffff, 0, 0, 0, 0]);
    guest.set_config(0x124, &0xe040_0000_u32.to_le_bytes());
    guest.set_config(0x128, &8_u32.to_le_bytes());
    assert_eq!(
        (guest.config_u32(0x124), guest.config_u32(0x128)),
        (0xe040_000c, 8)
    );
    for count in [3, 2, 1, 0] {
        guest.set_config(0x110, &u16::to_le_bytes(count));
        assert_eq!(guest.config_u16(0x110), count);
    }
    guest.set_config(0x110, &4_u16.to_le_bytes());
    assert_eq!(guest.config_u16(0x110), 0, "there are only 3");
    guest.set_config(0x120, &0xffff_ffff_u32.to_le_bytes());
    assert_eq!(guest.config_u32(0x120), 0x553);
    guest.enable_vfs(2);
    guest.set_config(0x110, &3_u16.to_le_bytes());
    assert_eq!(guest.config_u16(0x110), 2, "enabled VFs keep their number");
    assert_eq!(guest.config_u16(0x108), 9);
    guest.client.reset().unwrap();
    assert_eq!((guest.config_u16(0x108), guest.config_u16(0x110)), (0, 0));
    assert_eq!(guest.config_u32(0x124), 0xc);
}

#[test]
fn a_vf_is_there_to_be_plugged_in_then_hides_until_its_pf_enables_it() {
    let served = Served::start(pf());
    let mut pf = Guest::boot(&served, Function::Pf);
    let mut vf = Guest::plug(&served, Function::Vf(2));
    assert_eq!(vf.config_u32(0), IDS_OF_A_VF, "QEMU realizes it");
    vf.set_config(0x10, &[0xff; 4]);
    assert_eq!(vf.config_u32(0x10), 0xffc0_000c);
    vf.client.reset().unwrap();
    let mut empty = vec![0xff; 4096];
    empty[0x3d] = 0;
    assert_eq!(
        vf.whole_config(),
        empty,
        "an empty slot, but for the interrupt pin that QEMU asks for"
    );
    assert_eq!(vf.register(BAR0, 0), u32::MAX);
    vf.set_config(0x04, &0x0006_u16.to_le_bytes());

    pf.enable_vfs(1);
    assert!(!vf.is_visible(), "only VF 1 is enabled");
    pf.disable_vfs();
    for _ in 0..2 {
        pf.enable_vfs(2);
        assert_eq!(vf.config_u32(0), IDS_OF_A_VF);
        assert_eq!(
            (vf.config_u16(0x04), vf.config_u32(0x10)),
            (0, 0xc),
            "as after a reset"
        );
        assert_eq!(vf.register(BAR0, 4) >> 16, 5);
        // The guest places the BAR by hand: QEMU maps by the VF's own register.
        vf.set_config(0x10, &0xe080_0000_u32.to_le_bytes());
        vf.set_config(0x04, &0x0006_u16.to_le_bytes());
        assert_eq!((vf.config_u16(0x04), vf.config_u32(0x10)), (6, 0xe080_000c));
        vf.function_level_reset();
        assert_eq!(vf.config_u16(0x04), 0);
        assert!(vf.is_visible(), "a reset of its own does not disable it");
        pf.disable_vfs();
        assert!(!vf.is_visible());
    }
    pf.enable_vfs(3);
    vf.client.reset().unwrap();
    assert!(vf.is_visible());
    pf.client.reset().unwrap();
    assert!(!vf.is_visible(), "the PF's reset clears VF enable");
    pf.enable_vfs(3);
    pf.function_level_reset();
    assert!(!vf.is_visible(), "and so does its function level reset");
    pf.enable_vfs(3);
    assert!(vf.is_visible());
    drop(pf);
    served.wait_until_gone(Function::Pf);
    assert!(!vf.is_visible(), "and the end of its client");
}

/// The extended capabilities in their order: where, and which. They are aligned, do not overlap, and have version 1.
fn extended_chain(guest: &mut Guest) -> Vec<(u16, u16)> {
    let mut lengths = BTreeMap::from([(0x0010, 0x40), (0x000e, 8)]);
    let (mut found, mut at, mut end) = (Vec::new(), 0x100, 0x100);
    while at != 0 && guest.config_u32(at.into()) != 0 {
        assert!(at % 4 == 0 && at >= end, "{at:#x} is aligned and behind {end:#x}");
        let (id, next) = (guest.config_u16(at.into()), guest.config_u16((at + 2).into()));
        assert_eq!(next & 0xf, 1, "version of {id:#x}");
        end = at + lengths.remove(&id).expect("a known capability, once");
        found.push((at, id));
        at = next >> 4;
    }
    found
}

#[test]
fn pf_and_vfs_say_that_their_bus_has_256_functions() {
    const SRIOV: u16 = 0x0010;
    const ARI: u16 = 0x000e;
    let served = Served::start(ecpf());
    let mut pf = Guest::boot(&served, Function::Ecpf);
    assert_eq!(extended_chain(&mut pf), [(0x100, SRIOV), (0x140, ARI)]);
    // No next function: VFs are found by offset and stride. No function groups.
    pf.set_config(0x144, &[0xff; 4]);
    assert_eq!(pf.config_u32(0x144), 0);
    pf.enable_vfs(2);
    let mut vf = Guest::boot(&served, Function::EcVf(2));
    assert_eq!(vf.config_u32(0), IDS_OF_A_VF);
    assert_eq!(extended_chain(&mut vf), [(0x100, ARI)]);
    assert_eq!(vf.client.get_irq_info(2).unwrap().count, 16);
    let served = Served::start(lone_vf());
    let mut lone = Guest::boot(&served, Function::Vf(1));
    assert_eq!(extended_chain(&mut lone), []);
}

#[test]
fn a_vf_is_plugged_in_where_offset_and_stride_put_it() {
    let mut config = pf();
    config.vfs.total = 9;
    let served = Served::start(config);
    let mut pf = Guest::boot(&served, Function::Pf);
    let (offset, stride) = (pf.config_u16(0x114), pf.config_u16(0x116));
    let slots = served.with(|server| server.slots());
    assert_eq!((slots[0].function, slots[0].devfn), (Function::Pf, 0));
    for (number, slot) in (0..).zip(&slots[1..]) {
        assert_eq!(slot.function, Function::Vf(number + 1));
        assert_eq!(u16::from(slot.devfn), offset + stride * number);
    }
}
