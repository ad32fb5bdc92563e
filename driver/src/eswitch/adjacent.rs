//! Adjacent VFs: functions that another eswitch delegated to this one, in switchdev mode only.

use super::satellite::{create_vport, destroy_vport};
use crate::command;
use crate::errno::Errno;
use crate::handle::Driver;
use crate::message::MessageKind;
use crate::runtime::Object;
use crate::state::eswitch::{Vport, VportKind};
use prm::VhcaId;
use prm::command::Command as _;
use prm::eswitch::{DelegatedVhca, QueryDelegatedVhca, QueryDelegatedVhcaOut};
use prm::vport::ModifyVportState;

/// Creates a vport for each function that was delegated (`mlx5_esw_adjacent_vhcas_setup`). What fails is reported and
/// ends the list.
pub(super) async fn create(driver: &Driver) {
    let most = driver.settled(|state| state.capabilities.general_2().delegated_vhca_max());
    if most == 0 {
        return;
    }
    if let Err(errno) = create_all(driver, most).await {
        driver.message(MessageKind::AdjacentFailed { errno });
    }
}

async fn create_all(driver: &Driver, most: u16) -> Result<(), Errno> {
    let input = QueryDelegatedVhca::input();
    let out_len = QueryDelegatedVhcaOut::SIZE + usize::from(most) * DelegatedVhca::SIZE;
    let output = command::execute(driver, input.as_bytes(), out_len)
        .await
        .map_err(|error| error.errno())?;
    let count = QueryDelegatedVhcaOut::from_prefix(&output)
        .unwrap_or_default()
        .function_count();
    let list = output.get(QueryDelegatedVhcaOut::SIZE..).unwrap_or_default();
    let entries = list.chunks_exact(DelegatedVhca::SIZE).take(usize::from(count));
    for entry in entries.filter_map(|bytes| DelegatedVhca::from_bytes(bytes).ok()) {
        let vhca_id = VhcaId(entry.vhca_id());
        let number = create_vport(driver, vhca_id).await?;
        let vport = Vport {
            kind: VportKind::AdjacentVf,
            vhca_id: Some(vhca_id),
            ..Vport::default()
        };
        driver
            .step(driver.writes(Object::Vport(number)), |state, _| {
                state.eswitch.vports.insert(number, vport)
            })
            .await;
    }
    Ok(())
}

/// Connects the adjacent vports to the eswitch, now that it has flow tables.
pub(super) async fn connect(driver: &Driver) {
    let numbers = numbers(driver).await;
    if numbers.is_empty()
        || !driver.settled(|state| state.capabilities.general_2().ingress_egress_esw_vport_connect())
    {
        return;
    }
    driver
        .holding(Object::EswitchLock, async || {
            for number in numbers {
                let input = ModifyVportState::input()
                    .with_op_mod(1)
                    .with_other_vport(true)
                    .with_vport_number(number)
                    .with_ingress_connect(true)
                    .with_egress_connect(true)
                    .with_ingress_connect_valid(true)
                    .with_egress_connect_valid(true);
                let _ignored = command::run::<ModifyVportState>(driver, &input).await;
            }
        })
        .await;
}

/// Destroys the adjacent vports (`mlx5_esw_adjacent_vhcas_cleanup`). What was known of their functions goes with them.
pub(super) async fn destroy(driver: &Driver) {
    for number in numbers(driver).await {
        destroy_vport(driver, number).await;
        driver
            .step(driver.writes(Object::Vport(number)), |state, _| {
                state.eswitch.vports.remove(&number)
            })
            .await;
    }
}

/// The adjacent vports, ascending.
pub(super) async fn numbers(driver: &Driver) -> Vec<u16> {
    driver
        .step(driver.reads(Object::Vports), |state, _| {
            let vports = state.eswitch.vports.iter();
            vports
                .filter(|(_, vport)| vport.kind == VportKind::AdjacentVf)
                .map(|(&number, _)| number)
                .collect()
        })
        .await
}
