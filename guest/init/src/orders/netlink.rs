//! One question to a family of generic netlink, and the kernel's answer.

use super::refusal::{refuse, refused, refused_io};
use guest_protocol::Refusal;
use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, ErrorMessage, NLM_F_ACK, NLM_F_REQUEST, NetlinkBuffer, NetlinkMessage,
    NetlinkPayload, NlasIterator, Parseable, ParseableParametrized, parse_string,
};
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd, nlas::GenlCtrlAttrs};
use netlink_packet_generic::{GenlFamily, GenlHeader, GenlMessage};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_GENERIC};
use rustix::io::Errno;
use std::fmt::Debug;

/// In front of a refusal's own attributes stands the header of the message that was refused.
const HEADER: usize = 16;

/// The attribute of a refusal that holds the kernel's words.
const REFUSAL_MESSAGE: u16 = 1;

/// A socket of generic netlink.
pub struct Connection {
    socket: Socket,
    sequence: u32,
}

impl Connection {
    /// Opens a socket that answers refusals in words.
    pub fn open() -> Result<Self, Refusal> {
        let mut socket = Socket::new(NETLINK_GENERIC).map_err(refused_io("open netlink".to_owned()))?;
        socket
            .bind_auto()
            .map_err(refused_io("bind netlink".to_owned()))?;
        socket
            .connect(&SocketAddr::new(0, 0))
            .map_err(refused_io("connect netlink".to_owned()))?;
        socket
            .set_ext_ack(true)
            .map_err(refused_io("ask netlink for words".to_owned()))?;
        // Without this a refusal repeats the whole message before its words.
        socket
            .set_cap_ack(true)
            .map_err(refused_io("ask netlink for short refusals".to_owned()))?;
        Ok(Self { socket, sequence: 0 })
    }

    /// The number of a family.
    pub fn family(&mut self, name: &str) -> Result<u16, Refusal> {
        let question = GenlCtrl {
            cmd: GenlCtrlCmd::GetFamily,
            nlas: vec![GenlCtrlAttrs::FamilyName(name.to_owned())],
        };
        let answers = self.ask(GenlMessage::from_payload(question), &format!("family {name}"))?;
        let attributes = answers.into_iter().flat_map(|answer| answer.payload.nlas);
        attributes
            .filter_map(|attribute| match attribute {
                GenlCtrlAttrs::FamilyId(id) => Some(id),
                _ => None,
            })
            .next()
            .ok_or_else(|| refuse(Errno::PROTO, format!("family {name}: no number in the answer")))
    }

    /// Sends a message and gathers the answers up to the kernel's acknowledgement, which comes when all is done.
    pub fn ask<F>(&mut self, question: GenlMessage<F>, what: &str) -> Result<Vec<GenlMessage<F>>, Refusal>
    where
        F: GenlFamily + Emitable + ParseableParametrized<[u8], GenlHeader> + Clone + Debug,
    {
        self.sequence += 1;
        let mut message = NetlinkMessage::from(question);
        message.header.flags = NLM_F_REQUEST | NLM_F_ACK;
        message.header.sequence_number = self.sequence;
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        self.socket
            .send(&bytes, 0)
            .map_err(refused_io(format!("{what}: send")))?;

        let mut answers = Vec::new();
        loop {
            let (bytes, _) = self
                .socket
                .recv_from_full()
                .map_err(refused_io(format!("{what}: receive")))?;
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let unreadable = |error: DecodeError| refuse(Errno::PROTO, format!("{what}: {error}"));
                let length = NetlinkBuffer::new_checked(rest).map_err(unreadable)?.length() as usize;
                let message = NetlinkMessage::<GenlMessage<F>>::deserialize(rest).map_err(unreadable)?;
                // Messages in one datagram are aligned to four bytes.
                rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
                if message.header.sequence_number != self.sequence {
                    continue;
                }
                match message.payload {
                    NetlinkPayload::InnerMessage(answer) => answers.push(answer),
                    NetlinkPayload::Error(end) => return end_of(&end, what).map(|()| answers),
                    _ => {}
                }
            }
        }
    }
}

fn end_of(end: &ErrorMessage, what: &str) -> Result<(), Refusal> {
    let Some(code) = end.code else { return Ok(()) };
    let errno = Errno::from_raw_os_error(code.get().saturating_abs());
    let said = kernels_words(end.header.get(HEADER..).unwrap_or_default());
    let call = said.map_or_else(|| what.to_owned(), |said| format!("{what}: {said}"));
    Err(refused(call)(errno))
}

fn kernels_words(attributes: &[u8]) -> Option<String> {
    let message = NlasIterator::new(attributes)
        .flatten()
        .find(|attribute| attribute.kind() == REFUSAL_MESSAGE)?;
    parse_string(message.value()).ok()
}

/// Reads attributes one after the other.
pub fn parse_attributes(bytes: &[u8]) -> Result<Vec<DefaultNla>, DecodeError> {
    NlasIterator::new(bytes)
        .map(|attribute| DefaultNla::parse(&attribute?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroI32;

    /// A refusal as the kernel sends it: the code, the header of what was refused, attributes.
    fn refusal(code: i32, attributes: &[DefaultNla]) -> ErrorMessage {
        let mut end = ErrorMessage::default();
        end.code = NonZeroI32::new(code);
        end.header = vec![0; HEADER + attributes.buffer_len()];
        attributes.emit(&mut end.header[HEADER..]);
        end
    }

    #[test]
    fn no_code_is_no_refusal() {
        assert_eq!(end_of(&refusal(0, &[]), "x"), Ok(()));
    }

    #[test]
    fn a_refusal_has_the_kernels_words() {
        let offset = DefaultNla::new(2, vec![1, 0, 0, 0]);
        let message = DefaultNla::new(1, b"Can't change mode while devlink traps are in use\0".to_vec());
        let refused = end_of(&refusal(-95, &[offset, message]), "eswitch").expect_err("refused");
        assert_eq!(refused.errno, 95);
        assert!(
            refused
                .what
                .starts_with("eswitch: Can't change mode while devlink traps are in use: "),
            "{refused}"
        );
    }

    #[test]
    fn a_refusal_may_have_no_words() {
        let refused = end_of(&refusal(-19, &[]), "reload").expect_err("refused");
        assert_eq!(refused.errno, 19);
        assert!(refused.what.starts_with("reload: "), "{refused}");
    }

    #[test]
    fn the_control_family_is_known_to_every_kernel() {
        // Where tests run without netlink there is nothing to ask.
        let Ok(mut connection) = Connection::open() else {
            return;
        };
        assert_eq!(connection.family("nlctrl"), Ok(16));
        assert_eq!(
            connection.family("no-such-one").map_err(|refusal| refusal.errno),
            Err(2)
        );
    }
}
