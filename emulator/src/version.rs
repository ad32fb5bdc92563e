//! Which firmware and which board a device says it has. All that tells of them tells the same: the initialisation segment, the
//! health buffer, QUERY_ADAPTER, the registers of the firmware's components.

use crate::config::DeviceKind;

/// A version of firmware, as `20.43.2566`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirmwareVersion {
    /// The family of the device: 20 for ConnectX-6, 24 for BlueField-2.
    pub(crate) major: u8,
    /// The release.
    pub(crate) minor: u8,
    /// The build.
    pub(crate) subminor: u16,
}

impl FirmwareVersion {
    /// The version on a device of this family. A VF runs on the firmware of its NIC.
    pub(crate) const fn of(family: u8) -> Self {
        Self {
            major: family,
            minor: 43,
            subminor: 2566,
        }
    }

    /// The version in one word: major in bits 31:24, minor in 23:16, subminor in 15:0 (`mlx5_fw_ver_major` and its
    /// siblings).
    pub(crate) const fn word(self) -> u32 {
        (self.major as u32) << 24 | (self.minor as u32) << 16 | self.subminor as u32
    }
}

impl std::fmt::Display for FirmwareVersion {
    /// As the driver prints it: the subminor number has four digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{:04}", self.major, self.minor, self.subminor)
    }
}

/// Sixteen characters that name the board (its PSID). No vendor's board has this name.
pub(crate) const fn board_id(kind: DeviceKind) -> &'static [u8; 16] {
    match kind {
        DeviceKind::Pf | DeviceKind::Vf => b"MT_COSIM_0000001",
        DeviceKind::Ecpf => b"MT_COSIM_0000002",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_family_is_that_of_the_device() {
        let version = FirmwareVersion::of(20);
        assert_eq!(
            (version.to_string().as_str(), version.word()),
            ("20.43.2566", 0x142b_0a06)
        );
        assert_eq!(FirmwareVersion::of(24).to_string(), "24.43.2566");
        let early = FirmwareVersion {
            subminor: 7,
            ..version
        };
        assert_eq!(early.to_string(), "20.43.0007");
    }
}
