//! Client memory: maps with and without descriptors, one access over many of them, and messages to the client.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, computes small numbers, and runs the server on a thread"
)]

#[macro_use]
mod support;

use rustix::fs::{MemfdFlags, SealFlags};
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use support::Served;
use support::client::{
    DMA_MAP, DMA_READ, DMA_UNMAP, DMA_WRITE, EACCES, EEXIST, EINVAL, ENOTSUP, REGION_READ, REGION_WRITE,
    access, dma_map, dma_unmap, message,
};
use support::device::{BUFFER, GO, IOVA, LENGTH};
use transport::DmaError;

const PAGE: u64 = 4096;
const RW: u32 = 3;

fn memory(pages: u64, sealed: bool) -> File {
    let file: OwnedFd =
        rustix::fs::memfd_create("guest", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
    rustix::fs::ftruncate(&file, pages * PAGE).unwrap();
    if sealed {
        rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW).unwrap();
    }
    file.into()
}

/// Prepares an access, to be started with [`GO`].
fn aim(served: &mut Served, iova: u64, length: u32) {
    assert_eq!(served.client.write(0, IOVA, &iova.to_le_bytes()), None);
    assert_eq!(served.client.write(0, LENGTH, &length.to_le_bytes()), None);
}

fn go(served: &mut Served, direction: u32) -> Result<(), DmaError> {
    assert_eq!(served.client.write(0, GO, &direction.to_le_bytes()), None);
    served.shared.lock().unwrap().last_dma.take().unwrap()
}

fn dma(served: &mut Served, direction: u32, iova: u64, length: u32) -> Result<(), DmaError> {
    aim(served, iova, length);
    go(served, direction)
}

#[test]
fn an_access_is_scattered_over_thousands_of_pages_in_any_order() {
    for sealed in [true, false] {
        let mut served = Served::start();
        let pages = 256;
        let file = memory(pages, sealed);
        // Page n of the address space is page (n * 77) of the file.
        for page in 0..pages {
            let map = dma_map(RW, (page * 77 % pages) * PAGE, page * PAGE, PAGE);
            assert_eq!(
                served.client.call_with(DMA_MAP, &map, &[file.as_fd()]).error(),
                None
            );
        }
        let pattern: Vec<u8> = (0..pages * PAGE).map(|at| (at / 7 % 251) as u8).collect();
        assert_eq!(served.client.write(0, BUFFER, &pattern), None);
        assert_eq!(dma(&mut served, 2, 8, (pages * PAGE - 16) as u32), Ok(()));
        let mut stored = vec![0; pattern.len()];
        for page in 0..pages {
            let at = (page * PAGE) as usize;
            file.read_exact_at(&mut stored[at..at + 4096], (page * 77 % pages) * PAGE)
                .unwrap();
        }
        assert_eq!(stored[8..stored.len() - 8], pattern[..pattern.len() - 16]);
        assert_eq!(served.client.write(0, BUFFER, &vec![0; pattern.len()]), None);
        assert_eq!(dma(&mut served, 1, 8, (pages * PAGE - 16) as u32), Ok(()));
        assert_eq!(served.client.read(0, BUFFER, 4096).unwrap(), pattern[..4096]);
    }
}

#[test]
fn sixty_thousand_maps_and_not_one_more() {
    let mut served = Served::start();
    let file = memory(16, true);
    for page in 0..65_535 {
        let map = dma_map(RW, page % 16 * PAGE, page * PAGE, PAGE);
        assert_eq!(
            served.client.call_with(DMA_MAP, &map, &[file.as_fd()]).error(),
            None
        );
    }
    let reply = served.client.call(DMA_MAP, &dma_map(RW, 0, 1 << 40, PAGE));
    assert_eq!(reply.error(), Some(28), "more than were advertised");
    assert_eq!(dma(&mut served, 1, 8, 1 << 20), Ok(()));
    assert_eq!(
        served
            .client
            .call(DMA_UNMAP, &dma_unmap(0, 0, 65_535 * PAGE))
            .error(),
        None
    );
    assert_eq!(dma(&mut served, 1, 0, 8), Err(DmaError::Unmapped(0)));
}

