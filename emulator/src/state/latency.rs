//! How long firmware works on a command.
//!
//! One cycle is 1 ns. The figures are orders of magnitude: what a device model was observed to need when the Linux driver
//! ran against it, rounded. Only their order matters to a driver; a command always takes some time, and a page costs
//! more than nothing.
//!
//! | command | base | per page of its list |
//! |---|---|---|
//! | MANAGE_PAGES(take) | 900 us (observed: 5794 of them in 5.2 s, one after another) | 1 us |
//! | MANAGE_PAGES(give) | 60 us | 2 us (observed: 44 ms for 20000 pages) |
//! | MANAGE_PAGES(cannot give) | 40 us | |
//! | QUERY_HCA_CAP, SET_HCA_CAP | 200 us | |
//! | CREATE_EQ | 100 us | 1 us |
//! | INIT_HCA, TEARDOWN_HCA | 100 us | |
//! | ACCESS_REG | 120 us | |
//! | QUERY_ESW_FUNCTIONS, DESTROY_EQ, flow tables and groups | 60 us | |
//! | vport contexts | 40 us | |
//! | everything else | 50 us | |

use prm::{Cycles, Opcode, PagesOp};

/// Time from the doorbell to the execution of a command whose list has `pages` entries.
pub(crate) fn of(opcode: Opcode, op_mod: u16, pages: u64) -> Cycles {
    let (base, per_page) = match opcode {
        Opcode::ManagePages => match PagesOp::from_raw(op_mod) {
            PagesOp::Take => (900, 1),
            PagesOp::Give => (60, 2),
            PagesOp::CannotGive | PagesOp::Unknown(_) => (40, 0),
        },
        Opcode::QueryHcaCap | Opcode::SetHcaCap => (200, 0),
        Opcode::CreateEq => (100, 1),
        Opcode::InitHca | Opcode::TeardownHca => (100, 0),
        Opcode::AccessReg => (120, 0),
        Opcode::QueryEswFunctions
        | Opcode::DestroyEq
        | Opcode::CreateFlowTable
        | Opcode::DestroyFlowTable
        | Opcode::CreateFlowGroup
        | Opcode::DestroyFlowGroup => (60, 0),
        Opcode::QueryNicVportContext
        | Opcode::ModifyNicVportContext
        | Opcode::QueryVportState
        | Opcode::ModifyVportState => (40, 0),
        _ => (50, 0),
    };
    Cycles::from_micros(pages.saturating_mul(per_page).saturating_add(base))
}
