//! The Debian mirror that this machine uses, read from apt's own sources in both of their forms.

use std::fs;
use std::path::Path;

/// One source of packages.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    address: String,
    suites: Vec<String>,
    components: Vec<String>,
    signed_by: String,
}

/// Names under which Debian publishes releases.
const RELEASES: [&str; 11] = [
    "bullseye",
    "bookworm",
    "trixie",
    "forky",
    "duke",
    "sid",
    "oldoldstable",
    "oldstable",
    "stable",
    "testing",
    "unstable",
];

impl Source {
    /// How much this looks like a mirror of Debian itself: 0 is not at all. Vendors publish for Debian's releases
    /// too, under the same names of suites.
    fn likeness(&self) -> u32 {
        let of_debian = |suite: &String| {
            let release = suite.split('-').next().unwrap_or_default();
            let security = suite.ends_with("-security") || suite.ends_with("/updates");
            RELEASES.contains(&release) && !security
        };
        if !self.suites.iter().any(of_debian) || !self.components.iter().any(|name| name == "main") {
            return 0;
        }
        let address = self.address.trim_end_matches('/');
        1 + u32::from(address.ends_with("/debian") || address.starts_with("mirror"))
            + 2 * u32::from(self.signed_by.contains("debian-archive"))
    }
}

/// The address of the machine's Debian mirror. `folder` is `/etc/apt`.
#[must_use]
pub fn mirror(folder: &Path) -> Option<String> {
    let mut files = vec![folder.join("sources.list")];
    if let Ok(entries) = fs::read_dir(folder.join("sources.list.d")) {
        files.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
    }
    files.sort();
    let mut sources = Vec::new();
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("list") => sources.extend(one_line_sources(&text)),
            Some("sources") => sources.extend(deb822_sources(&text)),
            _ => {}
        }
    }
    best(&sources)
}

/// The first of those that look most like Debian.
fn best(sources: &[Source]) -> Option<String> {
    let likely = sources.iter().filter(|source| source.likeness() > 0);
    // Of equals `max_by_key` takes the last.
    let best = likely.rev().max_by_key(|source| source.likeness());
    best.map(|source| source.address.clone())
}

/// `deb [option=value ...] address suite component ...`, one to a line.
fn one_line_sources(text: &str) -> Vec<Source> {
    let sources = text.lines().filter_map(|line| {
        let line = line.split('#').next()?.trim();
        let rest = line.strip_prefix("deb")?;
        let rest = rest.starts_with([' ', '\t']).then(|| rest.trim_start())?;
        let (options, rest) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => ("", rest),
        };
        let mut words = rest.split_whitespace();
        Some(Source {
            address: words.next()?.to_owned(),
            suites: vec![words.next()?.to_owned()],
            components: words.map(str::to_owned).collect(),
            signed_by: options.to_owned(),
        })
    });
    sources.collect()
}

/// Paragraphs of `Field: value`, where an indented line goes on with the field before it.
fn deb822_sources(text: &str) -> Vec<Source> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut paragraphs: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for line in lines {
        if line.trim().is_empty() {
            paragraphs.push(Vec::new());
        } else if let Some(fields) = paragraphs.last_mut() {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push('\n');
                    value.push_str(line);
                }
            } else if let Some((name, value)) = line.split_once(':') {
                fields.push((name.to_ascii_lowercase(), value.to_owned()));
            }
        }
    }
    paragraphs
        .iter()
        .filter_map(|fields| deb822_source(fields))
        .collect()
}

/// The source of one paragraph, unless it is switched off or has no binary packages.
fn deb822_source(fields: &[(String, String)]) -> Option<Source> {
    let words = |wanted: &str| -> Vec<String> {
        let field = fields.iter().find(|(name, _)| name == wanted);
        field.map_or(Vec::new(), |(_, value)| {
            value.split_whitespace().map(str::to_owned).collect()
        })
    };
    let off = words("enabled")
        .first()
        .is_some_and(|value| ["no", "false", "0", "off"].contains(&value.to_ascii_lowercase().as_str()));
    let source = Source {
        address: words("uris").into_iter().next()?,
        suites: words("suites"),
        components: words("components"),
        signed_by: words("signed-by").join(" "),
    };
    (!off && words("types").iter().any(|kind| kind == "deb")).then_some(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEB822: &str = "\
Types: deb
# A comment
URIs: https://vendor/linux/debian
Suites: bookworm
Components: stable
Signed-By: /etc/apt/keyrings/vendor.asc

Types: deb deb-src
URIs: http://mirror/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://off/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb deb-src
URIs: http://mirror/debian
 http://other/debian
Suites: bookworm
 bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
";

    #[test]
    fn the_mirror_is_found_in_paragraphs() {
        let sources = deb822_sources(DEB822);
        assert_eq!(sources.len(), 3);
        assert_eq!(sources[2].suites, ["bookworm", "bookworm-updates"]);
        assert_eq!(best(&sources).as_deref(), Some("http://mirror/debian"));
    }

    #[test]
    fn the_mirror_is_found_in_lines() {
        let text = "\
# deb http://old/debian bookworm main
deb-src http://sources/debian trixie main
deb https://multimedia/ trixie main
deb\t[arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://mirror/debian/ trixie main non-free # ours
deb http://second/debian trixie main
";
        assert_eq!(
            best(&one_line_sources(text)).as_deref(),
            Some("http://mirror/debian/")
        );
    }

    #[test]
    fn other_distributions_have_no_mirror_of_debian() {
        let text =
            "deb http://archive/ubuntu noble main universe\ndeb http://vendor/apt cloud-sdk-bookworm main\n";
        assert_eq!(best(&one_line_sources(text)), None);
    }

    #[test]
    fn a_folder_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(mirror(folder.path()), None);
        fs::create_dir(folder.path().join("sources.list.d")).unwrap();
        fs::write(
            folder.path().join("sources.list.d/debian.sources.disabled"),
            "deb http://off/debian sid main",
        )
        .unwrap();
        fs::write(folder.path().join("sources.list.d/debian.sources"), DEB822).unwrap();
        assert_eq!(mirror(folder.path()).as_deref(), Some("http://mirror/debian"));
    }
}
