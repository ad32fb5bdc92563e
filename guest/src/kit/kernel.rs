//! The kernel: which of those on offer is taken, and what an image says about itself.

use super::KitError;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What the scenarios' expectations were written for.
const EXPECTED: (u32, u32) = (7, 2);

/// A kernel on offer. The order is that of versions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offer {
    version: (u32, u32, u32),
    release: String,
}

impl Offer {
    /// From the name of the package that has the image. Only the generic flavour has an mlx5_core with an eswitch,
    /// so others are no offer; neither are images without Debian's signature, which have a name of their own.
    fn from_image(name: &str) -> Option<Self> {
        let release = name.strip_prefix("linux-binary-")?;
        let (version, flavour) = release.split_once('-')?;
        (flavour == "amd64").then_some(())?;
        Some(Self {
            version: version_of(version)?,
            release: release.to_owned(),
        })
    }

    /// The kernel's release, as `uname -r` says it.
    #[must_use]
    pub fn release(&self) -> &str {
        &self.release
    }

    /// The packages with its image and its modules.
    #[must_use]
    pub fn packages(&self) -> [String; 2] {
        ["linux-binary", "linux-modules"].map(|stem| format!("{stem}-{}", self.release))
    }
}

/// The newest 7.2 among packages called `names`, else the newest of all, that has modules too.
#[must_use]
pub fn newest(names: &[String]) -> Option<Offer> {
    let complete = |offer: &Offer| offer.packages().iter().all(|wanted| names.contains(wanted));
    let offers = names.iter().filter_map(|name| Offer::from_image(name));
    offers.filter(complete).max_by_key(|offer| {
        let (major, minor, _) = offer.version;
        ((major, minor) == EXPECTED, offer.clone())
    })
}

/// What to say about a kernel that the scenarios were not written for.
#[must_use]
pub fn surprise(release: &str) -> Option<String> {
    let (major, minor, _) = version_of(release.split('-').next()?)?;
    let (wanted_major, wanted_minor) = EXPECTED;
    ((major, minor) != EXPECTED).then(|| {
        format!(
            "the scenarios' expectations are those of Linux {wanted_major}.{wanted_minor}, and this kernel is {release}: \
             what differs may be the kernel's own change"
        )
    })
}

/// Numbers of `7.2.12+deb13`. Release candidates have other letters between and are none.
fn version_of(text: &str) -> Option<(u32, u32, u32)> {
    let numbers = text.split('+').next()?;
    let mut numbers = numbers.split('.').map(str::parse);
    let mut next = || numbers.next();
    let version = (next()?.ok()?, next()?.ok()?, next().unwrap_or(Ok(0)).ok()?);
    next().is_none().then_some(version)
}

/// The release that the kernel image `path` names in its header, if it is an image with such a header.
pub fn release_of(path: &Path) -> Result<Option<String>, KitError> {
    /// Setup code at the beginning of an image is shorter than this.
    const HEAD: u64 = 0x10000;
    let mut head = Vec::new();
    let file = File::open(path).map_err(KitError::file(path))?;
    file.take(HEAD)
        .read_to_end(&mut head)
        .map_err(KitError::file(path))?;
    Ok(release_in(&head))
}

/// The release in the head of an image: Linux/x86 boot protocol, `kernel_version`.
fn release_in(head: &[u8]) -> Option<String> {
    (head.get(0x202..0x206)? == b"HdrS").then_some(())?;
    let place = u16::from_le_bytes(head.get(0x20e..0x210)?.try_into().ok()?);
    let text = head.get(usize::from(place) + 0x200..)?;
    let end = text.iter().position(|byte| matches!(byte, b' ' | 0))?;
    let release = std::str::from_utf8(&text[..end]).ok()?;
    (place != 0 && !release.is_empty()).then(|| release.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(releases: &[&str]) -> Vec<String> {
        let both = |release: &&str| {
            [
                format!("linux-binary-{release}"),
                format!("linux-modules-{release}"),
            ]
        };
        releases.iter().flat_map(both).collect()
    }

    fn newest_release(names: &[String]) -> Option<String> {
        newest(names).map(|offer| offer.release)
    }

    #[test]
    fn the_newest_seven_two_is_taken() {
        let names = offered(&[
            "7.2.9+deb13-amd64",
            "7.2.12+deb13-amd64",
            "7.2.13+deb13-cloud-amd64",
            "7.2.13+deb13-rt-amd64",
            "7.2.13+deb13-amd64-unsigned",
            "7.3.4+deb13-amd64",
        ]);
        assert_eq!(newest_release(&names).as_deref(), Some("7.2.12+deb13-amd64"));
    }

    #[test]
    fn without_a_seven_two_the_newest_of_all_is_taken() {
        let mut names = offered(&["7.1.20+deb13-amd64", "7.10.1+deb13-amd64", "7.9.2+deb13-amd64"]);
        assert_eq!(newest_release(&names).as_deref(), Some("7.10.1+deb13-amd64"));
        assert!(surprise("7.10.1+deb13-amd64").unwrap().contains("Linux 7.2"));
        assert_eq!(surprise("7.2.12+deb13-amd64"), None);
        assert_eq!(surprise("7.2.0"), None);

        names.retain(|name| name != "linux-modules-7.10.1+deb13-amd64");
        assert_eq!(newest_release(&names).as_deref(), Some("7.9.2+deb13-amd64"));
        assert_eq!(newest(&[]), None);
    }

    #[test]
    fn release_candidates_have_no_version() {
        assert_eq!(version_of("7.2.12+deb13"), Some((7, 2, 12)));
        assert_eq!(version_of("7.3"), Some((7, 3, 0)));
        assert_eq!(version_of("7.4~rc1"), None);
        assert_eq!(version_of("7.2.1.1"), None);
    }

    #[test]
    fn an_image_names_its_release() {
        let mut head = vec![0; 0x400];
        head[0x202..0x206].copy_from_slice(b"HdrS");
        head[0x20e..0x210].copy_from_slice(&0x100_u16.to_le_bytes());
        head[0x300..0x311].copy_from_slice(b"7.2.12 (someone) ");
        assert_eq!(release_in(&head).as_deref(), Some("7.2.12"));
        assert_eq!(release_in(&head[..0x208]), None);
        assert_eq!(release_in(&[0; 0x400]), None);
    }
}
