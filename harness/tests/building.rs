//! What `check` says about scenarios that `run` could read and not carry out.

mod workbench;

use workbench::{BOOT, Workbench, broken};

/// Checks a broken copy: the place, the problem and the hint.
#[track_caller]
fn refused(test: &str, text: &str, place: &str, message: &str, hint: &str) {
    let ran = Workbench::new(&format!("building-{test}")).refuses(text, place, message, hint);
    assert!(
        ran.stderr.ends_with("1 problem in 1 of 1 scenario\n"),
        "{}",
        ran.stderr
    );
}

#[track_caller]
fn accepted(test: &str, text: &str) {
    let bench = Workbench::new(&format!("building-{test}"));
    bench.write("boot.json", text);
    let ran = bench.tool(&["check", "boot.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// [`BOOT`] on another device.
fn on(device: &str) -> String {
    broken(
        "{ \"kind\": \"pf\", \"vhca_id\": 5, \"page_mode\": \"vhca_id\" }",
        &format!("{{ \"page_mode\": \"vhca_id\", {device} }}"),
    )
    .replace(
        "\"counters\": { \"fw_pages_total\": 240, \"self\": 240 }, \"ledger\": { \"pf\": 240 }",
        "\"pending\": false",
    )
    .replace("\"returns\": 0, \"ledger\": { \"pf\": 0 }", "\"returns\": 0")
}

/// [`BOOT`] with `step` in the place of the second one, on a PF with an eswitch, two VFs and four SFs.
fn step(step: &str) -> String {
    let device = r#""kind": "pf", "vhca_id": 5, "eswitch": { "manager": true, "vport_group_manager": true },
      "vfs": { "total": 2, "first_vhca_id": 16 }, "sfs": { "max": 4, "base_id": 256, "first_vhca_id": 128 }"#;
    on(device).replace(
        "{ \"host\": \"unload\", \"expect\": { \"all\": { \"returns\": 0 } } }",
        step,
    )
}

#[test]
fn a_vhca_id_that_two_functions_have_is_placed() {
    let hint = "where two of them are the point, say so in `vhca_ids`";
    let vfs = r#""kind": "pf", "vhca_id": 17, "vfs": { "total": 4, "first_vhca_id": 16 }"#;
    refused("vf", &on(vfs), "7:106", "pf and vf2 both have vhca_id 17", hint);
    let host = r#""kind": "ecpf", "vhca_id": 2, "external_host": { "pf_vhca_id": 2 }"#;
    refused(
        "host",
        &on(host),
        "7:102",
        "ecpf and host_pf both have vhca_id 2",
        hint,
    );
    let spf = r#""kind": "ecpf", "vhca_id": 2, "external_host": { "pf_vhca_id": 3 }, "satellite_pfs": [{ "vhca_id": 3 }]"#;
    refused(
        "spf",
        &on(spf),
        "7:138",
        "host_pf and spf1 both have vhca_id 3",
        hint,
    );
    let wanted =
        r#""kind": "pf", "vhca_id": 5, "vfs": { "total": 4, "first_vhca_id": 16, "vhca_ids": { "2": 5 } }"#;
    accepted("wanted", &on(wanted));
}

#[test]
fn a_device_that_cannot_be_made_is_placed() {
    let base = r#""kind": "pf", "vhca_id": 5, "vfs": { "total": 4, "first_vhca_id": 16 }, "sfs": { "max": 3, "base_id": 2, "first_vhca_id": 128 }"#;
    refused(
        "base",
        &on(base),
        "7:141",
        "the device cannot be made: `sfs.base_id`",
        "change it",
    );
    let many = r#""kind": "pf", "vhca_id": 5, "vfs": { "total": 5000, "first_vhca_id": 16 }"#;
    refused(
        "many",
        &on(many),
        "7:74",
        "the device cannot be made: `vfs`: at most 4096",
        "change it",
    );
    // The same words for a device that is served.
    let bench = Workbench::new("building-served");
    bench.write("boot.json", &on(many));
    let ran = bench.tool(&["serve", "--socket-dir", "s", "--device", "boot.json"]);
    assert_eq!(ran.code, 103);
    assert!(
        ran.stderr.contains("boot.json:7:74: the device cannot be made"),
        "{}",
        ran.stderr
    );
}

#[test]
fn firmware_gives_back_what_it_was_given() {
    let back = |function: &str, pages: i32| {
        format!(
            r#"{{ "firmware": {{ "request_pages": {{ "function": "{function}", "pages": {pages} }} }} }}"#
        )
    };
    accepted("back-own", &step(&back("pf", -240)));
    refused(
        "own",
        &step(&back("pf", -241)),
        "12:67",
        "firmware gives back 241 pages of `pf` and was given at most 240",
        "ask for them in an earlier step",
    );
    let both = format!("{}, {}", back("vf1", 5), back("vf1", -6));
    refused(
        "more-than-given",
        &step(&both),
        "12:140",
        "firmware gives back 6 pages of `vf1` and was given at most 5",
        "\"firmware_quirk\"",
    );
    accepted(
        "quirk",
        &step(&both).replace("compliant_firmware", "firmware_quirk"),
    );
    accepted("back-vf", &step(&both.replace("-6", "-5")));
}

#[test]
fn steps_before_a_driver_are_refused() {
    let first = |step: &str| BOOT.replace("\"steps\": [\n", &format!("\"steps\": [\n    {step},\n"));
    let request = r#"{ "firmware": { "request_pages": { "function": "pf", "pages": 3 } } }"#;
    let never = "no driver has been loaded before this step";
    refused(
        "request",
        &first(request),
        "9:21",
        never,
        "which a loaded driver takes",
    );
    for (name, step) in [
        ("unload", "\"unload\""),
        ("reload", "\"reload\""),
        ("mode", "{ \"eswitch_mode\": \"switchdev\" }"),
    ] {
        refused(
            &format!("before-{name}"),
            &first(&format!("{{ \"host\": {step} }}")),
            "9:15",
            never,
            "{\"host\": \"load\"} before it",
        );
    }
    let gate = r#"{ "gate": { "hold": { "name": "a", "at": "before_execution", "command": { "command": "ENABLE_HCA" } } } },
      { "gate": { "wait_held": { "name": "a" } } }"#;
    refused("gate", &first(gate), "10:32", never, "in the background");
    let after = step(&format!("{{ \"host\": \"unload\" }}, {request}"));
    refused(
        "removed",
        &after,
        "12:43",
        "the driver has been removed before this step",
        "",
    );
    // Who expects what such a step returns means it.
    accepted(
        "meant",
        &first(r#"{ "host": "unload", "expect": { "all": { "returns": -19 } } }"#),
    );
}

#[test]
fn the_hosts_number_of_a_subfunction_is_not_the_devices() {
    let steps = |function: &str| {
        let request =
            format!(r#"{{ "firmware": {{ "request_pages": {{ "function": "{function}", "pages": 3 }} }} }}"#);
        step(&format!(
            "{{ \"host\": {{ \"eswitch_mode\": \"switchdev\" }} }}, {{ \"host\": {{ \"add_sf\": 3 }} }},\n    {request}"
        ))
    };
    let message = "`add_sf: 3` has made the device's `sf1`: nobody is behind `sf3`";
    refused("number", &steps("sf3"), "13:52", message, "write `sf1`");
    accepted("as-one", &steps("sf1"));
}

#[test]
fn hints_for_an_ecpf_lead_to_its_host() {
    let device = r#""kind": "ecpf", "vhca_id": 2, "external_host": { "pf_vhca_id": 7, "vfs": { "total": 2, "first_vhca_id": 30 } }"#;
    let text = |step: &str| {
        on(device).replace(
            "{ \"host\": \"unload\", \"expect\": { \"all\": { \"returns\": 0 } } }",
            step,
        )
    };
    let hint = "are enabled by {\"firmware\": {\"functions_changed\": {\"host_vfs\": 1}}}";
    refused(
        "enable",
        &text("{ \"host\": { \"enable_vfs\": 1 } }"),
        "11:31",
        "1 VFs are enabled",
        hint,
    );
    refused(
        "disable",
        &text("{ \"host\": \"disable_vfs\" }"),
        "11:15",
        "the device has no VFs to disable",
        hint,
    );
    accepted(
        "changed",
        &text(r#"{ "firmware": { "functions_changed": { "host_vfs": 2 } } }"#),
    );
}

#[test]
fn rules_beyond_the_devices_limits_are_refused() {
    let hold = |name: &str| {
        format!(
            r#"{{ "gate": {{ "hold": {{ "name": "{name}", "at": "before_execution", "command": {{ "command": "ENABLE_HCA" }} }} }} }}"#
        )
    };
    refused(
        "name",
        &step(&hold(&"n".repeat(257))),
        "12:35",
        "the name of the hold is too long",
        "256 bytes",
    );
    let holds: Vec<String> = (0..1025).map(|number| hold(&number.to_string())).collect();
    refused(
        "holds",
        &step(&holds.join(",\n")),
        "1036:21",
        "one rule too many",
        "1024 rules",
    );
    let reaction = format!(
        r#"{{ "firmware": {{ "when": {{ "command": {{ "command": "ENABLE_HCA" }}, "then": [{}] }} }} }}"#,
        vec![r#"{ "reset": {} }"#; 65].join(", ")
    );
    refused(
        "orders",
        &step(&reaction),
        "12:79",
        "a reaction of 65 orders",
        "at most 64 orders",
    );
}
