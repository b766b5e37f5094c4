package io.kiln.kafka;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/** A metric of a job, as Flink and the reference page show it. */
public interface JobMetric {
    /** Types of metrics. */
    enum Kind {
        /** Counts events. */
        COUNTER,
        /** Shows a value of the moment. */
        GAUGE
    }

    /** The name under which reporters show the metric. */
    String key();

    /** Its type. */
    Kind kind();

    /** What the metric shows. */
    String about();

    /** Registers the counter in the group of the job. */
    default Counter counter(MetricGroup group) {
        require(Kind.COUNTER);
        return group.counter(key());
    }

    /** Registers the gauge in the group of the job. */
    default <T> void gauge(MetricGroup group, Gauge<T> gauge) {
        require(Kind.GAUGE);
        group.gauge(key(), gauge);
    }

    private void require(Kind wanted) {
        if (kind() != wanted) {
            throw new IllegalStateException(key() + " is a " + kind() + ", not a " + wanted);
        }
    }
}
