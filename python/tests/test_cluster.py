"""Against a real training run. PythonClientIT of Kiln's end-to-end tests starts them, names them
in the environment, and compares what this test writes with the embeddings of Kiln's client for the JVM."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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


def test_handle_embeds_in_several_threads(cluster: dict[str, str]) -> None:
    picture = pictures()[0]
    with kiln_client.EmbedderHandle(**cluster) as embedders:
        embedders.wait(120)
        found: list[kiln_client.Embeddings] = []
        threads = [threading.Thread(target=lambda: found.append(embedders.embed([picture]))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 4
        assert embedders.status.problem is None
        assert embedders.status.swaps >= 1


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


def test_fetch_names_the_version_that_it_waited_for(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", *options, "--start=99", "--wait=1"]) == 1
    assert "no version from 99 on has been announced in" in capsys.readouterr().err


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


def test_embeddings_that_cannot_be_written_end_the_verb_with_one_line(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "absent" / "embeddings.npz"
    assert main(["embed", *options, "--wait=120", f"--out={out}", str(pictures()[0])]) == 1
    assert str(out) in capsys.readouterr().err


def example(name: str, options: list[str], *more: object) -> list[str]:
    """Runs an example script; returns the lines that it prints."""
    script = Path(__file__).parents[1] / "examples" / name
    command = [sys.executable, str(script), *options, *map(str, more)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=200).stdout.splitlines()


def test_index_is_made_anew_for_a_new_version_and_kept_for_the_same(options: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    shutil.copytree(pictures()[0].parent, folder)
    (folder / "Thumbs.db").write_text("not a picture")
    index, query, count = tmp_path / "index.npz", folder / pictures()[2].name, len(pictures())
    arguments = ("--pictures", folder, "--index", index, "--query", query)
    lines = example("vector_index.py", options, *arguments, "--start=earliest", "--versions=2")
    assert lines[0] == f"version 1: {count} pictures, {count} of them embedded"
    assert lines[4] == f"version 2: {count} pictures, {count} of them embedded"
    assert [line.split() for line in lines[1::4]] == [["1.000", str(query)]] * 2
    again = example("vector_index.py", options, *arguments, "--start=2", "--versions=1")
    assert again == [f"version 2: {count} pictures, 0 of them embedded", *lines[5:]]


def test_few_labels_tell_bright_from_dark(options: list[str], tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    for name, brightness in (("bright", 200), ("dark", 40)):
        (tmp_path / name).mkdir()
        for i in range(10):
            pixels = np.clip(draw.normal(brightness, 20, (64, 64, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{i}.png")
    tuned = tmp_path / "tuned.pt"
    arguments = ("--pictures", tmp_path, "--labels", 4, "--epochs", 15, "--out", tuned)
    (line,) = example("few_labels.py", options, *arguments)
    assert line.endswith("8 labels, 100.0% of 12 other pictures right")
    assert tuned.stat().st_size > 0


def test_readmes_lines_run(cluster: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for page in ("README.md", "docs/how-to/python-client.md"):
        text = (Path(__file__).parents[2] / page).read_text()
        for lines in re.findall("```python\n(import kiln_client\n.*?)```", text, re.DOTALL):
            assert lines.count("\n") <= 10
            lines = lines.replace("60", "120")  # first: ports and folders may hold these digits
            lines = lines.replace("127.0.0.1:9092", cluster["bootstrap_servers"])
            lines = lines.replace("http://127.0.0.1:8085/apis/ccompat/v7", cluster["registry"])
            lines = lines.replace('"checkpoints"', repr(cluster["topic"])).replace("picture.jpg", str(pictures()[0]))
            exec(lines.replace("kiln-cache", str(tmp_path / "cache")), {})
        assert re.search(r"^\d+ \(1, 128\)$", capsys.readouterr().out, re.MULTILINE), page
