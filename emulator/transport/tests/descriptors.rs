//! Descriptors where none belong, too many, and of the wrong kind; interrupts and their eventfds.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, computes small numbers, and runs the server on a thread"
)]

#[macro_use]
mod support;

use rustix::event::{EventfdFlags, eventfd};
use std::io::PipeWriter;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use support::Served;
use support::client::{
    DMA_MAP, EINVAL, ENOTSUP, GET_INFO, REGION_READ, SET_IRQS, access, dma_map, message, set_irqs,
};
use support::device::{INTX, MSIX, RAISE};
use transport::Delivery;

const NONE: u32 = 1;
const BOOL: u32 = 2;
const EVENTFD: u32 = 4;
const MASK: u32 = 8;
const UNMASK: u32 = 16;
const TRIGGER: u32 = 32;

fn counter(flags: EventfdFlags) -> OwnedFd {
    eventfd(0, flags | EventfdFlags::CLOEXEC).unwrap()
}

/// The counter since the last look.
fn count(eventfd: &OwnedFd) -> u64 {
    let mut value = [0; 8];
    match rustix::io::read(eventfd, &mut value) {
        Ok(_) => u64::from_ne_bytes(value),
        Err(error) => {
            assert_eq!(error, rustix::io::Errno::AGAIN);
            0
        }
    }
}

fn raise(served: &mut Served, index: u32, vector: u32) -> Delivery {
    assert_eq!(
        served
            .client
            .write(0, RAISE, &(index << 16 | vector).to_le_bytes()),
        None
    );
    served.shared.lock().unwrap().last_delivery.take().unwrap()
}

/// A pipe tells whether the other end of a descriptor that was passed has been closed.
fn pipe() -> (std::io::PipeReader, PipeWriter) {
    std::io::pipe().unwrap()
}

fn is_closed(pipe: std::io::PipeReader, writer: PipeWriter) -> bool {
    drop(writer);
    let mut ready = [rustix::event::PollFd::new(&pipe, rustix::event::PollFlags::IN)];
    let second = rustix::event::Timespec {
        tv_sec: 5,
        tv_nsec: 0,
    };
    rustix::event::poll(&mut ready, Some(&second)).unwrap() == 1
}

#[test]
fn descriptors_where_none_belong_are_refused_and_closed() {
    let mut served = Served::start();
    let (reader, writer) = pipe();
    let reply = served
        .client
        .call_with(REGION_READ, &access(0, 0, 4), &[writer.as_fd()]);
    assert_eq!(reply.error(), Some(EINVAL));
    let reply = served
        .client
        .call_with(GET_INFO, &body![16u32, 0u32, 0u32, 0u32], &[writer.as_fd(); 16]);
    assert_eq!(reply.error(), Some(EINVAL));
    let reply = served
        .client
        .call_with(DMA_MAP, &dma_map(3, 0, 0, 4096), &[writer.as_fd(); 2]);
    assert_eq!(reply.error(), Some(EINVAL));
    let reply = served
        .client
        .call_with(SET_IRQS, &set_irqs(NONE | TRIGGER, MSIX, 0, 1), &[writer.as_fd()]);
    assert_eq!(reply.error(), Some(EINVAL));
    let reply = served.client.call_with(0x7777, &[0; 8], &[writer.as_fd()]);
    assert_eq!(reply.error(), Some(EINVAL));
    assert!(is_closed(reader, writer));
    served.client.in_step();
}

#[test]
fn more_descriptors_than_a_message_may_have_are_refused_and_closed() {
    for passed in [17, 18, 64, 253] {
        let mut served = Served::start();
        let (reader, writer) = pipe();
        let descriptors: Vec<BorrowedFd<'_>> = (0..passed).map(|_| writer.as_fd()).collect();
        let reply = served
            .client
            .call_with(SET_IRQS, &set_irqs(EVENTFD | TRIGGER, MSIX, 0, 8), &descriptors);
        assert_eq!(reply.error(), Some(EINVAL), "{passed}");
        assert!(is_closed(reader, writer));
        served.client.in_step();
    }
}

#[test]
fn descriptors_in_every_piece_of_a_message_are_counted_together() {
    let mut served = Served::start();
    let (reader, writer) = pipe();
    let bytes = message(1, SET_IRQS, 0, &set_irqs(EVENTFD | TRIGGER, MSIX, 0, 8));
    for byte in bytes {
        served.client.send_with(&[byte], &[writer.as_fd(); 16]);
    }
    assert_eq!(served.client.receive().error(), Some(EINVAL));
    assert!(is_closed(reader, writer));
    served.client.in_step();
}

