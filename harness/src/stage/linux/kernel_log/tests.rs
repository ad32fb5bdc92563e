//! Lines as a kernel prints them, and what becomes of them.

mod texts;

use super::table::{EFFECTS, HARMLESS};
use super::{KernelLog, Regex};
use crate::stage::heard::is_printed;
use driver::{MessageKind, MessageLevel};
use guest_protocol::LogLine;
use serde_json::{Value, json};

const CUT: &str = "------------[ cut here ]------------";

fn line(level: u8, text: &str) -> LogLine {
    LogLine {
        sequence: 1,
        microseconds: 1,
        level,
        text: text.to_owned(),
    }
}

/// A line as `mlx5_core_warn` prints it.
fn warning(text: &str) -> LogLine {
    line(
        4,
        &format!("mlx5_core 0000:00:04.0: some_function:462:(pid 71): {text}"),
    )
}

/// Lines of a `WARN`, in a file of the driver's.
fn warn(text: Option<&str>, place: &str) -> Vec<LogLine> {
    let place = format!(
        "WARNING: drivers/net/ethernet/mellanox/mlx5/core/{place}+0x1c/0x130 [mlx5_core], CPU#0: rmmod/97"
    );
    let mut lines = vec![line(6, CUT)];
    lines.extend(text.map(|text| line(4, text)));
    lines.extend([
        line(4, &place),
        line(4, "Modules linked in: mlx5_core mlxfw psample"),
        line(4, "RIP: 0010:free_4k+0x1a/0x120 [mlx5_core]"),
        line(6, "Call Trace:"),
        line(6, " mlx5_uninit_one+0x7c/0xe0 [mlx5_core]"),
        line(4, "---[ end trace 0000000000000000 ]---"),
    ]);
    lines
}

fn read(lines: &[LogLine]) -> (Vec<Value>, Vec<String>) {
    let log = log_of(lines);
    (log.heard.messages, log.heard.unknown)
}

fn log_of(lines: &[LogLine]) -> KernelLog {
    let mut log = KernelLog::default();
    let messages = log.read(lines);
    assert_eq!(log.heard.messages, messages);
    log
}

#[test]
fn a_line_may_lack_the_place_and_the_device_may_be_any() {
    let lines = [
        line(
            4,
            "mlx5_core 0000:00:04.0: E-Switch: FDB is not supported, aborting ...",
        ),
        line(
            4,
            "mlx5_core 0000:00:04.0: E-Switch: Failed to query delegated vhca, err -5",
        ),
        line(
            4,
            "mlx5_core 0000:00:04.0: E-Switch: Satellite PF without esw_vport_manual is not supported",
        ),
        line(3, "mlx5_core 0000:00:04.2: NIC IFC still 0 after 2000ms."),
        line(
            4,
            "mlx5_core.sf mlx5_core.sf.4: give_pages:462:(pid 9): give fail -12",
        ),
    ];
    let messages = vec![
        json!("fdb_not_supported"),
        json!({"adjacent_failed": {"errno": -5}}),
        json!("satellite_skipped"),
        json!({"nic_interface_stuck": {"interface": 0, "waited_ms": 2000}}),
        json!({"give_failed": {"errno": -12}}),
    ];
    assert_eq!(read(&lines), (messages, Vec::new()));
}

#[test]
fn a_warn_with_a_text_is_one_message() {
    let cases = [
        ("FW", "fw_pages_total"),
        ("VFs FW", "fw_pages_vfs"),
        ("External host PF FW", "fw_pages_host_pf"),
        ("SPFs FW", "fw_pages_spfs"),
        ("EC VFs FW", "fw_pages_ec_vfs"),
    ];
    for (words, counter) in cases {
        let text = format!("{words} pages counter is -300 after reclaiming all pages");
        let lines = warn(Some(&text), "pagealloc.c:882 at mlx5_reclaim_startup_pages");
        let message = json!({"pages_counter": {"counter": counter, "value": -300}});
        assert_eq!(read(&lines), (vec![message], Vec::new()), "{words}");
    }
}

