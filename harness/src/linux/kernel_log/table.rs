//! Which text of the kernel's is which message of ours.
//!
//! A pattern's groups are named as the fields of the message. The first row that fits counts: messages, then what is
//! harmless, then effects.

mod effects;
mod harmless;

pub(super) use effects::EFFECTS;
pub(super) use harmless::HARMLESS;

use super::PAGE_NOT_FOUND;
use prm::Opcode;
use serde_json::Value;

use Datum::{Counter, Flag, Number, Operation, VfIndex, Words};

/// A text and what it says.
pub(super) struct Row {
    pub(super) pattern: &'static str,
    pub(super) says: Says,
}

/// What a text says.
pub(super) enum Says {
    /// A message of our driver's.
    Message {
        /// As scenarios name it.
        kind: &'static str,
        /// The fields that the text tells.
        data: &'static [(&'static str, Datum)],
    },
    /// What comes of something that went wrong before and is compared by itself. Without such a cause nobody can tell why it is
    /// said.
    Effect,
    /// Nothing that our driver's work with pages would have to do with.
    Nothing,
}

/// How a group of a pattern is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Datum {
    /// A decimal number, or one that begins with `0x`.
    Number,
    /// A number that is zero or not.
    Flag,
    /// An operation's number; scenarios have its name, and the kernel's names are not always ours.
    Operation,
    /// The words themselves.
    Words,
    /// The words by which the kernel names a page counter.
    Counter,
    /// A VF, which the kernel counts from 0 here and we count from 1.
    VfIndex,
}

impl Datum {
    /// `None` if the text is not what it should be.
    pub(super) fn read(self, text: &str) -> Option<Value> {
        Some(match self {
            Self::Number => number(text)?.into(),
            Self::Flag => (number(text)? != 0).into(),
            Self::Operation => {
                let code = u16::try_from(number(text)?).ok()?;
                Opcode::from_raw(code).to_string().into()
            }
            Self::Words => text.into(),
            Self::Counter => counter(text)?.into(),
            Self::VfIndex => number(text)?.checked_add(1)?.into(),
        })
    }
}

fn number(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn counter(text: &str) -> Option<&'static str> {
    Some(match text {
        "FW" => "fw_pages_total",
        "VFs FW" => "fw_pages_vfs",
        "EC VFs FW" => "fw_pages_ec_vfs",
        "External host PF FW" => "fw_pages_host_pf",
        "SPFs FW" => "fw_pages_spfs",
        _ => return None,
    })
}

const fn told(pattern: &'static str, kind: &'static str, data: &'static [(&'static str, Datum)]) -> Row {
    Row {
        pattern,
        says: Says::Message { kind, data },
    }
}

const fn plain(pattern: &'static str, kind: &'static str) -> Row {
    told(pattern, kind, &[])
}

const fn effect(pattern: &'static str) -> Row {
    Row {
        pattern,
        says: Says::Effect,
    }
}

const fn nothing(pattern: &'static str) -> Row {
    Row {
        pattern,
        says: Says::Nothing,
    }
}

const ERRNO: (&str, Datum) = ("errno", Number);
const OPCODE: (&str, Datum) = ("opcode", Operation);
const SLOT: (&str, Datum) = ("slot", Number);

