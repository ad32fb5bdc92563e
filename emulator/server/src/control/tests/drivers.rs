//! What subscribers and `functions` tell of drivers.

use super::*;

fn completed(opcode: Opcode, endpoint: Function, at: u64) -> Record {
    Record::Command(Box::new(ended(opcode, endpoint, at)))
}

fn driver_of(bench: &mut Bench, client: &mut Client, function: &str) -> Value {
    let functions = bench.ask(client, json!({ "id": 1, "functions": {} }));
    let all = functions["functions"].as_array().unwrap();
    let found = all.iter().find(|other| other["function"] == function);
    found.unwrap()["driver"].clone()
}

fn event(function: &str, state: &str, ns: u64) -> Value {
    json!({ "driver": { "function": function, "state": state, "ns": ns } })
}

/// Lines with what they are about: the operation of a command, or the event as it is.
fn told(lines: Vec<Value>) -> Vec<Value> {
    let told = lines.into_iter().map(|line| match line.get("record") {
        Some(record) if record == "command" => line["name"].clone(),
        Some(record) => record.clone(),
        None => line,
    });
    told.collect()
}

#[test]
fn each_event_comes_right_behind_its_record_and_to_subscribers_only() {
    let mut bench = Bench::new();
    let (mut client, mut other) = (bench.client(), bench.client());
    bench.ask(&mut client, json!({ "id": 1, "subscribe": {} }));
    assert_eq!(driver_of(&mut bench, &mut other, "pf"), "absent");
    bench.control.publish(&[
        completed(Opcode::QueryPages, Function::Pf, 1),
        completed(Opcode::InitHca, Function::Pf, 2),
        completed(Opcode::InitHca, Function::Vf(1), 3),
        completed(Opcode::Nop, Function::Pf, 4),
    ]);
    assert_eq!(
        told(client.lines()),
        [
            json!("QUERY_PAGES"),
            json!("INIT_HCA"),
            event("pf", "ready", 2),
            json!("INIT_HCA"),
            event("vf1", "ready", 3),
            json!("NOP"),
        ]
    );
    assert_eq!(driver_of(&mut bench, &mut other, "pf"), "ready");
    bench.control.publish(&[
        completed(Opcode::TeardownHca, Function::Pf, 5),
        Record::FunctionReset {
            cycles: Cycles(6),
            endpoint: Function::Vf(1),
        },
    ]);
    assert_eq!(
        told(client.lines()),
        [
            json!("TEARDOWN_HCA"),
            event("pf", "gone", 5),
            json!("function_reset"),
            event("vf1", "gone", 6),
        ]
    );
    assert_eq!(driver_of(&mut bench, &mut other, "vf1"), "absent");
    assert!(other.lines().is_empty());
}

#[test]
fn with_the_device_its_drivers_are_gone() {
    let mut bench = Bench::new();
    let (mut client, mut other) = (bench.client(), bench.client());
    bench.ask(&mut client, json!({ "id": 1, "subscribe": {} }));
    bench
        .control
        .publish(&[completed(Opcode::InitHca, Function::Pf, 2)]);
    assert_eq!(client.lines().len(), 2);
    let same = bench.ask(&mut other, json!({ "id": 2, "device": {} }))["device"].clone();
    bench.ask(&mut other, json!({ "id": 3, "replace": { "device": same } }));
    let lines = client.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(
        (&lines[0]["driver"]["function"], &lines[0]["driver"]["state"]),
        (&json!("pf"), &json!("gone"))
    );
    assert_eq!(driver_of(&mut bench, &mut other, "pf"), "absent");
}
