"""Versions are followed on a real broker and registry, which PythonClientIT of Kiln's end-to-end tests starts."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cluster import BROKERS, SCHEMA, Topic
from conftest import artifact, event

import kiln_client
from kiln_client import CheckpointEvent, Follower, follow
from kiln_client.cli import main

pytestmark = pytest.mark.skipif(not BROKERS, reason="KILN_TEST_BROKERS is not set")
LAST = 99


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def announced(tmp_path: Path) -> Callable[..., CheckpointEvent]:
    """Makes events whose files exist."""

    def make(version: int, status: str = "CANDIDATE", **fields: Any) -> CheckpointEvent:
        file = artifact(tmp_path / "store" / f"v{version}" / "model.safetensors", b"weights %d" % version)
        return event(version, status, files=(file,), **fields)

    return make


def numbers(versions: Follower) -> list[int]:
    """The versions up to LAST, which is sent after all others: no time says that the others have been read."""
    found = []
    while LAST not in found:
        found.append(next(versions).number)
    return found


def followed(topic: Topic, tmp_path: Path, **arguments: Any) -> list[int]:
    with follow(**topic.arguments(tmp_path / "cache"), **arguments) as versions:
        return numbers(versions)


def test_current_is_the_promoted_one_then_the_one_before(topic: Topic, tmp_path: Path, announced: Any) -> None:
    topic.send(announced(1), announced(2), announced(3), announced(2, "PROMOTED"))
    with follow(**topic.arguments(tmp_path / "cache")) as versions:
        assert next(versions).number == 2
        topic.send(announced(1, "PROMOTED"))
        assert next(versions).number == 1
        topic.send(announced(1, "REVOKED"))
        second = next(versions)
        assert second.number == 2
        assert second.file("ENCODER").read_bytes() == b"weights 2"
        assert second.event.created_at == announced(2).created_at


def test_earliest_and_versions_leave_out_what_was_withdrawn(topic: Topic, tmp_path: Path, announced: Any) -> None:
    topic.send(*(announced(version) for version in (1, 2, 3, 4, 5)), announced(1, "RETIRED"), announced(4, "REVOKED"))
    topic.send(announced(LAST))
    (tmp_path / "store" / "v1" / "model.safetensors").unlink()
    assert followed(topic, tmp_path, start="earliest") == [2, 3, 5, LAST]
    assert followed(topic, tmp_path, start=3) == [3, 5, LAST]
    assert followed(topic, tmp_path, start=6) == [LAST]


def test_only_what_is_committed_counts_and_only_of_the_model(topic: Topic, tmp_path: Path, announced: Any) -> None:
    topic.send(announced(1), announced(2, model="other"))
    topic.send(announced(3), commit=False)
    topic.send(announced(LAST, model="third"))
    assert followed(topic, tmp_path, start="current") == [1, 2, LAST]
    topic.send(announced(LAST))
    assert followed(topic, tmp_path, start="earliest", model="kiln") == [1, LAST]


def test_records_of_others_are_passed_over(topic: Topic, tmp_path: Path, announced: Any) -> None:
    topic.send_bytes(None, b"", b"garbage", b"\0\0\0\0\0garbage", b"\0\7\7\7\7garbage")
    topic.send(announced(1), announced(1), announced(2, step=1), announced(2))
    topic.send_bytes(b"x", kind="com.other.event")
    topic.send(announced(LAST))
    with follow(**topic.arguments(tmp_path / "cache"), start="earliest") as versions:
        assert numbers(versions) == [1, 2, LAST]
        assert versions.passed_over == 8


def test_what_a_later_kiln_adds_changes_nothing(topic: Topic, tmp_path: Path, announced: Any) -> None:
    schema = json.loads(SCHEMA)
    schema["fields"].append({"name": "later", "type": "string"})
    next(f for f in schema["fields"] if f["name"] == "status")["type"]["symbols"].append("ARCHIVED")
    topic.send(announced(1))
    topic.send(announced(2), announced(1, "ARCHIVED"), schema=json.dumps(schema), later="x")
    topic.send(announced(LAST))
    with follow(**topic.arguments(tmp_path / "cache"), start="earliest") as versions:
        assert numbers(versions) == [1, 2, LAST]
        assert versions.passed_over == 0


def test_event_of_a_later_kind_is_raised_once(topic: Topic, tmp_path: Path, announced: Any) -> None:
    topic.send_bytes(b"x", kind="io.kiln.checkpoint.v2")
    topic.send(announced(1))
    with follow(**topic.arguments(tmp_path / "cache")) as versions:
        with pytest.raises(kiln_client.NewerEventError, match=r"offset 0 .*checkpoint\.v2.*upgrade kiln-client"):
            next(versions)
        assert next(versions).number == 1


def test_altered_version_is_raised_and_the_next_one_follows(topic: Topic, tmp_path: Path, announced: Any) -> None:
    topic.send(announced(1), announced(2))
    (tmp_path / "store" / "v1" / "model.safetensors").write_bytes(b"Weights 1")
    with follow(**topic.arguments(tmp_path / "cache"), start="earliest") as versions:
        with pytest.raises(kiln_client.ArtifactError, match="v1/model.safetensors has 9 bytes with SHA-256"):
            next(versions)
        assert next(versions).number == 2


def test_altered_versions_do_not_fill_the_cache(topic: Topic, tmp_path: Path, announced: Any) -> None:
    def altered(version: int) -> CheckpointEvent:
        made = announced(version)
        script = artifact(tmp_path / "store" / f"v{version}" / "encoder.pt", b"script", "TORCHSCRIPT")
        (tmp_path / "store" / f"v{version}" / "encoder.pt").write_bytes(b"altered")
        return replace(made, files=(*made.files, script))

    topic.send(announced(1), *(altered(version) for version in range(2, 12)))
    with follow(**topic.arguments(tmp_path / "cache"), start="earliest") as versions:
        assert next(versions).number == 1
        for _ in range(10):
            with pytest.raises(kiln_client.ArtifactError):
                next(versions)
    held = {folder.name for folder in (tmp_path / "cache" / "kiln").iterdir()}
    assert {"run-1-v000001", "run-1-v000011"} <= held
    assert len(held) <= 3


def test_version_that_should_be_in_use_is_tried_again(topic: Topic, tmp_path: Path, announced: Any) -> None:
    topic.send(announced(1))
    stored = tmp_path / "store" / "v1" / "model.safetensors"
    stored.unlink()
    problems: list[str] = []

    def repair(problem: kiln_client.KilnError) -> None:
        problems.append(str(problem))
        stored.write_bytes(b"weights 1" if len(problems) > 1 else b"weights 1 and more")

    with follow(**topic.arguments(tmp_path / "cache"), on_problem=repair) as versions:
        assert next(versions).number == 1
    assert ["does not exist" in problems[0], "is longer" in problems[1], len(problems)] == [True, True, 2]


def test_registry_that_is_away_loses_no_event(topic: Topic, tmp_path: Path, announced: Any) -> None:
    topic.send(announced(1))
    away = {**topic.arguments(tmp_path), "registry": {"url": "http://127.0.0.1:9", "max.retries": 0}}
    with follow(**away) as versions:
        for _ in range(2):  # the event is not lost
            with pytest.raises(kiln_client.RegistryError, match="the registry"):
                next(versions)
    with pytest.raises(ValueError, match="start: 'newest' is not allowed"):
        follow(**away, start="newest")


def test_broker_that_is_none_is_told_and_kafkas_client_says_little(
    topic: Topic, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(kiln_client.BrokerError, match="no broker answers at 127.0.0.1:13 within"):
        follow(**{**topic.arguments(tmp_path), "bootstrap_servers": "127.0.0.1:13"})
    assert len([record for record in caplog.records if "127.0.0.1:13" in record.getMessage()]) < 5


def test_position_goes_on_behind_what_was_committed(topic: Topic, tmp_path: Path, announced: Any) -> None:
    topic.send(announced(1), announced(2), announced(3))
    file = tmp_path / "state" / "position"
    arguments = {**topic.arguments(tmp_path / "cache"), "position": file}
    with follow(**arguments, start=2) as versions:
        versions.commit()  # of nothing
        assert not file.exists()
        assert next(versions).number == 2
        versions.commit()
        assert next(versions).number == 3
    with follow(**arguments, start=2, idle=1) as versions:  # 3 was given, but not committed
        assert [version.number for version in versions] == [3]
        versions.commit()
    topic.send(announced(1, run_id="run-2", event_id="run-2-v1"), announced(LAST, event_id="run-1-last"))
    with follow(**arguments, start=2) as versions:
        assert [(version.event.run_id, version.number) for version in itertools.islice(versions, 2)] == [
            ("run-2", 1),
            ("run-1", LAST),
        ]
    assert [path.name for path in file.parent.iterdir()] == ["position"]


def test_position_tells_apart_models_whose_runs_have_one_name(topic: Topic, tmp_path: Path, announced: Any) -> None:
    topic.send(announced(1, model="a"), announced(1, model="b"), announced(2, model="a"))
    arguments = {**topic.arguments(tmp_path / "cache"), "position": tmp_path / "position"}
    for model, number in (("a", 1), ("b", 1), ("a", 2)):
        with follow(**arguments, start="earliest") as versions:
            version = next(versions)
            assert (version.event.model, version.number) == (model, number)
            versions.commit()
    with follow(**arguments, start="earliest", idle=1) as versions:
        assert list(versions) == []


def test_position_of_another_topic_is_refused(topic: Topic, tmp_path: Path, announced: Any) -> None:
    topic.send(announced(1), announced(2))
    file = tmp_path / "position"
    arguments = {**topic.arguments(tmp_path / "cache"), "position": file, "start": "earliest"}
    for offset, event_id in ((0, "run-0-v1"), (7, "run-1-v2-candidate")):
        file.write_text(json.dumps({"topic": topic.name, "offset": offset, "eventId": event_id}))
        with follow(**arguments) as versions:
            with pytest.raises(kiln_client.PositionError, match=f"{event_id} at offset {offset}.*Delete the file"):
                next(versions)
    for text in ("", "[]", '{"topic": "other", "offset": 1, "eventId": "a"}'):
        file.write_text(text)
        with pytest.raises(kiln_client.PositionError, match=f"expected one of topic {topic.name}"):
            follow(**arguments)
    with pytest.raises(ValueError, match="not allowed with start='current'"):
        follow(**{**arguments, "start": "current"})


def test_command_line_says_that_no_version_came(
    topic: Topic, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = topic.arguments(tmp_path)
    options = [f"--{name.replace('_', '-')}={value}" for name, value in arguments.items()]
    assert main(["fetch", *options, "--wait=1"]) == 1
    assert f"no version has been announced in {topic.name} after 1 s" in capsys.readouterr().err