/// What a device's driver says, after the place.
#[rustfmt::skip]
pub(super) const TEXTS: &[Row] = &[
    // Commands.
    told(
        r"^.*\((?<opcode>0x\w+)\) op_mod\((?<op_mod>0x\w+)\) failed, status .*\((?<status>0x\w+)\), syndrome \((?<syndrome>0x\w+)\), err\((?<errno>-?\d+)\)",
        "command_failed",
        &[OPCODE, ("op_mod", Number), ("status", Number), ("syndrome", Number), ERRNO],
    ),
    told(
        r"^(?:cmd\[(?<slot>\d+)\]: )?.*\((?<opcode>0x\w+)\) (?:Async, )?timeout\. Will cause a leak of a command resource",
        "command_timed_out",
        &[OPCODE, SLOT],
    ),
    told(r"^cmd\[(?<slot>\d+)\]: .*\((?<opcode>0x\w+)\) (?:Async, )?recovered after timeout", "command_recovered", &[OPCODE, SLOT]),
    told(r"^Recovered (?<events>\d+) EQEs on cmd_eq", "events_recovered", &[("events", Number)]),
    told(r"^Command completion arrived after timeout \(entry idx = (?<slot>\d+)\)", "late_completion", &[SLOT]),
    plain(r"^All CMD slots are stalled, aborting command", "all_slots_stalled"),
    told(r"\((?<opcode>0x\w+)\) timed out while waiting for a slot", "slot_wait_timed_out", &[OPCODE]),
    told(r"\((?<opcode>0x\w+)\) canceled on out of queue timeout", "queue_wait_timed_out", &[OPCODE]),
    told(r"^Unknown FW command \((?<opcode>\d+)\)", "unknown_command_while_down", &[OPCODE]),

    // Load and unload.
    told(r"^Driver cmdif rev\(\d+\) differs from firmware's\((?<revision>\d+)\)", "interface_revision", &[("revision", Number)]),
    plain(r"^(?:command queue size overflow|firmware reports too many outstanding commands)", "queue_shape"),
    told(r"^Firmware over (?<limit_ms>\d+) MS in .* state, aborting", "firmware_not_ready", &[("limit_ms", Number)]),
    plain(r"^tear_down_hca failed, skip cleanup", "teardown_failed"),
    plain(r"^interface is up, NOP", "interface_up"),
    plain(r"^(?:\w+: )?interface is down, NOP", "interface_down"),
    told(r"^failed to destroy a previously created eq: eqn (?<eq>\d+)", "destroy_event_queue_failed", &[("eq", Number)]),
    plain(r"^Failed to allocate rmap", "too_few_event_queues"),

    // Health.
    told(r"^Fatal error (?<sensor>\d+) detected", "fatal_sensor", &[("sensor", Number)]),
    told(r"^synd (?<syndrome>0x\w+): ", "health_syndrome", &[("syndrome", Number)]),
    plain(r"^device's health compromised - reached miss count", "health_compromised"),
    plain(r"^handling bad device here", "handling_bad_device"),
    told(
        r"^NIC IFC still (?<interface>\d+) after (?<waited_ms>\d+)ms",
        "nic_interface_stuck",
        &[("interface", Number), ("waited_ms", Number)],
    ),
    plain(r"^Driver is in error state\. Unloading", "error_state_unloading"),
    plain(r"^health recovery (?:failed|flow aborted)", "recovery_failed"),

    // Pages.
    plain(r"^page not found", PAGE_NOT_FOUND),
    plain(r"^alloc 4k bug", "free_list_broken"),
    plain(r"^failed to allocate page$", "page_allocation_failed"),
    plain(r"^failed dma mapping page", "page_mapping_failed"),
    plain(r"^failed to track allocated page", "page_tracking_failed"),
    told(r"^vzalloc failed (?<bytes>-?\d+)", "buffer_allocation_failed", &[("bytes", Number)]),
    told(
        r"^func_vhca_id (?<id>0x\w+), npages (?<pages>-?\d+), err (?<errno>-?\d+)",
        "give_pages_failed",
        &[("id", Number), ("pages", Number), ERRNO],
    ),
    told(r"^page notify failed func_vhca_id\((?<id>\d+)\) err\((?<errno>-?\d+)\)", "page_notify_failed", &[("id", Number), ERRNO]),
    told(r"^give fail (?<errno>-?\d+)", "give_failed", &[ERRNO]),
    told(r"^reclaim fail (?<errno>-?\d+)", "reclaim_failed", &[ERRNO]),
    told(r"^failed reclaiming pages: err (?<errno>-?\d+)", "reclaim_refused", &[ERRNO]),
    told(
        r"^fw returned (?<returned>-?\d+), driver asked (?<asked>-?\d+) => corruption",
        "claim_overrun",
        &[("returned", Number), ("asked", Number)],
    ),
    told(
        r"^reclaim_pages err \((?<errno>-?\d+)\) func_vhca_id=(?<id>0x\w+) ec_func=(?<ec>0x\w+)",
        "startup_reclaim_failed",
        &[("id", Number), ("ec", Flag), ERRNO],
    ),
    plain(r"^FW did not return all pages\. giving up", "reclaim_gave_up"),
    plain(r"^Skipping wait for vf pages stage", "skipping_page_wait"),
    told(r"^aborting while there are (?<pending>-?\d+) pending pages", "page_wait_aborted", &[("pending", Number)]),
    told(
        r"^[Tt]imeout reclaiming (?<what>EC VFs|VFs|external host PF|SPF|external host VFs) pages",
        "page_wait_timed_out",
        &[("what", Words)],
    ),
    plain(r"^failed to allocate pages request", "page_request_lost"),
    told(
        r"^failed to migrate page root key (?<from>0x\w+) to vhca_id (?<to>0x\w+)",
        "migration_failed",
        &[("from", Number), ("to", Number)],
    ),

    // Eswitch, SR-IOV.
    plain(r"^E-Switch: FDB is not supported, aborting", "fdb_not_supported"),
    told(
        r"^E-Switch: Failed to (?:query delegated vhca|init adjacent vhca \w+), err (?<errno>-?\d+)",
        "adjacent_failed",
        &[ERRNO],
    ),
    plain(r"^E-Switch: Satellite PF without esw_vport_manual is not supported", "satellite_skipped"),
    told(r"^failed to enable VF (?<vf>\d+) \((?<errno>-?\d+)\)", "enable_vf_failed", &[("vf", VfIndex), ERRNO]),
    told(r"^failed to disable VF (?<vf>\d+)", "disable_vf_failed", &[("vf", VfIndex)]),
    told(r"^failed to enable eswitch SRIOV \((?<errno>-?\d+)\)", "eswitch_sriov_failed", &[ERRNO]),
];

