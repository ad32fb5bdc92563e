//! What goes over the control socket: requests of a client, answers to them. One JSON object per line each.

use crate::control::answer::{Caught, Commands, FunctionInfo, Snapshot};
use crate::control::drivers::DriverChange;
use crate::control::guest::{GuestAnswer, GuestOrder};
use crate::control::look::{Look, LookRequest};
use crate::counters::ServerCounters;
use emulator::DeviceConfig;
use emulator::order::{FirmwareOrder, Hold};
use prm::link::{TimeAnswer, TimeOrder};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a client sends: `id` and exactly one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(transform = into_each_alternative)]
pub struct Request {
    /// Chosen by the client; the answer carries it.
    pub id: u64,
    /// What to do.
    #[serde(flatten)]
    pub order: Order,
}

/// What a client can ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Firmware does something, as in the `firmware` steps of a scenario.
    Firmware(FirmwareOrder),
    /// The gate holds firmware or lets it go on, as in the `gate` steps of a scenario.
    Gate(GateRequest),
    /// Moves a virtual clock, and asks what has come of it.
    Time(TimeOrder),
    /// The guest does something: `vm` has one.
    Guest(GuestOrder),
    /// Puts another device behind the same sockets.
    Replace(Box<Replacement>),
    /// Everything that a judge compares, and what has happened since the last look.
    Look(LookRequest),
    /// Firmware's book and what is under way.
    Snapshot {},
    /// What the server has counted.
    Counters {},
    /// The device as it is described now.
    Device {},
    /// The functions of the device, with their sockets.
    Functions {},
    /// The commands that have ended since this client asked last.
    Commands {},
    /// From now on send every record as it is made, one object with a field `record` per line, and one with a field
    /// `driver` when a driver is ready or gone.
    Subscribe {},
    /// End the server.
    Shutdown {},
}

/// What the gate can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GateRequest {
    /// Hold the next matching command.
    Hold(Hold),
    /// Let a held command go on, or take back a hold that caught none.
    Release {
        /// The name given to the hold.
        name: String,
    },
    /// Answer when the hold has caught a command. Other requests are answered meanwhile.
    WaitHeld {
        /// The name given to the hold.
        name: String,
        /// Time limit on the device's clock, in milliseconds; then the answer is an error.
        #[serde(default = "ten_seconds")]
        within_ms: u32,
    },
}

const fn ten_seconds() -> u32 {
    10_000
}

/// Another device, as if it had just been powered on. Clients stay, with their memory and their interrupts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// As in a scenario.
    pub device: DeviceConfig,
    /// Seed of what it draws.
    #[serde(default)]
    pub seed: u64,
}

/// What the server sends for a request.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(transform = into_each_alternative)]
pub struct Reply {
    /// That of the request; absent where the request's could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of a request: named as the order, or `error`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Carried out.
    Firmware {},
    /// Carried out; for `wait_held`, what the hold has caught.
    Gate {
        /// The held command.
        #[serde(skip_serializing_if = "Option::is_none")]
        caught: Option<Caught>,
    },
    /// How the device stands, and what it has done to its hosts since the last such answer to anybody.
    Time(Box<TimeAnswer>),
    /// The guest has carried it out.
    Guest(Box<GuestAnswer>),
    /// It is there.
    Replace {},
    /// What is to be seen.
    Look(Box<Look>),
    /// Firmware's book and what is under way.
    Snapshot(Box<Snapshot>),
    /// What the server has counted.
    Counters(ServerCounters),
    /// The description of the device.
    Device(Box<DeviceConfig>),
    /// In the order of the device.
    Functions(Vec<FunctionInfo>),
    /// In the order in which they ended.
    Commands(Commands),
    /// Records follow.
    Subscribe {},
    /// The server ends.
    Shutdown {},
    /// Nothing has happened, for this reason.
    Error(Problem),
}

/// One line on the socket, either way.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "mlx5-cosim control protocol")]
pub enum Line {
    /// From a client.
    Request(Request),
    /// From the server.
    Reply(Reply),
    /// From the server to clients that have subscribed.
    #[schemars(extend("additionalProperties" = true))]
    Record {
        /// What kind of record; its other fields follow it.
        record: String,
    },
    /// From the server to clients that have subscribed, behind the record that tells it.
    Driver {
        /// What has become of a driver.
        driver: DriverChange,
    },
}

/// Moves the fields that stand beside the alternatives into each of them, so that each can refuse what it does not know.
fn into_each_alternative(schema: &mut Schema) {
    let shared = (schema.remove("properties"), schema.remove("required"));
    let (Some(Value::Object(fields)), required) = shared else {
        return;
    };
    let required = required
        .and_then(|names| names.as_array().cloned())
        .unwrap_or_default();
    schema.remove("type");
    let alternatives = schema
        .get_mut("oneOf")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten();
    for alternative in alternatives {
        if let Some(own) = alternative["properties"].as_object_mut() {
            own.extend(fields.clone());
        }
        if let Some(own) = alternative["required"].as_array_mut() {
            own.extend(required.clone());
        }
    }
}

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// The line, counted from 1 over everything that this client has sent.
    pub line: u64,
    /// Where in the line reading ended, in bytes from 1; absent where the line was read and the order failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The field, as `firmware.request_pages.pages`; absent where it is the request as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// As in the kernel's `errno.h`; absent where it was not the guest's kernel that refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errno: Option<i32>,
}
