//! What a guest's kernel and driver show at a moment, and what they hide.

use super::orders::LOOK_LIMIT;
use super::{DRIVER, Guest, GuestError};
use crate::stage::linux::probes::{self, Places};
use crate::stage::linux::tasks::{self, Prospect};
use driver::Errno;
use guest_protocol::{Answer, Look, Order};
use prm::Cycles;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// How long a load may take that means nothing.
const LESSON_LIMIT: Cycles = Cycles::from_millis(60_000);

/// The counters by type, which with the driver's own and those of nobody make the total.
const TYPES: [&str; 5] = [
    "fw_pages_vfs",
    "fw_pages_ec_vfs",
    "fw_pages_sfs",
    "fw_pages_host_pf",
    "fw_pages_spfs",
];

/// What a look has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The counters of the function under test by name. Where its driver shows none any more, those that it had at its end.
    pub counters: BTreeMap<String, u32>,
    /// What becomes of the kernel's tasks if only time passes.
    pub(in crate::stage::linux) prospect: Prospect,
}

impl Guest {
    /// Looks at the driver of the function under test.
    ///
    /// # Errors
    /// See [`GuestError`].
    pub fn look_at_driver(&mut self) -> Result<Looked, GuestError> {
        let device = self.address_under_test();
        let look = self.raw_look(&device)?;
        let prospects = look.tasks.iter().map(tasks::prospect);
        let prospect = prospects.max().unwrap_or(Prospect::Waits);
        tracing::trace!(actor = "kernel", tasks = ?look.tasks, ?prospect);
        let are_shown = look.counters.is_some();
        let mut counters = look.counters.unwrap_or_default();
        self.seen.note(&look.trace, &mut counters);
        if !are_shown && let Some(last) = self.seen.last_of(&device) {
            counters.clone_from(last);
        }
        add_none(&mut counters);
        Ok(Looked { counters, prospect })
    }

    fn raw_look(&mut self, device: &str) -> Result<Look, GuestError> {
        let order = Order::Look {
            device: device.to_owned(),
        };
        match self.call(order, LOOK_LIMIT)? {
            Ok(Answer::Look(look)) => Ok(look),
            Ok(_) => Ok(Look::default()),
            // A folder that goes away while it is read is not there.
            Err(refusal) if [Errno::ENOENT.0, Errno::ENODEV.0].contains(&-refusal.errno) => {
                Ok(Look::default())
            }
            Err(refusal) => Err(GuestError::Refused {
                what: "a look at the driver".to_owned(),
                refusal,
            }),
        }
    }

    /// Learns where the driver keeps its counters, by a load that means nothing, unless it has been learnt of the same build, and
    /// lets what is hidden be seen from then on. A driver that keeps them otherwise is seen less of.
    ///
    /// # Errors
    /// See [`GuestError`].
    pub(super) fn learn_places(&mut self, learnt: &OnceLock<Places>) -> Result<(), GuestError> {
        if let Some(places) = learnt.get() {
            return self.trace(places.events());
        }
        self.trace(Places::lessons())?;
        let device = self.address_under_test();
        let bind = Order::Bind {
            driver: DRIVER.to_owned(),
            device: device.clone(),
        };
        if self.call(bind, LESSON_LIMIT)?.is_ok() {
            let look = self.raw_look(&device)?;
            let counters = look.counters.unwrap_or_default();
            if let Some(places) = Places::learn(&look.trace, &device, &counters) {
                // Another worker may have learnt the same meanwhile.
                let _ = learnt.set(places);
            }
            self.must(Order::Unbind { device }, LESSON_LIMIT)?;
        }
        let Some(places) = learnt.get() else {
            tracing::warn!(
                actor = "host",
                "this driver's `self` and its last counters are not seen"
            );
            return self.trace(probes::waits());
        };
        self.trace(places.events())
    }

    /// Replaces the kernel's probes.
    pub(super) fn trace(&mut self, events: Vec<String>) -> Result<(), GuestError> {
        self.traced.clone_from(&events);
        match self.call(Order::Trace { events }, LOOK_LIMIT)? {
            Ok(Answer::Names(refused)) => {
                for event in refused {
                    tracing::warn!(actor = "host", event, "the kernel does not take this probe");
                }
            }
            Ok(_) => {}
            Err(refusal) => tracing::warn!(actor = "host", %refusal, "the kernel does not trace"),
        }
        Ok(())
    }
}

/// Adds what nobody is counted for: what is left of the total.
fn add_none(counters: &mut BTreeMap<String, u32>) {
    let of = |name: &str| counters.get(name).copied();
    let (Some(total), Some(own), Some(_)) = (of("fw_pages_total"), of("self"), of(TYPES[0])) else {
        return;
    };
    let typed = TYPES.iter().filter_map(|name| of(name));
    let none = typed.fold(total.wrapping_sub(own), u32::wrapping_sub);
    counters.insert("none".to_owned(), none);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_is_counted_for_is_the_rest_below_zero_too() {
        let of = |total, own, vfs| {
            let pairs = [("fw_pages_total", total), ("self", own), ("fw_pages_vfs", vfs)];
            let mut counters: BTreeMap<String, u32> =
                pairs.map(|(name, value)| (name.to_owned(), value)).into();
            add_none(&mut counters);
            counters.get("none").copied()
        };
        assert_eq!(of(752, 240, 0), Some(512));
        assert_eq!(of(240, 240, 100), Some(100_u32.wrapping_neg()));
        let mut unknown = BTreeMap::from([("fw_pages_total".to_owned(), 3)]);
        add_none(&mut unknown);
        assert_eq!(unknown.len(), 1);
    }
}
