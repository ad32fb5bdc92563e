//! Which choices stand behind which name.

use super::merged::Merged;
use super::name::RevisionName;
use super::questions::Revision;
use super::reviewed::Reviewed;
use super::robust::Robust;

impl RevisionName {
    /// The choices behind the name.
    #[must_use]
    pub fn choices(self) -> &'static dyn Revision {
        match self {
            Self::Reviewed => &Reviewed,
            Self::Merged => &Merged,
            Self::Robust => &Robust,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_found_by_the_name_it_prints() {
        for name in RevisionName::ALL {
            assert_eq!(name.to_string().parse(), Ok(name));
            assert_eq!(name.choices().name(), name);
        }
        assert!("v2".parse::<RevisionName>().is_err());
    }
}
