//! Diffs as programs write them, and as mail programs break them.

use super::*;
use proptest::prelude::*;

const GIT: &str = "\
commit message, with --- in it
---
 drivers/a.c | 2 +-
 1 file changed

diff --git a/drivers/a.c b/drivers/a.c
index 1..2 100644
--- a/drivers/a.c
+++ b/drivers/a.c
@@ -10,3 +10,3 @@ static int wait_for(int x)
 \tone();
-\ttwo();
+\tthree();
 \tfour();
@@ -20 +20,2 @@ int other(void)
-\tx();
+\ty();
+\tz();
diff --git a/drivers/new.h b/drivers/new.h
new file mode 100644
--- /dev/null
+++ b/drivers/new.h
@@ -0,0 +1,2 @@
+#define A
+#define B
\\ No newline at end of file
diff --git a/drivers/old.c b/drivers/older.c
similarity index 100%
rename from drivers/old.c
rename to drivers/older.c
diff --git a/run.sh b/run.sh
old mode 100644
new mode 100755
-- 
2.43
";

#[test]
fn files_and_hunks_are_found() {
    let files = parse(GIT).unwrap();
    let kinds: Vec<_> = files
        .iter()
        .map(|file| (file.new.to_str().unwrap(), file.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            ("drivers/a.c", Kind::Modified),
            ("drivers/new.h", Kind::Added),
            ("drivers/older.c", Kind::Renamed),
            ("run.sh", Kind::ModeOnly),
        ]
    );
    assert_eq!(
        files[0].functions(""),
        ["other".to_owned(), "wait_for".to_owned()].into()
    );
    assert_eq!(files[0].hunks[0].line, 10);
    assert_eq!(files[1].added_text(), "#define A\n#define B");
    assert_eq!(files[2].old, Path::new("drivers/old.c"));
    assert_eq!(parse(&files[0].text()).unwrap()[0].hunks.len(), 2);
}

#[test]
fn a_plain_diff_needs_no_git() {
    let text =
        "--- linux.orig/drivers/a.c\t2026-01-01\n+++ linux/drivers/a.c\t2026-01-02\n@@ -1 +1 @@\n-a\n+b\n";
    let files = parse(text).unwrap();
    assert_eq!(
        (files[0].old.as_path(), files[0].kind),
        (Path::new("drivers/a.c"), Kind::Modified)
    );
    let root = "--- drivers/a.c\n+++ drivers/a.c\n@@ -1 +1 @@\n-a\n+b\n";
    assert_eq!(parse(root).unwrap()[0].new, Path::new("drivers/a.c"));
}

#[test]
fn what_a_mail_program_breaks_is_told_with_its_line() {
    let wrapped = "--- a/x/a.c\n+++ b/x/a.c\n@@ -1,3 +1,3 @@\n one\n-two and\nwrapped\n+three\n four\n";
    assert_eq!(parse(wrapped).unwrap_err().line, 6);
    let short = "--- a/x/a.c\n+++ b/x/a.c\n@@ -1,3 +1,3 @@\n one\n-two\n";
    assert!(parse(short).unwrap_err().what.contains("ends before"));
    // A blank that is gone from an empty line is no damage.
    let blank = "--- a/x/a.c\n+++ b/x/a.c\n@@ -1,3 +1,3 @@\n one\n\n-two\n+three\n";
    assert_eq!(parse(blank).unwrap()[0].hunks[0].lines[1], " ");
}

#[test]
fn no_path_leads_out_of_the_tree() {
    for path in ["a/../../etc/passwd", "a//etc/passwd", "a/x/../../y"] {
        let text = format!("--- {path}\n+++ {path}\n@@ -1 +1 @@\n-a\n+b\n");
        assert!(parse(&text).is_err(), "{path}");
    }
    let link = "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n";
    assert!(parse(link).is_err());
}

proptest! {
    #[test]
    fn any_text_is_a_diff_or_an_error(text in "(diff --git |--- a/|\\+\\+\\+ b/|@@ -[0-9]{1,25},3 \\+1 @@|[ +-]?.{0,8}|\n){0,40}") {
        let _ = parse(&text);
    }
}
