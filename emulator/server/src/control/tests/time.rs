//! The clock as the control socket moves it.

use super::*;

fn virtual_time() -> Bench {
    Bench::with(ServerOptions {
        clock: ClockKind::Virtual,
        ..ServerOptions::default()
    })
}

#[test]
fn the_clock_goes_by_orders_and_a_wait_for_a_hold_ends_by_it() {
    let mut bench = virtual_time();
    let mut client = bench.client();
    let stands = json!({ "now_ns": 0, "acted": false, "in_service": false, "caught": [], "interrupts": [], "strays": [] });
    assert_eq!(
        bench.ask(&mut client, json!({ "id": 1, "time": {} })),
        json!({ "id": 1, "time": stands })
    );
    let hold = json!({ "name": "give", "command": { "command": "MANAGE_PAGES" } });
    bench.ask(&mut client, json!({ "id": 2, "gate": { "hold": hold } }));
    client.send(b"{\"id\":3,\"gate\":{\"wait_held\":{\"name\":\"give\",\"within_ms\":5}}}\n");
    bench.turn();
    let moment = Timespec {
        tv_sec: 0,
        tv_nsec: 10_000_000,
    };
    rustix::event::poll(&mut [], Some(&moment)).unwrap();
    let early = bench.ask(
        &mut client,
        json!({ "id": 4, "time": { "advance_to_ns": 4_999_999, "waits": true } }),
    );
    assert_eq!(
        (&early["id"], &early["time"]["now_ns"], &early["time"]["waits"]),
        (
            &json!(4),
            &json!(4_999_999),
            &json!({ "commands": [], "requests": [] })
        )
    );
    client.send(b"{\"id\":5,\"time\":{\"advance_to_ns\":5000000}}\n");
    let answers = bench.answers(&mut client, 2);
    assert_eq!(
        (&answers[0]["id"], &answers[0]["time"]["now_ns"]),
        (&json!(5), &json!(5_000_000))
    );
    assert_eq!(error(&answers[1]), "`give` has caught nothing within 5 ms");
}

#[test]
fn nobody_moves_the_wall_clock() {
    let mut bench = Bench::new();
    let mut client = bench.client();
    let refused = bench.ask(&mut client, json!({ "id": 1, "time": { "advance_to_ns": 1 } }));
    assert!(error(&refused).contains("wall clock"), "{refused}");
    let told = bench.ask(&mut client, json!({ "id": 2, "time": {} }));
    assert!(told["time"]["now_ns"].as_u64() > Some(0), "{told}");
    let wrong = bench.ask(&mut client, json!({ "id": 3, "time": { "advance": 1 } }));
    assert_eq!(wrong["error"]["field"], "time.advance");
}
