//! Run-time demand for pages that follows from what is created.
//!
//! With the profile `modelled`, a command that creates something needs pages, and stays outstanding until it has them. The
//! figures are a model, not measurements: they make a run move pages at the places where a device moves them.
//!
//! | command | pages | for |
//! |---|---|---|
//! | ENABLE_HCA of another function | 16 | that function |
//! | ALLOC_SF | 8 | the SF |
//! | CREATE_EQ, with a queue that takes page requests | 1 per 32 buffer pages, at least 1 | the function itself |
//! | CREATE_FLOW_TABLE | 2 | the function itself |
//! | CREATE_FLOW_GROUP | 1 | the function itself |
//!
//! What a function holds is given back when it is disabled, by the knob `on_disable`; what the function itself holds
//! is taken back at unload. There is no demand while no event queue takes page requests, and none of functions that are
//! not under test: their own drivers' commands cost nothing.

use crate::config::{DemandProfile, DeviceConfig};
use crate::order::PageRequest;
use crate::state::command::Command;
use crate::state::roster::function_under_test;
use prm::Opcode;

const ENABLED_FUNCTION: i32 = 16;
const SUBFUNCTION: i32 = 8;
const BUFFER_PAGES_PER_PAGE: u64 = 32;
const FLOW_TABLE: i32 = 2;
const FLOW_GROUP: i32 = 1;

/// What a command needs, if anything.
pub(crate) fn of(config: &DeviceConfig, command: &Command) -> Option<PageRequest> {
    let own = function_under_test(config.kind);
    if config.demand.profile != DemandProfile::Modelled || command.endpoint != own {
        return None;
    }
    let pages = match command.opcode {
        Opcode::EnableHca if command.subject.other => ENABLED_FUNCTION,
        Opcode::AllocSf => SUBFUNCTION,
        Opcode::CreateEq => {
            let pages = (command.listed_pages() / BUFFER_PAGES_PER_PAGE).clamp(1, 1024);
            i32::try_from(pages).unwrap_or(1)
        }
        Opcode::CreateFlowTable => FLOW_TABLE,
        Opcode::CreateFlowGroup => FLOW_GROUP,
        _ => return None,
    };
    // A command that names nobody fails without needing anything.
    let function = command.subject.function?;
    Some(PageRequest {
        function: Some(function),
        identity: None,
        pages,
        release_all: false,
    })
}
