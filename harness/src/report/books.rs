//! Both books of one moment side by side: each type counter next to what firmware books on functions of that type.

use crate::record::result::Snapshot;
use emulator::config::DeviceKind;
use prm::Function;
use prm::saturated;
use std::collections::BTreeMap;

/// The driver's number and firmware's for one counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The counter.
    pub counter: &'static str,
    /// Its value, read as a signed number; `None` where the backend cannot show it.
    pub driver: Option<i64>,
    /// Pages that firmware books on functions of that type.
    pub firmware: i64,
    /// Those functions, with their pages.
    pub owners: BTreeMap<String, u64>,
}

impl Entry {
    /// The driver's number less firmware's.
    #[must_use]
    pub fn drift(&self) -> i64 {
        self.driver.map_or(0, |driver| driver - self.firmware)
    }
}

/// Counters that have a counterpart in firmware's book, and their names in tables.
pub const COMPARED: [(&str, &str); 8] = [
    ("fw_pages_total", "TOTAL"),
    ("self", "SELF"),
    ("fw_pages_vfs", "VF"),
    ("fw_pages_ec_vfs", "EC_VF"),
    ("fw_pages_sfs", "SF"),
    ("fw_pages_host_pf", "HOST_PF"),
    ("fw_pages_spfs", "SPF"),
    ("none", "NONE"),
];

/// The short name of a counter, or what else a violation is about as it is.
#[must_use]
pub fn short_name(subject: &str) -> &str {
    COMPARED
        .iter()
        .find(|(counter, _)| *counter == subject)
        .map_or(subject, |(_, short)| short)
}

/// Both books, one entry for each counter that has a counterpart.
#[must_use]
pub fn side_by_side(snapshot: &Snapshot, kind: DeviceKind) -> Vec<Entry> {
    COMPARED
        .iter()
        .map(|(counter, _)| {
            let owners: BTreeMap<String, u64> = snapshot
                .ledger
                .iter()
                .filter(|(owner, _)| *counter == "fw_pages_total" || counter_of(owner, kind) == *counter)
                .map(|(owner, pages)| (owner.clone(), *pages))
                .collect();
            let firmware = saturated::<i64>(owners.values().sum::<u64>());
            let driver = snapshot.counters.get(*counter).copied().flatten().map(signed);
            Entry {
                counter,
                driver,
                firmware,
                owners,
            }
        })
        .collect()
}

/// A counter read as the signed number it stands for: the kernel's own WARNs do so.
#[must_use]
pub fn signed(value: u32) -> i64 {
    i64::from(value.cast_signed())
}

/// A counter as a person reads it: a wrapped one is shown as what it is.
#[must_use]
pub fn readable(value: i64) -> String {
    match i32::try_from(value) {
        Ok(negative) if negative < 0 => format!("{} ({negative} as u32)", negative.cast_unsigned()),
        _ => value.to_string(),
    }
}

/// The counter that pages of this owner belong to, on a device of this kind.
pub(super) fn counter_of(owner: &str, kind: DeviceKind) -> &'static str {
    let Ok(function) = owner.parse::<Function>() else {
        return "none";
    };
    match (function, kind) {
        (Function::Pf, DeviceKind::Pf)
        | (Function::Ecpf, DeviceKind::Ecpf)
        | (Function::Vf(1), DeviceKind::Vf) => "self",
        (Function::Vf(_) | Function::HostVf(_) | Function::AdjacentVf(_), _) => "fw_pages_vfs",
        (Function::EcVf(_), _) => "fw_pages_ec_vfs",
        (Function::Sf(_) | Function::HostSf(_), _) => "fw_pages_sfs",
        (Function::HostPf, _) => "fw_pages_host_pf",
        (Function::SatellitePf(_), _) => "fw_pages_spfs",
        (Function::Pf | Function::SecondPf | Function::Ecpf, _) => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_counter_is_shown_as_what_it_is() {
        assert_eq!(readable(signed(4_294_966_784)), "4294966784 (-512 as u32)");
        assert_eq!(readable(512), "512");
    }

    #[test]
    fn firmware_pages_stand_next_to_the_counter_of_their_type() {
        let snapshot = Snapshot {
            counters: [
                ("fw_pages_vfs".to_owned(), Some(0)),
                ("self".to_owned(), Some(240)),
            ]
            .into(),
            ledger: [
                ("ecpf".to_owned(), 240),
                ("host_vf1".to_owned(), 512),
                ("id300".to_owned(), 1),
            ]
            .into(),
            ..Snapshot::default()
        };
        let entries = side_by_side(&snapshot, DeviceKind::Ecpf);
        let entry = |counter: &str| entries.iter().find(|entry| entry.counter == counter).unwrap();
        assert_eq!(entry("fw_pages_vfs").drift(), -512);
        assert_eq!(entry("self").drift(), 0);
        assert_eq!(entry("none").firmware, 1);
        assert_eq!(entry("fw_pages_total").firmware, 753);
    }
}
