package io.kiln.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PortsTest {
    @Test
    void portIsNotGivenOutAgainBeforeItsServerListens() {
        List<Integer> ports = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            ports.add(Ports.free());
        }
        ports.addAll(Ports.free(3));
        assertThat(ports).doesNotHaveDuplicates();
    }

    @Test
    void portsNeverRunOut() {
        for (int i = 0; i < 200; i++) {
            assertThat(Ports.free(100)).hasSize(100);
        }
    }

    @Test
    void heldPortIsNotFreeUntilItIsReleased() throws IOException {
        int port = Ports.free();
        try (ServerSocket held = Ports.hold(port)) {
            assertThat(held.getLocalPort()).isEqualTo(port);
            assertThat(Ports.isFree(port)).isFalse();
        }
        assertThat(Ports.isFree(port)).isTrue();
    }
}
