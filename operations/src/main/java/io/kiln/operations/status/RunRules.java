package io.kiln.operations.status;

import io.kiln.config.KilnConfig;
import io.kiln.config.TopicsConfig;
import io.kiln.operations.status.LearningReading.Rate;
import io.kiln.operations.status.StreamReading.Lag;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Turns readings into what is wrong. Pure: the same readings give the same problems. */
public final class RunRules {
    /** How long a stage may stand still while something waits for it, beyond one checkpoint. */
    static final Duration STANDSTILL = Duration.ofMinutes(5);

    /** Share of the time for which a trainer may wait. */
    static final double MAX_WAIT_SHARE = 0.5;

    /** How long an image may be under way, beyond one checkpoint, before it counts as waiting. */
    static final Duration UNDER_WAY = Duration.ofSeconds(30);

    /** Steps below which the wait share says nothing. */
    static final int STEPS_TO_JUDGE = 10;

    /** Share of the images of an hour that may become dead letters. */
    static final double MAX_DEAD_SHARE = 0.05;

    /** Dead letters of an hour below which their share says nothing. */
    static final long DEAD_LETTERS_TO_JUDGE = 10;

    /** Share of the age at which the broker deletes records that the oldest may have reached. */
    static final double MAX_SHARE_OF_RETENTION = 0.5;

    /** Share by which the loss may rise. */
    static final double MAX_RISE = 0.1;

    /** Share of a disk that must be free. */
    static final double MIN_FREE_SHARE = 0.05;

    private final KilnConfig config;
    private final RunStatus status;
    private final List<Problem> problems = new ArrayList<>();

    private RunRules(KilnConfig config, RunStatus status) {
        this.config = config;
        this.status = status;
    }

    /** What is wrong, what must be mended first at the beginning; empty if all is well. */
    public static List<Problem> problems(KilnConfig config, RunStatus status) {
        RunRules rules = new RunRules(config, status);
        rules.problems.addAll(status.unread());
        rules.problems.addAll(JobRules.problems(config, status));
        status.disks().forEach(rules::disk);
        status.stream().ifPresent(rules::stream);
        status.learning().ifPresent(rules::learning);
        rules.events();
        return List.copyOf(rules.problems);
    }

    private void disk(DiskReading disk) {
        long needed =
                status.versions().map(VersionsReading::bytesOfLast).orElse(0L)
                        + status.jobs().stream()
                                .flatMap(job -> job.checkpoint().stream())
                                .mapToLong(JobReading.FlinkCheckpoint::bytes)
                                .sum();
        if (disk.free() < Math.max(2 * needed, (long) (MIN_FREE_SHARE * disk.total()))) {
            add(
                    String.format(
                            Locale.ROOT,
                            "the disk of %s is nearly full: %s of %s are free",
                            disk.folder(),
                            Words.bytes(disk.free()),
                            Words.bytes(disk.total())),
                    "make room, or keep fewer versions (checkpoints.keepLast, checkpoints.keepEvery);"
                            + " jobs that cannot write restart until they can, and lose nothing");
        }
    }

    private void stream(StreamReading stream) {
        TopicsConfig topics = config.topics();
        stream.imagesKept()
                .ifPresent(
                        kept -> behind("image", "masked", topics.images(), stream.masking(), kept));
        stream.batchesKept()
                .ifPresent(
                        kept ->
                                behind(
                                        "batch",
                                        "trained on",
                                        topics.sparseBatches(),
                                        stream.training(),
                                        kept));
        boolean maskingStands =
                stream.lastBatch()
                                .map(batch -> Duration.between(batch, status.at()))
                                .orElse(STANDSTILL.plusDays(1))
                                .compareTo(standstill().plus(config.masking().flushAfter()))
                        > 0;
        if (maskingStands && waits(stream.masking(), config.masking().flushAfter())) {
            add(
                    "no batch is made, although "
                            + Words.waiting(stream.masking().records(), "image"),
                    "see the masking job's page in Flink and the log of its task manager");
        }
        long dead = stream.deadLettersInLastHour();
        if (dead >= DEAD_LETTERS_TO_JUDGE
                && dead > MAX_DEAD_SHARE * Math.max(1, stream.imagesInLastHour())) {
            add(
                    String.format(
                            Locale.ROOT,
                            "%s in the last hour, in which %s came: %s",
                            Words.count(dead, "dead letter"),
                            Words.count(stream.imagesInLastHour(), "image"),
                            Words.reasons(stream.reasons())),
                    "look at them with kiln dlq list, fix their source, and send them again with kiln dlq"
                            + " replay");
        }
    }

