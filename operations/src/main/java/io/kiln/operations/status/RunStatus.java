package io.kiln.operations.status;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What was read of a run at one moment. A part that could not be read is empty, and {@code unread}
 * says why.
 *
 * @param at when it was read
 * @param flink the Flink cluster
 * @param jobs the masking job, then the training job; empty if Flink could not be read
 * @param stream what goes through the topics
 * @param learning the last steps
 * @param versions the versions in the artifact store
 * @param disks the disks of this machine that hold artifacts and Flink checkpoints
 * @param unread why a part could not be read, each with what to do
 */
public record RunStatus(
        Instant at,
        Optional<FlinkReading> flink,
        List<JobReading> jobs,
        Optional<StreamReading> stream,
        Optional<LearningReading> learning,
        Optional<VersionsReading> versions,
        List<DiskReading> disks,
        List<Problem> unread) {
    public RunStatus {
        jobs = List.copyOf(jobs);
        disks = List.copyOf(disks);
        unread = List.copyOf(unread);
    }
}
