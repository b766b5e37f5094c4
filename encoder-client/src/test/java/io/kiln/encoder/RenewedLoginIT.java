package io.kiln.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.local.LocalBroker;
import io.kiln.local.Ports;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A service goes on when its password is renewed. */
@Timeout(180)
class RenewedLoginIT {
    private static final String SCRAM = "listener.name.secure.scram-sha-256.";
    private static final String LOGIN =
            "org.apache.kafka.common.security.scram.ScramLoginModule required";

    private final String topic = TestServers.unique("checkpoints");

    @TempDir Path folder;

    @Test
    void aNewPasswordInItsFileIsRead() throws Exception {
        List<Integer> ports = Ports.free(3);
        try (LocalBroker broker = broker(ports)) {
            Map<String, Object> kafka = Map.of("bootstrap.servers", broker.bootstrapServers());
            Path password = folder.resolve("password");
            Files.writeString(password, "first");
            setPassword(kafka, "first");
            TestEncoders.createTopic(kafka, topic);
            TestEncoders.send(kafka, topic, TestEncoders.write(folder, "tiny", 1));
            try (EncoderHandle handle = follow(ports.get(1), password)) {
                handle.await(Duration.ofMinutes(1));
                setPassword(kafka, "second");
                TestEncoders.waitFor(handle, status -> status.problem().isPresent());
                assertThat(handle.status().problem().orElseThrow()).contains("kiln");
                TestEncoders.send(kafka, topic, TestEncoders.write(folder, "tiny", 2));
                Files.writeString(password, "second");
                TestEncoders.waitFor(handle, status -> version(status) == 2);
                assertThat(handle.status().problem()).isEmpty();
                assertThat(handle.status().swaps()).isEqualTo(2);
            }
        }
    }

    private static long version(EncoderHandle.Status status) {
        return status.serving().map(CheckpointEvent::getVersion).orElse(0L);
    }

    private EncoderHandle follow(int port, Path password) {
        Map<String, Object> kafka =
                Map.of(
                        "bootstrap.servers",
                        "127.0.0.1:" + port,
                        "security.protocol",
                        "SASL_PLAINTEXT",
                        "sasl.mechanism",
                        "SCRAM-SHA-256",
                        "sasl.jaas.config",
                        "%s username=\"kiln\" password=\"${file:%s}\";".formatted(LOGIN, password));
        return EncoderHandle.follow(
                kafka, TestServers.registry(), topic, "tiny", folder.resolve("cache"));
    }

    /** A broker that asks for the password anew every other second. */
    private LocalBroker broker(List<Integer> ports) {
        String listeners =
                "PLAINTEXT://127.0.0.1:%d,SECURE://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
                        .formatted(ports.get(0), ports.get(1), ports.get(2));
        return LocalBroker.start(
                folder.resolve("broker"),
                ports.get(0),
                ports.get(2),
                List.of(
                        "listeners=" + listeners,
                        "advertised.listeners=" + listeners,
                        "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_PLAINTEXT",
                        "listener.name.secure.sasl.enabled.mechanisms=SCRAM-SHA-256",
                        SCRAM + "sasl.jaas.config=" + LOGIN + ";",
                        SCRAM + "connections.max.reauth.ms=2000"));
    }

    private static void setPassword(Map<String, Object> kafka, String password) throws Exception {
        ScramCredentialInfo info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
        try (Admin admin = Admin.create(kafka)) {
            admin.alterUserScramCredentials(
                            List.of(new UserScramCredentialUpsertion("kiln", info, password)))
                    .all()
                    .get();
        }
    }
}
