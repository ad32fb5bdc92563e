//! The proof of likeness: on the same device, the driver issues the command stream that Linux 7.2 was recorded to issue.
//!
//! Page requests of the device are replayed where the recording shows them. Compared is every field that a recorded line has,
//! except those in [`NOT_COMPARED`], line by line. Only while VFs go away, MANAGE_PAGES (which has a slot of its own) and the
//! other commands run beside each other; there the two kinds are compared as two streams, because which of two commands in
//! flight at once came first is a matter of time and not of the driver.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use driver::{HostOperation, RevisionName};
use driver_host::Ending;
use embedding::RunSetup;
use emulator::Record;
use emulator::config::DeviceConfig;
use emulator::order::FirmwareOrder;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::ops::Range;

/// Numbers of the recording itself, what only the recorder knew, and object numbers, which are the device's to choose.
const NOT_COMPARED: [&str; 5] = ["n", "phase", "service_us", "stub", "obj"];

/// Differences that stay: trace, number of the line, field, and why. There are none.
const ACCEPTED: [(&str, u64, &str, &str); 0] = [];

/// How often `robust` asks, once functions go away, what no kernel asks then: which vhca_ids they have, before it waits for the
/// pages of an owner that nobody knows.
const ASKED_BY_ROBUST: [(&str, usize); 2] = [("sriov-vhca_id", 3), ("ecpf-vhca_id", 14)];

/// One phase of a recording, as something to do.
enum Act {
    Operation(HostOperation),
    /// An order to firmware, as in a scenario file.
    Firmware(Value),
}

struct Recording {
    name: &'static str,
    lines: &'static str,
    device: Value,
    acts: Vec<Act>,
}

fn request(id: u16, pages: i32) -> Act {
    Act::Firmware(json!({ "request_pages": { "identity": { "id": id }, "pages": pages } }))
}

/// Firmware asks for these pages back when it has executed DISABLE_HCA for this function id.
fn on_disable(function_id: u16, requests: &[(u16, i32)]) -> Act {
    let then: Vec<Value> = requests
        .iter()
        .map(|(id, pages)| json!({ "request_pages": { "identity": { "id": id }, "pages": pages } }))
        .collect();
    Act::Firmware(json!({ "when": {
        "command": { "command": "DISABLE_HCA", "id": function_id }, "then": then,
    } }))
}

fn plain(page_mode: &str) -> Value {
    json!({
        "kind": "pf", "vhca_id": 0x11, "page_mode": page_mode,
        "demand": { "profile": "trace", "boot": 8, "init": 16 },
    })
}