#[test]
fn a_warn_without_a_text_is_known_by_its_place() {
    let cases = [
        ("pagealloc.c:207 at free_4k", "missing_root"),
        ("pagealloc.c:496 at pages_work_handler", "missing_root"),
        ("pagealloc.c:560 at reclaim_pages.cold", "missing_root"),
        ("eswitch.c:963 at mlx5_esw_vport_enable", "vport_already_enabled"),
    ];
    for (place, kind) in cases {
        assert_eq!(
            read(&warn(None, place)),
            (vec![json!(kind)], Vec::new()),
            "{place}"
        );
    }
    let lines = [
        line(6, CUT),
        line(
            4,
            "WARNING: mm/slub.c:6946 at __kvmalloc_node_noprof+0x5d3/0x6b0, CPU#0: kworker/u4:1/20",
        ),
        warning("vzalloc failed -8"),
    ];
    let messages = vec![
        json!("buffer_length"),
        json!({"buffer_allocation_failed": {"bytes": -8}}),
    ];
    assert_eq!(read(&lines), (messages, Vec::new()));
}

#[test]
fn an_unknown_warn_is_kept_with_its_text() {
    let (messages, unknown) = read(&warn(None, "pagealloc.c:877 at mlx5_reclaim_startup_pages"));
    assert_eq!(messages, Vec::<Value>::new());
    assert!(
        unknown.len() == 1 && unknown[0].starts_with("WARNING: "),
        "{unknown:?}"
    );

    let lines = warn(
        Some("vport 3 vhca_id is not set"),
        "eswitch_offloads.c:5034 at mlx5_esw_vport_vhca_id_map",
    );
    let (messages, unknown) = read(&lines);
    assert_eq!(messages, Vec::<Value>::new());
    assert!(
        unknown.len() == 1 && unknown[0].starts_with("vport 3 vhca_id is not set: WARNING: "),
        "{unknown:?}"
    );

    let elsewhere = line(4, "WARNING: kernel/workqueue.c:1 at x+0x1/0x2, CPU#0: rmmod/97");
    let (messages, unknown) = read(std::slice::from_ref(&elsewhere));
    assert_eq!((messages, unknown), (Vec::new(), vec![elsewhere.text]));
}

#[test]
fn a_page_not_found_is_told_once_in_a_row() {
    let mut log = KernelLog::default();
    let not_found = warning("page not found");
    let chatter = line(6, "mlx5_core 0000:00:04.0: E-Switch: cleanup");
    let suppressed = line(4, "free_4k: 290 callbacks suppressed");
    let lines = [not_found.clone(), chatter, suppressed, not_found.clone()];
    assert_eq!(log.read(&lines), [json!("page_not_found")]);
    assert_eq!(log.read(std::slice::from_ref(&not_found)), Vec::<Value>::new());
    let lines = [warning("give fail -12"), not_found];
    assert_eq!(log.read(&lines).len(), 2);
    assert_eq!(log.heard.messages.len(), 3);
    assert_eq!(log.heard.unknown, Vec::<String>::new());
}

#[test]
fn what_nobody_knows_is_kept() {
    let strange = warning("something new happened");
    let number = warning("give fail -99999999999999999999");
    let lost = line(4, "mlx5_cmd_out_err: 12 callbacks suppressed");
    let module = line(4, "mlx5_core: WARNING: Invalid module parameter prof_sel 9");
    let quiet = line(6, "mlx5_core 0000:00:04.0: something new happened");
    let other = line(3, "virtio_blk virtio0: something bad");
    let log = log_of(&[
        strange.clone(),
        number.clone(),
        lost.clone(),
        module.clone(),
        quiet.clone(),
        other,
    ]);
    assert_eq!(log.heard.messages, Vec::<Value>::new());
    assert_eq!(
        log.heard.unknown,
        [strange.text, number.text, lost.text, module.text]
    );
    assert_eq!(log.heard.notes, [quiet.text]);
}

/// Lines with a place, as `mlx5_core_warn` prints them.
const EFFECTS_WITH_PLACE: [&str; 19] = [
    "cmd[0]: MANAGE_PAGES(0x108) No done completion",
    "ENABLE_HCA(0x104) timeout while waiting for command semaphore.",
    "Waiting for FW initialization, timeout abort in 100s (0x80000000)",
    "failed to allocate init pages",
    "mlx5_init_one failed with error code -12",
    "mlx5_pci_slot_reset: wait vital failed with error code: -5",
    "mlx5_device_enable_sriov failed : -16",
    "failed to destroy async eq, err(-22)",
    "Health issue observed, unrecoverable hardware error, severity(3) ERROR:",
    "assert_var[0] 0x00000000",
    "start",
    "end",
    "Expected to see disabled NIC but it is full driver",
    "starting health recovery flow",
    "flow steering can't destroy ft",
    "flow steering can't destroy fg 3 of ft 7",
    "del_hw_fte can't del rule fg id=3 fte_index=1",
    "Flow table 7 wasn't destroyed, refcount > 1",
    "Failed to set vport 2 link state, opmode = 1, err = -5",
];

