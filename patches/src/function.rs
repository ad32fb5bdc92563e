//! Which functions a hunk is about: that which `@@` names, and those that begin inside.

use std::collections::BTreeSet;

/// Words before a parenthesis that name no function.
const OTHERS: [&str; 8] = [
    "if",
    "for",
    "while",
    "switch",
    "return",
    "sizeof",
    "defined",
    "__attribute__",
];

/// The function that a line at the left margin begins, as far as it looks like one.
pub(crate) fn name_in(line: &str) -> Option<&str> {
    if !line.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        return None;
    }
    let before = line
        .split('(')
        .next()
        .filter(|before| before.len() < line.len())?
        .trim_end();
    let start = before
        .rfind(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .map_or(0, |at| at + 1);
    let name = before.get(start..)?;
    (!name.is_empty() && !OTHERS.contains(&name)).then_some(name)
}

/// The line above the line `number` (from 1) that begins a function.
pub(crate) fn above(text: &str, number: usize) -> Option<&str> {
    let begins = |line: &&str| name_in(line).is_some() && !line.trim_end().ends_with(';');
    text.lines().take(number.saturating_sub(1)).filter(begins).last()
}

/// Names of functions in a hunk, by what stands after its `@@` and by its lines, which begin with a blank, `+` or `-`.
pub(crate) fn names(section: &str, lines: &[String]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    // The section is the function before the hunk's first line, which may have ended before what is changed.
    let first_change = lines.iter().position(|line| line.starts_with(['+', '-']));
    let begins = |line: &String| {
        let text = line.get(1..)?;
        name_in(text)
            .filter(|_| !text.trim_end().ends_with(';'))
            .map(str::to_owned)
    };
    let before = lines.iter().take(first_change.unwrap_or(0));
    match before.filter_map(begins).next_back() {
        Some(name) => names.extend([name]),
        None => names.extend(name_in(section).map(str::to_owned)),
    }
    names.extend(lines.iter().skip(first_change.unwrap_or(0)).filter_map(begins));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_function_is_what_stands_before_the_parenthesis() {
        assert_eq!(
            name_in("static int give_pages(struct dev *dev, u16 id)"),
            Some("give_pages")
        );
        assert_eq!(name_in("struct page *alloc_page_4k(int n"), Some("alloc_page_4k"));
        assert_eq!(name_in("\tif (x)"), None);
        assert_eq!(name_in("static const struct ops table = {"), None);
    }

    #[test]
    fn a_hunk_without_words_is_found_in_the_text() {
        let text = "int a(void)\n{\n\tx();\n}\n\nint declared(void);\nint b(int c)\n{\n\ty();\n";
        assert_eq!(above(text, 3), Some("int a(void)"));
        assert_eq!(above(text, 9), Some("int b(int c)"));
        assert_eq!(above(text, 1), None);
    }

    #[test]
    fn a_hunk_is_about_what_it_changes() {
        let inside = lines(" \tx();\n-\ty();\n+\tz();\n");
        assert_eq!(names("int a(void)", &inside), ["a".to_owned()].into());
        let beyond = lines(" \tx();\n }\n \n int b(int c)\n {\n-\ty();\n");
        assert_eq!(names("int a(void)", &beyond), ["b".to_owned()].into());
        let added = lines(" }\n \n+static int c(void)\n+{\n+\tcall(1);\n+}\n+int declared(void);\n");
        assert_eq!(
            names("int a(void)", &added),
            ["a".to_owned(), "c".to_owned()].into()
        );
    }
}
