//! Another device by order.

use super::*;

fn lone_vf() -> Value {
    json!({ "kind": "vf", "vhca_id": 9, "page_mode": "func_id" })
}

#[test]
fn a_device_of_another_topology_is_refused_in_words_where_hosts_have_seen_the_first() {
    let mut bench = Bench::new();
    let mut client = bench.client();
    let refused = bench.ask(
        &mut client,
        json!({ "id": 1, "replace": { "device": lone_vf() } }),
    );
    assert!(
        error(&refused).contains("differs in the kind of its function"),
        "{refused}"
    );
    let same = bench.ask(&mut client, json!({ "id": 2, "device": {} }))["device"].clone();
    assert_eq!(same["vhca_id"], 5);
    bench.ask(
        &mut client,
        json!({ "id": 3, "gate": { "hold": { "name": "h", "command": { "command": "NOP" } } } }),
    );
    assert_eq!(
        bench.ask(
            &mut client,
            json!({ "id": 4, "replace": { "device": same, "seed": 3 } })
        ),
        json!({ "id": 4, "replace": {} })
    );
    let snapshot = bench.ask(&mut client, json!({ "id": 5, "snapshot": {} }));
    assert_eq!(snapshot["snapshot"]["holds"], json!([]));
}

#[test]
fn a_flat_layout_takes_every_device_that_makes_sense() {
    let mut bench = Bench::with(ServerOptions {
        layout: Layout::Flat {
            virtual_functions: 2,
            sf_windows: 0,
        },
        clock: ClockKind::Virtual,
        ..ServerOptions::default()
    });
    let mut client = bench.client();
    bench.ask(&mut client, json!({ "id": 1, "time": { "advance_to_ns": 77 } }));
    bench.ask(
        &mut client,
        json!({ "id": 2, "replace": { "device": lone_vf() } }),
    );
    let functions = bench.ask(&mut client, json!({ "id": 3, "functions": {} }));
    let socket = bench.folder.path().join("f0.sock");
    assert_eq!(
        functions["functions"],
        json!([{ "function": "vf1", "vhca_id": 9, "socket": socket, "devfn": 0, "connected": false, "takes_page_requests": false, "driver": "absent" }])
    );
    assert_eq!(
        bench.ask(&mut client, json!({ "id": 4, "time": {} }))["time"]["now_ns"],
        0
    );
    let mut wrong = lone_vf();
    wrong["vfs"] = json!({ "total": 1, "first_vhca_id": 9 });
    let refused = bench.ask(&mut client, json!({ "id": 5, "replace": { "device": wrong } }));
    assert!(error(&refused).starts_with("device description: "), "{refused}");
    let kind = bench.ask(&mut client, json!({ "id": 6, "device": {} }))["device"]["kind"].clone();
    assert_eq!(kind, "vf");
}
