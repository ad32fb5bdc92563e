//! Carrying out orders.

use crate::control::answer::{FunctionInfo, Snapshot};
use crate::control::chronicle::Chronicle;
use crate::control::client::{Client, Wait};
use crate::control::guest::{GuestDesk, Ticket};
use crate::control::look::Look;
use crate::control::message::{GateRequest, Order, Outcome, Problem};
use crate::server::DeviceServer;
use emulator::{GateOrder, HoldState, OrderError};
use prm::Cycles;

/// How many `wait_held` one client may have open.
const WAITS: usize = 64;

/// Carries out what needs no more than the device, and lays the others on the desk. None where the answer comes later.
pub(super) fn execute(
    order: Order,
    ticket: Ticket,
    client: &mut Client,
    chronicle: &mut Chronicle,
    desk: &mut GuestDesk,
    device: &mut DeviceServer,
) -> Option<Outcome> {
    let Ticket { id, line, .. } = ticket;
    let failed = |error: OrderError| Outcome::Error(failure(error.to_string(), line));
    Some(match order {
        Order::Firmware(order) => device
            .order(&order)
            .map_or_else(failed, |()| Outcome::Firmware {}),
        Order::Gate(GateRequest::Hold(hold)) => {
            let held = device.gate(&GateOrder::Hold(hold));
            held.map_or_else(failed, |()| Outcome::Gate { caught: None })
        }
        Order::Gate(GateRequest::Release { name }) => {
            let released = device.gate(&GateOrder::Release { name });
            released.map_or_else(failed, |()| Outcome::Gate { caught: None })
        }
        Order::Gate(GateRequest::WaitHeld { name, within_ms }) => {
            let deadline = device.now().saturating_add(Cycles::from_millis(within_ms.into()));
            let wait = Wait {
                id,
                line,
                name,
                within_ms,
                deadline,
            };
            let outcome = outcome_of(&wait, &device.silicon().holds(), device.now());
            if outcome.is_none() && client.waits.len() == WAITS {
                let message = format!("this client waits for {WAITS} holds already");
                return Some(Outcome::Error(failure(message, line)));
            }
            if outcome.is_none() {
                client.waits.push(wait);
            }
            return outcome;
        }
        Order::Time(order) => match device.time(&order) {
            Ok(answer) => Outcome::Time(Box::new(answer)),
            Err(error) => Outcome::Error(failure(error.to_string(), line)),
        },
        Order::Guest(order) => match desk.enter(ticket, order, client.guest_calls) {
            Ok(()) => {
                client.guest_calls += 1;
                return None;
            }
            Err(message) => Outcome::Error(failure(message, line)),
        },
        Order::Replace(other) => {
            // A virtual clock begins anew with the device.
            let end = device.now();
            match device.replace_silicon(other.device, other.seed) {
                Ok(()) => {
                    chronicle.begin_anew(end);
                    Outcome::Replace {}
                }
                Err(error) => Outcome::Error(failure(error.to_string(), line)),
            }
        }
        Order::Look(request) => {
            let portion = chronicle.account.get_or_insert_default().take();
            Outcome::Look(Box::new(Look::at(device, &request, portion)))
        }
        Order::Snapshot {} => Outcome::Snapshot(Box::new(Snapshot::of(device.silicon(), device.now()))),
        Order::Counters {} => Outcome::Counters(device.counters()),
        Order::Device {} => Outcome::Device(Box::new(device.silicon().config().clone())),
        Order::Functions {} => Outcome::Functions(FunctionInfo::all(device, &chronicle.drivers)),
        Order::Commands {} => Outcome::Commands(chronicle.history.since(&mut client.next_command)),
        Order::Subscribe {} => {
            client.is_subscribed = true;
            Outcome::Subscribe {}
        }
        Order::Shutdown {} => Outcome::Shutdown {},
    })
}

/// What has become of a wait; none while it goes on.
pub(super) fn outcome_of(wait: &Wait, holds: &[HoldState], now: Cycles) -> Option<Outcome> {
    let Wait {
        line,
        name,
        within_ms,
        deadline,
        ..
    } = wait;
    let error = |message| Some(Outcome::Error(failure(message, *line)));
    let Some(hold) = holds.iter().find(|hold| hold.name == *name) else {
        return error(format!("there is no hold `{name}`"));
    };
    match hold.caught {
        Some(caught) => Some(Outcome::Gate {
            caught: Some(caught.into()),
        }),
        None if now >= *deadline => error(format!("`{name}` has caught nothing within {within_ms} ms")),
        None => None,
    }
}

/// The line was read, and what it asks for does not work.
pub(super) fn failure(message: String, line: u64) -> Problem {
    Problem {
        message,
        line,
        column: None,
        field: None,
        errno: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use emulator::Caught;
    use emulator::order::HoldPoint;
    use prm::{Function, Opcode};

    #[test]
    fn a_wait_ends_with_the_catch_the_limit_or_the_hold() {
        let (name, deadline) = ("h".to_owned(), Cycles(100));
        let wait = Wait {
            id: 1,
            line: 4,
            name: name.clone(),
            within_ms: 7,
            deadline,
        };
        let (endpoint, slot, since) = (Function::Pf, 3, Cycles(50));
        let opcode = Opcode::ManagePages;
        let caught = Caught {
            n: 9,
            endpoint,
            slot,
            opcode,
            at: HoldPoint::BeforeEvent,
            since,
        };
        let hold = |caught| {
            [HoldState {
                name: name.clone(),
                caught,
            }]
        };
        let error = |message: &str| Some(Outcome::Error(failure(message.to_owned(), 4)));
        assert_eq!(outcome_of(&wait, &hold(None), Cycles(99)), None);
        assert_eq!(
            outcome_of(&wait, &hold(None), deadline),
            error("`h` has caught nothing within 7 ms")
        );
        assert_eq!(outcome_of(&wait, &[], Cycles(0)), error("there is no hold `h`"));
        let outcome = outcome_of(&wait, &hold(Some(caught)), deadline);
        let Some(Outcome::Gate { caught: Some(caught) }) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(
            (caught.n, caught.name.as_str(), caught.since_ns),
            (9, "MANAGE_PAGES", 50)
        );
    }
}
