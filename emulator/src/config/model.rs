//! Which product of the family a device says it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A product of the family. It decides on the ids that PCI shows, the family of the firmware's version and the name in the vital
/// product data; what the device can do is said by the other fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Model {
    /// 15b3:1013, VFs 15b3:1014.
    #[serde(rename = "connectx-4")]
    ConnectX4,
    /// 15b3:1015, VFs 15b3:1016.
    #[serde(rename = "connectx-4-lx")]
    ConnectX4Lx,
    /// 15b3:1017, VFs 15b3:1018.
    #[serde(rename = "connectx-5")]
    ConnectX5,
    /// 15b3:1019, VFs 15b3:101a.
    #[serde(rename = "connectx-5-ex")]
    ConnectX5Ex,
    /// 15b3:101b, VFs 15b3:101c.
    #[serde(rename = "connectx-6")]
    ConnectX6,
    /// 15b3:101d, VFs 15b3:101e.
    #[serde(rename = "connectx-6-dx")]
    ConnectX6Dx,
    /// 15b3:101f, VFs 15b3:101e.
    #[serde(rename = "connectx-6-lx")]
    ConnectX6Lx,
    /// 15b3:1021, VFs 15b3:101e.
    #[serde(rename = "connectx-7")]
    ConnectX7,
    /// 15b3:1023, VFs 15b3:101e.
    #[serde(rename = "connectx-8")]
    ConnectX8,
    /// 15b3:a2d2, VFs 15b3:a2d3.
    #[serde(rename = "bluefield")]
    BlueField,
    /// 15b3:a2d6, VFs 15b3:101e.
    #[serde(rename = "bluefield-2")]
    BlueField2,
    /// 15b3:a2dc, VFs 15b3:101e.
    #[serde(rename = "bluefield-3")]
    BlueField3,
    /// 15b3:a2df, VFs 15b3:101e.
    #[serde(rename = "bluefield-4")]
    BlueField4,
}

/// What a model shows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name.
    pub name: &'static str,
    /// PCI device id of its PFs.
    pub physical: u16,
    /// PCI device id of its VFs.
    pub virtual_function: u16,
    /// The first number of its firmware's version.
    pub firmware_family: u8,
    /// The hardware id in the health buffer.
    pub hardware_id: u32,
}

/// The id that VFs have from ConnectX-6 Dx on.
const FAMILY_VF: u16 = 0x101e;

impl Model {
    /// All of them, from old to new.
    pub const ALL: [Self; 13] = [
        Self::ConnectX4,
        Self::ConnectX4Lx,
        Self::ConnectX5,
        Self::ConnectX5Ex,
        Self::ConnectX6,
        Self::ConnectX6Dx,
        Self::ConnectX6Lx,
        Self::ConnectX7,
        Self::ConnectX8,
        Self::BlueField,
        Self::BlueField2,
        Self::BlueField3,
        Self::BlueField4,
    ];

    /// What it shows: ids as in the driver's table (`mlx5_core_pci_table`), hardware ids as in the health buffers of such devices.
    #[must_use]
    pub const fn identity(self) -> Identity {
        let (name, physical, virtual_function, firmware_family, hardware_id) = match self {
            Self::ConnectX4 => ("ConnectX-4", 0x1013, 0x1014, 12, 0x209),
            Self::ConnectX4Lx => ("ConnectX-4 Lx", 0x1015, 0x1016, 14, 0x20b),
            Self::ConnectX5 => ("ConnectX-5", 0x1017, 0x1018, 16, 0x20d),
            Self::ConnectX5Ex => ("ConnectX-5 Ex", 0x1019, 0x101a, 16, 0x20d),
            Self::ConnectX6 => ("ConnectX-6", 0x101b, prm::function::VF_DEVICE, 20, 0x20f),
            Self::ConnectX6Dx => ("ConnectX-6 Dx", 0x101d, FAMILY_VF, 22, 0x212),
            Self::ConnectX6Lx => ("ConnectX-6 Lx", 0x101f, FAMILY_VF, 26, 0x216),
            Self::ConnectX7 => ("ConnectX-7", 0x1021, FAMILY_VF, 28, 0x218),
            Self::ConnectX8 => ("ConnectX-8", 0x1023, FAMILY_VF, 40, 0x21e),
            Self::BlueField => ("BlueField", 0xa2d2, 0xa2d3, 18, 0x211),
            Self::BlueField2 => ("BlueField-2", 0xa2d6, FAMILY_VF, 24, 0x214),
            Self::BlueField3 => ("BlueField-3", 0xa2dc, FAMILY_VF, 32, 0x21c),
            // No firmware of it was seen: the first number of its version is ours.
            Self::BlueField4 => ("BlueField-4", 0xa2df, FAMILY_VF, 82, 0x220),
        };
        Identity {
            name,
            physical,
            virtual_function,
            firmware_family,
            hardware_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_says_its_ids_and_no_two_are_the_same() {
        let mut ids: Vec<u16> = Model::ALL.iter().map(|model| model.identity().physical).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Model::ALL.len());
        let schema = serde_json::to_value(schemars::schema_for!(Model)).unwrap();
        let rows = schema["oneOf"].as_array().unwrap();
        assert_eq!(rows.len(), Model::ALL.len());
        for (row, model) in rows.iter().zip(Model::ALL) {
            let Identity {
                physical,
                virtual_function,
                ..
            } = model.identity();
            let said = format!("15b3:{physical:04x}, VFs 15b3:{virtual_function:04x}.");
            assert_eq!(row["description"], said);
            assert_eq!(row["const"], serde_json::to_value(model).unwrap());
        }
    }
}