/// Lines without one: of a device, the eswitch, a network interface, the driver core.
const EFFECTS_WITHOUT_PLACE: [&str; 9] = [
    "mlx5_core 0000:00:04.0: probe with driver mlx5_core failed with error -12",
    "mlx5_core 0000:00:04.0: E-Switch: Failed to create slow path FDB Table err -110",
    "mlx5_core 0000:00:04.0: E-Switch: vport[2] create egress ACL table, err(-5)",
    "mlx5_core 0000:00:04.0: E-Switch: vport[1] configure ingress drop rule, err(-5)",
    "mlx5_core 0000:00:04.0 eth0: mlx5e_netdev_change_profile: new profile init failed, -22",
    "mlx5_core 0000:00:04.0 eth0 (unregistering): failed to rollback to orig profile, -5",
    "mlx5_core 0000:00:04.0 (unnamed net_device) (uninitialized): rep profile init failed, -5",
    "mlx5_core: failed to modify rule to point on flow table 3",
    "mlx5: flow steering failed to find root of namespace",
];

#[test]
fn what_comes_of_something_is_an_effect() {
    let mut lines: Vec<LogLine> = EFFECTS_WITH_PLACE.into_iter().map(warning).collect();
    lines.extend(EFFECTS_WITHOUT_PLACE.map(|text| line(4, text)));
    for line in lines {
        let log = log_of(std::slice::from_ref(&line));
        assert_eq!(log.heard.effects, std::slice::from_ref(&line.text), "{line}");
        assert_eq!(
            (log.heard.messages, log.heard.unknown, log.heard.notes),
            Default::default(),
            "{line}"
        );
    }
}

#[test]
fn what_is_harmless_is_nothing() {
    let texts = [
        "2 VFs already enabled. Disable before enabling 3 VFs",
        "not enough MMIO resources for SR-IOV",
        "can't enable 9 VFs (bus 01 out of range of [bus 00])",
        "E-Switch: cleanup",
        "firmware version: 16.35.3006",
        "Failed to get valid vendor specific ID",
        "invalid device_frequency_khz, aborting HW clock init",
        "Missing eth_net_offloads capability",
        "0.000 Gb/s available PCIe bandwidth (Unknown x255 link)",
        "enabling device (0000 -> 0002)",
    ];
    for text in texts {
        let line = line(4, &format!("mlx5_core 0000:00:04.0: {text}"));
        let log = log_of(std::slice::from_ref(&line));
        let nothing = (Vec::new(), Vec::new(), Vec::new(), Vec::<String>::new());
        assert_eq!(
            (
                log.heard.messages,
                log.heard.unknown,
                log.heard.notes,
                log.heard.effects
            ),
            nothing,
            "{text}"
        );
    }
}

#[test]
fn a_kernel_prints_some_of_our_messages() {
    for printed in [
        json!("page_not_found"),
        json!({"missing_root": {"key": 3}}),
        json!({"late_completion": {"slot": 0}}),
    ] {
        assert!(is_printed(&printed), "{printed}");
    }
    let silent = json!({"out_of_bounds_write": {"length": 0, "offset": 0}});
    for silent in [
        silent,
        json!({"vport_enable_failed": {"vport": 2, "errno": -16}}),
        json!(7),
        json!({}),
    ] {
        assert!(!is_printed(&silent), "{silent}");
    }
}

#[test]
fn what_the_driver_prints_in_a_kernels_words_is_its_message() {
    for (example, row) in MessageKind::examples(3).iter().zip(MessageKind::ROWS) {
        let text = example.to_string();
        let lines = match row.level {
            MessageLevel::Warn => vec![line(6, CUT), line(4, &text)],
            MessageLevel::Error | MessageLevel::Warning | MessageLevel::Info => vec![warning(&text)],
        };
        let kinds: Vec<Option<String>> = read(&lines)
            .0
            .iter()
            .map(|message| super::kind(message).map(str::to_owned))
            .collect();
        let wanted: &[Option<String>] = if row.silent.is_empty() {
            &[Some(row.kind.to_owned())]
        } else {
            &[]
        };
        assert_eq!(kinds, wanted, "{text}");
    }
}

#[test]
fn what_is_no_message_tells_no_data() {
    for row in [HARMLESS, EFFECTS].into_iter().flatten() {
        let regex = Regex::new(row.pattern).expect(row.pattern);
        assert_eq!(regex.capture_names().flatten().count(), 0, "{}", row.pattern);
    }
}
