//! The protocol as a client sees it that gets things wrong: order, sizes, unknown commands, posted errors.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, computes small numbers, and runs the server on a thread"
)]

#[macro_use]
mod support;

use support::Served;
use support::client::{
    DMA_READ, EACCES, EINVAL, EMSGSIZE, ENOTSUP, GET_INFO, GET_IRQ_INFO, GET_REGION_INFO, GET_REGION_IO_FDS,
    NO_REPLY, REGION_READ, REGION_WRITE, RESET, SET_IRQS, VERSION, access, header, message,
};
use support::device::{ABSENT, BAR_SIZE, FAILS, READ_ONLY};
use transport::Disconnect;

#[test]
fn the_version_comes_first_and_once() {
    let mut served = Served::silent();
    for command in [
        2,
        3,
        GET_INFO,
        GET_REGION_INFO,
        GET_IRQ_INFO,
        SET_IRQS,
        REGION_READ,
        REGION_WRITE,
        RESET,
    ] {
        assert_eq!(served.client.call(command, &[0; 32]).error(), Some(EINVAL));
    }
    assert_eq!(
        served.client.call(VERSION, &body![1u16, 0u16]).error(),
        Some(93),
        "another major version"
    );
    assert_eq!(served.client.call(VERSION, &[0; 3]).error(), Some(EINVAL));
    assert_eq!(served.client.call(VERSION, &body![0u16, 0u16, 0u8]).error(), None);
    assert_eq!(served.client.negotiate().error(), Some(EINVAL), "a second time");
    served.client.in_step();
    assert_eq!(served.finish(), Disconnect::Closed);
}

#[test]
fn version_texts_that_stopped_other_servers() {
    for text in [&b""[..], b"{}", b"{}\0", b"\0", b"{\"capabilities\":{}}"] {
        let mut served = Served::silent();
        let body = [&[0, 0, 0, 0], text].concat();
        assert_eq!(served.client.call(VERSION, &body).error(), None, "{text:?}");
        served.client.in_step();
    }
    for text in [
        &b"{}\0{}\0"[..],
        b"\xff\xfe\0",
        b"nonsense",
        b"{\"capabilities\":\0",
    ] {
        let mut served = Served::silent();
        let body = [&[0, 0, 0, 0], text].concat();
        assert_eq!(
            served.client.call(VERSION, &body).error(),
            Some(EINVAL),
            "{text:?}"
        );
        assert_eq!(
            served.client.negotiate().error(),
            None,
            "a refused version is not the end"
        );
    }
}

#[test]
fn the_device_describes_itself() {
    let mut served = Served::start();
    let reply = served.client.call(GET_INFO, &body![16u32, 0u32, 0u32, 0u32]);
    assert_eq!(
        (reply.error(), reply.body),
        (None, body![16u32, 3u32, 9u32, 5u32])
    );
    let region = |index: u32| body![32u32, 0u32, index, 0u32, 0u64, 0u64];
    let reply = served.client.call(GET_REGION_INFO, &region(0));
    assert_eq!(
        (reply.error(), reply.body),
        (None, body![32u32, 3u32, 0u32, 0u32, BAR_SIZE, 0u64])
    );
    let reply = served.client.call(GET_REGION_INFO, &region(ABSENT));
    assert_eq!(
        (reply.error(), reply.body),
        (None, body![32u32, 0u32, ABSENT, 0u32, 0u64, 0u64])
    );
    let reply = served.client.call(GET_IRQ_INFO, &body![16u32, 0u32, 2u32, 0u32]);
    assert_eq!(
        (reply.error(), reply.body),
        (None, body![16u32, 1u32, 2u32, 8u32])
    );
    for index in [9, u32::MAX] {
        assert_eq!(
            served.client.call(GET_REGION_INFO, &region(index)).error(),
            Some(EINVAL)
        );
        assert_eq!(
            served
                .client
                .call(GET_IRQ_INFO, &body![16u32, 0u32, index, 0u32])
                .error(),
            Some(EINVAL)
        );
    }
    assert_eq!(
        served
            .client
            .call(GET_INFO, &body![15u32, 0u32, 0u32, 0u32])
            .error(),
        Some(EINVAL),
        "argsz"
    );
    assert_eq!(
        served.client.call(GET_INFO, &body![16u32, 0u32]).error(),
        Some(EINVAL),
        "too short"
    );
    served.client.in_step();
}

