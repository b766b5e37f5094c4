package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class StatusCommandTest {
    @Test
    void givesUpSoonWhereConnectionsAreRefused() {
        Instant begin = Instant.now();
        Cli run = status("127.0.0.1:1,127.0.0.1:2", "30s");
        assertThat(Duration.between(begin, Instant.now())).isLessThan(Duration.ofSeconds(15));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .contains("no Kafka broker answered at 127.0.0.1:1,127.0.0.1:2 within 3 s");
    }

    @Test
    void waitsForABrokerThatIsSlowToAnswer() throws IOException {
        try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Cli run = status("127.0.0.1:1,127.0.0.1:" + mute.getLocalPort(), "4s");
            assertThat(run.out()).contains("no Kafka broker answered").contains("within 4 s");
        }
    }

    private static Cli status(String brokers, String timeout) {
        return Cli.run(
                "status",
                "--set",
                "kafka.bootstrapServers=" + brokers,
                "--set",
                "kafka.connectTimeout=" + timeout,
                "--set",
                "flink.restUrl=http://127.0.0.1:1");
    }
}
