//! The registers behind ACCESS_REG.

use super::{Place, check, check_input, check_output};
use mlx5_prm::access_register::*;
use mlx5_prm::init_segment::Timeout;
use mlx5_prm::port::*;

#[test]
fn registers_behind_a_command() {
    check_input::<AccessRegisterIn>(16, &[("register_id", 8, 15, 0), ("argument", 12, 31, 0)]);
    check_output::<AccessRegisterOut>(16, &[]);
    check::<HostEndianness>(16, &[("big_endian", 0, 31, 31)]);
    check::<DefaultTimeouts>(
        64,
        &[
            ("pcie_toggle", 4, 31, 0),
            ("health_poll_interval", 5 * 4, 31, 0),
            ("full_crdump", 6 * 4, 31, 0),
            ("firmware_reset", 7 * 4, 31, 0),
            ("flush_on_error", 8 * 4, 31, 0),
            ("pci_sync_update", 9 * 4, 31, 0),
            ("tear_down", 10 * 4, 31, 0),
            ("fsm_reactivate", 11 * 4, 31, 0),
            ("reclaim_pages", 12 * 4, 31, 0),
            ("reclaim_vfs_pages", 13 * 4, 31, 0),
            ("reset_unload", 14 * 4, 31, 0),
        ],
    );
    let mut timeouts = DefaultTimeouts::new();
    timeouts.set_reclaim_pages_timeout(&Timeout::from_millis(5000));
    timeouts.set_reclaim_vfs_pages_timeout(&Timeout::from_millis(1000));
    assert_eq!(
        (timeouts.reclaim_pages(), timeouts.reclaim_vfs_pages()),
        (5000, 1000)
    );
}

#[test]
fn registers_of_a_port() {
    const PORT: Place = ("local_port", 0, 23, 16);
    check::<PortMtu>(
        16,
        &[
            PORT,
            ("max_mtu", 4, 31, 16),
            ("admin_mtu", 8, 31, 16),
            ("oper_mtu", 12, 31, 16),
        ],
    );
    check::<PortTypeAndSpeed>(
        64,
        &[
            PORT,
            ("proto_mask", 0, 2, 0),
            ("data_rate_oper", 4, 15, 0),
            ("eth_proto_capability", 12, 31, 0),
            ("eth_proto_admin", 24, 31, 0),
            ("eth_proto_oper", 36, 31, 0),
        ],
    );
    check::<PortStatus>(
        16,
        &[
            PORT,
            ("admin_status", 0, 11, 8),
            ("oper_status", 0, 3, 0),
            ("admin_status_enable", 4, 31, 31),
        ],
    );
    check::<PortCounters>(256, &[PORT, ("group", 0, 5, 0), ("priority", 4, 4, 0)]);
}
