//! Operations of devlink. The numbers are those of the kernel's user interface (`linux/devlink.h`).

use super::netlink::{Connection, parse_attributes};
use super::refusal::{check_name, refuse};
use guest_protocol::{Answer, Devlink, EswitchMode, Refusal};
use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, NLA_F_NESTED, Nla, ParseableParametrized, parse_u32,
};
use netlink_packet_generic::{GenlFamily, GenlHeader, GenlMessage};
use rustix::io::Errno;

mod command {
    pub const PORT_SET: u8 = 6;
    pub const PORT_NEW: u8 = 7;
    pub const PORT_DELETE: u8 = 8;
    pub const ESWITCH_SET: u8 = 30;
    pub const RELOAD: u8 = 37;
    pub const INFO_GET: u8 = 51;
}

mod attribute {
    pub const BUS_NAME: u16 = 1;
    pub const DEVICE_NAME: u16 = 2;
    pub const PORT_INDEX: u16 = 3;
    pub const ESWITCH_MODE: u16 = 25;
    pub const PORT_FLAVOUR: u16 = 77;
    pub const PORT_PCI_PF_NUMBER: u16 = 127;
    pub const VERSION_FIXED: u16 = 100;
    pub const VERSION_RUNNING: u16 = 101;
    pub const VERSION_STORED: u16 = 102;
    /// Inside a version.
    pub const VERSION_NAME: u16 = 103;
    /// Inside a version.
    pub const VERSION_VALUE: u16 = 104;
    pub const PORT_FUNCTION: u16 = 145;
    pub const PORT_CONTROLLER_NUMBER: u16 = 150;
    pub const RELOAD_ACTION: u16 = 153;
    pub const PORT_PCI_SF_NUMBER: u16 = 164;
    /// Inside [`PORT_FUNCTION`].
    pub const FUNCTION_STATE: u16 = 2;
}

/// Value of [`attribute::RELOAD_ACTION`].
const ACTION_FW_ACTIVATE: u8 = 2;

const FLAVOUR_PCI_SF: u16 = 7;

/// One message of the family.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    command: u8,
    attributes: Vec<DefaultNla>,
}

impl GenlFamily for Message {
    fn family_name() -> &'static str {
        "devlink"
    }

    fn command(&self) -> u8 {
        self.command
    }

    fn version(&self) -> u8 {
        1
    }
}

