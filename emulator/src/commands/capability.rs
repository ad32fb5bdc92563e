//! QUERY_HCA_CAP and SET_HCA_CAP.

use crate::bus::Buses;
use crate::reply::{Answered, Refusal, Reply};
use crate::state::capabilities;
use crate::state::capabilities::Area;
use crate::state::command::Command;
use crate::state::silicon::Silicon;
use prm::capability::{CAPABILITY_AREA_OFFSET, QueryHcaCapIn, QueryHcaCapOut};
use prm::capability_area::GeneralCapabilities;
use prm::{CapabilityMode, CapabilityType, Cycles, Function, PageMode};
use std::sync::Arc;

pub(crate) fn query_hca_cap(silicon: &mut Silicon, command: &Command) -> Answered {
    let function = command.subject.function.ok_or(Refusal::UnknownFunction)?;
    let (kind, mode) = CapabilityType::from_op_mod(command.op_mod);
    let area = match mode {
        CapabilityMode::Max => capabilities::maximum(&silicon.config, &silicon.roster, function, kind)
            .map(|area| silicon.with_versions(function, kind, area)),
        CapabilityMode::Current => silicon.current_area(function, kind),
    };
    let mut output = QueryHcaCapOut::new().as_bytes().to_vec();
    output.extend_from_slice(&area.ok_or(Refusal::UnknownCapability)?);
    Ok(Reply::bytes(output))
}

pub(crate) fn set_hca_cap(
    silicon: &mut Silicon,
    command: &Command,
    at: Cycles,
    buses: &mut dyn Buses,
) -> Answered {
    let input = QueryHcaCapIn::from_prefix(&command.input).unwrap_or_default();
    if input.other_function() {
        // What the manager sets for another function is that function's affair: nothing here reads it.
        return command
            .subject
            .function
            .map(|_| Reply::ok())
            .ok_or(Refusal::UnknownFunction);
    }
    let endpoint = command.endpoint;
    let kind = CapabilityType::from_set_op_mod(command.op_mod);
    let offered = capabilities::maximum(&silicon.config, &silicon.roster, endpoint, kind);
    offered.ok_or(Refusal::UnknownCapability)?;
    let written = command.input.get(CAPABILITY_AREA_OFFSET..).unwrap_or_default();
    let mut area: Area = written.first_chunk().copied().ok_or(Refusal::InputLength)?;
    if kind == CapabilityType::General {
        let mut general = GeneralCapabilities::from_bytes(&area).unwrap_or_default();
        let wanted = general.icm_mng_function_id_mode();
        if wanted && silicon.config.page_mode == PageMode::FuncId {
            return Err(Refusal::CapabilityNotOffered);
        }
        let taken = wanted && !silicon.config.firmware.ignores_page_mode;
        general.set_icm_mng_function_id_mode(taken);
        general.set_vhca_id(silicon.roster.vhca_id(endpoint));
        area = *general.as_bytes();
        silicon.choose_naming(endpoint, taken, at, buses);
    }
    if let Some(state) = silicon.endpoints.get_mut(&endpoint) {
        state.set_capabilities.insert(kind.raw(), Arc::new(area));
    }
    Ok(Reply::ok())
}

impl Silicon {
    fn current_area(&self, function: Function, kind: CapabilityType) -> Option<Area> {
        let state = self.endpoints.get(&function);
        let set = state.and_then(|state| state.set_capabilities.get(&kind.raw()));
        match set {
            Some(area) => Some(**area),
            None => capabilities::initial(&self.config, &self.roster, function, kind)
                .map(|area| self.with_versions(function, kind, area)),
        }
    }

    /// An area with the registers of the firmware's components, if it is the one that offers them and they are offered.
    fn with_versions(&self, function: Function, kind: CapabilityType, area: Area) -> Area {
        let physical = matches!(function, Function::Pf | Function::Ecpf);
        let offered = *self.offers_versions && physical && function == self.main_function();
        if kind != CapabilityType::General || !offered {
            return area;
        }
        let mut general = GeneralCapabilities::from_bytes(&area).unwrap_or_default();
        general.set_mcam_reg(true);
        *general.as_bytes()
    }
}
