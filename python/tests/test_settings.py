"""Settings of connections, and secrets that stand elsewhere."""

import pathlib

import pytest
from kiln_client import settings


def test_settings_of_kafka_and_the_registry(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    password = tmp_path / "password"
    password.write_text("open = sesame\n")
    monkeypatch.setenv("KILN_TEST_USER", "reader")
    file = tmp_path / "connection.properties"
    file.write_text(
        "# a comment\n\nsecurity.protocol = SASL_SSL\n"
        f"sasl.username=${{env:KILN_TEST_USER}}\nsasl.password=${{file:{password}}}\n"
        f"registry.basic.auth.user.info=kiln:${{file:{password}}}\n"
    )
    kafka, registry = settings.read_settings(file)
    assert kafka == {"security.protocol": "SASL_SSL", "sasl.username": "reader", "sasl.password": "open = sesame"}
    assert registry == {"basic.auth.user.info": "kiln:open = sesame"}


def test_what_is_wrong_is_named_with_its_key(tmp_path: pathlib.Path) -> None:
    with pytest.raises(settings.SettingsError, match=r"sasl\.password: \$\{env:KILN_TEST_UNSET\} is not set"):
        settings.resolve("sasl.password", "${env:KILN_TEST_UNSET}")
    with pytest.raises(settings.SettingsError, match=r"sasl\.password: \$\{file:/no/such\} cannot be read"):
        settings.resolve("sasl.password", "${file:/no/such}")
    with pytest.raises(settings.SettingsError, match="cannot be read"):
        settings.read_settings(tmp_path / "absent")
    file = tmp_path / "broken"
    file.write_text("sasl.password hush\n")
    with pytest.raises(settings.SettingsError, match="line 1: expected key=value") as refused:
        settings.read_settings(file)
    assert "hush" not in str(refused.value)
