//! Every time that a kernel lets pass by itself on the way from probe to unload: sleeps, intervals between two looks, and
//! work that takes long enough to decide a race with firmware.
//!
//! What is written in the kernel's source has the function behind it. What is not (waits for readers, work queues that
//! empty, devices and their files that go) was measured on an unmodified Linux 7.2 in a guest with one emulated processor:
//! the gaps between the commands of `run FILE --backend linux --commands STREAM`, the middle of some ten loads and unloads.
//! A real machine is faster at the work and slower at the waits for readers.
//!
//! Two kinds of time are told apart:
//!
//! * a **pause** ([`Driver::pause`](crate::Driver::pause)) ends by itself, whatever anybody does: a step of a scenario lasts
//!   at least as long as the pauses that it began
//! * a **look** is the interval of a poll ([`Driver::sleep`](crate::Driver::sleep)): it goes on until something else happens

use prm::Cycles;

/// Between VFs being enabled and their first use (`sriov_enable`: `msleep(100)`).
pub(crate) const VFS_ENABLED: Cycles = Cycles::from_millis(100);

/// Between VFs being disabled and the next access (`sriov_disable`: `ssleep(1)`), before the PF's driver disables them.
pub(crate) const VFS_DISABLED: Cycles = Cycles::from_secs(1);

/// A VF appears on the bus (`pci_iov_add_virtfn`). Measured: 60 ms, most of it reading its configuration space.
pub(crate) const VF_ADDED: Cycles = Cycles::from_millis(60);

/// A VF goes from the bus, its driver unbound already (`pci_iov_remove_virtfn`). Measured: 25 ms in a guest at rest, 120 to
/// 180 ms in one with two processors, where a removal with three VFs took 1.7 to 1.9 s.
pub(crate) const VF_REMOVED: Cycles = Cycles::from_millis(120);

/// After a function-level reset, before the function is used again (`pcie_flr`: `msleep(100)`).
pub(crate) const FUNCTION_RESET: Cycles = Cycles::from_millis(100);

/// After the bus behind a port was reset, before anybody looks for its functions (`pci_reset_secondary_bus`: 2 ms;
/// `pci_bridge_wait_for_secondary_bus`: 100 ms).
pub(crate) const BUS_RESET: Cycles = Cycles::from_millis(102);

/// A look at a function that is to be there again after a reset of its bus. The kernel waits twice as long after each look
/// (`pci_dev_wait`).
pub(crate) const BUS_RESET_LOOK: Cycles = Cycles::from_millis(500);

/// How long it is looked for (`PCIE_RESET_READY_POLL_MS`, to the end of the last of the doubled waits).
pub(crate) const BUS_RESET_LIMIT: Cycles = Cycles::from_millis(65_535);

/// A look at the device's start (`wait_fw_init`: `FW_PRE_INIT_WAIT`).
pub(crate) const START_LOOK: Cycles = Cycles::from_millis(2);

/// A look at the counter of pages that are waited for (`mlx5_wait_for_pages`: `msleep(50)`).
pub(crate) const PAGE_WAIT_LOOK: Cycles = Cycles::from_millis(50);

/// A look at an interface that is to go off (`mlx5_error_sw_reset`: `msleep(20)`).
pub(crate) const RESET_LOOK: Cycles = Cycles::from_millis(20);

/// A look at an interface that the driver has switched off (`mlx5_cmd_fast_teardown_hca` looks without a pause).
pub(crate) const SWITCH_OFF_LOOK: Cycles = Cycles::from_micros(10);

/// What was polled for reaches its caller: another task's turn.
pub(crate) const POLLED_RESULT: Cycles = Cycles::from_micros(20);

/// A look at firmware that is to be reset (`mlx5_sync_reset_unload_flow`: `msleep(20)`).
pub(crate) const SYNC_RESET_LOOK: Cycles = Cycles::from_millis(20);

/// A bridge resets its bus, and waits before the functions are used again (`pci_reset_secondary_bus`: `msleep(2)`,
/// `pci_bridge_wait_for_secondary_bus`: a second).
pub(crate) const HOT_RESET: Cycles = Cycles::from_millis(1_002);

/// A look at a device that is to be readable again (`mlx5_health_wait_pci_up`: `msleep(100)`).
pub(crate) const READABLE_LOOK: Cycles = Cycles::from_millis(100);

/// A look at the health counter of a device that comes back (`wait_vital`: `msleep(50)`).
pub(crate) const VITAL_LOOK: Cycles = Cycles::from_millis(50);

/// A try for the devlink lock by the eswitch's own work (`esw_vfs_changed_event_handler`: 60 ms).
pub(crate) const DEVLINK_RETRY: Cycles = Cycles::from_millis(60);

/// From a take without progress to the next at startup reclaim, where a revision does not spin. No kernel does that.
pub(crate) const RECLAIM_PAUSE: Cycles = Cycles::from_millis(20);

/// A wait for readers (`synchronize_rcu`): whoever stops listening to events waits for one
/// (`atomic_notifier_chain_unregister`), among them each event queue before it is destroyed (`mlx5_eq_disable`), the command
/// interface when it goes back to polling, the eswitch when it goes off. Measured: 0.5 to 6 ms.
pub(crate) const READERS: Cycles = Cycles::from_millis(1);

/// The eighteen listeners that every driver has and that go one by one when the event queues have gone (`mlx5_events_stop`),
/// with the interrupts (`mlx5_irq_table_destroy`). Measured: 4 ms; waits for readers in a row are shorter than a single one.
pub(crate) const LISTENERS_GO: Cycles = Cycles::from_millis(4);

/// What hangs on the function goes: sensors, crash dump, auxiliary devices, traps (`mlx5_uninit_one` and
/// `mlx5_unload_one_devl_locked` up to the VFs). With [`STEERING_GOES`] measured from the last DISABLE_HCA to the first
/// DESTROY_EQ: 15 to 60 ms.
pub(crate) const DEVICES_GO: Cycles = Cycles::from_millis(25);

/// The flow namespaces, tracers and dumps go (`mlx5_unload` from the VFs to the event queues). Measured: 6 to 9 ms.
pub(crate) const STEERING_GOES: Cycles = Cycles::from_millis(8);

/// Software objects are made (`mlx5_init_once` after QUERY_ADAPTER). Measured: 3 to 17 ms.
pub(crate) const OBJECTS_COME: Cycles = Cycles::from_millis(8);

/// They go (`mlx5_cleanup_once`). Measured: 26 to 40 ms.
pub(crate) const OBJECTS_GO: Cycles = Cycles::from_millis(28);

/// Interrupts and their tables are made (`mlx5_irq_table_create`, `mlx5_eq_table_create`). Measured: 2 to 17 ms.
pub(crate) const INTERRUPTS_COME: Cycles = Cycles::from_millis(4);

/// The asynchronous event queue's half MiB is allocated and written (`create_async_eqs`). Measured: 3 to 9 ms.
pub(crate) const ASYNC_QUEUE_MADE: Cycles = Cycles::from_millis(5);

/// Getting a page ready for firmware, mapped for DMA (`alloc_4k` and `alloc_system_page` in `give_pages`). Measured: 2 ms for
/// 200.
const PAGE_READY: Cycles = Cycles::from_micros(12);

/// Getting so many pages ready.
pub(crate) const fn pages_ready(pages: usize) -> Cycles {
    Cycles(PAGE_READY.0.saturating_mul(pages as u64))
}
