//! What the public record says that operations take, and what our clock says: the table in docs/clock.md.
//!
//! `cargo test -p mlx5-cosim --test clock -- --nocapture` prints it; `WRITE_TABLES=1` before it writes it.

use driver::RevisionName;
use harness::play::{RunOptions, run_scenario};
use harness::record::result::{Outcome, RunResult};
use harness::scenario::ScenarioFile;
use serde_json::{Value, json};
use std::fmt::Write as _;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/clock.md");
const BEGIN: &str = "<!-- clock, from a run -->\n";
const END: &str = "<!-- end -->";

/// Pages that each of four VFs holds when it is reset. The record does not say how many it was.
const PAGES_OF_A_VF: i32 = 2_048;

/// An operation with a public figure.
struct Row {
    operation: &'static str,
    /// What the source says, and of which hardware.
    record: &'static str,
    source: &'static str,
    /// What our driver, as Linux 7.2, does with our device.
    ours: fn() -> f64,
}

/// The sources are mails by their Message-ID (`https://lore.kernel.org/r/` and the id), commits, and pull requests. A difference of two
/// lines of a kernel's log is told with the words of both.
const ROWS: [Row; 10] = [
    Row {
        operation: "four VFs are reset at once, their pages come back by MANAGE_PAGES",
        record: "3.18 s (ConnectX-4 Lx)",
        source: "Linux commit c6168161f693, \"net/mlx5: Add support for release all pages event\"",
        ours: || pages_of_four(&json!({ "pages": -PAGES_OF_A_VF })),
    },
    Row {
        operation: "the same, by release-all",
        record: "0.31 s (ConnectX-4 Lx)",
        source: "the same commit",
        ours: || pages_of_four(&json!({ "release_all": true })),
    },
    Row {
        operation: "a PF's driver starts: \"firmware version\" to \"E-Switch: Total vports\"",
        record: "0.54 s (ConnectX-4 Lx, firmware 14.22.1002)",
        source: "mail 1c2dd51e-88d5-76e2-3d58-76d5d59b8da9@hisilicon.com",
        ours: || step(&pf("ethernet"), &[json!("load")], 0),
    },
    Row {
        operation: "a PF's driver ends: \"E-Switch: cleanup\" to the end of its probe's unwinding",
        record: "0.62 s (ConnectX-4 Lx, firmware 14.22.1002)",
        source: "the same mail",
        ours: || step(&pf("ethernet"), &[json!("load"), json!("unload")], 1),
    },
    Row {
        operation: "SR-IOV is enabled for one VF: \"E-Switch: Enable\" to the VF on the bus",
        record: "0.10 s (ConnectX-6 Dx), 0.12 s (ConnectX-5)",
        source: "mails Za7IMcstTALcSnPG@x130 and dc01508f-34b1-a69d-dbbf-88440a144198@huawei.com",
        ours: || step(&pf("ethernet"), &[json!("load"), json!({ "enable_vfs": 1 })], 1),
    },
    Row {
        operation: "a VF's driver starts: \"firmware version\" to \"Rate limit\"",
        record: "0.17 s (ConnectX-6 Dx, firmware 22.36.1010), 0.24 s (ConnectX-5, 16.27.1016)",
        source: "the same two mails",
        ours: || start_of_vf("ethernet_bare"),
    },
    Row {
        operation: "the same with its network device: \"firmware version\" to \"Supported tc offload range\"",
        record: "0.38 s (ConnectX-5, firmware 16.27.1016)",
        source: "mail dc01508f-34b1-a69d-dbbf-88440a144198@huawei.com",
        ours: || start_of_vf("ethernet"),
    },
    Row {
        operation: "the whole of a VF's probe, on s390",
        record: "close to 1 s (15b3:101e)",
        source: "mail f679f226162e1f987053cf0c088268398287200a.camel@linux.ibm.com",
        ours: || start_of_vf("ethernet"),
    },
    Row {
        operation: "ENABLE_HCA is never answered: \"firmware version\" to \"timeout\"",
        record: "61.01 s (ConnectX-4 Lx VF, firmware 14.32.1010)",
        source: "github.com/acmenezes/openshift-virtualization-demo, docs/troubleshooting.md",
        ours: || {
            let never = json!({ "answer": { "to": { "command": "ENABLE_HCA" }, "with": { "never": {} } } });
            let steps = [json!({ "firmware": never }), json!({ "host": "load" })];
            seconds(&played(&pf("ethernet"), &steps), 1)
        },
    },
    Row {
        operation: "the eswitch goes from legacy to switchdev mode",
        record: "3 s to 4 s for each of 32 PFs",
        source: "github.com/Mellanox/mlnx-tools/pull/146",
        ours: || {
            step(
                &pf("ethernet"),
                &[json!("load"), json!({ "eswitch_mode": "switchdev" })],
                1,
            )
        },
    },
];

