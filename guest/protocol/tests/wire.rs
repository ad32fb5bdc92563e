//! The protocol's lines, letter by letter: a guest and a harness of different builds must agree on them.

use guest_protocol::{
    Answer, Complaint, ComplaintKind, Devlink, EswitchMode, FromGuest, LogLine, Order, Outcome, PciDevice,
    Ready, Refusal, Reply, Request, from_line, to_line,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// A value is this line, and the line is this value.
#[track_caller]
fn is<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, line: &str) {
    assert_eq!(to_line(value).expect("a line"), format!("{line}\n"));
    assert_eq!(&from_line::<T>(line).expect("a value"), value);
}

fn device() -> String {
    "0000:00:04.0".to_owned()
}

#[test]
fn orders() {
    let cases = [
        (
            Order::InsertModule {
                name: "mlx5_core".to_owned(),
                parameters: r#"dyndbg="file a +p""#.to_owned(),
            },
            r#"{"insert_module":{"name":"mlx5_core","parameters":"dyndbg=\"file a +p\""}}"#,
        ),
        (
            Order::InsertModule {
                name: "mlxfw".to_owned(),
                parameters: String::new(),
            },
            r#"{"insert_module":{"name":"mlxfw"}}"#,
        ),
        (
            Order::RemoveModule {
                name: "mlxfw".to_owned(),
            },
            r#"{"remove_module":{"name":"mlxfw"}}"#,
        ),
        (
            Order::WriteFile {
                path: "/sys/x".to_owned(),
                text: "2\n".to_owned(),
            },
            r#"{"write_file":{"path":"/sys/x","text":"2\n"}}"#,
        ),
        (
            Order::ReadFiles {
                paths: vec!["/a".to_owned(), "/b".to_owned()],
            },
            r#"{"read_files":{"paths":["/a","/b"]}}"#,
        ),
        (
            Order::ListDirectory {
                path: "/sys".to_owned(),
            },
            r#"{"list_directory":{"path":"/sys"}}"#,
        ),
        (
            Order::WriteConfig {
                device: device(),
                offset: 16,
                bytes: vec![0, 255],
            },
            r#"{"write_config":{"device":"0000:00:04.0","offset":16,"bytes":[0,255]}}"#,
        ),
        (
            Order::ReadConfig {
                device: device(),
                offset: 256,
                length: 64,
            },
            r#"{"read_config":{"device":"0000:00:04.0","offset":256,"length":64}}"#,
        ),
        (
            Order::Bind {
                driver: "mlx5_core".to_owned(),
                device: device(),
            },
            r#"{"bind":{"driver":"mlx5_core","device":"0000:00:04.0"}}"#,
        ),
        (
            Order::Unbind { device: device() },
            r#"{"unbind":{"device":"0000:00:04.0"}}"#,
        ),
        (
            Order::PageCounters { device: device() },
            r#"{"page_counters":{"device":"0000:00:04.0"}}"#,
        ),
        (Order::AllPageCounters, r#""all_page_counters""#),
        (
            Order::Trace {
                events: vec!["p:waits mlx5_wait_for_pages".to_owned()],
            },
            r#"{"trace":{"events":["p:waits mlx5_wait_for_pages"]}}"#,
        ),
        (
            Order::Look { device: device() },
            r#"{"look":{"device":"0000:00:04.0"}}"#,
        ),
        (Order::PciDevices, r#""pci_devices""#),
        (
            Order::Run {
                program: "/bin/guest-driver".to_owned(),
                arguments: vec![device()],
            },
            r#"{"run":{"program":"/bin/guest-driver","arguments":["0000:00:04.0"]}}"#,
        ),
        (
            Order::Run {
                program: "/bin/x".to_owned(),
                arguments: Vec::new(),
            },
            r#"{"run":{"program":"/bin/x"}}"#,
        ),
        (Order::KernelLog, r#""kernel_log""#),
        (
            Order::KernelLogPart { at_most: 2048 },
            r#"{"kernel_log_part":{"at_most":2048}}"#,
        ),
        (
            Order::AwaitLine {
                words: vec!["successful".to_owned(), "failed".to_owned()],
                limit_ms: 5000,
            },
            r#"{"await_line":{"words":["successful","failed"],"limit_ms":5000}}"#,
        ),
        (Order::NextKernel, r#""next_kernel""#),
        (Order::Restart, r#""restart""#),
        (Order::PowerOff, r#""power_off""#),
    ];
    for (order, line) in cases {
        is(&order, line);
    }
}

#[test]
fn devlink() {
    let cases = [
        (
            Devlink::Info { device: device() },
            r#"{"info":{"device":"0000:00:04.0"}}"#,
        ),
        (
            Devlink::ActivateFirmware { device: device() },
            r#"{"activate_firmware":{"device":"0000:00:04.0"}}"#,
        ),
        (
            Devlink::Reload { device: device() },
            r#"{"reload":{"device":"0000:00:04.0"}}"#,
        ),
        (
            Devlink::EswitchMode {
                device: device(),
                mode: EswitchMode::Switchdev,
            },
            r#"{"eswitch_mode":{"device":"0000:00:04.0","mode":"switchdev"}}"#,
        ),
        (
            Devlink::AddSf {
                device: device(),
                controller: 0,
                pf_number: 0,
                sf_number: 88,
            },
            r#"{"add_sf":{"device":"0000:00:04.0","controller":0,"pf_number":0,"sf_number":88}}"#,
        ),
        (
            Devlink::SetPortState {
                device: device(),
                port: 32768,
                active: true,
            },
            r#"{"set_port_state":{"device":"0000:00:04.0","port":32768,"active":true}}"#,
        ),
        (
            Devlink::DeletePort {
                device: device(),
                port: 32768,
            },
            r#"{"delete_port":{"device":"0000:00:04.0","port":32768}}"#,
        ),
    ];
    for (operation, line) in cases {
        is(&operation, line);
        is(&Order::Devlink(operation), &format!(r#"{{"devlink":{line}}}"#));
    }
}

#[test]
fn requests() {
    is(
        &Request {
            id: 7,
            order: Order::PciDevices,
        },
        r#"{"id":7,"order":"pci_devices"}"#,
    );
}

#[test]
fn answers() {
    let function = PciDevice {
        address: device(),
        vendor: 0x15b3,
        device: 0x101b,
        class: 0x02_0000,
        driver: Some("mlx5_core".to_owned()),
        physical_function: None,
    };
    let counters = BTreeMap::from([("fw_pages_vfs".to_owned(), 4_294_966_784)]);
    let line = LogLine {
        sequence: 9,
        microseconds: 1_000_001,
        level: 3,
        text: "a \"b\"".to_owned(),
    };
    let cases = [
        (Answer::Done, r#""done""#),
        (
            Answer::Files(vec![Some("2".to_owned()), None]),
            r#"{"files":["2",null]}"#,
        ),
        (Answer::Names(vec!["a".to_owned()]), r#"{"names":["a"]}"#),
        (Answer::Bytes(vec![0xb3, 0x15]), r#"{"bytes":[179,21]}"#),
        (
            Answer::CountersByDevice(BTreeMap::from([(device(), counters.clone())])),
            r#"{"counters_by_device":{"0000:00:04.0":{"fw_pages_vfs":4294966784}}}"#,
        ),
        (
            Answer::Counters(Some(counters)),
            r#"{"counters":{"fw_pages_vfs":4294966784}}"#,
        ),
        (Answer::Counters(None), r#"{"counters":null}"#),
        (Answer::Port(32768), r#"{"port":32768}"#),
        (
            Answer::PciDevices(vec![function]),
            r#"{"pci_devices":[{"address":"0000:00:04.0","vendor":5555,"device":4123,"class":131072,"driver":"mlx5_core","physical_function":null}]}"#,
        ),
        (
            Answer::Lines(vec![line]),
            r#"{"lines":[{"sequence":9,"microseconds":1000001,"level":3,"text":"a \"b\""}]}"#,
        ),
    ];
    for (answer, line) in cases {
        is(&answer, line);
    }
}

#[test]
fn reports() {
    let ready = Ready {
        version: 1,
        kernel: "7.2.12".to_owned(),
        modules: vec!["mlxfw".to_owned(), "mlx5_core".to_owned()],
        microseconds: 5_000_000,
    };
    is(
        &FromGuest::Ready(ready),
        r#"{"ready":{"version":1,"kernel":"7.2.12","modules":["mlxfw","mlx5_core"],"microseconds":5000000}}"#,
    );
    is(
        &FromGuest::Reply(Reply {
            id: 7,
            microseconds: 12,
            outcome: Outcome::Ok(Answer::Done),
        }),
        r#"{"reply":{"id":7,"microseconds":12,"outcome":{"ok":"done"}}}"#,
    );
    let refusal = Refusal {
        errno: 16,
        what: "write /sys/x: Device or resource busy".to_owned(),
    };
    is(
        &FromGuest::Reply(Reply {
            id: 8,
            microseconds: 12,
            outcome: Outcome::Error(refusal),
        }),
        r#"{"reply":{"id":8,"microseconds":12,"outcome":{"error":{"errno":16,"what":"write /sys/x: Device or resource busy"}}}}"#,
    );
    let mut complaint = Complaint {
        kind: ComplaintKind::Warning,
        line: "WARNING: x.c:1 at f+0x1/0x2".to_owned(),
        cause: Some("VFs FW pages counter is 300".to_owned()),
        sequence: 400,
        microseconds: 9,
    };
    is(
        &FromGuest::Complaint(complaint.clone()),
        r#"{"complaint":{"kind":"warning","line":"WARNING: x.c:1 at f+0x1/0x2","cause":"VFs FW pages counter is 300","sequence":400,"microseconds":9}}"#,
    );
    complaint.kind = ComplaintKind::HungTask;
    complaint.cause = None;
    is(
        &FromGuest::Complaint(complaint),
        r#"{"complaint":{"kind":"hung_task","line":"WARNING: x.c:1 at f+0x1/0x2","sequence":400,"microseconds":9}}"#,
    );
    is(
        &FromGuest::Misread {
            line: "x".to_owned(),
            why: "y".to_owned(),
        },
        r#"{"misread":{"line":"x","why":"y"}}"#,
    );
}

#[test]
fn kinds_of_complaint() {
    use ComplaintKind::{Allocation, Bug, HungTask, Lockdep, Oops, Panic, Sanitizer, Warning};
    let kinds = [
        Warning, Bug, Oops, Lockdep, HungTask, Allocation, Sanitizer, Panic,
    ];
    is(
        &kinds.to_vec(),
        r#"["warning","bug","oops","lockdep","hung_task","allocation","sanitizer","panic"]"#,
    );
}

#[test]
fn what_is_not_known_is_refused() {
    for line in [
        "",
        "garbage",
        r#"{"id":1}"#,
        r#"{"id":-1,"order":"pci_devices"}"#,
        r#"{"id":1,"order":"pci_devices","more":1}"#,
        r#"{"id":1,"order":{"unbind":{"device":"d","force":true}}}"#,
        r#"{"id":1,"order":{"bogus":{}}}"#,
        r#"{"id":1,"order":{"write_config":{"device":"d","offset":0,"bytes":[256]}}}"#,
    ] {
        assert!(from_line::<Request>(line).is_err(), "{line}");
    }
}

#[test]
fn an_outcome_is_a_result() {
    let refusal = Refusal {
        errno: 2,
        what: "open x".to_owned(),
    };
    for result in [Ok(Answer::Done), Err(refusal)] {
        assert_eq!(Result::from(Outcome::from(result.clone())), result);
    }
}
