package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.events.Event;
import org.apache.flink.events.EventBuilder;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

class TrainingEventsTest {
    private final List<Event> reported = new ArrayList<>();
    private final TrainingEvents events =
            new TrainingEvents(
                    new UnregisteredMetricsGroup() {
                        @Override
                        public void addEvent(EventBuilder event) {
                            reported.add(event.build());
                        }
                    });

    @Test
    void aVersionIsToldWithItsStep() {
        events.published(12, 600, 0.5);
        assertThat(reported).hasSize(1);
        assertThat(reported.get(0).getName()).isEqualTo("CheckpointEvent");
        assertThat(reported.get(0).getSeverity()).isEqualTo("INFO");
        assertThat(reported.get(0).getAttributes())
                .containsEntry("version", 12L)
                .containsEntry("step", 600L);
    }

    @Test
    void whatIsRefusedIsAWarning() {
        events.withheld(601);
        events.skipped(602, "loss NaN");
        assertThat(reported).extracting(Event::getSeverity).containsOnly("WARN");
        assertThat(reported.get(0).getBody()).contains("step 601", "checkpoints.maxLoss");
        assertThat(reported.get(1).getBody()).contains("step 602", "loss NaN");
    }
}