#[test]
fn an_access_outside_of_a_region_or_its_rights_does_not_reach_the_device() {
    let mut served = Served::start();
    for (region, offset, count, errno) in [
        (0, BAR_SIZE, 1, EINVAL),
        (0, BAR_SIZE - 3, 4, EINVAL),
        (0, u64::MAX, 4, EINVAL),
        (0, 0, 0, EINVAL),
        (0, 0, (1 << 20) + 1, EMSGSIZE),
        (0, 0, u32::MAX, EMSGSIZE),
        (ABSENT, 0, 4, EINVAL),
        (9, 0, 4, EINVAL),
        (u32::MAX, 0, 4, EINVAL),
    ] {
        assert_eq!(
            served
                .client
                .call(REGION_READ, &access(region, offset, count))
                .error(),
            Some(errno)
        );
    }
    assert_eq!(served.client.write(READ_ONLY, 0, &[0; 4]), Some(EACCES));
    assert_eq!(served.client.read(READ_ONLY, 0, 4), Ok(vec![0; 4]));
    assert_eq!(served.client.read(0, BAR_SIZE - 4, 4), Ok(vec![0; 4]));
    assert_eq!(
        served.client.read(0, 0x10_0000, 1 << 20).unwrap().len(),
        1 << 20,
        "the largest there is"
    );
    served.client.in_step();
}

#[test]
fn sizes_that_do_not_fit_the_command_are_drained() {
    let mut served = Served::start();
    let write = |count: u32, data: usize| [access(0, 0x10_0000, count), vec![0xa5; data]].concat();
    for body in [
        write(4, 3),
        write(4, 5),
        write(4, 0),
        write(u32::MAX, 4),
        vec![1; 15],
        vec![],
    ] {
        let errno = served.client.call(REGION_WRITE, &body).error();
        assert!(matches!(errno, Some(EINVAL | EMSGSIZE)), "{errno:?}");
    }
    assert_eq!(
        served.client.read(0, 0x10_0000, 8),
        Ok(vec![0; 8]),
        "nothing was written"
    );
    assert_eq!(
        served
            .client
            .call(REGION_READ, &[access(0, 0, 4), vec![0]].concat())
            .error(),
        Some(EINVAL)
    );
    assert_eq!(
        served.client.write(0, 0x10_0000, &vec![7; 1 << 20]),
        None,
        "the largest there is"
    );
    served.client.in_step();
}

#[test]
fn unknown_commands_are_refused_and_drained() {
    let mut served = Served::start();
    for command in [0, GET_REGION_IO_FDS, 14, 15, 16, 17, 18, 19, 0x6463, u16::MAX] {
        for length in [0, 1, 16, 5000] {
            assert_eq!(
                served.client.call(command, &vec![0x41; length]).error(),
                Some(ENOTSUP)
            );
        }
    }
    assert_eq!(
        served.client.call(DMA_READ, &body![0u64, 4u64]).error(),
        Some(EINVAL),
        "not for a server"
    );
    served.client.in_step();
}

#[test]
fn an_oversized_message_is_refused_and_drained() {
    let mut served = Served::start();
    let size = 3 << 20;
    served.client.send(&header(7, REGION_WRITE, size, 0));
    let reply = served.client.receive();
    assert_eq!((reply.id, reply.error()), (7, Some(EMSGSIZE)));
    served.client.send(&vec![0xff; size as usize - 16]);
    served.client.in_step();
    served.client.send(&header(8, REGION_WRITE, size, NO_REPLY));
    served.client.send(&vec![0xff; size as usize - 16]);
    served.client.in_step();
    served.client.send(&header(9, REGION_WRITE, u32::MAX, 0));
    assert_eq!(served.client.receive().error(), Some(EMSGSIZE));
    served.client.send(&vec![0; 1 << 20]);
    assert_eq!(served.finish(), Disconnect::Closed, "in the middle of 4 GiB");
}