#[test]
fn maps_that_make_no_sense_are_refused() {
    let mut served = Served::start();
    let file = memory(4, true);
    let zero = File::open("/dev/zero").unwrap();
    let mut map = |body: &[u8], file: &File| served.client.call_with(DMA_MAP, body, &[file.as_fd()]).error();
    assert_eq!(map(&dma_map(RW, 0, 0, PAGE), &file), None);
    assert_eq!(map(&dma_map(RW, 0, 0, PAGE), &file), Some(EEXIST));
    assert_eq!(
        map(&dma_map(RW, PAGE, PAGE, 4 * PAGE), &file),
        Some(EINVAL),
        "the file ends before"
    );
    assert_eq!(
        map(&dma_map(RW, u64::MAX - PAGE + 1, PAGE, PAGE), &file),
        Some(EINVAL),
        "wraps"
    );
    assert_eq!(map(&dma_map(RW, 1, PAGE, PAGE), &file), Some(EINVAL));
    assert_eq!(
        map(&dma_map(RW, 0, PAGE, PAGE), &zero),
        Some(EINVAL),
        "no regular file"
    );
    assert_eq!(map(&dma_map(0x80 | RW, 0, PAGE, PAGE), &file), Some(EINVAL));
    assert_eq!(map(&dma_map(RW, 0, PAGE, PAGE)[..24], &file), Some(EINVAL));
    assert_eq!(
        map(&[dma_map(RW, 0, PAGE, PAGE), vec![0; 32]].concat(), &file),
        Some(EINVAL)
    );
    let whole = memory(4, false);
    let read_only = File::open(format!("/proc/self/fd/{}", whole.as_raw_fd())).unwrap();
    assert_eq!(map(&dma_map(RW, 0, PAGE, PAGE), &read_only), Some(EACCES));
    assert_eq!(map(&dma_map(1, 0, PAGE, PAGE), &read_only), None);
    assert_eq!(dma(&mut served, 1, PAGE, 64), Ok(()));
    assert_eq!(dma(&mut served, 2, PAGE, 64), Err(DmaError::Denied(PAGE)));
    served.client.in_step();
}

#[test]
fn unmapping_what_was_never_mapped_is_fine_and_half_a_map_is_not() {
    let mut served = Served::start();
    for power in 12..48 {
        let range = dma_unmap(0, 1 << power, 1 << power);
        let reply = served.client.call(DMA_UNMAP, &range);
        assert_eq!((reply.error(), reply.body), (None, range));
    }
    let file = memory(4, true);
    let map = dma_map(RW, 0, 0, 4 * PAGE);
    assert_eq!(
        served.client.call_with(DMA_MAP, &map, &[file.as_fd()]).error(),
        None
    );
    assert_eq!(
        served.client.call(DMA_UNMAP, &dma_unmap(0, 0, PAGE)).error(),
        Some(EINVAL)
    );
    assert_eq!(
        served
            .client
            .call(DMA_UNMAP, &dma_unmap(0, 3 * PAGE, 2 * PAGE))
            .error(),
        Some(EINVAL)
    );
    assert_eq!(
        served.client.call(DMA_UNMAP, &dma_unmap(1, 0, 4 * PAGE)).error(),
        Some(ENOTSUP),
        "dirty pages"
    );
    assert_eq!(dma(&mut served, 2, 0, 16384), Ok(()));
    assert_eq!(
        served.client.call(DMA_UNMAP, &dma_unmap(0, 0, 8 * PAGE)).error(),
        None
    );
    assert_eq!(dma(&mut served, 2, 0, 16384), Err(DmaError::Unmapped(0)));
    // Mapped again, with another file behind it.
    let other = memory(4, true);
    other.write_all_at(b"other", 0).unwrap();
    assert_eq!(
        served.client.call_with(DMA_MAP, &map, &[other.as_fd()]).error(),
        None
    );
    assert_eq!(dma(&mut served, 1, 0, 16), Ok(()));
    assert_eq!(served.client.read(0, BUFFER, 5).unwrap(), b"other");
    assert_eq!(
        served.client.call(DMA_UNMAP, &dma_unmap(2, 0, 0)).error(),
        None,
        "all"
    );
    assert_eq!(dma(&mut served, 1, 0, 16), Err(DmaError::Unmapped(0)));
}

