//! What the driver says of something that has gone wrong before, and that is compared elsewhere: the refused command, the
//! time-out, the device's error. A line of these counts as nothing new where a run has such a cause, and only there.
//!
//! By the driver's source files. Our driver is silent at these places: it prints the cause.

use super::row::{Row, effect};

#[rustfmt::skip]
pub(in crate::stage::linux::kernel_log) const EFFECTS: &[Row] = &[
    // Commands: told once more by whoever waited, and what no memory leads to.
    effect(r"^cmd\[\d+\]: .* No done completion"),
    effect(r"timeout while waiting for command semaphore"),
    effect(r"^(?:failed to allocate command entry|failed to queue work|failed allocating block|err -?\d+$)"),
    effect(r"^(?:failed to create command workqueue|invalid command queue address)"),

    // Which step of load has failed.
    effect(r"^Waiting for FW .*timeout abort in"),
    effect(r"^(?:Failed initializing (?:command interface|cmdif SW structs|timeouts)|enable hca failed|failed to set issi)"),
    effect(r"^failed to (?:allocate (?:boot|init) pages|allocate sw_vhca_id|read dtor|register devcom device|alloc xa entry)"),
    effect(r"^(?:set_hca_ctrl|set_hca_cap|init hca|query hca|handle_hca_cap\w*|query board id|sw objs init|devlink alloc) failed"),
    effect(r"^Failed (?:to (?:alloc IRQs|alloc xa entry|request irq|alloc flow steering|create (?:async )?EQs|set hca defaults|query ISSI|set ISSI)|allocating bfreg)"),
    effect(r"^[Ff]ailed to init(?:ialize)? "),
    effect(r"^(?:sriov init failed|fpga device start failed|remap error)"),
    effect(r"^QUERY_HCA_CAP : type\(\w+\) opmode\(\w+\) Failed"),
    effect(r"^(?:mlx5_\w+|wait vital)(?: on)? ?(?:failed with error code|err ?=)"),
    effect(r"^\w+: (?:mlx5_pci_enable_device|wait vital) failed"),
    effect(r"^(?:Cannot enable PCI device|error requesting BARs|Failed (?:setting DMA capabilities mask|mapping initialization segment))"),
    effect(r"^(?:Missing registers BAR|Couldn't get PCI resources|Can't set PCI DMA mask)"),
    effect(r"^(?:mcqs: can't|fw query failed|failed to query (?:running|pending) (?:version|image))"),
    effect(r"^probe with driver \S+ failed with error"),
    effect(r"^Device\[\d+\] \(.*\) failed to load"),
    effect(r"^caps query isn't supported by running FW"),

    // Event queues, doorbells, work queues.
    effect(r"^failed to (?:create|enable) \w+ EQ"),
    effect(r"^failed to destroy (?:comp EQ|\w+ eq)"),
    effect(r"^maximum number of vectors is allocated"),
    effect(r"^(?:failed to query [ec]q|failed to free uar index|mlx5_cmd_alloc_uar\(\) failed|mlx5_(?:db|frag_buf)_alloc_node\(\) failed)"),
    effect(r"^(?:Failed to (?:create|set|alloc|open) (?:wc|aso|bfreg)|Failed to (?:create|alloc) .* wc|Write combining is not supported)"),

    // A device that does not come back after sleep.
    effect(r"^PM: dpm_run_callback\(\): \w+ returns -?\d+"),
    effect(r"^PCI channel offline, stop waiting"),

    // Health: the other lines about the health buffer, and the steps of a recovery.
    effect(r"^Health issue observed, "),
    effect(r"^(?:assert_var\[\d\]|assert_exit_ptr|assert_callra|fw_ver|time|hw_id|rfr|crr|severity|irisc_index|ext_synd|raw fw_ver) "),
    effect(r"^(?:PCI slot is unavailable|Cold reset is required)"),
    effect(r"^(?:start|end)$"),
    effect(r"^(?:starting teardown|starting health recovery flow|health recovery succeeded|health works are not permitted)"),
    effect(r"^(?:Expected to see disabled NIC but|NIC SW reset in progress|Issuing FW Reset|Not issuing FW reset)"),
    effect(r"^(?:Failed to lock SW reset semaphore|SW reset semaphore is already in use)"),
    effect(r"^mlx5_(?:error_detected|pci_slot_reset|pci_resume)\b"),
    effect(r"^device is being removed, stop waiting for"),
    effect(r"^(?:crdump: failed|failed to read full dump|Invalid Crspace size)"),
    // A crash dump is tried after a fatal error; the device offers none.
    effect(r"^Failed to (?:get|set) (?:gw space|max space size)"),
    effect(r"^Failed to create (?:fw(?: fatal)?|vnic|rx|tx|vnic health) reporter"),
    effect(r"^(?:Reading (?:nic_cap_reg|vhca_icm_ctrl) failed|vport to vhca_id failed)"),
    effect(r"^Failed to re(?:create|load|-initialize) FW [Tt]racer"),
    effect(r"^(?:FWTracer|Resource dump): .*(?:[Ff]ailed|Error|Unable)"),

    // SR-IOV.
    effect(r"^(?:mlx5_device_enable_sriov|pci_enable_sriov) failed"),
    effect(r"^failed to (?:set MSI-X vector counts|restore) VF \d+"),
    effect(r"^Failed to (?:enable|disable) external host PF HCA"),
    effect(r"^Failed to set vport \d+ (?:link state|node guid)"),
    effect(r"^(?:Failed to mlx5_modify_nic_vport_mac|Got \d+ entries, max expected)"),

    // The eswitch: what it could not create, add, or take away.
    effect(r"^E-Switch: .*(?:[Ff]ailed|[Cc]an't)"),
    effect(r"^E-Switch: .*(?:create|configure|add) .*\berr ?\("),
    effect(r"^E-Switch: (?:create fdb drop fc|vport\[\d+\] configure|vport\(\d+\) invalid)"),
    effect(r"^QoS: "),
    effect(r"^esw offloads devcom event failure"),

    // Flow steering.
    effect(r"\bcan't (?:del rule|destroy|update to pending rule|delete fte)\b"),
    effect(r"^mlx5(?:_core)?: flow steering (?:failed to find root|node is not in tree)"),
    effect(r"^(?:Found two FTEs with conflicting actions|FTE flow tag \d+ already exists|Can have only a single duplicate rule)"),
    effect(r"^Flow (?:table|group) \d+ wasn't destroyed"),
    effect(r"^(?:Update root flow table of id|mlx5_core: failed to modify rule to point on flow table)"),
    effect(r"^Failed (?:to (?:modify|disconnect) flow table|adding underlay QPN|finding underlay qp|removing underlay QPN)"),
    effect(r"^Failed to create (?:last anchor flow table|match definer|flow namespace|dr flow|chains|dr rule)"),
    effect(r"^(?:Error doing bulk query|Freeing bulk before all counters were released)"),
    effect(r"^\w+: add (?:inner TTC )?rule failed"),
    effect(r"^Failed to (?:allocated MPFS index|set MPFS l2table entry)"),
    effect(r"^(?:Failed creating|Failed to destroy) (?:dr flow_table|matcher|action|flow_table)"),

    // RDMA's share of the driver, and link aggregation.
    effect(r"^Failed to (?:get RDMA RX namespace|create RDMA RX flow|add RoCE|enable RoCE|set root device for RDMA)"),
    effect(r"^Failed configuring rate limit"),
    effect(r"^Failed to (?:allow other vhca access|create alias object|register LAG|init multipath lag|alloc lag dev|add mdev to lag dev)"),
    effect(r"^(?:Unable to reserve|GID table exhausted)"),

    // Network interfaces: a profile that does not come up, queues, representors, steering.
    effect(r"^\w+: (?:new profile init failed|query port|failed to set ptys|mlx5_query_port_pause failed|mlx5_set_port_pause failed)"),
    effect(r"^(?:no original profile to rollback to|failed to rollback to orig profile)"),
    effect(r"^(?:alloc (?:pd|td|tises)|create mkey|crypto dek init) failed"),
    effect(r"^(?:could only allocate \d+/\d+ doorbells|modify tir\(0x\w+\) enable_lb .* failed|modify_rq_state failed)"),
    effect(r"^(?:FS|PSP|TLS|MACsec) (?:initialization|allocation) failed"),
    effect(r"^(?:open drop rq|[Cc]reate rx resources|create flow steering|alloc_etherdev_mqs\(\)|register_netdev|create (?:underlay QP|tis)) failed"),
    effect(r"^_?mlx5e_\w+(?:\(\))?(?: init)? failed"),
    effect(r"^(?:rep profile init failed|ETH driver already removed)"),
    effect(r"^Failed to (?:create|attach|register) representor netdev"),
    effect(r"^Failed to (?:create (?:rep ttc table|arfs tables|ttc table|a direct (?:RQT|TIR)|hv vhca stats agent)|get reps offloads namespace|add SQs FWD rules)"),
    effect(r"^Failed to (?:move [rs]q 0x\w+ to|redirect direct RQT|update packet merge state|destroy RSS context|query (?:ICO)?SQ|get min RX wqes|modify aRFS rule)"),
    effect(r"^(?:Failed configuring rate|Failed disabling cqe compression|Rate limiting is not supported)"),
    effect(r"^(?:vport \d+ error -?\d+ reading stats|failed reading stats on vport)"),
    effect(r"^(?:TX timeout detected|Recovered \d+ eqes on EQ|EQ 0x\w+: Cons|Wait for (?:ICO)?SQ 0x\w+ flush timeout)"),
    effect(r"^.* feature \S+ failed, err -?\d+"),
    effect(r"^netif_set_real_num_tx_queues failed|^\w+: netif_set_real_num_rx_queues failed"),
    effect(r"^(?:Error (?:-?\d+ when querying|creating a|registering notifier for the|destroying) PCIe cong|PCIe congestion event feature disabled)"),
    effect(r"^\w*ptp_clock_register failed|^failed to (?:create ptp dev|get rt clock identity)|^Failed to allocate IB clock"),

    // Scalable functions.
    effect(r"^SF DEV(?: table create err|: (?:fail device add|teardown state for invalid dev))"),
];
