"""What the command line finds at a path, and in which words it says that there is nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from books.errors import UploadRejected
from books.intake.files import files_in
from tests.intake.samples import pdf, saved

SAMPLE = Path(__file__).parents[2] / "samples" / "prealgebra"


def filled(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_bytes(saved("PNG"))
    return folder


def names_in(path: Path) -> list[str]:
    return [file.name for file in files_in([path])[0]]


def test_the_sample_book_is_its_24_pages_in_order() -> None:
    assert [file.stem for file in files_in([SAMPLE])[0] if file.stem.startswith("page")] == [
        f"page_{number:03}" for number in range(1, 25)
    ]


def test_pages_come_in_natural_order_whatever_their_kind(tmp_path: Path) -> None:
    filled(tmp_path, "p10.png", "p2.JPG", "p1.webp", "p11.tif", "p3.TIFF", "p4.jpeg", "p5.pdf")
    assert names_in(tmp_path) == ["p1.webp", "p2.JPG", "p3.TIFF", "p4.jpeg", "p5.pdf", "p10.png", "p11.tif"]


def test_hidden_files_and_folders_are_named(tmp_path: Path) -> None:
    filled(tmp_path, "p1.png", "notes", ".p2.png", "._p1.png", "Thumbs.db")
    (tmp_path / "more.png").mkdir()
    found, refused = files_in([tmp_path])
    assert [file.name for file in found] == ["notes", "p1.png"]
    assert {each.message.partition(":")[0] for each in refused} == {"._p1.png", "more.png", ".p2.png", "Thumbs.db"}


def test_a_single_pdf_or_image(tmp_path: Path) -> None:
    book = tmp_path / "Book.PDF"
    book.write_bytes(pdf("x"))
    assert files_in([book]) == ([book], [])


def test_folders_keep_their_order_and_single_files_find_theirs(tmp_path: Path) -> None:
    for folder in ("z", "a"):
        (tmp_path / folder).mkdir()
        filled(tmp_path / folder, "p1.png", "p2.png")
    filled(tmp_path, "p10.png", "p9.png")
    found, _ = files_in([tmp_path / "z", tmp_path / "a", tmp_path / "p10.png", tmp_path / "p9.png"])
    assert [str(file.relative_to(tmp_path)) for file in found] == [
        *("z/p1.png", "z/p2.png", "a/p1.png", "a/p2.png", "p9.png", "p10.png")
    ]


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UploadRejected, match="There is no folder or file"):
        files_in([tmp_path / "missing"])


def test_a_page_whose_link_is_broken_is_not_left_out_in_silence(tmp_path: Path) -> None:
    filled(tmp_path, "p1.png")
    (tmp_path / "p2.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(UploadRejected, match=r"p2\.png: cannot be read"):
        files_in([tmp_path])


def test_a_folder_or_page_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path, "p1.png")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UploadRejected, match=r"p1\.png: cannot be read"):
        files_in([tmp_path])

    def refuse(self: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(UploadRejected, match="may not be read"):
        files_in([tmp_path])
