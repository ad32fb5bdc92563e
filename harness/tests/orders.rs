//! Orders for the guest at the control socket of `vm`, and what subscribers hear of its driver.
//!
//! They need the guest kit, which `mlx5-cosim setup` brings. Without it they are ignored, and say so; where
//! [`guest_kit::REQUIRED`] is set they fail instead.

mod guest_kit;

use guest_kit::needing_kit;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitCode, Stdio};
use std::time::Duration;

/// The function under test.
const FUNCTION: &str = "0000:01:00.0";
/// A device without VFs.
const DEVICE: &str = r#"{ "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id" }"#;
/// A guest boots in less, without KVM and beside others.
const PATIENCE: Duration = Duration::from_secs(240);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vec![
        Trial::test(
            "the_driver_goes_and_comes_and_the_kernel_tells",
            the_driver_goes_and_comes,
        ),
        Trial::test(
            "a_removal_that_waits_keeps_nobody_waiting_and_the_end_of_the_guest_answers_it",
            a_removal_that_waits,
        ),
        Trial::test("an_initramfs_of_the_users_own_takes_none", a_foreign_guest),
    ];
    libtest_mimic::run(&arguments, needing_kit(trials)).exit_code()
}

/// A running `vm`. It is killed when a test gives up.
struct Vm {
    process: Child,
    control: PathBuf,
    stderr: BufReader<ChildStderr>,
    /// The end of it would end the guest.
    _input: Option<ChildStdin>,
}

impl Vm {
    #[expect(
        clippy::disallowed_methods,
        reason = "a program is waited for, which lives by the wall clock"
    )]
    fn start(test: &str, arguments: &[&str]) -> Result<Self, Failed> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("device.json"), DEVICE)?;
        fs::write(folder.join("initrd"), "")?;
        let mut process = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"))
            .args(["vm", "--device", "device.json", "--control", "control.sock"])
            .args(arguments)
            // A program that stays until the guest ends; an initramfs of one's own has none.
            .args(if arguments.is_empty() { &["--exec", "sleep 100000"][..] } else { &[] })
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut vm = Self {
            _input: process.stdin.take(),
            stderr: BufReader::new(process.stderr.take().ok_or("a pipe")?),
            process,
            control: folder.join("control.sock"),
        };
        // Whoever can connect finds the device there.
        while UnixStream::connect(&vm.control).is_err() {
            if let Some(status) = vm.process.try_wait()? {
                let mut said = String::new();
                vm.stderr.read_to_string(&mut said)?;
                return Err(format!("vm has ended: {status}: {said}").into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(vm)
    }

    fn client(&self) -> Result<Client, Failed> {
        let stream = UnixStream::connect(&self.control)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Client {
            stream: BufReader::new(stream),
            events: VecDeque::new(),
        })
    }

    fn end(mut self) -> Result<(), Failed> {
        let mut client = self.client()?;
        client.ask(&json!({ "id": 99, "shutdown": {} }))?;
        let status = self.process.wait()?;
        // The program in the guest was ended by this order, as by a signal.
        if matches!(status.code(), Some(0 | 130)) {
            Ok(())
        } else {
            let mut said = String::new();
            self.stderr.read_to_string(&mut said)?;
            Err(format!("vm: {status}: {said}").into())
        }
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A client of the control socket.
struct Client {
    stream: BufReader<UnixStream>,
    /// What has become of drivers, as far as nobody has asked.
    events: VecDeque<Value>,
}

impl Client {
    fn send(&mut self, request: &Value) -> Result<(), Failed> {
        Ok(writeln!(self.stream.get_mut(), "{request}")?)
    }

    /// The next line that is no record; events of drivers are kept.
    fn line(&mut self) -> Result<Value, Failed> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err("the control socket was closed".into());
        }
        Ok(serde_json::from_str(&line)?)
    }

    fn hear(&mut self) -> Result<Option<Value>, Failed> {
        let line = self.line()?;
        if line.get("driver").is_some() {
            self.events.push_back(line["driver"].clone());
        }
        Ok(line.get("id").is_some().then_some(line))
    }

    /// The next answer.
    fn answer(&mut self) -> Result<Value, Failed> {
        loop {
            if let Some(answer) = self.hear()? {
                return Ok(answer);
            }
        }
    }

    fn ask(&mut self, request: &Value) -> Result<Value, Failed> {
        self.send(request)?;
        self.answer()
    }

    /// The next event of a driver has to be this one.
    fn expect_driver(&mut self, state: &str) -> Result<(), Failed> {
        while self.events.is_empty() {
            self.hear()?;
        }
        let event = self.events.pop_front().unwrap_or_default();
        is(
            &json!([event["function"], event["state"], event["ns"].is_u64()]),
            &json!(["pf", state, true]),
        )
    }
}

#[track_caller]
fn is(found: &Value, expected: &Value) -> Result<(), Failed> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{found} instead of {expected}").into())
    }
}

fn guest(id: u64, order: Value) -> Value {
    json!({ "id": id, "guest": order })
}

