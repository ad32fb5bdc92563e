//! Which build of the Linux driver a scenario runs on.

use super::abilities::with_helper;
use crate::scenario::{ScenarioFile, Step};
use crate::stage::abilities::{Abilities, needs_subfunctions};
use guest::kit::{Kit, KitOptions};

/// What a build of the driver can be without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Configuration {
    /// As distributions build it: with the embedded switch, without scalable functions.
    Distribution,
    /// With scalable functions (CONFIG_MLX5_SF).
    Subfunctions,
    /// Without the embedded switch (CONFIG_MLX5_ESWITCH).
    WithoutEswitch,
}

impl Configuration {
    /// What a scenario needs.
    #[must_use]
    pub fn needed_by(scenario: &ScenarioFile) -> Self {
        let steps: Vec<Step> = scenario.in_file_order().collect();
        let mut actions = steps.iter().filter_map(Step::action);
        if !scenario.host.eswitch_support {
            Self::WithoutEswitch
        } else if actions.any(needs_subfunctions) {
            Self::Subfunctions
        } else {
            Self::Distribution
        }
    }

    /// That of what the options name.
    #[must_use]
    pub const fn of(options: &KitOptions) -> Self {
        if options.subfunctions {
            Self::Subfunctions
        } else if options.without_eswitch {
            Self::WithoutEswitch
        } else {
            Self::Distribution
        }
    }

    /// What a driver of this build can do; `full` says that what waits long on a wall clock is run, too.
    #[must_use]
    pub const fn abilities(self, full: bool) -> Abilities {
        let (subfunctions, eswitch) = match self {
            Self::Distribution => (false, true),
            Self::Subfunctions => (true, true),
            Self::WithoutEswitch => (false, false),
        };
        super::abilities::abilities(subfunctions, eswitch, full)
    }
}

/// The kit for a scenario: what the options name, or, if they name no driver, the build that the scenario needs, where it is there.
#[must_use]
pub fn kit_for(
    scenario: &ScenarioFile,
    options: &KitOptions,
    has: impl FnOnce(&KitOptions) -> bool,
) -> KitOptions {
    let names_a_driver = options.modules.is_some() || options.subfunctions || options.without_eswitch;
    let needed = Configuration::needed_by(scenario);
    let fitting = KitOptions {
        subfunctions: needed == Configuration::Subfunctions,
        without_eswitch: needed == Configuration::WithoutEswitch,
        ..options.clone()
    };
    if names_a_driver || needed == Configuration::Distribution || !has(&fitting) {
        options.clone()
    } else {
        fitting
    }
}

/// What the driver of the kit that `options` name can do: with the helper module, where the kit has one for its kernel.
#[must_use]
pub fn abilities_of(kit: &Kit, options: &KitOptions, full: bool) -> Abilities {
    let abilities = Configuration::of(options).abilities(full);
    match kit.helper() {
        Some(_) => with_helper(abilities),
        None => abilities,
    }
}

/// Whether a kit is there.
#[must_use]
pub fn is_there(options: &KitOptions) -> bool {
    Kit::locate(options).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read_scenario;
    use std::path::Path;

    fn scenario(file: &str) -> ScenarioFile {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
        read_scenario(&root.join(file)).expect("a scenario")
    }

    #[test]
    fn a_scenario_runs_on_the_build_that_it_needs_if_there_is_one_and_nobody_names_another() {
        let sf = scenario("lifecycle/lifecycle-all-types-switchdev.json");
        let no_eswitch = scenario("page-waits/no-eswitch-support.json");
        let plain = scenario("lifecycle/vf-alone.json");
        let default = KitOptions::default();
        let of = |scenario, has: bool| Configuration::of(&kit_for(scenario, &default, |_| has));
        assert_eq!(of(&sf, true), Configuration::Subfunctions);
        assert_eq!(of(&sf, false), Configuration::Distribution);
        assert_eq!(of(&no_eswitch, true), Configuration::WithoutEswitch);
        assert_eq!(of(&plain, true), Configuration::Distribution);
        let own = KitOptions {
            modules: Some("/mine".into()),
            ..KitOptions::default()
        };
        assert_eq!(kit_for(&sf, &own, |_| true), own);
    }
}
