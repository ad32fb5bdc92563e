//! What is said at the port of a session: one errand, its streams byte for byte, and how it ended.
//!
//! Both sides send frames: a byte for the kind, the length of what follows in four bytes, little-endian, and so many bytes. The
//! guest begins with [`FromSession::Hello`] and waits for [`ToSession::Errand`].

use crate::Errand;
use std::io::{self, ErrorKind, Read, Write};

/// The name of the virtio port.
pub const SESSION_PORT: &str = "mlx5cosim.session";

/// The word on the kernel command line that makes the guest ask for an errand at the port.
pub const SESSION_WORD: &str = "mlx5cosim.session";

/// The form of what is said, in [`FromSession::Hello`].
pub const SESSION_VERSION: u8 = 1;

/// The most bytes of a frame behind its head.
pub const LONGEST_FRAME: usize = 1 << 20;

/// Bytes of a stream that go into a frame, at most.
pub const PORTION: usize = 1 << 15;

/// One of the two streams that a program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Errors,
}

/// What the host sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToSession {
    /// What is to be done; once, at the beginning.
    Errand(Errand),
    /// Some of standard input, once for each [`FromSession::Want`].
    Input(Vec<u8>),
    /// There is no more of it.
    InputEnd,
    /// Nobody reads this stream any more.
    Deaf(Stream),
}

/// What the guest sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromSession {
    /// It listens, and speaks in this form.
    Hello(u8),
    /// The program has room for more input: so the guest always has room for what the host says, and no more is read of the user's
    /// input than the program takes.
    Want,
    /// What the program has written.
    Written(Stream, Vec<u8>),
    /// Something that the user should know, and that the program has not said.
    Note(String),
    /// The errand cannot be done, for this reason; the guest ends.
    Refused(String),
    /// The program has ended with this exit code; 128 and the signal's number where one has ended it.
    End(u8),
}

/// Kinds of frames. Each is of one side only.
mod kind {
    pub const ERRAND: u8 = b'e';
    pub const INPUT: u8 = b'i';
    pub const INPUT_END: u8 = b'.';
    pub const DEAF_OUTPUT: u8 = b'1';
    pub const DEAF_ERRORS: u8 = b'2';

    pub const HELLO: u8 = b'h';
    pub const WANT: u8 = b'w';
    pub const OUTPUT: u8 = b'o';
    pub const ERRORS: u8 = b'r';
    pub const NOTE: u8 = b'n';
    pub const REFUSED: u8 = b'f';
    pub const END: u8 = b'x';
}

impl ToSession {
    /// Writes it.
    ///
    /// # Errors
    /// What `to` says; or it is too long.
    pub fn send(&self, to: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Errand(errand) => frame(to, kind::ERRAND, &serde_json::to_vec(errand)?),
            Self::Input(bytes) => frame(to, kind::INPUT, bytes),
            Self::InputEnd => frame(to, kind::INPUT_END, &[]),
            Self::Deaf(Stream::Output) => frame(to, kind::DEAF_OUTPUT, &[]),
            Self::Deaf(Stream::Errors) => frame(to, kind::DEAF_ERRORS, &[]),
        }
    }

    /// Reads the next one; none where there is no more.
    ///
    /// # Errors
    /// What `from` says; or it is none of these.
    pub fn receive(from: &mut impl Read) -> io::Result<Option<Self>> {
        let Some((kind, bytes)) = next_frame(from)? else {
            return Ok(None);
        };
        Ok(Some(match kind {
            kind::ERRAND => Self::Errand(serde_json::from_slice(&bytes)?),
            kind::INPUT => Self::Input(bytes),
            kind::INPUT_END => Self::InputEnd,
            kind::DEAF_OUTPUT => Self::Deaf(Stream::Output),
            kind::DEAF_ERRORS => Self::Deaf(Stream::Errors),
            other => return Err(unknown(other)),
        }))
    }
}

impl FromSession {
    /// Writes it.
    ///
    /// # Errors
    /// What `to` says; or it is too long.
    pub fn send(&self, to: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Hello(version) => frame(to, kind::HELLO, &[*version]),
            Self::Want => frame(to, kind::WANT, &[]),
            Self::Written(Stream::Output, bytes) => frame(to, kind::OUTPUT, bytes),
            Self::Written(Stream::Errors, bytes) => frame(to, kind::ERRORS, bytes),
            Self::Note(text) => frame(to, kind::NOTE, text.as_bytes()),
            Self::Refused(text) => frame(to, kind::REFUSED, text.as_bytes()),
            Self::End(code) => frame(to, kind::END, &[*code]),
        }
    }

    /// Reads the next one; none where there is no more.
    ///
    /// # Errors
    /// What `from` says; or it is none of these.
    pub fn receive(from: &mut impl Read) -> io::Result<Option<Self>> {
        let Some((kind, bytes)) = next_frame(from)? else {
            return Ok(None);
        };
        Ok(Some(match kind {
            kind::HELLO => Self::Hello(single(&bytes)?),
            kind::WANT => Self::Want,
            kind::OUTPUT => Self::Written(Stream::Output, bytes),
            kind::ERRORS => Self::Written(Stream::Errors, bytes),
            kind::NOTE => Self::Note(String::from_utf8_lossy(&bytes).into_owned()),
            kind::REFUSED => Self::Refused(String::from_utf8_lossy(&bytes).into_owned()),
            kind::END => Self::End(single(&bytes)?),
            other => return Err(unknown(other)),
        }))
    }
}

