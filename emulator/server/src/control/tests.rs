//! The control socket as its clients see it.

mod drivers;
mod guest;
mod look;
mod replacement;
mod time;
mod unread;

use super::*;
use crate::options::{ClockKind, ServerOptions};
use device_pci::Layout;
use emulator::CommandRecord;
use emulator::record::{CommandFields, Completion, Hex};
use prm::{Function, Opcode};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

/// The record of a command without fields that has ended well, to make others of.
pub(super) fn ended(opcode: Opcode, endpoint: Function, at: u64) -> CommandRecord {
    CommandRecord {
        n: 1,
        opcode: Hex(opcode.raw().into()),
        name: opcode.to_string().into(),
        op_mod: 0,
        in_len: 16,
        out_len: 16,
        completion: Completion::Event,
        slot: 0,
        status: Some(0),
        syndrome: None,
        delivery: None,
        fields: CommandFields::default(),
        endpoint,
        rung: Cycles(at),
        cycles: Cycles(at),
    }
}

/// A served device with a control socket, turned by hand.
struct Bench {
    device: DeviceServer,
    control: ControlServer,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self::with(ServerOptions::default())
    }

    fn with(options: ServerOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = json!({
            "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
            "vfs": { "total": 2, "first_vhca_id": 16 }, "sfs": { "max": 1, "base_id": 0x8000, "first_vhca_id": 32 }
        });
        let config = serde_json::from_value(config).unwrap();
        let device = DeviceServer::bind_with(config, 0, folder.path(), options).unwrap();
        let control = ControlServer::bind(&folder.path().join("control.sock")).unwrap();
        Self {
            device,
            control,
            folder,
        }
    }

    fn turn(&mut self) {
        self.control.serve(&mut self.device).unwrap();
        let records = self.device.take_records();
        self.control.publish(&records);
    }

    fn client(&mut self) -> Client {
        let stream = UnixStream::connect(self.control.path()).unwrap();
        stream.set_nonblocking(true).unwrap();
        self.turn();
        Client {
            stream,
            received: Vec::new(),
        }
    }

    /// Serves until the client has got this many lines more.
    fn answers(&mut self, client: &mut Client, count: usize) -> Vec<Value> {
        let mut answers = Vec::new();
        while answers.len() < count {
            self.turn();
            answers.extend(client.lines());
        }
        assert_eq!(answers.len(), count, "{answers:?}");
        answers
    }

    fn ask(&mut self, client: &mut Client, request: Value) -> Value {
        client.send(format!("{request}\n").as_bytes());
        self.answers(client, 1).remove(0)
    }
}

struct Client {
    stream: UnixStream,
    received: Vec<u8>,
}

