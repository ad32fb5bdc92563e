//! Clients that read late or never.

use super::*;
use rustix::event::{PollFd, PollFlags, poll};

#[test]
fn whoever_does_not_read_is_dropped_and_others_are_served() {
    let mut bench = Bench::new();
    let (mut slow, mut other) = (bench.client(), bench.client());
    bench.ask(&mut slow, json!({ "id": 1, "subscribe": {} }));
    let hold =
        json!({ "id": 0, "gate": { "hold": { "name": "h", "command": { "command": "ENABLE_HCA" } } } });
    let release = json!({ "id": 0, "gate": { "release": { "name": "h" } } });
    for _ in 0..100_000 {
        bench.ask(&mut other, hold.clone());
        bench.ask(&mut other, release.clone());
        let kept = bench.control.clients.values().map(client::Client::kept).max();
        assert!(kept <= Some(2 * UNREAD_LIMIT + 4096), "{kept:?}");
        if bench.control.clients.len() == 1 {
            break;
        }
    }
    assert_eq!(bench.control.clients.len(), 1);
    while !slow.lines().is_empty() {}
    assert!(slow.is_closed());
    assert_eq!(
        bench.ask(&mut other, json!({ "id": 2, "shutdown": {} })),
        json!({ "id": 2, "shutdown": {} })
    );

    // One that only asks is not listened to any more, which costs nothing: it stays.
    let mut slow = bench.client();
    let mut sent = 0;
    while slow.stream.write(b"{\"id\":1,\"device\":{}}\n").is_ok() {
        sent += 1;
        bench.turn();
    }
    assert_eq!(bench.control.clients.len(), 2);
    assert_eq!(bench.answers(&mut slow, sent).len(), sent);
}

fn released() -> Record {
    Record::GateReleased {
        cycles: Cycles(0),
        name: "n".repeat(200),
        n: None,
    }
}

/// Whether the owner's event loop would call [`ControlServer::serve`].
fn is_woken(control: &ControlServer) -> bool {
    let mut watched = [PollFd::new(control, PollFlags::IN)];
    poll(&mut watched, Some(&Timespec::default())).unwrap() == 1
}

#[test]
fn one_burst_drops_nobody_and_what_is_left_of_it_follows_as_it_is_read() {
    let mut bench = Bench::new();
    let mut client = bench.client();
    bench.ask(&mut client, json!({ "id": 1, "subscribe": {} }));
    let burst = vec![released(); 2 * UNREAD_LIMIT / 200];
    bench.control.publish(&burst);
    let mut read = 0;
    while read < burst.len() {
        let (lines, woken) = (client.lines().len(), is_woken(&bench.control));
        assert!(lines > 0 || woken, "{read} were read");
        read += lines;
        if woken {
            bench.control.serve(&mut bench.device).unwrap();
        }
    }
    assert_eq!(bench.control.clients.len(), 1);
    assert!(!is_woken(&bench.control));
}

#[test]
fn orders_behind_an_answer_that_was_not_read_are_carried_out_once_it_is() {
    let mut bench = Bench::new();
    let mut client = bench.client();
    bench.ask(&mut client, json!({ "id": 1, "subscribe": {} }));
    bench.control.publish(&vec![released(); 2000]);
    client.send(b"{\"id\":2,\"device\":{}}\n{\"id\":3,\"shutdown\":{}}\n");
    client.stream.shutdown(Shutdown::Write).unwrap();
    bench.control.serve(&mut bench.device).unwrap();
    assert!(!bench.control.ends(), "it has not read what came before");
    while !bench.control.ends() {
        let (came, woken) = (!client.lines().is_empty(), is_woken(&bench.control));
        assert!(came || woken);
        if woken {
            bench.control.serve(&mut bench.device).unwrap();
        }
    }
}

#[test]
fn what_a_burst_took_is_given_back_and_one_without_end_drops_the_client() {
    let mut bench = Bench::new();
    let mut client = bench.client();
    bench.ask(&mut client, json!({ "id": 1, "subscribe": {} }));
    let burst = vec![released(); 2 * UNREAD_LIMIT / 200];
    bench.control.publish(&burst);
    let room = |bench: &Bench| bench.control.clients.values().map(client::Client::room).max();
    assert!(room(&bench) > Some(UNREAD_LIMIT));
    let mut read = 0;
    while read < burst.len() {
        read += client.lines().len();
        bench.turn();
    }
    assert!(room(&bench) <= Some(64 * 1024), "{:?}", room(&bench));
    assert!(!bench.control.has_work());

    bench.control.publish(&vec![released(); 16 * UNREAD_LIMIT / 200]);
    assert!(bench.control.clients.is_empty());
    while !client.lines().is_empty() {}
    assert!(client.is_closed());
}

#[test]
fn a_hold_with_a_long_name_is_refused_in_words() {
    let mut bench = Bench::new();
    let mut client = bench.client();
    let mut hold = |length| {
        let hold = json!({ "name": "n".repeat(length), "command": { "command": "NOP" } });
        bench.ask(&mut client, json!({ "id": 1, "gate": { "hold": hold } }))
    };
    assert_eq!(hold(256), json!({ "id": 1, "gate": {} }));
    assert_eq!(error(&hold(257)), "the name of a hold has at most 256 bytes");
}
