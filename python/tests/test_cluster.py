"""Against a real training run. PythonClientIT of Kiln's end-to-end tests starts them, names them
in the environment, and compares what this test writes with the embeddings of Kiln's client for the JVM."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

import kiln_client
from kiln_client.cli import main

pytestmark = pytest.mark.skipif("KILN_TEST_TOPIC" not in os.environ, reason="KILN_TEST_TOPIC is not set")


@pytest.fixture
def cluster(tmp_path: Path) -> dict[str, str]:
    return {
        "bootstrap_servers": os.environ["KILN_TEST_BROKERS"],
        "registry": os.environ["KILN_TEST_REGISTRY"],
        "topic": os.environ["KILN_TEST_TOPIC"],
        "cache": str(tmp_path / "cache"),
    }


@pytest.fixture
def options(cluster: dict[str, str]) -> list[str]:
    return [f"--{name.replace('_', '-')}={value}" for name, value in cluster.items()]


def pictures() -> list[Path]:
    return sorted(Path(os.environ["KILN_TEST_IMAGES"]).iterdir())


def test_versions_come_one_by_one_and_timm_and_torchscript_agree(cluster: dict[str, str]) -> None:
    torch = pytest.importorskip("torch")
    embeddings = {}
    with kiln_client.follow(**cluster, start="earliest", idle=120, stores=[os.environ["KILN_TEST_STORE"]]) as versions:
        for version in versions:
            embedder = version.embedder()
            found = embedder.embed(pictures())
            pixels = torch.from_numpy(embedder.preparation.prepare(pictures()))
            with torch.inference_mode():
                of_timm = version.model()(pixels).numpy()
            assert found.values.shape == (len(pictures()), version.event.embedding_size)
            assert abs(found.values - of_timm).max() < 1e-4
            embeddings[version.number] = found.values.tolist()
            if len(embeddings) == 2:
                break
    assert list(embeddings) == [1, 2]
    Path(os.environ["KILN_TEST_OUT"]).write_text(json.dumps(embeddings))


def test_readmes_lines_follow_load_embed_and_swap(cluster: dict[str, str]) -> None:
    picture = pictures()[0]
    with kiln_client.EmbedderHandle(**cluster) as embedders:
        embedders.wait(120)
        found = embedders.embed([picture])
        assert found.version == embedders.status.serving.version
        assert embedders.status.problem is None
        assert embedders.status.swaps >= 1
        threads = [threading.Thread(target=embedders.embed, args=([picture],)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def test_version_outside_the_allowed_stores_is_refused(cluster: dict[str, str], tmp_path: Path) -> None:
    with kiln_client.follow(**cluster, idle=120, stores=[tmp_path]) as versions:
        with pytest.raises(kiln_client.StoreError, match="outside the allowed stores"):
            next(versions)


def test_topic_that_does_not_exist_is_named(cluster: dict[str, str]) -> None:
    with pytest.raises(kiln_client.BrokerError, match="no topic none"):
        kiln_client.follow(**{**cluster, "topic": "none"})


def test_fetch_prints_a_folder_that_timm_opens(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    timm = pytest.importorskip("timm")
    assert main(["fetch", *options, "--start=1", "--wait=120"]) == 0
    folder = capsys.readouterr().out.strip()
    assert folder.endswith("v000001")
    timm.create_model(f"local-dir:{folder}", pretrained=True, num_classes=0)


def test_embed_prints_an_object_for_each_image(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    images = [str(picture) for picture in pictures()]
    assert main(["embed", *options, "--wait=120", *images]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["image"] for line in lines] == images


def test_embed_names_the_file_that_is_no_image(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jpg").write_text("not a picture")
    assert main(["embed", *options, "--wait=120", str(tmp_path / "a.jpg")]) == 1
    assert "a.jpg: it cannot be decoded" in capsys.readouterr().err
