//! The pool's free list, whole and overwritten.

use super::*;
use crate::test_backing::TestBus;

fn silent(_: MessageKind) {}

#[test]
fn freed_blocks_are_handed_out_last_first() {
    let mut bus = TestBus::default();
    let mut pool = Mailboxes::default();
    let chain = pool.allocate_output(3, &mut bus, &mut silent).unwrap();
    let blocks = chain.blocks.clone();
    assert!(blocks.iter().all(|block| block.memory == block.bus));
    pool.free(chain, &mut bus);
    let again = pool.allocate_output(1, &mut bus, &mut silent).unwrap();
    assert_eq!(again.blocks[0], blocks[2]);
    let pair = pool.allocate_output(2, &mut bus, &mut silent).unwrap();
    assert_eq!(
        pair.blocks,
        [blocks[0], blocks[1]],
        "the first one taken is the last of the chain"
    );
}

#[test]
fn a_late_write_of_zeros_makes_every_later_output_pointer_zero() {
    let mut bus = TestBus::default();
    let mut pool = Mailboxes::default();
    let lost = pool.allocate_output(8, &mut bus, &mut silent).unwrap();
    let blocks = lost.blocks.clone();
    pool.free(lost, &mut bus);
    for block in &blocks {
        bus.write_memory(block.memory, &[0; MAILBOX_DATA_LENGTH]);
    }
    for _ in 0..12 {
        let chain = pool.allocate_output(1, &mut bus, &mut silent).unwrap();
        assert_eq!(chain.first(), Iova(0));
        let mut data = [0xff; 16];
        chain.read(&bus, &mut data).unwrap();
        assert_eq!(
            data, [0; 16],
            "the driver reads the real block, which the device does not write"
        );
        pool.free(chain, &mut bus);
    }
}

#[test]
fn a_damaged_block_ends_a_long_chain() {
    let mut bus = TestBus::default();
    let mut pool = Mailboxes::default();
    let lost = pool.allocate_output(8, &mut bus, &mut silent).unwrap();
    let blocks = lost.blocks.clone();
    pool.free(lost, &mut bus);
    for block in &blocks {
        bus.write_memory(block.memory, &[0; MAILBOX_DATA_LENGTH]);
    }
    let chain = pool.allocate_output(13, &mut bus, &mut silent).unwrap();
    let damaged: Vec<bool> = chain.blocks.iter().map(|block| block.bus == Iova(0)).collect();
    assert_eq!(damaged.iter().position(|&damaged| damaged), Some(12));
}

#[test]
fn without_a_late_write_the_pool_stays_whole() {
    let mut bus = TestBus::default();
    let mut pool = Mailboxes::default();
    let lost = pool.allocate_output(8, &mut bus, &mut silent).unwrap();
    pool.free(lost, &mut bus);
    for _ in 0..6 {
        let chain = pool.allocate_output(1, &mut bus, &mut silent).unwrap();
        assert_ne!(chain.first(), Iova(0));
        pool.free(chain, &mut bus);
    }
}

#[test]
fn a_link_into_nowhere_is_reported_and_ends_the_list() {
    let mut bus = TestBus::default();
    let mut pool = Mailboxes::default();
    let chain = pool.allocate_output(1, &mut bus, &mut silent).unwrap();
    let block = chain.blocks[0];
    pool.free(chain, &mut bus);
    bus.write_memory(block.memory, &[0xa5; 16]);
    let mut printed = Vec::new();
    let chain = pool
        .allocate_output(1, &mut bus, &mut |kind| printed.push(kind))
        .unwrap();
    assert_eq!(
        printed,
        [MessageKind::MailboxPoolCorrupted { block: block.memory }]
    );
    assert_eq!(chain.first(), Iova(0xa5a5_a5a5_a5a5_a5a5));
}

#[test]
fn input_chains_keep_their_own_blocks() {
    let mut bus = TestBus::default();
    let mut pool = Mailboxes::default();
    let data: Vec<u8> = (0..1200u32).map(|byte| byte.to_le_bytes()[0]).collect();
    let chain = pool.allocate_input(3, &mut bus, &mut silent).unwrap();
    chain.write(&mut bus, Token(7), &data);
    let copy = chain.clone();
    pool.free(chain, &mut bus);
    let other = pool.allocate_output(40, &mut bus, &mut silent).unwrap();
    assert!(other.blocks.iter().all(|block| !copy.blocks.contains(block)));
    let mut read = vec![0; 1200];
    copy.read(&bus, &mut read).unwrap();
    assert_eq!(read, data);
    assert_eq!(pool.allocate_input(3, &mut bus, &mut silent).unwrap(), copy);
}

#[test]
fn an_input_beyond_the_caches_comes_from_the_pool_and_all_memory_goes_back() {
    let mut bus = TestBus::default();
    let mut pool = Mailboxes::default();
    let big = pool.allocate_input(600, &mut bus, &mut silent).unwrap();
    assert_eq!(big.home, Home::Pool);
    let small = pool.allocate_input(1, &mut bus, &mut silent).unwrap();
    pool.free(big, &mut bus);
    pool.free(small, &mut bus);
    pool.release(&mut bus);
    assert_eq!(bus.coherent_in_use(), 0);
}
