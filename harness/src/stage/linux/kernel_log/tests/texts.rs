//! The driver's texts, one by one.

use super::{read, warning};
use serde_json::json;

#[test]
fn a_text_becomes_the_message_of_the_same_name() {
    let cases = [
        (
            "MANAGE_PAGES(0x108) op_mod(0x2) failed, status bad resource(0x5), syndrome (0x5a1f3e), err(-22)",
            json!({"command_failed": {"opcode": "MANAGE_PAGES", "op_mod": 2, "status": 5, "syndrome": 0x5a_1f3e, "errno": -22}}),
        ),
        (
            "ENABLE_HCA(0x104) op_mod(0x0) failed, status bad packet (discarded)(0x30), syndrome (0x0), err(-22)",
            json!({"command_failed": {"opcode": "ENABLE_HCA", "op_mod": 0, "status": 48, "syndrome": 0, "errno": -22}}),
        ),
        (
            "CREATE_FLOW_TABLE(0x930) timeout. Will cause a leak of a command resource",
            json!({"command_timed_out": {"opcode": "CREATE_FLOW_TABLE"}}),
        ),
        (
            "cmd[3]: QUERY_HCA_CAP(0x100) Async, timeout. Will cause a leak of a command resource",
            json!({"command_timed_out": {"opcode": "QUERY_HCA_CAP", "slot": 3}}),
        ),
        (
            "cmd[0]: ENABLE_HCA(0x104) recovered after timeout",
            json!({"command_recovered": {"opcode": "ENABLE_HCA", "slot": 0}}),
        ),
        (
            "Recovered 2 EQEs on cmd_eq",
            json!({"events_recovered": {"events": 2}}),
        ),
        (
            "Command completion arrived after timeout (entry idx = 31).",
            json!({"late_completion": {"slot": 31}}),
        ),
        (
            "All CMD slots are stalled, aborting command",
            json!("all_slots_stalled"),
        ),
        (
            "ENABLE_HCA(0x104) timed out while waiting for a slot.",
            json!({"slot_wait_timed_out": {"opcode": "ENABLE_HCA"}}),
        ),
        (
            "ENABLE_HCA(0x104) canceled on out of queue timeout.",
            json!({"queue_wait_timed_out": {"opcode": "ENABLE_HCA"}}),
        ),
        (
            "Unknown FW command (264)",
            json!({"unknown_command_while_down": {"opcode": "MANAGE_PAGES"}}),
        ),
        (
            "Driver cmdif rev(5) differs from firmware's(4)",
            json!({"interface_revision": {"revision": 4}}),
        ),
        ("command queue size overflow", json!("queue_shape")),
        (
            "Firmware over 120000 MS in pre-initializing state, aborting",
            json!({"firmware_not_ready": {"limit_ms": 120_000}}),
        ),
        ("tear_down_hca failed, skip cleanup", json!("teardown_failed")),
        ("interface is up, NOP", json!("interface_up")),
        ("mlx5_uninit_one: interface is down, NOP", json!("interface_down")),
        (
            "failed to destroy a previously created eq: eqn 4",
            json!({"destroy_event_queue_failed": {"eq": 4}}),
        ),
        ("Fatal error 5 detected", json!({"fatal_sensor": {"sensor": 5}})),
        (
            "synd 0x8: unrecoverable hardware error",
            json!({"health_syndrome": {"syndrome": 8}}),
        ),
        (
            "device's health compromised - reached miss count",
            json!("health_compromised"),
        ),
        ("handling bad device here", json!("handling_bad_device")),
        (
            "Driver is in error state. Unloading",
            json!("error_state_unloading"),
        ),
        ("health recovery failed", json!("recovery_failed")),
        ("page not found", json!("page_not_found")),
        (
            "alloc 4k bug: fw page = 0x1000, n = 1, bitmask: 0, max num of 4K pages: 1",
            json!("free_list_broken"),
        ),
        ("failed to allocate page", json!("page_allocation_failed")),
        ("failed dma mapping page", json!("page_mapping_failed")),
        ("failed to track allocated page", json!("page_tracking_failed")),
        (
            "vzalloc failed -8",
            json!({"buffer_allocation_failed": {"bytes": -8}}),
        ),
        (
            "func_vhca_id 0x10, npages 4, err -110",
            json!({"give_pages_failed": {"id": 16, "pages": 4, "errno": -110}}),
        ),
        (
            "page notify failed func_vhca_id(16) err(-110)",
            json!({"page_notify_failed": {"id": 16, "errno": -110}}),
        ),
        ("give fail -12", json!({"give_failed": {"errno": -12}})),
        ("reclaim fail -22", json!({"reclaim_failed": {"errno": -22}})),
        (
            "failed reclaiming pages: err -22",
            json!({"reclaim_refused": {"errno": -22}}),
        ),
        (
            "fw returned 129, driver asked 128 => corruption",
            json!({"claim_overrun": {"returned": 129, "asked": 128}}),
        ),
        (
            "reclaim_pages err (-22) func_vhca_id=0x5 ec_func=0x1",
            json!({"startup_reclaim_failed": {"id": 5, "ec": true, "errno": -22}}),
        ),
        (
            "FW did not return all pages. giving up...",
            json!("reclaim_gave_up"),
        ),
        ("Skipping wait for vf pages stage", json!("skipping_page_wait")),
        (
            "aborting while there are -512 pending pages",
            json!({"page_wait_aborted": {"pending": -512}}),
        ),
        (
            "timeout reclaiming VFs pages",
            json!({"page_wait_timed_out": {"what": "VFs"}}),
        ),
        (
            "timeout reclaiming EC VFs pages",
            json!({"page_wait_timed_out": {"what": "EC VFs"}}),
        ),
        (
            "Timeout reclaiming external host PF pages err(-110)",
            json!({"page_wait_timed_out": {"what": "external host PF"}}),
        ),
        (
            "Timeout reclaiming external host VFs pages err(-110)",
            json!({"page_wait_timed_out": {"what": "external host VFs"}}),
        ),
        ("failed to allocate pages request", json!("page_request_lost")),
        (
            "failed to migrate page root key 0x10000 to vhca_id 0x5",
            json!({"migration_failed": {"from": 65536, "to": 5}}),
        ),
        (
            "failed to enable VF 0 (-110)",
            json!({"enable_vf_failed": {"vf": 1, "errno": -110}}),
        ),
        ("failed to disable VF 1", json!({"disable_vf_failed": {"vf": 2}})),
        (
            "failed to enable eswitch SRIOV (-16)",
            json!({"eswitch_sriov_failed": {"errno": -16}}),
        ),
    ];
    for (text, message) in cases {
        assert_eq!(read(&[warning(text)]), (vec![message], Vec::new()), "{text}");
    }
}
