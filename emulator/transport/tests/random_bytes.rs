//! Random bytes never end the server, and random messages never put it out of step.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, computes small numbers, and runs the server on a thread"
)]

#[macro_use]
mod support;

use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use support::Served;
use support::client::{NO_REPLY, header};
use support::device::{Ports, Shared};
use transport::{Connection, Device, Progress};

/// Numbers that are more likely to hurt than others.
fn number() -> impl Strategy<Value = u32> {
    prop_oneof![
        any::<u32>(),
        0..64u32,
        Just(0xfff),
        Just(0x1000),
        Just(0x10_0000),
        Just(0x10_0001),
        Just(0x1f_fffc),
        (0..64u32).prop_map(|below| u32::MAX - below),
    ]
}

fn any_command() -> impl Strategy<Value = u16> {
    prop_oneof![8 => 0..20u16, 1 => any::<u16>()]
}

/// A well-framed message with any command, flags and body, and how many descriptors come with it.
#[derive(Clone, Debug)]
struct Sent {
    command: u16,
    flags: u32,
    body: Vec<u8>,
    descriptors: usize,
}

fn sent() -> impl Strategy<Value = Sent> {
    let words = vec(number(), 0..14).prop_map(|words| words.iter().flat_map(|w| w.to_le_bytes()).collect());
    let body = prop_oneof![4 => words, 1 => vec(any::<u8>(), 0..200)];
    let flags = prop_oneof![8 => Just(0u32), 2 => Just(NO_REPLY), 1 => Just(1), 1 => any::<u32>()];
    let descriptors = prop_oneof![6 => Just(0usize), 2 => Just(1usize), 1 => 0..40usize];
    (any_command(), flags, body, descriptors).prop_map(|(command, flags, body, descriptors)| Sent {
        command,
        flags,
        body,
        descriptors,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn random_messages_are_answered_one_by_one(messages in vec(sent(), 1..30)) {
        let mut served = Served::start();
        let file = tempfile::tempfile().unwrap();
        for sent in &messages {
            let bytes = support::client::message(77, sent.command, sent.flags, &sent.body);
            served.client.send_with(&bytes, &vec![file.as_fd(); sent.descriptors]);
            let reply = sent.flags & 0xf == 1 || sent.flags & NO_REPLY != 0;
            if !reply {
                loop {
                    let answer = served.client.receive();
                    // A device told to do DMA asks us, which is no answer; we do not answer either.
                    if answer.flags & 0xf == 1 {
                        answer.error();
                        assert_eq!((answer.id, answer.command), (77, sent.command));
                        break;
                    }
                }
            }
        }
        served.client.in_step();
    }

    #[test]
    fn random_bytes_in_random_pieces_are_survived(
        pieces in vec((vec(any::<u8>(), 1..200), 0..18usize), 1..20),
        negotiated: bool,
        framed in vec((any_command(), number(), number()), 0..4),
    ) {
        let (client, server) = UnixStream::pair().unwrap();
        let mut device = Ports::new(Shared::default());
        let mut connection = Connection::new(server.into(), device.info())
            .with_patience(std::time::Duration::from_millis(1));
        let mut client = support::client::Client::new(client);
        let file = tempfile::tempfile().unwrap();
        if negotiated {
            client.send(&support::client::message(1, 1, 0, &[0, 0, 0, 0]));
        }
        for (command, size, flags) in framed {
            client.send(&header(3, command, size, flags));
        }
        let mut over = false;
        for (bytes, descriptors) in pieces {
            if over {
                break;
            }
            client.send_with(&bytes, &vec![file.as_fd(); descriptors]);
            over = matches!(connection.on_readable(&mut device), Progress::Disconnected(_));
        }
        drop(client);
        while !over {
            over = matches!(connection.on_readable(&mut device), Progress::Disconnected(_));
        }
    }
}