/// A PF with four VFs.
fn pf(port: &str) -> Value {
    json!({
        "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id", "port": port,
        "eswitch": { "manager": true, "vport_group_manager": true },
        "vfs": { "total": 4, "first_vhca_id": 16 },
    })
}

/// A run of `merged`, whatever it warns of.
fn played(device: &Value, steps: &[Value]) -> RunResult {
    let scenario = json!({
        "name": "clock", "row": "clock", "concern": "How long does it take?", "why": "It is measured.",
        "reachability": "firmware_quirk", "device": device, "steps": steps, "expect": { "merged": {} },
    });
    let scenario: ScenarioFile = serde_json::from_value(scenario).expect("a scenario");
    let result = run_scenario(
        &scenario,
        "clock.json",
        RevisionName::Merged,
        &RunOptions::default(),
    );
    assert!(
        matches!(result.outcome, Outcome::Pass | Outcome::Fail) && result.steps.len() == steps.len(),
        "{:?}",
        result.reason
    );
    result
}

/// How long the operation of a step (from 0) took.
#[expect(clippy::cast_precision_loss, reason = "days of nanoseconds")]
fn seconds(result: &RunResult, step: usize) -> f64 {
    result.steps[step].took_ns.expect("it has ended") as f64 / 1e9
}

/// The same, of operations of the host.
fn step(device: &Value, operations: &[Value], step: usize) -> f64 {
    let steps: Vec<Value> = operations
        .iter()
        .map(|operation| json!({ "host": operation }))
        .collect();
    seconds(&played(device, &steps), step)
}

fn start_of_vf(port: &str) -> f64 {
    let load = json!({ "function": { "which": "vf1", "do": "load" } });
    step(&pf(port), &[json!("load"), json!({ "enable_vfs": 1 }), load], 2)
}

/// From firmware's first word to the last page, with so many pages on each VF. What the host sleeps at a reset is left out: it is the
/// same either way.
#[expect(clippy::cast_precision_loss, reason = "days of nanoseconds")]
fn pages_of_four(back: &Value) -> f64 {
    let mut steps = vec![json!({ "host": "load" }), json!({ "host": { "enable_vfs": 4 } })];
    let vfs = ["vf1", "vf2", "vf3", "vf4"];
    let mut ask = |how: &Value| {
        for vf in vfs {
            let mut request = how.clone();
            request["function"] = json!(vf);
            steps.push(json!({ "firmware": { "request_pages": request } }));
        }
        steps.len() - 1
    };
    let given = ask(&json!({ "pages": PAGES_OF_A_VF }));
    let last = ask(back);
    let result = played(&pf("ethernet_bare"), &steps);
    let pages = |step: usize| result.steps[step].after.counters["fw_pages_vfs"];
    assert_eq!(
        (pages(given), pages(last)),
        (Some(4 * PAGES_OF_A_VF.unsigned_abs()), Some(0))
    );
    (result.steps[last].after.virtual_ns - result.steps[given].after.virtual_ns) as f64 / 1e9
}

fn shown(seconds: f64) -> String {
    if seconds < 0.0995 {
        format!("{:.1} ms", seconds * 1e3)
    } else {
        format!("{seconds:.2} s")
    }
}

fn table() -> String {
    let mut table = String::from("| operation | the record | our clock | source |\n|---|---|--:|---|\n");
    for Row {
        operation,
        record,
        source,
        ours,
    } in ROWS
    {
        writeln!(table, "| {operation} | {record} | {} | {source} |", shown(ours())).expect("a string");
    }
    table
}

#[test]
fn the_table_is_that_of_a_run() {
    let table = table();
    println!("{table}");
    let page = std::fs::read_to_string(PAGE).expect("the page is there");
    let (before, rest) = page.split_once(BEGIN).expect("the page has the table");
    let (_, after) = rest.split_once(END).expect("the table ends");
    let wanted = format!("{before}{BEGIN}{table}{END}{after}");
    if std::env::var_os("WRITE_TABLES").is_some() {
        std::fs::write(PAGE, wanted).expect("it can be written");
    } else {
        assert!(
            page == wanted,
            "write it: WRITE_TABLES=1 cargo test -p mlx5-cosim --test clock"
        );
    }
}
