//! `serve`: sockets, signals, the control socket, as a user and as QEMU meet them.

mod workbench;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use workbench::{Workbench, broken};

/// A running `serve`. It is killed when a test gives up.
struct Server {
    child: Child,
    stderr: BufReader<ChildStderr>,
    log: String,
}

impl Server {
    /// Starts `serve` and waits until it takes orders.
    fn start(bench: &Workbench, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"))
            .args(["serve", "--socket-dir", "sockets", "--control", "control.sock"])
            .args(arguments)
            .current_dir(bench.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the tool can be started");
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let mut server = Self {
            child,
            stderr,
            log: String::new(),
        };
        while !server.log.contains("orders are taken at") {
            let read = server.stderr.read_line(&mut server.log).expect("the log is text");
            assert!(read > 0, "serve has ended: {}", server.log);
        }
        server
    }

    /// Sends a signal; the exit code.
    fn end(mut self, signal: Signal) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), signal).expect("serve runs");
        self.child.wait().expect("serve is a child").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client of the control socket.
struct Control(BufReader<UnixStream>);

impl Control {
    fn connect(bench: &Workbench) -> Self {
        Self(BufReader::new(
            UnixStream::connect(bench.path("control.sock")).expect("serve listens"),
        ))
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.0.get_mut(), "{request}").expect("serve reads");
        let mut line = String::new();
        self.0.read_line(&mut line).expect("serve answers");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").mode() & 0o777
}

#[test]
fn a_signal_ends_it_and_no_socket_is_left() {
    for (signal, test) in [(Signal::TERM, "serve-sigterm"), (Signal::INT, "serve-sigint")] {
        let bench = Workbench::new(test);
        let server = Server::start(&bench, &["--commands", "commands.jsonl"]);
        assert_eq!(mode(&bench.path("sockets")), 0o700);
        for socket in [
            "sockets/pf.sock",
            "sockets/vf1.sock",
            "sockets/vf3.sock",
            "control.sock",
        ] {
            assert_eq!(mode(&bench.path(socket)), 0o600, "{socket}");
        }
        // A connected client does not keep it.
        let _client = Control::connect(&bench);
        assert_eq!(server.end(signal), Some(0));
        assert_eq!(fs::read_dir(bench.path("sockets")).expect("it stays").count(), 0);
        assert!(!bench.path("control.sock").exists() && bench.path("commands.jsonl").exists());
    }
}

#[test]
fn stdout_has_what_qemu_takes_and_nothing_else() {
    let bench = Workbench::new("serve-log");
    let mut server = Server::start(&bench, &[]);
    let path = bench.path("sockets/pf.sock");
    let option = format!(
        r#"-device '{{"addr":"0.0","bus":"mlx5","driver":"vfio-user-pci","multifunction":true,"socket":{{"path":"{}","type":"unix"}}}}'"#,
        path.display()
    );
    let stdout = server.child.stdout.take().expect("stdout is piped");
    assert_eq!(server.end(Signal::TERM), Some(0));
    let pasted: Vec<String> = BufReader::new(stdout).lines().map_while(Result::ok).collect();
    assert_eq!(pasted.len(), 6, "{pasted:?}");
    assert!(pasted[0].starts_with("  -m 512M "), "{pasted:?}");
    assert!(
        pasted[1].contains(r#""driver":"pcie-root-port","id":"mlx5""#),
        "{pasted:?}"
    );
    assert_eq!(pasted[2], format!("  {option} \\"));
    assert!(
        pasted[5].contains(r#""addr":"0.3""#) && !pasted[5].ends_with('\\'),
        "{pasted:?}"
    );
}

#[test]
fn a_folder_that_others_may_write_into_is_refused() {
    let bench = Workbench::new("serve-open");
    let open = bench.path("open");
    fs::create_dir(&open).expect("a folder can be made");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o1777)).expect("it is ours");
    for arguments in [
        ["serve", "--socket-dir", "open", "--seed", "1"],
        [
            "serve",
            "--socket-dir",
            "sockets",
            "--control",
            "open/control.sock",
        ],
    ] {
        let ran = bench.tool(&arguments);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("others may write into"), "{}", ran.stderr);
        assert!(ran.stderr.contains("$XDG_RUNTIME_DIR"), "{}", ran.stderr);
    }
    assert_eq!(fs::read_dir(&open).expect("it stays").count(), 0);
}

