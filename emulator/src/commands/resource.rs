//! UARs, and the objects that firmware only numbers.

use crate::device::registers::FIRST_UAR;
use crate::reply::{Answered, Refusal, Reply};
use crate::state::command::Command;
use crate::state::silicon::Silicon;
use prm::command::ObjectOutput;
use prm::uar::{AllocUarOut, DeallocUarIn};
use prm::{Function, Opcode};
use std::collections::{BTreeMap, BTreeSet};

/// End of the UAR pages in the register window: where the MSI-X table begins in BAR 0.
const LAST_UAR: u32 = 0xff;
/// Number of the first object.
const FIRST_OBJECT: u32 = 0x100;
/// Object numbers have 24 bits.
const OBJECT_MASK: u32 = 0xff_ffff;

/// Most objects with relations of all functions together, and most entries of flow tables: what drivers can make this keep is
/// bounded. Drivers were seen to make a few hundred.
const MOST_OBJECTS: usize = 1 << 18;
const MOST_ENTRIES: usize = 1 << 20;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Object {
    FlowTable,
    FlowGroup { table: u32 },
}

/// The objects that have relations, by number, and the numbers handed out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Objects {
    objects: BTreeMap<(Function, u32), Object>,
    /// The root flow table and the entries of each table.
    entries: BTreeMap<(Function, u32), BTreeSet<u32>>,
    /// How many entries there are in all.
    entered: usize,
    numbered: u32,
}

impl Objects {
    pub(super) fn number(&mut self) -> u32 {
        let number = FIRST_OBJECT.wrapping_add(self.numbered) & OBJECT_MASK;
        self.numbered = self.numbered.wrapping_add(1);
        number
    }

    pub(super) fn create(&mut self, endpoint: Function, object: Object) -> Result<u32, Refusal> {
        if self.objects.len() >= MOST_OBJECTS {
            return Err(Refusal::NoMoreObjects);
        }
        let number = self.number();
        self.objects.insert((endpoint, number), object);
        Ok(number)
    }

    /// Enters a flow in a table.
    pub(super) fn enter(&mut self, endpoint: Function, table: u32, flow: u32) -> Result<(), Refusal> {
        let entries = self.entries.entry((endpoint, table)).or_default();
        if entries.contains(&flow) {
            return Ok(());
        }
        if self.entered >= MOST_ENTRIES {
            return Err(Refusal::NoMoreObjects);
        }
        entries.insert(flow);
        self.entered += 1;
        Ok(())
    }

    /// Removes a flow from a table; false if it was not there.
    pub(super) fn leave(&mut self, endpoint: Function, table: u32, flow: u32) -> bool {
        let entries = self.entries.get_mut(&(endpoint, table));
        let was_there = entries.is_some_and(|entries| entries.remove(&flow));
        self.entered -= usize::from(was_there);
        was_there
    }

    pub(super) fn get(&self, endpoint: Function, number: u32) -> Option<Object> {
        self.objects.get(&(endpoint, number)).copied()
    }

    pub(super) fn remove(&mut self, endpoint: Function, number: u32) {
        self.objects.remove(&(endpoint, number));
        let entries = self.entries.remove(&(endpoint, number));
        self.entered -= entries.map_or(0, |entries| entries.len());
    }

    pub(super) fn has_groups(&self, endpoint: Function, table: u32) -> bool {
        let mine = self.objects.iter().filter(|((owner, _), _)| *owner == endpoint);
        mine.into_iter()
            .any(|(_, object)| *object == Object::FlowGroup { table })
    }

    /// Drops what an endpoint created.
    pub(crate) fn forget(&mut self, endpoint: Function) {
        self.objects.retain(|(owner, _), _| *owner != endpoint);
        self.entries.retain(|(owner, _), _| *owner != endpoint);
        self.entered = self.entries.values().map(BTreeSet::len).sum();
    }
}

