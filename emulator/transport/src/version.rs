//! The negotiation that a connection begins with ("Version").

use crate::errno::Errno;
use crate::protocol::{MAJOR, MAX_DMA_MAPS, MAX_MESSAGE_FDS, MAX_TRANSFER, MINOR, PAGE_SIZE, Version};
use serde::Deserialize;
use zerocopy::{FromBytes, IntoBytes};

/// What was agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Body of the reply: version, JSON text, NUL.
    pub reply: Vec<u8>,
    /// The most data bytes in a message to the client.
    pub max_transfer: u64,
}

/// What the client says of itself. Capabilities that are not used here are not looked at.
#[derive(Debug, Default, Deserialize)]
struct Proposal {
    #[serde(default)]
    capabilities: Capabilities,
}

#[derive(Debug, Default, Deserialize)]
struct Capabilities {
    max_data_xfer_size: Option<u64>,
}

/// Longest text of a proposal in bytes: reading it must not take long. QEMU's has 300.
const LONGEST_TEXT: usize = 64 << 10;

/// Answers the body of a `VFIO_USER_VERSION` command.
///
/// # Errors
/// `EINVAL` for text that is no JSON object of the expected kind, `EMSGSIZE` for text that is longer than any should be, `EPROTONOSUPPORT` for another major version.
pub fn negotiate(body: &[u8]) -> Result<Agreement, Errno> {
    let (proposed, text) = Version::read_from_prefix(body).map_err(|_| Errno::EINVAL)?;
    if proposed.major.get() != MAJOR {
        return Err(Errno::EPROTONOSUPPORT);
    }
    // "variable (including terminating NUL character). Optional."
    let text = text.strip_suffix(&[0]).unwrap_or(text);
    if text.len() > LONGEST_TEXT {
        return Err(Errno::EMSGSIZE);
    }
    let proposal = if text.is_empty() {
        Proposal::default()
    } else {
        serde_json::from_slice(text).map_err(|_| Errno::EINVAL)?
    };
    // QEMU proposes 0.0 and refuses 0.1: the minor version must not be above the proposed one.
    let version = Version {
        major: MAJOR.into(),
        minor: proposed.minor.get().min(MINOR).into(),
    };
    // `write_multiple`, `twin_socket` and `migration` are not spoken here, so they are not claimed.
    let capabilities = serde_json::json!({ "capabilities": {
        "max_msg_fds": MAX_MESSAGE_FDS,
        "max_data_xfer_size": MAX_TRANSFER,
        "max_dma_maps": MAX_DMA_MAPS,
        "pgsizes": PAGE_SIZE,
    }});
    let reply = [version.as_bytes(), capabilities.to_string().as_bytes(), &[0]].concat();
    let max_transfer = proposal
        .capabilities
        .max_data_xfer_size
        .unwrap_or(MAX_TRANSFER as u64);
    Ok(Agreement { reply, max_transfer })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(minor: u16, text: &str) -> Vec<u8> {
        [&[0, 0][..], &minor.to_le_bytes(), text.as_bytes(), &[0]].concat()
    }

    #[test]
    fn the_minor_version_is_never_above_the_proposed_one() {
        for (proposed, answered) in [(0, 0), (1, 1), (7, 1)] {
            let agreement = negotiate(&proposal(proposed, "{}")).unwrap();
            assert_eq!(agreement.reply[..4], [0, 0, answered, 0]);
        }
    }

    #[test]
    fn the_capabilities_are_what_this_transport_does() {
        let agreement = negotiate(&proposal(
            0,
            r#"{"capabilities":{"max_data_xfer_size":4096,"x":[]}}"#,
        ))
        .unwrap();
        assert_eq!(agreement.max_transfer, 4096);
        let text = agreement.reply[4..].strip_suffix(&[0]).unwrap();
        let value: serde_json::Value = serde_json::from_slice(text).unwrap();
        let expected = serde_json::json!({"max_msg_fds": 16, "max_data_xfer_size": 1_048_576,
            "max_dma_maps": 65_535, "pgsizes": 4096});
        assert_eq!(value["capabilities"], expected);
    }

    #[test]
    fn what_is_no_proposal_is_refused() {
        assert_eq!(negotiate(&[0, 0, 0]), Err(Errno::EINVAL));
        assert_eq!(negotiate(&[1, 0, 0, 0]), Err(Errno::EPROTONOSUPPORT));
        for text in [
            "{",
            "3",
            "{}\0{}",
            "{\"capabilities\":3}",
            "{\"capabilities\":{\"max_data_xfer_size\":-1}}",
        ] {
            assert_eq!(negotiate(&proposal(0, text)), Err(Errno::EINVAL), "{text}");
        }
        let long = |length| negotiate(&proposal(0, &"[".repeat(length)));
        assert_eq!(long(LONGEST_TEXT), Err(Errno::EINVAL));
        assert_eq!(long(1_000_000), Err(Errno::EMSGSIZE));
        assert!(negotiate(&[0, 0, 0, 0]).is_ok(), "the text is optional");
    }
}