#[test]
fn descriptors_belong_to_their_message_in_a_batch() {
    let mut served = Served::start();
    let eventfds = [counter(EventfdFlags::NONBLOCK), counter(EventfdFlags::NONBLOCK)];
    let read = message(1, REGION_READ, 0, &access(0, 0, 4));
    for (vector, eventfd) in (0..).zip(&eventfds) {
        served.client.send(&read);
        let arm = message(2, SET_IRQS, 0, &set_irqs(EVENTFD | TRIGGER, MSIX, vector, 1));
        // The descriptor comes with the last half, in one piece with nothing of the next message.
        served.client.send(&arm[..20]);
        served.client.send_with(&arm[20..], &[eventfd.as_fd()]);
    }
    for id in [1, 2, 1, 2] {
        let reply = served.client.receive();
        assert_eq!((reply.id, reply.error()), (id, None));
    }
    raise(&mut served, MSIX, 1);
    assert_eq!((count(&eventfds[0]), count(&eventfds[1])), (0, 1));
}

#[test]
fn vectors_are_armed_replaced_and_disarmed() {
    let mut served = Served::start();
    let eventfds: Vec<OwnedFd> = (0..8).map(|_| counter(EventfdFlags::NONBLOCK)).collect();
    let all: Vec<BorrowedFd<'_>> = eventfds.iter().map(AsFd::as_fd).collect();
    assert_eq!(raise(&mut served, MSIX, 0), Delivery::Lost);
    // The order of QEMU: the vector without a descriptor, then with one, then with another one.
    let arm = set_irqs(EVENTFD | TRIGGER, MSIX, 0, 1);
    assert_eq!(served.client.call(SET_IRQS, &arm).error(), None);
    assert_eq!(raise(&mut served, MSIX, 0), Delivery::Lost);
    assert_eq!(served.client.call_with(SET_IRQS, &arm, &all[..1]).error(), None);
    assert_eq!(raise(&mut served, MSIX, 0), Delivery::Signalled);
    assert_eq!(served.client.call_with(SET_IRQS, &arm, &all[1..2]).error(), None);
    assert_eq!(raise(&mut served, MSIX, 0), Delivery::Signalled);
    assert_eq!((count(&eventfds[0]), count(&eventfds[1])), (1, 1));
    // All at once, a range disarmed, then everything off.
    let reply = served
        .client
        .call_with(SET_IRQS, &set_irqs(EVENTFD | TRIGGER, MSIX, 0, 8), &all);
    assert_eq!(reply.error(), None);
    assert_eq!(
        served
            .client
            .call(SET_IRQS, &set_irqs(EVENTFD | TRIGGER, MSIX, 2, 3))
            .error(),
        None
    );
    let delivered: Vec<bool> = (0..9)
        .map(|vector| raise(&mut served, MSIX, vector) == Delivery::Signalled)
        .collect();
    assert_eq!(
        delivered,
        [true, true, false, false, false, true, true, true, false]
    );
    assert_eq!(
        served
            .client
            .call(SET_IRQS, &set_irqs(NONE | TRIGGER, MSIX, 0, 0))
            .error(),
        None
    );
    assert!((0..8).all(|vector| raise(&mut served, MSIX, vector) == Delivery::Lost));
    assert_eq!(raise(&mut served, 9, 0), Delivery::Lost);
    served.client.in_step();
}

#[test]
fn ranges_flags_and_data_that_do_not_fit_are_refused_and_change_nothing() {
    let mut served = Served::start();
    let eventfd = counter(EventfdFlags::NONBLOCK);
    let one = [eventfd.as_fd()];
    let arm = set_irqs(EVENTFD | TRIGGER, MSIX, 7, 1);
    assert_eq!(served.client.call_with(SET_IRQS, &arm, &one).error(), None);
    for (flags, index, start, count) in [
        (EVENTFD | TRIGGER, MSIX, 8, 1),
        (EVENTFD | TRIGGER, MSIX, 0, 9),
        (EVENTFD | TRIGGER, MSIX, u32::MAX, 1),
        (EVENTFD | TRIGGER, MSIX, 1, u32::MAX),
        (EVENTFD | TRIGGER, 1, 0, 1),
        (EVENTFD | TRIGGER, 5, 0, 1),
        (EVENTFD | TRIGGER, u32::MAX, 0, 1),
        (EVENTFD | BOOL | TRIGGER, MSIX, 0, 1),
        (EVENTFD | TRIGGER | MASK, MSIX, 0, 1),
        (EVENTFD, MSIX, 0, 1),
        (TRIGGER, MSIX, 0, 1),
        (EVENTFD | TRIGGER | 64, MSIX, 0, 1),
        (NONE | TRIGGER, MSIX, 1, 0),
        (NONE | MASK, MSIX, 0, 1),
        (BOOL | TRIGGER, MSIX, 0, 4),
    ] {
        let reply = served
            .client
            .call(SET_IRQS, &set_irqs(flags, index, start, count));
        assert_eq!(reply.error(), Some(EINVAL), "{flags:#x} {index} {start} {count}");
    }
    let two = set_irqs(EVENTFD | TRIGGER, MSIX, 0, 2);
    assert_eq!(
        served.client.call_with(SET_IRQS, &two, &one).error(),
        Some(EINVAL),
        "one for two"
    );
    let reply = served
        .client
        .call_with(SET_IRQS, &set_irqs(EVENTFD | UNMASK, INTX, 0, 1), &one);
    assert_eq!(reply.error(), Some(ENOTSUP));
    for length in [0, 7, 9, 100] {
        let body = [set_irqs(BOOL | TRIGGER, MSIX, 0, 8), vec![1; length]].concat();
        assert_eq!(served.client.call(SET_IRQS, &body).error(), Some(EINVAL));
    }
    assert_eq!(raise(&mut served, MSIX, 7), Delivery::Signalled);
    served.client.in_step();
}

