//! The operations of the command interface.

use crate::raw_enum::{raw_enum, serde_by_name};

raw_enum! {
    /// Operation of a command, in the first two bytes of its input (PRM "Command Reference";
    /// `mlx5_command_str`).
    pub enum Opcode: u16 {
        /// Reads a capability area.
        QueryHcaCap = 0x100 "QUERY_HCA_CAP",
        /// Asks for vendor and board.
        QueryAdapter = 0x101 "QUERY_ADAPTER",
        /// Starts the function.
        InitHca = 0x102 "INIT_HCA",
        /// Stops the function.
        TeardownHca = 0x103 "TEARDOWN_HCA",
        /// Enables a function.
        EnableHca = 0x104 "ENABLE_HCA",
        /// Disables a function.
        DisableHca = 0x105 "DISABLE_HCA",
        /// Asks how many pages the firmware wants.
        QueryPages = 0x107 "QUERY_PAGES",
        /// Gives pages or takes them back.
        ManagePages = 0x108 "MANAGE_PAGES",
        /// Writes a capability area.
        SetHcaCap = 0x109 "SET_HCA_CAP",
        /// Asks for the interface step sequences.
        QueryIssi = 0x10a "QUERY_ISSI",
        /// Chooses an interface step sequence.
        SetIssi = 0x10b "SET_ISSI",
        /// Tells the driver's version.
        SetDriverVersion = 0x10d "SET_DRIVER_VERSION",
        /// Asks for the partitions of subfunctions.
        QuerySfPartition = 0x111 "QUERY_SF_PARTITION",
        /// Allocates a subfunction.
        AllocSf = 0x113 "ALLOC_SF",
        /// Frees a subfunction.
        DeallocSf = 0x114 "DEALLOC_SF",
        /// Creates a memory key.
        CreateMkey = 0x200 "CREATE_MKEY",
        /// Destroys a memory key.
        DestroyMkey = 0x202 "DESTROY_MKEY",
        /// Asks for the contexts with a meaning of their own.
        QuerySpecialContexts = 0x203 "QUERY_SPECIAL_CONTEXTS",
        /// Creates an event queue.
        CreateEq = 0x301 "CREATE_EQ",
        /// Destroys an event queue.
        DestroyEq = 0x302 "DESTROY_EQ",
        /// Reads the context of an event queue.
        QueryEq = 0x303 "QUERY_EQ",
        /// Creates a completion queue.
        CreateCq = 0x400 "CREATE_CQ",
        /// Destroys a completion queue.
        DestroyCq = 0x401 "DESTROY_CQ",
        /// Reads the context of a completion queue.
        QueryCq = 0x402 "QUERY_CQ",
        /// Changes a completion queue.
        ModifyCq = 0x403 "MODIFY_CQ",
        /// Asks for the functions whose management was delegated.
        QueryDelegatedVhca = 0x732 "QUERY_DELEGATED_VHCA",
        /// Creates a vport of the eswitch.
        CreateEswVport = 0x733 "CREATE_ESW_VPORT",
        /// Destroys a vport of the eswitch.
        DestroyEswVport = 0x734 "DESTROY_ESW_VPORT",
        /// Asks for the functions the eswitch manager looks after.
        QueryEswFunctions = 0x740 "QUERY_ESW_FUNCTIONS",
        /// Reads the state of a vport.
        QueryVportState = 0x750 "QUERY_VPORT_STATE",
        /// Writes the state of a vport.
        ModifyVportState = 0x751 "MODIFY_VPORT_STATE",
        /// Reads the eswitch's side of a vport.
        QueryEswVportContext = 0x752 "QUERY_ESW_VPORT_CONTEXT",
        /// Writes the eswitch's side of a vport.
        ModifyEswVportContext = 0x753 "MODIFY_ESW_VPORT_CONTEXT",
        /// Reads the function's side of a vport.
        QueryNicVportContext = 0x754 "QUERY_NIC_VPORT_CONTEXT",
        /// Writes the function's side of a vport.
        ModifyNicVportContext = 0x755 "MODIFY_NIC_VPORT_CONTEXT",
        /// Reads the InfiniBand side of a vport.
        QueryHcaVportContext = 0x762 "QUERY_HCA_VPORT_CONTEXT",
        /// Reads counters of a vport's environment.
        QueryVnicEnv = 0x76f "QUERY_VNIC_ENV",
        /// Reads counters of a vport.
        QueryVportCounter = 0x770 "QUERY_VPORT_COUNTER",
        /// Allocates a set of queue counters.
        AllocQCounter = 0x771 "ALLOC_Q_COUNTER",
        /// Frees a set of queue counters.
        DeallocQCounter = 0x772 "DEALLOC_Q_COUNTER",
        /// Reads a set of queue counters.
        QueryQCounter = 0x773 "QUERY_Q_COUNTER",
        /// Allocates a protection domain.
        AllocPd = 0x800 "ALLOC_PD",
        /// Frees a protection domain.
        DeallocPd = 0x801 "DEALLOC_PD",
        /// Allocates a user access region.
        AllocUar = 0x802 "ALLOC_UAR",
        /// Frees a user access region.
        DeallocUar = 0x803 "DEALLOC_UAR",
        /// Reads or writes a register.
        AccessReg = 0x805 "ACCESS_REG",
        /// Does nothing.
        Nop = 0x80d "NOP",
        /// Allocates a transport domain.
        AllocTransportDomain = 0x816 "ALLOC_TRANSPORT_DOMAIN",
        /// Frees a transport domain.
        DeallocTransportDomain = 0x817 "DEALLOC_TRANSPORT_DOMAIN",
        /// Writes an entry of the table of layer-2 addresses.
        SetL2TableEntry = 0x829 "SET_L2_TABLE_ENTRY",
        /// Removes an entry of the table of layer-2 addresses.
        DeleteL2TableEntry = 0x82b "DELETE_L2_TABLE_ENTRY",
        /// Creates a transport interface for receiving.
        CreateTir = 0x900 "CREATE_TIR",
        /// Changes a transport interface for receiving.
        ModifyTir = 0x901 "MODIFY_TIR",
        /// Destroys a transport interface for receiving.
        DestroyTir = 0x902 "DESTROY_TIR",
        /// Creates a send queue.
        CreateSq = 0x904 "CREATE_SQ",
        /// Changes a send queue.
        ModifySq = 0x905 "MODIFY_SQ",
        /// Destroys a send queue.
        DestroySq = 0x906 "DESTROY_SQ",
        /// Creates a receive queue.
        CreateRq = 0x908 "CREATE_RQ",
        /// Changes a receive queue.
        ModifyRq = 0x909 "MODIFY_RQ",
        /// Destroys a receive queue.
        DestroyRq = 0x90a "DESTROY_RQ",
        /// Creates a transport interface for sending.
        CreateTis = 0x912 "CREATE_TIS",
        /// Destroys a transport interface for sending.
        DestroyTis = 0x914 "DESTROY_TIS",
        /// Creates a table of receive queues.
        CreateRqt = 0x916 "CREATE_RQT",
        /// Changes a table of receive queues.
        ModifyRqt = 0x917 "MODIFY_RQT",
        /// Destroys a table of receive queues.
        DestroyRqt = 0x918 "DESTROY_RQT",
        /// Chooses the root flow table.
        SetFlowTableRoot = 0x92f "SET_FLOW_TABLE_ROOT",
        /// Creates a flow table.
        CreateFlowTable = 0x930 "CREATE_FLOW_TABLE",
        /// Destroys a flow table.
        DestroyFlowTable = 0x931 "DESTROY_FLOW_TABLE",
        /// Creates a group of flows.
        CreateFlowGroup = 0x933 "CREATE_FLOW_GROUP",
        /// Destroys a group of flows.
        DestroyFlowGroup = 0x934 "DESTROY_FLOW_GROUP",
        /// Writes a flow.
        SetFlowTableEntry = 0x936 "SET_FLOW_TABLE_ENTRY",
        /// Removes a flow.
        DeleteFlowTableEntry = 0x938 "DELETE_FLOW_TABLE_ENTRY",
        /// Allocates a flow counter.
        AllocFlowCounter = 0x939 "ALLOC_FLOW_COUNTER",
        /// Frees a flow counter.
        DeallocFlowCounter = 0x93a "DEALLOC_FLOW_COUNTER",
        /// Reads flow counters.
        QueryFlowCounter = 0x93b "QUERY_FLOW_COUNTER",
        /// Changes a flow table.
        ModifyFlowTable = 0x93c "MODIFY_FLOW_TABLE",
        /// Allocates a packet reformat.
        AllocPacketReformatContext = 0x93d "ALLOC_PACKET_REFORMAT_CONTEXT",
        /// Frees a packet reformat.
        DeallocPacketReformatContext = 0x93e "DEALLOC_PACKET_REFORMAT_CONTEXT",
        /// Allocates a header change.
        AllocModifyHeaderContext = 0x940 "ALLOC_MODIFY_HEADER_CONTEXT",
        /// Frees a header change.
        DeallocModifyHeaderContext = 0x941 "DEALLOC_MODIFY_HEADER_CONTEXT",
        /// Creates an object of the general kind.
        CreateGeneralObject = 0xa00 "CREATE_GENERAL_OBJECT",
        /// Destroys an object of the general kind.
        DestroyGeneralObject = 0xa03 "DESTROY_GENERAL_OBJECT",
        /// Asks for the state of a function.
        QueryVhcaState = 0xb0d "QUERY_VHCA_STATE",
        /// Changes the state of a function, or arms its event.
        ModifyVhcaState = 0xb0e "MODIFY_VHCA_STATE",
    }
}

serde_by_name!(Opcode: u16, "operation");
