//! What firmware waits for: the commands that it has not completed, and the requests for pages that nobody has answered.
//!
//! A host that looks for closed chains of waits needs both, whatever lies between it and the device.

use crate::function::Function;
use crate::opcode::Opcode;
use serde::{Deserialize, Serialize};

/// What a device waits for at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceWaits {
    /// Commands that have not completed, in the order of their numbers.
    pub commands: Vec<OutstandingWait>,
    /// Requests for pages that have not been answered in full.
    pub requests: Vec<RequestWait>,
}

/// A command that has not completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutstandingWait {
    /// Its number: commands are counted over all functions, in the order of their doorbells.
    pub n: u64,
    /// The function whose command it is.
    pub endpoint: Function,
    /// Its place in the command queue.
    pub slot: u8,
    /// What it is to do.
    pub opcode: Opcode,
    /// The owners, in words, whose pages it cannot go on without.
    pub needs: Vec<String>,
}

/// A request for pages that has not been answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RequestWait {
    /// Whose driver is to answer it.
    pub supplier: Function,
    /// Whom the pages are for, in words.
    pub owner: String,
    /// How many 4 KiB pages are missing; negative: how many firmware wants to give back.
    pub pages: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_read_back_as_they_were_told() {
        let command = |opcode| OutstandingWait {
            n: 7,
            endpoint: Function::Vf(1),
            slot: 3,
            opcode,
            needs: vec!["vf1".to_owned(), "id300".to_owned()],
        };
        let waits = DeviceWaits {
            commands: vec![command(Opcode::ManagePages), command(Opcode::Unknown(0xffe))],
            requests: vec![RequestWait {
                supplier: Function::Pf,
                owner: "id3.ec".to_owned(),
                pages: -4,
            }],
        };
        let told = serde_json::to_string(&waits).unwrap();
        assert!(told.contains(r#""opcode":"MANAGE_PAGES""#) && told.contains(r#""opcode":"UNKNOWN(0xffe)""#));
        assert_eq!(serde_json::from_str::<DeviceWaits>(&told).unwrap(), waits);
    }
}
