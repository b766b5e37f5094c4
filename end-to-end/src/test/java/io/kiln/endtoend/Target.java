package io.kiln.endtoend;

import io.kiln.local.ManagedProcess;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;

/** A job that faults strike, and when they did. */
final class Target {
    private final FaultDeployment deployment;
    private final String kind;
    private FaultDeployment.Settings settings;
    private String job;
    private long struck;
    private OptionalDouble recovery = OptionalDouble.empty();
    private Optional<Long> heldBack = Optional.empty();

    private Target(
            FaultDeployment deployment,
            String kind,
            FaultDeployment.Settings settings,
            String job) {
        this.deployment = deployment;
        this.kind = kind;
        this.settings = settings;
        this.job = job;
    }

    /** Submits a job: masking or training. */
    static Target submit(FaultDeployment deployment, String kind, FaultDeployment.Settings settings)
            throws Exception {
        return new Target(deployment, kind, settings, deployment.submit(kind, settings));
    }

    /** Submits a job as a fault wants to find it. */
    static Target submit(
            FaultDeployment deployment, String kind, FaultDeployment.Settings settings, Fault fault)
            throws Exception {
        Optional<Path> earlier = fault.earlierCheckout();
        return earlier.isPresent()
                ? new Target(
                        deployment,
                        kind,
                        settings,
                        deployment.submitFrom(earlier.get(), kind, settings))
                : submit(deployment, kind, settings);
    }

    /**
     * Lets a fault happen.
     *
     * @return seconds from the fault to the end of the first checkpoint begun after it
     */
    double suffer(Fault fault) throws Exception {
        recovery = OptionalDouble.empty();
        struck();
        fault.strike(this);
        return recovery.isPresent()
                ? recovery.getAsDouble()
                : jobs().secondsToCheckpoint(job, struck);
    }

    /** The fault happens now, and not when it began to look for its moment. */
    void struck() {
        struck = System.currentTimeMillis();
    }

    /** The job has recovered already, before the fault is over. */
    void recovered(double seconds) {
        recovery = OptionalDouble.of(seconds);
    }

    /** Flink has completed a checkpoint whose events nobody has seen yet. */
    void heldBack(long flinkCheckpoint) {
        heldBack = Optional.of(flinkCheckpoint);
    }

    /** A checkpoint that had to become visible after the fault. */
    Optional<Long> heldBack() {
        return heldBack;
    }

    FaultDeployment deployment() {
        return deployment;
    }

    FlinkJobs jobs() {
        return deployment.jobs();
    }

    String job() {
        return job;
    }

    ManagedProcess worker() {
        return deployment.workerOf(job);
    }

    Path artifacts() {
        return deployment.artifacts(settings.config());
    }

    /** From now on the job is submitted with other settings. */
    void settings(FaultDeployment.Settings other) {
        settings = other;
    }

    /** Submits the job again with a savepoint's or checkpoint's state. */
    void goOnFrom(String state) throws Exception {
        job = deployment.submit(kind, settings, "--from", state);
    }

    boolean isUnannounced(long version) {
        try (TrainedRun run = new TrainedRun(settings.config())) {
            return run.versions().stream().noneMatch(v -> v.version() == version);
        }
    }

    boolean isCheckpointUnannounced(long flinkCheckpoint) {
        try (TrainedRun run = new TrainedRun(settings.config())) {
            return run.versions().stream().noneMatch(v -> v.flinkCheckpoint() == flinkCheckpoint);
        }
    }

    void cancel() {
        jobs().cancel(job);
    }
}
