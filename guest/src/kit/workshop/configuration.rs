//! Which parts of the driver are compiled: the distribution's own configuration, with some switches the other way.

use std::collections::BTreeMap;
use std::fmt;

/// Switches that are about the driver begin so.
const PREFIX: &str = "CONFIG_MLX5_";

/// The driver itself: always a module here, whatever a tree says.
const DRIVER: &str = "CONFIG_MLX5_CORE";

/// What makes the driver know sub-functions.
const SUBFUNCTIONS: [&str; 2] = ["CONFIG_MLX5_SF", "CONFIG_MLX5_SF_MANAGER"];

/// The embedded switch, and what depends on it by the driver's Kconfig.
const ESWITCH: [&str; 8] = [
    "CONFIG_MLX5_BRIDGE",
    "CONFIG_MLX5_CLS_ACT",
    "CONFIG_MLX5_ESWITCH",
    "CONFIG_MLX5_HW_STEERING",
    "CONFIG_MLX5_SF_MANAGER",
    "CONFIG_MLX5_SW_STEERING",
    "CONFIG_MLX5_TC_CT",
    "CONFIG_MLX5_TC_SAMPLE",
];

/// What a switch of a kernel's configuration says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Switch {
    /// Not set.
    Off,
    /// `m`.
    Module,
    /// `y`.
    On,
}

/// Switches that differ from the distribution's.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Configuration {
    switches: BTreeMap<String, Switch>,
}

impl Configuration {
    /// With sub-functions, which no distribution has.
    #[must_use]
    pub fn with_subfunctions() -> Self {
        Self::of(SUBFUNCTIONS.map(|name| (name, Switch::On)))
    }

    /// Without the embedded switch.
    #[must_use]
    pub fn without_eswitch() -> Self {
        Self::of(ESWITCH.map(|name| (name, Switch::Off)))
    }

    fn of<const N: usize>(switches: [(&str, Switch); N]) -> Self {
        Self {
            switches: switches.map(|(name, switch)| (name.to_owned(), switch)).into(),
        }
    }

    /// What the configuration of a tree, the text of its `.config`, says about the driver and that of the distribution
    /// does not. `None` if the tree builds no such driver.
    #[must_use]
    pub fn of_tree(config: &str, distribution: &str) -> Option<Self> {
        let (wanted, usual) = (switches_in(config), switches_in(distribution));
        wanted.get(DRIVER)?;
        let names = wanted.keys().chain(usual.keys()).filter(|name| *name != DRIVER);
        let value = |switches: &BTreeMap<String, Switch>, name: &String| {
            switches.get(name).copied().unwrap_or(Switch::Off)
        };
        let differing = names.filter(|name| value(&wanted, name) != value(&usual, name));
        Some(Self {
            switches: differing
                .map(|name| (name.clone(), value(&wanted, name)))
                .collect(),
        })
    }

    /// Whether it is the distribution's own.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        self.switches.is_empty()
    }

    /// What make is told.
    pub(super) fn make_variables(&self) -> impl Iterator<Item = String> {
        self.switches.iter().map(|(name, switch)| {
            let value = match switch {
                Switch::Off => "",
                Switch::Module => "m",
                Switch::On => "y",
            };
            format!("{name}={value}")
        })
    }

    /// Names of the switches as a kernel's build remembers who depends on them: without `CONFIG_`.
    pub(super) fn symbols(&self) -> impl Iterator<Item = &str> {
        self.switches
            .keys()
            .map(|name| name.strip_prefix("CONFIG_").unwrap_or(name))
    }

    /// The header that says to the compiler what is on, `autoconf`, with these switches instead of its own.
    pub(super) fn header(&self, autoconf: &str) -> String {
        let is_ours = |line: &str| {
            let name = line
                .strip_prefix("#define ")
                .and_then(|rest| rest.split(' ').next());
            name.is_some_and(|name| {
                let name = name.strip_suffix("_MODULE").unwrap_or(name);
                self.switches.contains_key(name)
            })
        };
        let mut text: String = autoconf
            .lines()
            .filter(|line| !is_ours(line))
            .map(|line| format!("{line}\n"))
            .collect();
        for (name, switch) in &self.switches {
            match switch {
                Switch::Off => {}
                Switch::Module => text.push_str(&format!("#define {name}_MODULE 1\n")),
                Switch::On => text.push_str(&format!("#define {name} 1\n")),
            }
        }
        text
    }
}

/// `CONFIG_MLX5_SF=y CONFIG_MLX5_SF_MANAGER=y`, and nothing for the distribution's own.
impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self
            .switches
            .iter()
            .map(|(name, switch)| {
                let value = match switch {
                    Switch::Off => 'n',
                    Switch::Module => 'm',
                    Switch::On => 'y',
                };
                format!("{name}={value}")
            })
            .collect();
        f.write_str(&words.join(" "))
    }
}

/// The switches about the driver that a configuration sets.
fn switches_in(config: &str) -> BTreeMap<String, Switch> {
    let lines = config.lines().filter_map(|line| {
        let (name, value) = line.trim().split_once('=')?;
        let switch = match value {
            "y" => Switch::On,
            "m" => Switch::Module,
            _ => return None,
        };
        name.starts_with(PREFIX).then(|| (name.to_owned(), switch))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: &str = "CONFIG_PCI=y\nCONFIG_MLX5_CORE=m\nCONFIG_MLX5_ESWITCH=y\nCONFIG_MLX5_FPGA=y\n";

    #[test]
    fn a_tree_says_what_it_has_otherwise() {
        let tree =
            "CONFIG_MLX5_CORE=y\n# CONFIG_MLX5_ESWITCH is not set\nCONFIG_MLX5_FPGA=y\nCONFIG_MLX5_SF=y\n";
        let found = Configuration::of_tree(tree, USUAL).unwrap();
        assert_eq!(found.to_string(), "CONFIG_MLX5_ESWITCH=n CONFIG_MLX5_SF=y");
        assert!(Configuration::of_tree(USUAL, USUAL).unwrap().is_usual());
        assert_eq!(Configuration::of_tree("CONFIG_PCI=y\n", USUAL), None);
    }

    #[test]
    fn the_compiler_hears_of_it() {
        let autoconf =
            "#define CONFIG_PCI 1\n#define CONFIG_MLX5_ESWITCH 1\n#define CONFIG_MLX5_CORE_MODULE 1\n";
        assert_eq!(Configuration::default().header(autoconf), autoconf);
        let without = Configuration::without_eswitch().header(autoconf);
        assert_eq!(
            without,
            "#define CONFIG_PCI 1\n#define CONFIG_MLX5_CORE_MODULE 1\n"
        );
        let with = Configuration::with_subfunctions().header(autoconf);
        assert!(with.ends_with("#define CONFIG_MLX5_SF 1\n#define CONFIG_MLX5_SF_MANAGER 1\n"));
        let told: Vec<String> = Configuration::with_subfunctions().make_variables().collect();
        assert_eq!(told, ["CONFIG_MLX5_SF=y", "CONFIG_MLX5_SF_MANAGER=y"]);
    }
}
