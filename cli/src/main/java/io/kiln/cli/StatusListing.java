package io.kiln.cli;

import io.kiln.config.KilnConfig;
import io.kiln.operations.console.Printable;
import io.kiln.operations.status.JobReading;
import io.kiln.operations.status.LearningReading;
import io.kiln.operations.status.Loss;
import io.kiln.operations.status.Problem;
import io.kiln.operations.status.RunStatus;
import io.kiln.operations.status.StreamReading;
import io.kiln.operations.status.StreamReading.Lag;
import io.kiln.operations.status.VersionsReading;
import io.kiln.operations.status.Words;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The status of a run as text. */
final class StatusListing {
    private static final String UNKNOWN = "unknown";

    private final RunStatus status;
    private final StringBuilder text = new StringBuilder();

    private StatusListing(RunStatus status) {
        this.status = status;
    }

    /** The status over several lines, the problems last. */
    static String text(KilnConfig config, RunStatus status, List<Problem> problems) {
        StatusListing listing = new StatusListing(status);
        listing.line(
                "run",
                config.model().name()
                        + "/"
                        + config.training().runId()
                        + status.flink()
                                .map(
                                        flink ->
                                                String.format(
                                                        Locale.ROOT,
                                                        " on %s: %s, %d of %d slots free",
                                                        flink.address(),
                                                        Words.count(
                                                                flink.taskManagers(),
                                                                "task manager"),
                                                        flink.freeSlots(),
                                                        flink.slots()))
                                .orElse(""));
        status.jobs().forEach(listing::job);
        listing.stages();
        listing.learning();
        listing.last();
        listing.deadLetters();
        listing.sizes();
        problems.forEach(listing::problem);
        return listing.text + (problems.isEmpty() ? "all is well" : "");
    }

    private void line(String name, String value) {
        text.append(String.format(Locale.ROOT, "%-13s %s%n", name, Printable.line(value)));
    }

    private void job(JobReading job) {
        StringBuilder words = new StringBuilder(job.state());
        if (!job.id().isEmpty()) {
            words.append(
                    String.format(
                            Locale.ROOT,
                            ", %d of %d tasks run, %s",
                            job.running(),
                            job.tasks(),
                            Words.count(job.restarts(), "restart")));
            words.append(
                    job.checkpoint()
                            .map(c -> ", Flink checkpoint " + c.id() + " " + ago(c.completed()))
                            .orElse(", no Flink checkpoint yet"));
        }
        line(job.job().word(), words.toString());
        job.failures().stream()
                .findFirst()
                .ifPresent(last -> line("", "last failure " + ago(last.at()) + ": " + last.line()));
    }

    private void stages() {
        line(
                "waiting",
                status.stream()
                        .map(
                                stream ->
                                        lag(stream.masking(), "image")
                                                + " to be masked, "
                                                + lag(stream.training(), "batch")
                                                + " to be trained on")
                        .orElse(UNKNOWN));
    }

    private static String lag(Lag lag, String thing) {
        return Words.count(lag.records(), thing)
                + lag.oldest().map(age -> " (oldest " + Words.time(age) + ")").orElse("");
    }

    private void learning() {
        Optional<LearningReading> learning = status.learning();
        if (learning.isEmpty()) {
            line("learning", status.stream().isPresent() ? "no step yet" : UNKNOWN);
            return;
        }
        LearningReading read = learning.get();
        line(
                "learning",
                String.format(
                                Locale.ROOT,
                                "step %,d, %,d images seen",
                                read.step(),
                                read.samplesSeen())
                        + read.loss().map(StatusListing::loss).orElse(""));
        line(
                "throughput",
                read.rate()
                        .map(
                                rate ->
                                        String.format(
                                                Locale.ROOT,
                                                "%,.1f images/s, waits for batches in %.0f %% of the time",
                                                rate.imagesPerSecond(),
                                                100 * rate.waitShare()))
                        .orElse("no step in the last 10 min"));
    }

    private static String loss(Loss loss) {
        return String.format(
                Locale.ROOT,
                ", loss %.4f, %s (%.4f before)",
                loss.now(),
                loss.trend().name().toLowerCase(Locale.ROOT),
                loss.before());
    }

    private void last() {
        line(
                "last",
                "image "
                        + ago(status.stream().flatMap(StreamReading::lastImage))
                        + ", step "
                        + ago(status.learning().map(LearningReading::lastStep))
                        + ", event "
                        + status.versions()
                                .map(v -> "v" + v.last() + " " + ago(v.created()))
                                .orElse(ago(Optional.empty())));
    }

    private String ago(Optional<Instant> time) {
        return time.map(this::ago).orElse(status.stream().isPresent() ? "never" : UNKNOWN);
    }

    private String ago(Instant time) {
        return Words.time(Duration.between(time, status.at())) + " ago";
    }

    private void deadLetters() {
        line(
                "dead letters",
                status.stream()
                        .map(
                                stream ->
                                        stream.deadLettersInLastHour()
                                                + " in the last hour"
                                                + (stream.reasons().isEmpty()
                                                        ? ""
                                                        : ": " + Words.reasons(stream.reasons())))
                        .orElse(UNKNOWN));
    }

    private void sizes() {
        StringBuilder words = new StringBuilder();
        status.versions().map(StatusListing::artifacts).ifPresent(words::append);
        status.jobs()
                .forEach(
                        job ->
                                job.checkpoint()
                                        .ifPresent(
                                                checkpoint ->
                                                        add(
                                                                words,
                                                                job.job().word()
                                                                        + " state "
                                                                        + Words.bytes(
                                                                                checkpoint
                                                                                        .bytes()))));
        status.disks()
                .forEach(
                        disk ->
                                add(
                                        words,
                                        "disk "
                                                + Words.bytes(disk.free())
                                                + " of "
                                                + Words.bytes(disk.total())
                                                + " free"));
        line("size", words.isEmpty() ? UNKNOWN : words.toString());
    }

    private static String artifacts(VersionsReading versions) {
        return "artifacts "
                + Words.bytes(versions.bytes())
                + " in "
                + Words.count(versions.kept(), "version");
    }

    private static void add(StringBuilder words, String more) {
        words.append(words.isEmpty() ? "" : ", ").append(more);
    }

    private void problem(Problem problem) {
        line("WRONG", problem.what());
        line("  do", problem.advice());
    }
}
