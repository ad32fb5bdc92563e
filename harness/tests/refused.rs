//! What is refused, kind by kind: files that are no records, names that stand for nothing, servers that are none.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod workbench;

use driver::RevisionName;
use harness::cli::artifact::{Artifact, ArtifactError};
use harness::cli::filter::Filter;
use harness::cli::library::{LookupError, look_up};
use harness::cli::selection::{self, RefusedBecause};
use harness::explore::{Detail, Race, RaceHalt, RaceOptions};
use harness::report::difference::{NoRecord, records};
use harness::scenario::ScenarioFile;
use harness::stage::socket::control::{ControlClient, ControlError};
use harness::stage::socket::process::{ProcessOptions, ServerProcess, StartError};
use harness::stage::socket::room::Room;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use workbench::{BOOT, Workbench};

#[test]
fn a_record_that_is_none_or_whose_scenario_makes_no_sense_is_not_repeated() {
    let bench = Workbench::new("refused-artifact");
    let no_record = bench.write("no-record.json", "{\n  \"version\": true\n}");
    let error = Artifact::read(&no_record).unwrap_err();
    assert!(matches!(error, ArtifactError::Malformed { .. }), "{error}");
    assert!(error.to_string().contains(":2:17: no recorded run"), "{error}");
    bench.write("boot.json", BOOT);
    let ran = bench.tool(&["run", "boot.json", "--revision", "merged", "--record", "records"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let recorded = std::fs::read_dir(bench.path("records")).unwrap().next().unwrap();
    let recorded = recorded.unwrap().path();
    assert!(Artifact::read(&recorded).is_ok());
    let text = std::fs::read_to_string(&recorded).unwrap();
    let mut record: Value = serde_json::from_str(&text).unwrap();
    record["scenario"]["steps"] = json!([]);
    let senseless = bench.write("senseless.json", &record.to_string());
    let error = Artifact::read(&senseless).unwrap_err();
    assert!(matches!(error, ArtifactError::Scenario { .. }), "{error}");
}

#[test]
fn a_name_that_nothing_has_and_one_that_two_have_are_refused() {
    let error = look_up(Path::new("no-such-scenario-anywhere")).unwrap_err();
    assert!(matches!(error, LookupError::Unknown { .. }), "{error}");
    let bench = Workbench::new("refused-names");
    let files = [
        bench.write("one/boot.json", BOOT),
        bench.write("two/boot.json", BOOT),
    ];
    let reading = selection::read(&files, &Filter::default()).unwrap();
    let refused = reading.errors.first().unwrap();
    assert!(
        matches!(&refused.why, RefusedBecause::SameName { name, .. } if name == "boot"),
        "{}",
        refused.why
    );
}

#[test]
fn what_cannot_be_compared_is_said_with_its_line() {
    let no_json = records("{}{\nb");
    assert!(
        matches!(no_json, Err(NoRecord::NoJson { line: 1, .. })),
        "{no_json:?}"
    );
    assert!(matches!(records("\n[1]\n"), Err(NoRecord::Foreign(_))));
    assert!(matches!(records(" \n"), Err(NoRecord::Empty)));
}

/// The race of `races/served-reload` with something else about it.
fn begun(change: fn(&mut Value)) -> RaceHalt {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/races/served-reload.json");
    let mut race: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    change(&mut race);
    let race: ScenarioFile = serde_json::from_value(race).unwrap();
    let options = RaceOptions {
        detail: Detail::Commands,
        early_timeouts: 0,
    };
    Race::begin(&race, RevisionName::Merged, options).err().unwrap()
}

#[test]
fn a_race_of_a_device_that_cannot_be_or_after_a_step_that_does_not_end_is_not_explored() {
    let error = begun(|race| race["device"]["vfs"] = json!({ "total": 60_000 }));
    assert!(matches!(error, RaceHalt::Device(_)), "{error}");
    let error = begun(|race| {
        let never = json!({ "gate": { "wait_held": { "name": "never" } } });
        race["steps"].as_array_mut().unwrap().insert(0, never);
    });
    assert!(matches!(error, RaceHalt::Before { step: 1, .. }), "{error}");
}

fn started(program: &str) -> StartError {
    let options = ProcessOptions {
        program: program.into(),
        virtual_time: true,
        virtual_functions: Room::USUAL.virtual_functions,
        sf_windows: Room::USUAL.sf_windows,
    };
    ServerProcess::start(&options).unwrap_err()
}

#[test]
fn a_server_that_cannot_be_started_and_one_that_ends_at_once_are_told_apart() {
    let error = started("/nowhere/mlx5-cosim");
    assert!(matches!(error, StartError::Spawn { .. }), "{error}");
    let error = started("/bin/false");
    assert!(matches!(error, StartError::Ended { .. }), "{error}");
}

/// What a client of the control socket makes of these bytes as the answer to its first order.
fn answered(test: &str, bytes: &'static [u8]) -> ControlError {
    let bench = Workbench::new(&format!("refused-control-{test}"));
    let path = bench.path("control.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let mut client = ControlClient::connect(&path).unwrap();
    let mut server = listener.accept().unwrap().0;
    server.write_all(bytes).unwrap();
    server.shutdown(std::net::Shutdown::Write).unwrap();
    let error = client.ask::<Value>("counters", &json!({})).unwrap_err();
    let mut order = String::new();
    BufReader::new(server).read_line(&mut order).unwrap();
    assert_eq!(order, "{\"id\":1,\"counters\":{}}\n");
    error
}

#[test]
fn a_control_socket_that_closes_talks_nonsense_or_refuses_is_understood() {
    let error = answered("closed", b"");
    assert!(matches!(error, ControlError::Closed), "{error}");
    let error = answered("nonsense", b"no json\n");
    assert!(matches!(error, ControlError::Unreadable { .. }), "{error}");
    let error = answered(
        "another",
        b"{\"id\":7}\n{\"id\":1,\"error\":{\"message\":\"no\"}}\n",
    );
    assert!(
        matches!(&error, ControlError::Refused(why) if why == "no"),
        "{error}"
    );
    let error = ControlError::Socket(std::io::ErrorKind::NotFound.into());
    assert!(error.to_string().starts_with("the control socket: "), "{error}");
}
