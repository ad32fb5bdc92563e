//! The device is really another process, and what joins us with it really carries something.

use crate::servers::backend;
use driver::RevisionName;
use harness::play::RunOptions;
use harness::record::result::Outcome;
use harness::scenario::read_scenario;
use harness::stage::news::Silence;
use harness::stage::socket::control::ControlClient;
use harness::stage::socket::server::Time;
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use std::path::Path;

/// The tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test(
            "elsewhere::the_server_is_another_process_and_bytes_pass",
            bytes_pass,
        ),
        Trial::test("elsewhere::the_server_goes_with_whoever_started_it", goes_with_us),
    ]
}

fn bytes_pass() -> Result<(), Failed> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/lifecycle/vf-driver.json");
    let scenario = read_scenario(&file)?;
    let mut backend = backend(Time::Virtual);
    let (options, merged) = (RunOptions::default(), RevisionName::Merged);
    let result = backend.run(&scenario, "vf-driver", merged, &options, &Silence)?;
    assert_eq!(
        (result.outcome, result.backend.as_str()),
        (Outcome::Pass, "socket")
    );
    let server = backend.server().ok_or("the server is kept")?;
    let process = server.process().ok_or("it is ours")?;
    let id = process.id().ok_or("it runs")?;
    assert_ne!(id, std::process::id());
    let program = std::fs::read_link(format!("/proc/{id}/exe"))?;
    assert_eq!(
        program,
        Path::new(env!("CARGO_BIN_EXE_mlx5-cosim")).canonicalize()?
    );
    let mut control = ControlClient::connect(&process.control())?;
    let counters: Value = control.ask("counters", &json!({}))?;
    for function in ["pf", "vf1"] {
        let counted = counters["functions"].as_array().into_iter().flatten();
        let counted = counted
            .filter(|counted| counted["function"] == function)
            .collect::<Vec<_>>();
        let counted = counted.first().ok_or("the function is there")?;
        for what in ["messages", "interrupts", "dma_read", "dma_written"] {
            let number = counted[what].as_u64().unwrap_or(0);
            assert!(number > 0, "{function}: {what}");
        }
        assert_eq!(
            (&counted["refused"], &counted["dma_blocked"]),
            (&json!(0), &json!(0))
        );
    }
    Ok(())
}

fn goes_with_us() -> Result<(), Failed> {
    let mut server = crate::failures::start(Time::Virtual);
    let process = server.process().ok_or("it is ours")?;
    let id = process.id().ok_or("it runs")?;
    let folder = process.folder().to_owned();
    assert!(folder.join("f8.sock").exists() && Path::new(&format!("/proc/{id}")).exists());
    drop(server);
    assert!(!folder.exists() && !Path::new(&format!("/proc/{id}")).exists());
    Ok(())
}