#[test]
fn an_access_over_a_hole_touches_nothing() {
    let mut served = Served::start();
    let file = memory(4, true);
    for page in [0, 1, 3] {
        let map = dma_map(RW, page * PAGE, page * PAGE, PAGE);
        assert_eq!(
            served.client.call_with(DMA_MAP, &map, &[file.as_fd()]).error(),
            None
        );
    }
    assert_eq!(served.client.write(0, BUFFER, &[0xa5; 16384]), None);
    assert_eq!(dma(&mut served, 2, 0, 16384), Err(DmaError::Unmapped(2 * PAGE)));
    let mut stored = [1; 16384];
    file.read_exact_at(&mut stored, 0).unwrap();
    assert_eq!(stored, [0; 16384]);
}

#[test]
fn memory_without_a_descriptor_is_asked_for_while_other_messages_wait() {
    let mut served = Served::start();
    assert_eq!(
        served
            .client
            .call(DMA_MAP, &dma_map(RW, 0, 0x10_0000, 64 * PAGE))
            .error(),
        None
    );
    aim(&mut served, 0x10_0010, 100_000);
    served.client.post(0, GO, &1u32.to_le_bytes());
    // 100,000 bytes are asked for in two requests. Before each answer comes something else.
    let mut asked = 0x10_0010u64;
    for (number, length) in [(0u16, 65_536u64), (1, 34_464)] {
        let request = served.client.receive();
        assert_eq!(
            (request.command, request.flags, &request.body),
            (DMA_READ, 0, &body![asked, length])
        );
        served.client.post(0, BUFFER + 0x8_0000 + u64::from(number), &[7]);
        served
            .client
            .send(&message(50 + number, REGION_READ, 0, &access(0, 0, 4)));
        let data: Vec<u8> = (0..length).map(|at| (asked + at) as u8).collect();
        let answer = [body![asked, length], data].concat();
        served
            .client
            .send(&message(request.id.wrapping_sub(1), DMA_READ, 1, &answer));
        served.client.send(&message(request.id, DMA_READ, 1, &answer));
        asked += length;
    }
    for id in [50, 51] {
        let reply = served.client.receive();
        assert_eq!(
            (reply.id, reply.error()),
            (id, None),
            "in order, after the access"
        );
    }
    assert_eq!(served.shared.lock().unwrap().last_dma.take(), Some(Ok(())));
    let read = served.client.read(0, BUFFER, 100_000).unwrap();
    assert!(
        read.iter()
            .zip(0x10_0010u64..)
            .all(|(byte, at)| *byte == at as u8)
    );
    assert_eq!(served.client.read(0, BUFFER + 0x8_0000, 2).unwrap(), [7, 7]);
    served.client.in_step();
}

#[test]
fn writes_go_to_the_client_and_its_refusal_to_the_device() {
    let mut served = Served::start();
    assert_eq!(
        served.client.call(DMA_MAP, &dma_map(RW, 0, 0, PAGE)).error(),
        None
    );
    assert_eq!(served.client.write(0, BUFFER, b"to the client..."), None);
    aim(&mut served, 0x100, 16);
    served.client.post(0, GO, &2u32.to_le_bytes());
    let request = served.client.receive();
    assert_eq!((request.command, request.flags), (DMA_WRITE, 0));
    assert_eq!(
        request.body,
        [&body![0x100u64, 16u64], &b"to the client..."[..]].concat()
    );
    served.client.send(&message(request.id, DMA_WRITE, 1, &[]));
    served.client.in_step();
    assert_eq!(served.shared.lock().unwrap().last_dma.take(), Some(Ok(())));

    served.client.post(0, GO, &2u32.to_le_bytes());
    let request = served.client.receive();
    let mut refusal = message(request.id, DMA_WRITE, 0x21, &[]);
    refusal[12] = 19;
    served.client.send(&refusal);
    served.client.in_step();
    assert!(
        matches!(served.shared.lock().unwrap().last_dma.take(), Some(Err(DmaError::Refused(e))) if e.get() == 19)
    );
}