fn the_driver_goes_and_comes() -> Result<(), Failed> {
    let vm = Vm::start("orders", &[])?;
    let mut client = vm.client()?;
    client.ask(&json!({ "id": 1, "subscribe": {} }))?;
    // The guest boots: it is asked once it listens, and others are answered meanwhile.
    client.send(&guest(2, json!({ "counters": {} })))?;
    let functions = client.ask(&json!({ "id": 3, "functions": {} }))?;
    is(
        &json!([functions["id"], functions["functions"][0]["driver"]]),
        &json!([3, "absent"]),
    )?;
    let counters = client.answer()?;
    is(&counters["id"], &json!(2))?;
    is(
        &counters["guest"]["counters"][FUNCTION]["fw_pages_total"],
        &json!(240),
    )?;
    client.expect_driver("ready")?;
    let functions = client.ask(&json!({ "id": 4, "functions": {} }))?;
    is(&functions["functions"][0]["driver"], &json!("ready"))?;

    let rmmod = || json!({ "rmmod": { "name": "mlx5_core" } });
    is(&client.ask(&guest(5, rmmod()))?, &json!({ "id": 5, "guest": {} }))?;
    client.expect_driver("gone")?;
    let refused = client.ask(&guest(6, rmmod()))?;
    is(&refused["error"]["errno"], &json!(2))?;
    is(
        &client.ask(&guest(7, json!({ "counters": {} })))?,
        &json!({ "id": 7, "guest": { "counters": {} } }),
    )?;

    let insmod = || json!({ "insmod": { "name": "mlx5_core", "parameters": "debug_mask=1" } });
    is(
        &client.ask(&guest(8, insmod()))?,
        &json!({ "id": 8, "guest": {} }),
    )?;
    client.expect_driver("ready")?;
    let refused = client.ask(&guest(9, insmod()))?;
    is(&refused["error"]["errno"], &json!(17))?;

    let log = client.ask(&guest(10, json!({ "dmesg": {} })))?;
    let lines = log["guest"]["dmesg"].as_array().ok_or("lines")?;
    let version = format!("mlx5_core {FUNCTION}: firmware version");
    let told = lines
        .iter()
        .filter(|line| line["text"].as_str().is_some_and(|text| text.contains(&version)));
    is(&json!(told.count()), &json!(2))?;
    if !lines
        .iter()
        .all(|line| line["seconds"].is_f64() && line["level"].is_u64())
    {
        return Err(format!("time and level: {log}").into());
    }

    // Whoever has gone is obeyed, and gets nothing.
    let mut gone = vm.client()?;
    gone.send(&guest(1, rmmod()))?;
    drop(gone);
    client.expect_driver("gone")?;
    let functions = client.ask(&json!({ "id": 11, "functions": {} }))?;
    is(&functions["functions"][0]["driver"], &json!("absent"))?;
    vm.end()
}

/// An order that takes as long as somebody wants, and one that the guest's end overtakes.
fn a_removal_that_waits() -> Result<(), Failed> {
    let vm = Vm::start("orders-wait", &[])?;
    let mut client = vm.client()?;
    let hold = json!({ "hold": { "name": "h", "command": { "command": "TEARDOWN_HCA" } } });
    let rmmod = || json!({ "rmmod": { "name": "mlx5_core" } });
    client.ask(&json!({ "id": 1, "gate": hold }))?;
    client.send(&guest(2, rmmod()))?;
    let held = json!({ "id": 3, "gate": { "wait_held": { "name": "h", "within_ms": 200_000 } } });
    is(
        &client.ask(&held)?["gate"]["caught"]["name"],
        &json!("TEARDOWN_HCA"),
    )?;
    let counters = client.ask(&guest(4, json!({ "counters": {} })))?;
    is(
        &json!([counters["id"], counters["guest"].is_object()]),
        &json!([4, true]),
    )?;
    client.send(&json!({ "id": 5, "gate": { "release": { "name": "h" } } }))?;
    is(&client.answer()?, &json!({ "id": 5, "gate": {} }))?;
    is(&client.answer()?, &json!({ "id": 2, "guest": {} }))?;

    let insmod = json!({ "insmod": { "name": "mlx5_core" } });
    is(&client.ask(&guest(6, insmod))?, &json!({ "id": 6, "guest": {} }))?;
    client.ask(&json!({ "id": 7, "gate": hold }))?;
    client.send(&guest(8, rmmod()))?;
    client.ask(&held)?;
    vm.end()?;
    let lost = client.answer()?;
    is(
        &json!([lost["id"], lost["error"]["message"]]),
        &json!([8, "the guest has ended"]),
    )
}

fn a_foreign_guest() -> Result<(), Failed> {
    let vm = Vm::start("orders-foreign", &["--initrd", "initrd"])?;
    let mut client = vm.client()?;
    let refused = client.ask(&guest(1, json!({ "dmesg": {} })))?;
    is(
        &refused["error"]["message"],
        &json!("the guest boots initrd, which takes no orders; without --initrd it does"),
    )
}