/// What a `WARN` says before it tells where it stands.
#[rustfmt::skip]
pub(super) const WARN_TEXTS: &[Row] = &[
    told(
        r"^(?<counter>FW|VFs FW|EC VFs FW|External host PF FW|SPFs FW) pages counter is (?<value>-?\d+) after reclaiming all pages",
        "pages_counter",
        &[("counter", Counter), ("value", Number)],
    ),
];

/// Where a `WARN` stands that says nothing: file, line, function. The compiler has put some functions into others, so the
/// function is named only where its file has other such places.
#[rustfmt::skip]
pub(super) const WARN_PLACES: &[Row] = &[
    plain(
        r"\bpagealloc\.c:\d+ at (?:find_fw_page|free_4k|free_fwp|release_all_pages|reclaim_pages|reclaim_pages_cmd|give_pages|pages_work_handler)\b",
        "missing_root",
    ),
    plain(r"\beswitch\.c:\d+ at mlx5_esw_vport_enable\b", "vport_already_enabled"),
    plain(r"\bmm/(?:slub|util|vmalloc)\.c:\d+ at _*k?v[mz]alloc_node", "buffer_length"),
];

/// What no kernel prints, or only with its debug messages turned on, and why.
pub(super) const SILENT: &[(&str, &str)] = &[
    // Information: neither side compares it.
    ("eswitch_enabled", "information"),
    ("eswitch_disabled", "information"),
    ("vfs_unloaded", "information"),
    ("no_driver_for_vfs", "information"),
    ("vfs_enabled_already", "information"),
    // What our driver says where a kernel would have crashed.
    (
        "out_of_bounds_write",
        "a kernel writes, and crashes at once or later",
    ),
    ("mailbox_pool_corrupted", "a kernel follows the pointer"),
    // What only the revision `robust` does.
    ("device_declared_faulty", "robust only"),
    ("page_mode_mismatch", "robust only"),
    ("impossible_page_count", "robust only"),
    ("page_returned_twice", "robust only"),
    ("pages_back_late", "robust only"),
    ("pages_set_aside", "robust only"),
    ("pages_adopted", "robust only"),
    ("type_map_failed", "robust only"),
    // What the kernel keeps to itself.
    ("command_not_delivered", "the delivery status is a debug message"),
    (
        "vport_enable_failed",
        "the error goes to the caller, who may drop it",
    ),
    ("vport_of_unknown_kind", "noted as a type like any other"),
    ("vhca_state_failed", "the event is dropped"),
    (
        "sf_still_attached",
        "told to whoever asked over netlink, not to the log",
    ),
    (
        "load_step_failed",
        "each step has words of its own, and our driver never prints it",
    ),
];
