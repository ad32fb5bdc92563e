//! Resets of firmware that hosts agree on: the register by which they ask and answer, the events that ask them, the reset.
//!
//! There is one host here. What another one has asked for comes as an order.

use crate::bus::Buses;
use crate::config::SyncReset as Offered;
use crate::order::{CommandMatch, FirmwareOrder, OrderError, ReactionRule, SyncResetOrder};
use crate::reply::{Refusal, Reply};
use crate::state::agenda::{DueKind, Task};
use crate::state::endpoint::{ResetStage, SyncReset};
use crate::state::numbers::CommandNumber;
use crate::state::silicon::Silicon;
use prm::access_register::{
    FirmwareResetLevel, RESET_LEVEL_0, RESET_LEVEL_3, RESET_LEVEL_6, RegisterAccess, ResetMethod, ResetStatus,
};
use prm::event::{EventEntry, GENERAL_SYNC_RESET, SyncReset as SyncResetEvent, SyncResetState};
use prm::init_segment::RESET_IDLE;
use prm::{Cycles, Function};
use std::sync::Arc;

/// What the initialisation segment shows while the driver is to unload: nothing that a driver knows.
const RESET_PENDING: u8 = 1;

/// From the last answer to the event that has drivers unload.
const UNLOAD_AFTER: Cycles = Cycles::from_millis(1);

/// A driver's answer.
const YES: u8 = 1;

impl SyncReset {
    /// What the initialisation segment shows.
    pub(crate) const fn shown(self) -> u8 {
        match self.stage {
            ResetStage::Unloading => RESET_PENDING,
            ResetStage::Idle | ResetStage::Asked | ResetStage::Refused | ResetStage::Agreed => RESET_IDLE,
        }
    }

    const fn status(self) -> ResetStatus {
        match self.stage {
            ResetStage::Idle => ResetStatus::Idle,
            ResetStage::Asked => ResetStatus::InNegotiation,
            ResetStage::Refused => ResetStatus::Refused,
            ResetStage::Agreed | ResetStage::Unloading => ResetStatus::InProgress,
        }
    }
}

impl Silicon {
    /// Register MFRL of an endpoint: asks for the reset, answers, or tells how far it is. The command that asks is completed when
    /// the answers are there.
    pub(crate) fn reset_level(
        &mut self,
        endpoint: Function,
        number: CommandNumber,
        access: RegisterAccess,
        data: &[u8],
        at: Cycles,
        buses: &mut dyn Buses,
    ) -> Result<FirmwareResetLevel, Refusal> {
        let offered = self.config.sync_reset;
        if offered == Offered::None {
            return Err(Refusal::UnknownRegister);
        }
        let written = FirmwareResetLevel::from_prefix(data).map_err(|_| Refusal::InputLength)?;
        let stage = self.sync_reset(endpoint).stage;
        if access == RegisterAccess::Write && written.start() {
            if !matches!(stage, ResetStage::Idle | ResetStage::Refused) {
                return Err(Refusal::NoReset);
            }
            self.set_sync_reset(endpoint, ResetStage::Asked, Some(number));
            self.ask_for_reset(endpoint, SyncResetState::Request, at, buses)
                .map_err(|_| Refusal::NoReset)?;
        } else if access == RegisterAccess::Write && written.response() != 0 && stage == ResetStage::Asked {
            self.answer_reset(endpoint, written.response() == YES, at);
        }
        let method = match offered {
            Offered::HotReset => ResetMethod::HotReset,
            Offered::None | Offered::LinkToggle => ResetMethod::LinkToggle,
        };
        Ok(FirmwareResetLevel::new()
            .with_method(method.raw())
            .with_state(self.sync_reset(endpoint).status().raw())
            .with_reset_level(RESET_LEVEL_0 | RESET_LEVEL_3 | RESET_LEVEL_6))
    }

    fn answer_reset(&mut self, endpoint: Function, agreed: bool, at: Cycles) {
        let starter = self.sync_reset(endpoint).starter;
        let stage = match agreed {
            false => ResetStage::Refused,
            true => ResetStage::Agreed,
        };
        self.set_sync_reset(endpoint, stage, None);
        let Some(number) = starter else { return };
        if !agreed && let Some(command) = self.commands.get_mut(&number) {
            command.reply = Some(Reply::refused(Refusal::NoReset));
        }
        self.agenda.enter(at, DueKind::InService, Task::Complete(number));
        if agreed {
            let rule = Arc::new(ReactionRule {
                command: CommandMatch::default(),
                after_ms: 0,
                then: vec![FirmwareOrder::SyncReset(SyncResetOrder::Unload)],
                times: 1,
            });
            let task = Task::React { rule, at: endpoint };
            self.put_off(at.saturating_add(UNLOAD_AFTER), DueKind::InService, task, at);
        }
    }

    /// Whether a command waits for the answer to the reset that it has started.
    pub(crate) fn awaits_consent(&self, endpoint: Function, number: CommandNumber) -> bool {
        self.config.sync_reset != Offered::None && self.sync_reset(endpoint).starter == Some(number)
    }

    /// Another host's reset goes on.
    ///
    /// # Errors
    /// [`OrderError`] on a device without such resets, and where nobody hears the event.
    pub(crate) fn go_on_with_reset(
        &mut self,
        own: Function,
        which: SyncResetOrder,
        now: Cycles,
        buses: &mut dyn Buses,
    ) -> Result<(), OrderError> {
        if self.config.sync_reset == Offered::None {
            return Err(OrderError::NoSyncReset);
        }
        let (stage, asks) = match which {
            SyncResetOrder::Request => (ResetStage::Asked, SyncResetState::Request),
            SyncResetOrder::Unload => (ResetStage::Unloading, SyncResetState::Unload),
            SyncResetOrder::Abort => (ResetStage::Idle, SyncResetState::Abort),
        };
        self.ask_for_reset(own, asks, now, buses)?;
        self.set_sync_reset(own, stage, None);
        Ok(())
    }

    fn ask_for_reset(
        &mut self,
        endpoint: Function,
        what: SyncResetState,
        at: Cycles,
        buses: &mut dyn Buses,
    ) -> Result<(), OrderError> {
        let data = SyncResetEvent::new().with_state(what.raw());
        let entry = EventEntry::of(&data).with_event_sub_type(GENERAL_SYNC_RESET);
        self.post_ordered(endpoint, &entry, at, buses)
    }

    /// Whether firmware is reset once the driver of this endpoint has unloaded.
    pub(crate) fn awaits_unload(&self, endpoint: Function) -> bool {
        self.sync_reset(endpoint).stage == ResetStage::Unloading
    }

    fn sync_reset(&self, endpoint: Function) -> SyncReset {
        self.endpoints
            .get(&endpoint)
            .map(|state| state.interface.sync_reset)
            .unwrap_or_default()
    }

    fn set_sync_reset(&mut self, endpoint: Function, stage: ResetStage, starter: Option<CommandNumber>) {
        if let Some(state) = self.endpoints.get_mut(&endpoint) {
            state.interface.sync_reset = SyncReset { stage, starter };
        }
    }
}
