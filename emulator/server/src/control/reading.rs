//! From a line to a request, or to what is wrong with it and where.

use crate::control::message::{Order, Problem, Request};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use std::fmt;

/// The names of the orders.
const ORDERS: [&str; 13] = [
    "firmware",
    "gate",
    "time",
    "guest",
    "replace",
    "look",
    "snapshot",
    "counters",
    "device",
    "functions",
    "commands",
    "subscribe",
    "shutdown",
];

/// Reads a request from line number `line`; with a problem comes the request's id, where there is one.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read_request(bytes: &[u8], line: u64) -> Result<Request, (Option<u64>, Problem)> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let request = serde_path_to_error::deserialize(&mut json);
    let problem = match request {
        Ok(request) => match json.end() {
            Ok(()) => return Ok(request),
            Err(error) => problem(&error, None, line),
        },
        Err(error) => {
            let field = error.path().to_string();
            let field = (!field.is_empty() && !matches!(field.as_str(), "." | "?")).then_some(field);
            problem(error.inner(), field, line)
        }
    };
    Err((id_of(bytes), problem))
}

fn problem(error: &serde_json::Error, field: Option<String>, line: u64) -> Problem {
    // The place is told by fields of its own.
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = error.to_string();
    Problem {
        message: text.strip_suffix(&place).unwrap_or(&text).to_owned(),
        line,
        column: Some(error.column().max(1)),
        field,
        errno: None,
    }
}

/// The id of something that is JSON, and no request.
fn id_of(bytes: &[u8]) -> Option<u64> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    value.get("id")?.as_u64()
}

/// An order without parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

// By hand, since a flattened field would lose the place of an error.
impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RequestVisitor)
    }
}

struct RequestVisitor;

impl<'de> Visitor<'de> for RequestVisitor {
    type Value = Request;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `id` and one order")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Request, A::Error> {
        let (mut id, mut order) = (None, None);
        while let Some(name) = members.next_key::<String>()? {
            if name == "id" {
                if id.replace(members.next_value()?).is_some() {
                    return Err(Error::duplicate_field("id"));
                }
            } else if !ORDERS.contains(&name.as_str()) {
                let known = ORDERS.map(|order| format!("`{order}`")).join(", ");
                return Err(Error::custom(format!(
                    "unknown order `{name}`, expected one of {known}"
                )));
            } else if order.is_some() {
                return Err(Error::custom(format!(
                    "`{name}` is a second order; a request has one"
                )));
            } else {
                order = Some(order_of(&name, &mut members)?);
            }
        }
        let id = id.ok_or_else(|| Error::missing_field("id"))?;
        let order = order.ok_or_else(|| Error::custom("the request has no order"))?;
        Ok(Request { id, order })
    }
}

fn order_of<'de, A: MapAccess<'de>>(name: &str, members: &mut A) -> Result<Order, A::Error> {
    match name {
        "firmware" => return members.next_value().map(Order::Firmware),
        "gate" => return members.next_value().map(Order::Gate),
        "time" => return members.next_value().map(Order::Time),
        "guest" => return members.next_value().map(Order::Guest),
        "replace" => return members.next_value().map(Order::Replace),
        "look" => return members.next_value().map(Order::Look),
        _ => {}
    }
    let Nothing {} = members.next_value()?;
    Ok(match name {
        "snapshot" => Order::Snapshot {},
        "counters" => Order::Counters {},
        "device" => Order::Device {},
        "functions" => Order::Functions {},
        "commands" => Order::Commands {},
        "subscribe" => Order::Subscribe {},
        _ => Order::Shutdown {},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::guest::GuestOrder;
    use crate::control::message::{GateRequest, Replacement};
    use emulator::order::FirmwareOrder;
    use prm::Cycles;
    use prm::link::TimeOrder;

    #[track_caller]
    fn refused(line: &str, id: Option<u64>, message: &str, column: usize, field: Option<&str>) {
        let (found, problem) = read_request(line.as_bytes(), 3).unwrap_err();
        let Problem {
            message: text,
            line,
            column: at,
            field: name,
            errno: None,
        } = problem
        else {
            panic!("no kernel has refused it");
        };
        assert!(text.contains(message), "{text}");
        assert_eq!(
            (found, line, at, name.as_deref()),
            (id, 3, Some(column), field),
            "{text}"
        );
    }

    #[test]
    fn every_order_is_read_as_it_is_written() {
        let hold = serde_json::json!({ "name": "h", "command": { "command": "MANAGE_PAGES" } });
        let device = serde_json::json!({ "kind": "vf", "vhca_id": 9, "page_mode": "func_id" });
        let orders = [
            Order::Firmware(FirmwareOrder::Reset {}),
            Order::Gate(GateRequest::Hold(serde_json::from_value(hold).unwrap())),
            Order::Gate(GateRequest::WaitHeld {
                name: "h".into(),
                within_ms: 5,
            }),
            Order::Time(TimeOrder::look()),
            Order::Time(TimeOrder::advance_to(Cycles(5))),
            Order::Replace(Box::new(Replacement {
                device: serde_json::from_value(device).unwrap(),
                seed: u64::MAX,
            })),
            Order::Look(crate::control::look::LookRequest::default()),
            Order::Guest(GuestOrder::Counters {}),
            Order::Guest(GuestOrder::Insmod {
                name: "mlx5_core".into(),
                parameters: "debug_mask=1".into(),
            }),
            Order::Guest(GuestOrder::Dmesg {}),
            Order::Snapshot {},
            Order::Counters {},
            Order::Device {},
            Order::Functions {},
            Order::Commands {},
            Order::Subscribe {},
            Order::Shutdown {},
        ];
        for order in orders {
            let request = Request { id: 7, order };
            let line = serde_json::to_string(&request).unwrap();
            assert_eq!(read_request(line.as_bytes(), 1), Ok(request), "{line}");
        }
        let scenario = br#"{"gate": {"wait_held": {"name": "h"}}, "id": 0}"#;
        let order = Order::Gate(GateRequest::WaitHeld {
            name: "h".into(),
            within_ms: 10_000,
        });
        assert_eq!(read_request(scenario, 1), Ok(Request { id: 0, order }));
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        refused("nonsense", None, "expected ident", 2, None);
        refused("[1]", None, "expected an object with `id` and one order", 1, None);
        refused(r#"{"id": 1}"#, Some(1), "no order", 9, None);
        refused(r#"{"snapshot": {}}"#, None, "missing field `id`", 16, None);
        refused(
            r#"{"id": 1, "snapsot": {}}"#,
            Some(1),
            "unknown order `snapsot`",
            19,
            None,
        );
        refused(
            r#"{"id": 1, "snapshot": {}, "device": {}}"#,
            Some(1),
            "second order",
            34,
            None,
        );
        refused(
            r#"{"id": 1, "snapshot": {}} x"#,
            None,
            "trailing characters",
            27,
            None,
        );
        let negative = r#"{"id": 9, "firmware": {"functions_changed": {"host_vfs": -1}}}"#;
        let field = Some("firmware.functions_changed.host_vfs");
        refused(
            negative,
            Some(9),
            "invalid value: integer `-1`, expected u16",
            59,
            field,
        );
        let unknown = r#"{"id": 9, "firmware": {"request_pages": {"pagse": 1}}}"#;
        refused(
            unknown,
            Some(9),
            "unknown field `pagse`",
            48,
            Some("firmware.request_pages.pagse"),
        );
    }
}