#[test]
fn what_is_no_eventfd_is_refused_and_closed() {
    let mut served = Served::start();
    let (reader, writer) = pipe();
    let arm = set_irqs(EVENTFD | TRIGGER, MSIX, 0, 1);
    assert_eq!(
        served.client.call_with(SET_IRQS, &arm, &[writer.as_fd()]).error(),
        Some(EINVAL)
    );
    let file = tempfile::tempfile().unwrap();
    assert_eq!(
        served.client.call_with(SET_IRQS, &arm, &[file.as_fd()]).error(),
        Some(EINVAL)
    );
    assert!(is_closed(reader, writer));
    assert_eq!(raise(&mut served, MSIX, 0), Delivery::Lost);
}

#[test]
fn a_full_counter_does_not_stop_the_device() {
    for flags in [EventfdFlags::empty(), EventfdFlags::NONBLOCK] {
        let mut served = Served::start();
        let eventfd = counter(flags);
        let arm = set_irqs(EVENTFD | TRIGGER, MSIX, 0, 1);
        assert_eq!(
            served
                .client
                .call_with(SET_IRQS, &arm, &[eventfd.as_fd()])
                .error(),
            None
        );
        rustix::io::write(&eventfd, &(u64::MAX - 1).to_ne_bytes()).unwrap();
        assert_eq!(raise(&mut served, MSIX, 0), Delivery::Signalled);
        served.client.in_step();
    }
}

#[test]
fn a_counter_that_is_full_and_made_blocking_after_arming_does_not_stop_the_device() {
    let mut served = Served::start();
    let eventfd = counter(EventfdFlags::NONBLOCK);
    let arm = set_irqs(EVENTFD | TRIGGER, MSIX, 0, 1);
    let armed = served.client.call_with(SET_IRQS, &arm, &[eventfd.as_fd()]);
    assert_eq!(armed.error(), None);
    // The open file is the same one on both sides.
    rustix::fs::fcntl_setfl(&eventfd, rustix::fs::OFlags::empty()).unwrap();
    rustix::io::write(&eventfd, &(u64::MAX - 1).to_ne_bytes()).unwrap();
    assert_eq!(raise(&mut served, MSIX, 0), Delivery::Signalled);
    served.client.in_step();
    assert_eq!(count(&eventfd), u64::MAX - 1);
    assert_eq!(raise(&mut served, MSIX, 0), Delivery::Signalled);
    assert_eq!(count(&eventfd), 1, "there is room again");
}

#[test]
fn booleans_choose_and_a_level_interrupt_masks_itself() {
    let mut served = Served::start();
    let eventfds: Vec<OwnedFd> = (0..8).map(|_| counter(EventfdFlags::NONBLOCK)).collect();
    let all: Vec<BorrowedFd<'_>> = eventfds.iter().map(AsFd::as_fd).collect();
    served
        .client
        .call_with(SET_IRQS, &set_irqs(EVENTFD | TRIGGER, MSIX, 0, 8), &all);
    let body = [set_irqs(BOOL | TRIGGER, MSIX, 2, 4), vec![1, 0, 0, 9]].concat();
    assert_eq!(served.client.call(SET_IRQS, &body).error(), None);
    assert_eq!(
        served
            .client
            .call(SET_IRQS, &set_irqs(NONE | TRIGGER, MSIX, 7, 1))
            .error(),
        None
    );
    assert_eq!(
        eventfds.iter().map(count).collect::<Vec<_>>(),
        [0, 0, 1, 0, 0, 1, 0, 1]
    );

    served
        .client
        .call_with(SET_IRQS, &set_irqs(EVENTFD | TRIGGER, INTX, 0, 1), &all[..1]);
    assert_eq!(raise(&mut served, INTX, 0), Delivery::Signalled);
    assert_eq!(raise(&mut served, INTX, 0), Delivery::Pending);
    assert_eq!(count(&eventfds[0]), 1);
    assert_eq!(
        served
            .client
            .call(SET_IRQS, &set_irqs(NONE | UNMASK, INTX, 0, 1))
            .error(),
        None
    );
    assert_eq!(count(&eventfds[0]), 1, "the one that was pending");
    assert_eq!(
        raise(&mut served, INTX, 0),
        Delivery::Pending,
        "masked again by that"
    );
    assert_eq!(
        served
            .client
            .call(SET_IRQS, &set_irqs(NONE | TRIGGER, INTX, 0, 0))
            .error(),
        None
    );
    assert_eq!(raise(&mut served, INTX, 0), Delivery::Lost);
}
