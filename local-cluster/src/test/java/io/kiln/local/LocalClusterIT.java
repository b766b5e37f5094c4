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
    @Test
    void killedBrokerComesBackOnItsPortWithItsTopics(@TempDir Path directory) throws Exception {
        try (LocalBroker broker = LocalBroker.start(directory)) {
            String address = broker.bootstrapServers();
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
                admin.createTopics(List.of(new NewTopic("kept", 2, (short) 1))).all().get();
            }
            broker.process().kill();
            assertThat(broker.process().isAlive()).isFalse();
            broker.restart();
            assertThat(broker.bootstrapServers()).isEqualTo(address);
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
    void killedRegistryKeepsWhatItAccepted(@TempDir Path directory) throws Exception {
        try (LocalRegistry registry = LocalRegistry.start(directory)) {
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
        }
    }
}
