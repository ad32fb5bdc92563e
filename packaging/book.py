#!/usr/bin/env python3
"""Makes the docs whole as a book: a preprocessor of mdbook, see book.toml.

In the project, pages link to texts beside the folder of the docs. The book has those texts as chapters at its end, and links to
files that are no text become plain words.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

# What lies beside the docs, its name in the book and its title there.
OUTSIDE = {
    "README.md": ("readme.md", "README"),
    "SECURITY.md": ("security.md", "Security"),
    "CHANGELOG.md": ("changelog.md", "Changes"),
    "fuzz/README.md": ("fuzz.md", "Fuzz targets"),
}

LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#\s]+)(#[^)]*)?\)")


def in_book(text: str, folder: str) -> str:
    """The text of a page whose links start in `folder`, a folder of the project, with links as the book has them."""

    def replaced(match: re.Match[str]) -> str:
        words, target, place = match.group(1), match.group(2), match.group(3) or ""
        if ":" in target:
            return match.group(0)
        file = (ROOT / folder / target).resolve()
        path = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else ""
        if path in OUTSIDE:
            # Pages of a folder below the docs are one folder lower.
            up = "../" * folder.count("/") if folder.startswith("docs/") else ""
            return f"[{words}]({up}{OUTSIDE[path][0]}{place})"
        if path.startswith("docs/") and path.endswith(".md"):
            return match.group(0) if folder.startswith("docs") else f"[{words}]({path.removeprefix('docs/')}{place})"
        return words

    text = LINK.sub(replaced, text)
    return text if folder.startswith("docs") else text.replace("](docs/pictures/", "](pictures/")


def pages(sections: list[Any]) -> None:
    """Mends the chapters of a part and those below them."""
    for section in sections:
        if chapter := section.get("Chapter") if isinstance(section, dict) else None:
            if path := chapter.get("path"):
                chapter["content"] = in_book(chapter["content"], (Path("docs") / path).parent.as_posix())
            pages(chapter["sub_items"])


def outside() -> list[Any]:
    """The chapters of what lies beside the docs."""
    chapters: list[Any] = [{"PartTitle": "Beside the docs"}]
    for path, (name, title) in OUTSIDE.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        chapter = {
            "name": title,
            "content": in_book(text, Path(path).parent.as_posix()),
            "number": None,
            "sub_items": [],
            "path": name,
            "source_path": None,
            "parent_names": [],
        }
        chapters.append({"Chapter": chapter})
    return chapters


def main() -> None:
    if sys.argv[1:2] == ["supports"]:
        return
    _, book = json.load(sys.stdin)
    sections = book["sections"] if "sections" in book else book["items"]
    pages(sections)
    sections.extend(outside())
    json.dump(book, sys.stdout)


main()