#[test]
fn the_command_stream_is_never_written_through_a_link() {
    let bench = Workbench::new("serve-link");
    let target = bench.write("target", "kept");
    std::os::unix::fs::symlink(&target, bench.path("link")).expect("a link can be made");
    let ran = bench.tool(&["serve", "--socket-dir", "sockets", "--commands", "link"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("link: it is a symbolic link"),
        "{}",
        ran.stderr
    );
    assert_eq!(fs::read_to_string(&target).expect("it stays"), "kept");
}

#[test]
fn a_live_socket_is_never_taken_and_a_stale_one_is() {
    let bench = Workbench::new("serve-live");
    let mut first = Server::start(&bench, &[]);
    let second = bench.tool(&["serve", "--socket-dir", "sockets"]);
    assert_eq!(second.code, 104, "{}", second.stderr);
    assert!(
        second
            .stderr
            .contains("pf.sock: another server is listening there"),
        "{}",
        second.stderr
    );
    let second = bench.tool(&["serve", "--socket-dir", "others", "--control", "control.sock"]);
    assert_eq!(second.code, 104, "{}", second.stderr);
    assert!(
        second
            .stderr
            .contains("control.sock: another server is listening there"),
        "{}",
        second.stderr
    );
    assert_eq!(
        fs::read_dir(bench.path("others")).expect("it was made").count(),
        0
    );
    assert_eq!(
        Control::connect(&bench).ask(&json!({ "id": 1, "device": {} }))["device"]["vhca_id"],
        5
    );

    first.child.kill().expect("it runs");
    first.child.wait().expect("it is a child");
    assert!(bench.path("sockets/pf.sock").exists() && bench.path("control.sock").exists());
    assert_eq!(Server::start(&bench, &[]).end(Signal::TERM), Some(0));
}

#[test]
fn a_vfio_user_client_finds_its_function() {
    let bench = Workbench::new("serve-client");
    let _server = Server::start(&bench, &[]);
    let mut control = Control::connect(&bench);
    let mut clients = Vec::new();
    for (socket, id) in [
        ("sockets/pf.sock", 0x101b_15b3_u32),
        ("sockets/vf1.sock", u32::MAX),
    ] {
        let mut client = vfio_user::Client::new(&bench.path(socket)).expect("the version is negotiated");
        assert!(
            client.region(0).is_some_and(|bar| bar.size >= 1 << 20),
            "{socket}"
        );
        assert_eq!(client.region(7).map(|config| config.size), Some(4096));
        client.reset().expect("a reset is answered");
        let mut read = [0; 4];
        client
            .region_read(7, 0, &mut read)
            .expect("configuration space is readable");
        assert_eq!(
            u32::from_le_bytes(read),
            id,
            "{socket}: a VF hides until it is enabled"
        );
        let functions = control.ask(&json!({ "id": 1, "functions": {} }));
        let connected = functions["functions"].as_array().into_iter().flatten();
        let connected: Vec<_> = connected
            .filter(|function| function["connected"] == true)
            .collect();
        // When one goes the server notices a moment later, so they stay.
        clients.push(client);
        assert_eq!(connected.len(), clients.len(), "{functions}");
        let function = connected.last().expect("the newest is the last in the list");
        assert!(
            socket.contains(function["function"].as_str().unwrap_or("?")),
            "{function}"
        );
    }
    let counters = control.ask(&json!({ "id": 2, "counters": {} }));
    assert!(
        counters["counters"]["functions"][0]["messages"].as_u64() > Some(5),
        "{counters}"
    );
}

#[test]
fn orders_are_carried_out_or_refused_in_words() {
    let bench = Workbench::new("serve-control");
    let mut server = Server::start(&bench, &[]);
    let (mut one, mut two) = (Control::connect(&bench), Control::connect(&bench));
    let pages = json!({ "id": 1, "firmware": { "request_pages": { "function": "vf1", "pages": 512 } } });
    assert_eq!(
        one.ask(&pages)["error"]["message"],
        "no event queue takes this event"
    );
    let hold = json!({ "name": "h", "command": { "command": "MANAGE_PAGES" } });
    assert_eq!(
        one.ask(&json!({ "id": 2, "gate": { "hold": hold } })),
        json!({ "id": 2, "gate": {} })
    );
    assert_eq!(
        two.ask(&json!({ "id": 3, "snapshot": {} }))["snapshot"]["holds"][0]["name"],
        "h"
    );
    assert_eq!(two.ask(&json!("x"))["error"]["line"], 2);
    let wait = json!({ "id": 4, "gate": { "wait_held": { "name": "h", "within_ms": 50 } } });
    assert_eq!(
        two.ask(&wait)["error"]["message"],
        "`h` has caught nothing within 50 ms"
    );
    assert_eq!(
        one.ask(&json!({ "id": 5, "shutdown": {} })),
        json!({ "id": 5, "shutdown": {} })
    );
    assert_eq!(server.child.wait().expect("serve is a child").code(), Some(0));
    assert!(!bench.path("control.sock").exists());
}

#[test]
fn a_device_is_judged_like_a_scenario() {
    let bench = Workbench::new("serve-device");
    bench.write(
        "device.json",
        "{ \"kind\": \"pf\", \"vhca_id\": 5,\n  \"page_mod\": \"vhca_id\" }\n",
    );
    let ran = bench.tool(&["serve", "--socket-dir", "s", "--device", "device.json"]);
    assert_eq!(ran.code, 103);
    assert!(
        ran.stderr.contains("device.json:2:3: unknown field `page_mod`"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("did you mean `page_mode`?"), "{}", ran.stderr);
    assert!(!bench.path("s").exists());
    let ran = bench.tool(&["serve", "--socket-dir", "s", "--device", "none.json"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);

    bench.write("boot.json", &broken("\"vhca_id\": 5", "\"vhca_id\": 7"));
    let server = Server::start(&bench, &["--device", "boot.json"]);
    let device = Control::connect(&bench).ask(&json!({ "id": 1, "device": {} }));
    assert_eq!(device["device"]["vhca_id"], 7);
    assert!(!bench.path("sockets/vf1.sock").exists());
    assert_eq!(server.end(Signal::TERM), Some(0));
}

#[test]
fn any_device_comes_behind_ordinary_functions_and_its_time_is_ordered() {
    let bench = Workbench::new("serve-flat");
    let mut server = Server::start(&bench, &["--flat", "2", "--sf-windows", "3", "--virtual-time"]);
    let mut control = Control::connect(&bench);
    let at = |time: u64| json!({ "id": 1, "time": { "advance_to_ns": time } });
    assert_eq!(control.ask(&at(5_000))["time"]["now_ns"], 5_000);
    let device = json!({ "kind": "vf", "vhca_id": 9, "page_mode": "func_id" });
    let replaced = control.ask(&json!({ "id": 2, "replace": { "device": device } }));
    assert_eq!(replaced, json!({ "id": 2, "replace": {} }));
    assert_eq!(control.ask(&json!({ "id": 3, "time": {} }))["time"]["now_ns"], 0);
    for (socket, present) in [("sockets/f0.sock", true), ("sockets/f2.sock", false)] {
        let mut client = vfio_user::Client::new(&bench.path(socket)).expect("the version is negotiated");
        assert_eq!(client.region(2).is_some_and(|bar| bar.size == 4 << 20), present);
        let mut revision = [0; 4];
        client
            .region_read(0, 0, &mut revision)
            .expect("registers are readable");
        assert_eq!(u32::from_be_bytes(revision) != u32::MAX, present, "{socket}");
    }
    let stdout = server.child.stdout.take().expect("stdout is piped");
    assert_eq!(server.end(Signal::TERM), Some(0));
    let sockets = BufReader::new(stdout).lines().map(|line| line.expect("text"));
    let names = sockets.map(|socket| socket.rsplit('/').next().unwrap_or_default().to_owned());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["f0.sock", "f1.sock", "f2.sock"],
        "how they are plugged in is their host's choice"
    );
    for arguments in [
        &["--virtual-time"][..],
        &["--sf-windows", "3"],
        &["--flat", "256"],
        &["--flat", "1", "--boot-script", "boot"],
    ] {
        let ran = bench.tool(&[&["serve", "--socket-dir", "sockets"][..], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn the_schema_of_the_control_protocol_is_checked_in() {
    let bench = Workbench::new("serve-schema");
    let ran = bench.tool(&["schema", "--control"]);
    assert_eq!(ran.code, 0);
    let checked_in = include_str!("../../docs/control.schema.json");
    assert!(
        ran.stdout == checked_in,
        "write `mlx5-cosim schema --control` to docs/control.schema.json"
    );
}

#[test]
fn a_guest_needs_its_parts() {
    let bench = Workbench::new("vm-parts");
    let ran = bench.tool(&["vm", "--memory", "12"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let ran = bench.tool(&[
        "vm",
        "--qemu",
        "/nowhere/qemu",
        "--kernel",
        "/nowhere/vmlinuz",
        "--modules",
        "/nowhere",
    ]);
    assert_eq!(ran.code, 104, "{}", ran.stderr);
    assert!(ran.stderr.contains("/nowhere"), "{}", ran.stderr);
}