impl Emitable for Message {
    fn buffer_len(&self) -> usize {
        self.attributes.as_slice().buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        self.attributes.as_slice().emit(buffer);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for Message {
    fn parse_with_param(bytes: &[u8], header: GenlHeader) -> Result<Self, DecodeError> {
        Ok(Self {
            command: header.cmd,
            attributes: parse_attributes(bytes)?,
        })
    }
}

/// Carries out an operation.
pub fn carry_out(operation: &Devlink) -> Result<Answer, Refusal> {
    let (message, what) = message(operation)?;
    let mut connection = Connection::open()?;
    let family = connection.family(Message::family_name())?;
    let header = GenlHeader {
        cmd: message.command,
        version: message.version(),
    };
    let answers = connection.ask(GenlMessage::new(header, message, family), &what)?;
    match operation {
        Devlink::AddSf { .. } => {}
        Devlink::Info { .. } => {
            let messages = answers.iter().map(|answer| &answer.payload);
            return Ok(Answer::Names(messages.flat_map(versions).collect()));
        }
        _ => return Ok(Answer::Done),
    }
    let port = answers.iter().find_map(|answer| port_index(&answer.payload));
    port.map(Answer::Port)
        .ok_or_else(|| refuse(Errno::PROTO, format!("{what}: the answer names no port")))
}

/// The message for an operation, and the operation in words.
fn message(operation: &Devlink) -> Result<(Message, String), Refusal> {
    let (device, command, more, what) = match operation {
        Devlink::Info { device } => (device, command::INFO_GET, Vec::new(), "info".to_owned()),
        Devlink::Reload { device } => (device, command::RELOAD, Vec::new(), "reload".to_owned()),
        Devlink::ActivateFirmware { device } => {
            let action = DefaultNla::new(attribute::RELOAD_ACTION, vec![ACTION_FW_ACTIVATE]);
            let what = "reload action fw_activate".to_owned();
            (device, command::RELOAD, vec![action], what)
        }
        Devlink::EswitchMode { device, mode } => {
            let (number, name) = match mode {
                EswitchMode::Legacy => (0, "legacy"),
                EswitchMode::Switchdev => (1, "switchdev"),
            };
            let more = vec![u16_attribute(attribute::ESWITCH_MODE, number)];
            (device, command::ESWITCH_SET, more, format!("eswitch mode {name}"))
        }
        Devlink::AddSf {
            device,
            controller,
            pf_number,
            sf_number,
        } => {
            let mut more = vec![
                u16_attribute(attribute::PORT_FLAVOUR, FLAVOUR_PCI_SF),
                u16_attribute(attribute::PORT_PCI_PF_NUMBER, *pf_number),
                u32_attribute(attribute::PORT_PCI_SF_NUMBER, *sf_number),
            ];
            if *controller != 0 {
                more.push(u32_attribute(attribute::PORT_CONTROLLER_NUMBER, *controller));
            }
            (
                device,
                command::PORT_NEW,
                more,
                format!("add SF {sf_number} of PF {pf_number}"),
            )
        }
        Devlink::SetPortState { device, port, active } => {
            let state = DefaultNla::new(attribute::FUNCTION_STATE, vec![u8::from(*active)]);
            let more = vec![
                u32_attribute(attribute::PORT_INDEX, *port),
                DefaultNla::new(attribute::PORT_FUNCTION | NLA_F_NESTED, bytes(&[state])),
            ];
            let state = if *active { "active" } else { "inactive" };
            (device, command::PORT_SET, more, format!("port {port} {state}"))
        }
        Devlink::DeletePort { device, port } => {
            let more = vec![u32_attribute(attribute::PORT_INDEX, *port)];
            (device, command::PORT_DELETE, more, format!("delete port {port}"))
        }
    };
    check_name(device)?;
    let mut attributes = vec![
        text_attribute(attribute::BUS_NAME, "pci"),
        text_attribute(attribute::DEVICE_NAME, device),
    ];
    attributes.extend(more);
    Ok((
        Message { command, attributes },
        format!("devlink {device}: {what}"),
    ))
}

fn port_index(message: &Message) -> Option<u32> {
    parse_u32(&value_of(&message.attributes, attribute::PORT_INDEX)?).ok()
}

/// The versions that an answer tells, each with its kind, its name and its value.
fn versions(message: &Message) -> Vec<String> {
    let line = |version: &DefaultNla| {
        // Whether a kernel marks what is nested depends on the attribute.
        let kind = match version.kind() & !NLA_F_NESTED {
            attribute::VERSION_FIXED => "fixed",
            attribute::VERSION_RUNNING => "running",
            attribute::VERSION_STORED => "stored",
            _ => return None,
        };
        let inside = parse_attributes(&value(version)).ok()?;
        let text = |kind| Some(text(&value_of(&inside, kind)?));
        let (name, value) = (text(attribute::VERSION_NAME)?, text(attribute::VERSION_VALUE)?);
        Some(format!("{kind} {name} {value}"))
    };
    message.attributes.iter().filter_map(line).collect()
}

/// The value of the first attribute of this kind.
fn value_of(attributes: &[DefaultNla], kind: u16) -> Option<Vec<u8>> {
    let found = attributes.iter().find(|attribute| attribute.kind() == kind)?;
    Some(value(found))
}

fn value(attribute: &DefaultNla) -> Vec<u8> {
    let mut value = vec![0; attribute.value_len()];
    attribute.emit_value(&mut value);
    value
}

/// Text without the zero at its end.
fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).trim_end_matches('\0').to_owned()
}

fn u16_attribute(kind: u16, value: u16) -> DefaultNla {
    DefaultNla::new(kind, value.to_ne_bytes().to_vec())
}

