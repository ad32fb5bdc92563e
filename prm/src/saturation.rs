//! Numbers in a narrower type.

/// An integer type, with its largest number.
pub trait Largest {
    /// The largest number.
    const LARGEST: Self;
}

macro_rules! largest {
    ($($type:ty),*) => {
        $(impl Largest for $type {
            const LARGEST: Self = Self::MAX;
        })*
    };
}

largest!(u8, u16, u32, u64, usize, i32, i64);

/// A number that is not negative in a narrower type: as it is, or the largest one where it does not fit.
///
/// Counts, lengths and times are bounded far below that by what they count: the device has 16 bits of functions, the
/// memory of a machine has fewer pages than 32 bits number. Where one is not, the largest number is as wrong as any other
/// and is at least seen, as a number that wrapped around is not; and it cannot panic.
#[must_use]
pub fn saturated<N: Largest>(wide: impl TryInto<N>) -> N {
    wide.try_into().unwrap_or(N::LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_kept_and_what_does_not_is_the_largest() {
        assert_eq!(saturated::<u8>(255_u32), 255);
        assert_eq!(saturated::<u8>(256_u32), u8::MAX);
        assert_eq!(saturated::<i64>(u64::MAX), i64::MAX);
        assert_eq!(saturated::<usize>(7_u64), 7);
    }
}
