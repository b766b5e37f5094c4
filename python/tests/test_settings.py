"""Settings of connections, secrets that stand elsewhere, and what is said where a broker does not answer."""

import pathlib

import pytest
from confluent_kafka import KafkaError, KafkaException
from kiln_client import BrokerError, settings
from kiln_client.cli import main
from kiln_client.reader import EventReader


def test_settings_of_kafka_and_the_registry(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    password = tmp_path / "password"
    password.write_text("open = sesame\n")
    monkeypatch.setenv("KILN_TEST_USER", "reader")
    file = tmp_path / "connection.properties"
    file.write_text(
        "\ufeff# a comment, behind what Windows' editor writes\n\nsecurity.protocol = SASL_SSL\n"
        f"sasl.username=${{env:KILN_TEST_USER}}\nsasl.password=${{file:{password}}}\n"
        f"registry.basic.auth.user.info=kiln:${{file:{password}}}\n",
        "utf-8",
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


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("securty.protocol=SSL", "securty.protocol"),
        ("security.protocol=SASL", "security.protocol"),
        ("security.protocol=SSL\nssl.ca.location=/no/ca.crt", "ssl.ca.location"),
        ("registry.ssl.ca.location=/no/ca.crt", "ssl.ca.location=/no/ca.crt"),
        ("registry.basic.auth.user=kiln", "basic.auth.user"),
        ("registry.cache.capacity=few", "cache.capacity"),
        ("stats_cb=print", "stats_cb"),
    ],
)
def test_settings_that_no_client_can_use_end_a_verb_with_one_line(
    line: str, message: str, tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "connection.properties"
    file.write_text(line)
    assert main(["fetch", "--properties", str(file), "--cache", str(tmp_path / "cache")]) == 1
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 1
    assert message in said[0]
    assert "settings cannot be used" in said[0]


def test_broker_that_is_none_ends_a_verb_with_one_line(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "--bootstrap-servers", "127.0.0.1:9", "--cache", str(tmp_path / "cache")]) == 1
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("kiln-client: no broker answers at 127.0.0.1:9 within 10 s: ")
    assert "Connection refused" in said[0]


class _Unanswering:
    def get_watermark_offsets(self, *_: object, **__: object) -> None:
        raise KafkaException(KafkaError(-185))  # timed out


def test_the_reason_is_that_of_now() -> None:
    reader = object.__new__(EventReader)
    reader._topic, reader._user, reader._refusal, reader._trouble = "checkpoints", "kiln", None, None
    reader._consumer = _Unanswering()  # type: ignore[assignment]
    reader._note(KafkaError(-195, "Connection refused"))
    with pytest.raises(BrokerError, match="no broker answers for checkpoints within 5 s: Connection refused"):
        reader.require_broker(5)
    reader._note(KafkaError(-169, "wrong password"))
    with pytest.raises(BrokerError, match="the broker does not let kiln in: wrong password"):
        reader.require_broker(5)
