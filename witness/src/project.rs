//! The project's files: what is product, and what is test.

use crate::error::WitnessError;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::path::Path;

/// One source file.
#[derive(Debug)]
pub struct Source {
    /// Its path from the root, with slashes.
    pub path: String,
    /// Its text as tokens.
    pub tokens: TokenStream,
    /// Whether all of it is test.
    pub is_test: bool,
}

/// The project, as read.
#[derive(Debug, Default)]
pub struct Project {
    /// All Rust sources, in the order of their paths.
    pub sources: Vec<Source>,
    /// All scenarios: path and text.
    pub scenarios: Vec<(String, String)>,
}

/// Reads everything below `root` but what is built.
///
/// # Errors
/// [`WitnessError`] when a file cannot be read or is not Rust.
pub fn read(root: &Path) -> Result<Project, WitnessError> {
    let mut project = Project::default();
    gather(root, root, &mut project)?;
    let declared: Vec<String> = project.sources.iter().flat_map(declared_for_tests).collect();
    for source in &mut project.sources {
        let is_declared = |place: &String| {
            let file = source.path == format!("{place}.rs");
            file || source.path.starts_with(&format!("{place}/"))
        };
        source.is_test |= declared.iter().any(is_declared);
    }
    Ok(project)
}

fn gather(root: &Path, folder: &Path, project: &mut Project) -> Result<(), WitnessError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |cause| WitnessError::File { path, cause }
    };
    let entries = std::fs::read_dir(folder).map_err(failed(folder))?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed(folder))?;
    paths.sort();
    for path in paths {
        let within = path.strip_prefix(root).unwrap_or(&path);
        let within = within.to_string_lossy().replace('\\', "/");
        let is_apart = within == "target" || within.starts_with('.');
        if path.is_dir() && !is_apart {
            gather(root, &path, project)?;
        } else if within.ends_with(".rs") {
            let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
            project.sources.push(source(within, &text)?);
        } else if within.starts_with("scenarios/") && within.ends_with(".json") {
            let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
            project.scenarios.push((within, text));
        }
    }
    Ok(())
}

fn source(path: String, text: &str) -> Result<Source, WitnessError> {
    let tokens = text
        .parse::<TokenStream>()
        .map_err(|error| WitnessError::Source {
            path: path.clone(),
            line: error.span().start().line,
            cause: error.into(),
        })?;
    let mut folders = path.split('/');
    let is_test = folders.any(|part| part == "tests" || part == "tests.rs");
    Ok(Source {
        path,
        tokens,
        is_test,
    })
}

/// The places, without `.rs`, of modules that a file declares for tests alone.
fn declared_for_tests(source: &Source) -> Vec<String> {
    let (folder, file) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
    let stem = file.trim_end_matches(".rs");
    let folder = match stem {
        "lib" | "main" | "mod" => folder.to_owned(),
        stem => format!("{folder}/{stem}"),
    };
    let declared = test_items(&source.tokens).into_iter().filter_map(|item| {
        let mut tokens = item.into_iter();
        tokens.find(|token| matches!(token, TokenTree::Ident(word) if word == "mod"))?;
        let name = tokens.next()?.to_string();
        let is_elsewhere = matches!(tokens.next(), Some(TokenTree::Punct(end)) if end.as_char() == ';');
        is_elsewhere.then(|| format!("{folder}/{name}"))
    });
    declared.collect()
}

/// The items of a file that exist in tests alone, each to its brace or semicolon.
#[must_use]
pub fn test_items(tokens: &TokenStream) -> Vec<Vec<TokenTree>> {
    let mut items = Vec::new();
    let mut tokens = tokens.clone().into_iter().peekable();
    while let Some(token) = tokens.next() {
        let TokenTree::Group(group) = token else { continue };
        let content: String = group.stream().to_string().split_whitespace().collect();
        if group.delimiter() != Delimiter::Bracket || content != "cfg(test)" {
            if group.delimiter() == Delimiter::Brace {
                items.extend(test_items(&group.stream()));
            }
            continue;
        }
        let mut item = Vec::new();
        for token in tokens.by_ref() {
            let ends = match &token {
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                TokenTree::Punct(end) => end.as_char() == ';',
                _ => false,
            };
            item.push(token);
            if ends {
                break;
            }
        }
        items.push(item);
    }
    items
}
