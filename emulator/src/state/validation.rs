//! Which device descriptions make sense.

use crate::config::{DeviceConfig, DeviceKind, ScalableFunctions, VirtualFunctions};
use crate::state::roster::Roster;
use prm::Function;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// A device description that no silicon can follow.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// Two functions have one vhca_id and neither was given it by hand.
    #[error("{first} and {second} both have vhca_id {vhca_id}; only `vhca_ids` may say so on purpose")]
    DuplicateVhcaId {
        /// The one that has it first.
        first: Function,
        /// The other.
        second: Function,
        /// The id.
        vhca_id: u16,
    },
    /// Two functions have one identity in func_id mode, or one vport.
    #[error("{first} and {second} both have {what} {number}")]
    DuplicateNumber {
        /// The one that has it first.
        first: Function,
        /// The other.
        second: Function,
        /// Which kind of number.
        what: &'static str,
        /// The number.
        number: u16,
    },
    /// The field does not go with the kind of device.
    #[error("`{field}` does not go with this kind of device")]
    WrongKind {
        /// Name of the field.
        field: &'static str,
    },
    /// A number is out of its range.
    #[error("`{field}`: {why}")]
    OutOfRange {
        /// Name of the field.
        field: &'static str,
        /// What is wrong.
        why: &'static str,
    },
}

/// Checks that counts are in range and that nobody shares a number without being told to.
pub(crate) fn check(config: &DeviceConfig) -> Result<(), ConfigError> {
    kinds(config)?;
    counts(config)?;
    numbers(config)
}

fn kinds(config: &DeviceConfig) -> Result<(), ConfigError> {
    let pf = config.kind == DeviceKind::Pf;
    let ecpf = config.kind == DeviceKind::Ecpf;
    let rules = [
        ("vfs", config.vfs.total > 0, pf),
        ("ec_vfs", config.ec_vfs.total > 0, ecpf),
        ("external_host", config.external_host != Default::default(), ecpf),
        ("second_pf", config.second_pf.is_some(), pf || ecpf),
        ("satellite_pfs", !config.satellite_pfs.is_empty(), ecpf),
        ("sfs", config.sfs.max > 0, pf || ecpf),
        ("adjacent_vfs", !config.adjacent_vfs.is_empty(), pf || ecpf),
        ("eswitch.manager", config.eswitch.manager, pf || ecpf),
        ("eswitch.ecpf_vhca_id", config.eswitch.ecpf_vhca_id.is_some(), pf),
    ];
    match rules.into_iter().find(|&(_, present, fits)| present && !fits) {
        Some((field, ..)) => Err(ConfigError::WrongKind { field }),
        None => Ok(()),
    }
}

fn counts(config: &DeviceConfig) -> Result<(), ConfigError> {
    let ranges = [
        ("vfs", &config.vfs),
        ("ec_vfs", &config.ec_vfs),
        ("external_host.vfs", &config.external_host.vfs),
    ];
    for (field, vfs) in ranges {
        virtual_functions(field, vfs)?;
    }
    let wrong = |field, why| Err(ConfigError::OutOfRange { field, why });
    if config.external_host.enabled_vfs > config.external_host.vfs.total {
        return wrong("external_host.enabled_vfs", "more than `vfs.total`");
    }
    let scalable = [
        (config.sfs, ["sfs.base_id", "sfs.max", "sfs.first_vhca_id"]),
        (
            config.external_host.sfs,
            [
                "external_host.sfs.base_id",
                "external_host.sfs.max",
                "external_host.sfs.first_vhca_id",
            ],
        ),
    ];
    for (sfs, fields) in scalable {
        scalable_functions(config, sfs, fields)?;
    }
    if config.satellite_pfs.len() > 30 {
        return wrong("satellite_pfs", "QUERY_ESW_FUNCTIONS lists at most 30 of them");
    }
    if config.adjacent_vfs.len() > 1024 {
        return wrong("adjacent_vfs", "at most 1024");
    }
    Ok(())
}