fn u32_attribute(kind: u16, value: u32) -> DefaultNla {
    DefaultNla::new(kind, value.to_ne_bytes().to_vec())
}

fn text_attribute(kind: u16, text: &str) -> DefaultNla {
    let mut value = text.as_bytes().to_vec();
    value.push(0);
    DefaultNla::new(kind, value)
}

fn bytes(attributes: &[DefaultNla]) -> Vec<u8> {
    let mut bytes = vec![0; attributes.buffer_len()];
    attributes.emit(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: &str = "0000:00:04.0";

    fn wire(operation: &Devlink) -> (u8, Vec<u8>) {
        let (message, _) = message(operation).expect("a message");
        let mut bytes = vec![0; message.buffer_len()];
        message.emit(&mut bytes);
        (message.command, bytes)
    }

    /// `pci` and the device, as every message begins.
    fn begin() -> Vec<u8> {
        let mut bytes = b"\x08\0\x01\0pci\0".to_vec();
        bytes.extend(b"\x11\0\x02\x000000:00:04.0\0\0\0\0");
        bytes
    }

    #[test]
    fn operations_have_their_bytes() {
        let device = DEVICE.to_owned();
        let cases: [(Devlink, u8, &[u8]); 6] = [
            (
                Devlink::ActivateFirmware {
                    device: device.clone(),
                },
                37,
                b"\x05\0\x99\0\x02\0\0\0",
            ),
            (
                Devlink::Reload {
                    device: device.clone(),
                },
                37,
                b"",
            ),
            (
                Devlink::EswitchMode {
                    device: device.clone(),
                    mode: EswitchMode::Switchdev,
                },
                30,
                b"\x06\0\x19\0\x01\0\0\0",
            ),
            (
                Devlink::AddSf {
                    device: device.clone(),
                    controller: 0,
                    pf_number: 0,
                    sf_number: 88,
                },
                7,
                b"\x06\0\x4d\0\x07\0\0\0\x06\0\x7f\0\0\0\0\0\x08\0\xa4\0\x58\0\0\0",
            ),
            (
                Devlink::SetPortState {
                    device: device.clone(),
                    port: 32768,
                    active: true,
                },
                6,
                b"\x08\0\x03\0\0\x80\0\0\x0c\0\x91\x80\x05\0\x02\0\x01\0\0\0",
            ),
            (
                Devlink::DeletePort { device, port: 32768 },
                8,
                b"\x08\0\x03\0\0\x80\0\0",
            ),
        ];
        for (operation, command, more) in cases {
            let expected = [begin().as_slice(), more].concat();
            assert_eq!(wire(&operation), (command, expected), "{operation:?}");
        }
    }

    #[test]
    fn versions_are_told_with_their_kind() {
        let version = |kind, name, value| {
            let inside = [
                text_attribute(attribute::VERSION_NAME, name),
                text_attribute(attribute::VERSION_VALUE, value),
            ];
            DefaultNla::new(kind | NLA_F_NESTED, bytes(&inside))
        };
        let sent = [
            text_attribute(attribute::BUS_NAME, "pci"),
            version(attribute::VERSION_FIXED, "fw.psid", "MT_1"),
            version(attribute::VERSION_RUNNING, "fw.version", "20.43.2566"),
            DefaultNla::new(attribute::VERSION_STORED, Vec::new()),
        ];
        let header = GenlHeader { cmd: 51, version: 1 };
        let answer = Message::parse_with_param(&bytes(&sent), header).expect("a message");
        assert_eq!(
            versions(&answer),
            ["fixed fw.psid MT_1", "running fw.version 20.43.2566"]
        );
    }

    #[test]
    fn the_port_of_an_answer_is_found() {
        let (_, bytes) = wire(&Devlink::DeletePort {
            device: DEVICE.to_owned(),
            port: 32768,
        });
        let header = GenlHeader { cmd: 7, version: 1 };
        let answer = Message::parse_with_param(&bytes, header).expect("a message");
        assert_eq!(port_index(&answer), Some(32768));
        assert_eq!(
            port_index(&Message {
                command: 7,
                attributes: Vec::new()
            }),
            None
        );
    }
}
