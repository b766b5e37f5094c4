"""The package carries the schema of events as Kiln has it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

SCHEMA = Path(__file__).parents[2] / "schemas/src/main/avro/CheckpointEvent.avsc"


@pytest.mark.skipif(not SCHEMA.exists(), reason="no checkout of Kiln")
def test_schema_is_kilns() -> None:
    assert (resources.files("kiln_client") / "CheckpointEvent.avsc").read_bytes() == SCHEMA.read_bytes()
