import pytest

from mebench.datasets.frames import cut, frame_number, list_frames
from mebench.errors import BadInput, DataNotFound


@pytest.fixture
def folder(tmp_path):
    def make(*names):
        for name in names:
            (tmp_path / name).write_bytes(b"")
        return tmp_path

    return make


def test_natural_order(folder):
    listing = list_frames(folder("img10.jpg", "img9.jpg", "img100.jpg", "img1.jpg"))
    assert listing.numbers == (1, 9, 10, 100)
    assert listing.names == ("img1.jpg", "img9.jpg", "img10.jpg", "img100.jpg")


def test_the_last_number_counts():
    assert frame_number("EP01_5-012.jpg") == 12
    assert frame_number("006_05562.jpg") == 5562


def test_leftovers_are_passed_over(folder):
    stray = [
        "._img1.jpg",
        ".DS_Store",
        "Thumbs.db",
        "Desktop - Shortcut.lnk",
        "cover.jpg",
        "a1.txt",
    ]
    listing = list_frames(folder("img1.JPG", "img2.jpeg", *stray))
    assert listing.numbers == (1, 2)
    assert sorted(listing.stray) == sorted(stray)


def test_no_folder(tmp_path):
    with pytest.raises(DataNotFound, match="gone' does not exist"):
        list_frames(tmp_path / "gone")


def names(part):
    return [path.rsplit("img", 1)[1] for path in part.paths]


def test_frames_outside_the_clip_are_dropped(folder):
    listing = list_frames(folder(*(f"img{n}.jpg" for n in range(1, 10))))
    part = cut(listing, 3, 5, 7)
    assert names(part) == ["3.jpg", "4.jpg", "5.jpg", "6.jpg", "7.jpg"]
    assert (part.apex, part.absent, part.expected, part.moved) == (2, 0, 5, ())
    assert all(path.startswith(str(listing.folder)) for path in part.paths)


def test_missing_frames_are_counted_and_marks_moved(folder):
    listing = list_frames(folder("img1.jpg", "img4.jpg", "img5.jpg", "img8.jpg", "img11.jpg"))
    part = cut(listing, 3, 6, 9)
    assert names(part) == ["4.jpg", "5.jpg", "8.jpg"]
    assert part.apex == 1  # 5 is nearer to 6 than 8
    assert (part.absent, part.expected) == (4, 7)
    assert part.moved == ("onset", "apex", "offset")


def test_of_two_frames_as_near_the_earlier_is_the_apex(folder):
    assert cut(list_frames(folder("img4.jpg", "img6.jpg")), 4, 5, 6).apex == 0


def test_without_apex_and_offset(folder):
    part = cut(list_frames(folder("img4.jpg", "img5.jpg", "img6.jpg")), 5, None, None)
    assert names(part) == ["5.jpg", "6.jpg"] and part.apex is None and part.moved == ()


def test_what_cannot_be_cut(folder):
    listing = list_frames(folder("img4.jpg", "img6.jpg"))
    with pytest.raises(BadInput, match="onset 6 lies after the offset 4"):
        cut(listing, 6, None, 4)
    with pytest.raises(BadInput, match="apex 9 lies outside"):
        cut(listing, 4, 9, 6)
    with pytest.raises(DataNotFound, match="no frame from onset 10 to offset 20, only 4 to 6"):
        cut(listing, 10, None, 20)


def test_an_empty_folder(folder):
    with pytest.raises(DataNotFound, match="holds no frames"):
        cut(list_frames(folder("note.txt")), 1, None, 2)


def test_two_files_of_one_number(folder):
    listing = list_frames(folder("img4.jpg", "img04.jpg"))
    assert listing.repeats() == [("img04.jpg", "img4.jpg")]
    with pytest.raises(BadInput, match=r"img04\.jpg and img4\.jpg claim the same frame number"):
        cut(listing, 4, None, 4)