    private void behind(String what, String done, String topic, Lag lag, Duration retention) {
        Duration oldest = lag.oldest().orElse(Duration.ZERO);
        if (oldest.toMillis() > MAX_SHARE_OF_RETENTION * retention.toMillis()) {
            add(
                    "the oldest "
                            + what
                            + " of "
                            + topic
                            + " that is not "
                            + done
                            + " has waited for "
                            + Words.time(oldest)
                            + ", and Kafka deletes records after "
                            + Words.time(retention),
                    "let the topic keep records for longer (retention.ms), and make the stage faster:"
                            + " docs/how-to/tune.md");
        }
    }

    /** Whether something has waited for longer than a stage may take. */
    private boolean waits(Lag lag, Duration more) {
        return lag.records() > 0
                && lag.oldest().orElse(Duration.ZERO).compareTo(standstill().plus(more)) > 0;
    }

    /**
     * The number of batches that may stay untrained while nothing comes. A lag above {@link
     * LagReader#COUNTED} counts markers of transactions too: at most one for each of these batches,
     * and in each partition one for each masking subtask that committed last.
     */
    private long quiet(Lag batches) {
        long quiet = config.topics().quietBatches();
        return batches.records() > LagReader.COUNTED
                ? 2 * quiet
                        + (long) config.topics().batchPartitions()
                                * config.flink().maskingParallelism()
                : quiet;
    }

    private Duration standstill() {
        return STANDSTILL.plus(config.flink().checkpointInterval());
    }

    private void learning(LearningReading learning) {
        Optional<Lag> lag = status.stream().map(StreamReading::training);
        Duration still = Duration.between(learning.lastStep(), status.at());
        if (lag.isPresent()
                && waits(lag.get(), Duration.ZERO)
                && lag.get().records() > quiet(lag.get())
                && still.compareTo(standstill()) > 0) {
            add(
                    "no step has been committed for "
                            + Words.time(still)
                            + ", although "
                            + Words.waiting(lag.get().records(), "batch"),
                    "see the training job's page in Flink and the log of its task manager");
        }
        if (learning.skipped() > 0) {
            add(
                    "the last "
                            + Words.count(learning.skipped(), "batch")
                            + " had a loss or gradient that is not finite and changed nothing",
                    "if this goes on, the job ends at training.maxSkippedInARow = "
                            + config.training().maxSkippedInARow()
                            + "; submit it with the last checkpoint and a lower"
                            + " training.schedule.peakLearningRate");
        }
        learning.loss().ifPresent(this::loss);
        learning.rate().ifPresent(this::starving);
    }

    private void loss(Loss loss) {
        if (loss.trend() == Loss.Trend.RISING && loss.now() > (1 + MAX_RISE) * loss.before()) {
            add(
                    String.format(
                            Locale.ROOT,
                            "the loss rises: %.4f over the last %d steps, %.4f over those before",
                            loss.now(),
                            loss.steps() / 2,
                            loss.before()),
                    "if the images have not become harder, lower training.schedule.peakLearningRate");
        }
    }

    private void starving(Rate rate) {
        if (rate.steps() < STEPS_TO_JUDGE || rate.waitShare() <= MAX_WAIT_SHARE) {
            return;
        }
        boolean imagesWait =
                status.stream()
                                .flatMap(stream -> stream.masking().oldest())
                                .orElse(Duration.ZERO)
                                .compareTo(config.flink().checkpointInterval().plus(UNDER_WAY))
                        > 0;
        add(
                String.format(
                        Locale.ROOT,
                        "the trainer starves: it waits for batches in %.0f %% of its time",
                        100 * rate.waitShare()),
                imagesWait
                        ? "images wait to be masked: raise flink.maskingParallelism, with"
                                + " topics.imagePartitions at least as many"
                        : "no image waits to be masked: send images faster, or raise masking.views to train"
                                + " on each more often");
    }

    private void events() {
        long every = config.stepsBetweenEvents();
        long step = status.learning().map(LearningReading::step).orElse(0L);
        long published = status.versions().map(VersionsReading::step).orElse(0L);
        boolean known = status.learning().isPresent() && status.stream().isPresent();
        boolean overdue =
                status.versions()
                                .map(v -> Duration.between(v.created(), status.at()))
                                .orElse(STANDSTILL.plusDays(1))
                                .compareTo(standstill())
                        > 0;
        if (known && overdue && step - published >= 2 * every) {
            add(
                    String.format(
                            Locale.ROOT,
                            "no checkpoint event for %,d steps; one is due every %,d"
                                    + " (checkpoints.everySteps%s)",
                            step - published,
                            every,
                            every == config.checkpoints().everySteps()
                                    ? ""
                                    : ", rounded up to whole rounds"),
                    "look for failing Flink checkpoints on the training job's page, and for"
                            + " withheldVersions among its metrics (checkpoints.maxLoss)");
        }
    }

    private void add(String what, String advice) {
        problems.add(new Problem(what, advice));
    }
}
