//! Error numbers that go into replies.

use std::num::NonZeroU32;

/// A Linux error number that is never 0.
///
/// The specification allows an error reply to carry 0 ("Header": *Error* is optional), but QEMU negates the
/// field and takes 0 for success. So there is no such value here.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(NonZeroU32);

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        impl Errno {
            $($(#[$doc])* pub const $name: Self = Self(NonZeroU32::new($value).unwrap());)*

            /// The symbolic name, where this module has one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0.get() {
                    $($value => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

named! {
    /// Operation not permitted.
    EPERM = 1;
    /// Input/output error; what a failure without a better name is reported as.
    EIO = 5;
    /// Try again: the system cannot give now what is needed.
    EAGAIN = 11;
    /// No such device.
    ENODEV = 19;
    /// Permission denied: the access is not what region, map or descriptor allow.
    EACCES = 13;
    /// Bad address.
    EFAULT = 14;
    /// Device or resource busy: the server already has a client.
    EBUSY = 16;
    /// Already exists: a DMA map overlaps another one.
    EEXIST = 17;
    /// Invalid argument.
    EINVAL = 22;
    /// Too many open files: more memory files than a connection may have.
    EMFILE = 24;
    /// No space left: more DMA maps than were advertised.
    ENOSPC = 28;
    /// Message too long: larger than the advertised limits.
    EMSGSIZE = 90;
    /// Protocol not supported: an unknown major version.
    EPROTONOSUPPORT = 93;
    /// Operation not supported.
    ENOTSUP = 95;
}

impl Errno {
    /// An error number as the system returned it; everything that is not a positive number becomes [`Errno::EIO`].
    #[must_use]
    pub fn from_raw(raw: i32) -> Self {
        u32::try_from(raw)
            .ok()
            .and_then(NonZeroU32::new)
            .map_or(Self::EIO, Self)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl std::fmt::Debug for Errno {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "errno {}", self.0),
        }
    }
}

impl std::fmt::Display for Errno {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Errno {}

impl From<rustix::io::Errno> for Errno {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::from_raw(errno.raw_os_error())
    }
}

impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Self {
        error.raw_os_error().map_or(Self::EIO, Self::from_raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_negative_numbers_never_reach_the_wire() {
        for raw in [0, -1, i32::MIN] {
            assert_eq!(Errno::from_raw(raw), Errno::EIO);
        }
        assert_eq!(Errno::from(std::io::Error::other("no number")), Errno::EIO);
        assert_eq!(Errno::from_raw(22), Errno::EINVAL);
        assert_eq!(
            format!("{} {:?}", Errno::EINVAL, Errno::from_raw(4095)),
            "EINVAL errno 4095"
        );
    }
}
