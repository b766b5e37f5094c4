package io.kiln.checkpoints;

import static io.kiln.schemas.CheckpointStatus.CANDIDATE;
import static io.kiln.schemas.CheckpointStatus.PROMOTED;
import static io.kiln.schemas.CheckpointStatus.RETIRED;
import static io.kiln.schemas.CheckpointStatus.REVOKED;
import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.TestRecords;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class CurrentVersionTest {
    private final CurrentVersion current = new CurrentVersion("tiny");

    private void add(long version, CheckpointStatus status) {
        CheckpointEvent event = TestRecords.event("tiny", "run-1", version, 10 * version).build();
        current.add(CheckpointEvents.withStatus(event, status, Instant.EPOCH));
    }

    private long version() {
        return current.event().map(CheckpointEvent::getVersion).orElse(0L);
    }

    @Test
    void newestServesUntilOneIsPromoted() {
        assertThat(version()).isZero();
        add(1, CANDIDATE);
        add(2, CANDIDATE);
        assertThat(version()).isEqualTo(2);
        add(1, PROMOTED);
        add(3, CANDIDATE);
        assertThat(version()).isEqualTo(1);
        add(3, PROMOTED);
        assertThat(version()).isEqualTo(3);
        add(1, PROMOTED);
        assertThat(version()).isEqualTo(1);
    }

    @Test
    void revokedAndRetiredVersionsGiveWayToTheLastGoodOne() {
        add(1, CANDIDATE);
        add(2, CANDIDATE);
        add(3, CANDIDATE);
        add(1, PROMOTED);
        add(2, PROMOTED);
        add(2, REVOKED);
        assertThat(version()).isEqualTo(1);
        add(1, REVOKED);
        assertThat(version()).isEqualTo(3);
        add(3, RETIRED);
        assertThat(version()).isZero();
    }

    @Test
    void theVersionInUseCannotBeRetired() {
        for (long version = 1; version <= 3; version++) {
            add(version, CANDIDATE);
            add(version, PROMOTED);
        }
        add(3, RETIRED);
        assertThat(version()).isEqualTo(3);
        add(2, RETIRED);
        add(3, REVOKED);
        assertThat(version()).isEqualTo(1);
    }

    @Test
    void otherModelsDoNotCount() {
        current.add(TestRecords.event("other", "run-1", 1, 10).build());
        assertThat(version()).isZero();
    }
}
