//! The drivers of a machine, in the order in which it ends them.

use crate::handle::Driver;
use prm::function::Function;

/// The drivers of functions below this one, in the order in which a machine ends them: the youngest first, scalable functions
/// before VFs.
pub(super) fn below(driver: &Driver, which: impl Fn(Function) -> bool) -> Vec<Driver> {
    let functions = driver.runtime().see(|| {
        let children = driver.children().borrow();
        let mut functions: Vec<Function> = children.keys().copied().filter(|&child| which(child)).collect();
        functions.sort_by_key(|&child| (!is_scalable(child), std::cmp::Reverse(child)));
        functions
    });
    let children = driver.children().borrow();
    functions
        .iter()
        .filter_map(|function| children.get(function).cloned())
        .collect()
}

/// Whether it is on the auxiliary bus, and not on PCI.
pub(super) const fn is_scalable(function: Function) -> bool {
    matches!(function, Function::Sf(_))
}
