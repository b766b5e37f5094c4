package io.kiln.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SecretReferencesTest {
    private static final String LOGIN = "sasl.jaas.config";

    @TempDir private Path folder;

    private String file(String text) throws IOException {
        return "${file:" + Files.writeString(Files.createTempFile(folder, "s", ""), text) + "}";
    }

    /** What Kafka's client has after it was made of these properties. */
    private static AdminClientConfig client(Map<String, Object> properties) {
        return new AdminClientConfig(SecretReferences.late(properties));
    }

    @Test
    void aClientResolvesWhatItsPropertiesOnlyReferTo() throws IOException {
        String password = file("open \"sesame\"\\7\n");
        String login = "x.Plain required username=\"${env:PATH}\" password=\"" + password + "\";";
        Map<String, Object> properties =
                Map.of(
                        "bootstrap.servers",
                        "host:1",
                        "security.protocol",
                        file("SASL_SSL\r\n"),
                        "ssl.truststore.password",
                        password,
                        LOGIN,
                        login);
        Map<String, Object> late = SecretReferences.late(properties);
        assertThat(late.toString()).doesNotContain("sesame", System.getenv("PATH"));
        assertThat(SecretReferences.late(late)).isEqualTo(late);

        AdminClientConfig client = client(properties);
        assertThat(client.getString("security.protocol")).isEqualTo(SecurityProtocol.SASL_SSL.name);
        assertThat(client.getPassword("ssl.truststore.password"))
                .isEqualTo(new Password("open \"sesame\"\\7"));
        assertThat(client.getPassword(LOGIN).value())
                .as("the secret is a word of the login's grammar")
                .isEqualTo(
                        "x.Plain required username=\""
                                + System.getenv("PATH")
                                + "\" password=\"open \\\"sesame\\\"\\\\7\";");
    }

    @Test
    void aFileMayHoldTheWholeLogin() throws IOException {
        String login = "x.Plain required username=\"a\" password=\"b\\\"c\";";
        Map<String, Object> properties =
                Map.of("bootstrap.servers", "host:1", LOGIN, file(login + "\n"));
        assertThat(client(properties).getPassword(LOGIN).value()).isEqualTo(login);
        assertThat(BrokerRefusal.of(properties).principal()).isEqualTo("User:a");
    }

    @Test
    void propertiesWithoutReferencesAndReferencesOfOthersStay() {
        Map<String, Object> plain = Map.of("bootstrap.servers", "host:1", "a", "${b}${vault:c}");
        assertThat(SecretReferences.late(plain)).isEqualTo(plain);
        Map<String, Object> others =
                Map.of("config.providers", "vault, file", "a", "${file:/etc/x.properties:key}");
        assertThat(SecretReferences.late(others)).isEqualTo(others);
        Map<String, Object> both =
                Map.of("config.providers", "file", "a", "${file:/x:k}${env:HOME}");
        assertThat(SecretReferences.late(both))
                .containsEntry("config.providers", "file,kiln")
                .extractingByKey("a")
                .asString()
                .startsWith("${file:/x:k}${kiln:");
    }

    @ParameterizedTest
    @CsvSource({
        "${env:KILN_NO_SUCH_VARIABLE}, is not set in the environment of this process",
        "${file:/no/such/file}, 'does not exist, or this process cannot see it'",
        "${file:secrets/relative}, is a relative path",
        "${file:/proc/self}, cannot be read",
    })
    void whatIsMissingIsNamedWithItsKey(String reference, String problem) {
        assertThatThrownBy(
                        () ->
                                client(
                                        Map.of(
                                                "bootstrap.servers",
                                                "host:1",
                                                LOGIN,
                                                "p=\"" + reference + "\"")))
                .isInstanceOf(SecretReferenceException.class)
                .hasMessageStartingWith(
                        "kafka.properties." + LOGIN + ": " + reference + " " + problem);
    }

    @Test
    void aTokenOfAnyLengthMayStandInTheUrlOfARegistry() {
        String url = "http://user:" + "a".repeat(30_000) + "@x@host:8085/${file:/a}";
        assertThat(new SchemaRegistry(url, Duration.ofSeconds(1)).url())
                .isEqualTo("http://host:8085/${file:/a}");
        assertThat(new SchemaRegistry("http://${file:/a}:${env:B}@h", Duration.ZERO).url())
                .isEqualTo("http://h");
    }

    @Test
    void whatIsWrongWithAFileIsToldWithoutItsText() throws IOException {
        String empty = file("\n");
        assertThatThrownBy(() -> SecretReferences.resolve("k", empty))
                .hasMessageStartingWith("k: " + empty + " is empty");
        Path binary = Files.write(folder.resolve("binary"), new byte[] {'s', (byte) 0xff, 0});
        assertThatThrownBy(() -> SecretReferences.resolve("k", "${file:" + binary + "}"))
                .hasMessageContaining("is not text in UTF-8");
        String large = file("hushhush".repeat(20_000));
        assertThatThrownBy(() -> SecretReferences.resolve("k", large))
                .hasMessageContaining("is larger than 64 KiB")
                .message()
                .doesNotContain("hush");
    }

    @Test
    void aRefusalNamesWhoAskedForWhatAndWhichKey() {
        BrokerRefusal refusal =
                new BrokerRefusal(
                        Map.of(
                                "bootstrap.servers",
                                "host:1",
                                LOGIN,
                                "x required password=\"hush\" username=\"${env:HOME}\";"),
                        topic -> topic.equals("images") ? "topics.images" : "");
        String user = "User:" + System.getenv("HOME");
        assertThat(
                        refusal.explain(
                                new RuntimeException(
                                        new TopicAuthorizationException(
                                                java.util.Set.of("images", "a")))))
                .hasValueSatisfying(
                        words ->
                                assertThat(words)
                                        .contains(
                                                "host:1",
                                                user,
                                                "topic a, topic images (topics.images)",
                                                "docs/how-to/secure.md")
                                        .doesNotContain("hush"));
        assertThat(
                        refusal.explain(
                                new TransactionalIdAuthorizationException("no"),
                                "transactional id kiln-sink:a"))
                .hasValueSatisfying(
                        words -> assertThat(words).contains(user, "transactional id kiln-sink:a"));
        assertThat(refusal.explain(new SaslAuthenticationException("wrong")))
                .hasValueSatisfying(words -> assertThat(words).contains(user, "kafka.properties"));
        assertThat(refusal.explain(new IOException("another"))).isEmpty();
    }
}