fn scalable_functions(
    config: &DeviceConfig,
    sfs: ScalableFunctions,
    [base_id, max, first_vhca_id]: [&'static str; 3],
) -> Result<(), ConfigError> {
    let wrong = |field, why| Err(ConfigError::OutOfRange { field, why });
    if sfs.max == 0 {
        return Ok(());
    }
    let most_vfs = config
        .vfs
        .total
        .max(config.external_host.vfs.total)
        .max(config.ec_vfs.total);
    if sfs.base_id <= most_vfs {
        return wrong(base_id, "must lie above the function ids of the VFs");
    }
    if sfs.base_id.checked_add(sfs.max).is_none_or(|end| end > 0xfff0) {
        return wrong(max, "function ids would pass 0xfff0");
    }
    if sfs.first_vhca_id.checked_add(sfs.max).is_none() {
        return wrong(first_vhca_id, "vhca_ids would pass 0xffff");
    }
    Ok(())
}

fn virtual_functions(field: &'static str, vfs: &VirtualFunctions) -> Result<(), ConfigError> {
    let wrong = |why| Err(ConfigError::OutOfRange { field, why });
    if vfs.total > 4096 {
        return wrong("at most 4096");
    }
    if vfs.first_vhca_id.checked_add(vfs.total).is_none() {
        return wrong("vhca_ids would pass 0xffff");
    }
    if vfs
        .vhca_ids
        .keys()
        .any(|&number| number == 0 || number > vfs.total)
    {
        return wrong("`vhca_ids` names a function that does not exist");
    }
    Ok(())
}

fn numbers(config: &DeviceConfig) -> Result<(), ConfigError> {
    let roster = Roster::new(config, &BTreeMap::new(), &BTreeSet::new());
    let (mut vhca_ids, mut identities, mut vports) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for entry in roster.entries() {
        let (second, vhca_id) = (entry.function, entry.vhca_id);
        let earlier = vhca_ids.insert(vhca_id, entry);
        if let Some(first) = earlier.filter(|first| !first.overridden && !entry.overridden) {
            return Err(ConfigError::DuplicateVhcaId {
                first: first.function,
                second,
                vhca_id,
            });
        }
        if let Some(identity) = entry.identity
            && let Some(first) = identities.insert(identity, second)
        {
            let (what, number) = ("function id", identity.id);
            return Err(ConfigError::DuplicateNumber {
                first,
                second,
                what,
                number,
            });
        }
        if let Some(number) = entry.vport
            && let Some(first) = vports.insert(number, second)
        {
            return Err(ConfigError::DuplicateNumber {
                first,
                second,
                what: "vport",
                number,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ecpf_config, pf_config};

    #[test]
    fn the_described_devices_are_accepted() {
        assert_eq!(check(&pf_config()), Ok(()));
        assert_eq!(check(&ecpf_config()), Ok(()));
    }

    #[test]
    fn a_shared_vhca_id_must_be_asked_for() {
        let mut config = pf_config();
        config.vfs = VirtualFunctions {
            total: 2,
            first_vhca_id: 5,
            vhca_ids: BTreeMap::new(),
        };
        let (first, second) = (Function::Pf, Function::Vf(1));
        assert_eq!(
            check(&config),
            Err(ConfigError::DuplicateVhcaId {
                first,
                second,
                vhca_id: 5
            })
        );
        config.vfs.first_vhca_id = 16;
        config.vfs.vhca_ids = BTreeMap::from([(2, 16)]);
        assert_eq!(check(&config), Ok(()));
    }

    #[test]
    fn functions_must_fit_the_kind_of_device() {
        let mut config = pf_config();
        config.ec_vfs.total = 1;
        assert_eq!(check(&config), Err(ConfigError::WrongKind { field: "ec_vfs" }));
        let mut config = pf_config();
        config.vfs.vhca_ids.insert(9, 9);
        assert!(matches!(
            check(&config),
            Err(ConfigError::OutOfRange { field: "vfs", .. })
        ));
        let mut config = pf_config();
        config.sfs.max = 4;
        assert!(matches!(
            check(&config),
            Err(ConfigError::OutOfRange {
                field: "sfs.base_id",
                ..
            })
        ));
    }
}
