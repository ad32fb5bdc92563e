//! Behaviour that the interface leaves to firmware.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Named firmware behaviour where the interface is silent. Defaults are what Linux was observed to need.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FirmwareKnobs {
    /// When vhca ids start to be page identities (`migrate-enomem-init-hca`).
    pub mode_effective_at: ModeEffectiveAt,
    /// When the device falls back to function ids (`mode-cleared-at-teardown`, `mode-cleared-at-enable`).
    pub mode_cleared_at: ModeClearedAt,
    /// Answer to a TAKE for an id that holds nothing and names nobody (`boot-id-3-zero-pages`).
    pub take_unknown_id: TakeUnknownId,
    /// What a device that stayed in function-id mode does with a vhca id in QUERY_PAGES(init) (`cap-ignored-id-literal`,
    /// `cap-ignored-id-rejected`).
    pub query_pages_id: QueryPagesId,
    /// Whether a command that waits for pages holds up the others (`lock-ignored-errors`).
    pub command_execution: CommandExecution,
    /// Which pages go back first (`mixed-through-zero-oldest`).
    pub return_order: ReturnOrder,
    /// Most pages that firmware returns to one TAKE, however many it asks for; 0: no limit. Firmware that cannot free all at once
    /// answers with fewer, and the driver asks again (`returns-at-most`).
    pub returns_at_most: u32,
    /// Function id in the answer to QUERY_PAGES(boot); anything but 0 is a quirk (`boot-id-3`).
    pub boot_function_id: u16,
    /// Whether boot pages booked under `boot_function_id` stay under that id in vhca_id mode (`boot-id-3-ecpf-kept`);
    /// otherwise they move to the function's own vhca_id, as `mode_effective_at` says.
    pub boot_pages_keep_their_id: bool,
    /// MAX offers vhca_id mode but SET_HCA_CAP does not take it: CUR stays 0 (`cap-ignored`).
    pub ignores_page_mode: bool,
    /// What happens to a function's pages when its supplier disables it (`ib-no-eswitch-returned`, `guard-reload`).
    pub on_disable: OnDisable,
    /// What happens to the pages that others supplied for a function when its host resets it (`reset-taken`). A function that
    /// is its own supplier gets nothing back: its pages are forgotten.
    pub on_reset: OnReset,
    /// What becomes of the pages that a function has supplied when it ends in haste, by force or by its interface register
    /// (`kexec-fast-kept`). Its driver gives nothing back then, and frees or leaves them.
    pub on_haste: OnHaste,
    /// Whether a driver may have firmware reset itself by the interface register, as recovery does after a fatal error (bit
    /// `fw_reset_supported` of the initialisation segment, `recovery-reset`): every function is reset then, and its interface is off
    /// until its driver sets it up anew. Otherwise the register resets the driver's own function only, and says that it cannot more.
    pub takes_reset_requests: bool,
    /// What firmware does with all that its drivers have set up when the device's link goes down (`link-flap`,
    /// `link-flap-kept`).
    pub on_link_down: OnLinkDown,
    /// What a device does with an output mailbox pointer of zero.
    pub zero_mailbox_pointer: ZeroMailboxPointer,
    /// What firmware does with pages that answer a request from before it released all pages of their owner
    /// (`release-all-before-give-accepted`).
    pub give_after_release: GiveAfterRelease,
}

/// See [`FirmwareKnobs::mode_effective_at`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModeEffectiveAt {
    /// From SET_HCA_CAP on.
    #[default]
    SetHcaCap,
    /// From INIT_HCA on; until then either identity is accepted.
    InitHca,
}

/// See [`FirmwareKnobs::mode_cleared_at`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModeClearedAt {
    /// At the function's own DISABLE_HCA.
    #[default]
    DisableHca,
    /// At the next ENABLE_HCA.
    EnableHca,
    /// At TEARDOWN_HCA: a fault, startup reclaim comes later.
    TeardownHca,
}

/// See [`FirmwareKnobs::take_unknown_id`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TakeUnknownId {
    /// Status 5.
    #[default]
    BadResource,
    /// Status 0 and no pages.
    ZeroPages,
}

/// See [`FirmwareKnobs::query_pages_id`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueryPagesId {
    /// The id in the request is not looked at; the answer names function 0.
    #[default]
    Ignore,
    /// Status 3.
    Reject,
    /// The id is a function id.
    Literal,
}

/// See [`FirmwareKnobs::command_execution`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandExecution {
    /// Slots are independent.
    #[default]
    Parallel,
    /// One command at a time, but MANAGE_PAGES always gets through.
    Serial,
}

/// See [`FirmwareKnobs::return_order`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnOrder {
    /// First given, first returned.
    Oldest,
    /// Last given, first returned.
    #[default]
    Newest,
    /// Drawn from the run's seed.
    Seeded,
}

/// See [`FirmwareKnobs::on_disable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDisable {
    /// Firmware asks the supplier to take all of them back, this many milliseconds later.
    ReturnPages {
        /// Delay on the virtual clock.
        after_ms: u32,
    },
    /// Firmware says nothing and keeps them until asked.
    Silent,
}

impl Default for OnDisable {
    fn default() -> Self {
        Self::ReturnPages { after_ms: 0 }
    }
}

/// See [`FirmwareKnobs::on_reset`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnReset {
    /// Firmware drops them all and says so to their supplier by one event (release-all).
    #[default]
    ReleaseAll,
    /// Firmware asks the supplier to take all of them back.
    ReturnPages,
    /// Firmware says nothing and keeps them until asked: a fault.
    Silent,
}

/// See [`FirmwareKnobs::on_haste`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnHaste {
    /// Firmware forgets them all, and says nothing.
    #[default]
    Forget,
    /// Firmware goes on with them until the function is reset: a fault.
    Keep,
}

/// See [`FirmwareKnobs::on_link_down`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnLinkDown {
    /// Every function is reset, as by a reset of its host: commands, queues, page mode and pages are forgotten
    /// (PCI Express 2.9.1: a link that is down is a reset).
    #[default]
    Reset,
    /// Commands under way are dropped; queues, page mode and pages stay. A driver that frees its pages meanwhile frees what
    /// firmware uses: a fault.
    Keep,
}

/// See [`FirmwareKnobs::zero_mailbox_pointer`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ZeroMailboxPointer {
    /// Used as a bus address like any other.
    #[default]
    Use,
    /// Refused with delivery status 4 or 5.
    Refuse,
}

/// See [`FirmwareKnobs::give_after_release`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GiveAfterRelease {
    /// Status 9: the request is void.
    #[default]
    Refuse,
    /// They are booked on the owner, though the driver is about to drop them: a fault.
    Accept,
}
