package io.kiln.operations.flink;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A job that a Flink cluster knows.
 *
 * @param id of the job
 * @param state in Flink's words
 * @param started when it was submitted
 */
public record FlinkJob(String id, String state, Instant started) {
    private static final Set<String> OVER = Set.of("FINISHED", "CANCELED", "FAILED");

    /** Whether the job has ended. */
    public boolean isOver() {
        return isOver(state);
    }

    static boolean isOver(String state) {
        return OVER.contains(state);
    }

    /** The address of the job in Flink's web interface. */
    public static String page(KilnConfig config, String id) {
        return config.flink().restUrl() + "/#/job/running/" + id + "/overview";
    }

    /**
     * The newest job of a run that has not ended, or else the newest that has.
     *
     * @throws io.kiln.operations.OperationException if no cluster answers
     */
    public static Optional<FlinkJob> newest(FlinkRest flink, KilnJob job, KilnConfig config) {
        return all(flink, job, config).stream()
                .min(
                        Comparator.comparing((FlinkJob found) -> found.isOver())
                                .thenComparing(FlinkJob::started, Comparator.reverseOrder()));
    }

    /**
     * The job of a run that has not ended.
     *
     * @throws io.kiln.operations.OperationException if no cluster answers
     */
    public static Optional<FlinkJob> alive(FlinkRest flink, KilnJob job, KilnConfig config) {
        return newest(flink, job, config).filter(found -> !found.isOver());
    }

    private static List<FlinkJob> all(FlinkRest flink, KilnJob job, KilnConfig config) {
        String name = job.flinkName(config);
        List<FlinkJob> jobs = new ArrayList<>();
        for (JsonNode found : flink.get("/jobs/overview", "list its jobs").path("jobs")) {
            if (found.path("name").asText().equals(name)) {
                jobs.add(
                        new FlinkJob(
                                found.path("jid").asText(),
                                found.path("state").asText(),
                                Instant.ofEpochMilli(found.path("start-time").asLong())));
            }
        }
        return jobs;
    }
}
