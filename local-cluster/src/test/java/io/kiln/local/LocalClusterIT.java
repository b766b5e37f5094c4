package io.kiln.local;

import static org.assertj.core.api.Assertions.assertThat;

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
        int port = java.net.URI.create(registry.url()).getPort();
        assertThat(Ports.isOpen(port)).isTrue();
        registry.close();
        assertThat(registry.process().isAlive()).isFalse();
        assertThat(Ports.isOpen(port)).isFalse();
    }
}