#[test]
fn a_size_below_the_header_is_answered_and_ends_the_connection() {
    for size in 0..16 {
        let mut served = Served::start();
        served.client.send(&header(3, GET_INFO, size, 0));
        assert_eq!(served.client.receive().error(), Some(EINVAL));
        assert_eq!(served.finish(), Disconnect::Unframed);
    }
}

#[test]
fn messages_in_pieces_and_in_batches() {
    let mut served = Served::start();
    let read = message(1, REGION_READ, 0, &access(0, 0, 4));
    for split in 1..read.len() {
        served.client.send(&read[..split]);
        std::thread::yield_now();
        served.client.send(&read[split..]);
        assert_eq!(served.client.receive().error(), None);
    }
    served.client.send(&read.repeat(1000));
    for _ in 0..1000 {
        assert_eq!(served.client.receive().body.len(), 20);
    }
    served.client.in_step();
}

#[test]
fn a_command_that_wants_no_reply_gets_none_not_even_an_error() {
    let mut served = Served::start();
    served.client.post(0, 0x10_0000, &[1, 2, 3, 4]);
    served.client.post(0, FAILS, &[0; 4]);
    served.client.post(0, BAR_SIZE, &[0; 4]);
    served.client.post(READ_ONLY, 0, &[0; 4]);
    served.client.send(&message(1, 0x7777, NO_REPLY, &[1; 100]));
    served.client.send(&message(1, VERSION, NO_REPLY, &[1; 100]));
    served.client.send(&message(1, RESET, NO_REPLY, &[]));
    assert_eq!(served.client.read(0, 0x10_0000, 4), Ok(vec![1, 2, 3, 4]));
    assert_eq!(served.shared.lock().unwrap().resets, 1);
    assert_eq!(
        served.client.write(0, FAILS, &[0; 4]),
        Some(19),
        "the device's own error"
    );
    assert_eq!(served.client.read(0, FAILS, 4), Err(19));
    served.client.in_step();
}

#[test]
fn replies_from_nowhere_and_other_types_of_message() {
    let mut served = Served::start();
    for flags in [0x1, 0x11, 0x21] {
        served.client.send(&message(1, DMA_READ, flags, &[0; 40]));
    }
    served.client.in_step();
    for flags in [0x2, 0xf] {
        served
            .client
            .send(&message(5, GET_INFO, flags, &body![16u32, 0u32, 0u32, 0u32]));
        assert_eq!(served.client.receive().error(), Some(EINVAL));
    }
    assert_eq!(served.client.call(RESET, &[]).error(), None);
    served.client.in_step();
}

#[test]
fn a_disconnect_in_the_middle_of_a_message_is_only_a_disconnect() {
    let write = message(1, REGION_WRITE, 0, &[access(0, 0, 64), vec![0; 64]].concat());
    for cut in 0..write.len() {
        let mut served = Served::start();
        served.client.send(&write[..cut]);
        assert_eq!(served.finish(), Disconnect::Closed);
    }
}

#[test]
fn a_client_that_takes_no_replies_is_not_served_further_and_nothing_is_lost() {
    let mut served = Served::start();
    let count = 40u16;
    // 40 MiB of replies do not fit into any socket buffer.
    for id in 0..count {
        served
            .client
            .send(&message(id, REGION_READ, 0, &access(0, 0x10_0000, 1 << 20)));
    }
    std::thread::sleep(std::time::Duration::from_millis(50));
    for id in 0..count {
        let reply = served.client.receive();
        assert_eq!((reply.id, reply.body.len()), (id, 16 + (1 << 20)));
    }
    served.client.in_step();
}
