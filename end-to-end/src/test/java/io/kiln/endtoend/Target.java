package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.kafka.KilnJob;
import io.kiln.local.ManagedProcess;
import io.kiln.operations.Installation;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A job that faults are injected into. */
final class Target {
    private static final Pattern SUBMITTED = Pattern.compile("submitted .* as job ([0-9a-f]{32})");

    private final FaultDeployment deployment;
    private final String kind;
    private FaultDeployment.Settings settings;
    private String job;
    private int trainer;
    private long injectedMillis;
    private OptionalDouble recovery = OptionalDouble.empty();
    private Optional<Long> pendingCheckpoint = Optional.empty();

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

    /** Submits the masking or the training job, with more arguments of {@code kiln submit}. */
    static Target submit(
            FaultDeployment deployment,
            String kind,
            FaultDeployment.Settings settings,
            String... more)
            throws Exception {
        return new Target(deployment, kind, settings, deployment.submit(kind, settings, more));
    }

    /** Submits a job in the version of Kiln that a fault asks for. */
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
     * Injects a fault.
     *
     * @return seconds from the fault to the end of the first checkpoint that starts after it
     */
    double inject(Fault fault) throws Exception {
        recovery = OptionalDouble.empty();
        injectedNow();
        fault.inject(this);
        return recovery.isPresent()
                ? recovery.getAsDouble()
                : jobs().secondsToCheckpoint(job, injectedMillis);
    }

    /** Marks this moment as the time of the fault, for faults that wait for their moment. */
    void injectedNow() {
        injectedMillis = System.currentTimeMillis();
    }

    /** Records that the job recovered before the fault ended. */
    void recovered(double seconds) {
        recovery = OptionalDouble.of(seconds);
    }

    /** Records that Flink completed a checkpoint whose events are not visible yet. */
    void pendingCheckpoint(long flinkCheckpoint) {
        pendingCheckpoint = Optional.of(flinkCheckpoint);
    }

    /** The checkpoint whose events must become visible after the fault. */
    Optional<Long> pendingCheckpoint() {
        return pendingCheckpoint;
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

    /** The task manager that is hit: the one of the chosen trainer, if there are several. */
    ManagedProcess worker() {
        return workerOf(trainer);
    }

    /** The task manager that writes versions. */
    ManagedProcess publisher() {
        return workerOf(0);
    }

    /** The task manager that commits records. */
    ManagedProcess committer() {
        return deployment.workerOf(job);
    }

    private ManagedProcess workerOf(int index) {
        return hasTrainers() ? deployment.workerOf(job, index) : deployment.workerOf(job);
    }

    private boolean hasTrainers() {
        return kind.equals("training") && settings.config().topics().trainers() > 1;
    }

    /** Chooses one of several trainers, which faults hit from now on. */
    void trainer(int index) {
        trainer = index;
    }

    /** The chosen trainer. */
    int trainer() {
        return trainer;
    }

    /** What the trainers have announced to each other. */
    TrainerChanges changes() {
        return new TrainerChanges(settings.config());
    }

    Path artifacts() {
        return deployment.artifacts(settings.config());
    }

    Path checkpoints() {
        KilnJob name = KilnJob.valueOf(kind.toUpperCase(Locale.ROOT));
        return deployment.checkpoints(name, settings.config(), job);
    }

    /** Sets the settings of later submissions. */
    void settings(FaultDeployment.Settings other) {
        settings = other;
    }

    /** Submits the job again from a savepoint or checkpoint. */
    void resumeFrom(String state) throws Exception {
        job = deployment.submit(kind, settings, "--from", state);
    }

    /** Replaces the job as {@code kiln upgrade} does. */
    void upgrade() {
        CommandRun upgrade = CommandRun.of(settings, "upgrade", kind, "--jar", jar(kind));
        assertThat(upgrade.exitCode()).as(upgrade.err()).isZero();
        Matcher submitted = SUBMITTED.matcher(upgrade.out());
        assertThat(submitted.find()).as(upgrade.out()).isTrue();
        job = submitted.group(1);
    }

    /** The jar of a job in the tested checkout. */
    static String jar(String kind) {
        return new Installation(Path.of(System.getProperty("kiln.root")))
                .jar(KilnJob.valueOf(kind.toUpperCase(Locale.ROOT)))
                .toString();
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