fn recordings() -> [Recording; 4] {
    use Act::Operation;
    let silent = json!({ "on_disable": "silent" });
    [
        Recording {
            name: "pf-func_id",
            lines: include_str!("likeness/trace-pf-func_id.jsonl"),
            device: plain("func_id"),
            acts: vec![
                Operation(HostOperation::Load),
                request(0, 4),
                request(0, -2),
                Operation(HostOperation::Unload),
            ],
        },
        Recording {
            name: "pf-vhca_id",
            lines: include_str!("likeness/trace-pf-vhca_id.jsonl"),
            device: plain("vhca_id"),
            acts: vec![
                Operation(HostOperation::Load),
                request(0x11, 4),
                request(0x11, -2),
                Operation(HostOperation::Unload),
            ],
        },
        Recording {
            name: "sriov-vhca_id",
            lines: include_str!("likeness/trace-sriov-vhca_id.jsonl"),
            device: json!({
                "kind": "pf", "vhca_id": 0x11, "page_mode": "vhca_id",
                "demand": { "profile": "trace", "boot": 3, "init": 5 },
                "eswitch": { "manager": true, "vport_group_manager": true },
                "vfs": { "total": 3, "first_vhca_id": 0x101 },
                "firmware": silent,
            }),
            acts: vec![
                Operation(HostOperation::Load),
                Operation(HostOperation::EnableVfs(2)),
                request(0x101, 1),
                request(0x102, 2),
                request(0x103, 3),
                request(0x104, 4),
                request(0x11, 5),
                request(0x100, 6),
                request(0x102, -1),
                on_disable(2, &[(0x102, -1)]),
                on_disable(1, &[(0x101, -1)]),
                Operation(HostOperation::DisableVfs),
                Operation(HostOperation::Unload),
            ],
        },
        Recording {
            name: "ecpf-vhca_id",
            lines: include_str!("likeness/trace-ecpf-vhca_id.jsonl"),
            device: json!({
                "kind": "ecpf", "vhca_id": 0x11, "page_mode": "vhca_id",
                "demand": { "profile": "trace", "boot": 3, "init": 5 },
                "eswitch": { "manager": true, "vport_group_manager": true, "ecpf_vport_exists": true },
                "ec_vfs": { "total": 3, "first_vhca_id": 0x201 },
                "external_host": {
                    "pf_vhca_id": 0x100, "vfs": { "total": 3, "first_vhca_id": 0x101 }, "enabled_vfs": 2,
                },
                "firmware": silent,
            }),
            acts: vec![
                Operation(HostOperation::Load),
                Operation(HostOperation::EnableVfs(1)),
                request(0x11, 1),
                request(0x100, 2),
                request(0x101, 3),
                request(0x102, 4),
                request(0x201, 5),
                request(0x202, 6),
                request(0x300, 7),
                request(0x202, -6),
                on_disable(1, &[(0x201, -5)]),
                on_disable(0, &[(0x100, -2), (0x101, -3), (0x102, -4)]),
                Operation(HostOperation::DisableVfs),
                Operation(HostOperation::Unload),
            ],
        },
    ]
}

/// Plays a recording's acts; returns the command stream in the order of doorbells.
fn play(recording: &Recording, revision: RevisionName) -> Vec<Value> {
    let device: DeviceConfig = serde_json::from_value(recording.device.clone()).unwrap();
    let mut world = embedding::world(&RunSetup::of(device, revision)).unwrap();
    for act in &recording.acts {
        match act {
            Act::Operation(operation) => {
                let task = world.start(0, *operation);
                let ending = world.run_until(|world| world.ended_at(task).is_some()).unwrap();
                assert_eq!(
                    ending,
                    Ending::Reached,
                    "{}: {operation:?}: {:#?}",
                    recording.name,
                    world.runtime().tasks()
                );
                let outcome = world.outcome(0, task).unwrap();
                assert_eq!(
                    outcome,
                    Ok(()),
                    "{}: {operation:?}: {:#?}",
                    recording.name,
                    world.driver().messages_after(0)
                );
            }
            Act::Firmware(order) => {
                let order: FirmwareOrder = serde_json::from_value(order.clone()).unwrap();
                world.machine_mut().order(&order).unwrap();
                world.device_acted();
            }
        }
        world.settle().unwrap();
    }
    let mut commands: Vec<Value> = Vec::new();
    for record in world.machine_mut().silicon.take_records() {
        if let Record::Command(command) = record {
            commands.push(serde_json::to_value(command).unwrap());
        }
    }
    commands.sort_by_key(|command| command["n"].as_u64());
    commands
}

/// Splits a stream into its lanes: pages, and the rest.
fn lanes(stream: &[Value]) -> [Vec<&Value>; 2] {
    stream
        .iter()
        .partition::<Vec<&Value>, _>(|line| line["name"] == "MANAGE_PAGES")
        .into()
}

/// Where both lanes run at once: while VFs go away, firmware hands back pages beside the driver's own commands.
fn concurrent_part(recorded: &[Value]) -> Range<usize> {
    let is_concurrent = |line: &Value| line["phase"] == "sriov_off";
    let first = recorded.iter().position(is_concurrent).unwrap_or(recorded.len());
    let last = recorded
        .iter()
        .rposition(is_concurrent)
        .map_or(first, |last| last + 1);
    first..last
}

