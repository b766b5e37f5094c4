package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.operations.audit.AuditReport;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AuditCommandTest {
    /** Seven versions, one of them promoted. */
    @Test
    void eventsAreNotCalledCheckpoints() {
        AuditReport report =
                new AuditReport(8, 4, 32, 0, 0, 0, 0, 2, 0, 2, 0, 1, 8, 0, 21, Map.of(), List.of());
        assertThat(AuditCommand.text(report).lines())
                .contains("events   8     21 files match their events")
                .last()
                .isEqualTo("nothing lost, nothing duplicated");
    }
}
