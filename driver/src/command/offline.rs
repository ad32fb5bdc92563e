//! What the driver answers by itself while the device is down or the gate closed.

use prm::Opcode;

/// What becomes of a command that is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It counts as done; its output is zero.
    Done,
    /// It fails.
    Failed,
    /// Nobody thought of it.
    Unknown,
}

/// The answer by opcode (`mlx5_internal_err_ret_value`): what takes something down counts as done, what asks or sets up
/// fails. MANAGE_PAGES and QUERY_ESW_FUNCTIONS count as done too.
pub(crate) const fn answer(opcode: Opcode) -> Answer {
    match opcode {
        Opcode::TeardownHca
        | Opcode::DisableHca
        | Opcode::ManagePages
        | Opcode::QueryEswFunctions
        | Opcode::DestroyMkey
        | Opcode::DestroyEq
        | Opcode::DestroyCq
        | Opcode::DeallocQCounter
        | Opcode::DeallocPd
        | Opcode::DeallocUar
        | Opcode::DeallocTransportDomain
        | Opcode::DeallocFlowCounter
        | Opcode::DeallocPacketReformatContext
        | Opcode::DeallocModifyHeaderContext
        | Opcode::DeallocSf
        | Opcode::DeleteL2TableEntry
        | Opcode::DestroyTir
        | Opcode::DestroySq
        | Opcode::DestroyRq
        | Opcode::DestroyTis
        | Opcode::DestroyRqt
        | Opcode::DestroyFlowTable
        | Opcode::DestroyFlowGroup
        | Opcode::DestroyGeneralObject
        | Opcode::DeleteFlowTableEntry
        | Opcode::ModifyNicVportContext
        | Opcode::ModifyFlowTable
        | Opcode::SetFlowTableEntry
        | Opcode::SetFlowTableRoot
        | Opcode::ModifyRqt => Answer::Done,
        Opcode::QueryHcaCap
        | Opcode::QueryAdapter
        | Opcode::InitHca
        | Opcode::EnableHca
        | Opcode::QueryPages
        | Opcode::SetHcaCap
        | Opcode::QueryIssi
        | Opcode::SetIssi
        | Opcode::CreateMkey
        | Opcode::QuerySpecialContexts
        | Opcode::CreateEq
        | Opcode::QueryEq
        | Opcode::CreateCq
        | Opcode::QueryCq
        | Opcode::ModifyCq
        | Opcode::QueryVportState
        | Opcode::ModifyVportState
        | Opcode::QueryEswVportContext
        | Opcode::ModifyEswVportContext
        | Opcode::QueryNicVportContext
        | Opcode::QueryHcaVportContext
        | Opcode::QueryVnicEnv
        | Opcode::QueryVportCounter
        | Opcode::AllocQCounter
        | Opcode::QueryQCounter
        | Opcode::AllocPd
        | Opcode::AllocUar
        | Opcode::AccessReg
        | Opcode::Nop
        | Opcode::AllocTransportDomain
        | Opcode::SetL2TableEntry
        | Opcode::CreateTir
        | Opcode::ModifyTir
        | Opcode::CreateSq
        | Opcode::ModifySq
        | Opcode::CreateRq
        | Opcode::ModifyRq
        | Opcode::CreateTis
        | Opcode::CreateRqt
        | Opcode::CreateFlowTable
        | Opcode::CreateFlowGroup
        | Opcode::AllocFlowCounter
        | Opcode::QueryFlowCounter
        | Opcode::AllocPacketReformatContext
        | Opcode::AllocModifyHeaderContext
        | Opcode::CreateGeneralObject
        | Opcode::AllocSf
        | Opcode::QueryVhcaState
        | Opcode::ModifyVhcaState => Answer::Failed,
        Opcode::SetDriverVersion
        | Opcode::QuerySfPartition
        | Opcode::QueryDelegatedVhca
        | Opcode::CreateEswVport
        | Opcode::DestroyEswVport
        | Opcode::Unknown(_) => Answer::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_down_counts_as_done_and_setting_up_fails() {
        assert_eq!(answer(Opcode::ManagePages), Answer::Done);
        assert_eq!(answer(Opcode::DisableHca), Answer::Done);
        assert_eq!(answer(Opcode::QueryEswFunctions), Answer::Done);
        assert_eq!(answer(Opcode::EnableHca), Answer::Failed);
        assert_eq!(answer(Opcode::CreateEswVport), Answer::Unknown);
        assert_eq!(answer(Opcode::from_raw(0xfff)), Answer::Unknown);
    }
}