/// Every difference between a recorded stream and the driver's.
fn differences(recording: &Recording, driven: &[Value]) -> String {
    let recorded: Vec<Value> = recording
        .lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut report = String::new();
    if recorded.len() != driven.len() {
        let (driven, recorded) = (driven.len(), recorded.len());
        writeln!(
            report,
            "the driver issues {driven} commands, recorded are {recorded}"
        )
        .unwrap();
    }
    let part = concurrent_part(&recorded);
    let driven_part = part.start.min(driven.len())..part.end.min(driven.len());
    let before: [Vec<&Value>; 2] =
        [&recorded[..part.start], &driven[..driven_part.start]].map(|lines| lines.iter().collect());
    let after: [Vec<&Value>; 2] =
        [&recorded[part.end..], &driven[driven_part.end..]].map(|lines| lines.iter().collect());
    let [recorded_pages, recorded_rest] = lanes(&recorded[part]);
    let [driven_pages, driven_rest] = lanes(&driven[driven_part]);
    for [recorded, driven] in [
        before,
        [recorded_pages, driven_pages],
        [recorded_rest, driven_rest],
        after,
    ] {
        compare_streams(recording.name, &recorded, &driven, &mut report);
    }
    report
}

fn compare_streams(name: &str, recorded: &[&Value], driven: &[&Value], report: &mut String) {
    for place in 0..recorded.len().max(driven.len()) {
        match (recorded.get(place), driven.get(place)) {
            (Some(recorded), Some(driven)) => compare(name, recorded, driven, report),
            (Some(missing), None) => writeln!(report, "the driver does not issue {missing}").unwrap(),
            (None, Some(extra)) => writeln!(report, "the driver issues {extra}").unwrap(),
            (None, None) => {}
        }
    }
}

fn compare(name: &str, recorded: &Value, driven: &Value, report: &mut String) {
    let number = recorded["n"].as_u64().unwrap();
    for (field, value) in recorded.as_object().unwrap() {
        let accepted = ACCEPTED
            .iter()
            .any(|(trace, line, what, _)| (*trace, *line, *what) == (name, number, field));
        if NOT_COMPARED.contains(&field.as_str()) || accepted || driven.get(field) == Some(value) {
            continue;
        }
        let actual = driven.get(field).unwrap_or(&Value::Null);
        let command = &recorded["name"];
        writeln!(
            report,
            "line {number} {command}: {field} is {actual} ({}), recorded {value}",
            driven["name"]
        )
        .unwrap();
    }
}

fn assert_likeness(revision: RevisionName) {
    let mut report = String::new();
    for recording in recordings() {
        let mut driven = play(&recording, revision);
        if revision == RevisionName::Robust {
            let issued = driven.len();
            let going = driven.iter().position(|command| command["name"] == "DISABLE_HCA");
            let mut place = 0;
            driven.retain(|command| {
                place += 1;
                let asks = command["name"] == "QUERY_HCA_CAP" && command["other"] == 1;
                !asks || going.is_none_or(|going| place <= going)
            });
            let expected = ASKED_BY_ROBUST.iter().find(|(name, _)| *name == recording.name);
            let expected = expected.map_or(0, |&(_, questions)| questions);
            assert_eq!(issued - driven.len(), expected, "{}", recording.name);
        }
        let differences = differences(&recording, &driven);
        if !differences.is_empty() {
            writeln!(report, "{}:\n{differences}", recording.name).unwrap();
        }
    }
    assert!(
        report.is_empty(),
        "{revision} differs from the recordings:\n{report}"
    );
}

#[test]
fn merged_issues_the_recorded_commands() {
    assert_likeness(RevisionName::Merged);
}

#[test]
fn reviewed_issues_the_recorded_commands() {
    assert_likeness(RevisionName::Reviewed);
}

#[test]
fn robust_issues_the_recorded_commands() {
    assert_likeness(RevisionName::Robust);
}
