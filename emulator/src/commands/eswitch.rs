//! The functions that an eswitch manager looks after.

use crate::order::HostPfState;
use crate::reply::{Answered, Refusal, Reply};
use crate::state::command::Command;
use crate::state::silicon::Silicon;
use prm::Function;
use prm::eswitch::{
    CreateEswVportOut, DelegatedVhca, ESW_FUNCTIONS_LAYOUT_V1, HostFunctions, NetworkFunction, PF_TYPE_HOST,
    PF_TYPE_SATELLITE, QueryDelegatedVhcaOut, QueryEswFunctionsOut,
};
use prm::saturated;
use prm::subfunction::VhcaState;

pub(crate) fn query_esw_functions(silicon: &mut Silicon, command: &Command) -> Answered {
    let mut head = QueryEswFunctionsOut::new();
    let functions = match command.op_mod {
        0 => silicon.host_functions().as_bytes().to_vec(),
        ESW_FUNCTIONS_LAYOUT_V1 => {
            let functions = silicon.network_functions()?;
            head.set_function_count(saturated::<u8>(functions.len()));
            functions
                .iter()
                .flat_map(|function| *function.as_bytes())
                .collect()
        }
        _ => return Err(Refusal::UnknownModifier),
    };
    let mut output = head.as_bytes().to_vec();
    output.extend(functions);
    Ok(Reply::bytes(output))
}

pub(crate) fn create_esw_vport(silicon: &mut Silicon, command: &Command) -> Answered {
    silicon.manages_eswitch(command)?;
    let function = command
        .subject
        .function
        .filter(|&function| Silicon::is_managed_by_vport(function));
    let is_there = |function: &Function| !silicon.hosts.gone.contains(function);
    let function = function.filter(is_there).ok_or(Refusal::UnknownFunction)?;
    let vport = silicon
        .roster
        .get(function)
        .and_then(|entry| entry.vport)
        .ok_or(Refusal::UnknownFunction)?;
    if silicon.vports.created.insert(function, ()).is_some() {
        return Err(Refusal::VportExists);
    }
    Ok(Reply::done(&CreateEswVportOut::new().with_vport_number(vport)))
}

pub(crate) fn destroy_esw_vport(silicon: &mut Silicon, command: &Command) -> Answered {
    silicon.manages_eswitch(command)?;
    let function = command.subject.function.ok_or(Refusal::UnknownVport)?;
    if silicon.vports.created.remove(&function).is_none() {
        return Err(Refusal::UnknownVport);
    }
    Ok(Reply::ok())
}

pub(crate) fn query_delegated_vhca(silicon: &mut Silicon, command: &Command) -> Answered {
    silicon.manages_eswitch(command)?;
    let gone = &silicon.hosts.gone;
    let delegated = silicon.roster.adjacent_vfs().into_iter().zip(1..);
    let delegated: Vec<_> = delegated.filter(|(vf, _)| !gone.contains(vf)).collect();
    let count = delegated.len();
    let head = QueryDelegatedVhcaOut::new().with_function_count(saturated::<u16>(count));
    let mut output = head.as_bytes().to_vec();
    for (vf, number) in delegated {
        let vhca_id = silicon.roster.vhca_id(vf);
        let entry = DelegatedVhca::new()
            .with_vhca_id(vhca_id)
            .with_function_id(number);
        output.extend_from_slice(entry.as_bytes());
    }
    Ok(Reply::bytes(output))
}

impl Silicon {
    /// The external host, in the first layout. A NIC without an embedded CPU has none: all zero.
    fn host_functions(&self) -> HostFunctions {
        let host = &self.config.external_host;
        HostFunctions::new()
            .with_vf_count(self.hosts.vfs)
            .with_vf_total(host.vfs.total)
            .with_host_pf_disabled(self.hosts.pf == HostPfState::Disabled)
    }

    /// The external host's PF and the satellite PFs, in the second layout.
    fn network_functions(&self) -> Result<Vec<NetworkFunction>, Refusal> {
        if self.config.satellite_pfs.is_empty() {
            return Err(Refusal::LayoutNotOffered);
        }
        let host = NetworkFunction::new()
            .with_pf_type(PF_TYPE_HOST)
            .with_vf_count(self.hosts.vfs)
            .with_vf_total(self.config.external_host.vfs.total)
            .with_vhca_id(self.roster.vhca_id(Function::HostPf))
            .with_vhca_state(self.host_pf_state().raw());
        let satellites = (1_u16..).zip(self.roster.satellite_pfs());
        let satellites = satellites.filter(|(_, satellite)| !self.hosts.gone.contains(satellite));
        let satellites = satellites.map(|(number, satellite)| {
            NetworkFunction::new()
                .with_host_number(saturated::<u8>(number))
                .with_pf_type(PF_TYPE_SATELLITE)
                .with_vhca_id(self.roster.vhca_id(satellite))
                .with_vhca_state(VhcaState::Allocated.raw())
                .with_esw_vport_manual(true)
        });
        Ok(std::iter::once(host).chain(satellites).collect())
    }

    /// The external host's PF in the second layout, where its driver having it is a state of its own.
    fn host_pf_state(&self) -> VhcaState {
        match self.hosts.pf {
            HostPfState::InUse => VhcaState::InUse,
            HostPfState::Disabled => VhcaState::Allocated,
        }
    }

    fn is_managed_by_vport(function: Function) -> bool {
        matches!(function, Function::SatellitePf(_) | Function::AdjacentVf(_))
    }

    fn manages_eswitch(&self, command: &Command) -> Result<(), Refusal> {
        let manager = command.endpoint == self.main_function() && self.config.eswitch.manager;
        if manager {
            Ok(())
        } else {
            Err(Refusal::NotEswitchManager)
        }
    }
}
