package io.kiln.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class LocalClusterIT {
    /** A folder's name with what properties files, JDBC and lists of folders would take apart. */
    private static final String NAME = "ein Ordner, für 图像; #1";

    @Test
    void killedBrokerComesBackOnItsPortWithItsTopics(@TempDir Path parent) throws Exception {
        Path directory = parent.resolve(NAME);
        try (LocalBroker broker = LocalBroker.start(directory)) {
            requireLoopbackOnly(broker.process());
            String address = broker.bootstrapServers();
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
                admin.createTopics(List.of(new NewTopic("kept", 2, (short) 1))).all().get();
            }
            broker.process().kill();
            assertThat(broker.process().isAlive()).isFalse();
            broker.restart();
            assertThat(broker.bootstrapServers()).isEqualTo(address);
            assertThat(directory.resolve("data/meta.properties")).exists();
            assertThat(parent).isDirectoryNotContaining(other -> !other.equals(directory));
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
                Set<String> names = admin.listTopics().names().get();
                assertThat(names).contains("kept");
            }
        }
    }

    @Test
    void closedRegistryLeavesItsPortFree(@TempDir Path directory) {
        LocalRegistry registry = LocalRegistry.start(directory);
        int port = URI.create(registry.url()).getPort();
        assertThat(Ports.isOpen(port)).isTrue();
        registry.close();
        assertThat(registry.process().isAlive()).isFalse();
        assertThat(Ports.isOpen(port)).isFalse();
    }

    @Test
    void killedRegistryKeepsWhatItAccepted(@TempDir Path parent) throws Exception {
        Path directory = parent.resolve(NAME);
        try (LocalRegistry registry = LocalRegistry.start(directory)) {
            requireLoopbackOnly(registry.process());
            HttpClient client = HttpClient.newHttpClient();
            HttpRequest register =
                    HttpRequest.newBuilder(URI.create(registry.url() + "/subjects/kept/versions"))
                            .header("Content-Type", "application/json")
                            .POST(
                                    HttpRequest.BodyPublishers.ofString(
                                            "{\"schema\": \"{\\\"type\\\": \\\"string\\\"}\"}"))
                            .build();
            String accepted = client.send(register, BodyHandlers.ofString()).body();
            assertThat(accepted).contains("id");
            registry.process().kill();
            registry.restart();
            HttpRequest subjects =
                    HttpRequest.newBuilder(URI.create(registry.url() + "/subjects")).build();
            assertThat(client.send(subjects, BodyHandlers.ofString()).body()).contains("kept");
            assertThat(client.send(register, BodyHandlers.ofString()).body()).isEqualTo(accepted);
            assertThat(directory.resolve("schemas.mv.db")).exists();
        }
    }

    private static void requireLoopbackOnly(ManagedProcess process) throws Exception {
        assertThat(ListeningSockets.of(ProcessHandle.of(process.pid()).orElseThrow()))
                .isNotEmpty()
                .allMatch(ListeningSockets.Socket::isLoopback);
    }
}
