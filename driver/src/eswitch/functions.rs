//! The functions firmware says this eswitch manages.

use crate::command;
use crate::handle::Driver;
use crate::state::command::CommandError;
use prm::VhcaId;
use prm::command::Command as _;
use prm::eswitch::{
    ESW_FUNCTIONS_LAYOUT_V1, ESW_FUNCTIONS_OFFSET, HostFunctions, NetworkFunction, PF_TYPE_HOST,
    PF_TYPE_SATELLITE, QueryEswFunctions, QueryEswFunctionsOut,
};
use prm::subfunction::VhcaState;

/// The external host's PF and its VFs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct HostPf {
    /// VFs that are enabled.
    pub(crate) num_vfs: u16,
    /// VFs that can be enabled.
    pub(crate) total_vfs: u16,
    /// The PF is disabled.
    pub(crate) disabled: bool,
}

/// A satellite PF as firmware lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SatellitePf {
    /// Its VHCA id.
    pub(crate) vhca_id: VhcaId,
    /// Whether the eswitch manager creates its vport.
    pub(crate) manual: bool,
}

/// The answer to QUERY_ESW_FUNCTIONS, whatever its layout.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct EswFunctions {
    /// The host's PF, if there is one.
    pub(crate) host: Option<HostPf>,
    /// The satellite PFs in the order of the table.
    pub(crate) satellites: Vec<SatellitePf>,
}

impl EswFunctions {
    /// Whether the host has a PF at all.
    pub(crate) const fn has_host_pf(&self) -> bool {
        self.host.is_some()
    }

    /// The answer in the first layout.
    fn from_host(host: &HostFunctions) -> Self {
        let pf = HostPf {
            num_vfs: host.vf_count(),
            total_vfs: host.vf_total(),
            disabled: host.host_pf_disabled(),
        };
        Self {
            host: (!host.host_pf_not_exist()).then_some(pf),
            satellites: Vec::new(),
        }
    }

    /// The answer in the second layout.
    fn from_list(list: &[u8], count: usize) -> Self {
        let mut functions = Self::default();
        let entries = list.chunks_exact(NetworkFunction::SIZE).take(count);
        for entry in entries.filter_map(|bytes| NetworkFunction::from_bytes(bytes).ok()) {
            match entry.pf_type() {
                PF_TYPE_HOST if functions.host.is_none() => {
                    let pf = HostPf {
                        num_vfs: entry.vf_count(),
                        total_vfs: entry.vf_total(),
                        disabled: entry.vhca_state() != VhcaState::InUse.raw(),
                    };
                    functions.host = Some(pf);
                }
                PF_TYPE_SATELLITE => functions.satellites.push(SatellitePf {
                    vhca_id: VhcaId(entry.vhca_id()),
                    manual: entry.esw_vport_manual(),
                }),
                _ => {}
            }
        }
        functions
    }
}

/// Asks firmware for the functions (`mlx5_esw_query_functions`).
///
/// # Errors
/// As [`command::execute`].
pub(crate) async fn query_functions(driver: &Driver) -> Result<EswFunctions, CommandError> {
    let (second_layout, most) = driver.settled(|state| {
        let general = state.capabilities.general();
        (
            general.query_host_net_function_v1(),
            general.query_host_net_function_num_max(),
        )
    });
    if !second_layout {
        let input = QueryEswFunctions::input();
        let output = command::execute(driver, input.as_bytes(), QueryEswFunctions::OUTPUT_LENGTH).await?;
        let host = output.get(ESW_FUNCTIONS_OFFSET..).unwrap_or_default();
        return Ok(EswFunctions::from_host(
            &HostFunctions::from_prefix(host).unwrap_or_default(),
        ));
    }
    let input = QueryEswFunctions::input().with_op_mod(ESW_FUNCTIONS_LAYOUT_V1);
    let out_len = ESW_FUNCTIONS_OFFSET + usize::from(most.max(1)) * NetworkFunction::SIZE;
    let output = command::execute(driver, input.as_bytes(), out_len).await?;
    let count = QueryEswFunctionsOut::from_prefix(&output)
        .unwrap_or_default()
        .function_count();
    Ok(EswFunctions::from_list(
        output.get(ESW_FUNCTIONS_OFFSET..).unwrap_or_default(),
        usize::from(count),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_tell_of_the_host() {
        let first = HostFunctions::new().with_vf_count(2).with_vf_total(3);
        let functions = EswFunctions::from_host(&first);
        assert_eq!(
            functions.host,
            Some(HostPf {
                num_vfs: 2,
                total_vfs: 3,
                disabled: false
            })
        );
        assert!(!EswFunctions::from_host(&HostFunctions::new().with_host_pf_not_exist(true)).has_host_pf());

        let host = NetworkFunction::new()
            .with_pf_type(PF_TYPE_HOST)
            .with_vf_count(2)
            .with_vf_total(3)
            .with_vhca_state(VhcaState::InUse.raw());
        let satellite = NetworkFunction::new()
            .with_pf_type(PF_TYPE_SATELLITE)
            .with_vhca_id(8)
            .with_esw_vport_manual(true);
        let list = [*satellite.as_bytes(), *host.as_bytes()].concat();
        let functions = EswFunctions::from_list(&list, 2);
        assert_eq!(
            functions.host,
            Some(HostPf {
                num_vfs: 2,
                total_vfs: 3,
                disabled: false
            })
        );
        assert_eq!(
            functions.satellites,
            [SatellitePf {
                vhca_id: VhcaId(8),
                manual: true
            }]
        );
        assert!(
            !EswFunctions::from_list(&list, 1).has_host_pf(),
            "entries beyond the count do not count"
        );
    }
}
