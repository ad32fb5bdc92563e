//! Orders for a guest, carried out by whoever has one.

use super::*;
use crate::control::guest::{ALL_CALLS, CALLS, GuestOrder, KernelLine};

fn with_guest() -> Bench {
    let mut bench = Bench::new();
    bench.control.offer_guest();
    bench
}

fn rmmod(id: usize) -> Vec<u8> {
    format!(
        "{}\n",
        json!({ "id": id, "guest": { "rmmod": { "name": "mlx5_core" } } })
    )
    .into_bytes()
}

fn done() -> Result<GuestAnswer, GuestFailure> {
    Ok(GuestAnswer::default())
}

#[test]
fn without_a_guest_it_is_said_who_has_one() {
    let mut bench = Bench::new();
    let mut client = bench.client();
    let answer = bench.ask(&mut client, json!({ "id": 1, "guest": { "counters": {} } }));
    assert_eq!(error(&answer), "there is no guest here; `vm --control` has one");
    assert_eq!(bench.control.take_guest_calls(), []);
}

#[test]
fn an_order_is_handed_out_and_others_are_answered_before_it() {
    let mut bench = with_guest();
    let (mut client, mut other) = (bench.client(), bench.client());
    client.send(&rmmod(1));
    client.send(b"{\"id\":2,\"guest\":{\"insmod\":{\"name\":\"mlx5_core\"}}}\n{\"id\":3,\"device\":{}}\n");
    assert_eq!(bench.answers(&mut client, 1)[0]["id"], 3);
    assert_eq!(bench.ask(&mut other, json!({ "id": 9, "counters": {} }))["id"], 9);
    assert!(!bench.control.has_work(), "what the guest does costs no turn");
    let mut calls = bench.control.take_guest_calls();
    let name = || "mlx5_core".to_owned();
    let orders = [
        GuestOrder::Rmmod { name: name() },
        GuestOrder::Insmod {
            name: name(),
            parameters: String::new(),
        },
    ];
    assert!(calls.iter().map(|call| &call.order).eq(&orders));
    let failure = GuestFailure {
        message: "insert mlx5_core: File exists".to_owned(),
        errno: Some(17),
    };
    let later = calls.remove(1).ticket;
    bench.control.answer_guest(later, Err(failure));
    bench.control.answer_guest(calls.remove(0).ticket, done());
    let refused = json!({ "message": "insert mlx5_core: File exists", "line": 2, "errno": 17 });
    assert_eq!(
        client.lines(),
        [
            json!({ "id": 2, "error": refused }),
            json!({ "id": 1, "guest": {} })
        ]
    );
    assert!(other.lines().is_empty());
}

#[test]
fn counters_and_lines_come_by_name() {
    let mut bench = with_guest();
    let mut client = bench.client();
    client.send(b"{\"id\":1,\"guest\":{\"counters\":{}}}\n{\"id\":2,\"guest\":{\"dmesg\":{}}}\n");
    bench.turn();
    let counters = serde_json::from_value(json!({ "0000:01:00.0": { "fw_pages_total": 240 } })).unwrap();
    let line = KernelLine {
        seconds: 1.5,
        level: 6,
        text: "mlx5_core".to_owned(),
    };
    let answers = [
        GuestAnswer {
            counters: Some(counters),
            ..GuestAnswer::default()
        },
        GuestAnswer {
            dmesg: Some(vec![line]),
            ..GuestAnswer::default()
        },
    ];
    for (call, answer) in bench.control.take_guest_calls().into_iter().zip(answers) {
        bench.control.answer_guest(call.ticket, Ok(answer));
    }
    let lines = json!([{ "seconds": 1.5, "level": 6, "text": "mlx5_core" }]);
    assert_eq!(
        client.lines(),
        [
            json!({ "id": 1, "guest": { "counters": { "0000:01:00.0": { "fw_pages_total": 240 } } } }),
            json!({ "id": 2, "guest": { "dmesg": lines } })
        ]
    );
}

#[test]
fn there_is_a_limit_for_each_client_and_for_all_those_that_are_gone_among_them() {
    let mut bench = with_guest();
    let mut calls = Vec::new();
    for _ in 0..ALL_CALLS / CALLS {
        let mut client = bench.client();
        (0..=CALLS).for_each(|id| client.send(&rmmod(id)));
        let refused = bench.answers(&mut client, 1).remove(0);
        assert_eq!(refused["id"], CALLS);
        assert_eq!(
            error(&refused),
            "this client has 16 orders under way in the guest"
        );
        calls.extend(bench.control.take_guest_calls());
        drop(client);
        bench.turn();
        assert!(bench.control.clients.is_empty(), "nobody is kept who is gone");
    }
    assert_eq!(calls.len(), ALL_CALLS);
    let mut client = bench.client();
    client.send(&rmmod(1));
    let refused = bench.answers(&mut client, 1).remove(0);
    assert_eq!(error(&refused), "there are 32 orders under way in the guest");
    // Answers for those that are gone make room, and reach nobody.
    for call in calls {
        bench.control.answer_guest(call.ticket, done());
    }
    assert!(client.lines().is_empty());
    for id in 0..2 * CALLS {
        client.send(&rmmod(id));
        bench.turn();
        let call = bench.control.take_guest_calls().remove(0);
        bench.control.answer_guest(call.ticket, done());
        assert_eq!(client.lines(), [json!({ "id": id, "guest": {} })]);
    }
}

#[test]
fn whoever_sends_no_more_gets_its_answer_and_is_let_go() {
    let mut bench = with_guest();
    let mut client = bench.client();
    client.send(&rmmod(1));
    client.stream.shutdown(Shutdown::Write).unwrap();
    (0..3).for_each(|_| bench.turn());
    assert_eq!(bench.control.clients.len(), 1);
    let call = bench.control.take_guest_calls().remove(0);
    bench.control.answer_guest(call.ticket, done());
    assert_eq!(client.lines(), [json!({ "id": 1, "guest": {} })]);
    assert!(client.is_closed() && bench.control.clients.is_empty());
}

#[test]
fn what_no_kernel_takes_is_refused_here() {
    let mut bench = with_guest();
    let mut client = bench.client();
    for (order, words) in [
        (
            json!({ "rmmod": { "name": "n".repeat(65) } }),
            "the name of a module has at most 64 bytes",
        ),
        (
            json!({ "insmod": { "name": "n", "parameters": "p".repeat(1025) } }),
            "the parameters of a module have at most 1024 bytes",
        ),
        (
            json!({ "insmod": { "name": "n", "parameters": "a=1\nb=2" } }),
            "the parameters of a module are one line of text",
        ),
        (json!({ "insmod": { "parameters": "" } }), "missing field `name`"),
        (
            json!({ "reboot": {} }),
            "unknown variant `reboot`, expected one of `counters`, `insmod`, `rmmod`, `dmesg`",
        ),
    ] {
        assert_eq!(
            error(&bench.ask(&mut client, json!({ "id": 1, "guest": order }))),
            words
        );
    }
    assert_eq!(bench.control.take_guest_calls(), []);
}
