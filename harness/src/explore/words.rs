//! A step in a kernel engineer's words: the function that takes it, and what it is about.

use super::choice::Choice;
use driver::runtime::{Access, Kind, Object, TaskName, Use};
use driver_host::{Name, Possible};

/// What tasks are called, by the last part of their names, and the kernel's function that does the same.
const FUNCTIONS: [(&str, &str); 19] = [
    ("host.load", "mlx5_load_one"),
    ("host.unload", "mlx5_unload_one"),
    ("host.reload", "mlx5_devlink_reload_up"),
    ("host.enable_vfs", "mlx5_sriov_enable"),
    ("host.disable_vfs", "mlx5_sriov_disable"),
    ("host.set_eswitch_mode", "mlx5_devlink_eswitch_mode_set"),
    ("host.add_sf", "mlx5_devlink_sf_port_new"),
    ("host.add_host_sf", "mlx5_devlink_sf_port_new"),
    ("host.activate_sf", "mlx5_devlink_sf_port_fn_state_set"),
    ("host.deactivate_sf", "mlx5_devlink_sf_port_fn_state_set"),
    ("host.remove_sf", "mlx5_devlink_sf_port_del"),
    ("host.reset_function", "pcie_flr"),
    ("host.free_page", "free_4k"),
    ("interrupt", "mlx5_eq_async_int"),
    ("page_worker", "pages_work_handler"),
    ("eswitch_worker", "esw_vport_change_handler"),
    ("vhca_state_worker", "mlx5_vhca_state_work_handler"),
    ("health_poll", "poll_health"),
    ("health", "mlx5_fw_fatal_reporter_err_work"),
];

/// The kernel's function that does what a task does; the task's own name, where there is none.
pub(super) fn kernel_function(task: TaskName) -> String {
    let name = task.to_string();
    let known = FUNCTIONS.iter().find(|(role, _)| {
        let rest = name.split_once(' ').map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split(' ').next()) == Some(role)
    });
    known.map_or(name, |(_, function)| (*function).to_owned())
}

/// What a step is about, to follow its function.
pub(super) fn about(choice: &Choice) -> Option<String> {
    match choice {
        Choice::World(Possible::Now(Name::Step { object, .. })) => object.as_ref().map(of_access),
        Choice::World(Possible::GivesUp(_)) => Some("gives up waiting".to_owned()),
        Choice::GivesUpEarly(_) => Some("gives up waiting, early".to_owned()),
        Choice::World(Possible::PauseEnds(_)) => Some("goes on after its pause".to_owned()),
        Choice::World(Possible::Look(_)) => Some("looks again".to_owned()),
        _ => None,
    }
}

fn of_access(access: &Access) -> String {
    let looks = access.usage == Use::Read;
    let verb =
        |reads: &str, writes: &str, what: &str| format!("{} {what}", if looks { reads } else { writes });
    match access.object {
        Object::PageBook => verb("reads", "writes", "page roots and counters"),
        Object::PageSlot => verb("looks at", "takes", "the slot of MANAGE_PAGES"),
        Object::PageQueue => verb("looks at", "changes", "pg_wq"),
        Object::PageMode => verb("reads", "sets", "the page mode"),
        Object::EswitchLock => "locks or unlocks the eswitch".to_owned(),
        Object::Eswitch => verb("reads", "changes", "the eswitch's state"),
        Object::EswitchQueue => verb("looks at", "changes", "the eswitch's work queue"),
        Object::Vport(number) => verb("reads", "changes", &format!("vport {number}")),
        Object::Vports => verb("walks", "changes", "all vports"),
        Object::TypeMap(id) => verb("looks up", "changes", &format!("the type of vhca_id {}", id.0)),
        Object::TypeMaps => verb("looks at", "changes", "the map of types"),
        Object::DevlinkLock => "locks or unlocks devlink".to_owned(),
        Object::DeviceLock => "locks or unlocks the device".to_owned(),
        Object::InterfaceLock => "locks or unlocks intf_state_mutex".to_owned(),
        Object::CommandSlot(slot) => verb("looks at", "finishes", &format!("the command in slot {slot}")),
        Object::CommandMode => verb("looks at", "changes", "the command interface's mode"),
        Object::DeviceState => verb("reads", "changes", "the device's state"),
        Object::Sriov => verb("reads", "changes", "the number of VFs"),
        Object::RacePoint(name) => format!("passes {name}"),
        other => verb("reads", "changes", &format!("{other:?}")),
    }
}

/// Whether a step only takes or gives back something: it is told only where it comes between others.
pub(super) fn is_by_the_way(choice: &Choice) -> bool {
    let Choice::World(Possible::Now(Name::Step { object, .. })) = choice else {
        return false;
    };
    match object {
        None => true,
        Some(access) => {
            access.usage == Use::Read && !matches!(access.object.kind(), Kind::TypeMap | Kind::Vport)
                || matches!(
                    access.object.kind(),
                    Kind::DevlinkLock | Kind::DeviceLock | Kind::InterfaceLock
                )
        }
    }
}