#[test]
fn answers_that_are_none_are_errors_and_the_stream_stays_in_step() {
    let mut served = Served::start();
    assert_eq!(
        served.client.call(DMA_MAP, &dma_map(RW, 0, 0, PAGE)).error(),
        None
    );
    aim(&mut served, 0, 8);
    let wrong = [
        (DMA_READ, vec![]),
        (DMA_READ, body![0u64, 8u64, 0u32]),
        (DMA_READ, body![0u64, 8u64, 0u64, 0u64]),
        (DMA_READ, body![16u64, 8u64, 0u64]),
        (DMA_WRITE, body![0u64, 8u64, 0u64]),
    ];
    for (command, body) in wrong {
        served.client.post(0, GO, &1u32.to_le_bytes());
        let request = served.client.receive();
        served.client.send(&message(request.id, command, 1, &body));
        served.client.in_step();
        assert_eq!(
            served.shared.lock().unwrap().last_dma.take(),
            Some(Err(DmaError::Protocol))
        );
    }
}

#[test]
fn a_client_that_does_not_answer_is_not_waited_for_again_until_it_has() {
    let mut served = Served::start();
    assert_eq!(
        served.client.call(DMA_MAP, &dma_map(RW, 0, 0, PAGE)).error(),
        None
    );
    aim(&mut served, 0, 8);
    served.client.post(0, GO, &1u32.to_le_bytes());
    let request = served.client.receive();
    served.client.in_step();
    assert_eq!(
        served.shared.lock().unwrap().last_dma.take(),
        Some(Err(DmaError::TimedOut))
    );
    let start = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    assert_eq!(
        go(&mut served, 1),
        Err(DmaError::TimedOut),
        "at once, and no second request"
    );
    let passed = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic).tv_sec - start.tv_sec;
    assert!(passed < 10);
    let answer = body![0u64, 8u64, 0x0102_0304_0506_0708u64];
    served.client.send(&message(request.id, DMA_READ, 1, &answer));
    served.client.in_step();
    served.client.post(0, GO, &1u32.to_le_bytes());
    let request = served.client.receive();
    served.client.send(&message(request.id, DMA_READ, 1, &answer));
    assert_eq!(
        served.client.read(0, BUFFER, 8).unwrap(),
        0x0102_0304_0506_0708u64.to_le_bytes()
    );
}

#[test]
fn more_than_can_be_held_while_waiting_is_an_error_and_nothing_is_lost() {
    let mut served = Served::start();
    assert_eq!(
        served.client.call(DMA_MAP, &dma_map(RW, 0, 0, PAGE)).error(),
        None
    );
    aim(&mut served, 0, 8);
    served.client.post(0, GO, &1u32.to_le_bytes());
    served.client.receive();
    // Twice what the inbox holds.
    let body = [access(0, BUFFER, 1 << 18), vec![9; 1 << 18]].concat();
    for id in 0..10 {
        served.client.send(&message(id, REGION_WRITE, 0, &body));
    }
    for id in 0..10 {
        let reply = served.client.receive();
        assert_eq!((reply.id, reply.error()), (id, None));
    }
    assert!(served.shared.lock().unwrap().last_dma.take().unwrap().is_err());
    served.client.in_step();
}

#[test]
fn a_client_that_leaves_while_it_is_asked_is_only_a_disconnect() {
    let mut served = Served::start();
    assert_eq!(
        served.client.call(DMA_MAP, &dma_map(RW, 0, 0, PAGE)).error(),
        None
    );
    aim(&mut served, 0, 8);
    served.client.post(0, GO, &1u32.to_le_bytes());
    served.client.receive();
    let shared = served.shared.clone();
    assert_eq!(served.finish(), transport::Disconnect::Closed);
    assert_eq!(
        shared.lock().unwrap().last_dma.take(),
        Some(Err(DmaError::Disconnected))
    );
}
