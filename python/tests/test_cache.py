"""The cache holds verified files of a few versions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import artifact, event

from kiln_client import ArtifactError, CheckpointEvent, StoreUnavailableError
from kiln_client.cache import Cache


def announced(tmp_path: Path, version: int, **fields: object) -> CheckpointEvent:
    file = artifact(tmp_path / "store" / f"v{version}" / "model.safetensors", b"weights %d" % version)
    return event(version, files=(file,), **fields)


def test_file_that_is_whole_is_not_fetched_again(tmp_path: Path) -> None:
    cache, first = Cache(tmp_path / "cache"), announced(tmp_path, 1)
    path = cache.file(first, "ENCODER")
    (tmp_path / "store" / "v1" / "model.safetensors").unlink()
    assert cache.file(first, "ENCODER") == path
    assert path.name == "model.safetensors"


def test_file_that_was_altered_in_the_cache_is_fetched_again(tmp_path: Path) -> None:
    cache, first = Cache(tmp_path / "cache"), announced(tmp_path, 1)
    path = cache.file(first, "ENCODER")
    path.write_bytes(b"Weights 1")
    assert cache.file(first, "ENCODER").read_bytes() == b"weights 1"


def test_role_that_the_event_does_not_name(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="version 1 of kiln, run run-1 has no file of role TORCHSCRIPT"):
        Cache(tmp_path).file(announced(tmp_path, 1), "TORCHSCRIPT")


def test_versions_used_longest_ago_are_deleted(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", keep=2)
    versions = [announced(tmp_path, version) for version in (1, 2, 3)]
    other = announced(tmp_path, 1, model="other")
    cache.file(other, "ENCODER")
    for age, version in zip((2, 3, 1), versions, strict=True):
        cache.file(version, "ENCODER")
        os.utime(cache.folder(version), (1e9 - age, 1e9 - age))
    cache.used(versions[1])
    assert [cache.folder(version).is_dir() for version in versions] == [False, True, True]
    assert cache.folder(other).is_dir()


def test_versions_that_cannot_be_given_do_not_add_up(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", keep=2)
    versions = [announced(tmp_path, version) for version in range(1, 11)]
    for version in versions[:2]:
        cache.file(version, "ENCODER")
        cache.used(version)
    for version in versions[2:]:
        cache.file(version, "ENCODER")
        cache.refused(version, versions[1])
        held = [other.version for other in versions if cache.folder(other).is_dir()]
        assert held == [1, 2, version.version]
    cache.used(versions[9])
    assert [other.version for other in versions if cache.folder(other).is_dir()] == [2, 10]
    another = Cache(tmp_path / "another", keep=2)
    for version in versions:
        another.file(version, "ENCODER")
        another.refused(version, None)
    assert len(list((tmp_path / "another" / "kiln").iterdir())) == 3


def test_names_of_others_do_not_leave_the_cache(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    names = ("..", "../..", "/etc", "a/b", "a b", "a_b", "A" * 400 + "/")
    folders = {cache.folder(event(model=name, run_id=name)) for name in names}
    assert len(folders) == len(names)
    for folder in folders:
        assert folder.resolve().is_relative_to(tmp_path)
        assert folder.parent.parent == tmp_path
        folder.mkdir(parents=True)


def test_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(StoreUnavailableError, match="the cache cannot be used"):
        Cache(tmp_path / "cache").file(announced(tmp_path, 1), "ENCODER")


def test_bound_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="keep: 0 is not allowed"):
        Cache(tmp_path, keep=0)