impl Client {
    fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The lines that have come.
    fn lines(&mut self) -> Vec<Value> {
        let mut chunk = vec![0; 1 << 16];
        while let Ok(count @ 1..) = self.stream.read(&mut chunk) {
            self.received.extend_from_slice(&chunk[..count]);
        }
        let Some(end) = self.received.iter().rposition(|byte| *byte == b'\n') else {
            return Vec::new();
        };
        let rest = self.received.split_off(end + 1);
        let whole = std::mem::replace(&mut self.received, rest);
        whole
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    /// Whether the server has closed the connection.
    fn is_closed(&mut self) -> bool {
        matches!(self.stream.read(&mut [0]), Ok(0))
    }
}

fn error(answer: &Value) -> &str {
    answer["error"]["message"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn pages_are_not_asked_for_where_no_driver_listens() {
    let mut bench = Bench::new();
    let mut client = bench.client();
    let order = json!({ "id": 3, "firmware": { "request_pages": { "function": "vf1", "pages": 8 } } });
    let answer = bench.ask(&mut client, order);
    assert_eq!(
        (&answer["id"], error(&answer)),
        (&json!(3), "no event queue takes this event")
    );
    let order = json!({ "id": 4, "firmware": { "request_pages": { "function": "vf9", "pages": 8 } } });
    let answer = bench.ask(&mut client, order);
    assert!(error(&answer).contains("no function vf9"), "{answer}");
    assert_eq!(answer["error"]["line"], 2);
    assert_eq!(
        bench.ask(&mut client, json!({ "id": 5, "firmware": { "reset": {} } })),
        json!({ "id": 5, "firmware": {} })
    );
}

#[test]
fn holds_are_set_shown_waited_for_and_released() {
    let mut bench = Bench::new();
    let mut client = bench.client();
    let hold = json!({ "name": "give", "command": { "command": "MANAGE_PAGES" } });
    assert_eq!(
        bench.ask(&mut client, json!({ "id": 1, "gate": { "hold": hold } })),
        json!({ "id": 1, "gate": {} })
    );
    let again = bench.ask(&mut client, json!({ "id": 2, "gate": { "hold": hold } }));
    assert_eq!(error(&again), "there is a hold `give` already");
    let snapshot = &bench.ask(&mut client, json!({ "id": 3, "snapshot": {} }))["snapshot"];
    assert_eq!(snapshot["holds"], json!([{ "name": "give" }]));
    assert_eq!(
        snapshot["ledger"],
        json!({ "pf": 0, "vf1": 0, "vf2": 0, "sf1": 0 })
    );
    assert_eq!(
        (&snapshot["commands"], &snapshot["page_requests"]),
        (&json!([]), &json!([]))
    );
    assert!(snapshot["virtual_ns"].as_u64() > Some(0));

    // It is answered at its limit, and others are answered before.
    client.send(b"{\"id\":4,\"gate\":{\"wait_held\":{\"name\":\"give\",\"within_ms\":30}}}\n{\"id\":5,\"device\":{}}\n");
    let answers = bench.answers(&mut client, 2);
    assert_eq!(
        (&answers[0]["id"], &answers[0]["device"]["vhca_id"]),
        (&json!(5), &json!(5))
    );
    assert_eq!(error(&answers[1]), "`give` has caught nothing within 30 ms");
    assert_eq!(bench.control.next_deadline(), None);

    client.send(b"{\"id\":6,\"gate\":{\"wait_held\":{\"name\":\"give\"}}}\n");
    bench.turn();
    assert!(bench.control.next_deadline().is_some());
    client.send(b"{\"id\":7,\"gate\":{\"release\":{\"name\":\"give\"}}}\n");
    let answers = bench.answers(&mut client, 2);
    assert_eq!(answers[0], json!({ "id": 7, "gate": {} }));
    assert_eq!(
        (&answers[1]["id"], error(&answers[1])),
        (&json!(6), "there is no hold `give`")
    );
}

#[test]
fn functions_have_their_sockets() {
    let mut bench = Bench::new();
    let mut client = bench.client();
    let functions = bench.ask(&mut client, json!({ "id": 1, "functions": {} }));
    let functions = functions["functions"].as_array().unwrap();
    let vf1 = functions
        .iter()
        .find(|function| function["function"] == "vf1")
        .unwrap();
    let socket = bench.folder.path().join("vf1.sock");
    let expected = json!({
        "function": "vf1", "vhca_id": 16, "socket": socket, "devfn": 1, "connected": false, "takes_page_requests": false,
        "driver": "absent"
    });
    assert_eq!(vf1, &expected);
    let sf1 = functions
        .iter()
        .find(|function| function["function"] == "sf1")
        .unwrap();
    assert_eq!((&sf1["vhca_id"], sf1.get("socket")), (&json!(32), None));
    let counters = bench.ask(&mut client, json!({ "id": 2, "counters": {} }));
    assert!(counters["counters"]["functions"].is_array(), "{counters}");
}

#[test]
fn what_is_wrong_is_answered_and_nothing_is_lost() {
    let mut bench = Bench::new();
    let mut client = bench.client();
    client.send(b"nonsense\n\n{\"id\":1,\"snapsot\":{}}\n\xff\xfe\n{\"id\":2,\"device\":{}");
    let answers = bench.answers(&mut client, 3);
    let places: Vec<_> = answers
        .iter()
        .map(|answer| (&answer["id"], &answer["error"]["line"]))
        .collect();
    assert_eq!(
        places,
        [
            (&json!(null), &json!(1)),
            (&json!(1), &json!(3)),
            (&json!(null), &json!(4))
        ]
    );
    assert_eq!(answers[1]["error"]["column"], 17);
    client.send(b"}\n");
    assert_eq!(bench.answers(&mut client, 1)[0]["id"], 2);

    for _ in 0..5 {
        client.send(&[b'x'; LONGEST_LINE / 4]);
        bench.turn();
    }
    client.send(b"\n{\"id\":3,\"counters\":{}}\n");
    let answers = bench.answers(&mut client, 2);
    assert_eq!(error(&answers[0]), "the line is longer than 65536 bytes");
    assert_eq!(
        (&answers[0]["error"]["line"], &answers[1]["id"]),
        (&json!(6), &json!(3))
    );
}

#[test]
fn two_clients_get_their_own_answers_and_commands() {
    let mut bench = Bench::new();
    let (mut one, mut two) = (bench.client(), bench.client());
    one.send(b"{\"id\":1,\"commands\":{}}\n");
    two.send(b"{\"id\":2,\"subscribe\":{}}\n{\"id\":3,\"commands\":{}}\n");
    let nothing = json!({ "commands": [], "left": 0, "lost": 0 });
    assert_eq!(
        bench.answers(&mut one, 1),
        [json!({ "id": 1, "commands": nothing })]
    );
    assert_eq!(
        bench.answers(&mut two, 2),
        [
            json!({ "id": 2, "subscribe": {} }),
            json!({ "id": 3, "commands": nothing })
        ]
    );
    let hold = json!({ "name": "h", "command": { "command": "ENABLE_HCA" } });
    bench.ask(&mut one, json!({ "id": 4, "gate": { "hold": hold } }));
    bench.ask(
        &mut one,
        json!({ "id": 5, "gate": { "release": { "name": "h" } } }),
    );
    let records = bench.answers(&mut two, 1);
    assert_eq!(
        (&records[0]["record"], &records[0]["name"]),
        (&json!("gate_released"), &json!("h"))
    );
    assert!(one.lines().is_empty(), "only subscribers get records");
}

#[test]
fn whoever_sends_no_more_is_answered_to_the_end() {
    let mut bench = Bench::new();
    let mut client = bench.client();
    client.send(b"{\"id\":1,\"device\":{}}\n{\"id\":2,\"device\":{}}");
    client.stream.shutdown(Shutdown::Write).unwrap();
    let answers = bench.answers(&mut client, 2);
    assert_eq!((&answers[0]["id"], &answers[1]["id"]), (&json!(1), &json!(2)));
    bench.turn();
    assert!(client.is_closed());
    // What somebody has sent who is gone already is carried out, too.
    let mut client = bench.client();
    client.send(b"{\"id\":1,\"device\":{}}\n{\"id\":2,\"shutdown\":{}}\n");
    drop(client);
    (0..3).for_each(|_| bench.turn());
    assert!(bench.control.ends() && bench.control.clients.is_empty());
}

#[test]
fn there_is_a_limit_to_clients() {
    let mut bench = Bench::new();
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| bench.client()).collect();
    let mut late = bench.client();
    assert_eq!(error(&late.lines()[0]), "there are 32 clients already");
    assert!(late.is_closed());
    clients.pop();
    bench.turn();
    let mut late = bench.client();
    bench.ask(&mut late, json!({ "id": 1, "device": {} }));
}

/// Lines like those of a client, cut, changed and mixed with what is none.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let requests = prop::sample::select(vec![
        r#"{"id":1,"snapshot":{}}"#,
        r#"{"id":18446744073709551616,"commands":{}}"#,
        r#"{"id":2,"firmware":{"request_pages":{"function":"vf1","pages":-2147483648}}}"#,
        r#"{"id":2,"firmware":{"reconfigure":{"boot":-1,"vhca_ids":{"vf1":65535}}}}"#,
        r#"{"id":2,"firmware":{"when":{"command":{"command":"ENABLE_HCA"},"then":[{"reset":{}}],"times":0}}}"#,
        r#"{"id":3,"gate":{"hold":{"name":"h","command":{"command":"INIT_HCA","skip":4294967295}}}}"#,
        r#"{"id":4,"gate":{"wait_held":{"name":"h","within_ms":4294967295}}}"#,
        r#"{"id":5,"gate":{"release":{"name":"h"}}}"#,
        r#"{"id":6,"subscribe":{}}"#,
        r#"[[[[[[[[[[{"id":{"id":{"#,
    ]);
    let changed =
        (requests, any::<prop::sample::Index>(), any::<u8>(), 0..4u8).prop_map(|(request, at, byte, how)| {
            let mut bytes = request.as_bytes().to_owned();
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.truncate(at),
                2 => bytes.insert(at, b'\n'),
                _ => {}
            }
            bytes
        });
    let random = prop::collection::vec(any::<u8>(), 0..300);
    let deep = (1..70_000usize).prop_map(|depth| vec![b'['; depth]);
    prop_oneof![6 => changed, 2 => random, 1 => deep]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_bytes_end_the_server(lines in prop::collection::vec(bytes(), 1..20), cut in 1..5000usize) {
        let mut bench = Bench::new();
        let mut client = bench.client();
        for chunk in lines.join(&b'\n').chunks(cut) {
            client.send(chunk);
            bench.turn();
            drop(client.lines());
        }
        client.send(b"\n{\"id\":77,\"counters\":{}}\n");
        let is_last = |answer: &Value| answer["id"] == 77;
        while !client.lines().iter().any(is_last) {
            bench.turn();
        }
        prop_assert_eq!(bench.control.clients.len(), 1);
    }
}
