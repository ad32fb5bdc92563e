//! What a look shows of orders that came with it.

use super::*;

fn records(answer: &Value) -> usize {
    let records = answer["look"]["records"].as_array();
    records.unwrap_or_else(|| panic!("{answer}")).len()
}

#[test]
fn a_look_shows_what_was_ordered_before_it_in_the_same_breath() {
    let mut bench = Bench::new();
    let mut client = bench.client();
    let hold = json!({ "id": 1, "gate": { "hold": { "name": "h", "command": { "command": "NOP" } } } });
    let release = json!({ "id": 1, "gate": { "release": { "name": "h" } } });
    let look = json!({ "id": 2, "look": {} });
    assert_eq!(records(&bench.ask(&mut client, look.clone())), 0);
    client.send(format!("{hold}\n{release}\n{look}\n{look}\n").as_bytes());
    let answers = bench.answers(&mut client, 4);
    assert_eq!(records(&answers[2]), 1, "{answers:?}");
    assert_eq!(answers[2]["look"]["lost"], 0);
    assert_eq!(records(&answers[3]), 0, "records are shown once");
}

#[test]
fn nothing_of_a_device_is_told_of_the_one_that_replaces_it() {
    let mut bench = Bench::new();
    let mut client = bench.client();
    let device = bench.ask(&mut client, json!({ "id": 1, "device": {} }))["device"].clone();
    bench.ask(&mut client, json!({ "id": 2, "look": {} }));
    let hold = json!({ "id": 3, "gate": { "hold": { "name": "h", "command": { "command": "NOP" } } } });
    let release = json!({ "id": 3, "gate": { "release": { "name": "h" } } });
    let replace = json!({ "id": 4, "replace": { "device": device } });
    let look = json!({ "id": 5, "look": {} });
    client.send(format!("{hold}\n{release}\n{replace}\n{look}\n").as_bytes());
    let answers = bench.answers(&mut client, 4);
    assert_eq!(records(&answers[3]), 0, "{answers:?}");
}
