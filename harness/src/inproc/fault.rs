//! Memory faults that a scenario plans: which request of the driver the host refuses.

/// What the host refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultSite {
    /// Taking a host page.
    Page,
    /// Mapping a host page.
    Mapping,
    /// An allocation at a named place in the driver.
    Allocation(String),
}

/// A planned fault: let `skip` requests pass, then refuse `times`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultPlan {
    /// Which requests are counted.
    pub site: FaultSite,
    /// Requests that pass first.
    pub skip: u32,
    /// Requests refused after that.
    pub times: u32,
}

/// The faults still to come.
#[derive(Clone, Debug, Default)]
pub(super) struct FaultPlans {
    plans: Vec<FaultPlan>,
}

impl FaultPlans {
    pub(super) fn add(&mut self, plan: FaultPlan) {
        self.plans.push(plan);
    }

    /// Counts a request and says whether it is refused.
    pub(super) fn refuses(&mut self, is_about: impl Fn(&FaultSite) -> bool) -> bool {
        let mut refused = false;
        for plan in self.plans.iter_mut().filter(|plan| is_about(&plan.site)) {
            if plan.skip > 0 {
                plan.skip -= 1;
            } else if plan.times > 0 && !refused {
                plan.times -= 1;
                refused = true;
            }
        }
        if refused {
            self.plans.retain(|plan| plan.skip > 0 || plan.times > 0);
        }
        refused
    }

    pub(super) fn is_empty(&self) -> bool {
        self.plans.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_skips_then_refuses_then_is_spent() {
        let mut plans = FaultPlans::default();
        plans.add(FaultPlan { site: FaultSite::Allocation("page_root".to_owned()), skip: 1, times: 2 });
        let mut ask = |name: &str| {
            plans.refuses(|site| matches!(site, FaultSite::Allocation(planned) if planned == name))
        };
        assert_eq!([ask("page_root"), ask("type_map"), ask("page_root")], [false, false, true]);
        assert_eq!([ask("page_root"), ask("page_root")], [true, false]);
        assert!(plans.is_empty());
    }
}
