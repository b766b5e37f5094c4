"""Only what lies in an allowed store is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kiln_client import StoreError
from kiln_client.stores import Stores


@pytest.mark.parametrize("uri", ["https://store/a", "http://127.0.0.1/a", "s3://b/a", "ftp://host/a", "/etc/passwd"])
def test_without_stores_only_files_are_read(uri: str) -> None:
    Stores().require("file:///etc/hostname")
    with pytest.raises(StoreError, match=uri):
        Stores().require(uri)


def test_file_of_another_machine_is_refused() -> None:
    with pytest.raises(StoreError, match="a file of other"):
        Stores().require("file://other/share/a")


def test_paths_that_leave_their_store_are_refused(tmp_path: Path) -> None:
    inside = tmp_path / "store" / "run"
    inside.mkdir(parents=True)
    (tmp_path / "secret").write_text("x")
    (inside / "link").symlink_to(tmp_path / "secret")
    stores = Stores([tmp_path / "store"])
    stores.require((inside / "a").as_uri())
    stores.require((tmp_path / "store" / "with space").as_uri())
    for outside in ("secret", "store2/a", "store/../secret", "store/%2e%2e/secret", "store/run/link"):
        with pytest.raises(StoreError, match="outside"):
            stores.require(f"{tmp_path.as_uri()}/{outside}")


@pytest.mark.parametrize("allowed", ["https://store/kiln", "https://store:443/kiln/"])
def test_servers_and_their_folders(allowed: str) -> None:
    stores = Stores([allowed])
    stores.require("https://store/kiln/run/a")
    for outside in (
        "https://store/kiln2/a",
        "https://store/kiln/../a",
        "https://store/kiln/%2e%2e/a",
        "https://store:8443/kiln/a",
        "http://store/kiln/a",
        "https://store.example/kiln/a",
        "https://store@evil/kiln/a",
        "file:///kiln/a",
    ):
        with pytest.raises(StoreError, match="outside"):
            stores.require(outside)


@pytest.mark.parametrize("uri", ["http://[bad/x", "file:///a%00b", "https://store:abc/x", "https://store:99999/x"])
def test_malformed_uris_are_refused(uri: str) -> None:
    for stores in (Stores(), Stores(["file:///a", "https://store/"])):
        with pytest.raises(StoreError, match=re.escape(uri)):
            stores.require(uri)