/// One call for the whole frame: several threads may write to the same port.
fn frame(to: &mut impl Write, kind: u8, bytes: &[u8]) -> io::Result<()> {
    if bytes.len() > LONGEST_FRAME {
        return Err(io::Error::new(ErrorKind::InvalidInput, "too long for a frame"));
    }
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    let mut whole = Vec::with_capacity(bytes.len() + 5);
    whole.push(kind);
    whole.extend(length.to_le_bytes());
    whole.extend(bytes);
    to.write_all(&whole)?;
    to.flush()
}

fn next_frame(from: &mut impl Read) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut kind = [0];
    loop {
        match from.read(&mut kind) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST_FRAME {
        return Err(io::Error::new(ErrorKind::InvalidData, "a frame without an end"));
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(Some((kind[0], bytes)))
}

fn single(bytes: &[u8]) -> io::Result<u8> {
    match bytes {
        [byte] => Ok(*byte),
        _ => Err(io::Error::new(
            ErrorKind::InvalidData,
            "a frame of another length",
        )),
    }
}

fn unknown(kind: u8) -> io::Error {
    io::Error::new(
        ErrorKind::InvalidData,
        format!("a frame of unknown kind {kind:#04x}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Access, Program, Root, Share};

    fn errand() -> Errand {
        Errand {
            program: Program::Words(vec!["ls".to_owned(), "a b".to_owned()]),
            folder: Some("/work".to_owned()),
            root: Root::Shared {
                tag: "root".to_owned(),
            },
            shares: vec![Share {
                tag: "share0".to_owned(),
                place: "/mnt".to_owned(),
                access: Access::Read,
            }],
        }
    }

    #[test]
    fn what_is_sent_is_received() {
        let all = [
            ToSession::Errand(errand()),
            ToSession::Input(vec![0, 255, b'\n', b'\r']),
            ToSession::InputEnd,
            ToSession::Deaf(Stream::Output),
            ToSession::Deaf(Stream::Errors),
        ];
        let mut bytes = Vec::new();
        for one in &all {
            one.send(&mut bytes).unwrap();
        }
        let mut from = bytes.as_slice();
        for one in all {
            assert_eq!(ToSession::receive(&mut from).unwrap(), Some(one));
        }
        assert_eq!(ToSession::receive(&mut from).unwrap(), None);
    }

    #[test]
    fn what_the_guest_sends_is_received() {
        let all = [
            FromSession::Hello(SESSION_VERSION),
            FromSession::Want,
            FromSession::Written(Stream::Output, vec![0, 1, 2]),
            FromSession::Written(Stream::Errors, Vec::new()),
            FromSession::Note("no such module".to_owned()),
            FromSession::Refused("no such file system".to_owned()),
            FromSession::End(137),
        ];
        let mut bytes = Vec::new();
        for one in &all {
            one.send(&mut bytes).unwrap();
        }
        let mut from = bytes.as_slice();
        for one in all {
            assert_eq!(FromSession::receive(&mut from).unwrap(), Some(one));
        }
        assert_eq!(FromSession::receive(&mut from).unwrap(), None);
    }

    #[test]
    fn what_is_no_frame_is_an_error() {
        let kind = |bytes: &[u8]| {
            let mut from = bytes;
            FromSession::receive(&mut from).unwrap_err().kind()
        };
        assert_eq!(kind(b"?\0\0\0\0"), ErrorKind::InvalidData);
        assert_eq!(kind(b"x\0\0\0\0"), ErrorKind::InvalidData);
        assert_eq!(kind(b"o\xff\xff\xff\xff"), ErrorKind::InvalidData);
        assert_eq!(kind(b"o\x02\0\0\0a"), ErrorKind::UnexpectedEof);
        let long = FromSession::Written(Stream::Output, vec![0; LONGEST_FRAME + 1]);
        assert_eq!(
            long.send(&mut Vec::new()).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
    }
}
