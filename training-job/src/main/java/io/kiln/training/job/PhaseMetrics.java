package io.kiln.training.job;

import io.kiln.model.torch.Phase;
import io.kiln.model.torch.PhaseTimes;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/** A counter for each phase of a step, in a subgroup named after it. */
final class PhaseMetrics {
    private final PhaseTimes times;
    private final Map<Phase, Counter> counters = new EnumMap<>(Phase.class);

    PhaseMetrics(MetricGroup group, PhaseTimes times) {
        this.times = times;
        for (Phase phase : Phase.values()) {
            MetricGroup own = group.addGroup("phase", phase.name().toLowerCase(Locale.ROOT));
            counters.put(phase, TrainingMetric.PHASE_NANOS.counter(own));
        }
    }

    /** A step was taken. */
    void stepped() {
        counters.forEach((phase, counter) -> counter.inc(times.nanos(phase) - counter.getCount()));
    }
}