/// An answer that tells nothing but the number of a new object.
pub(super) fn numbered(number: u32) -> Reply {
    Reply::done(&ObjectOutput::new().with_object_id(number & OBJECT_MASK))
}

/// Whether the operation creates something that firmware only numbers.
pub(crate) const fn is_plain_create(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::CreateMkey
            | Opcode::CreateCq
            | Opcode::AllocQCounter
            | Opcode::AllocPd
            | Opcode::AllocTransportDomain
            | Opcode::CreateTir
            | Opcode::CreateSq
            | Opcode::CreateRq
            | Opcode::CreateTis
            | Opcode::CreateRqt
            | Opcode::AllocFlowCounter
            | Opcode::AllocPacketReformatContext
            | Opcode::AllocModifyHeaderContext
            | Opcode::CreateGeneralObject
    )
}

/// Whether the operation is known and has no effect that anything here depends on: it is done with an output of zeros.
pub(crate) const fn is_plain(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::SetDriverVersion
            | Opcode::QuerySpecialContexts
            | Opcode::DestroyMkey
            | Opcode::DestroyCq
            | Opcode::QueryCq
            | Opcode::ModifyCq
            | Opcode::QueryEswVportContext
            | Opcode::ModifyEswVportContext
            | Opcode::QueryHcaVportContext
            | Opcode::QueryVnicEnv
            | Opcode::QueryVportCounter
            | Opcode::DeallocQCounter
            | Opcode::QueryQCounter
            | Opcode::DeallocPd
            | Opcode::Nop
            | Opcode::DeallocTransportDomain
            | Opcode::SetL2TableEntry
            | Opcode::DeleteL2TableEntry
            | Opcode::ModifyTir
            | Opcode::DestroyTir
            | Opcode::ModifySq
            | Opcode::DestroySq
            | Opcode::ModifyRq
            | Opcode::DestroyRq
            | Opcode::DestroyTis
            | Opcode::ModifyRqt
            | Opcode::DestroyRqt
            | Opcode::DeallocFlowCounter
            | Opcode::QueryFlowCounter
            | Opcode::ModifyFlowTable
            | Opcode::DeallocPacketReformatContext
            | Opcode::DeallocModifyHeaderContext
            | Opcode::DestroyGeneralObject
    )
}

impl Silicon {
    /// Operations without a topic of their own.
    pub(super) fn generic(&mut self, command: &Command, opcode: Opcode) -> Answered {
        if is_plain_create(opcode) {
            return Ok(numbered(self.objects.number()));
        }
        let vport_is_known = command.subject.function.is_some();
        match opcode {
            Opcode::QueryEswVportContext | Opcode::ModifyEswVportContext if !vport_is_known => {
                Err(Refusal::UnknownVport)
            }
            plain if is_plain(plain) => Ok(Reply::ok()),
            _ => Err(Refusal::UnknownOperation),
        }
    }

    pub(super) fn alloc_uar(&mut self, command: &Command) -> Answered {
        let state = self
            .endpoints
            .get_mut(&command.endpoint)
            .ok_or(Refusal::NotEnabled)?;
        let uar = (FIRST_UAR..=LAST_UAR).find(|uar| !state.uars.contains(uar));
        let uar = uar.ok_or(Refusal::NoMoreUars)?;
        state.uars.insert(uar);
        Ok(Reply::done(&AllocUarOut::new().with_uar(uar)))
    }

    pub(super) fn dealloc_uar(&mut self, command: &Command) -> Answered {
        let uar = DeallocUarIn::from_prefix(&command.input)
            .unwrap_or_default()
            .uar();
        let state = self
            .endpoints
            .get_mut(&command.endpoint)
            .ok_or(Refusal::NotEnabled)?;
        if state
            .event_queues
            .values()
            .any(|queue| queue.context().uar_page() == uar)
        {
            return Err(Refusal::UarInUse);
        }
        if !state.uars.remove(&uar) {
            return Err(Refusal::UnknownUar);
        }
        Ok(Reply::ok())
    }
}
