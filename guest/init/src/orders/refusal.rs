//! How an order is refused, and the names that are refused at once.

use guest_protocol::Refusal;
use rustix::io::Errno;
use std::io;

/// A refusal by the kernel, or in its words.
pub(super) fn refuse(errno: Errno, what: impl Into<String>) -> Refusal {
    Refusal {
        errno: errno.raw_os_error(),
        what: what.into(),
    }
}

/// A refusal by the kernel, with the call that was refused.
pub(super) fn refused(call: String) -> impl FnOnce(Errno) -> Refusal {
    move |errno| refuse(errno, format!("{call}: {}", words(errno)))
}

/// The same for a call of the standard library.
pub(super) fn refused_io(call: String) -> impl FnOnce(io::Error) -> Refusal {
    move |error| {
        let errno = error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error);
        refused(call)(errno)
    }
}

/// `Device or resource busy`, without the number, which a refusal has anyway.
fn words(errno: Errno) -> String {
    let text = errno.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// A name that is put into a path must be one component of it.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
        return Err(refuse(Errno::INVAL, format!("{name:?} is not a name")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_the_number_once() {
        let refusal = refused("insert mlx5_core".to_owned())(Errno::EXIST);
        assert_eq!(refusal.to_string(), "insert mlx5_core: File exists (errno 17)");
        assert_eq!(refused_io("read x".to_owned())(io::Error::other("odd")).errno, 5);
    }

    #[test]
    fn names_stay_in_their_folder() {
        for name in ["", ".", "..", "a/b", "/", "a\0"] {
            assert_eq!(
                check_name(name).map_err(|refusal| refusal.errno),
                Err(22),
                "{name:?}"
            );
        }
        assert_eq!(check_name("0000:00:04.0"), Ok(()));
    }
}
